//! Recording payments.
//!
//! A payment posts one entry per allocation and one for what settles nothing yet; money with a witness posts *received* first and
//! each allocation *applied* against it. A request to record a payment is a command: a deleted or void invoice refuses it.

use jiff::{Timestamp, civil::Date};

use crate::account::AccountRole;
use crate::exchange::{Exchanged, PaymentExchange, Rate, Valued, gain, rate_of, refuse_other, valued};
use crate::identity::{AccountKey, DocumentId, DocumentKind, PaymentKey};
use crate::invoice::{Invoice, Standing};
use crate::issuing::{
    AccountChoice, NewContent, chosen_account, issue_stored, known_customer, live_invoice, need, touch,
};
use crate::journal::{EntryKind, Movements};
use crate::money::{Amount, Currency};
use crate::plan::{EventKind, Moment, Plan, Planner};
use crate::refusal::{Refusal, Stop};
use crate::rules::{Excess, PayingDrafts, Rules};
use crate::settlement::{Allocation, MOST_ALLOCATIONS, Method, Payment, Witness};
use crate::snapshot::{Named, Snapshot};

/// How much of a payment goes to an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All that is open.
    WhatIsOpen,
    /// So much.
    Exactly(Amount),
}

/// A payment as a client gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPayment {
    /// Its id, drawn by the caller.
    pub id: DocumentId,
    /// The customer; else that of the first invoice.
    pub customer: Option<Named>,
    /// The day it counts for.
    pub paid_on: Date,
    /// The instant the client gave, or now.
    pub paid_at: Timestamp,
    /// All of it; else the sum of its parts.
    pub amount: Option<Amount>,
    /// Its currency; else that of the first invoice, else the book's.
    pub currency: Option<Currency>,
    /// Its rate, when that is not the book's; else the one kept for its day.
    pub rate: Option<Rate>,
    /// How it came.
    pub method: Method,
    /// Who says so.
    pub witness: Witness,
    /// Where it arrived.
    pub clearing: AccountChoice,
    /// The invoices it settles.
    pub parts: Vec<(Named, Part)>,
    /// The id the client brought.
    pub external_id: Option<String>,
    /// Its texts.
    pub content: NewContent,
}

/// Decides to record a payment.
pub fn record_payment(snapshot: &Snapshot, moment: &Moment, rules: &Rules, new: NewPayment) -> Result<Plan, Stop> {
    let key = PaymentKey(snapshot.counters().payments.saturating_add(1));
    record_payment_as(snapshot, moment, rules, new, key, moment.at)
}

/// As [`record_payment`], under this number: one that was recorded before is recorded anew.
pub(crate) fn record_payment_as(
    snapshot: &Snapshot,
    moment: &Moment,
    rules: &Rules,
    new: NewPayment,
    key: PaymentKey,
    created_at: Timestamp,
) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    if new.parts.len() > MOST_ALLOCATIONS {
        return Err(Refusal::TooMany {
            most: MOST_ALLOCATIONS,
            found: new.parts.len(),
        }
        .into());
    }
    if !new.witness.is_money() {
        let role = new.witness.control();
        return Err(Refusal::ControlAccount { role }.into());
    }
    refuse_taken(snapshot, DocumentKind::Payment, new.external_id.as_deref())?;
    let clearing = chosen_account(snapshot, &new.clearing)?;
    let mut settled = Vec::new();
    let mut currency = new.currency;
    for (named, part) in &new.parts {
        let mut invoice = payable_invoice(&mut planner, moment, rules, named)?;
        if settled
            .iter()
            .any(|(known, _): &(Invoice, Valued)| known.key == invoice.key)
        {
            return Err(Refusal::Overpayment {
                open: Amount::ZERO,
                offered: part_amount(part, &invoice),
            }
            .into());
        }
        refuse_other(invoice.currency, *currency.get_or_insert(invoice.currency))?;
        let amount = allocated(rules, &invoice, part)?;
        let part = invoice.open_part(snapshot, amount)?;
        invoice.pay(new.witness, part).ok_or(Refusal::AmountTooLarge)?;
        if !invoice.open().is_positive() {
            invoice.paid_at = Some(new.paid_at);
        }
        touch(&mut invoice, moment);
        settled.push((invoice, part));
    }
    let currency = match currency {
        Some(currency) => currency,
        None => snapshot.settings()?.currency,
    };
    let allocated = Amount::sum(settled.iter().map(|(_, part)| part.amount)).ok_or(Refusal::AmountTooLarge)?;
    let amount = match new.amount {
        Some(amount) => amount,
        None => offered(&new.parts, &settled).ok_or(Refusal::AmountTooLarge)?,
    };
    if !amount.is_positive() {
        return Err(Refusal::AmountNotPositive { amount }.into());
    }
    let unallocated = amount.minus(allocated).ok_or(Refusal::AmountTooLarge)?;
    if unallocated.is_negative() {
        return Err(Refusal::OverAllocated { amount, allocated }.into());
    }
    if unallocated.is_positive() && rules.payment.excess == Excess::Refused {
        return Err(Refusal::Overpayment {
            open: allocated,
            offered: amount,
        }
        .into());
    }
    let customer = match &new.customer {
        Some(named) => Some(known_customer(snapshot, named)?),
        None => settled.first().and_then(|(invoice, _)| invoice.customer),
    };
    let mut payment = Payment {
        key,
        id: new.id,
        customer,
        currency,
        paid_on: new.paid_on,
        posted_on: new.paid_on,
        paid_at: new.paid_at,
        amount,
        unallocated,
        refunded: Amount::ZERO,
        method: new.method,
        witness: new.witness,
        clearing,
        receipt_entry: None,
        allocations: settled.len() as i64,
        external_id: new.external_id,
        created_at,
        updated_at: moment.at,
        voided: None,
        meant_for: None,
        content: new.content.digest,
        exchange: received(snapshot, amount, currency, new.rate, new.paid_on)?,
    };
    post_payment(&mut planner, &mut payment, settled)?;
    planner.put(payment);
    planner.put(new.content.of(key));
    Ok(planner.finish(EventKind::PaymentRecorded, key))
}

/// What a payment is in the book's currency, when it is in another. What is unallocated of it follows from its parts.
pub(crate) fn received(
    snapshot: &Snapshot,
    amount: Amount,
    currency: Currency,
    given: Option<Rate>,
    day: Date,
) -> Result<Option<PaymentExchange>, Stop> {
    let Some(rate) = rate_of(snapshot, currency, given, day)? else {
        return Ok(None);
    };
    Ok(Some(PaymentExchange {
        rate,
        amount: valued(snapshot, amount, currency, Some(rate))?.booked,
        unallocated: Amount::ZERO,
    }))
}

/// What the parts of a payment offer together; `None` beyond the largest amount.
fn offered(parts: &[(Named, Part)], settled: &[(Invoice, Valued)]) -> Option<Amount> {
    let offers = parts.iter().zip(settled).map(|((_, part), (_, used))| match part {
        Part::Exactly(amount) => *amount,
        Part::WhatIsOpen => used.amount,
    });
    Amount::sum(offers)
}

/// How much a part offers.
pub(crate) fn part_amount(part: &Part, invoice: &Invoice) -> Amount {
    match part {
        Part::WhatIsOpen => invoice.open(),
        Part::Exactly(amount) => *amount,
    }
}

/// The invoice of this name, issued and with something open.
pub(crate) fn payable_invoice(
    planner: &mut Planner<'_>,
    moment: &Moment,
    rules: &Rules,
    named: &Named,
) -> Result<Invoice, Stop> {
    let mut invoice = live_invoice(planner.snapshot, named)?;
    let payable = [Standing::Open, Standing::PartPaid, Standing::PartWrittenOff];
    match (invoice.standing(), rules.payment.drafts) {
        (Standing::Draft, PayingDrafts::IssuesFirst) => issue_stored(planner, moment, rules, &mut invoice)?,
        _ => need(&invoice, &payable)?,
    }
    if !invoice.open().is_positive() {
        return Err(Refusal::WrongStanding {
            standing: invoice.standing(),
            allowed: payable.to_vec(),
        }
        .into());
    }
    Ok(invoice)
}

/// How much of what is offered settles the invoice.
pub(crate) fn allocated(rules: &Rules, invoice: &Invoice, part: &Part) -> Result<Amount, Stop> {
    let (open, offered) = (invoice.open(), part_amount(part, invoice));
    if !offered.is_positive() {
        return Err(Refusal::AmountNotPositive { amount: offered }.into());
    }
    if offered < open && !rules.payment.in_parts {
        return Err(Refusal::Underpayment { open, offered }.into());
    }
    if offered > open && rules.payment.excess == Excess::Refused {
        return Err(Refusal::Overpayment { open, offered }.into());
    }
    Ok(offered.min(open))
}

/// Posts a payment: hand-recorded money debits clearing once per allocation and once for the rest; witnessed money is received as a
/// whole and then applied. In another currency each part of hand-recorded money is valued on its own, as it goes with its invoice, and
/// the payment is their sum; of witnessed money the last part takes what is left. What an invoice carries its part at and what came for
/// it differ by a gain or a loss, which stands in the entry of the allocation.
pub(crate) fn post_payment(
    planner: &mut Planner<'_>,
    payment: &mut Payment,
    settled: Vec<(Invoice, Valued)>,
) -> Result<(), Stop> {
    let date = payment.posted_on;
    let unapplied = planner.snapshot.account_of(AccountRole::UnappliedPayments)?;
    let document = payment.key.into();
    let (receipt, from, parts) = match payment.witness {
        Witness::Hand => {
            let parts = by_hand(planner.snapshot, payment, settled)?;
            (payment.unapplied_valued(), payment.clearing, parts)
        }
        Witness::Bank | Witness::Provider | Witness::Credit => (
            payment.valued(),
            unapplied,
            witnessed(planner.snapshot, payment, settled)?,
        ),
    };
    let movements = Movements::of(
        payment.foreign(),
        [(payment.clearing, receipt), (unapplied, receipt.negated())],
    );
    payment.receipt_entry = planner.post(date, EntryKind::Receipt, document, movements)?;
    for (place, (invoice, received, settled)) in (1..).zip(parts) {
        let movements = settlement(planner.snapshot, payment, from, received, settled)?;
        let entry = planner.post_on(invoice.key, date, EntryKind::Allocation, document, movements)?;
        planner.put(Allocation {
            payment: payment.key,
            place,
            invoice: invoice.key,
            amount: settled.amount,
            from_unapplied: payment.witness != Witness::Hand,
            entry,
            exchange: exchanged(payment, received, settled),
        });
        planner.put(invoice);
    }
    Ok(())
}

/// Invoices, each with what came for it and what of it that settled.
type Parts = Vec<(Invoice, Valued, Valued)>;

/// Values the parts of hand-recorded money, and with them the payment.
fn by_hand(snapshot: &Snapshot, payment: &mut Payment, settled: Vec<(Invoice, Valued)>) -> Result<Parts, Stop> {
    let rate = payment.exchange.map(|exchange| exchange.rate);
    let rest = valued(snapshot, payment.unallocated, payment.currency, rate)?;
    let mut all = rest;
    let mut parts = Vec::with_capacity(settled.len());
    for (invoice, settled) in settled {
        let received = valued(snapshot, settled.amount, payment.currency, rate)?;
        all = all.plus(received).ok_or(Refusal::AmountTooLarge)?;
        parts.push((invoice, received, settled));
    }
    payment.set_unapplied(rest);
    payment.set_valued(all);
    Ok(parts)
}

/// Values the parts of witnessed money, which take what they need out of what came.
fn witnessed(snapshot: &Snapshot, payment: &mut Payment, settled: Vec<(Invoice, Valued)>) -> Result<Parts, Stop> {
    payment.set_unapplied(payment.valued());
    let part = |(invoice, settled): (Invoice, Valued)| Ok((invoice, payment.take(snapshot, settled.amount)?, settled));
    settled.into_iter().map(part).collect()
}

/// The movements of an allocation: what came for it against what it settled, and the difference where the currency is another.
pub(crate) fn settlement(
    snapshot: &Snapshot,
    payment: &Payment,
    from: AccountKey,
    received: Valued,
    settled: Valued,
) -> Result<Movements, Stop> {
    let receivable = snapshot.account_of(AccountRole::Receivable)?;
    let mut moved = vec![(from, received), (receivable, settled.negated())];
    if payment.exchange.is_some() {
        moved.push(gain(snapshot, received, settled)?);
    }
    Ok(Movements::of(payment.foreign(), moved))
}

/// What an allocation keeps of both values, in another currency than the book's.
pub(crate) fn exchanged(payment: &Payment, received: Valued, settled: Valued) -> Option<Exchanged> {
    payment.exchange.map(|_| Exchanged {
        received: received.booked,
        settled: settled.booked,
    })
}

/// Refuses an id of the client's that a live document of this kind has.
pub(crate) fn refuse_taken(snapshot: &Snapshot, kind: DocumentKind, external_id: Option<&str>) -> Result<(), Stop> {
    match external_id {
        Some(external_id) if snapshot.external_is_taken(kind, external_id)? => Err(Refusal::ExternalIdTaken {
            kind,
            external_id: external_id.to_owned(),
        }
        .into()),
        Some(_) | None => Ok(()),
    }
}
