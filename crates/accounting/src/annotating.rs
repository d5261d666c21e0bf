//! Changing the texts of a document and nothing else: no figure, no entry, no number.
//!
//! It posts nothing, so it is free of periods and standings.

use crate::crediting::absent_credit_note;
use crate::identity::{DocumentKind, DocumentRef};
use crate::issuing::{NewContent, live_invoice, touch};
use crate::plan::{EventKind, Moment, Plan, Planner};
use crate::refusal::{Refusal, Stop};
use crate::snapshot::{Named, Snapshot};

/// A document whose texts can be changed alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Annotated {
    /// An invoice.
    Invoice(Named),
    /// A payment.
    Payment(Named),
    /// A credit note.
    CreditNote(Named),
    /// A write-off.
    WriteOff(Named),
}

impl Annotated {
    /// The live document.
    pub fn find(&self, snapshot: &Snapshot) -> Result<DocumentRef, Stop> {
        match self {
            Annotated::Invoice(named) => Ok(live_invoice(snapshot, named)?.key.into()),
            Annotated::Payment(named) => {
                let kind = DocumentKind::Payment;
                let found = snapshot.payment(named)?.filter(|payment| payment.witness.is_money());
                Ok(found.ok_or(Refusal::NotFound { kind })?.key.into())
            }
            Annotated::CreditNote(named) => match snapshot.whole_credit_note(named)? {
                Some((note, _)) => Ok(note.key.into()),
                None => Err(absent_credit_note(snapshot, named).into()),
            },
            Annotated::WriteOff(named) => {
                let kind = DocumentKind::WriteOff;
                Ok(snapshot.write_off(named)?.ok_or(Refusal::NotFound { kind })?.key.into())
            }
        }
    }
}

/// Decides to give a document other texts.
pub fn annotate(snapshot: &Snapshot, moment: &Moment, of: &Annotated, content: NewContent) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    let document = of.find(snapshot)?;
    match of {
        Annotated::Invoice(named) => {
            let mut invoice = live_invoice(snapshot, named)?;
            invoice.content = content.digest;
            touch(&mut invoice, moment);
            planner.put(invoice);
        }
        Annotated::Payment(named) => {
            if let Some(payment) = snapshot.payment(named)? {
                let mut payment = payment.clone();
                payment.content = content.digest;
                payment.updated_at = moment.at;
                planner.put(payment);
            }
        }
        Annotated::CreditNote(named) => {
            if let Some((note, credit)) = snapshot.whole_credit_note(named)? {
                let (mut note, mut credit) = (note.clone(), credit.clone());
                note.content = content.digest;
                credit.content = content.digest;
                credit.updated_at = moment.at;
                planner.put(note);
                planner.put(credit);
            }
        }
        Annotated::WriteOff(named) => {
            if let Some(write_off) = snapshot.write_off(named)? {
                let mut write_off = write_off.clone();
                write_off.content = content.digest;
                planner.put(write_off);
            }
        }
    }
    planner.put(content.of(document));
    Ok(planner.finish(EventKind::TextsChanged, document))
}
