//! What HighLevel's verbs mean, as data.
//!
//! Each value stands beside the vendor's fact that it comes from. Deliberately absent: words for refusals (`errors.rs`).

use quittance_accounting::invoice::Standing;
use quittance_accounting::rules::{
    Attached, DeletionRules, EditRules, Excess, MoneyOnVoid, NumberRules, NumberedAt, PayingDrafts, PaymentRules,
    Reach, Rules, Texts, VoidRules,
};

/// The rules of this dialect.
pub const RULES: Rules = Rules {
    dialect: "highlevel",
    deletion: DeletionRules {
        // The delete page documents one business refusal: the status has to be draft.
        reach: Reach::Draft,
        // A draft has neither payments nor refunds nor write-offs here: recording money moves the status off draft.
        payments: Attached::MustBeNone,
        refunds: Attached::MustBeNone,
        write_offs: Attached::MustBeNone,
        // It knows no credit notes.
        applied_credit: Attached::TakenAlong,
        // Nothing says that the text is destroyed, and the product's webhook still carries the whole invoice after a delete.
        texts: Texts::Kept,
        // After a delete the id names nothing, as for any id that never was.
        readable_by_id: false,
    },
    voiding: VoidRules {
        // A draft is to be deleted instead, says the refusal that the void page documents.
        drafts: false,
        // Only money that came through a payment provider has to be refunded first; money recorded by hand does not forbid.
        part_paid: MoneyOnVoid::Unapplied,
        paid: MoneyOnVoid::Unapplied,
    },
    editing: EditRules {
        // The help centre lets sent and part-paid invoices be edited and says that a paid one is not.
        standings: &[Standing::Open, Standing::PartPaid, Standing::PartWrittenOff],
    },
    payment: PaymentRules {
        // The product lets a payment be recorded on an invoice that was never sent.
        drafts: PayingDrafts::IssuesFirst,
        // The amount due is the total less what was paid, and no field holds an excess.
        excess: Excess::Refused,
        // Part payments have a status of their own.
        in_parts: true,
    },
    // The help centre describes sending again after an edit.
    sends_again: true,
    numbering: NumberRules {
        // The response of create has a number as a required member, also for a draft.
        at: NumberedAt::Create,
        // The number is typed as a JSON number and the prefix is a field apart: a counted number is digits and nothing else.
        prefix: "",
        width: 0,
    },
};
