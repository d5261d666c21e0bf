//! What a snapshot knows of credit notes. Absent: their texts and tombstones, which are asked for as those of other documents.

use super::{Named, Snapshot, Want};
use crate::identity::{CreditNoteKey, DocumentKind, InvoiceKey, PaymentKey};
use crate::refusal::{Flaw, Stop};
use crate::settlement::{CreditLine, CreditNote, Payment};

impl Snapshot {
    /// The credit note of this name with its lines, and the payment record of its credit with every part of it.
    pub fn whole_credit_note(&self, named: &Named) -> Result<Option<(&CreditNote, &Payment)>, Stop> {
        let number = self.find(DocumentKind::CreditNote, named);
        match number.and_then(|n| Some((n, self.tables.credit_notes.get(&CreditNoteKey(n))?))) {
            Some((n, note)) if self.complete || self.whole_payments.contains(&PaymentKey(n)) => {
                let flaw = Stop::Flawed(Flaw::BadCreditNote(note.key));
                let credit = self.tables.payments.get(&note.key.credit()).ok_or(flaw)?;
                Ok(Some((note, credit)))
            }
            None if self.has(&Want::CreditNote(named.clone())) => Ok(None),
            Some(_) | None => Err(Stop::Missing(Want::CreditNote(named.clone()))),
        }
    }

    /// The credit notes that take figures of an invoice back, void ones too, each with its credit.
    pub fn credit_notes_of(&self, invoice: InvoiceKey) -> Result<impl Iterator<Item = (&CreditNote, &Payment)>, Stop> {
        let want = Want::CreditNotesOf(invoice);
        if !self.has(&want) {
            return Err(Stop::Missing(want));
        }
        let keys = self.index.credit_notes.get(&invoice).into_iter().flatten();
        Ok(keys.filter_map(|key| {
            let note = self.tables.credit_notes.get(key)?.as_ref();
            Some((note, self.tables.payments.get(&key.credit())?.as_ref()))
        }))
    }

    /// The lines of a credit note that was gathered.
    pub fn credit_lines(&self, key: CreditNoteKey) -> impl Iterator<Item = &CreditLine> {
        let lines = self.tables.credit_lines.range((key, i64::MIN)..=(key, i64::MAX));
        lines.map(|(_, line)| line)
    }
}
