//! Journal entries: the balanced record of one event.
//!
//! A [`JournalEntry`] cannot be built unbalanced, empty, or with a posting of nothing or less. One of a document in another currency
//! than the book's balances in both. Deliberately absent: editing. An entry is withdrawn or mirrored, never changed.

use jiff::{Timestamp, civil::Date};

use crate::account::Side;
use crate::content::Digest;
use crate::exchange::Valued;
use crate::identity::{AccountKey, DocumentId, DocumentRef, EntryKey, InvoiceKey};
use crate::money::{Amount, Currency, Money};

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
    /// Money went back to the customer, or is owed to them.
    Refund,
    /// Money that was owed to the customer went back.
    Payout,
    /// A receivable was given up.
    WriteOff,
    /// Somebody recorded it by hand.
    Manual,
    /// A manual entry was reversed.
    Reversal,
}

impl EntryKind {
    /// Every kind with the word that names it in the store.
    pub const ALL: [(EntryKind, &'static str); 13] = [
        (EntryKind::Issue, "issue"),
        (EntryKind::Void, "void"),
        (EntryKind::Allocation, "allocation"),
        (EntryKind::Receipt, "receipt"),
        (EntryKind::Unallocation, "unallocation"),
        (EntryKind::PaymentVoid, "payment_void"),
        (EntryKind::CreditNote, "credit_note"),
        (EntryKind::CreditVoid, "credit_void"),
        (EntryKind::Refund, "refund"),
        (EntryKind::Payout, "payout"),
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
    /// In the book's currency: more than zero, or zero where only the document's currency moves.
    pub amount: Amount,
    /// In the document's currency, when that is not the book's: more than zero, or zero for what is gained or lost by exchange.
    pub foreign: Option<Money>,
}

impl Posting {
    /// What it moves, debits positive: of the document's currency and of the book's.
    pub fn signed(&self) -> Valued {
        let moved = Valued {
            amount: self.foreign.map_or(self.amount, |money| money.amount),
            booked: self.amount,
        };
        match self.side {
            Side::Debit => moved,
            Side::Credit => moved.negated(),
        }
    }
}

/// What an entry moves: more than zero is a debit, less is a credit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Movements {
    /// The document's currency, when it is not the book's.
    pub foreign: Option<Currency>,
    /// Accounts and sums, in order.
    pub moved: Vec<(AccountKey, Valued)>,
}

impl Movements {
    /// Movements of a document, in another currency than the book's if one is named.
    pub fn of(foreign: Option<Currency>, moved: impl Into<Vec<(AccountKey, Valued)>>) -> Movements {
        let moved = moved.into();
        Movements { foreign, moved }
    }
}

/// Movements in the book's own currency.
impl From<&[(AccountKey, Amount)]> for Movements {
    fn from(moved: &[(AccountKey, Amount)]) -> Movements {
        let valued = moved.iter().map(|(account, amount)| (*account, Valued::own(*amount)));
        Movements::of(None, valued.collect::<Vec<_>>())
    }
}

impl<const N: usize> From<&[(AccountKey, Amount); N]> for Movements {
    fn from(moved: &[(AccountKey, Amount); N]) -> Movements {
        Movements::from(moved.as_slice())
    }
}

impl From<&Vec<(AccountKey, Amount)>> for Movements {
    fn from(moved: &Vec<(AccountKey, Amount)>) -> Movements {
        Movements::from(moved.as_slice())
    }
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
    /// Debits and credits differ, in minor units of the book's currency or of the document's.
    Unbalanced {
        /// Sum of the debits.
        debits: i64,
        /// Sum of the credits.
        credits: i64,
    },
    /// A posting of nothing or less.
    NotPositive {
        /// Its place.
        place: i64,
    },
    /// A posting whose two amounts stand on different sides, or that is in another currency than the others.
    Mixed {
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
    /// Builds an entry from signed sums: more than zero is a debit, less is a credit, zero is left out. `Ok(None)` when
    /// nothing is left: a document of zero posts nothing.
    pub fn record(
        key: EntryKey,
        date: Date,
        kind: EntryKind,
        document: DocumentRef,
        invoice: Option<InvoiceKey>,
        movements: &Movements,
    ) -> Result<Option<JournalEntry>, EntryError> {
        let moving = movements.moved.iter().filter(|(_, sum)| !sum.is_zero());
        let mut postings = Vec::with_capacity(movements.moved.len());
        for (place, (account, sum)) in (1..).zip(moving) {
            let side = match sum.amount.is_positive() || sum.booked.is_positive() {
                true => Side::Debit,
                false => Side::Credit,
            };
            let sum = match side {
                Side::Debit => *sum,
                Side::Credit => sum.negated(),
            };
            if sum.amount.is_negative() || sum.booked.is_negative() {
                return Err(EntryError::Mixed { place });
            }
            let amount = sum.amount;
            postings.push(Posting {
                entry: key,
                place,
                account: *account,
                date,
                side,
                amount: sum.booked,
                foreign: movements.foreign.map(|currency| Money { amount, currency }),
            });
        }
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
        let currency = |posting: &Posting| posting.foreign.map(|money| money.currency);
        let first = postings.first().and_then(currency);
        for posting in &postings {
            let foreign = posting.foreign.map_or(Amount::ZERO, |money| money.amount);
            let something = posting.amount.is_positive() || foreign.is_positive();
            if !something || posting.amount.is_negative() || foreign.is_negative() {
                return Err(EntryError::NotPositive { place: posting.place });
            }
            if currency(posting) != first {
                return Err(EntryError::Mixed { place: posting.place });
            }
        }
        balances(&postings, |posting| posting.amount)?;
        balances(&postings, |posting| {
            posting.foreign.map_or(Amount::ZERO, |money| money.amount)
        })?;
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
    pub fn mirrored(&self) -> Movements {
        let foreign = self.postings.first().and_then(|posting| posting.foreign);
        let opposite = self.postings.iter().map(|p| (p.account, p.signed().negated()));
        Movements::of(foreign.map(|money| money.currency), opposite.collect::<Vec<_>>())
    }
}

/// Whether as much is debited as credited.
fn balances(postings: &[Posting], amount: impl Fn(&Posting) -> Amount) -> Result<(), EntryError> {
    let sum = |side| -> i64 {
        let of_side = postings.iter().filter(|posting| posting.side == side);
        of_side.map(|posting| amount(posting).minor()).sum()
    };
    let (debits, credits) = (sum(Side::Debit), sum(Side::Credit));
    match debits == credits {
        true => Ok(()),
        false => Err(EntryError::Unbalanced { debits, credits }),
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
            &movements.into(),
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
        let opposite = [(AccountKey(1), amount(-100)), (AccountKey(2), amount(100))];
        assert_eq!(entry.mirrored(), Movements::from(&opposite));
        assert_eq!(record(&[(AccountKey(1), amount(0))]), Ok(None));
    }

    /// An entry of sums in euros and in the book's currency.
    fn in_euros(sums: &[(i64, i64)]) -> Result<Option<JournalEntry>, EntryError> {
        let valued = |(units, booked): &(i64, i64)| Valued {
            amount: amount(*units),
            booked: amount(*booked),
        };
        let moved: Vec<_> = (1..).map(AccountKey).zip(sums.iter().map(valued)).collect();
        let movements = Movements::of(Currency::parse("EUR"), moved);
        let (date, invoice) = (jiff::civil::date(2026, 3, 1), InvoiceKey(1));
        JournalEntry::record(
            EntryKey(1),
            date,
            EntryKind::Allocation,
            invoice.into(),
            None,
            &movements,
        )
    }

    #[test]
    fn an_entry_balances_in_both_currencies() {
        let entry = in_euros(&[(100, 112), (-100, -110), (0, -2)]).unwrap().unwrap();
        let sums: Vec<Valued> = entry.postings().iter().map(Posting::signed).collect();
        assert_eq!(sums[2], Valued::difference(amount(-2)));
        let again = JournalEntry::record(
            EntryKey(2),
            entry.entry().date,
            EntryKind::Void,
            entry.entry().document,
            None,
            &entry.mirrored(),
        );
        assert_eq!(again.unwrap().unwrap().mirrored().moved.len(), 3);
        let unbalanced = |debits, credits| Err(EntryError::Unbalanced { debits, credits });
        assert_eq!(in_euros(&[(100, 112), (-100, -111)]), unbalanced(112, 111));
        assert_eq!(in_euros(&[(100, 112), (-99, -112)]), unbalanced(100, 99));
        assert_eq!(in_euros(&[(100, -1), (-100, 1)]), Err(EntryError::Mixed { place: 1 }));
        // A yen is less than half a cent, and still a yen.
        assert_eq!(in_euros(&[(1, 0), (-1, 0)]).unwrap().unwrap().postings().len(), 2);
        let mut mixed = entry.postings().to_vec();
        mixed[1].foreign = None;
        assert_eq!(
            JournalEntry::assemble(*entry.entry(), mixed),
            Err(EntryError::Mixed { place: 2 })
        );
    }
}
