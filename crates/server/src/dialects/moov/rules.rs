//! What each verb means in the Moov dialect, as data.
//!
//! Beside each value stands the vendor's fact it follows from, in our words. Deliberately absent: anything the core never lets a
//! dialect decide (holds, closed periods, payments in progress).

use quittance_accounting::invoice::Standing;
use quittance_accounting::rules::{
    Attached, DeletionRules, EditRules, Excess, MoneyOnVoid, NumberRules, NumberedAt, PayingDrafts, PaymentRules,
    Reach, Rules, Texts, VoidRules,
};

/// The rules of the Moov dialect.
pub const RULES: Rules = Rules {
    dialect: "moov",
    deletion: DeletionRules {
        // A delete is for drafts; anything that was sent is canceled instead.
        reach: Reach::Draft,
        // Never reached by a draft: money cannot be recorded on one.
        payments: Attached::MustBeNone,
        refunds: Attached::MustBeNone,
        write_offs: Attached::MustBeNone,
        // It knows no credit notes.
        applied_credit: Attached::TakenAlong,
        // A deleted invoice is hidden from lists and is still returned by its id, with `disabledOn`.
        texts: Texts::Kept,
        readable_by_id: true,
    },
    voiding: VoidRules {
        // A draft can be canceled as well as deleted.
        drafts: true,
        // Canceling is for what is draft, unpaid or overdue. Nothing is said of an invoice paid in part; money is never let go
        // of silently, so it forbids.
        part_paid: MoneyOnVoid::Forbids,
        // Canceling is not for what is paid.
        paid: MoneyOnVoid::Forbids,
    },
    editing: EditRules {
        // Fields can be edited in draft, unpaid and overdue.
        standings: &[Standing::Open, Standing::PartPaid, Standing::PartWrittenOff],
    },
    payment: PaymentRules {
        // An outside payment is recorded on what was sent.
        drafts: PayingDrafts::Refused,
        // Not documented; our choice is to refuse more than is owed.
        excess: Excess::Refused,
        // Not documented; our choice is to take a part, because the amount is the client's to give.
        in_parts: true,
    },
    // The status becomes unpaid from draft only.
    sends_again: false,
    numbering: NumberRules {
        // A draft shows its number.
        at: NumberedAt::Create,
        // The next number is INV- and a count without leading zeros.
        prefix: "INV-",
        width: 1,
    },
};
