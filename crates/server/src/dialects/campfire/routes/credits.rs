//! Credit memos: created, listed, found by number, read, changed, voided, reopened, sent, deleted, and what they settle undone.

use std::sync::Arc;

use quittance_accounting::annotating::Annotated;
use quittance_accounting::crediting::CREDIT_NUMBERS;
use quittance_accounting::identity::{CustomerKey, DocumentKind, InvoiceKey, ProductKey};
use quittance_accounting::snapshot::Named;
use quittance_books::Failure;
use quittance_books::input::{CreditNoteEdit, DeleteOptions, Note};
use quittance_books::listing::CreditQuery;
use quittance_books::queries::{AroundCredit, Credit, Parties};
use quittance_books::together::Step;
use quittance_books::view::{BookView, CreditNoteView};
use serde_json::{Map, Value, json};

use super::super::errors::{self, Problem};
use super::super::manners::{self, DIALECT, MOST_AT_ONCE, MOST_NAME, PAYMENTS_PER_MEMO, Paging};
use super::super::mapping::fields::{self, Fields, Need, each, objects};
use super::super::mapping::reading::{self, References};
use super::super::mapping::{credits, instant, integer, number_of, overpaid, showing};
use super::super::rules::RULES;
use super::super::wire::{CreditMemoOut, FoundMemoOut};
use super::{Call, Id};
use crate::http::Response;

const KIND: DocumentKind = DocumentKind::CreditNote;

/// The live credit memo with this integer: a credit note, or what was overpaid with a payment.
async fn live(call: &Call<'_>, id: Id) -> Result<(Named, CreditNoteView), Problem> {
    let named = Named::Key(call.number(id, KIND)?);
    let found = call.app.books.credit_note(call.key(), &named).await;
    let found = found.map_err(|failure| failed(call, failure))?;
    let found = match found.filter(|view| view.deleted.is_none()) {
        Some(note) => Some(note),
        None => {
            let paid = call.app.books.payment(call.key(), &named).await;
            paid.map_err(|failure| failed(call, failure))?
                .as_ref()
                .and_then(overpaid::memo)
        }
    };
    found.map(|view| (named, view)).ok_or_else(|| errors::absent(KIND))
}

/// The same, which is a document of its own: what was overpaid changes with its payment.
async fn own(call: &Call<'_>, id: Id) -> Result<(Named, CreditNoteView), Problem> {
    let (named, view) = live(call, id).await?;
    match is_overpaid(&view) {
        true => Err(errors::of_payment()),
        false => Ok((named, view)),
    }
}

fn is_overpaid(view: &CreditNoteView) -> bool {
    view.credit.witness.is_money()
}

fn failed(call: &Call<'_>, failure: Failure) -> Problem {
    errors::failed_memo(failure, call.key())
}

/// What is shown with memos and stands elsewhere.
struct Setting<'a> {
    call: &'a Call<'a>,
    book: Arc<BookView>,
    around: AroundCredit,
}

impl<'a> Setting<'a> {
    /// Of memos as they are.
    async fn of(call: &'a Call<'a>, views: &[CreditNoteView]) -> Result<Setting<'a>, Problem> {
        let book = call.book().await?;
        let around = call.app.books.around_credit_notes(call.key(), views).await;
        let around = around.map_err(|failure| failed(call, failure))?;
        Ok(Setting { call, book, around })
    }

    /// Of a memo that is to be written, asked for beforehand so that nothing need be asked afterwards: with whom and what the request
    /// names.
    async fn before(call: &'a Call<'a>, seen: &[CreditNoteView], named: &References) -> Result<Setting<'a>, Problem> {
        let mut setting = Setting::of(call, seen).await?;
        let number = |id: &i64| number_of(call.key(), *id);
        let parties = Parties {
            customers: named.customers.iter().filter_map(number).map(CustomerKey).collect(),
            products: named.products.iter().filter_map(number).map(ProductKey).collect(),
        };
        let more = call.app.books.around(call.key(), &parties, std::iter::empty()).await;
        let more = more.map_err(|failure| failed(call, failure))?;
        setting.around.customers.extend(more.customers);
        setting.around.products.extend(more.products);
        Ok(setting)
    }

    fn rows(&self, views: &[CreditNoteView]) -> Vec<CreditMemoOut> {
        let row = |view| credits::memo(view, &self.book, &self.around);
        views.iter().map(row).collect()
    }

    /// A memo as a commit left it. Only what somebody else did to it in between is asked for, and left out where nobody answers: what was
    /// done must not look undone.
    async fn after(mut self, view: &CreditNoteView, days: showing::Days) -> CreditMemoOut {
        self.around.days.extend(days);
        if !credits::is_around(view, &self.around) {
            let more = self
                .call
                .app
                .books
                .around_credit_notes(self.call.key(), std::slice::from_ref(view))
                .await;
            let more = more.unwrap_or_default();
            self.around.customers.extend(more.customers);
            self.around.products.extend(more.products);
            self.around.days.extend(more.days);
        }
        credits::memo(view, &self.book, &self.around)
    }
}

async fn shown(call: &Call<'_>, view: CreditNoteView) -> Result<Response, Problem> {
    let views = [view];
    let shown = Setting::of(call, &views)
        .await?
        .rows(&views)
        .pop()
        .ok_or(Problem::Broken)?;
    Ok(manners::json(200, &shown))
}

/// Carries a step on the memo that is seen out, and shows what the commit left of it.
async fn write(call: &Call<'_>, seen: CreditNoteView, step: Step) -> Result<CreditMemoOut, Problem> {
    let key = seen.note.key;
    let setting = Setting::before(call, &[seen], &References::default()).await?;
    let done = call.app.books.all_or_none(&call.context(), &RULES, vec![step]).await;
    let done = done.map_err(|(_, failure)| failed(call, failure))?;
    let of_payment = || done.payment(key.credit()).as_ref().and_then(overpaid::memo);
    let view = done.credit_note(key).or_else(of_payment).ok_or(Problem::Broken)?;
    Ok(setting.after(&view, done.days()).await)
}

/// Creates one, posted at once. It is applied to nothing: that is for `pay`.
pub(super) async fn create(call: &Call<'_>) -> Result<Response, Problem> {
    let body = call.body()?;
    let said = |errors| Problem::Said(400, errors);
    let members = fields::object(&body).map_err(said)?;
    let (book, known) = call.book_knowing(&References::of(members, call.key())).await?;
    let reading = reading::Setting {
        book: &book,
        known: &known,
        now: call.app.now(),
    };
    let input = credits::new(members, &reading).map_err(said)?;
    let key = call.idempotency_key()?;
    let setting = Setting::before(call, &[], &known).await?;
    let made = call
        .app
        .books
        .issue_credit_note(&call.context(), &RULES, input, key)
        .await;
    let (view, _) = made.map_err(|failure| failed(call, failure))?;
    Ok(manners::json(201, &setting.after(&view, showing::Days::new()).await))
}

pub(super) async fn list(call: &Call<'_>) -> Result<Response, Problem> {
    let (book, paging) = (call.book().await?, Paging::of(call.request));
    let asked = credits::query(call.request, &book, paging);
    let (views, count) = match asked.map_err(|errors| Problem::Said(400, errors))? {
        None => (Vec::new(), 0),
        Some(query) => {
            let (views, count) = listed(call, &query).await?;
            (views, count.ok_or_else(errors::too_many)?)
        }
    };
    let rows = Setting::of(call, &views).await?.rows(&views);
    Ok(manners::json(200, &paging.page(call.request, count, rows)))
}

async fn listed(call: &Call<'_>, query: &CreditQuery) -> Result<(Vec<CreditNoteView>, Option<i64>), Problem> {
    let found = call.app.books.list_credit(call.key(), query).await;
    let (found, count) = found.map_err(|failure| failed(call, failure))?;
    let view = |credit| match credit {
        Credit::Note(view) => Some(*view),
        Credit::Money(paid) => overpaid::memo(&paid),
    };
    Ok((found.into_iter().filter_map(view).collect(), count))
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
            money: Some(overpaid::PREFIX),
            limit: 1,
            ..CreditQuery::default()
        };
        let (views, _) = listed(call, &query).await?;
        found.push(FoundMemoOut {
            credit_memo_number: number,
            credit_memo: Setting::of(call, &views).await?.rows(&views).pop(),
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
    shown(call, view).await
}

/// Changes a memo: all that a creation needs (`whole`), or some members.
pub(super) async fn change(call: &Call<'_>, id: Id, whole: bool) -> Result<Response, Problem> {
    own(call, id).await?;
    let body = call.body()?;
    let said = |errors| Problem::Said(400, errors);
    let members = fields::object(&body).map_err(said)?;
    let (book, known) = call.book_knowing(&References::of(members, call.key())).await?;
    let mut tries = call.app.books.tries(call.key());
    while tries.another().await {
        let (named, view) = own(call, id).await?;
        let reading = reading::Setting {
            book: &book,
            known: &known,
            now: call.app.now(),
        };
        let edit = credits::change(members, &reading, &view, whole).map_err(said)?;
        if edit == CreditNoteEdit::of(&view) {
            return shown(call, view).await;
        }
        let setting = Setting::before(call, &[view], &known).await?;
        let changed = call.app.books.change_credit_note(&call.context(), named, edit).await;
        match changed {
            Ok(view) => return Ok(manners::json(200, &setting.after(&view, showing::Days::new()).await)),
            Err(failure) if failure.is_outrun() => {}
            Err(failure) => return Err(failed(call, failure)),
        }
    }
    Err(failed(call, Failure::Unavailable))
}

/// Deletes one that is applied to nothing; of what was overpaid, the payment then is what it settles. A body is passed over, whatever
/// it holds.
pub(super) async fn delete(call: &Call<'_>, id: Id) -> Result<Response, Problem> {
    let (named, view) = live(call, id).await?;
    let books = &call.app.books;
    let gone = match is_overpaid(&view) {
        true => books.delete_unapplied(&call.context(), named).await,
        false => {
            let options = DeleteOptions::default();
            let gone = books.delete_credit_note(&call.context(), &RULES, named, options).await;
            gone.map(|gone| gone.seal)
        }
    };
    let seal = gone.map_err(|failure| failed(call, failure))?;
    Ok(Response::empty(204).with("quittance-receipt", seal.to_string()))
}

pub(super) async fn void(call: &Call<'_>, id: Id) -> Result<Response, Problem> {
    let (named, view) = own(call, id).await?;
    let date = call.read(reading::void_date)?;
    let memo = write(call, view, Step::VoidCreditNote(named, date)).await?;
    Ok(manners::json(200, &memo))
}

/// A body is passed over: the vendor documents none.
pub(super) async fn reopen(call: &Call<'_>, id: Id) -> Result<Response, Problem> {
    let (named, view) = own(call, id).await?;
    let setting = Setting::before(call, &[view], &References::default()).await?;
    let done = call.app.books.reopen_credit_note(&call.context(), named).await;
    let view = done.map_err(|failure| failed(call, failure))?;
    Ok(manners::json(200, &setting.after(&view, showing::Days::new()).await))
}

/// Says that a transaction of the bank gave credit of it back: money left, and the memo is used by so much.
pub(super) async fn mark_used(call: &Call<'_>, id: Id) -> Result<Response, Problem> {
    let (_, view) = live(call, id).await?;
    let book = call.book().await?;
    let book = book.in_currency(view.credit.currency);
    let input = call.read(|members| credits::given_back(members, &book, &view))?;
    let step = Step::RecordRefund(call.app.books.new_document_id(), Box::new(input));
    Ok(manners::json(200, &write(call, view, step).await?))
}

/// Notes that it was sent. A body is passed over: whom the vendor mails it to is no business of the books.
pub(super) async fn send(call: &Call<'_>, id: Id) -> Result<Response, Problem> {
    let (named, view) = live(call, id).await?;
    let sent_at = ("last_sent_at".to_owned(), Value::from(instant(call.app.now())));
    let note = Note {
        dialect: DIALECT,
        members: Map::from_iter([sent_at]),
    };
    let of = match is_overpaid(&view) {
        true => Annotated::Payment(named),
        false => Annotated::CreditNote(named),
    };
    let noted = call.app.books.annotate(&call.context(), of, note).await;
    noted.map_err(|failure| failed(call, failure))?;
    Ok(Response::empty(200))
}

/// The memo, and the invoice that this row of its payments is about, if it settles that now.
async fn paid(
    call: &Call<'_>,
    id: Id,
    payment: Id,
) -> Result<(Named, CreditNoteView, Option<InvoiceKey>, i64), Problem> {
    let (named, view) = live(call, id).await?;
    let first = integer(call.key(), view.note.key.0).saturating_mul(PAYMENTS_PER_MEMO);
    let place = payment.and_then(|payment| payment.checked_sub(first));
    let live = view.allocations.iter().find(|part| Some(part.place) == place);
    let known = live.is_some() || view.former.iter().any(|part| Some(part.place) == place);
    let invoice = live.map(|part| part.invoice);
    match (known, place) {
        (true, Some(_)) => Ok((named, view, invoice, payment.unwrap_or_default())),
        (true | false, _) => Err(errors::absent(DocumentKind::Payment)),
    }
}

/// Frees what the memo settles of an invoice: visible entries undo it.
pub(super) async fn void_payment(call: &Call<'_>, id: Id, payment: Id) -> Result<Response, Problem> {
    let (named, view, invoice, payment) = paid(call, id, payment).await?;
    let on = call.read(reading::void_date)?;
    let Some(invoice) = invoice else {
        return Err(errors::detail(400, "The payment was voided before."));
    };
    let invoice = Named::Key(invoice.0);
    let step = match is_overpaid(&view) {
        true => Step::UnallocatePayment(named, invoice, on),
        false => Step::UnapplyCredit(named, invoice, on),
    };
    let memo = write(call, view, step).await?;
    let row = memo.payments.into_iter().find(|row| row.id == payment);
    Ok(manners::json(200, &row.ok_or(Problem::Broken)?))
}

/// Takes back that the memo settles an invoice, as if it never had. A body is passed over.
pub(super) async fn delete_payment(call: &Call<'_>, id: Id, payment: Id) -> Result<Response, Problem> {
    let (named, view, invoice, _) = paid(call, id, payment).await?;
    let Some(invoice) = invoice else {
        let text = "The payment no longer settles this invoice, and its credit is elsewhere.";
        return Err(errors::detail(409, text));
    };
    let invoice = Named::Key(invoice.0);
    let step = match is_overpaid(&view) {
        true => Step::WithdrawParts(named, invoice),
        false => Step::WithdrawCredit(named, invoice),
    };
    let gone = call.app.books.all_or_none(&call.context(), &RULES, vec![step]).await;
    gone.map_err(|(_, failure)| failed(call, failure))?;
    Ok(Response::empty(204))
}
