//! Which invoices a payment settles, after it was recorded.
//!
//! Unapplied money is allocated to invoices later, each part with an entry of its own against Unapplied payments; it stays when
//! the invoice goes. A part is freed again with a visible entry: its money is unapplied from that day on, and what it had settled is
//! remembered as a former allocation, so that a delete of the invoice finds both entries. Or it is withdrawn as if it had never been:
//! of one payment over many invoices nothing but that part moves, whatever else changed since somebody looked. Deliberately absent:
//! recording a payment, and voiding or deleting one as a whole ([`crate::payment_changes`]).

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::account::AccountRole;
use crate::exchange::{gain, refuse_other};
use crate::identity::{DocumentKind, InvoiceKey};
use crate::invoice::Invoice;
use crate::issuing::{live_invoice, touch, unknown};
use crate::journal::{EntryKind, Movements};
use crate::money::Amount;
use crate::payment_changes::void_payment;
use crate::plan::{EventKind, Moment, Plan, Planner};
use crate::record::RecordKey;
use crate::refusal::{Refusal, Stop};
use crate::rules::Rules;
use crate::settlement::{Allocation, FormerAllocation, MOST_ALLOCATIONS, Payment, Witness};
use crate::settling::{Part, allocated, exchanged, part_amount, payable_invoice, settlement};
use crate::snapshot::{Named, Snapshot};

/// Decides to allocate unapplied money of a payment to invoices, as of a day; never before the day its receipt was posted.
pub fn allocate_payment(
    snapshot: &Snapshot,
    moment: &Moment,
    rules: &Rules,
    named: &Named,
    parts: &[(Named, Part)],
    on: Date,
) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    let mut payment = live_payment(snapshot, named)?;
    apply_parts(&mut planner, moment, rules, &mut payment, parts, on)?;
    let key = payment.key;
    planner.put(payment);
    Ok(planner.finish(EventKind::PaymentAllocated, key))
}

/// Has what a payment or a credit note has left settle invoices. The caller puts the payment.
pub(crate) fn apply_parts(
    planner: &mut Planner<'_>,
    moment: &Moment,
    rules: &Rules,
    payment: &mut Payment,
    parts: &[(Named, Part)],
    on: Date,
) -> Result<(), Stop> {
    let snapshot = planner.snapshot;
    let found = usize::try_from(payment.allocations).unwrap_or(usize::MAX);
    let found = found.saturating_add(parts.len());
    if found > MOST_ALLOCATIONS {
        return Err(Refusal::TooMany {
            most: MOST_ALLOCATIONS,
            found,
        }
        .into());
    }
    let on = on.max(payment.posted_on);
    let unapplied = snapshot.account_of(payment.witness.control())?;
    let mut settled: Vec<InvoiceKey> = Vec::new();
    for (named, part) in parts {
        let mut invoice = payable_invoice(planner, moment, rules, named)?;
        refuse_another_customer(payment, &invoice)?;
        refuse_other(invoice.currency, payment.currency)?;
        let offered = match part {
            Part::WhatIsOpen => Part::Exactly(invoice.open().min(payment.unallocated)),
            Part::Exactly(_) => *part,
        };
        let asked = part_amount(&offered, &invoice);
        if settled.contains(&invoice.key) {
            return Err(Refusal::Overpayment {
                open: Amount::ZERO,
                offered: asked,
            }
            .into());
        }
        settled.push(invoice.key);
        if asked > payment.unallocated || !payment.unallocated.is_positive() {
            return Err(Refusal::OverAllocated {
                amount: payment.unallocated,
                allocated: asked,
            }
            .into());
        }
        let amount = allocated(rules, &invoice, &offered)?;
        let received = payment.take(snapshot, amount)?;
        let settles = invoice.open_part(snapshot, amount)?;
        payment.allocations = payment.allocations.saturating_add(1);
        invoice.pay(payment.witness, settles).ok_or(Refusal::AmountTooLarge)?;
        if !invoice.open().is_positive() {
            invoice.paid_at = Some(moment.at);
        }
        touch(&mut invoice, moment);
        let movements = settlement(snapshot, payment, unapplied, received, settles)?;
        let date = on.max(invoice.invoice_date);
        let document = payment.document();
        let entry = planner.post_on(invoice.key, date, EntryKind::Allocation, document, movements)?;
        planner.put(Allocation {
            payment: payment.key,
            place: payment.allocations,
            invoice: invoice.key,
            amount,
            from_unapplied: true,
            entry,
            exchange: exchanged(payment, received, settles),
        });
        planner.put(invoice);
    }
    payment.updated_at = moment.at;
    Ok(())
}

/// Decides that a payment no longer settles an invoice: a visible entry as of a day, and the money is unapplied.
pub fn unallocate_payment(
    snapshot: &Snapshot,
    moment: &Moment,
    named: &Named,
    invoice: &Named,
    on: Date,
) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    let mut payment = live_payment(snapshot, named)?;
    free_from(&mut planner, moment, &mut payment, invoice, on)?;
    let key = payment.key;
    planner.put(payment);
    Ok(planner.finish(EventKind::PaymentUnallocated, key))
}

/// Frees every part of a payment or a credit note that settles an invoice. The caller puts the payment.
pub(crate) fn free_from(
    planner: &mut Planner<'_>,
    moment: &Moment,
    payment: &mut Payment,
    invoice: &Named,
    on: Date,
) -> Result<(), Stop> {
    let snapshot = planner.snapshot;
    let mut invoice = live_invoice(snapshot, invoice)?;
    let parts = parts_on(snapshot, payment, &invoice);
    if parts.is_empty() {
        return Err(unknown(payment.document().kind, &Named::Id(payment.id)));
    }
    for part in parts {
        free(planner, &part, payment, &mut invoice, on)?;
    }
    refuse_given_back(snapshot, payment, &invoice)?;
    touch(&mut invoice, moment);
    payment.updated_at = moment.at;
    planner.put(invoice);
    Ok(())
}

/// Decides that a payment never settled an invoice: the entries of its parts there are withdrawn on their own dates, and whatever
/// else it settles stays as it is. Money that was there before, unapplied or witnessed, is unapplied again; money that came with a
/// part goes with it, and with the last of it the payment.
pub fn withdraw_parts(snapshot: &Snapshot, moment: &Moment, named: &Named, invoice: &Named) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    let mut payment = live_payment(snapshot, named)?;
    let mut kind = match withdraw_from(&mut planner, moment, &mut payment, invoice)? {
        true => EventKind::PaymentChanged,
        false => EventKind::PaymentUnallocated,
    };
    let key = payment.key;
    if payment.amount.is_positive() {
        planner.put(payment);
    } else {
        kind = EventKind::PaymentDeleted;
        planner.remove(RecordKey::Content(key.into()));
        planner.remove(RecordKey::Payment(key));
    }
    Ok(planner.finish(kind, key))
}

/// Withdraws every part of a payment or a credit note that settles an invoice, and says whether money went with it. The caller puts
/// the payment.
pub(crate) fn withdraw_from(
    planner: &mut Planner<'_>,
    moment: &Moment,
    payment: &mut Payment,
    invoice: &Named,
) -> Result<bool, Stop> {
    let snapshot = planner.snapshot;
    let mut invoice = live_invoice(snapshot, invoice)?;
    let parts = parts_on(snapshot, payment, &invoice);
    if parts.is_empty() {
        return Err(unknown(payment.document().kind, &Named::Id(payment.id)));
    }
    let mut went = false;
    for part in parts {
        let entry = snapshot.wanted_entry(part.entry)?;
        planner.withdraw(&entry)?;
        planner.remove(RecordKey::Allocation((part.payment, part.place)));
        let (received, settled) = part.valued();
        if part.from_unapplied {
            let unapplied = payment.unapplied_valued().plus(received);
            payment.set_unapplied(unapplied.ok_or(Refusal::AmountTooLarge)?);
        } else {
            let left = payment.valued().minus(received);
            payment.set_valued(left.ok_or(Refusal::AmountTooLarge)?);
            went = true;
        }
        let paid = invoice.pay(payment.witness, settled.negated());
        paid.ok_or(Refusal::AmountTooLarge)?;
        invoice.paid_at = None;
    }
    refuse_given_back(snapshot, payment, &invoice)?;
    touch(&mut invoice, moment);
    payment.updated_at = moment.at;
    planner.put(invoice);
    Ok(went)
}

/// Decides to undo what a payment settles of an invoice with visible entries: money that a person recorded for this invoice alone is
/// voided, of any other its part there is freed.
pub fn undo_parts(
    snapshot: &Snapshot,
    moment: &Moment,
    named: &Named,
    invoice: &Named,
    on: Date,
) -> Result<Plan, Stop> {
    let payment = live_payment(snapshot, named)?;
    let key = live_invoice(snapshot, invoice)?.key;
    let of_payment = (payment.key, i64::MIN)..=(payment.key, i64::MAX);
    let mut parts = snapshot
        .tables()
        .allocations
        .range(of_payment)
        .map(|(_, part)| part.invoice);
    let settles_it = parts.next() == Some(key) && parts.all(|settled| settled == key);
    if payment.witness == Witness::Hand && payment.unallocated.is_zero() && settles_it {
        void_payment(snapshot, moment, named, on)
    } else {
        unallocate_payment(snapshot, moment, named, invoice, on)
    }
}

/// The parts of a payment that settle an invoice.
fn parts_on(snapshot: &Snapshot, payment: &Payment, invoice: &Invoice) -> Vec<Allocation> {
    let parts = snapshot.allocations(invoice.key).map(|(part, _)| *part);
    parts.filter(|part| part.payment == payment.key).collect()
}

/// Frees every part that settles an invoice: its money is unapplied from `on`. The caller puts the invoice.
pub(crate) fn free_payments(
    planner: &mut Planner<'_>,
    moment: &Moment,
    invoice: &mut Invoice,
    on: Date,
) -> Result<(), Stop> {
    let snapshot = planner.snapshot;
    let mut payments: BTreeMap<_, Payment> = BTreeMap::new();
    for (allocation, payment) in snapshot.allocations(invoice.key) {
        let payment = payments.entry(payment.key).or_insert_with(|| payment.clone());
        free(planner, allocation, payment, invoice, on)?;
    }
    for (_, mut payment) in payments {
        payment.updated_at = moment.at;
        planner.put(payment);
    }
    Ok(())
}

/// Frees one part. The caller puts the payment and the invoice.
fn free(
    planner: &mut Planner<'_>,
    part: &Allocation,
    payment: &mut Payment,
    invoice: &mut Invoice,
    on: Date,
) -> Result<(), Stop> {
    let snapshot = planner.snapshot;
    let receivable = snapshot.account_of(AccountRole::Receivable)?;
    let unapplied = snapshot.account_of(payment.witness.control())?;
    let (received, settled) = part.valued();
    let mut moved = vec![(receivable, settled), (unapplied, received.negated())];
    if payment.exchange.is_some() {
        moved.push(gain(snapshot, settled, received)?);
    }
    let movements = Movements::of(payment.foreign(), moved);
    let date = on.max(snapshot.wanted_entry(part.entry)?.entry().date);
    let undone = planner.post_on(
        invoice.key,
        date,
        EntryKind::Unallocation,
        payment.document(),
        movements,
    )?;
    let unapplied = payment.unapplied_valued().plus(received);
    payment.set_unapplied(unapplied.ok_or(Refusal::AmountTooLarge)?);
    no_longer_settles(planner, part, payment.witness, invoice, undone)
}

/// Notes that a part no longer settles its invoice.
pub(crate) fn no_longer_settles(
    planner: &mut Planner<'_>,
    part: &Allocation,
    witness: Witness,
    invoice: &mut Invoice,
    undone: crate::identity::EntryKey,
) -> Result<(), Stop> {
    let (_, settled) = part.valued();
    invoice.pay(witness, settled.negated()).ok_or(Refusal::AmountTooLarge)?;
    invoice.paid_at = None;
    planner.remove(RecordKey::Allocation((part.payment, part.place)));
    planner.put(FormerAllocation {
        payment: part.payment,
        place: part.place,
        invoice: Some(part.invoice),
        amount: part.amount,
        from_unapplied: part.from_unapplied,
        entry: part.entry,
        undone: Some(undone),
        exchange: part.exchange,
    });
    Ok(())
}

/// The whole live payment of this name as a value to change; a void one is refused.
pub(crate) fn live_payment(snapshot: &Snapshot, named: &Named) -> Result<Payment, Stop> {
    let found = snapshot
        .whole_payment(named)?
        .filter(|payment| payment.witness.is_money());
    let kind = DocumentKind::Payment;
    not_void(found.ok_or(Refusal::NotFound { kind })?)
}

/// A payment, or the credit of a credit note, as a value to change; a void one is refused.
pub(crate) fn not_void(payment: &Payment) -> Result<Payment, Stop> {
    let kind = payment.document().kind;
    match payment.voided {
        Some(voided) => Err(Refusal::IsVoid { kind, on: voided.on }.into()),
        None => Ok(payment.clone()),
    }
}

/// Refuses to take money from an invoice of which more was given back than would settle it then, or which names the payment.
pub(crate) fn refuse_given_back(snapshot: &Snapshot, payment: &Payment, invoice: &Invoice) -> Result<(), Stop> {
    let of_payment = snapshot
        .refunds(invoice.key)
        .filter(|refund| refund.payment == Some(payment.key));
    let of_payment: Vec<Amount> = of_payment.map(|refund| refund.amount).collect();
    if of_payment.is_empty() && invoice.refunded <= invoice.paid {
        return Ok(());
    }
    Err(Refusal::HasRefunds {
        count: snapshot.refunds(invoice.key).count() as i64,
        sum: invoice.refunded,
    }
    .into())
}

fn refuse_another_customer(payment: &Payment, invoice: &Invoice) -> Result<(), Stop> {
    match (payment.customer, invoice.customer) {
        (Some(expected), Some(found)) if expected != found => Err(Refusal::CustomerDiffers { expected, found }.into()),
        _ => Ok(()),
    }
}
