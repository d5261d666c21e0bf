//! Between HighLevel's invoices and the core's, by hand.
//!
//! `mapping::incoming` turns checked requests into commands, `mapping::outgoing` turns views into answers. What a client sent that
//! has no meaning for the figures is kept under the dialect's name and comes back; a document of another dialect is shown from the
//! shared fields. Deliberately absent: whether anything is allowed.

pub mod editing;
pub mod estimates;
mod handing_back;
pub mod incoming;
pub mod outgoing;
pub mod recurrence;
pub mod schedules;
pub mod settings;
pub mod stored;

use quittance_accounting::identity::DocumentId;
use quittance_accounting::invoice::Standing;
use quittance_accounting::snapshot::Named;

/// The vendor's word for an invoice that is being paid, whatever was paid of it before.
pub const BEING_PAID: &str = "payment_processing";

/// The standings in which something is owed, so that it can be on its way: the words of these are of no other standing.
pub const MAY_BE_PAID: [Standing; 3] = [Standing::Open, Standing::PartPaid, Standing::PartWrittenOff];

/// The vendor's word for a standing. There is no word for what was written off or refunded.
pub fn status_of(standing: Standing) -> &'static str {
    match standing {
        Standing::Draft => "draft",
        Standing::Open => "sent",
        Standing::PartPaid | Standing::PartWrittenOff => "partially_paid",
        Standing::Paid | Standing::Refunded => "paid",
        Standing::WrittenOff | Standing::Void => "void",
    }
}

/// The standings that a status stands for; none for a word that is no status.
pub fn standings_of(status: &str) -> Vec<Standing> {
    let all = Standing::ALL.iter().map(|(standing, _)| *standing);
    all.filter(|standing| status_of(*standing) == status).collect()
}

/// The invoice that an id in a path names. An id of another form names none: it is unknown, not malformed.
pub fn invoice_id(text: &str) -> Option<Named> {
    DocumentId::from_hex(text).map(Named::Id)
}
