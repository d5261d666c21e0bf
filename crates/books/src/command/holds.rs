//! Why a document is on hold: a text, so it stands among the document's texts and never in the log.
//!
//! The accounting knows no texts: a refusal for a hold is told the reason here, where command and texts meet, so that every dialect
//! has the same facts. Deliberately absent: what a hold forbids ([`quittance_accounting::deletion`]).

use std::sync::Arc;

use quittance_accounting::content::Content;
use quittance_accounting::issuing::NewContent;
use quittance_accounting::plan::Plan;
use quittance_accounting::record::{Change, Record};
use quittance_accounting::refusal::Stop;
use quittance_accounting::snapshot::{Named, Snapshot};
use serde::Deserialize;

use crate::content::{CreditNoteContent, InvoiceContent, open, seal};
use crate::input::InvoiceEdit;

/// What the texts of any document say of its hold.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Why {
    hold_reason: Option<String>,
}

fn why(content: Option<&Content>) -> Option<String> {
    open(content).and_then(|texts: Why| texts.hold_reason)
}

/// A refusal to delete an invoice, told why the invoice is on hold.
pub(super) fn why_invoice_held(stop: Stop, snapshot: &Snapshot, named: &Named) -> Stop {
    let Stop::Refused(refusals) = stop else { return stop };
    let held = snapshot.whole_invoice(named).ok().flatten();
    Stop::Refused(refusals.with_hold_reason(why(held.and_then(|invoice| snapshot.content(invoice.key)))))
}

/// A refusal to delete a credit note, told why the credit note is on hold.
pub(super) fn why_credit_note_held(stop: Stop, snapshot: &Snapshot, named: &Named) -> Stop {
    let Stop::Refused(refusals) = stop else { return stop };
    let held = snapshot.whole_credit_note(named).ok().flatten();
    Stop::Refused(refusals.with_hold_reason(why(held.and_then(|(note, _)| snapshot.content(note.key)))))
}

/// Changes the texts of the invoice that the plan changes. The verb decides as it would without it.
pub(super) fn change_texts(plan: &mut Plan, snapshot: &Snapshot, salt: &str, change: impl FnOnce(&mut InvoiceContent)) {
    let changed = plan.changes.iter_mut().find_map(|change| match change {
        Change::Put(Record::Invoice(invoice)) => Some(invoice),
        Change::Put(_) | Change::Remove(_) => None,
    });
    let Some(invoice) = changed else { return };
    let mut texts: InvoiceContent = open(snapshot.content(invoice.key)).unwrap_or_default();
    change(&mut texts);
    let sealed = seal(&texts, salt.to_owned());
    Arc::make_mut(invoice).content = sealed.digest;
    let content = sealed.of(invoice.key);
    plan.changes.push(Change::Put(content.into()));
}

/// Writes why a credit note is on hold among the texts of the credit note that the plan changes.
pub(super) fn note_reason(plan: &mut Plan, snapshot: &Snapshot, salt: &str, reason: Option<&str>) {
    let mut sealed = None;
    for change in &mut plan.changes {
        match change {
            Change::Put(Record::CreditNote(note)) => {
                let mut texts: CreditNoteContent = open(snapshot.content(note.key)).unwrap_or_default();
                texts.hold_reason = reason.map(ToOwned::to_owned);
                let new = seal(&texts, salt.to_owned());
                Arc::make_mut(note).content = new.digest;
                sealed = Some((note.key, new));
            }
            Change::Put(Record::Payment(credit)) => {
                if let Some((_, new)) = &sealed {
                    Arc::make_mut(credit).content = new.digest;
                }
            }
            Change::Put(_) | Change::Remove(_) => {}
        }
    }
    if let Some((key, new)) = sealed {
        plan.changes.push(Change::Put(new.of(key).into()));
    }
}

/// The texts of an edit with the reason of a hold, which no edit changes.
pub(super) fn with_hold_reason(
    snapshot: &Snapshot,
    named: &Named,
    edit: &InvoiceEdit,
    content: &NewContent,
) -> Result<NewContent, Stop> {
    let known = snapshot.whole_invoice(named)?;
    let reason = known.and_then(|invoice| why(snapshot.content(invoice.key)));
    if reason == edit.content.hold_reason {
        return Ok(content.clone());
    }
    let mut texts = edit.content.clone();
    texts.hold_reason = reason;
    Ok(seal(&texts, content.salt.clone()))
}
