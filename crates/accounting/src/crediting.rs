//! Credit notes: documents that take an amount back from what a customer was invoiced.
//!
//! A credit note takes figures of an invoice back (all that is left, an amount, lines or parts of lines, with the taxes as they
//! were frozen at issue), or stands free. Its entry debits revenue, taxes and tips and credits Customer credits; what it settles is
//! allocated like the money of a payment with a witness, each part with an entry of its own. It has a number series of its own.
//! An invoice is never credited for more than it came to, less what was given back or given up of it. Deliberately absent: how its
//! credit goes back in money ([`crate::refunding`]).

mod changing;
mod figures;
mod withdrawing;

use jiff::{Timestamp, civil::Date};

use crate::account::AccountRole;
use crate::allocating::{apply_parts, free_from, not_void, withdraw_from};
use crate::book::{NumberState, NumberUse};
use crate::exchange::{PaymentExchange, Rate, Valued, part_of, rate_of, valued};
use crate::identity::{CreditNoteKey, CustomerKey, DocumentId, DocumentKind, InvoiceKey};
use crate::invoice::{Invoice, Stage, Standing};
use crate::issuing::{Hold, NewContent, NumberChoice, known_customer, live_invoice, valued_movements};
use crate::journal::{EntryKind, Movements};
use crate::ledger::refuse_retired;
use crate::money::{Amount, Currency};
use crate::numbering::{take_explicit, take_next};
use crate::payment_changes::{Case, void};
use crate::plan::{EventKind, Moment, Plan, Planner};
use crate::refusal::{Refusal, Stop};
use crate::rules::{MoneyOnVoid, NumberRules, NumberedAt, Rules};
use crate::settlement::{CreditLine, CreditNote, Method, Payment, Witness};
use crate::settling::{Part, refuse_taken};
use crate::snapshot::{Named, Snapshot};

pub use changing::{CreditNoteChange, change_credit_note, reopen_credit_note};
pub use figures::{Extent, NewCreditLine};
pub use withdrawing::{absent_credit_note, delete_credit_note, restore_credit_note};

/// How credit notes are counted unless a client says otherwise: a series of their own.
pub const CREDIT_NUMBERS: NumberRules = NumberRules {
    at: NumberedAt::Issue,
    prefix: "CN-",
    width: 4,
};

/// What a credit note takes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CreditOf {
    /// Figures of an invoice.
    Invoice(Named, Extent),
    /// What it says itself.
    Free {
        /// The customer whose credit it is.
        customer: Named,
        /// Its currency.
        currency: Currency,
        /// Its rate, when that is not the book's; else the one kept for its day.
        rate: Option<Rate>,
        /// Its lines.
        lines: Vec<NewCreditLine>,
    },
}

/// What a new credit note is applied to at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applying {
    /// Nothing: it is the customer's credit.
    Nothing,
    /// The invoice whose figures it takes back, as far as that is open.
    ItsInvoice,
    /// These.
    To(Vec<(Named, Part)>),
}

/// A credit note as a client gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCreditNote {
    /// Its id, drawn by the caller.
    pub id: DocumentId,
    /// What it takes back.
    pub of: CreditOf,
    /// Its number.
    pub number: NumberChoice,
    /// The id the client brought.
    pub external_id: Option<String>,
    /// The day it counts for; never before that of its invoice.
    pub on: Date,
    /// The instant the client gave, or now.
    pub at: Timestamp,
    /// What it is applied to at once.
    pub applying: Applying,
    /// Its texts.
    pub content: NewContent,
}

/// Decides to issue a credit note.
pub fn issue_credit_note(
    snapshot: &Snapshot,
    moment: &Moment,
    rules: &Rules,
    new: NewCreditNote,
) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    refuse_taken(snapshot, DocumentKind::CreditNote, new.external_id.as_deref())?;
    let key = CreditNoteKey(planner.counters.payments.saturating_add(1));
    let taken = Taken::by(snapshot, key, &new)?;
    let number = match &new.number {
        NumberChoice::Explicit(number) => take_explicit(&mut planner, key.into(), number, CREDIT_NUMBERS)?,
        NumberChoice::CountedIn(prefix) => take_next(&mut planner, key.into(), prefix, CREDIT_NUMBERS.width)?,
        NumberChoice::Counted => take_next(&mut planner, key.into(), CREDIT_NUMBERS.prefix, CREDIT_NUMBERS.width)?,
    };
    let on = taken
        .invoice
        .as_ref()
        .map_or(new.on, |invoice| new.on.max(invoice.invoice_date));
    let mut credit = taken.credit(snapshot, moment, &new, key, on)?;
    let movements = taken.movements(snapshot)?;
    refuse_retired(snapshot, movements.moved.iter().map(|(account, _)| *account))?;
    credit.receipt_entry = planner.post(on, EntryKind::CreditNote, key.into(), movements)?;
    let invoice = taken.invoice;
    let parts = match (new.applying, &invoice) {
        (Applying::To(parts), _) => parts,
        (Applying::ItsInvoice, Some(invoice)) if invoice.open().is_positive() => {
            vec![(Named::Key(invoice.key.0), Part::WhatIsOpen)]
        }
        (Applying::ItsInvoice | Applying::Nothing, _) => Vec::new(),
    };
    apply_parts(&mut planner, moment, rules, &mut credit, &parts, on)?;
    planner.put(CreditNote {
        key,
        id: new.id,
        source: rules.dialect.to_owned(),
        number,
        external_id: new.external_id,
        invoice: invoice.map(|invoice| invoice.key),
        tax: figures::tax(&taken.lines)?,
        held_until: None,
        handed_over_at: None,
        content: new.content.digest,
    });
    taken.lines.into_iter().for_each(|line| planner.put(line));
    planner.put(credit);
    planner.put(new.content.of(key));
    Ok(planner.finish(EventKind::CreditNoteIssued, key))
}

/// What a new credit note takes back, worked out.
struct Taken {
    customer: Option<CustomerKey>,
    currency: Currency,
    rate: Option<Rate>,
    worth: Valued,
    invoice: Option<Invoice>,
    lines: Vec<CreditLine>,
}

impl Taken {
    fn by(snapshot: &Snapshot, key: CreditNoteKey, new: &NewCreditNote) -> Result<Taken, Stop> {
        match &new.of {
            CreditOf::Invoice(named, extent) => {
                let invoice = live_invoice(snapshot, named)?;
                let lines = figures::of_invoice(snapshot, key, &invoice, extent)?;
                Ok(Taken {
                    customer: invoice.customer,
                    currency: invoice.currency,
                    rate: invoice.exchange.map(|known| known.rate),
                    worth: worth_of(snapshot, &invoice, figures::total(&lines)?)?,
                    lines,
                    invoice: Some(invoice),
                })
            }
            CreditOf::Free {
                customer,
                currency,
                rate,
                lines,
            } => {
                let rate = rate_of(snapshot, *currency, *rate, new.on)?;
                let customer = known_customer(snapshot, customer)?;
                let lines = figures::free(snapshot, key, lines)?;
                Ok(Taken {
                    customer: Some(customer),
                    currency: *currency,
                    rate,
                    worth: valued(snapshot, figures::total(&lines)?, *currency, rate)?,
                    lines,
                    invoice: None,
                })
            }
        }
    }

    /// The movements of its entry: revenue, taxes and tips are debited, customer credits credited.
    fn movements(&self, snapshot: &Snapshot) -> Result<Movements, Stop> {
        let credits = snapshot.account_of(AccountRole::CustomerCredits)?;
        let movements = figures::movements(&self.lines, credits)?;
        let Some(rate) = self.rate else {
            return Ok(Movements::from(&movements));
        };
        let book = snapshot.settings()?.currency;
        let by_rate = |amount| rate.value(amount, self.currency, book);
        let valued = valued_movements(Some(self.currency), self.worth.negated(), &movements, by_rate);
        Ok(valued.ok_or(Refusal::AmountTooLarge)?)
    }

    /// The record that its credit is kept as, with nothing applied.
    fn credit(
        &self,
        snapshot: &Snapshot,
        moment: &Moment,
        new: &NewCreditNote,
        key: CreditNoteKey,
        on: Date,
    ) -> Result<Payment, Stop> {
        let amount = self.worth.amount;
        if !amount.is_positive() {
            return Err(Refusal::AmountNotPositive { amount }.into());
        }
        Ok(Payment {
            key: key.credit(),
            id: new.id,
            customer: self.customer,
            currency: self.currency,
            paid_on: on,
            posted_on: on,
            paid_at: new.at,
            amount,
            unallocated: amount,
            refunded: Amount::ZERO,
            method: Method::CreditBalance,
            witness: Witness::Credit,
            clearing: snapshot.account_of(AccountRole::Clearing)?,
            receipt_entry: None,
            allocations: 0,
            external_id: None,
            created_at: moment.at,
            updated_at: moment.at,
            voided: None,
            meant_for: None,
            content: new.content.digest,
            exchange: self.rate.map(|rate| PaymentExchange {
                rate,
                amount: self.worth.booked,
                unallocated: self.worth.booked,
            }),
        })
    }
}

/// What so much of an invoice's figures is in both currencies: at the invoice's rate, as its revenue was recorded, and the last of it
/// all that earlier credit notes left.
fn worth_of(snapshot: &Snapshot, invoice: &Invoice, amount: Amount) -> Result<Valued, Stop> {
    let Some(exchange) = invoice.exchange else {
        return Ok(Valued::own(amount));
    };
    let mut left = invoice.total_valued();
    for (_, credit) in snapshot.credit_notes_of(invoice.key)? {
        if credit.voided.is_none() {
            left = left.minus(credit.valued()).ok_or(Refusal::AmountTooLarge)?;
        }
    }
    part_of(snapshot, left, amount, invoice.currency, Some(exchange.rate))
}

/// The credit notes that take figures of an invoice back and are not void, each with what it comes to.
pub(crate) fn credited(snapshot: &Snapshot, invoice: InvoiceKey) -> Result<Vec<(CreditNoteKey, Amount)>, Stop> {
    let notes = snapshot.credit_notes_of(invoice)?;
    let live = notes.filter(|(_, credit)| credit.voided.is_none());
    Ok(live.map(|(note, credit)| (note.key, credit.amount)).collect())
}

/// That credit notes are in the way, if there are any.
pub(crate) fn has_credits(notes: &[(CreditNoteKey, Amount)]) -> Option<Refusal> {
    let sum = Amount::sum(notes.iter().map(|(_, amount)| *amount)).unwrap_or(Amount::ZERO);
    let count = notes.len() as i64;
    (count > 0).then_some(Refusal::HasCredits { count, sum })
}

/// Credit on an invoice is set free with its void where money is; one whose own figures were credited stays as it is.
pub(crate) fn credits_on_void(snapshot: &Snapshot, rules: &Rules, invoice: &Invoice) -> Result<Option<Refusal>, Stop> {
    let applied = invoice.credited.is_positive() && {
        let paid = invoice.standing() == Standing::Paid;
        let rule = if paid {
            rules.voiding.paid
        } else {
            rules.voiding.part_paid
        };
        rule == MoneyOnVoid::Forbids
    };
    let of_it = match invoice.stage {
        Stage::Issued { .. } => credited(snapshot, invoice.key)?,
        Stage::Draft | Stage::Void { .. } => Vec::new(),
    };
    if let Some(refusal) = has_credits(&of_it) {
        return Ok(Some(refusal));
    }
    let parts = snapshot.allocations(invoice.key);
    let count = parts.filter(|(_, payment)| !payment.witness.is_money()).count() as i64;
    let sum = invoice.credited;
    Ok(applied.then_some(Refusal::HasCredits { count, sum }))
}

/// The live credit note of this name with its credit, as values to change; a void one is refused.
pub(crate) fn live_credit(snapshot: &Snapshot, named: &Named) -> Result<(CreditNote, Payment), Stop> {
    match snapshot.whole_credit_note(named)? {
        Some((note, credit)) => Ok((note.clone(), not_void(credit)?)),
        None => Err(absent_credit_note(snapshot, named).into()),
    }
}

/// Decides to apply credit to invoices, as of a day; never before the day of the credit note.
pub fn apply_credit(
    snapshot: &Snapshot,
    moment: &Moment,
    rules: &Rules,
    named: &Named,
    parts: &[(Named, Part)],
    on: Date,
) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    let (note, mut credit) = live_credit(snapshot, named)?;
    apply_parts(&mut planner, moment, rules, &mut credit, parts, on)?;
    planner.put(credit);
    Ok(planner.finish(EventKind::CreditNoteApplied, note.key))
}

/// Decides that a credit note no longer settles an invoice: a visible entry as of a day, and the credit is the customer's again.
pub fn unapply_credit(
    snapshot: &Snapshot,
    moment: &Moment,
    named: &Named,
    invoice: &Named,
    on: Date,
) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    let (note, mut credit) = live_credit(snapshot, named)?;
    free_from(&mut planner, moment, &mut credit, invoice, on)?;
    planner.put(credit);
    Ok(planner.finish(EventKind::CreditNoteUnapplied, note.key))
}

/// Decides that a credit note was never to settle an invoice: the entries of those parts are withdrawn on their own dates, and the
/// credit is the customer's as it was before.
pub fn withdraw_credit(snapshot: &Snapshot, moment: &Moment, named: &Named, invoice: &Named) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    let (note, mut credit) = live_credit(snapshot, named)?;
    withdraw_from(&mut planner, moment, &mut credit, invoice)?;
    planner.put(credit);
    Ok(planner.finish(EventKind::CreditNoteUnapplied, note.key))
}

/// Decides to void a credit note as of a day, never before its own: the mirror of its entry and of every part of it is posted,
/// what it settled is open again, and it stays visible. Refused once credit of it went back in money.
pub fn void_credit_note(snapshot: &Snapshot, moment: &Moment, named: &Named, on: Date) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    let (note, credit) = live_credit(snapshot, named)?;
    void(&mut planner, moment, Case::gather(snapshot, credit)?, on)?;
    if let Some(line) = snapshot.number(&note.number)? {
        planner.put(NumberUse {
            state: NumberState::Void,
            ..line.clone()
        });
    }
    Ok(planner.finish(EventKind::CreditNoteVoided, note.key))
}

/// Decides to put a credit note on hold, to release it, or to mark it as handed over to an authority.
pub fn hold_credit_note(
    snapshot: &Snapshot,
    moment: &Moment,
    named: &Named,
    hold: Hold,
    handed_over: bool,
) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    let Some((note, credit)) = snapshot.whole_credit_note(named)? else {
        return Err(absent_credit_note(snapshot, named).into());
    };
    let (mut note, mut credit) = (note.clone(), credit.clone());
    note.held_until = match hold {
        Hold::AsItIs => note.held_until,
        Hold::Until(day) => Some(day),
        Hold::Released => None,
    };
    if handed_over && note.handed_over_at.is_none() {
        note.handed_over_at = Some(moment.at);
    }
    credit.updated_at = moment.at;
    let key = note.key;
    planner.put(note);
    planner.put(credit);
    Ok(planner.finish(EventKind::CreditNoteHeld, key))
}
