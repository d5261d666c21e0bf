//! Credit notes out of bytes: records that need not agree about anything, and what a client may ask for.

use quittance_accounting::crediting::{Applying, CreditNoteChange, CreditOf, Extent, NewCreditLine, NewCreditNote};
use quittance_accounting::identity::{CreditNoteKey, EntryKey, InvoiceKey, ProductKey};
use quittance_accounting::invoice::TaxShare;
use quittance_accounting::record::Record;
use quittance_accounting::settlement::{CreditLine, CreditNote, Payment, Witness};

use crate::model;
use crate::source::Source;

pub fn note(source: &mut Source<'_>) -> CreditNote {
    CreditNote {
        key: CreditNoteKey(source.number()),
        id: source.id(),
        source: source.word(),
        number: source.word(),
        external_id: source.maybe(Source::word),
        invoice: source.maybe(|source| InvoiceKey(source.number())),
        tax: source.amount(),
        held_until: source.once_in(4).then(|| source.day()),
        handed_over_at: source.once_in(6).then(|| source.at()),
        content: source.digest(),
    }
}

pub fn line(source: &mut Source<'_>) -> CreditLine {
    CreditLine {
        credit_note: CreditNoteKey(source.number()),
        place: source.number(),
        line: source.maybe(Source::number),
        account: source.account(),
        product: source.maybe(|source| ProductKey(source.number())),
        amount: source.amount(),
        taxes: source.some(2, |source| TaxShare {
            account: source.account(),
            amount: source.amount(),
        }),
    }
}

/// The credit of a note, of a payment that says the rest, and a line.
pub fn what_it_needs(source: &mut Source<'_>, note: &CreditNote, mut credit: Payment) -> Vec<Record> {
    credit.key = note.key.credit();
    credit.witness = Witness::Credit;
    credit.receipt_entry = source.maybe(|source| EntryKey(source.number()));
    if source.once_in(2) {
        (credit.unallocated, credit.refunded, credit.voided) = (credit.amount, model::minor(0), None);
    }
    let mut line = line(source);
    (line.credit_note, line.place) = (note.key, 1);
    vec![credit.into(), line.into()]
}

fn new_line(source: &mut Source<'_>) -> NewCreditLine {
    NewCreditLine {
        account: source.choice(),
        product: source.once_in(3).then(|| source.named()),
        amount: source.amount(),
        taxes: source.some(2, |source| (source.choice(), source.amount())),
    }
}

pub fn new_note(source: &mut Source<'_>) -> NewCreditNote {
    let of = match source.below(5) {
        0 => CreditOf::Invoice(source.named(), Extent::Rest),
        1 => CreditOf::Invoice(source.named(), Extent::Amount(source.amount())),
        2 => {
            let line = |source: &mut Source<'_>| (source.number(), source.maybe(Source::amount));
            CreditOf::Invoice(source.named(), Extent::Lines(source.some(3, line)))
        }
        _ => CreditOf::Free {
            customer: source.named(),
            currency: source.currency(),
            rate: source.once_in(3).then(|| source.rate()),
            lines: source.some(3, new_line),
        },
    };
    let mut new = model::credit_note(1, of);
    (new.id, new.number) = (source.id(), source.numbering());
    new.external_id = source.maybe(Source::word);
    (new.on, new.at, new.content) = (source.day(), source.at(), source.content());
    new.applying = match source.below(3) {
        0 => Applying::Nothing,
        1 => Applying::ItsInvoice,
        _ => Applying::To(source.some(2, |source| (source.named(), source.part()))),
    };
    new
}

pub fn change(source: &mut Source<'_>) -> CreditNoteChange {
    CreditNoteChange {
        seen: source.once_in(4).then(|| source.digest()),
        customer: source.once_in(3).then(|| source.named()),
        number: source.once_in(3).then(|| source.numbering()),
        on: source.day(),
        lines: source.once_in(2).then(|| source.some(3, new_line)),
        external_id: source.maybe(Source::word),
        content: source.content(),
    }
}
