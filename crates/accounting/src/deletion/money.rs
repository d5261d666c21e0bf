//! What becomes of money when the invoice that it settled, or had settled, is deleted or restored.

use crate::account::AccountRole;
use crate::identity::{CreditNoteKey, DocumentKind, PaymentKey};
use crate::journal::{EntryKind, JournalEntry, Movements};
use crate::money::Amount;
use crate::plan::{CreditEffect, Moment, PaymentEffect, Planner};
use crate::record::{Record, RecordKey};
use crate::refusal::{Refusal, Stop};
use crate::rules::Texts;
use crate::settlement::{Allocation, FormerAllocation, Payment, Witness};
use crate::snapshot::{Named, Snapshot};

use super::external_id_taken;

/// Takes the invoice's part out of every payment that settled it: hand-recorded money goes, money that was there before stays and
/// is unapplied, and credit is left to its credit note again. What either settled elsewhere is untouched.
pub(super) fn release(
    planner: &mut Planner<'_>,
    moment: &Moment,
    allocations: &[(Allocation, Payment)],
) -> Result<(Vec<PaymentEffect>, Vec<CreditEffect>), Stop> {
    let mut payments: Vec<(Payment, Amount)> = Vec::new();
    for (allocation, payment) in allocations {
        planner.remove(RecordKey::Allocation((allocation.payment, allocation.place)));
        let known = payments.iter().position(|(known, _)| known.key == payment.key);
        let place = known.unwrap_or_else(|| {
            payments.push((payment.clone(), Amount::ZERO));
            payments.len() - 1
        });
        let (payment, allocated) = &mut payments[place];
        let (received, _) = allocation.valued();
        let changed = if allocation.from_unapplied {
            let unapplied = payment.unapplied_valued().plus(received);
            unapplied.map(|unapplied| payment.set_unapplied(unapplied))
        } else {
            let left = payment.valued().minus(received);
            left.map(|left| payment.set_valued(left))
        };
        changed.ok_or(Refusal::AmountTooLarge)?;
        *allocated = allocated.plus(allocation.amount).ok_or(Refusal::AmountTooLarge)?;
    }
    let (mut effects, mut credits) = (Vec::new(), Vec::new());
    for (mut payment, allocated) in payments {
        payment.updated_at = moment.at;
        if payment.witness == Witness::Credit {
            credits.push(CreditEffect {
                credit_note: CreditNoteKey(payment.key.0),
                id: payment.id,
                applied: allocated,
                left_after: payment.unallocated,
            });
            planner.put(payment);
            continue;
        }
        effects.push(PaymentEffect {
            payment: payment.key,
            id: payment.id,
            allocated,
            amount_after: payment.amount,
            unallocated_after: payment.unallocated,
        });
        if payment.amount.is_zero() {
            planner.remove(RecordKey::Content(payment.key.into()));
            planner.remove(RecordKey::Payment(payment.key));
        } else {
            planner.put(payment);
        }
    }
    Ok((effects, credits))
}

/// What forgetting former parts comes to.
#[derive(Default)]
pub(super) struct Forgotten {
    /// Payments that go.
    pub(super) payments: Vec<PaymentEffect>,
    /// Receipts of freed money, recorded in place of the entries that are withdrawn.
    pub(super) recorded: Vec<JournalEntry>,
    /// What a restore puts back.
    pub(super) removed: Vec<Record>,
}

/// Forgets the parts that had settled the invoice. Freed money stays unapplied: where it came with the part, its receipt is recorded
/// on the day it came. A void payment of this invoice alone goes.
pub(super) fn forget(
    planner: &mut Planner<'_>,
    texts: Texts,
    former: &[(FormerAllocation, Payment)],
) -> Result<Forgotten, Stop> {
    let snapshot = planner.snapshot;
    let unapplied = snapshot.account_of(AccountRole::UnappliedPayments)?;
    let mut forgotten = Forgotten::default();
    for (part, payment) in former {
        forgotten.removed.push(Record::FormerAllocation(*part));
        let key = (part.payment, part.place);
        if part.from_unapplied || !was_freed(snapshot, part)? {
            planner.remove(RecordKey::FormerAllocation(key));
            continue;
        }
        let (received, _) = part.valued();
        let movements = [(payment.clearing, received), (unapplied, received.negated())];
        let movements = Movements::of(payment.foreign(), movements);
        let entry = planner.post_some(payment.posted_on, EntryKind::Receipt, payment.key.into(), movements)?;
        forgotten.recorded.extend(planner.posted(entry));
        planner.put(FormerAllocation {
            invoice: None,
            entry,
            undone: None,
            ..*part
        });
    }
    let mut void: Vec<&Payment> = former.iter().map(|(_, payment)| payment).collect();
    void.retain(|payment| payment.voided.is_some_and(|voided| voided.entry.is_none()));
    void.dedup_by_key(|payment| payment.key);
    for payment in void {
        if has_other_parts(snapshot, payment.key, former)? {
            continue;
        }
        forgotten.payments.push(PaymentEffect {
            payment: payment.key,
            id: payment.id,
            allocated: Amount::ZERO,
            amount_after: Amount::ZERO,
            unallocated_after: Amount::ZERO,
        });
        forgotten.removed.push(Record::from(payment.clone()));
        if texts == Texts::Erased {
            planner.remove(RecordKey::Content(payment.key.into()));
        }
        planner.remove(RecordKey::Payment(payment.key));
    }
    Ok(forgotten)
}

/// Whether the part was set free, so that its money is unapplied since; else it was voided with its payment.
fn was_freed(snapshot: &Snapshot, part: &FormerAllocation) -> Result<bool, Stop> {
    Ok(match part.undone {
        Some(undone) => snapshot.wanted_entry(undone)?.entry().kind == EntryKind::Unallocation,
        None => false,
    })
}

/// Whether a payment has parts besides these.
fn has_other_parts(
    snapshot: &Snapshot,
    payment: PaymentKey,
    these: &[(FormerAllocation, Payment)],
) -> Result<bool, Stop> {
    snapshot.whole_payment(&Named::Key(payment.0))?;
    let all = snapshot
        .tables()
        .former_allocations
        .range((payment, i64::MIN)..=(payment, i64::MAX));
    let is_one = |part: &FormerAllocation| these.iter().any(|(known, _)| known == part);
    Ok(all.map(|(_, part)| part).any(|part| !is_one(part)))
}

/// Makes place for the parts that a restore puts back: the receipts that stood for them go. Why it cannot be done, if it cannot.
pub(super) fn restore(planner: &mut Planner<'_>, removed: &[Record]) -> Result<Vec<Refusal>, Stop> {
    let snapshot = planner.snapshot;
    let mut reasons = Vec::new();
    for record in removed {
        if let Record::Payment(payment) = record {
            let external_id = payment.external_id.as_ref();
            reasons.extend(external_id_taken(snapshot, DocumentKind::Payment, external_id)?);
            continue;
        }
        let Record::FormerAllocation(part) = record else {
            continue;
        };
        let comes_back = removed
            .iter()
            .any(|record| matches!(record, Record::Payment(payment) if payment.key == part.payment));
        if comes_back {
            continue;
        }
        let freed = removed.iter().any(|record| match record {
            Record::Entry(entry) => Some(entry.key) == part.undone && entry.kind == EntryKind::Unallocation,
            _ => false,
        });
        let payment = snapshot.whole_payment(&Named::Key(part.payment.0))?;
        let receipt = snapshot.tables().former_allocations.get(&(part.payment, part.place));
        match (payment, receipt) {
            (Some(_), Some(receipt)) => {
                let entry = snapshot.wanted_entry(receipt.entry)?;
                match planner.withdraw(&entry) {
                    Err(Stop::Refused(refusals)) => reasons.extend(refusals.iter().cloned()),
                    other => other?,
                }
            }
            (Some(_), None) if part.from_unapplied || !freed => {}
            (Some(_) | None, _) => reasons.push(Refusal::UnknownReference {
                kind: DocumentKind::Payment,
                reference: part.payment.0.to_string(),
            }),
        }
    }
    Ok(reasons)
}
