//! What happens to payments, refunds and write-offs after they were recorded.

use std::collections::BTreeMap;

use quittance_accounting::identity::{DocumentId, DocumentKind, InvoiceKey};
use quittance_accounting::refunding::RefundOf;
use quittance_accounting::snapshot::Named;
use quittance_books::Failure;
use quittance_books::view::{BookView, InvoiceView, PaymentView};
use serde_json::{Value, json};

use super::ledger::absent;
use super::parties::{refuse_other_currency, settled_ids};
use super::{Call, Ended, Stopped, failed, id_of};
use crate::dialects::native::errors::Fault;
use crate::dialects::native::mapping::{reading, showing};
use crate::dialects::native::rules::RULES;
use crate::dialects::native::wire::Members;
use crate::http::Response;

/// What can be done to a payment by POST.
pub const VERBS: [&str; 4] = ["allocate", "unallocate", "void", "refund"];

/// A payment as it is now, or as it was, and how the invoices that changed with it stand. The book and the ids of what the payment
/// settled were read before the write: what is done is answered though nothing can be read any more. What somebody else did to the
/// payment in between is looked up once more, and left out where that fails.
async fn shown(
    call: &Call<'_>,
    book: &BookView,
    view: &PaymentView,
    invoices: &[InvoiceView],
    mut ids: BTreeMap<InvoiceKey, DocumentId>,
) -> Value {
    ids.extend(invoices.iter().map(|view| (view.invoice.key, view.invoice.id)));
    let parts = view.allocations.iter().map(|part| part.invoice);
    let names_all = parts.chain(view.payment.meant_for).all(|key| ids.contains_key(&key));
    if !names_all && let Ok(found) = settled_ids(call, std::slice::from_ref(view)).await {
        ids.extend(found);
    }
    let mut shown = showing::payment(view, book, &ids);
    let settled = invoices.iter().map(|view| showing::settled_invoice(&view.invoice));
    shown["settled"] = json!(settled.collect::<Vec<_>>());
    shown
}

/// The ids of the invoices that a payment settles, before something is done to it.
async fn known_ids(call: &Call<'_>, payment: &Named) -> Result<BTreeMap<InvoiceKey, DocumentId>, Stopped> {
    let found = call.app.books.payment(call.actor.book, payment).await.map_err(failed)?;
    match found {
        Some(view) => settled_ids(call, std::slice::from_ref(&view)).await,
        None => Ok(BTreeMap::new()),
    }
}

/// Carries a verb out on a payment.
pub async fn act(call: &Call<'_>, id: &str, verb: &str) -> Ended {
    if !VERBS.contains(&verb) {
        return Err(Fault::no_route().into());
    }
    let payment = Named::Id(id_of(id)?);
    let (body, book) = (call.body_or_empty()?, call.book().await?);
    let ids = known_ids(call, &payment).await?;
    let (books, context) = (&call.app.books, call.context());
    let done = match verb {
        "allocate" => {
            let (parts, on, money) = reading::allocation(&body)?;
            let found = books.payment(call.actor.book, &payment).await.map_err(failed)?;
            let view = found.ok_or_else(|| absent(DocumentKind::Payment))?;
            refuse_other_currency(view.payment.currency, money.or(view.payment.currency))?;
            books.allocate_payment(&context, &RULES, payment, parts, on).await
        }
        "unallocate" => {
            let mut members = Members::of(&body, "")?;
            let invoice = members.id("invoice")?;
            let invoice = members.need("invoice", invoice)?;
            let on = members.day("on")?;
            members.finish()?;
            books
                .unallocate_payment(&context, payment, Named::Id(invoice), on)
                .await
        }
        "void" => {
            let mut members = Members::of(&body, "")?;
            let on = members.day("on")?;
            members.finish()?;
            books.void_payment(&context, payment, on).await
        }
        _ => return refund(call, RefundOf::Unapplied(payment), &body).await,
    };
    let (view, invoices) = done.map_err(failed)?;
    Ok(Response::json(200, &shown(call, &book, &view, &invoices, ids).await))
}

/// Gives money back that settles nothing, or pays out what is owed.
pub async fn refund(call: &Call<'_>, of: RefundOf, body: &Value) -> Ended {
    let book = call.book().await?;
    let input = reading::refund_of(body, of)?;
    let refunded = call.app.books.record_refund(&call.context(), input).await;
    let (view, _) = refunded.map_err(failed)?;
    Ok(Response::json(201, &showing::refund_of(&view, &book)))
}

/// Changes a payment: what the body does not say stays as it is.
pub async fn change(call: &Call<'_>, id: &str) -> Ended {
    let payment = Named::Id(id_of(id)?);
    let (body, book) = (call.body()?, call.book().await?);
    let books = &call.app.books;
    let mut tries = books.tries(call.actor.book);
    while tries.another().await {
        let found = books.payment(call.actor.book, &payment).await.map_err(failed)?;
        let view = found.ok_or_else(|| absent(DocumentKind::Payment))?;
        let ids = settled_ids(call, std::slice::from_ref(&view)).await?;
        let (edit, money) = reading::payment_edit(&body, &view)?;
        refuse_other_currency(view.payment.currency, money.or(view.payment.currency))?;
        match books
            .change_payment(&call.context(), &RULES, payment.clone(), edit)
            .await
        {
            Ok((view, invoices)) => {
                let shown = shown(call, &book, &view, &invoices, ids).await;
                return Ok(Response::json(200, &shown));
            }
            Err(failure) if failure.is_outrun() => {}
            Err(failure) => return Err(failed(failure)),
        }
    }
    Err(failed(Failure::Unavailable))
}

/// Deletes a payment and answers it as it was.
pub async fn delete_payment(call: &Call<'_>, id: &str) -> Ended {
    let payment = Named::Id(id_of(id)?);
    Members::of(&call.body_or_empty()?, "")?.finish()?;
    let (book, ids) = (call.book().await?, known_ids(call, &payment).await?);
    let deleted = call.app.books.delete_payment(&call.context(), payment).await;
    let (view, invoices) = deleted.map_err(failed)?;
    Ok(Response::json(200, &shown(call, &book, &view, &invoices, ids).await))
}

/// Gives a customer money, for nothing that is documented here.
pub async fn refund_customer(call: &Call<'_>, id: &str) -> Ended {
    let customer = Named::Id(id_of(id)?);
    refund(call, RefundOf::Customer(customer), &call.body()?).await
}

/// Pays out a refund that is owed, or part of it.
pub async fn pay_out(call: &Call<'_>, id: &str) -> Ended {
    let owed = Named::Id(id_of(id)?);
    refund(call, RefundOf::Owed(owed), &call.body_or_empty()?).await
}

/// Deletes a refund and answers it as it was.
pub async fn delete_refund(call: &Call<'_>, id: &str) -> Ended {
    let id = id_of(id)?;
    Members::of(&call.body_or_empty()?, "")?.finish()?;
    let book = call.book().await?;
    let deleted = call.app.books.delete_refund(&call.context(), Named::Id(id)).await;
    let (view, invoice) = deleted.map_err(about(id))?;
    let invoice = invoice.as_ref().map(showing::invoice);
    let shown = json!({"refund": showing::refund_of(&view, &book), "invoice": invoice});
    Ok(Response::json(200, &shown))
}

/// Takes a write-off back and answers it as it was.
pub async fn delete_write_off(call: &Call<'_>, id: &str) -> Ended {
    let id = id_of(id)?;
    Members::of(&call.body_or_empty()?, "")?.finish()?;
    let book = call.book().await?;
    let deleted = call.app.books.delete_write_off(&call.context(), Named::Id(id)).await;
    let (view, invoice) = deleted.map_err(about(id))?;
    let shown = json!({"write_off": showing::write_off(&view, &book), "invoice": showing::invoice(&invoice)});
    Ok(Response::json(200, &shown))
}

fn about(id: DocumentId) -> impl Fn(Failure) -> Stopped {
    move |failure| Stopped::Failure(failure, Some(id))
}

/// Takes in that money came: the payment, and how the invoice stands now where it was live.
pub async fn confirm(call: &Call<'_>) -> Ended {
    let input = reading::confirmation(&call.body()?)?;
    let book = call.book().await?;
    let meant = input.invoice.clone();
    let confirmed = call.app.books.confirm_payment(&call.context(), input).await;
    let (view, invoices) = confirmed.map_err(failed)?;
    let ids = match (view.payment.meant_for, meant) {
        (Some(key), Named::Id(id)) => BTreeMap::from([(key, id)]),
        (Some(_) | None, _) => BTreeMap::new(),
    };
    Ok(Response::json(201, &shown(call, &book, &view, &invoices, ids).await))
}
