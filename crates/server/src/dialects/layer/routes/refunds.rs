//! Refunds: recorded, read, replaced, changed and deleted. Their list and their payments have files of their own.
//!
//! A refund of several things is several refunds of the books in one commit: see the mapping. Recorded with an external id that is
//! known, it answers what is there when that is of the same amount on the same invoices and customers, else it is a conflict. What is
//! answered is put together from what the commit left.

use std::sync::Arc;

use quittance_accounting::account::AccountKind;
use quittance_accounting::identity::{DocumentId, DocumentKind, RefundKey};
use quittance_accounting::issuing::AccountChoice;
use quittance_accounting::ledger::{AccountChange, NewAccount};
use quittance_accounting::money::Amount;
use quittance_accounting::refusal::Refusal;
use quittance_accounting::snapshot::Named;
use quittance_books::Failure;
use quittance_books::input::RefundOf;
use quittance_books::together::{Step, Together};
use quittance_books::tries::Tries;
use quittance_books::view::{BookView, CustomerView, InvoiceView, RefundView};
use serde_json::{Map, Value};

use super::super::errors::{self, Fault};
use super::super::manners;
use super::super::mapping::accounts::next_code;
use super::super::mapping::output;
use super::super::mapping::refunds::{self, Asked, Of, Part, Target, Unlisted};
use super::super::rules::RULES;
use super::Call;
use super::invoices::took_external_id;
use crate::http::Response;

mod listing;
mod paying;

pub use listing::list;
pub use paying::{pay, unpay};

/// A refund with its parts; the first is the one that has its id.
struct Whole(Vec<Part>);

impl Whole {
    fn total(&self) -> Amount {
        refunds::total_of(&self.0)
    }

    fn shown(&self, book: &BookView) -> Value {
        output::value(&output::refund(book, &self.0))
    }

    fn enveloped(&self, book: &BookView, status: u16) -> Response {
        manners::enveloped(status, self.shown(book))
    }

    fn first(&self) -> Result<&RefundView, Fault> {
        let first = self.0.first().map(|part| &part.refund);
        first.ok_or_else(|| errors::missing(DocumentKind::Refund))
    }
}

async fn look_up(call: &Call<'_>, named: &Named) -> Result<Option<RefundView>, Fault> {
    let found = call.app.books.find_refund(call.key(), named).await;
    found.map_err(|failure| errors::fault(&failure))
}

/// A part of a refund with what it is of; `None` for what is no refund here: money that was of no invoice and no customer, the payment of
/// a refund, and what went with its invoice since it was read.
async fn part(call: &Call<'_>, refund: RefundView) -> Result<Option<Part>, Fault> {
    let record = &refund.refund;
    let key = record.key;
    let (of, payouts) = match (record.pays, record.invoice, record.customer) {
        (None, Some(invoice), _) => {
            let found = call.app.books.invoice(call.key(), &Named::Key(invoice.0)).await;
            let found = found.map_err(|failure| errors::fault(&failure))?;
            let Some(view) = found.filter(|view| view.deleted.is_none()) else {
                return Ok(None);
            };
            let payouts = payouts_on(&view, key);
            (Of::Invoice(Box::new(view)), payouts)
        }
        (None, None, Some(customer)) => {
            let of = customer_named(call, &Named::Key(customer.0), "customer_id").await?;
            let payouts = match record.owed.is_some_and(|left| left != record.amount) {
                false => Vec::new(),
                true => {
                    let found = call.app.books.payouts_of(call.key(), key).await;
                    found.map_err(|failure| errors::fault(&failure))?
                }
            };
            (Of::Customer(Box::new(of)), payouts)
        }
        (Some(_), _, _) | (None, None, None) => return Ok(None),
    };
    Ok(Some(Part { of, refund, payouts }))
}

fn payouts_on(view: &InvoiceView, refund: RefundKey) -> Vec<RefundView> {
    let payouts = view.payouts.iter();
    payouts
        .filter(|payout| payout.refund.pays == Some(refund))
        .cloned()
        .collect()
}

async fn customer_named(call: &Call<'_>, named: &Named, place: &str) -> Result<CustomerView, Fault> {
    let found = call.app.books.customer(call.key(), named).await;
    let found = found.map_err(|failure| errors::fault(&failure))?;
    found.ok_or_else(|| errors::unknown_reference(place, DocumentKind::Customer))
}

/// The whole of a refund.
async fn whole(call: &Call<'_>, first: RefundView) -> Result<Option<Whole>, Fault> {
    let others = refunds::parts_of(&first);
    let mut views = vec![first];
    for id in others {
        // Another dialect may have deleted a part.
        views.extend(look_up(call, &Named::Id(id)).await?);
    }
    let mut parts = Vec::with_capacity(views.len());
    for view in views {
        let Some(part) = part(call, view).await? else {
            return Ok(None);
        };
        parts.push(part);
    }
    Ok(Some(Whole(parts)))
}

/// The refund that an id in the path names; the id of a part names the whole.
async fn named(call: &Call<'_>, id: &str) -> Result<Whole, Fault> {
    let missing = || errors::missing(DocumentKind::Refund);
    let id = manners::read_id(id, "refundId")?.ok_or_else(missing)?;
    let mut view = look_up(call, &Named::Id(id)).await?.ok_or_else(missing)?;
    if view.refund.pays.is_some() {
        return Err(missing());
    }
    if let Some(first) = refunds::whole_of(&view) {
        view = look_up(call, &Named::Id(first)).await?.unwrap_or(view);
    }
    whole(call, view).await?.ok_or_else(missing)
}

/// The refund of this id.
pub async fn fetch(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    Ok(named(call, id).await?.enveloped(&call.book, 200))
}

/// What a target is in the books, and what that is of.
async fn resolved(call: &Call<'_>, target: &Target) -> Result<(Of, RefundOf), Fault> {
    let on = |view: InvoiceView, of: RefundOf| (Of::Invoice(Box::new(view)), of);
    match target {
        Target::Invoice(named) => {
            let invoice = call.invoice_named(named).await?;
            let of = RefundOf::Invoice(Named::Key(invoice.invoice.key.0));
            Ok(on(invoice, of))
        }
        Target::Line(id, place) => {
            let invoice = call.invoice_named(&Named::Id(*id)).await?;
            let of = RefundOf::Line(Named::Key(invoice.invoice.key.0), *place);
            Ok(on(invoice, of))
        }
        Target::Payment(named) => {
            let found = call.app.books.payment(call.key(), named).await;
            let missing = || errors::unknown_reference("invoice_payment_id", DocumentKind::Payment);
            let payment = found.map_err(|failure| errors::fault(&failure))?.ok_or_else(missing)?;
            let [only] = payment.allocations.as_slice() else {
                let instead = "a payment over several invoices is given back invoice by invoice";
                return Err(errors::not_served("invoice_payment_id", instead));
            };
            let of = RefundOf::Allocation {
                invoice: Named::Key(only.invoice.0),
                payment: Named::Key(payment.payment.key.0),
            };
            Ok(on(call.invoice_named(&Named::Key(only.invoice.0)).await?, of))
        }
        Target::Customer(named) => {
            let customer = customer_named(call, named, "customer_id").await?;
            let of = RefundOf::Customer(Named::Key(customer.customer.key.0));
            Ok((Of::Customer(Box::new(customer)), of))
        }
    }
}

/// Gives money back for what the body names: invoices, lines of them, what payments settled, or customers.
pub async fn create(call: &Call<'_>) -> Result<Response, Fault> {
    let asked = refunds::asked(&call.book, &call.body()?, Unlisted::Owed)?;
    if asked.targets.is_empty() {
        return Err(errors::payload("invoice_id or invoice_external_id", "is required"));
    }
    record(call, asked, false).await
}

/// Gives money back on the invoice in the path.
pub async fn create_on(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    let invoice = call.invoice(id).await?;
    let mut asked = refunds::asked(&call.book, &call.body()?, Unlisted::Paid)?;
    if !asked.targets.is_empty() {
        return Err(errors::payload(
            "The refund",
            "is of the invoice in its path and names no other target",
        ));
    }
    if asked.payments.is_some() {
        return Err(errors::dedicated_payments());
    }
    asked.targets = vec![(Target::Invoice(Named::Key(invoice.invoice.key.0)), None)];
    record(call, asked, true).await
}

/// What refunds that are not paid yet are owed on.
const LIABILITY: &str = "REFUND_LIABILITIES";

/// The step that makes the account that refunds are owed on, or brings it back; none where it is there.
fn liability(book: &BookView) -> Result<Option<Step>, Fault> {
    match book.accounts.iter().find(|account| account.stable_name == LIABILITY) {
        None => Ok(Some(Step::AddAccount(NewAccount {
            code: next_code(book, AccountKind::Liability),
            stable_name: Some(LIABILITY.to_owned()),
            name: "Refund liabilities".to_owned(),
            kind: AccountKind::Liability,
            namesakes: None,
        }))),
        Some(known) if known.kind != AccountKind::Liability => Err(errors::payload(
            "The refund",
            "cannot be owed: the account REFUND_LIABILITIES is no liability here",
        )),
        Some(known) if known.active => Ok(None),
        Some(known) => {
            let back = AccountChange {
                active: Some(true),
                ..AccountChange::default()
            };
            Ok(Some(Step::ChangeAccount(AccountChoice::Key(known.key), back)))
        }
    }
}

/// What is to be recorded, and what is withdrawn before that.
struct Draft {
    asked: Asked,
    dedicated: bool,
    /// Each part with its id.
    parts: Vec<(DocumentId, RefundOf, Option<Amount>)>,
    /// What each is of.
    of: Vec<Of>,
    /// Payments that keep their ids.
    kept: Vec<DocumentId>,
    before: Vec<Step>,
}

impl Draft {
    /// The steps that record it.
    fn steps(&self, call: &Call<'_>, book: &BookView) -> Result<Vec<Step>, Fault> {
        let mut steps = self.before.clone();
        let manner = (book.settings.currency, &call.zone);
        let owed_on = match &self.asked.payments {
            None => None,
            Some(_) => {
                steps.extend(liability(book)?);
                Some(AccountChoice::StableName(LIABILITY.to_owned()))
            }
        };
        let inputs = refunds::inputs(&self.asked, manner, owed_on.as_ref(), self.dedicated, &self.parts)?;
        let record = |(id, input)| Step::RecordRefund(id, Box::new(input));
        steps.extend(inputs.into_iter().map(record));
        let owed = self.parts.iter();
        let owed: Vec<(DocumentId, Amount)> = owed.map(|(id, _, all)| (*id, all.unwrap_or(Amount::ZERO))).collect();
        let payments = self.asked.payments.as_deref().unwrap_or_default();
        let usual = self.asked.at.ok_or_else(errors::no_refund_time)?;
        steps.extend(paying::steps(call, payments, usual, &owed, &self.kept).0);
        Ok(steps)
    }

    /// Carries it out, and puts the refund together from what that left.
    async fn carried_out(&self, call: &Call<'_>, tries: &mut Tries<'_>) -> Result<Result<Response, Failure>, Fault> {
        let status = if self.before.is_empty() { 201 } else { 200 };
        let books = &call.app.books;
        let mut book = Arc::clone(&call.book);
        while tries.another().await {
            if tries.is_anew() {
                book = call.book_now().await?;
            }
            let steps = self.steps(call, &book)?;
            match books.all_or_none(&call.context(), &RULES, steps).await {
                Ok(left) => {
                    let whole = self.whole(&left).ok_or_else(|| errors::fault(&Failure::Unavailable))?;
                    let book = left.book().unwrap_or(book);
                    return Ok(Ok(whole.enveloped(&book, status)));
                }
                Err((_, failure)) if failure.is_taken_since(&book) => {}
                Err((_, failure)) => return Ok(Err(failure)),
            }
        }
        Ok(Err(Failure::Unavailable))
    }

    fn whole(&self, left: &Together) -> Option<Whole> {
        let payouts = left.refunds();
        let parts = self.parts.iter().zip(&self.of).map(|((id, _, _), of)| {
            let refund = left.refund(*id)?;
            let key = refund.refund.key;
            let of = match (of, refund.refund.invoice) {
                (Of::Invoice(_), Some(invoice)) => Of::Invoice(Box::new(left.invoice_named(&Named::Key(invoice.0))?)),
                (Of::Invoice(_) | Of::Customer(_), _) => of.clone(),
            };
            let of_part = payouts.iter().filter(|payout| payout.refund.pays == Some(key));
            let payouts = of_part.cloned().collect();
            Some(Part { of, refund, payouts })
        });
        parts.collect::<Option<Vec<Part>>>().map(Whole)
    }
}

async fn record(call: &Call<'_>, asked: Asked, dedicated: bool) -> Result<Response, Fault> {
    let mut parts = Vec::with_capacity(asked.targets.len());
    let mut of = Vec::with_capacity(asked.targets.len());
    let alone = asked.targets.len() == 1;
    for (target, amount) in &asked.targets {
        let (on, what) = resolved(call, target).await?;
        let amount = amount.or(asked.amount.filter(|_| alone));
        parts.push((call.app.books.new_document_id(), what, amount));
        of.push(on);
    }
    let draft = Draft {
        asked,
        dedicated,
        parts,
        of,
        kept: Vec::new(),
        before: Vec::new(),
    };
    // What cannot be read is refused before it is looked for.
    draft.steps(call, &call.book)?;
    if let Some(replay) = replayed(call, &draft).await? {
        return Ok(replay);
    }
    let mut tries = call.app.books.tries(call.key());
    match draft.carried_out(call, &mut tries).await? {
        Ok(response) => Ok(response),
        Err(failure) => {
            if took_external_id(&failure, DocumentKind::Refund)
                && let Some(replay) = replayed(call, &draft).await?
            {
                return Ok(replay);
            }
            Err(errors::fault(&failure))
        }
    }
}

/// Which document a part is of.
fn identity(of: &Of) -> (DocumentKind, i64) {
    match of {
        Of::Invoice(view) => (DocumentKind::Invoice, view.invoice.key.0),
        Of::Customer(view) => (DocumentKind::Customer, view.customer.key.0),
    }
}

async fn replayed(call: &Call<'_>, draft: &Draft) -> Result<Option<Response>, Fault> {
    let Some(external_id) = &draft.asked.external_id else {
        return Ok(None);
    };
    let Some(view) = look_up(call, &Named::External(external_id.clone())).await? else {
        return Ok(None);
    };
    let known = whole(call, view).await?;
    let same = |known: &Whole| {
        draft.asked.amount.is_none_or(|amount| amount == known.total())
            && known
                .0
                .iter()
                .map(|part| identity(&part.of))
                .eq(draft.of.iter().map(identity))
    };
    match known.filter(same) {
        Some(known) => Ok(Some(known.enveloped(&call.book, 200))),
        None => Err(errors::external_id_conflict(DocumentKind::Refund)),
    }
}

/// Replaces a refund under its id. Without targets it keeps those that it has.
pub async fn replace(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    write(call, id, |_, body| refunds::asked(&call.book, body, Unlisted::Owed)).await
}

/// Changes what the body names of a refund.
pub async fn patch(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    write(call, id, |known, body| {
        let said = refunds::patched(&call.book, body, &known.0)?;
        refunds::asked(&call.book, &said, Unlisted::Paid)
    })
    .await
}

/// Writes what is asked for in place of what is there, and anew when somebody else did so meanwhile: a refund that was replaced is another
/// one in the books.
async fn write(
    call: &Call<'_>,
    id: &str,
    ask: impl Fn(&Whole, &Value) -> Result<Asked, Fault>,
) -> Result<Response, Fault> {
    let mut known = named(call, id).await?;
    let body = call.body()?;
    let mut tries = call.app.books.tries(call.key());
    loop {
        let asked = ask(&known, &body)?;
        let draft = in_place_of(call, &known, asked).await?;
        match draft.carried_out(call, &mut tries).await? {
            Ok(response) => return Ok(response),
            Err(failure) if is_gone(&failure) => known = named(call, id).await?,
            Err(failure) => return Err(errors::fault(&failure)),
        }
    }
}

/// Whether a refund was taken away or replaced meanwhile.
fn is_gone(failure: &Failure) -> bool {
    let kind = DocumentKind::Refund;
    matches!(failure, Failure::Refused(reasons) if reasons.iter().any(|reason| *reason == Refusal::NotFound { kind }))
}

/// What a part of a refund is of.
fn kept_target(part: &Part) -> RefundOf {
    let refund = &part.refund.refund;
    let invoice = match &part.of {
        Of::Invoice(view) => Named::Key(view.invoice.key.0),
        Of::Customer(view) => return RefundOf::Customer(Named::Key(view.customer.key.0)),
    };
    match (refund.line, refund.payment) {
        (Some(place), _) => RefundOf::Line(invoice, place),
        (None, Some(payment)) => RefundOf::Allocation {
            invoice,
            payment: Named::Key(payment.0),
        },
        (None, None) => RefundOf::Invoice(invoice),
    }
}

/// The targets that a refund keeps, with their amounts: of the only one the amount may change.
fn kept_targets(known: &Whole, asked: &Asked) -> Result<Vec<(Of, RefundOf, Option<Amount>)>, Fault> {
    let amount = asked.amount;
    match known.0.as_slice() {
        [part] => Ok(vec![(part.of.clone(), kept_target(part), amount)]),
        several => {
            if amount.is_some_and(|amount| amount != known.total()) {
                return Err(errors::payload(
                    "allocations",
                    "is required: the refund has several targets",
                ));
            }
            let kept = |part: &Part| (part.of.clone(), kept_target(part), Some(part.refund.refund.amount));
            Ok(several.iter().map(kept).collect())
        }
    }
}

/// What replaces a refund.
async fn in_place_of(call: &Call<'_>, known: &Whole, mut asked: Asked) -> Result<Draft, Fault> {
    let first = known.first()?;
    let dedicated = refunds::is_dedicated(first);
    if dedicated && !asked.targets.is_empty() {
        return Err(errors::payload("The refund", "is of one invoice and keeps its target"));
    }
    if dedicated && asked.payments.is_some() {
        return Err(errors::dedicated_payments());
    }
    asked.external_id = asked.external_id.or_else(|| first.refund.external_id.clone());
    let mut targets = Vec::new();
    let alone = asked.targets.len() == 1;
    for (target, amount) in &asked.targets {
        let (on, of) = resolved(call, target).await?;
        targets.push((on, of, amount.or(asked.amount.filter(|_| alone))));
    }
    if targets.is_empty() {
        targets = kept_targets(known, &asked)?;
    }
    if asked.amount.is_none() && targets.iter().any(|(of, _, _)| matches!(of, Of::Customer(_))) {
        return Err(errors::payload(
            "refunded_amount",
            "is required of a refund to a customer",
        ));
    }
    // The refund keeps its id; further parts are new.
    let new_id = |place: usize| match place {
        0 => first.refund.id,
        _ => call.app.books.new_document_id(),
    };
    let (mut parts, mut of) = (Vec::new(), Vec::new());
    for (place, (on, what, amount)) in targets.into_iter().enumerate() {
        parts.push((new_id(place), what, amount));
        of.push(on);
    }
    let payouts = known.0.iter().flat_map(|part| &part.payouts);
    Ok(Draft {
        asked,
        dedicated,
        parts,
        of,
        kept: payouts.map(|payout| payout.refund.id).collect(),
        before: deletions(known),
    })
}

fn deletions(known: &Whole) -> Vec<Step> {
    let keys = known.0.iter().map(|part| part.refund.refund.key.0);
    keys.map(|key| Step::DeleteRefund(Named::Key(key))).collect()
}

/// Deletes a refund. The answer holds nothing, as the vendor has it.
pub async fn delete(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    let known = named(call, id).await?;
    let deleted = call
        .app
        .books
        .together(&call.context(), &RULES, deletions(&known))
        .await;
    deleted.map_err(|(_, failure)| errors::fault(&failure))?;
    Ok(manners::enveloped(200, Value::Object(Map::new())))
}
