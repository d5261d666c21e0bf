//! What every verb means in Campfire, as data; beside each value the vendor's fact that it comes from.

use quittance_accounting::invoice::Standing;
use quittance_accounting::rules::{
    Attached, DeletionRules, EditRules, Excess, MoneyOnVoid, NumberRules, NumberedAt, PayingDrafts, PaymentRules,
    Reach, Rules, Texts, VoidRules,
};

/// The rules of this dialect.
pub const RULES: Rules = Rules {
    dialect: "campfire",
    deletion: DeletionRules {
        // The vendor names one restriction only, the closed period, so drafts, issued and void invoices can all go.
        reach: Reach::Issued,
        // The vendor lists payment records and their journal entries among what is removed.
        payments: Attached::TakenAlong,
        // Not mentioned. A refund is a payment's record with the sign turned, so it shares its fate.
        refunds: Attached::TakenAlong,
        // Not mentioned. The deletion is called complete, and nothing but a closed period stops it.
        write_offs: Attached::TakenAlong,
        // A memo that was applied to invoices cannot be deleted, the vendor says.
        applied_credit: Attached::MustBeNone,
        // The vendor calls it permanent and irreversible, line items and related data included.
        texts: Texts::Erased,
        // Irreversible, and no route is documented that would show it again: unknown from then on.
        readable_by_id: false,
    },
    voiding: VoidRules {
        // The vendor's void posts a reversing journal; a draft has none to reverse. Drafts are deleted instead.
        drafts: false,
        // Payments have a void and a delete of their own, which come first.
        part_paid: MoneyOnVoid::Forbids,
        // The same.
        paid: MoneyOnVoid::Forbids,
    },
    editing: EditRules {
        // A replacement re-posts the journal; the vendor names no state that forbids it. A void one is reopened first.
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
        // A payment credits the receivable that creation posted; a draft has posted none.
        drafts: PayingDrafts::Refused,
        // What a memo or a transaction has beyond what is due stays where it is, so that asking for more of it is a mistake.
        excess: Excess::Refused,
        // The vendor has a state for the part-paid invoice.
        in_parts: true,
    },
    // The vendor keeps the last instant of sending beside the first day of it: an invoice is sent as often as wanted.
    sends_again: true,
    numbering: NumberRules {
        // The vendor shows a number on every invoice that it lists; nothing says that drafts lack one.
        at: NumberedAt::Create,
        // The vendor's rule is not public. Ours reads like its examples.
        prefix: "INV-",
        // The same.
        width: 5,
    },
};

/// The same for money that is recorded by hand on an invoice with a client: the vendor turns what is more than is due into a credit memo.
pub const OVERPAID: Rules = Rules {
    payment: PaymentRules {
        excess: Excess::Unallocated,
        ..RULES.payment
    },
    ..RULES
};
