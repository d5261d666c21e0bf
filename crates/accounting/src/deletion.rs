//! Whether an invoice may be deleted, and what deleting it changes.
//!
//! The only place where that is decided. Nothing here loads, writes, or asks the time: the caller brings a snapshot and a moment,
//! and carries the plan out. Every reason to refuse is collected, in the order of [`Refusal`]. Never negotiable, whatever the
//! rules say: what was deleted already, is on hold, was handed over, is being paid, or has an entry in a closed period. A document
//! that was never posted is deletable whatever its date.
//!
//! After the plan everything live reads as if the invoice had never been posted: its entries are withdrawn on their own dates,
//! hand-recorded money that settled it goes, witnessed money stays and is unapplied, and nothing of another invoice changes.
//!
//! Money that a void or a hand had freed from the invoice stays, unapplied, as if it had come so: the entries that settled the
//! invoice and freed it again are withdrawn, and where nothing else says that the money came, its receipt is recorded on the
//! day it came.
//!
//! A credit note is a document of its own, whether it was applied to the invoice or takes the invoice's own figures back: it
//! survives, and what of it had settled the invoice is left to it again.
//!
//! Not here: who may ask (`books::access`), how a dialect words a refusal (`server::dialects::*::errors`).

mod money;

use jiff::civil::Date;

use crate::book::{NumberState, NumberUse, Tombstone};
use crate::content::Fate;
use crate::identity::DocumentKind;
use crate::invoice::{Invoice, Standing};
use crate::journal::JournalEntry;
use crate::money::Amount;
use crate::plan::{EventKind, Moment, Plan, Planner, Receipt};
use crate::record::{Record, RecordKey};
use crate::refusal::{Refusal, Refusals, Stop};
use crate::rules::{Attached, DeletionRules, Reach, Rules, Texts};
use crate::settlement::{Allocation, FormerAllocation, Payment};
use crate::snapshot::{Named, Snapshot};

/// Decides the deletion of an invoice.
///
/// `seq` is the seq that the event will have: the tombstone names it.
pub fn delete_invoice(
    snapshot: &Snapshot,
    moment: &Moment,
    rules: &Rules,
    named: &Named,
    seq: i64,
) -> Result<Plan, Stop> {
    let case = Case::gather(snapshot, named)?;
    if let Some(refusals) = Refusals::of(case.reasons_to_refuse(snapshot, moment, &rules.deletion)?) {
        return Err(refusals.into());
    }
    case.plan(snapshot, moment, rules, seq)
}

/// What hangs on the invoice: everything that would go or change with it.
struct Case {
    invoice: Invoice,
    entries: Vec<JournalEntry>,
    allocations: Vec<(Allocation, Payment)>,
    former: Vec<(FormerAllocation, Payment)>,
    number: Option<NumberUse>,
}

impl Case {
    fn gather(snapshot: &Snapshot, named: &Named) -> Result<Case, Stop> {
        let Some(invoice) = snapshot.whole_invoice(named)? else {
            return Err(absent(snapshot, named).into());
        };
        let allocations: Vec<_> = snapshot
            .allocations(invoice.key)
            .map(|(a, p)| (*a, p.clone()))
            .collect();
        let former: Vec<_> = snapshot
            .former_allocations(invoice.key)
            .map(|(part, payment)| (*part, payment.clone()))
            .collect();
        let of_former = |(part, _): &(FormerAllocation, Payment)| std::iter::once(part.entry).chain(part.undone);
        let entry_keys = invoice
            .issue_entry()
            .into_iter()
            .chain(invoice.void_entry())
            .chain(allocations.iter().map(|(allocation, _)| allocation.entry))
            .chain(former.iter().flat_map(of_former))
            .chain(snapshot.refund_records(invoice.key).map(|refund| refund.entry))
            .chain(snapshot.write_offs(invoice.key).map(|write_off| write_off.entry));
        let entries = entry_keys
            .map(|key| snapshot.journal_entry(key))
            .collect::<Result<_, _>>()?;
        let number = match &invoice.number {
            Some(number) => snapshot.number(number)?.cloned(),
            None => None,
        };
        Ok(Case {
            invoice: invoice.clone(),
            entries,
            allocations,
            former,
            number,
        })
    }

    fn reasons_to_refuse(
        &self,
        snapshot: &Snapshot,
        moment: &Moment,
        rules: &DeletionRules,
    ) -> Result<Vec<Refusal>, Stop> {
        let invoice = &self.invoice;
        let mut reasons = Vec::new();
        if let Some(until) = invoice.held_until.filter(|until| *until >= moment.today) {
            reasons.push(Refusal::Held { until, reason: None });
        }
        if let Some(at) = invoice.handed_over_at {
            reasons.push(Refusal::HandedOver { at });
        }
        if invoice.pending.is_positive() {
            reasons.push(Refusal::PaymentInProgress {
                pending: invoice.pending,
            });
        }
        if let (Some(entry_date), Some(closed_through)) = (self.earliest_date(), snapshot.settings()?.closed_through)
            && entry_date <= closed_through
        {
            reasons.push(Refusal::PeriodClosed {
                entry_date,
                closed_through,
            });
        }
        let standing = invoice.standing();
        match rules.reach {
            Reach::Draft if standing != Standing::Draft => {
                reasons.push(Refusal::WrongStanding {
                    standing,
                    allowed: vec![Standing::Draft],
                });
            }
            Reach::Draft | Reach::Issued => {}
        }
        let count_and_sum = |amounts: Vec<Amount>| (amounts.len() as i64, Amount::sum(amounts).unwrap_or(Amount::ZERO));
        if rules.payments == Attached::MustBeNone {
            let of = |money: bool| {
                let parts = self
                    .allocations
                    .iter()
                    .filter(move |(_, payment)| payment.witness.is_money() == money);
                count_and_sum(parts.map(|(part, _)| part.amount).collect())
            };
            let ((count, sum), (credits, credited)) = (of(true), of(false));
            if count > 0 {
                reasons.push(Refusal::HasPayments { count, sum });
            }
            // Credit that was applied blocks like a payment.
            if credits > 0 {
                let (count, sum) = (credits, credited);
                reasons.push(Refusal::HasCredits { count, sum });
            }
        }
        let refunds: Vec<Amount> = snapshot.refunds(invoice.key).map(|refund| refund.amount).collect();
        if rules.refunds == Attached::MustBeNone && !refunds.is_empty() {
            let (count, sum) = count_and_sum(refunds);
            reasons.push(Refusal::HasRefunds { count, sum });
        }
        let write_offs: Vec<Amount> = snapshot
            .write_offs(invoice.key)
            .map(|write_off| write_off.amount)
            .collect();
        if rules.write_offs == Attached::MustBeNone && !write_offs.is_empty() {
            let (count, sum) = count_and_sum(write_offs);
            reasons.push(Refusal::HasWriteOffs { count, sum });
        }
        Ok(reasons)
    }

    fn earliest_date(&self) -> Option<Date> {
        self.entries.iter().map(|entry| entry.entry().date).min()
    }

    fn plan(self, snapshot: &Snapshot, moment: &Moment, rules: &Rules, seq: i64) -> Result<Plan, Stop> {
        let mut planner = Planner::new(snapshot);
        let invoice = &self.invoice;
        // What took money along does not come back: the money would be missing.
        let took_money = !self.allocations.is_empty() || snapshot.refunds(invoice.key).next().is_some();
        let kept = if took_money {
            Texts::Erased
        } else {
            rules.deletion.texts
        };
        for entry in &self.entries {
            planner.withdraw(entry)?;
        }
        let (mut payments, credits) = money::release(&mut planner, moment, &self.allocations)?;
        let forgotten = money::forget(&mut planner, kept, &self.former)?;
        payments.extend(forgotten.payments);
        for refund in snapshot.refund_records(invoice.key) {
            planner.remove(RecordKey::Refund(refund.key));
            planner.remove(RecordKey::Content(refund.key.into()));
        }
        for write_off in snapshot.write_offs(invoice.key) {
            planner.remove(RecordKey::WriteOff(write_off.key));
            // What comes back with a restore keeps its texts.
            if kept == Texts::Erased {
                planner.remove(RecordKey::Content(write_off.key.into()));
            }
        }
        let lines = snapshot
            .tables()
            .lines
            .range((invoice.key, i64::MIN)..=(invoice.key, i64::MAX));
        for (key, _) in lines {
            planner.remove(RecordKey::Line(*key));
        }
        planner.remove(RecordKey::Invoice(invoice.key));
        let register = self.number.clone().map(|number| NumberUse {
            state: NumberState::Deleted,
            ..number
        });
        if let Some(number) = &register {
            planner.put(number.clone());
        }
        let posted = self.invoice.was_posted();
        let fate = fate(snapshot, moment, rules.deletion.texts, posted)?;
        if fate == Fate::Leaving {
            planner.remove(RecordKey::Content(invoice.key.into()));
        }
        let mut removed = Vec::new();
        if kept == Texts::Kept {
            removed = self.removed_records(snapshot);
            removed.extend(forgotten.removed);
        }
        planner.put(Tombstone {
            document: invoice.key.into(),
            id: invoice.id,
            seq,
            deleted_at: moment.at,
            rules: rules.dialect.to_owned(),
            readable: rules.deletion.readable_by_id,
            fate,
            removed,
        });
        let mut plan = planner.finish(EventKind::InvoiceDeleted, invoice.key);
        plan.receipt = Some(Receipt {
            document: invoice.key.into(),
            id: invoice.id,
            rules: rules.dialect.to_owned(),
            withdrawn: self.entries,
            recorded: forgotten.recorded,
            balances: Vec::new(),
            payments,
            credits,
            invoices: Vec::new(),
            register: register.map(|number| (number.number, number.state)),
            fate,
        });
        Ok(plan)
    }

    /// The live records that go, for a tombstone that can be read and restored.
    fn removed_records(&self, snapshot: &Snapshot) -> Vec<Record> {
        let key = self.invoice.key;
        let lines = snapshot.tables().lines.range((key, i64::MIN)..=(key, i64::MAX));
        let mut removed = vec![Record::from(self.invoice.clone())];
        removed.extend(lines.map(|(_, line)| Record::Line(line.clone())));
        for entry in &self.entries {
            removed.push(Record::Entry(*entry.entry()));
            removed.extend(entry.postings().iter().map(|posting| Record::Posting(*posting)));
        }
        removed.extend(
            snapshot
                .write_offs(key)
                .map(|write_off| Record::from(write_off.clone())),
        );
        removed
    }
}

/// What becomes of the texts of a document that is deleted: the book retains those of what was posted.
pub(crate) fn fate(snapshot: &Snapshot, moment: &Moment, texts: Texts, posted: bool) -> Result<Fate, Stop> {
    let days = snapshot.settings()?.retention_days;
    Ok(match texts {
        Texts::Kept => Fate::Kept,
        Texts::Erased if posted && days > 0 => {
            let last_day = jiff::Span::new()
                .try_days(days)
                .and_then(|span| moment.today.checked_add(span));
            Fate::RetainedUntil(last_day.unwrap_or(Date::MAX))
        }
        Texts::Erased => Fate::Leaving,
    })
}

/// What to answer for a document that is not live: deleted, or never there.
pub fn absent(snapshot: &Snapshot, named: &Named) -> Refusal {
    match snapshot.buried_invoice(named) {
        Some(tombstone) => Refusal::AlreadyDeleted {
            seq: tombstone.seq,
            at: tombstone.deleted_at,
        },
        None => Refusal::NotFound {
            kind: DocumentKind::Invoice,
        },
    }
}

/// Decides to put a deleted invoice back: the same number, lines and texts. Only what was kept can be restored; what the rules let
/// be deleted with texts kept and without postings comes back whole, and the others come back as they were posted.
pub fn restore_invoice(snapshot: &Snapshot, named: &Named) -> Result<Plan, Stop> {
    if snapshot.whole_invoice(named)?.is_some() {
        return Err(Refusal::NotFound {
            kind: DocumentKind::Invoice,
        }
        .into());
    }
    let tombstone = snapshot
        .buried_invoice(named)
        .ok_or(Refusal::NotFound {
            kind: DocumentKind::Invoice,
        })?
        .clone();
    // Payments that were taken along are gone, and the invoice was not what it is without them.
    let was_paid = |record: &Record| {
        let of = |invoice: &Invoice| !invoice.paid.is_zero() || !invoice.credited.is_zero();
        matches!(record, Record::Invoice(invoice) if of(invoice))
    };
    if tombstone.removed.is_empty() || tombstone.removed.iter().any(was_paid) {
        return Err(Refusal::ContentErased { seq: tombstone.seq }.into());
    }
    let mut planner = Planner::new(snapshot);
    let mut reasons = money::restore(&mut planner, &tombstone.removed)?;
    for record in &tombstone.removed {
        if let Record::Invoice(invoice) = record {
            reasons.extend(restore_names(&mut planner, invoice)?);
        } else if let Record::WriteOff(write_off) = record {
            reasons.extend(external_id_taken(
                snapshot,
                DocumentKind::WriteOff,
                write_off.external_id.as_ref(),
            )?);
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
    Ok(planner.finish(EventKind::InvoiceRestored, tombstone.document))
}

/// Takes the number and the client's id of a restored invoice back, or says who has them now.
fn restore_names(planner: &mut Planner<'_>, invoice: &Invoice) -> Result<Vec<Refusal>, Stop> {
    let snapshot = planner.snapshot;
    let mut reasons = Vec::new();
    if let Some(number) = &invoice.number {
        match snapshot.number(number)?.cloned() {
            Some(line) if line.document != invoice.key.into() && line.state != NumberState::Deleted => {
                reasons.push(Refusal::NumberTaken {
                    number: number.clone(),
                    document: line.document,
                });
            }
            Some(line) => {
                let void = invoice.standing() == Standing::Void;
                planner.put(NumberUse {
                    state: if void { NumberState::Void } else { NumberState::Used },
                    document: invoice.key.into(),
                    ..line
                });
            }
            None => {}
        }
    }
    reasons.extend(external_id_taken(
        snapshot,
        DocumentKind::Invoice,
        invoice.external_id.as_ref(),
    )?);
    Ok(reasons)
}

pub(crate) fn external_id_taken(
    snapshot: &Snapshot,
    kind: DocumentKind,
    external_id: Option<&String>,
) -> Result<Option<Refusal>, Stop> {
    match external_id {
        Some(external_id) if snapshot.external_is_taken(kind, external_id)? => {
            let external_id = external_id.clone();
            Ok(Some(Refusal::ExternalIdTaken { kind, external_id }))
        }
        Some(_) | None => Ok(None),
    }
}
