//! Journal entries: the balanced record of one event.
//!
//! A [`JournalEntry`] cannot be built unbalanced, empty, or with a posting of zero or less. Deliberately absent: editing. An entry
//! is withdrawn or mirrored, never changed.

use jiff::{Timestamp, civil::Date};

use crate::account::Side;
use crate::content::Digest;
use crate::identity::{AccountKey, DocumentId, DocumentRef, EntryKey, InvoiceKey};
use crate::money::Amount;

/// What an entry records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// An invoice was issued.
    Issue,
    /// An invoice was voided: the mirror of its issue.
    Void,
    /// Part of a payment settled an invoice.
    Allocation,
    /// A payment, or the part of one that settles nothing yet, was received.
    Receipt,
    /// An allocation was undone by a void and its money is unapplied again.
    Unallocation,
    /// A payment was voided: the mirror of a part of it.
    PaymentVoid,
    /// A credit note was issued.
    CreditNote,
    /// A credit note was voided: the mirror of a part of it.
    CreditVoid,
    /// Money went back to the customer.
    Refund,
    /// A receivable was given up.
    WriteOff,
    /// Somebody recorded it by hand.
    Manual,
    /// A manual entry was reversed.
    Reversal,
}

impl EntryKind {
    /// Every kind with the word that names it in the store.
    pub const ALL: [(EntryKind, &'static str); 12] = [
        (EntryKind::Issue, "issue"),
        (EntryKind::Void, "void"),
        (EntryKind::Allocation, "allocation"),
        (EntryKind::Receipt, "receipt"),
        (EntryKind::Unallocation, "unallocation"),
        (EntryKind::PaymentVoid, "payment_void"),
        (EntryKind::CreditNote, "credit_note"),
        (EntryKind::CreditVoid, "credit_void"),
        (EntryKind::Refund, "refund"),
        (EntryKind::WriteOff, "write_off"),
        (EntryKind::Manual, "manual"),
        (EntryKind::Reversal, "reversal"),
    ];
}

/// The head of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number in the book.
    pub key: EntryKey,
    /// The day it counts for.
    pub date: Date,
    /// What it records.
    pub kind: EntryKind,
    /// The document it belongs to.
    pub document: DocumentRef,
    /// The invoice whose receivable it moves: what an invoice was open for on any day is the sum of these postings.
    pub invoice: Option<InvoiceKey>,
    /// How many postings it has: a missing one is noticed.
    pub postings: i64,
}

/// One debit or credit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    /// The entry it is part of.
    pub entry: EntryKey,
    /// Its place in the entry: 1, 2, 3.
    pub place: i64,
    /// The account.
    pub account: AccountKey,
    /// The entry's date, here again so that an account reads in order of date.
    pub date: Date,
    /// The side.
    pub side: Side,
    /// More than zero, in the book's currency.
    pub amount: Amount,
}

/// What is known of an entry that no document made, beside the entry itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManualEntry {
    /// Its entry, whose number it has.
    pub key: EntryKey,
    /// Its id everywhere.
    pub id: DocumentId,
    /// The id a client brought, unique per book.
    pub external_id: Option<String>,
    /// The manual entry that it reverses.
    pub reverses: Option<EntryKey>,
    /// The manual entry that reverses it.
    pub reversed_by: Option<EntryKey>,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// Digest of its texts.
    pub content: Digest,
}

/// An entry with its postings: as many debits as credits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    entry: Entry,
    postings: Vec<Posting>,
}

/// Why an entry could not be built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryError {
    /// Debits and credits differ, in minor units.
    Unbalanced {
        /// Sum of the debits.
        debits: i64,
        /// Sum of the credits.
        credits: i64,
    },
    /// A posting of zero or less.
    NotPositive {
        /// Its place.
        place: i64,
    },
    /// The postings are not those that the head counts.
    Incomplete {
        /// What the head says.
        expected: i64,
        /// What is there.
        found: i64,
    },
}

impl JournalEntry {
    /// Builds an entry from signed amounts: more than zero is a debit, less is a credit, zero is left out. `Ok(None)` when
    /// nothing is left: a document of zero posts nothing.
    pub fn record(
        key: EntryKey,
        date: Date,
        kind: EntryKind,
        document: DocumentRef,
        invoice: Option<InvoiceKey>,
        movements: &[(AccountKey, Amount)],
    ) -> Result<Option<JournalEntry>, EntryError> {
        let moving = movements.iter().filter(|(_, amount)| !amount.is_zero());
        let postings: Vec<Posting> = (1..)
            .zip(moving)
            .map(|(place, (account, amount))| {
                let (side, amount) = if amount.is_positive() {
                    (Side::Debit, *amount)
                } else {
                    (Side::Credit, amount.negated())
                };
                Posting {
                    entry: key,
                    place,
                    account: *account,
                    date,
                    side,
                    amount,
                }
            })
            .collect();
        if postings.is_empty() {
            return Ok(None);
        }
        let head = Entry {
            key,
            date,
            kind,
            document,
            invoice,
            postings: postings.len() as i64,
        };
        JournalEntry::assemble(head, postings).map(Some)
    }

    /// Puts a stored head and its postings together again, in order of place.
    pub fn assemble(entry: Entry, postings: Vec<Posting>) -> Result<JournalEntry, EntryError> {
        if entry.postings != postings.len() as i64 {
            return Err(EntryError::Incomplete {
                expected: entry.postings,
                found: postings.len() as i64,
            });
        }
        if let Some(bad) = postings.iter().find(|posting| !posting.amount.is_positive()) {
            return Err(EntryError::NotPositive { place: bad.place });
        }
        let sum = |side| {
            postings
                .iter()
                .filter(|p| p.side == side)
                .map(|p| p.amount.minor())
                .sum::<i64>()
        };
        let (debits, credits) = (sum(Side::Debit), sum(Side::Credit));
        if debits != credits {
            return Err(EntryError::Unbalanced { debits, credits });
        }
        Ok(JournalEntry { entry, postings })
    }

    /// The head.
    pub fn entry(&self) -> &Entry {
        &self.entry
    }

    /// The postings in order of place.
    pub fn postings(&self) -> &[Posting] {
        &self.postings
    }

    /// The opposite movements, for the mirror of this entry: signed as [`JournalEntry::record`] takes them.
    pub fn mirrored(&self) -> Vec<(AccountKey, Amount)> {
        let signed = |p: &Posting| match p.side {
            Side::Debit => p.amount.negated(),
            Side::Credit => p.amount,
        };
        self.postings.iter().map(|p| (p.account, signed(p))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::DocumentKind;

    fn amount(minor: i64) -> Amount {
        Amount::new(minor).unwrap()
    }

    fn record(movements: &[(AccountKey, Amount)]) -> Result<Option<JournalEntry>, EntryError> {
        let date = jiff::civil::date(2026, 3, 1);
        let invoice = InvoiceKey(1);
        JournalEntry::record(
            EntryKey(1),
            date,
            EntryKind::Issue,
            invoice.into(),
            Some(invoice),
            movements,
        )
    }

    #[test]
    fn an_unbalanced_entry_cannot_be_built() {
        let movements = [(AccountKey(1), amount(100)), (AccountKey(2), amount(-99))];
        assert_eq!(
            record(&movements),
            Err(EntryError::Unbalanced {
                debits: 100,
                credits: 99
            })
        );
    }

    #[test]
    fn zero_movements_are_left_out_and_nothing_is_no_entry() {
        let movements = [
            (AccountKey(1), amount(100)),
            (AccountKey(3), amount(0)),
            (AccountKey(2), amount(-100)),
        ];
        let entry = record(&movements).unwrap().unwrap();
        assert_eq!(entry.postings().len(), 2);
        assert_eq!(entry.entry().document.kind, DocumentKind::Invoice);
        assert_eq!(
            entry.mirrored(),
            [(AccountKey(1), amount(-100)), (AccountKey(2), amount(100))]
        );
        assert_eq!(record(&[(AccountKey(1), amount(0))]), Ok(None));
    }
}
