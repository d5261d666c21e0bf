//! Deleting a credit note, and putting it back.
//!
//! A delete withdraws its entry and those of everything it settled, on their own dates: afterwards everything reads as if it had
//! never been issued, and the invoices that it settled are open again. It leaves a tombstone and a receipt like a deleted invoice.
//! Refused while it settles an invoice, where the rules say so; whatever the rules, while it is on hold, once it was handed over,
//! where an entry lies in a closed period, and where credit of it went back in money. One that never settled anything can be restored
//! where its texts were kept.

use std::collections::BTreeMap;

use super::figures::taken_meanwhile;
use crate::book::{NumberState, NumberUse, Tombstone};
use crate::deletion::{external_id_taken, fate};
use crate::identity::{DocumentKind, InvoiceKey};
use crate::journal::JournalEntry;
use crate::money::Amount;
use crate::payment_changes::Case;
use crate::plan::{EventKind, InvoiceEffect, Moment, Plan, Planner, Receipt};
use crate::record::{Record, RecordKey};
use crate::refusal::{Refusal, Refusals, Stop};
use crate::rules::{Attached, Rules, Texts};
use crate::settlement::CreditNote;
use crate::snapshot::{Named, Snapshot};

/// What to answer for a credit note that is not live: deleted, or never there.
pub fn absent_credit_note(snapshot: &Snapshot, named: &Named) -> Refusal {
    match snapshot.buried_credit_note(named) {
        Some(tombstone) => Refusal::AlreadyDeleted {
            seq: tombstone.seq,
            at: tombstone.deleted_at,
        },
        None => Refusal::NotFound {
            kind: DocumentKind::CreditNote,
        },
    }
}

/// Decides to delete a credit note, live or void. `seq` is the seq that the event will have.
pub fn delete_credit_note(
    snapshot: &Snapshot,
    moment: &Moment,
    rules: &Rules,
    named: &Named,
    seq: i64,
) -> Result<Plan, Stop> {
    let Some((note, credit)) = snapshot.whole_credit_note(named)? else {
        return Err(absent_credit_note(snapshot, named).into());
    };
    let (note, key) = (note.clone(), note.key);
    let case = Case::gather(snapshot, credit.clone())?;
    let entries = case.entries(snapshot)?;
    if let Some(refusals) = Refusals::of(reasons_to_refuse(snapshot, moment, rules, &note, &case, &entries)?) {
        return Err(refusals.into());
    }
    let mut planner = Planner::new(snapshot);
    let settled = !case.allocations.is_empty() || !case.former.is_empty();
    let kept = rules.deletion.texts == Texts::Kept && !settled;
    let removed = if kept {
        removed_records(snapshot, &note, &case, &entries)
    } else {
        Vec::new()
    };
    let texts = if kept { Texts::Kept } else { Texts::Erased };
    let fate = fate(snapshot, moment, texts, true)?;
    let invoices = effects(&case)?;
    case.withdraw(&mut planner, moment)?;
    for line in snapshot.credit_lines(key) {
        planner.remove(RecordKey::CreditLine((key, line.place)));
    }
    planner.remove(RecordKey::CreditNote(key));
    if fate == crate::content::Fate::Leaving {
        planner.remove(RecordKey::Content(key.into()));
    }
    let register = snapshot.number(&note.number)?.cloned().map(|line| NumberUse {
        state: NumberState::Deleted,
        ..line
    });
    if let Some(line) = &register {
        planner.put(line.clone());
    }
    planner.put(Tombstone {
        document: key.into(),
        id: note.id,
        seq,
        deleted_at: moment.at,
        rules: rules.dialect.to_owned(),
        readable: rules.deletion.readable_by_id,
        fate,
        removed,
    });
    let mut plan = planner.finish(EventKind::CreditNoteDeleted, key);
    plan.receipt = Some(Receipt {
        document: key.into(),
        id: note.id,
        rules: rules.dialect.to_owned(),
        withdrawn: entries,
        recorded: Vec::new(),
        balances: Vec::new(),
        payments: Vec::new(),
        credits: Vec::new(),
        invoices,
        register: register.map(|line| (line.number, line.state)),
        fate,
    });
    Ok(plan)
}

fn reasons_to_refuse(
    snapshot: &Snapshot,
    moment: &Moment,
    rules: &Rules,
    note: &CreditNote,
    case: &Case,
    entries: &[JournalEntry],
) -> Result<Vec<Refusal>, Stop> {
    let mut reasons = case.reasons_to_refuse();
    if let Some(until) = note.held_until.filter(|until| *until >= moment.today) {
        reasons.push(Refusal::Held { until, reason: None });
    }
    if let Some(at) = note.handed_over_at {
        reasons.push(Refusal::HandedOver { at });
    }
    if rules.deletion.applied_credit == Attached::MustBeNone && !case.allocations.is_empty() {
        let sum = Amount::sum(case.allocations.iter().map(|part| part.amount));
        reasons.push(Refusal::HasAllocations {
            count: case.allocations.len() as i64,
            sum: sum.ok_or(Refusal::AmountTooLarge)?,
        });
    }
    let earliest = entries.iter().map(|entry| entry.entry().date).min();
    if let (Some(entry_date), Some(closed_through)) = (earliest, snapshot.settings()?.closed_through)
        && entry_date <= closed_through
    {
        reasons.push(Refusal::PeriodClosed {
            entry_date,
            closed_through,
        });
    }
    Ok(reasons)
}

/// What becomes of the invoices that it settles.
fn effects(case: &Case) -> Result<Vec<InvoiceEffect>, Stop> {
    let mut applied: BTreeMap<InvoiceKey, Amount> = BTreeMap::new();
    for part in &case.allocations {
        let sum = applied.entry(part.invoice).or_default();
        *sum = sum.plus(part.amount).ok_or(Refusal::AmountTooLarge)?;
    }
    let effect = |(key, applied): (InvoiceKey, Amount)| {
        let invoice = case.invoices.get(&key)?;
        Some(InvoiceEffect {
            invoice: key,
            id: invoice.id,
            applied,
            open_after: invoice.open().plus(applied)?,
        })
    };
    Ok(applied.into_iter().filter_map(effect).collect())
}

/// The live records that go, for a tombstone that can be restored.
fn removed_records(snapshot: &Snapshot, note: &CreditNote, case: &Case, entries: &[JournalEntry]) -> Vec<Record> {
    let mut removed = vec![Record::from(note.clone()), Record::from(case.payment.clone())];
    removed.extend(snapshot.credit_lines(note.key).cloned().map(Record::from));
    for entry in entries {
        removed.push(Record::Entry(*entry.entry()));
        removed.extend(entry.postings().iter().map(|posting| Record::Posting(*posting)));
    }
    removed
}

/// Decides to put a deleted credit note back: the same number, lines, entries and texts.
pub fn restore_credit_note(snapshot: &Snapshot, named: &Named) -> Result<Plan, Stop> {
    let not_found = Refusal::NotFound {
        kind: DocumentKind::CreditNote,
    };
    if snapshot.whole_credit_note(named)?.is_some() {
        return Err(not_found.into());
    }
    let tombstone = snapshot.buried_credit_note(named).ok_or(not_found)?.clone();
    if tombstone.removed.is_empty() {
        return Err(Refusal::ContentErased { seq: tombstone.seq }.into());
    }
    let mut planner = Planner::new(snapshot);
    let mut reasons = Vec::new();
    for record in &tombstone.removed {
        if let Record::CreditNote(note) = record {
            let void = tombstone
                .removed
                .iter()
                .any(|record| matches!(record, Record::Payment(credit) if credit.voided.is_some()));
            reasons.extend(restore_number(&mut planner, note, void)?);
            if let Some(invoice) = note.invoice.filter(|_| !void)
                && let Some(invoice) = snapshot.whole_invoice(&Named::Key(invoice.0))?
            {
                let lines = tombstone.removed.iter().filter_map(|record| {
                    let Record::CreditLine(line) = record else { return None };
                    Some(line.clone())
                });
                reasons.extend(taken_meanwhile(snapshot, invoice, &lines.collect::<Vec<_>>())?);
            }
            let external_id = note.external_id.as_ref();
            reasons.extend(external_id_taken(snapshot, DocumentKind::CreditNote, external_id)?);
        } else if let Record::Entry(entry) = record {
            match planner.refuse_closed(entry.date) {
                Err(Stop::Refused(refusals)) => reasons.extend(refusals.iter().cloned()),
                other => other?,
            }
        }
        planner.put(record.clone());
    }
    if let Some(refusals) = Refusals::of(reasons) {
        return Err(refusals.into());
    }
    planner.remove(RecordKey::Tombstone(tombstone.document));
    Ok(planner.finish(EventKind::CreditNoteRestored, tombstone.document))
}

/// Takes the number of a restored credit note back, or says who has it now.
fn restore_number(planner: &mut Planner<'_>, note: &CreditNote, void: bool) -> Result<Option<Refusal>, Stop> {
    let document = note.key.into();
    match planner.snapshot.number(&note.number)?.cloned() {
        Some(line) if line.document != document && line.state != NumberState::Deleted => {
            let (number, document) = (line.number, line.document);
            Ok(Some(Refusal::NumberTaken { number, document }))
        }
        Some(line) => {
            let state = if void { NumberState::Void } else { NumberState::Used };
            planner.put(NumberUse {
                state,
                document,
                ..line
            });
            Ok(None)
        }
        None => Ok(None),
    }
}
