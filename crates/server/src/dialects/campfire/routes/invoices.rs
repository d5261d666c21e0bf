//! Invoices one by one: created, listed, read, changed, voided, reopened, sent, deleted.

use quittance_accounting::invoice::Standing;
use quittance_accounting::snapshot::Named;
use quittance_books::input::{DeleteOptions, InvoiceEdit, WriteOffInput};
use quittance_books::together::Step;
use quittance_books::view::InvoiceView;
use quittance_books::{Failure, Verb};

use super::super::errors::{self, Problem};
use super::super::manners::{self, Paging};
use super::super::mapping::editing::{self, Asked};
use super::super::mapping::filters;
use super::super::mapping::reading::{self, References, Setting};
use super::super::mapping::{fields, showing};
use super::super::rules::RULES;
use super::{Call, Id};
use crate::http::Response;

pub(super) async fn read(call: &Call<'_>, id: Id) -> Result<Response, Problem> {
    let (_, view) = call.live(id).await?;
    Ok(manners::json(200, &call.shown(&view).await?))
}

pub(super) async fn list(call: &Call<'_>) -> Result<Response, Problem> {
    let (book, paging) = (call.book().await?, Paging::of(call.request));
    let asked = filters::read(call.request, &book, paging, call.app.now());
    let (rows, count) = match asked.map_err(|errors| Problem::Said(400, errors))? {
        filters::Asked::Nothing => (Vec::new(), 0),
        filters::Asked::Query(query) => {
            let listing = call.app.books.invoices(call.key(), &query).await;
            let listing = listing.map_err(|failure| call.failed(failure))?;
            let count = listing.counted().ok_or_else(errors::too_many)?;
            (call.rows(&listing.invoices).await?, count)
        }
    };
    Ok(manners::json(200, &paging.page(call.request, count, rows)))
}

pub(super) async fn create(call: &Call<'_>) -> Result<Response, Problem> {
    let body = call.body()?;
    if !reading::asks_for_draft(&body) && !call.actor.may(Verb::Post) {
        return Err(errors::forbidden());
    }
    let said = |errors| Problem::Said(400, errors);
    let members = fields::object(&body).map_err(said)?;
    let named = References::of(members, call.key());
    let (book, known) = call.book_knowing(&named).await?;
    let setting = Setting {
        book: &book,
        known: &known,
        now: call.app.now(),
    };
    let input = reading::invoice(members, &setting).map_err(said)?;
    let key = call.idempotency_key()?;
    let made = call.app.books.create_invoice(&call.context(), &RULES, input, key).await;
    let view = made.map_err(|failure| call.failed(failure))?;
    Ok(manners::json(201, &call.shown(&view).await?))
}

/// Changes an invoice: all that a creation needs (`whole`), or some members. What is edited, issued, sent, voided, given up or taken
/// back by one call is one commit.
pub(super) async fn change(call: &Call<'_>, id: Id, whole: bool) -> Result<Response, Problem> {
    let (_, seen) = call.live(id).await?;
    // Who may only write drafts is told so before the body is looked at.
    if seen.invoice.standing() != Standing::Draft && !call.actor.may(Verb::Post) {
        return Err(errors::forbidden());
    }
    let body = call.body()?;
    let said = |errors| Problem::Said(400, errors);
    let members = fields::object(&body).map_err(said)?;
    let named = References::of(members, call.key());
    let (book, known) = call.book_knowing(&named).await?;
    let mut tries = call.app.books.tries(call.key());
    while tries.another().await {
        let (_, view) = call.live(id).await?;
        let setting = Setting {
            book: &book,
            known: &known,
            now: call.app.now(),
        };
        let asked = editing::change(members, &setting, &view, whole).map_err(said)?;
        let steps = steps(&view, asked)?;
        if steps.is_empty() {
            return Ok(manners::json(200, &call.shown(&view).await?));
        }
        match write(call, &view, steps).await? {
            Ok(response) => return Ok(response),
            Err((_, failure)) if failure.is_outrun() => {}
            // What was refused for a state that it was not in may be in the state that is asked for by now.
            Err((_, failure)) => {
                let (_, now) = call.live(id).await?;
                if now.invoice == view.invoice {
                    return Err(call.failed(failure));
                }
            }
        }
    }
    Err(call.failed(Failure::Unavailable))
}

/// Carries steps on the invoice that is seen out, in one commit, and shows what it left.
async fn write(
    call: &Call<'_>,
    seen: &InvoiceView,
    steps: Vec<Step>,
) -> Result<Result<Response, (usize, Failure)>, Problem> {
    let days = call.days_before(seen).await?;
    let done = call.app.books.all_or_none(&call.context(), &RULES, steps).await;
    let left = done.and_then(|done| done.invoice(seen.invoice.key).map(|view| (done, view)));
    Ok(match left {
        Ok((done, view)) => Ok(manners::json(200, &call.shown_after(&view, days, &done).await)),
        Err(failed) => Err(failed),
    })
}

/// What brings the invoice that is seen to what is asked for.
fn steps(view: &InvoiceView, asked: Asked) -> Result<Vec<Step>, Problem> {
    let named = || Named::Key(view.invoice.key.0);
    let edit = |edit: Option<Box<InvoiceEdit>>| edit.map(|edit| Step::EditInvoice(named(), edit));
    let is = showing::status_of(&view.invoice);
    let first: Vec<Step> = match asked.status {
        Some("open") if is == "voided" => vec![Step::ReopenInvoice(named())],
        Some("open") if is == "uncollectible" => {
            let given_up = view.write_offs.iter().map(|known| Named::Key(known.write_off.key.0));
            given_up.map(Step::DeleteWriteOff).collect()
        }
        _ => Vec::new(),
    };
    let undone = !first.is_empty();
    let edit = edit(asked.edit.map(|mut edit| {
        // The step before moved the revision.
        edit.expected_revision = edit.expected_revision.filter(|_| !undone);
        edit
    }));
    let last = match asked.status {
        None => None,
        Some(wanted) if wanted == is || undone => None,
        Some("open") if is == "draft" => Some(Step::IssueInvoice(named())),
        Some("sent") if matches!(is, "draft" | "open") => Some(Step::SendInvoice(named())),
        Some("voided") if is != "draft" => Some(Step::VoidInvoice(named(), asked.voided_on)),
        Some("uncollectible") if matches!(is, "open" | "sent" | "partial") => {
            let on = asked.given_up_on;
            let input = WriteOffInput::of(named());
            Some(Step::WriteOff(Box::new(WriteOffInput { on, ..input })))
        }
        Some(wanted) => {
            let text = format!("The invoice is {is} and cannot be made {wanted} here.");
            return Err(errors::about("payment_status", text));
        }
    };
    Ok(first.into_iter().chain(edit).chain(last).collect())
}

/// A body is passed over, whatever it holds.
pub(super) async fn delete(call: &Call<'_>, id: Id) -> Result<Response, Problem> {
    let named = call.named(id)?;
    let options = DeleteOptions::default();
    let context = call.context();
    let gone = call.app.books.delete_invoice(&context, &RULES, named, options).await;
    let gone = gone.map_err(|failure| call.failed(failure))?;
    Ok(Response::empty(204).with("quittance-receipt", gone.seal.to_string()))
}

pub(super) async fn void(call: &Call<'_>, id: Id) -> Result<Response, Problem> {
    let (named, seen) = call.live(id).await?;
    let date = call.read(reading::void_date)?;
    let done = write(call, &seen, vec![Step::VoidInvoice(named, date)]).await?;
    done.map_err(|(_, failure)| call.failed(failure))
}

/// A body is passed over: the vendor documents none.
pub(super) async fn reopen(call: &Call<'_>, id: Id) -> Result<Response, Problem> {
    let (named, seen) = call.live(id).await?;
    let done = write(call, &seen, vec![Step::ReopenInvoice(named)]).await?;
    done.map_err(|(_, failure)| call.failed(failure))
}

/// A body is passed over: whom the vendor mails it to is no business of the books.
pub(super) async fn send(call: &Call<'_>, id: Id) -> Result<Response, Problem> {
    let named = call.named(id)?;
    let sent = call.app.books.send_invoice(&call.context(), &RULES, named).await;
    sent.map_err(|failure| call.failed(failure))?;
    Ok(Response::empty(200))
}
