//! Credit memos: created, listed, found by number, read, changed, voided, reopened, sent, deleted, and what they settle undone.

use quittance_accounting::annotating::Annotated;
use quittance_accounting::crediting::CREDIT_NUMBERS;
use quittance_accounting::identity::{DocumentKind, InvoiceKey};
use quittance_accounting::snapshot::Named;
use quittance_books::Failure;
use quittance_books::input::{CreditNoteEdit, DeleteOptions, Note};
use quittance_books::listing::CreditQuery;
use quittance_books::view::CreditNoteView;
use serde_json::{Map, Value, json};

use super::super::errors::{self, Problem};
use super::super::manners::{self, DIALECT, MOST_AT_ONCE, MOST_NAME, PAYMENTS_PER_MEMO, Paging};
use super::super::mapping::fields::{self, Fields, Need, each, objects};
use super::super::mapping::reading::{self, References, Setting};
use super::super::mapping::{credits, instant, integer};
use super::super::rules::RULES;
use super::super::wire::{CreditMemoOut, FoundMemoOut};
use super::{Call, Id};
use crate::http::Response;

const KIND: DocumentKind = DocumentKind::CreditNote;

/// How often a change is made anew because somebody else was faster: each time at least one of them got through.
const MOST_TRIES: usize = 8;

/// The live credit memo with this integer.
async fn live(call: &Call<'_>, id: Id) -> Result<(Named, CreditNoteView), Problem> {
    let named = Named::Key(call.number(id, KIND)?);
    let found = call.app.books.credit_note(call.key(), &named).await;
    let found = found.map_err(|failure| failed(call, failure))?;
    let found = found.filter(|view| view.deleted.is_none());
    found.map(|view| (named, view)).ok_or_else(|| errors::absent(KIND))
}

fn failed(call: &Call<'_>, failure: Failure) -> Problem {
    errors::failed_memo(failure, call.key())
}

async fn all_shown(call: &Call<'_>, views: &[CreditNoteView]) -> Result<Vec<CreditMemoOut>, Problem> {
    let book = call.book().await?;
    let around = call.app.books.around_credit_notes(call.key(), views).await;
    let around = around.map_err(|failure| failed(call, failure))?;
    Ok(views.iter().map(|view| credits::memo(view, &book, &around)).collect())
}

async fn shown(call: &Call<'_>, status: u16, view: CreditNoteView) -> Result<Response, Problem> {
    let shown = all_shown(call, &[view]).await?.pop().ok_or(Problem::Broken)?;
    Ok(manners::json(status, &shown))
}

/// Creates one, posted at once. It is applied to nothing: that is for `pay`.
pub(super) async fn create(call: &Call<'_>) -> Result<Response, Problem> {
    let body = call.body()?;
    let said = |errors| Problem::Said(400, errors);
    let members = fields::object(&body).map_err(said)?;
    let (book, known) = call.book_knowing(&References::of(members, call.key())).await?;
    let setting = Setting {
        book: &book,
        known: &known,
        now: call.app.now(),
    };
    let input = credits::new(members, &setting).map_err(said)?;
    let key = call.idempotency_key()?;
    let made = call
        .app
        .books
        .issue_credit_note(&call.context(), &RULES, input, key)
        .await;
    let (view, _) = made.map_err(|failure| failed(call, failure))?;
    shown(call, 201, view).await
}

pub(super) async fn list(call: &Call<'_>) -> Result<Response, Problem> {
    let (book, paging) = (call.book().await?, Paging::of(call.request));
    let asked = credits::query(call.request, &book, paging);
    let (views, count) = match asked.map_err(|errors| Problem::Said(400, errors))? {
        None => (Vec::new(), 0),
        Some(query) => {
            let found = call.app.books.list_credit_notes(call.key(), &query).await;
            let (views, count) = found.map_err(|failure| failed(call, failure))?;
            (views, count.unwrap_or_default())
        }
    };
    let rows = all_shown(call, &views).await?;
    Ok(manners::json(200, &paging.page(call.request, count, rows)))
}

/// Finds memos by their numbers: each that was asked for, in its place, with the memo that has it.
pub(super) async fn search(call: &Call<'_>) -> Result<Response, Problem> {
    let said = |errors| Problem::Said(400, errors);
    let wrong = |errors| said(json!({ "credit_memos": errors }));
    let body = call.body()?;
    let mut members = Fields::of(fields::object(&body).map_err(said)?);
    let Some(value) = members.value("credit_memos", Need::Required) else {
        return Err(said(members.errors().unwrap_or_default()));
    };
    let numbers = each(objects(value, MOST_AT_ONCE).map_err(wrong)?, |members| {
        let mut fields = Fields::of(members);
        let number = fields.text("credit_memo_number", Need::Required, MOST_NAME);
        fields.errors().map_or(Ok(number.unwrap_or_default()), Err)
    });
    let mut found = Vec::new();
    for number in numbers.map_err(wrong)? {
        let query = CreditQuery {
            number: Some(number.clone()),
            limit: 1,
            ..CreditQuery::default()
        };
        let views = call.app.books.list_credit_notes(call.key(), &query).await;
        let (views, _) = views.map_err(|failure| failed(call, failure))?;
        found.push(FoundMemoOut {
            credit_memo_number: number,
            credit_memo: all_shown(call, &views).await?.pop(),
        });
    }
    Ok(manners::json(200, &json!({ "credit_memos": found })))
}

/// The number that the next counted memo gets, as far as anybody can tell now: nothing is reserved.
pub(super) async fn next_number(call: &Call<'_>) -> Result<Response, Problem> {
    let books = &call.app.books;
    let next = books
        .next_number(call.key(), CREDIT_NUMBERS.prefix, CREDIT_NUMBERS.width)
        .await;
    let next = next.map_err(|failure| failed(call, failure))?;
    Ok(manners::json(200, &json!({ "next_credit_memo_number": next })))
}

pub(super) async fn read(call: &Call<'_>, id: Id) -> Result<Response, Problem> {
    let (_, view) = live(call, id).await?;
    shown(call, 200, view).await
}

/// Changes a memo: all that a creation needs (`whole`), or some members.
pub(super) async fn change(call: &Call<'_>, id: Id, whole: bool) -> Result<Response, Problem> {
    live(call, id).await?;
    let body = call.body()?;
    let said = |errors| Problem::Said(400, errors);
    let members = fields::object(&body).map_err(said)?;
    let (book, known) = call.book_knowing(&References::of(members, call.key())).await?;
    for _ in 0..MOST_TRIES {
        let (named, view) = live(call, id).await?;
        let setting = Setting {
            book: &book,
            known: &known,
            now: call.app.now(),
        };
        let edit = credits::change(members, &setting, &view, whole).map_err(said)?;
        if edit == CreditNoteEdit::of(&view) {
            return shown(call, 200, view).await;
        }
        let changed = call.app.books.change_credit_note(&call.context(), named, edit).await;
        match changed {
            Ok(view) => return shown(call, 200, view).await,
            Err(failure) if failure.is_outrun() => {}
            Err(failure) => return Err(failed(call, failure)),
        }
    }
    Err(failed(call, Failure::Unavailable))
}

/// Deletes one that is applied to nothing. A body is passed over, whatever it holds.
pub(super) async fn delete(call: &Call<'_>, id: Id) -> Result<Response, Problem> {
    let (named, _) = live(call, id).await?;
    let (books, options) = (&call.app.books, DeleteOptions::default());
    let gone = books.delete_credit_note(&call.context(), &RULES, named, options).await;
    let gone = gone.map_err(|failure| failed(call, failure))?;
    Ok(Response::empty(204).with("quittance-receipt", gone.seal.to_string()))
}

pub(super) async fn void(call: &Call<'_>, id: Id) -> Result<Response, Problem> {
    let (named, _) = live(call, id).await?;
    let date = call.read(reading::void_date)?;
    let done = call.app.books.void_credit_note(&call.context(), named, date).await;
    let (view, _) = done.map_err(|failure| failed(call, failure))?;
    shown(call, 200, view).await
}

/// A body is passed over: the vendor documents none.
pub(super) async fn reopen(call: &Call<'_>, id: Id) -> Result<Response, Problem> {
    let (named, _) = live(call, id).await?;
    let done = call.app.books.reopen_credit_note(&call.context(), named).await;
    shown(call, 200, done.map_err(|failure| failed(call, failure))?).await
}

/// Says that a transaction of the bank gave credit of it back: money left, and the memo is used by so much.
pub(super) async fn mark_used(call: &Call<'_>, id: Id) -> Result<Response, Problem> {
    let (_, view) = live(call, id).await?;
    let book = call.book().await?;
    let book = book.in_currency(view.credit.currency);
    let input = call.read(|members| credits::given_back(members, &book, &view))?;
    let given = call.app.books.record_refund(&call.context(), input).await;
    given.map_err(|failure| failed(call, failure))?;
    let (_, view) = live(call, id).await?;
    shown(call, 200, view).await
}

/// Notes that it was sent. A body is passed over: whom the vendor mails it to is no business of the books.
pub(super) async fn send(call: &Call<'_>, id: Id) -> Result<Response, Problem> {
    let (named, _) = live(call, id).await?;
    let sent_at = ("last_sent_at".to_owned(), Value::from(instant(call.app.now())));
    let note = Note {
        dialect: DIALECT,
        members: Map::from_iter([sent_at]),
    };
    let of = Annotated::CreditNote(named);
    let noted = call.app.books.annotate(&call.context(), of, note).await;
    noted.map_err(|failure| failed(call, failure))?;
    Ok(Response::empty(200))
}

/// The memo, and the invoice that this row of its payments is about, if it settles that now.
async fn paid(call: &Call<'_>, id: Id, payment: Id) -> Result<(Named, Option<InvoiceKey>, i64), Problem> {
    let (named, view) = live(call, id).await?;
    let first = integer(call.key(), view.note.key.0).saturating_mul(PAYMENTS_PER_MEMO);
    let place = payment.and_then(|payment| payment.checked_sub(first));
    let live = view.allocations.iter().find(|part| Some(part.place) == place);
    let known = live.is_some() || view.former.iter().any(|part| Some(part.place) == place);
    match (known, place) {
        (true, Some(_)) => Ok((named, live.map(|part| part.invoice), payment.unwrap_or_default())),
        (true | false, _) => Err(errors::absent(DocumentKind::Payment)),
    }
}

/// Frees what the memo settles of an invoice: visible entries undo it.
pub(super) async fn void_payment(call: &Call<'_>, id: Id, payment: Id) -> Result<Response, Problem> {
    let (named, invoice, payment) = paid(call, id, payment).await?;
    let on = call.read(reading::void_date)?;
    let Some(invoice) = invoice else {
        return Err(errors::detail(400, "The payment was voided before."));
    };
    let invoice = Named::Key(invoice.0);
    let freed = call.app.books.unapply_credit(&call.context(), named, invoice, on).await;
    let (view, _) = freed.map_err(|failure| failed(call, failure))?;
    let memo = all_shown(call, &[view]).await?.pop().ok_or(Problem::Broken)?;
    let row = memo.payments.into_iter().find(|row| row.id == payment);
    Ok(manners::json(200, &row.ok_or(Problem::Broken)?))
}

/// Takes back that the memo settles an invoice, as if it never had. A body is passed over.
pub(super) async fn delete_payment(call: &Call<'_>, id: Id, payment: Id) -> Result<Response, Problem> {
    let (named, invoice, _) = paid(call, id, payment).await?;
    let Some(invoice) = invoice else {
        let text = "The payment no longer settles this invoice, and its credit is elsewhere.";
        return Err(errors::detail(409, text));
    };
    let invoice = Named::Key(invoice.0);
    let gone = call.app.books.withdraw_credit(&call.context(), named, invoice).await;
    gone.map_err(|failure| failed(call, failure))?;
    Ok(Response::empty(204))
}
