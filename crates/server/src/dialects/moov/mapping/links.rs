//! Payment links of invoices.
//!
//! An invoice that was sent has one link. Nothing of it is stored: the code is the invoice's key, spelled so that neighbours do not
//! look alike, and the rest follows from the invoice. A code names a link and opens nothing; whoever reads the link has to bring
//! credentials. Deliberately absent: links of their own, and a page to pay on.

use quittance_accounting::identity::InvoiceKey;
use quittance_accounting::invoice::Standing;
use quittance_accounting::settlement::Witness;
use quittance_books::view::InvoiceView;

use super::super::manners::LINK_CODE_LETTERS;
use super::super::wire::{LineItems, LinkCustomer, LinkDisplay, MinorAmount, PaymentLink};
use super::outgoing::items;

/// What the code is written with.
const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Codes count within this power of two, the largest that [`LINK_CODE_LETTERS`] letters can write.
const BITS: u32 = 59;
/// An odd number, so that multiplying by it can be undone within a power of two.
const SPREAD: u64 = 0x3A5_9F1B_77C2_4D6D;
/// What undoes it.
const GATHER: u64 = inverse(SPREAD);

/// The inverse of an odd number within 2^64, by Newton's steps: each doubles the bits that are right.
const fn inverse(odd: u64) -> u64 {
    let mut found = odd;
    let mut step = 0;
    while step < 6 {
        found = found.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(found)));
        step += 1;
    }
    found
}

const fn within(value: u64) -> u64 {
    value & ((1 << BITS) - 1)
}

/// The code of an invoice's link.
fn code(key: InvoiceKey) -> String {
    let mut rest = within(key.0.unsigned_abs().wrapping_mul(SPREAD));
    let mut letters = [b'0'; LINK_CODE_LETTERS];
    for letter in letters.iter_mut().rev() {
        let at = rest % 62;
        rest /= 62;
        *letter = LETTERS.get(at as usize).copied().unwrap_or(b'0');
    }
    letters.iter().map(|letter| char::from(*letter)).collect()
}

/// The invoice that a code is of, whether or not it is there.
pub fn key_of(code: &str) -> Option<InvoiceKey> {
    if code.len() != LINK_CODE_LETTERS {
        return None;
    }
    let mut value: u64 = 0;
    for letter in code.bytes() {
        let at = LETTERS.iter().position(|known| *known == letter)?;
        value = value.checked_mul(62)?.checked_add(at as u64)?;
    }
    if value != within(value) {
        return None;
    }
    let key = within(value.wrapping_mul(GATHER));
    i64::try_from(key).ok().filter(|key| *key > 0).map(InvoiceKey)
}

/// The code of an invoice's link, once it was sent.
pub fn code_of(view: &InvoiceView) -> Option<String> {
    view.invoice.sent_at.map(|_| code(view.invoice.key))
}

/// Where a link is read, by whoever may.
pub fn address(view: &InvoiceView, code: &str, origin: &str) -> String {
    let account = view.book.settings.id.uuid();
    format!("{origin}/accounts/{account}/payment-links/{code}")
}

/// The link of an invoice, once it was sent.
pub fn link(view: &InvoiceView, origin: &str) -> Option<PaymentLink> {
    let invoice = &view.invoice;
    let (sent_at, code) = (invoice.sent_at?, code_of(view)?);
    let account = view.book.settings.id.uuid();
    let provider = |payment: &&quittance_books::view::PaymentView| payment.payment.witness == Witness::Provider;
    let through_it = view.payments.iter().filter(provider).map(|known| known.payment.paid_at);
    let status = match invoice.standing() {
        _ if invoice.pending.is_positive() => "disabled",
        Standing::Draft | Standing::Void | Standing::WrittenOff => "disabled",
        Standing::Open | Standing::PartPaid | Standing::PartWrittenOff => "active",
        Standing::Paid | Standing::Refunded => "used",
    };
    let number = invoice.number.clone().unwrap_or_default();
    Some(PaymentLink {
        link: address(view, &code, origin),
        code,
        payment_link_type: "invoice-payment",
        mode: "production",
        status,
        partner_account_id: account.clone(),
        merchant_account_id: account.clone(),
        owner_account_id: account.clone(),
        merchant_payment_method_id: account,
        amount: MinorAmount {
            currency: invoice.currency.code().to_owned(),
            value: invoice.total.minor(),
        },
        uses: through_it.clone().count() as i64,
        max_uses: 1,
        last_used_on: through_it.max().map(|at| at.to_string()),
        display: LinkDisplay {
            title: format!("Invoice {number}"),
            description: view.content.memo.clone().unwrap_or_default(),
            call_to_action: "pay",
        },
        customer: LinkCustomer {},
        line_items: LineItems { items: items(view).0 },
        created_on: sent_at.to_string(),
        updated_on: invoice.updated_at.to_string(),
        disabled_on: invoice.voided_at().map(|at| at.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_of_one_invoice() {
        for key in (1..2_000).chain([1 << 40, (1 << BITS) - 1]) {
            let key = InvoiceKey(key);
            let code = code(key);
            assert_eq!((code.len(), key_of(&code)), (LINK_CODE_LETTERS, Some(key)), "{code}");
        }
        for other in ["", "0000000000", "zzzzzzzzzz", "00000000000", "0000-00000", "00000000é"] {
            assert_eq!(key_of(other), None, "{other}");
        }
    }
}
