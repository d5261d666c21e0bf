//! Taking a void back.
//!
//! The mirror entry is withdrawn, the invoice is issued again, with nothing settled: money that the void set free stays
//! unapplied until somebody allocates it. A draft that was voided is a draft again.

use crate::book::{NumberState, NumberUse};
use crate::invoice::{Stage, Standing};
use crate::issuing::{live_invoice, need, touch};
use crate::plan::{EventKind, Moment, Plan, Planner};
use crate::refusal::Stop;
use crate::snapshot::{Named, Snapshot};

/// Decides to reopen a void invoice. Refused where the mirror entry lies in a closed period.
pub fn reopen_invoice(snapshot: &Snapshot, moment: &Moment, named: &Named) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    let mut invoice = live_invoice(snapshot, named)?;
    need(&invoice, &[Standing::Void])?;
    invoice.stage = match invoice.stage {
        Stage::Draft | Stage::Void { issued: None, .. } => Stage::Draft,
        Stage::Issued { at, entry } => Stage::Issued { at, entry },
        Stage::Void {
            issued: Some(issued), ..
        } => {
            if let Some(mirror) = issued.mirror {
                planner.withdraw(&snapshot.journal_entry(mirror)?)?;
            }
            Stage::Issued {
                at: issued.at,
                entry: issued.entry,
            }
        }
    };
    if let Some(number) = &invoice.number
        && let Some(line) = snapshot.number(number)?
    {
        planner.put(NumberUse {
            state: NumberState::Used,
            ..line.clone()
        });
    }
    touch(&mut invoice, moment);
    let key = invoice.key;
    planner.put(invoice);
    Ok(planner.finish(EventKind::InvoiceReopened, key))
}
