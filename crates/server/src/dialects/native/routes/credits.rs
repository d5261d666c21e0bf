//! Credit notes and everything that happens to them.

use quittance_accounting::identity::DocumentKind;
use quittance_accounting::money::Currency;
use quittance_accounting::refunding::RefundOf;
use quittance_accounting::refusal::{Refusal, Refusals};
use quittance_accounting::snapshot::Named;
use quittance_books::Failure;
use quittance_books::input::CreditOf;
use quittance_books::view::{BookView, CreditNoteView, InvoiceView};
use serde_json::{Value, json};

use super::ledger::{absent, shown_receipt};
use super::parties::{PAGED, id_in_query, refuse_other_currency};
use super::settlements::refund;
use super::{Call, Ended, Stopped, failed, id_of, page_of};
use crate::dialects::native::errors::{self, Fault, refusals};
use crate::dialects::native::manners::{idempotency_key, known_query, page};
use crate::dialects::native::mapping::receipts::Deletion;
use crate::dialects::native::mapping::{credits, reading, receipts, showing};
use crate::dialects::native::rules::RULES;
use crate::dialects::native::wire::Members;
use crate::http::Response;

/// What can be done to a credit note by POST.
pub const VERBS: [&str; 7] = ["apply", "unapply", "void", "hold", "refund", "deletion-plan", "restore"];

/// A credit note as it is now, and how the invoices that changed with it stand. The book and the ids were read before the write: what
/// is done is answered though nothing can be read any more. An id that is not among them is looked up once more, and left out where
/// that fails.
async fn shown(
    call: &Call<'_>,
    book: &BookView,
    view: &CreditNoteView,
    invoices: &[InvoiceView],
    mut ids: credits::Ids,
) -> Value {
    invoices.iter().for_each(|view| ids.take_in(view));
    if !ids.name_all(view)
        && let Ok(found) = ids_of(call, std::slice::from_ref(view)).await
    {
        ids = found;
    }
    let mut shown = credits::credit_note(view, book, &ids);
    let settled = invoices.iter().map(|view| showing::settled_invoice(&view.invoice));
    shown["settled"] = json!(settled.collect::<Vec<_>>());
    shown
}

/// What is known of a credit note before something is done to it: its currency, if there is one of this name, and the ids of what it
/// names.
async fn known(call: &Call<'_>, note: &Named) -> Result<(Option<Currency>, credits::Ids), Stopped> {
    let found = call.app.books.credit_note(call.actor.book, note).await;
    match found.map_err(failed)? {
        Some(view) => {
            let ids = ids_of(call, std::slice::from_ref(&view)).await?;
            Ok((Some(view.credit.currency), ids))
        }
        None => Ok((None, credits::Ids::default())),
    }
}

/// The ids of what credit notes are of, and of what they settle.
async fn ids_of(call: &Call<'_>, views: &[CreditNoteView]) -> Result<credits::Ids, Stopped> {
    let settled = views.iter().flat_map(|view| &view.allocations).map(|part| part.invoice);
    let keys: Vec<_> = settled
        .chain(views.iter().filter_map(|view| view.note.invoice))
        .collect();
    let books = &call.app.books;
    let invoices = books.invoice_ids(call.actor.book, &keys).await.map_err(failed)?;
    let customers: Vec<_> = views.iter().filter_map(|view| view.credit.customer).collect();
    let customers = books.customer_ids(call.actor.book, &customers).await.map_err(failed)?;
    let products: Vec<_> = views
        .iter()
        .flat_map(|view| &view.lines)
        .filter_map(|line| line.product)
        .collect();
    let products = books.product_ids(call.actor.book, &products).await.map_err(failed)?;
    Ok(credits::Ids {
        invoices,
        customers,
        products,
    })
}

/// Credit notes with the names of what they are of and what they settle.
async fn alone(call: &Call<'_>, views: &[CreditNoteView]) -> Result<Vec<Value>, Stopped> {
    let (book, ids) = (call.book().await?, ids_of(call, views).await?);
    Ok(views
        .iter()
        .map(|view| credits::credit_note(view, &book, &ids))
        .collect())
}

/// Credit notes in order of creation: of a customer, or those that take figures of one invoice back.
pub async fn list(call: &Call<'_>) -> Ended {
    let mut known = PAGED.to_vec();
    known.extend(["invoice", "customer"]);
    known_query(call.request, &known)?;
    let page = page(call.request)?;
    let (books, book) = (&call.app.books, call.actor.book);
    let found = match (id_in_query(call, "invoice")?, id_in_query(call, "customer")?) {
        (Some(_), Some(_)) => return Err(Fault::invalid("customer", "cannot stand beside invoice").into()),
        (None, None) => books
            .credit_notes(book, page.offset, page.limit + 1)
            .await
            .map_err(failed)?,
        (None, Some(customer)) => {
            let view = books.customer(book, &Named::Id(customer)).await.map_err(failed)?;
            match view.map(|view| view.customer.key) {
                Some(key) => {
                    let found = books.credit_notes_of(book, key, page.offset, page.limit + 1).await;
                    found.map_err(failed)?
                }
                None => Vec::new(),
            }
        }
        (Some(invoice), None) => {
            let ids = books
                .credit_notes_for(book, &Named::Id(invoice))
                .await
                .map_err(failed)?;
            let from = usize::try_from(page.offset).unwrap_or(usize::MAX);
            let most = usize::try_from(page.limit + 1).unwrap_or(usize::MAX);
            ids.into_iter().skip(from).take(most).collect()
        }
    };
    let rows = alone(call, &found).await?;
    Ok(Response::json(200, &page_of(rows, page, Value::clone)))
}

/// Issues a credit note.
pub async fn issue(call: &Call<'_>) -> Ended {
    let body = call.body()?;
    let key = idempotency_key(call.request)?;
    let book = call.book().await?;
    let (input, money) = credits::credit_note_input(&body, book.settings.currency)?;
    let mut ids = credits::Ids::default();
    if let CreditOf::Invoice(named, _) = &input.of
        && let Some(view) = call.app.books.invoice(call.actor.book, named).await.map_err(failed)?
    {
        if let Some(said) = money.named() {
            refuse_other_currency(view.invoice.currency, said)?;
        }
        ids.take_in(&view);
    }
    let currency = money.or(book.settings.currency);
    let issued = call
        .app
        .books
        .issue_credit_note(&call.context(), &RULES, input, key)
        .await;
    let (view, invoices) = issued.map_err(|failure| Stopped::Abroad(failure, currency))?;
    let shown = shown(call, &book, &view, &invoices, ids).await;
    let path = format!("/api/v1/credit-notes/{}", view.note.id.hex());
    Ok(Response::json(201, &shown).with("location", path))
}

/// One credit note: a live one, or a deleted one whose texts were kept, with its receipt.
pub async fn read(call: &Call<'_>, id: &str) -> Ended {
    let named = Named::Id(id_of(id)?);
    known_query(call.request, &[])?;
    let books = &call.app.books;
    let found = books.credit_note(call.actor.book, &named).await.map_err(failed)?;
    let readable = found.filter(|view| view.deleted.as_ref().is_none_or(|stone| stone.readable));
    let Some(view) = readable else {
        return Err(buried(call, &named).await?);
    };
    let mut shown = alone(call, std::slice::from_ref(&view))
        .await?
        .pop()
        .unwrap_or_default();
    if let Some(stone) = &view.deleted {
        shown["receipt"] = shown_receipt(call, stone.seq).await?.unwrap_or(Value::Null);
    }
    Ok(Response::json(200, &shown))
}

/// Why a credit note cannot be read: deleted and its texts with it, or never there.
async fn buried(call: &Call<'_>, named: &Named) -> Result<Stopped, Stopped> {
    let books = &call.app.books;
    let stone = books
        .credit_note_tombstone(call.actor.book, named)
        .await
        .map_err(failed)?;
    Ok(match stone {
        Some(stone) => failed(Failure::from(Refusal::AlreadyDeleted {
            seq: stone.seq,
            at: stone.deleted_at,
        })),
        None => absent(DocumentKind::CreditNote),
    })
}

/// Deletes a credit note: the receipt.
pub async fn delete(call: &Call<'_>, id: &str) -> Ended {
    let named = Named::Id(id_of(id)?);
    let options = reading::delete_options(&call.body_or_empty()?)?;
    let (books, context, reason) = (&call.app.books, call.context(), options.reason.clone());
    let deleted = books.delete_credit_note(&context, &RULES, named, options).await;
    let deleted = deleted.map_err(failed)?;
    let of = Deletion {
        seal: deleted.seal,
        at: deleted.at,
        by: &context.actor.name,
        reason: reason.as_deref(),
        request_id: &context.request_id,
        receipt: &deleted.receipt,
    };
    let shown = receipts::receipt(&of, &deleted.book);
    Ok(Response::json(200, &shown).with("quittance-receipt", deleted.seal.to_string()))
}

/// Carries a verb out on a credit note. Of a hold, what is not said stays as it is.
pub async fn act(call: &Call<'_>, id: &str, verb: &str) -> Ended {
    if !VERBS.contains(&verb) {
        return Err(Fault::no_route().into());
    }
    let note = Named::Id(id_of(id)?);
    let body = call.body_or_empty()?;
    let (book, (currency, ids)) = (call.book().await?, known(call, &note).await?);
    let (books, context) = (&call.app.books, call.context());
    let done = match verb {
        "apply" => {
            let (parts, on, money) = reading::allocation(&body)?;
            if let (Some(currency), Some(said)) = (currency, money.named()) {
                refuse_other_currency(currency, said)?;
            }
            books.apply_credit(&context, &RULES, note, parts, on).await
        }
        "unapply" => {
            let mut members = Members::of(&body, "")?;
            let invoice = members.id("invoice")?;
            let invoice = members.need("invoice", invoice)?;
            let on = members.day("on")?;
            members.finish()?;
            books.unapply_credit(&context, note, Named::Id(invoice), on).await
        }
        "void" => {
            let mut members = Members::of(&body, "")?;
            let on = members.day("on")?;
            members.finish()?;
            books.void_credit_note(&context, note, on).await
        }
        "restore" => {
            Members::of(&body, "")?.finish()?;
            books
                .restore_credit_note(&context, note)
                .await
                .map(|view| (view, Vec::new()))
        }
        "hold" => {
            let (hold, handed_over, reason) = reading::hold(&body)?;
            books
                .hold_credit_note(&context, note, hold, handed_over, reason)
                .await
                .map(|view| (view, Vec::new()))
        }
        "refund" => return refund(call, RefundOf::Credit(note), &body).await,
        _ => return plan(call, note, &body, &book, currency).await,
    };
    let (view, invoices) = done.map_err(failed)?;
    Ok(Response::json(200, &shown(call, &book, &view, &invoices, ids).await))
}

/// What a delete would do, or why it would be refused.
async fn plan(call: &Call<'_>, note: Named, body: &Value, book: &BookView, currency: Option<Currency>) -> Ended {
    Members::of(body, "")?.finish()?;
    let currency = currency.unwrap_or(book.settings.currency);
    let books = &call.app.books;
    match books.plan_credit_note_deletion(&call.context(), &RULES, note).await {
        Ok((receipt, digest)) => Ok(Response::json(200, &receipts::planned(&receipt, digest, book))),
        Err(Failure::Refused(reasons)) if !is_absent(&reasons) => {
            let worded = |refusal| errors::reason(refusals::worded(refusal, currency));
            let reasons: Vec<Value> = reasons.iter().map(worded).collect();
            let body = json!({
                "allowed": false, "digest": null, "plan": null, "refusals": reasons, "alternatives": [],
            });
            Ok(Response::json(200, &body))
        }
        Err(failure) => Err(failed(failure)),
    }
}

fn is_absent(refusals: &Refusals) -> bool {
    matches!(refusals.first(), Refusal::NotFound { .. })
}
