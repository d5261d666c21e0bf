//! What a customer paid beyond what was due, as the credit memo that the vendor makes of it.
//!
//! In the books it is what it is: money of a payment that was recorded by hand, which settles nothing yet. Here it is a memo under the
//! payment's integer. Its one line is the account that the money came to; its own payments are what it settled later. Deliberately
//! absent: money that a bank or a provider vouches for, which is a transaction until it is used.

use quittance_accounting::identity::{CreditNoteKey, PaymentKey};
use quittance_accounting::money::Amount;
use quittance_accounting::settlement::{CreditLine, CreditNote, Payment, Witness};
use quittance_books::content::CreditNoteContent;
use quittance_books::view::{CreditNoteView, PaymentView};

use super::super::manners::DIALECT;

/// What stands before the integer of a payment in the number of its memo.
pub const PREFIX: &str = "OP-";

/// Whether a payment is shown as a memo: a customer's, recorded by hand, which brought more than it settled then. The receipt of that
/// says so for as long as the payment is there, used up or not.
pub fn is_memo(payment: &Payment) -> bool {
    payment.witness == Witness::Hand && payment.customer.is_some() && payment.receipt_entry.is_some()
}

/// Whether a part of a payment is credit that was applied, and not money that came for the invoice.
pub fn is_credit(payment: &Payment, from_unapplied: bool) -> bool {
    !payment.witness.is_money() || from_unapplied && is_memo(payment)
}

fn number(payment: PaymentKey) -> String {
    format!("{PREFIX}{}", payment.0)
}

/// The memo of a payment with all its parts, if it is one. It comes to what the payment does not settle directly: as much as it brought
/// beyond that, and more once what it settled was freed.
pub fn memo(view: &PaymentView) -> Option<CreditNoteView> {
    let payment = &view.payment;
    if !is_memo(payment) {
        return None;
    }
    let allocations = view.allocations.iter();
    let former = view.former.iter().filter(|part| part.undone.is_some());
    let (of_memo, direct): (Vec<_>, Vec<_>) = allocations.copied().partition(|part| part.from_unapplied);
    let (of_memo_before, direct_before): (Vec<_>, Vec<_>) = former.copied().partition(|part| part.from_unapplied);
    let settled = match payment.voided {
        None => Amount::sum(direct.iter().map(|part| part.amount)),
        Some(_) => Amount::sum(direct_before.iter().map(|part| part.amount)),
    };
    let amount = payment.amount.minus(settled?)?;
    let key = CreditNoteKey(payment.key.0);
    let line = CreditLine {
        credit_note: key,
        place: 1,
        line: None,
        account: payment.clearing,
        product: None,
        amount,
        taxes: Vec::new(),
    };
    Some(CreditNoteView {
        note: CreditNote {
            key,
            id: payment.id,
            source: DIALECT.to_owned(),
            number: number(payment.key),
            external_id: None,
            invoice: None,
            tax: Amount::ZERO,
            held_until: None,
            handed_over_at: None,
            content: payment.content,
        },
        credit: Payment {
            amount,
            ..payment.clone()
        },
        lines: vec![line],
        content: CreditNoteContent {
            memo: view.content.memo.clone(),
            extra: view.content.extra.clone(),
            ..CreditNoteContent::default()
        },
        allocations: of_memo,
        former: of_memo_before,
        deleted: None,
    })
}
