//! What the verbs of Bookeeping.ai mean, as data.
//!
//! Beside each value stands the vendor's fact it comes from, or that it is our choice. Deliberately absent: words and statuses.

use quittance_accounting::rules::{
    Attached, DeletionRules, EditRules, Excess, MoneyOnVoid, NumberRules, NumberedAt, PayingDrafts, PaymentRules,
    Reach, Rules, Texts, VoidRules,
};

/// The name of the dialect in the log, in tombstones and over its texts.
pub const DIALECT: &str = "bookeeping";

/// The verbs of this dialect.
pub const RULES: Rules = Rules {
    dialect: DIALECT,
    deletion: DeletionRules {
        // Delete is for drafts only.
        reach: Reach::Draft,
        // A draft has no money on it; should one ever have, it is not for this verb.
        payments: Attached::MustBeNone,
        refunds: Attached::MustBeNone,
        write_offs: Attached::MustBeNone,
        // It knows no credit notes.
        applied_credit: Attached::TakenAlong,
        // The answer holds nothing of the invoice and nothing reads it afterwards: its texts go.
        texts: Texts::Erased,
        readable_by_id: false,
    },
    voiding: VoidRules {
        // Cancel is for invoices that were sent or are overdue.
        drafts: false,
        // Our choice: the vendor has no unapplied money, so an invoice with money on it stays.
        part_paid: MoneyOnVoid::Forbids,
        // Paid is not among the states that can be cancelled.
        paid: MoneyOnVoid::Forbids,
    },
    editing: EditRules {
        // Our choice: what was sent is final, so only a draft changes; then it is cancelled and made anew.
        standings: &[],
    },
    payment: PaymentRules {
        // Our choice: marking as paid follows sending, as cancelling does.
        drafts: PayingDrafts::Refused,
        // Marking as paid brings no amount: it settles what is open, no more and no less.
        excess: Excess::Refused,
        in_parts: false,
    },
    // Send is for drafts only.
    sends_again: false,
    numbering: NumberRules {
        // A draft shows its number; the word INCREMENTAL asks for the next one when it is created.
        at: NumberedAt::Create,
        // Our choice: the vendor does not say what a generated number looks like.
        prefix: "INV-",
        width: 6,
    },
};
