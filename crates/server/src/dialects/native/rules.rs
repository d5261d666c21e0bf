//! What the verbs mean natively. No vendor stands behind these values; each has its own reason beside it.

use quittance_accounting::rules::{
    Attached, DeletionRules, EditRules, Excess, MoneyOnVoid, NumberRules, NumberedAt, PayingDrafts, PaymentRules,
    Reach, Rules, Texts, VoidRules,
};

/// The native rules.
pub const RULES: Rules = Rules {
    dialect: "native",
    deletion: DeletionRules {
        // What was posted is corrected by a visible entry; only what never counted can be taken back as a mistake.
        reach: Reach::Draft,
        // None of these can hang on a draft; said all the same, so that a wider reach would not widen them with it.
        payments: Attached::MustBeNone,
        refunds: Attached::MustBeNone,
        write_offs: Attached::MustBeNone,
        // The receipt lists the invoices that are open again.
        applied_credit: Attached::TakenAlong,
        // A delete by mistake can be undone.
        texts: Texts::Kept,
        readable_by_id: true,
    },
    voiding: VoidRules {
        // A draft that was shown to somebody can be annulled and stay visible.
        drafts: true,
        // The customer's money is the customer's money: it waits unapplied for the next invoice.
        part_paid: MoneyOnVoid::Unapplied,
        paid: MoneyOnVoid::Unapplied,
    },
    editing: EditRules {
        // What was issued is what the customer has: it is corrected by a credit note, or voided.
        standings: &[],
    },
    payment: PaymentRules {
        // Issuing is a decision of its own, never a side effect.
        drafts: PayingDrafts::Refused,
        // Money that came is recorded as it came.
        excess: Excess::Unallocated,
        in_parts: true,
    },
    // Sending records an instant and posts nothing the second time.
    sends_again: true,
    numbering: NumberRules {
        // A draft that is deleted leaves no gap.
        at: NumberedAt::Issue,
        prefix: "INV-",
        width: 5,
    },
};
