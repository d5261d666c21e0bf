//! What a generated command is about, and what it is called.

use quittance_accounting::settlement::Witness;

use crate::commands::{Later, Verb};

impl Verb {
    /// The invoice it is about; none for those about several or the book.
    pub fn invoice(&self) -> Option<u64> {
        match self {
            Verb::Issue(n) | Verb::Send(n) | Verb::Void(n) | Verb::Delete(n) | Verb::Restore(n) => Some(*n),
            Verb::Edit { n, .. } | Verb::TakeVoidBack(n) => Some(*n),
            Verb::Refund(n, ..) | Verb::WriteOff(n, ..) | Verb::Hold(n, ..) => Some(*n),
            Verb::Create { .. } | Verb::Pay { .. } | Verb::Later(_) | Verb::Close | Verb::Reopen => None,
            // A credit note stays when its invoice goes.
            Verb::Credit { .. } | Verb::CreditAlone(_) => None,
        }
    }

    /// Its name, for the count of what was reached.
    pub fn word(&self) -> &'static str {
        match self {
            Verb::Create { issue: true, .. } => "create issued",
            Verb::Create { .. } => "create draft",
            Verb::Issue(_) => "issue",
            Verb::Send(_) => "send",
            Verb::Pay {
                parts,
                witness: Witness::Hand,
                ..
            } if parts.len() > 1 => "pay many by hand",
            Verb::Pay { parts, .. } if parts.len() > 1 => "pay many witnessed",
            Verb::Pay {
                witness: Witness::Hand, ..
            } => "pay by hand",
            Verb::Pay { .. } => "pay witnessed",
            Verb::Refund(..) => "refund",
            Verb::WriteOff(..) => "write off",
            Verb::Credit { n: None, .. } | Verb::CreditAlone(_) => "credit a customer",
            Verb::Credit {
                n: Some(_),
                amount: None,
                line: None,
                ..
            } => "credit an invoice",
            Verb::Credit { line: Some(_), .. } => "credit a line",
            Verb::Credit { .. } => "credit part of an invoice",
            Verb::Void(_) => "void",
            Verb::Edit { .. } => "edit",
            Verb::TakeVoidBack(_) => "reopen a void",
            Verb::Hold(..) => "hold",
            Verb::Later(Later::Allocate(..)) => "allocate",
            Verb::Later(Later::Unallocate(..)) => "unallocate",
            Verb::Later(Later::Change(..)) => "change a payment",
            Verb::Later(Later::VoidPayment(_)) => "void a payment",
            Verb::Later(Later::DeletePayment(_)) => "delete a payment",
            Verb::Later(Later::GiveBack(..)) => "give unapplied money back",
            Verb::Later(Later::DeleteUnapplied(_)) => "delete unapplied money",
            Verb::Later(Later::Owe(..)) => "owe a refund",
            Verb::Later(Later::OweCustomer(..)) => "owe a customer",
            Verb::Later(Later::GiveCustomer(..)) => "give a customer money",
            Verb::Later(Later::PayOut(..)) => "pay out a refund",
            Verb::Later(Later::DeleteRefund(_)) => "delete a refund",
            Verb::Later(Later::DeleteWriteOff(_)) => "delete a write-off",
            Verb::Later(Later::Begin(..)) => "begin a payment",
            Verb::Later(Later::Fail(..)) => "fail a payment",
            Verb::Later(Later::Confirm(..)) => "confirm a payment",
            Verb::Later(Later::ApplyCredit(..)) => "apply a credit",
            Verb::Later(Later::UnapplyCredit(..)) => "unapply a credit",
            Verb::Later(Later::WithdrawCredit(..)) => "withdraw a credit",
            Verb::Later(Later::VoidCredit(_)) => "void a credit note",
            Verb::Later(Later::ReopenCredit(_)) => "reopen a credit note",
            Verb::Later(Later::ChangeCredit(_, None, None, _)) => "rename a credit note",
            Verb::Later(Later::ChangeCredit(..)) => "change a credit note",
            Verb::Later(Later::DeleteCredit(_)) => "delete a credit note",
            Verb::Later(Later::RestoreCredit(_)) => "restore a credit note",
            Verb::Later(Later::HoldCredit(..)) => "hold a credit note",
            Verb::Later(Later::GiveCreditBack(..)) => "give credit back",
            Verb::Close => "close",
            Verb::Reopen => "reopen",
            Verb::Delete(_) => "delete",
            Verb::Restore(_) => "restore",
        }
    }
}
