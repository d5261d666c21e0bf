//! Giving money back.
//!
//! A refund is of an invoice, of one line of it, of what one payment settled of it, or of money or credit that settles nothing; in parts, up to what was paid and not given back. It debits refunds and
//! credits the account it was paid from; the receivable stays closed. One for a customer alone gives what nothing here limits. One
//! that is not paid yet credits the liability that it is owed on, and what is paid of it later moves from there. Deliberately absent:
//! refunds that go with a deleted invoice, which are part of [`crate::deletion`], and owing in another currency than the book's.

use jiff::{Timestamp, civil::Date};

use crate::account::AccountRole;
use crate::allocating::{live_payment, not_void};
use crate::crediting::{credited, live_credit};
use crate::exchange::{Rate, RefundExchange, Valued, gain, rate_of, refuse_other, valued};
use crate::identity::{AccountKey, DocumentId, DocumentKind, EntryKey, PaymentKey, RefundKey};
use crate::invoice::{Invoice, Standing};
use crate::issuing::{AccountChoice, NewContent, chosen_account, live_invoice, need, touch, unknown};
use crate::journal::{EntryKind, Movements, Posting};
use crate::money::{Amount, Currency};
use crate::plan::{EventKind, Moment, Plan, Planner};
use crate::record::RecordKey;
use crate::refusal::{Refusal, Stop};
use crate::settlement::{Payment, Refund};
use crate::settling::refuse_taken;
use crate::snapshot::{Named, Snapshot};

/// What money is given back for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundOf {
    /// An invoice as a whole.
    Invoice(Named),
    /// One line of an invoice, by its place from 1.
    Line(Named, i64),
    /// What one payment settled of an invoice.
    Allocation {
        /// The invoice.
        invoice: Named,
        /// The payment.
        payment: Named,
    },
    /// What a payment has that settles nothing.
    Unapplied(Named),
    /// What a credit note has that settles nothing.
    Credit(Named),
    /// Nothing that is documented here: a customer alone.
    Customer(Named),
    /// What another refund left owed.
    Owed(Named),
}

/// A refund as a client gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRefund {
    /// Its id, drawn by the caller.
    pub id: DocumentId,
    /// What for.
    pub of: RefundOf,
    /// How much; else all that can be.
    pub amount: Option<Amount>,
    /// Its currency, if it is said: that of what the money came for.
    pub currency: Option<Currency>,
    /// Its rate, when that is not the book's; else the one kept for its day.
    pub rate: Option<Rate>,
    /// The day it counts for.
    pub on: Date,
    /// The instant the client gave, or now.
    pub at: Timestamp,
    /// The account it is paid from; the clearing account unless named.
    pub clearing: Option<AccountChoice>,
    /// The liability on which it is owed, when it is not paid yet: then nothing is paid from an account.
    pub owed_on: Option<AccountChoice>,
    /// The id the client brought.
    pub external_id: Option<String>,
    /// Its texts.
    pub content: NewContent,
}

/// Decides to give money back: debit refunds, credit clearing. The receivable stays closed.
pub fn record_refund(snapshot: &Snapshot, moment: &Moment, new: NewRefund) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    refuse_taken(snapshot, DocumentKind::Refund, new.external_id.as_deref())?;
    let named = match &new.of {
        RefundOf::Invoice(named) | RefundOf::Line(named, _) => named.clone(),
        RefundOf::Allocation { invoice, .. } => invoice.clone(),
        RefundOf::Unapplied(payment) => {
            let payment = live_payment(snapshot, payment)?;
            return refund_unapplied(planner, moment, payment, new);
        }
        RefundOf::Credit(credit_note) => {
            let payment = live_credit(snapshot, credit_note)?.1;
            return refund_unapplied(planner, moment, payment, new);
        }
        RefundOf::Customer(customer) => {
            let customer = customer.clone();
            return refund_customer(planner, moment, &customer, new);
        }
        RefundOf::Owed(refund) => {
            let owed = live_refund(snapshot, refund)?;
            return pay_out(planner, moment, owed, new);
        }
    };
    let mut invoice = live_invoice(snapshot, &named)?;
    let of_invoice = refundable(snapshot, &invoice)?;
    let (line, payment, most) = match &new.of {
        RefundOf::Invoice(_)
        | RefundOf::Unapplied(_)
        | RefundOf::Credit(_)
        | RefundOf::Customer(_)
        | RefundOf::Owed(_) => (None, None, of_invoice),
        RefundOf::Line(_, place) => (Some(*place), None, left_of_line(snapshot, &invoice, *place)?),
        RefundOf::Allocation { payment, .. } => {
            let (key, left) = left_of_payment(snapshot, &invoice, payment)?;
            (None, Some(key), left)
        }
    };
    let refundable = of_invoice.min(most).max(Amount::ZERO);
    let amount = asked(&new, refundable)?;
    need(
        &invoice,
        &[
            Standing::PartPaid,
            Standing::Paid,
            Standing::PartWrittenOff,
            Standing::WrittenOff,
        ],
    )?;
    within(amount, refundable)?;
    let (clearing, owed) = paid_from(snapshot, &new, AccountChoice::Role(AccountRole::Clearing), amount)?;
    let refunds = snapshot.account_of(AccountRole::Refunds)?;
    let key = RefundKey(planner.counters.refunds.saturating_add(1));
    let exchange = given_back(snapshot, amount, invoice.currency, &new, new.on)?;
    let money = worth(amount, exchange);
    let movements = Movements::of(invoice.foreign(), [(refunds, money), (clearing, money.negated())]);
    let entry = planner.post_some(new.on, EntryKind::Refund, key.into(), movements)?;
    invoice.refunded = invoice.refunded.plus(amount).ok_or(Refusal::AmountTooLarge)?;
    touch(&mut invoice, moment);
    planner.put(Refund {
        invoice: Some(invoice.key),
        line,
        payment,
        owed,
        exchange,
        ..bare(&new, moment, key, new.on, amount, clearing, entry)
    });
    planner.put(new.content.of(key));
    planner.put(invoice);
    Ok(planner.finish(EventKind::RefundRecorded, key))
}

/// The record of a refund, but for what it is of, what it leaves owed and its exchange.
fn bare(
    new: &NewRefund,
    moment: &Moment,
    key: RefundKey,
    on: Date,
    amount: Amount,
    clearing: AccountKey,
    entry: EntryKey,
) -> Refund {
    Refund {
        key,
        id: new.id,
        invoice: None,
        line: None,
        payment: None,
        customer: None,
        pays: None,
        amount,
        owed: None,
        refunded_on: on,
        refunded_at: new.at,
        clearing,
        entry,
        external_id: new.external_id.clone(),
        created_at: moment.at,
        content: new.content.digest,
        exchange: None,
    }
}

/// How much is to be given back: what was asked for, or all that can be.
fn asked(new: &NewRefund, refundable: Amount) -> Result<Amount, Refusal> {
    match new.amount {
        Some(amount) if !amount.is_positive() => Err(Refusal::AmountNotPositive { amount }),
        Some(amount) => Ok(amount),
        None => Ok(refundable),
    }
}

/// Refuses to give back more than can be, or nothing.
fn within(amount: Amount, refundable: Amount) -> Result<(), Refusal> {
    match amount > refundable || !amount.is_positive() {
        true => Err(Refusal::OverRefund {
            refundable,
            asked: amount,
        }),
        false => Ok(()),
    }
}

/// What can be given back on an invoice: what was paid and not given back, and no more than credit notes have left of it.
fn refundable(snapshot: &Snapshot, invoice: &Invoice) -> Result<Amount, Stop> {
    let paid = invoice.paid.minus(invoice.refunded).ok_or(Refusal::AmountTooLarge)?;
    if !paid.is_positive() {
        return Ok(paid);
    }
    let credited = Amount::sum(credited(snapshot, invoice.key)?.into_iter().map(|(_, amount)| amount));
    let left = credited.and_then(|credited| invoice.total.minus(credited)?.minus(invoice.refunded));
    Ok(left.ok_or(Refusal::AmountTooLarge)?.min(paid))
}

/// Gives back what settles nothing: debit unapplied payments or customer credits, credit clearing.
fn refund_unapplied(
    mut planner: Planner<'_>,
    moment: &Moment,
    mut payment: Payment,
    new: NewRefund,
) -> Result<Plan, Stop> {
    let snapshot = planner.snapshot;
    let refundable = payment.unallocated;
    let amount = asked(&new, refundable)?;
    within(amount, refundable)?;
    let (clearing, owed) = paid_from(snapshot, &new, AccountChoice::Key(payment.clearing), amount)?;
    let unapplied = snapshot.account_of(payment.witness.control())?;
    let key = RefundKey(planner.counters.refunds.saturating_add(1));
    let on = new.on.max(payment.posted_on);
    let exchange = given_back(snapshot, amount, payment.currency, &new, on)?;
    let money = worth(amount, exchange);
    let taken = payment.take(snapshot, amount)?;
    let mut moved = vec![(unapplied, taken), (clearing, money.negated())];
    if exchange.is_some() {
        moved.push(gain(snapshot, taken, money)?);
    }
    let movements = Movements::of(payment.foreign(), moved);
    let entry = planner.post_some(on, EntryKind::Refund, key.into(), movements)?;
    payment.refunded = payment.refunded.plus(amount).ok_or(Refusal::AmountTooLarge)?;
    payment.updated_at = moment.at;
    planner.put(Refund {
        payment: Some(payment.key),
        owed,
        exchange,
        ..bare(&new, moment, key, on, amount, clearing, entry)
    });
    planner.put(new.content.of(key));
    planner.put(payment);
    Ok(planner.finish(EventKind::RefundRecorded, key))
}

/// The account that a refund credits: the one it is paid from, or the one on which all of it is owed.
fn paid_from(
    snapshot: &Snapshot,
    new: &NewRefund,
    usual: AccountChoice,
    amount: Amount,
) -> Result<(AccountKey, Option<Amount>), Stop> {
    match &new.owed_on {
        Some(liability) => Ok((chosen_account(snapshot, liability)?, Some(amount))),
        None => {
            let clearing = new.clearing.as_ref().unwrap_or(&usual);
            Ok((chosen_account(snapshot, clearing)?, None))
        }
    }
}

/// Gives a customer money for nothing that is documented here: debit refunds, credit clearing.
fn refund_customer(mut planner: Planner<'_>, moment: &Moment, customer: &Named, new: NewRefund) -> Result<Plan, Stop> {
    let snapshot = planner.snapshot;
    let found = snapshot.customer(customer)?.map(|known| known.key);
    let customer = found.ok_or_else(|| unknown(DocumentKind::Customer, customer))?;
    let amount = new.amount.unwrap_or(Amount::ZERO);
    if !amount.is_positive() {
        return Err(Refusal::AmountNotPositive { amount }.into());
    }
    let (clearing, owed) = paid_from(snapshot, &new, AccountChoice::Role(AccountRole::Clearing), amount)?;
    let refunds = snapshot.account_of(AccountRole::Refunds)?;
    let key = RefundKey(planner.counters.refunds.saturating_add(1));
    let currency = new.currency.unwrap_or(snapshot.settings()?.currency);
    let exchange = given_back(snapshot, amount, currency, &new, new.on)?;
    let money = worth(amount, exchange);
    let foreign = exchange.map(|exchange| exchange.currency);
    let movements = Movements::of(foreign, [(refunds, money), (clearing, money.negated())]);
    let entry = planner.post_some(new.on, EntryKind::Refund, key.into(), movements)?;
    planner.put(Refund {
        customer: Some(customer),
        owed,
        exchange,
        ..bare(&new, moment, key, new.on, amount, clearing, entry)
    });
    planner.put(new.content.of(key));
    Ok(planner.finish(EventKind::RefundRecorded, key))
}

/// Pays what a refund left owed: debit the liability that it is owed on, credit clearing. Not before it was owed.
fn pay_out(mut planner: Planner<'_>, moment: &Moment, mut owed: Refund, new: NewRefund) -> Result<Plan, Stop> {
    let snapshot = planner.snapshot;
    let currency = snapshot.settings()?.currency;
    refuse_other(currency, new.currency.unwrap_or(currency))?;
    refuse_without_invoice(snapshot, &owed)?;
    let refundable = owed.owed.unwrap_or(Amount::ZERO);
    let amount = asked(&new, refundable)?;
    within(amount, refundable)?;
    let clearing = new
        .clearing
        .clone()
        .unwrap_or(AccountChoice::Role(AccountRole::Clearing));
    let clearing = chosen_account(snapshot, &clearing)?;
    let key = RefundKey(planner.counters.refunds.saturating_add(1));
    let on = new.on.max(owed.refunded_on);
    let money = worth(amount, None);
    let movements = Movements::of(None, [(owed.clearing, money), (clearing, money.negated())]);
    let entry = planner.post_some(on, EntryKind::Payout, key.into(), movements)?;
    owed.owed = Some(refundable.minus(amount).ok_or(Refusal::AmountTooLarge)?);
    planner.put(Refund {
        invoice: owed.invoice,
        payment: owed.payment.filter(|_| owed.invoice.is_none()),
        customer: owed.customer,
        pays: Some(owed.key),
        ..bare(&new, moment, key, on, amount, clearing, entry)
    });
    planner.put(new.content.of(key));
    planner.put(owed);
    Ok(planner.finish(EventKind::RefundRecorded, key))
}

/// An owed refund of an invoice lives as long as that; what is answered shows it.
fn refuse_without_invoice(snapshot: &Snapshot, refund: &Refund) -> Result<(), Stop> {
    match refund.invoice {
        Some(invoice) => live_invoice(snapshot, &Named::Key(invoice.0)).map(|_| ()),
        None => Ok(()),
    }
}

fn live_refund(snapshot: &Snapshot, named: &Named) -> Result<Refund, Stop> {
    let kind = DocumentKind::Refund;
    let found = snapshot.refund(named)?.cloned();
    Ok(found.ok_or(Refusal::NotFound { kind })?)
}

/// What money given back is in the book's currency, when it is in another. It is in the currency of what it came for, and what is
/// owed is in the book's.
fn given_back(
    snapshot: &Snapshot,
    amount: Amount,
    currency: Currency,
    new: &NewRefund,
    day: Date,
) -> Result<Option<RefundExchange>, Stop> {
    refuse_other(currency, new.currency.unwrap_or(currency))?;
    if new.owed_on.is_some() {
        refuse_other(currency, snapshot.settings()?.currency)?;
    }
    let Some(rate) = rate_of(snapshot, currency, new.rate, day)? else {
        return Ok(None);
    };
    Ok(Some(RefundExchange {
        currency,
        rate,
        booked: valued(snapshot, amount, currency, Some(rate))?.booked,
    }))
}

fn worth(amount: Amount, exchange: Option<RefundExchange>) -> Valued {
    Valued {
        amount,
        booked: exchange.map_or(amount, |exchange| exchange.booked),
    }
}

/// What a refund had taken out of what the payment, or the credit, had left.
fn taken_from_unapplied(snapshot: &Snapshot, payment: &Payment, refund: &Refund) -> Result<Valued, Stop> {
    let unapplied = snapshot.account_of(payment.witness.control())?;
    let entry = snapshot.wanted_entry(refund.entry)?;
    let taken = entry.postings().iter().find(|posting| posting.account == unapplied);
    Ok(taken.map_or(Valued::ZERO, Posting::signed))
}

/// Decides to delete a refund: its entry is withdrawn, as if the money had never gone back. What was paid of one that was owed goes
/// with it; what such a payment alone had paid is owed again.
pub fn delete_refund(snapshot: &Snapshot, moment: &Moment, named: &Named) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    let refund = live_refund(snapshot, named)?;
    let back = |sum: Amount| sum.minus(refund.amount).ok_or(Refusal::AmountTooLarge);
    match (refund.invoice, refund.payment) {
        _ if refund.pays.is_some() => refuse_without_invoice(snapshot, &refund)?,
        (Some(invoice), _) => {
            let mut invoice = live_invoice(snapshot, &Named::Key(invoice.0))?;
            invoice.refunded = back(invoice.refunded)?;
            touch(&mut invoice, moment);
            planner.put(invoice);
        }
        (None, Some(payment)) => {
            let found = snapshot.whole_payment(&Named::Key(payment.0))?;
            let kind = DocumentKind::Payment;
            let mut payment = not_void(found.ok_or(Refusal::NotFound { kind })?)?;
            payment.refunded = back(payment.refunded)?;
            let back = taken_from_unapplied(snapshot, &payment, &refund)?;
            let unapplied = payment.unapplied_valued().plus(back);
            payment.set_unapplied(unapplied.ok_or(Refusal::AmountTooLarge)?);
            payment.updated_at = moment.at;
            planner.put(payment);
        }
        (None, None) => {}
    }
    if let Some(paid) = refund.pays {
        let mut owed = live_refund(snapshot, &Named::Key(paid.0))?;
        let left = owed.owed.unwrap_or(Amount::ZERO).plus(refund.amount);
        owed.owed = Some(left.ok_or(Refusal::AmountTooLarge)?);
        planner.put(owed);
    }
    if refund.owed.is_some_and(|left| left != refund.amount) {
        for payout in snapshot.payouts_of(refund.key)? {
            take_away(&mut planner, payout)?;
        }
    }
    take_away(&mut planner, &refund)?;
    Ok(planner.finish(EventKind::RefundDeleted, refund.key))
}

fn take_away(planner: &mut Planner<'_>, refund: &Refund) -> Result<(), Stop> {
    let entry = planner.snapshot.wanted_entry(refund.entry)?;
    planner.withdraw(&entry)?;
    planner.remove(RecordKey::Content(refund.key.into()));
    planner.remove(RecordKey::Refund(refund.key));
    Ok(())
}

/// What a line comes to, less what was given back on it.
fn left_of_line(snapshot: &Snapshot, invoice: &Invoice, place: i64) -> Result<Amount, Stop> {
    let lines = &snapshot.tables().lines;
    let known = lines.get(&(invoice.key, place)).filter(|_| place > 0);
    let known = known.ok_or_else(|| Refusal::UnknownReference {
        kind: DocumentKind::Line,
        reference: place.to_string(),
    })?;
    let back = snapshot
        .refunds(invoice.key)
        .filter(|refund| refund.line == Some(place));
    let back = Amount::sum(back.map(|refund| refund.amount));
    Ok(back
        .and_then(|back| known.total().minus(back))
        .ok_or(Refusal::AmountTooLarge)?)
}

/// What a payment settled of the invoice, less what was given back of it.
fn left_of_payment(snapshot: &Snapshot, invoice: &Invoice, named: &Named) -> Result<(PaymentKey, Amount), Stop> {
    let is_named = |payment: &Payment| match named {
        Named::Id(id) => payment.id == *id,
        Named::Key(key) => payment.key.0 == *key,
        Named::External(text) => payment.external_id.as_ref() == Some(text),
    };
    let settled = snapshot
        .allocations(invoice.key)
        .filter(|(_, payment)| is_named(payment));
    let settled: Vec<(PaymentKey, Amount)> = settled.map(|(part, payment)| (payment.key, part.amount)).collect();
    let (key, _) = *settled.first().ok_or_else(|| unknown(DocumentKind::Payment, named))?;
    let back = snapshot
        .refunds(invoice.key)
        .filter(|refund| refund.payment == Some(key));
    let back = Amount::sum(back.map(|refund| refund.amount));
    let settled = Amount::sum(settled.into_iter().map(|(_, amount)| amount));
    let left = settled.zip(back).and_then(|(settled, back)| settled.minus(back));
    Ok((key, left.ok_or(Refusal::AmountTooLarge)?))
}
