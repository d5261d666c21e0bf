//! Invoices and everything that happens to them.

use quittance_accounting::identity::{DocumentId, DocumentKind};
use quittance_accounting::invoice::Standing;
use quittance_accounting::refusal::{Refusal, Refusals};
use quittance_accounting::snapshot::Named;
use quittance_books::Failure;
use quittance_books::listing::{InvoiceFilter, InvoiceQuery, OrderBy};
use quittance_books::view::InvoiceView;
use serde_json::{Value, json};

use super::ledger::{absent, shown_receipt};
use super::parties::refuse_other_currency;
use super::{Call, Ended, Stopped, failed, id_of};
use crate::dialects::native::errors::{self, Fault, alternatives, refusals};
use crate::dialects::native::manners::{MOST_REFERENCE, Page, idempotency_key, known_query, page};
use crate::dialects::native::mapping::receipts::Deletion;
use crate::dialects::native::mapping::{reading, receipts, showing};
use crate::dialects::native::rules::RULES;
use crate::dialects::native::wire::Members;
use crate::dialects::native::wire::members::read_day;
use crate::http::{Request, Response};

/// What can be done to an invoice by POST.
pub const VERBS: [&str; 11] = [
    "issue",
    "send",
    "void",
    "reopen",
    "hold",
    "write-off",
    "refund",
    "payment-begun",
    "payment-failed",
    "deletion-plan",
    "restore",
];

/// Live invoices, a page of them.
pub async fn list(call: &Call<'_>) -> Ended {
    let known = [
        "limit",
        "offset",
        "cursor",
        "status",
        "customer",
        "number",
        "external_id",
        "from",
        "to",
        "newest_first",
    ];
    known_query(call.request, &known)?;
    let page = page(call.request)?;
    let Some(filter) = filter(call).await? else {
        return Ok(Response::json(200, &shown_page(&[], 0, page)));
    };
    // Where days are asked for, their order is the one that an index has.
    let order = match filter.invoice_date {
        (None, None) => OrderBy::Created,
        _ => OrderBy::InvoiceDate,
    };
    let query = InvoiceQuery {
        filter,
        order,
        descending: truth(call.request, "newest_first")?,
        after: None,
        offset: page.offset,
        limit: page.limit,
        count: true,
    };
    let found = call.app.books.invoices(call.actor.book, &query).await.map_err(failed)?;
    let shown = shown_page(&found.invoices, found.total.unwrap_or_default(), page);
    Ok(Response::json(200, &shown))
}

fn shown_page(invoices: &[InvoiceView], total: i64, page: Page) -> Value {
    let passed = page.offset.saturating_add(page.limit);
    json!({
        "data": invoices.iter().map(showing::invoice).collect::<Vec<_>>(),
        "total": total,
        "offset": page.offset,
        "limit": page.limit,
        "next_cursor": (passed < total).then(|| passed.to_string()),
    })
}

/// Yes or no, as a member of the query has it; no where it is not given.
pub fn truth(request: &Request, name: &str) -> Result<bool, Fault> {
    match request.query_value(name).as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Fault::invalid(name, "must be true or false")),
    }
}

/// The conditions of a list; `None` where one of them names a customer that is not there, so that nothing can match.
async fn filter(call: &Call<'_>) -> Result<Option<InvoiceFilter>, Stopped> {
    let request = call.request;
    let mut filter = InvoiceFilter {
        number: short(request, "number")?,
        external_id: short(request, "external_id")?,
        invoice_date: (day(request, "from")?, day(request, "to")?),
        ..InvoiceFilter::default()
    };
    let mut standings = Vec::new();
    for status in request.query_values("status").iter().flat_map(|words| words.split(',')) {
        match Standing::ALL.iter().find(|(_, word)| *word == status) {
            Some((standing, _)) => standings.push(*standing),
            None if status == "overdue" => filter.overdue = Some((true, call.app.now())),
            None => {
                let words: Vec<&str> = Standing::ALL.iter().map(|(_, word)| *word).collect();
                let problem = format!("must be overdue or one of {}", words.join(", "));
                return Err(Fault::invalid("status", &problem).into());
            }
        }
    }
    filter.standings = (!standings.is_empty()).then_some(standings);
    if let Some(text) = request.query_value("customer") {
        let Some(id) = DocumentId::from_hex(&text) else {
            return Err(Fault::invalid("customer", "must be an id of 24 hex digits").into());
        };
        let found = call.app.books.customer(call.actor.book, &Named::Id(id)).await;
        match found.map_err(failed)? {
            Some(view) => filter.customer = Some(view.customer.key),
            None => return Ok(None),
        }
    }
    Ok(Some(filter))
}

fn short(request: &Request, name: &str) -> Result<Option<String>, Fault> {
    match request.query_value(name) {
        Some(text) if text.chars().count() > MOST_REFERENCE => Err(Fault::invalid(name, "is too long")),
        Some(text) if text.contains('\0') => Err(Fault::invalid(name, "holds a NUL character")),
        other => Ok(other),
    }
}

/// The day that a member of the query names.
pub fn day(request: &Request, name: &str) -> Result<Option<jiff::civil::Date>, Fault> {
    match request.query_value(name).map(|text| read_day(&text)) {
        None => Ok(None),
        Some(Ok(day)) => Ok(Some(day)),
        Some(Err(problem)) => Err(Fault::invalid(name, &problem)),
    }
}

/// Creates an invoice, as a draft or issued at once.
pub async fn create(call: &Call<'_>) -> Ended {
    let body = call.body()?;
    let key = idempotency_key(call.request)?;
    let book = call.book().await?;
    let input = reading::invoice(&body, book.settings.currency)?;
    let currency = input.currency;
    let created = call.app.books.create_invoice(&call.context(), &RULES, input, key).await;
    let shown = showing::invoice(&created.map_err(|failure| Stopped::Abroad(failure, currency))?);
    let path = format!("/api/v1/invoices/{}", shown["id"].as_str().unwrap_or_default());
    Ok(Response::json(201, &shown).with("location", path))
}

/// One invoice: a live one, or a deleted one that its rules leave readable, with its receipt.
pub async fn read(call: &Call<'_>, id: &str) -> Ended {
    let id = id_of(id)?;
    known_query(call.request, &[])?;
    let found = call.app.books.invoice(call.actor.book, &Named::Id(id)).await;
    let view = match found.map_err(failed)? {
        Some(view) => view,
        None => return Err(buried(call, id).await?),
    };
    let mut shown = showing::invoice(&view);
    if let Some(stone) = &view.deleted {
        if !stone.readable {
            return Err(buried(call, id).await?);
        }
        shown["receipt"] = shown_receipt(call, stone.seq).await?.unwrap_or(Value::Null);
    }
    Ok(Response::json(200, &shown))
}

/// Edits an invoice: what the body does not say is said no longer.
pub async fn edit(call: &Call<'_>, id: &str) -> Ended {
    let id = id_of(id)?;
    let body = call.body()?;
    let about = |failure: Failure| Stopped::Failure(failure, Some(id));
    let found = call.app.books.invoice(call.actor.book, &Named::Id(id)).await;
    let view = match found.map_err(failed)?.filter(|view| view.deleted.is_none()) {
        Some(view) => view,
        None => return Err(buried(call, id).await?),
    };
    let edit = reading::edit(&body, &view)?;
    let books = &call.app.books;
    let edited = books
        .edit_invoice(&call.context(), &RULES, Named::Id(id), edit)
        .await
        .map_err(about)?;
    Ok(Response::json(200, &showing::invoice(&edited)))
}

/// Why an invoice cannot be read: deleted under rules that do not leave it readable, or never there.
async fn buried(call: &Call<'_>, id: DocumentId) -> Result<Stopped, Stopped> {
    let stone = call.app.books.tombstone(call.actor.book, &Named::Id(id)).await;
    Ok(match stone.map_err(failed)? {
        Some(stone) => {
            let (seq, at) = (stone.seq, stone.deleted_at);
            Stopped::Failure(Refusal::AlreadyDeleted { seq, at }.into(), Some(id))
        }
        None => absent(DocumentKind::Invoice),
    })
}

/// Deletes an invoice and answers with the receipt.
pub async fn delete(call: &Call<'_>, id: &str) -> Ended {
    let id = id_of(id)?;
    let options = reading::delete_options(&call.body_or_empty()?)?;
    let (books, context, reason) = (&call.app.books, call.context(), options.reason.clone());
    let deleted = books.delete_invoice(&context, &RULES, Named::Id(id), options).await;
    let deleted = deleted.map_err(|failure| Stopped::Failure(failure, Some(id)))?;
    // It is done: the answer is put together from what the commit handed back, not read from the log.
    let of = Deletion {
        seal: deleted.seal,
        at: deleted.at(),
        by: &context.actor.name,
        reason: reason.as_deref(),
        request_id: &context.request_id,
        receipt: &deleted.receipt,
    };
    let shown = receipts::receipt(&of, deleted.book());
    Ok(Response::json(200, &shown).with("quittance-receipt", deleted.seal.to_string()))
}

/// Everything that is done to an invoice by POST.
pub async fn act(call: &Call<'_>, id: &str, verb: &str) -> Ended {
    if !VERBS.contains(&verb) {
        return Err(Fault::no_route().into());
    }
    let id = id_of(id)?;
    let named = Named::Id(id);
    let body = call.body_or_empty()?;
    let (books, context) = (&call.app.books, call.context());
    let about = |failure: Failure| Stopped::Failure(failure, Some(id));
    let view = match verb {
        "issue" => {
            Members::of(&body, "")?.finish()?;
            books.issue_invoice(&context, &RULES, named).await
        }
        "send" => {
            Members::of(&body, "")?.finish()?;
            books.send_invoice(&context, &RULES, named).await
        }
        "reopen" => {
            Members::of(&body, "")?.finish()?;
            books.reopen_invoice(&context, named).await
        }
        "restore" => {
            Members::of(&body, "")?.finish()?;
            books.restore_invoice(&context, named).await
        }
        "void" => {
            let mut members = Members::of(&body, "")?;
            let on = members.day("on")?;
            members.finish()?;
            books.void_invoice(&context, &RULES, named, on).await
        }
        "payment-begun" | "payment-failed" => return in_progress(call, id, verb, &body).await,
        "hold" => return hold(call, id, &body).await,
        "refund" | "write-off" => return reduce(call, id, verb, &body).await,
        _ => return plan(call, id, &body).await,
    };
    Ok(Response::json(200, &showing::invoice(&view.map_err(about)?)))
}

/// Puts an invoice on hold, releases it, or marks it as handed over; what is not said stays as it is.
async fn hold(call: &Call<'_>, id: DocumentId, body: &Value) -> Ended {
    let (hold, handed_over, reason) = reading::hold(body)?;
    let books = &call.app.books;
    let held = books
        .hold_invoice(&call.context(), Named::Id(id), hold, handed_over, reason)
        .await;
    let view = held.map_err(|failure| Stopped::Failure(failure, Some(id)))?;
    Ok(Response::json(200, &showing::invoice(&view)))
}

/// Notes that a provider collects money for an invoice, or that it did not come.
async fn in_progress(call: &Call<'_>, id: DocumentId, verb: &str, body: &Value) -> Ended {
    let (amount, money) = reading::only_amount(body)?;
    let seen = call.seen(Some(id)).await;
    let currency = seen.map(|view| view.invoice.currency).or(money.named());
    if let Some(currency) = currency {
        refuse_other_currency(currency, money.or(currency))?;
    }
    let (books, context, named) = (&call.app.books, call.context(), Named::Id(id));
    let noted = if verb == "payment-begun" {
        books.begin_payment(&context, named, amount).await
    } else {
        books.fail_payment(&context, named, amount).await
    };
    let view = noted.map_err(|failure| Stopped::Failure(failure, Some(id)))?;
    Ok(Response::json(200, &showing::invoice(&view)))
}

/// Gives money back, or gives a receivable up.
async fn reduce(call: &Call<'_>, id: DocumentId, verb: &str, body: &Value) -> Ended {
    let book = call.book().await?;
    let (books, context) = (&call.app.books, call.context());
    let about = |failure: Failure| Stopped::Failure(failure, Some(id));
    let shown = if verb == "refund" {
        let input = reading::refund(body, Named::Id(id))?;
        let (refund, view) = books.record_refund(&context, input).await.map_err(about)?;
        json!({"refund": showing::refund_of(&refund, &book), "invoice": view.as_ref().map(showing::invoice)})
    } else {
        let input = reading::write_off(body, Named::Id(id))?;
        let (known, view) = books.write_off(&context, input).await.map_err(about)?;
        json!({"write_off": showing::write_off(&known, &book), "invoice": showing::invoice(&view)})
    };
    Ok(Response::json(201, &shown))
}

/// Plans a delete: the same road as the deed, left before commit. A refusal is an answer here and no error.
async fn plan(call: &Call<'_>, id: DocumentId, body: &Value) -> Ended {
    Members::of(body, "")?.finish()?;
    let books = &call.app.books;
    match books.plan_deletion(&call.context(), &RULES, Named::Id(id)).await {
        Ok(plan) => Ok(Response::json(200, &receipts::plan(&plan))),
        Err(Failure::Refused(refusals)) if !is_absent(&refusals) => refused_plan(call, id, &refusals).await,
        Err(failure) => Err(Stopped::Failure(failure, Some(id))),
    }
}

fn is_absent(refusals: &Refusals) -> bool {
    matches!(refusals.first(), Refusal::NotFound { .. })
}

async fn refused_plan(call: &Call<'_>, id: DocumentId, reasons: &Refusals) -> Ended {
    let currency = call.book().await?.settings.currency;
    let shown: Vec<Value> = reasons
        .iter()
        .map(|refusal| errors::reason(refusals::worded(refusal, currency)))
        .collect();
    let ways = call.ways_out(reasons, Some(id)).await;
    let ways: Vec<Value> = ways.iter().map(alternatives::Alternative::shown).collect();
    let body = json!({
        "allowed": false,
        "digest": null,
        "plan": null,
        "refusals": shown,
        "alternatives": ways,
    });
    Ok(Response::json(200, &body))
}
