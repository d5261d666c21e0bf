//! Voiding invoices.
//!
//! A void posts the mirror of the issue on its own date and stays visible; what settled the invoice and may leave it becomes
//! unapplied. Deliberately absent: taking a void back ([`crate::reopening`]).

use jiff::civil::Date;

use crate::allocating::free_payments;
use crate::book::{NumberState, NumberUse};
use crate::crediting::credits_on_void;
use crate::invoice::{Invoice, IssuedThenVoid, Stage, Standing};
use crate::issuing::{live_invoice, need, touch};
use crate::journal::EntryKind;
use crate::money::Amount;
use crate::plan::{EventKind, Moment, Plan, Planner};
use crate::refusal::{Refusal, Refusals, Stop};
use crate::rules::{MoneyOnVoid, Rules};
use crate::settlement::Witness;
use crate::snapshot::{Named, Snapshot};

/// Decides to void an invoice as of a date: the mirror of its entry is posted, money on it becomes unapplied where the rules
/// allow that, and it stays visible.
pub fn void_invoice(
    snapshot: &Snapshot,
    moment: &Moment,
    rules: &Rules,
    named: &Named,
    date: Option<Date>,
) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    let mut invoice = live_invoice(snapshot, named)?;
    let mut allowed = vec![
        Standing::Open,
        Standing::PartPaid,
        Standing::PartWrittenOff,
        Standing::WrittenOff,
    ];
    if rules.voiding.drafts {
        allowed.push(Standing::Draft);
    }
    if rules.voiding.paid == MoneyOnVoid::Unapplied {
        allowed.push(Standing::Paid);
    }
    if !matches!(invoice.standing(), Standing::Paid | Standing::Refunded)
        || rules.voiding.paid == MoneyOnVoid::Unapplied
    {
        refuse_money_on_void(snapshot, rules, &invoice)?;
    }
    need(&invoice, &allowed)?;
    let date = date.unwrap_or(moment.today).max(invoice.invoice_date);
    let issued = match invoice.stage {
        Stage::Draft | Stage::Void { .. } => None,
        Stage::Issued { at, entry } => {
            free_payments(&mut planner, moment, &mut invoice, date)?;
            let mirror = match entry {
                Some(entry) => {
                    let movements = snapshot.journal_entry(entry)?.mirrored();
                    planner.post(date, EntryKind::Void, invoice.key.into(), movements)?
                }
                None => None,
            };
            Some(IssuedThenVoid { at, entry, mirror })
        }
    };
    invoice.stage = Stage::Void { at: moment.at, issued };
    if let Some(number) = &invoice.number
        && let Some(line) = snapshot.number(number)?
    {
        planner.put(NumberUse {
            state: NumberState::Void,
            ..line.clone()
        });
    }
    touch(&mut invoice, moment);
    let key = invoice.key;
    planner.put(invoice);
    Ok(planner.finish(EventKind::InvoiceVoided, key))
}

fn refuse_money_on_void(snapshot: &Snapshot, rules: &Rules, invoice: &Invoice) -> Result<(), Stop> {
    let mut reasons = Vec::new();
    if invoice.pending.is_positive() {
        reasons.push(Refusal::PaymentInProgress {
            pending: invoice.pending,
        });
    }
    if invoice.paid.is_positive() {
        let count = count_of_money(snapshot, invoice);
        let money = if invoice.standing() == Standing::Paid {
            rules.voiding.paid
        } else {
            rules.voiding.part_paid
        };
        if money == MoneyOnVoid::Forbids {
            reasons.push(Refusal::HasPayments {
                count,
                sum: invoice.paid,
            });
        }
        let witnessed = snapshot
            .allocations(invoice.key)
            .filter(|(_, payment)| matches!(payment.witness, Witness::Bank | Witness::Provider));
        let sum = Amount::sum(witnessed.map(|(allocation, _)| allocation.amount)).unwrap_or(invoice.paid);
        if sum.is_positive() {
            reasons.push(Refusal::HasWitnessedMoney { sum });
        }
    }
    reasons.extend(credits_on_void(snapshot, rules, invoice)?);
    if invoice.refunded.is_positive() {
        let count = snapshot.refunds(invoice.key).count() as i64;
        reasons.push(Refusal::HasRefunds {
            count,
            sum: invoice.refunded,
        });
    }
    if invoice.written_off.is_positive() {
        let count = snapshot.write_offs(invoice.key).count() as i64;
        reasons.push(Refusal::HasWriteOffs {
            count,
            sum: invoice.written_off,
        });
    }
    match Refusals::of(reasons) {
        Some(refusals) => Err(refusals.into()),
        None => Ok(()),
    }
}

/// How many payments settle an invoice, in parts.
pub(crate) fn count_of_money(snapshot: &Snapshot, invoice: &Invoice) -> i64 {
    let parts = snapshot.allocations(invoice.key);
    parts.filter(|(_, payment)| payment.witness.is_money()).count() as i64
}
