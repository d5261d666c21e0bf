//! What each verb means in this dialect, as data.

use quittance_accounting::invoice::Standing;
use quittance_accounting::rules::{
    Attached, DeletionRules, EditRules, Excess, MoneyOnVoid, NumberRules, NumberedAt, PayingDrafts, PaymentRules,
    Reach, Rules, Texts, VoidRules,
};

/// The dialect's rules. Beside each value stands the vendor's fact that it comes from, or "our choice".
pub const RULES: Rules = Rules {
    dialect: "layer",
    deletion: DeletionRules {
        // Deletion is offered for invoices as such; only payments and refunds are named as obstacles.
        reach: Reach::Issued,
        // No valid payment may be associated with the invoice.
        payments: Attached::MustBeNone,
        // No valid refund either.
        refunds: Attached::MustBeNone,
        // Our choice: write-offs are not named as obstacles, so they go along.
        write_offs: Attached::TakenAlong,
        // It knows no credit notes.
        applied_credit: Attached::TakenAlong,
        // The invoice is *marked* as deleted, which removes nothing.
        texts: Texts::Kept,
        // The id of a deleted invoice is answered as not found.
        readable_by_id: false,
    },
    voiding: VoidRules {
        // Our choice: a draft reads SENT here, and a sent invoice can be voided.
        drafts: true,
        // A void needs an invoice without payments and write-offs.
        part_paid: MoneyOnVoid::Forbids,
        // The same.
        paid: MoneyOnVoid::Forbids,
    },
    editing: EditRules {
        // A replacement leaves payments, refunds and write-offs alone and must not leave the invoice overpaid; no state forbids it.
        standings: &[
            Standing::Open,
            Standing::PartPaid,
            Standing::Paid,
            Standing::PartWrittenOff,
            Standing::WrittenOff,
            Standing::Refunded,
        ],
    },
    payment: PaymentRules {
        // Our choice: a draft reads SENT here, and a sent invoice takes payments.
        drafts: PayingDrafts::IssuesFirst,
        // The allocations add up to the payment and none passes its invoice.
        excess: Excess::Refused,
        // PARTIALLY_PAID is a documented status.
        in_parts: true,
    },
    // There is no operation that sends; the instant of sending comes with the invoice.
    sends_again: false,
    numbering: NumberRules {
        // Our choice: an invoice without `invoice_number` is counted when it is issued.
        at: NumberedAt::Issue,
        prefix: "INV-",
        width: 4,
    },
};
