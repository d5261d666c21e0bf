//! What a dialect's verbs mean, as data.
//!
//! A dialect hands in one const of [`Rules`]; decisions read it. Rules narrow what a verb does, they never widen what the
//! never-negotiable refusals forbid: there is no field here that allows to delete what is held, handed over, being paid or
//! closed.

use crate::invoice::Standing;

/// How far a delete reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Drafts only.
    Draft,
    /// Drafts, issued and void invoices.
    Issued,
}

/// What a delete does about records that hang on the invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attached {
    /// They forbid it.
    MustBeNone,
    /// They go with it.
    TakenAlong,
}

/// What becomes of the texts of a deleted invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Texts {
    /// Removed for good.
    Erased,
    /// Kept for a read by id or a restore.
    Kept,
}

/// What deleting an invoice means, and a credit note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeletionRules {
    /// How far it reaches.
    pub reach: Reach,
    /// About payments.
    pub payments: Attached,
    /// About refunds.
    pub refunds: Attached,
    /// About write-offs.
    pub write_offs: Attached,
    /// About what a credit note settles, when that is what goes.
    pub applied_credit: Attached,
    /// About its texts.
    pub texts: Texts,
    /// Whether it can be read by id afterwards.
    pub readable_by_id: bool,
}

/// What a void does about money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoneyOnVoid {
    /// It forbids the void.
    Forbids,
    /// It becomes unapplied; money with a witness forbids.
    Unapplied,
}

/// What voiding an invoice means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VoidRules {
    /// Whether a draft can be voided.
    pub drafts: bool,
    /// About money on an invoice that is not fully paid.
    pub part_paid: MoneyOnVoid,
    /// About money on a paid invoice.
    pub paid: MoneyOnVoid,
}

/// What paying a draft does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayingDrafts {
    /// It is refused.
    Refused,
    /// The draft is issued in the same command.
    IssuesFirst,
}

/// What becomes of money beyond the open balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excess {
    /// It is refused.
    Refused,
    /// It stays unallocated.
    Unallocated,
}

/// What recording a payment means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaymentRules {
    /// About drafts.
    pub drafts: PayingDrafts,
    /// About more than is open.
    pub excess: Excess,
    /// Whether part of an invoice can be paid.
    pub in_parts: bool,
}

/// What editing an invoice means. Drafts are edited freely everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EditRules {
    /// The standings besides draft in which an invoice may be edited: its entry is withdrawn and recorded anew.
    pub standings: &'static [Standing],
}

/// When an invoice gets its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberedAt {
    /// When it is created, because the dialect shows a number on drafts.
    Create,
    /// When it is issued.
    Issue,
}

/// How numbers are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberRules {
    /// When.
    pub at: NumberedAt,
    /// What stands before the count.
    pub prefix: &'static str,
    /// To how many digits the count is filled with zeros.
    pub width: usize,
}

/// Everything a dialect decides about its verbs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The dialect's name, in events and tombstones.
    pub dialect: &'static str,
    /// Of delete.
    pub deletion: DeletionRules,
    /// Of void and cancel.
    pub voiding: VoidRules,
    /// Of edits.
    pub editing: EditRules,
    /// Of recording a payment.
    pub payment: PaymentRules,
    /// Whether an invoice that was sent can be sent again.
    pub sends_again: bool,
    /// Of numbers.
    pub numbering: NumberRules,
}
