//! How long lists are, while nothing changes: counting what matches is the one part of a page that grows with what matches.
//!
//! A count is remembered with the head of the book that it was made at, and serves as long as that is the head; so whoever pages
//! through a list has it counted once. Deliberately absent: counts as of another head, which would be wrong.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use quittance_accounting::identity::BookKey;
use quittance_store::listing::{CreditQuery, EntryQuery, InvoiceFilter, PaymentFilter};
use quittance_store::parts::PartQuery;
use quittance_store::{Head, Reader};

use crate::books::Books;
use crate::failure::Failure;

/// The most counts that are remembered, of all books together: a few hundred bytes each.
const MOST_REMEMBERED: usize = 256;

/// What is counted. Of a query only its conditions matter, so what says which page is the same in all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    Invoices(Box<InvoiceFilter>),
    Entries(EntryQuery),
    Payments(PaymentFilter),
    Parts(PartQuery),
    CreditNotes(CreditQuery),
}

impl Counted {
    /// What a list of invoices counts; `None` where kept tallies say it, or where the instant that is asked about is never the same.
    pub(crate) fn invoices(filter: &InvoiceFilter) -> Option<Counted> {
        let tallied = InvoiceFilter {
            standings: filter.standings.clone(),
            ..InvoiceFilter::default()
        };
        (*filter != tallied && filter.overdue.is_none()).then(|| Counted::Invoices(Box::new(filter.clone())))
    }

    pub(crate) fn entries(query: &EntryQuery) -> Counted {
        Counted::Entries(EntryQuery {
            by_date: false,
            descending: false,
            after: None,
            offset: 0,
            limit: 0,
            ..query.clone()
        })
    }

    pub(crate) fn parts(query: &PartQuery) -> Counted {
        Counted::Parts(PartQuery {
            after: None,
            offset: 0,
            limit: 0,
            ..query.clone()
        })
    }

    pub(crate) fn credit_notes(query: &CreditQuery) -> Counted {
        Counted::CreditNotes(CreditQuery {
            descending: false,
            offset: 0,
            limit: 0,
            ..query.clone()
        })
    }
}

struct Remembered {
    book: BookKey,
    head: Head,
    counted: Counted,
    count: i64,
}

/// The counts that are remembered, the latest first.
#[derive(Default)]
pub(crate) struct Counts(Mutex<VecDeque<Remembered>>);

impl Counts {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Remembered>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The count at this head, if it is known.
    pub(crate) fn at(&self, book: BookKey, head: &Head, counted: &Counted) -> Option<i64> {
        let known = self.lock();
        let mut same = known.iter().filter(|known| known.book == book && known.head == *head);
        same.find(|known| known.counted == *counted).map(|known| known.count)
    }

    /// Remembers a count; what was counted at another head serves nobody any more.
    pub(crate) fn put(&self, book: BookKey, head: Head, counted: Counted, count: i64) {
        let mut known = self.lock();
        known.retain(|known| known.book != book || known.head == head);
        known.truncate(MOST_REMEMBERED - 1);
        known.push_front(Remembered {
            book,
            head,
            counted,
            count,
        });
    }
}

/// What is to be counted, at which head.
pub(crate) type Counting = Option<(Head, Counted)>;

impl Books {
    /// What is known of a count, or else what to remember of it once it is made.
    pub(crate) async fn counted(
        &self,
        reader: &Reader<'_>,
        book: BookKey,
        counted: Option<Counted>,
    ) -> Result<(Option<i64>, Counting), Failure> {
        let Some(counted) = counted else {
            return Ok((None, None));
        };
        let Some(head) = reader.head(book).await? else {
            return Ok((None, None));
        };
        let known = self.counts.at(book, &head, &counted);
        Ok((known, Some((head, counted))))
    }

    /// The count that was known, or that was made now and is remembered.
    pub(crate) fn remember_count(
        &self,
        book: BookKey,
        known: Option<i64>,
        counting: Counting,
        made: Option<i64>,
    ) -> Option<i64> {
        if let (None, Some((head, counted)), Some(count)) = (known, counting, made) {
            self.counts.put(book, head, counted, count);
        }
        known.or(made)
    }
}
