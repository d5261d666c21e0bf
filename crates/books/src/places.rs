//! Where deep pages of lists of invoices begin, so that none walks past all that lie before it.
//!
//! Clients ask for offsets. In a list of all invoices in order of creation the place follows from the numbers, which have no gaps but
//! the deleted ones: those are few, and counted. In any other list the place where a page ended is remembered with the head of the
//! book that it was read at, and serves as long as that is the head; whoever goes from page to page walks once at most. Either way
//! the page is exactly the one that its offset means. Deliberately absent: places as of another head, which would skip and repeat.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use quittance_accounting::identity::{BookKey, InvoiceKey};
use quittance_store::listing::{InvoiceFilter, InvoicePlace, InvoiceQuery, OrderBy, PlaceValue};
use quittance_store::{Head, Reader};

use crate::failure::Failure;
use crate::view::InvoiceView;

/// From which offset on a place is looked for: passing over fewer costs less than looking.
const DEEP: i64 = 1_000;

/// The most deleted invoices that are counted for a place: about as many as take the time of a page.
const MOST_GAPS: i64 = 20_000;

/// How often the gaps are counted for a place; only long stretches of them near the beginning of a book take more than a few rounds.
const MOST_ROUNDS: usize = 32;

/// The most places that are remembered, of all books together: a few hundred bytes each.
const MOST_REMEMBERED: usize = 256;

struct Remembered {
    book: BookKey,
    head: Head,
    filter: InvoiceFilter,
    order: OrderBy,
    descending: bool,
    /// How many lie up to the place, itself included.
    offset: i64,
    place: InvoicePlace,
}

impl Remembered {
    fn is_of(&self, book: BookKey, head: &Head, query: &InvoiceQuery) -> bool {
        self.book == book
            && self.order == query.order
            && self.descending == query.descending
            && self.head == *head
            && self.filter == query.filter
    }
}

/// The places that are remembered, the latest first.
#[derive(Default)]
pub(crate) struct Places(Mutex<VecDeque<Remembered>>);

impl Places {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Remembered>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same page, asked for from a place close to it, if one is known.
    pub(crate) async fn nearer(
        &self,
        reader: &Reader<'_>,
        book: BookKey,
        query: &InvoiceQuery,
    ) -> Result<Option<(InvoiceQuery, Head)>, Failure> {
        if query.offset < DEEP || query.after.is_some() {
            return Ok(None);
        }
        let Some(head) = reader.head(book).await? else {
            return Ok(None);
        };
        let begun = match self.remembered(book, &head, query) {
            Some(begun) => begun,
            None if query.order == OrderBy::Created && query.filter == InvoiceFilter::default() => {
                by_number(reader, book, &head, query).await?
            }
            None => (None, query.offset),
        };
        let (after, offset) = begun;
        let query = InvoiceQuery {
            after,
            offset,
            ..query.clone()
        };
        Ok(Some((query, head)))
    }

    fn remembered(&self, book: BookKey, head: &Head, query: &InvoiceQuery) -> Option<(Option<InvoicePlace>, i64)> {
        let places = self.lock();
        let before = places.iter().filter(|known| known.is_of(book, head, query));
        let exact = match query.order {
            // Passing over from a place stays on its side of those without a value.
            OrderBy::DueAt | OrderBy::SentAt | OrderBy::CustomerName => true,
            OrderBy::Created | OrderBy::InvoiceDate | OrderBy::UpdatedAt | OrderBy::Open | OrderBy::Total => false,
        };
        let near = before
            .filter(|known| known.offset == query.offset || (!exact && known.offset < query.offset))
            .max_by_key(|known| known.offset)?;
        Some((Some(near.place.clone()), query.offset - near.offset))
    }

    /// Remembers where a deep page ended: `last` is the last of it.
    pub(crate) fn remember(&self, book: BookKey, head: Head, query: &InvoiceQuery, shown: usize, last: &InvoiceView) {
        let mut places = self.lock();
        // What was read at another head serves nobody any more.
        places.retain(|known| known.book != book || known.head == head);
        places.truncate(MOST_REMEMBERED - 1);
        places.push_front(Remembered {
            book,
            filter: query.filter.clone(),
            order: query.order,
            descending: query.descending,
            offset: query.offset.saturating_add(i64::try_from(shown).unwrap_or(i64::MAX)),
            place: place_of(last, query.order),
            head,
        });
    }
}

/// The place of an invoice in a list in this order.
pub(crate) fn place_of(view: &InvoiceView, order: OrderBy) -> InvoicePlace {
    let name = view.customer.as_ref().map(|customer| customer.content.name.as_str());
    InvoicePlace::of(&view.invoice, order, name)
}

/// The same list by numbers, where instants of creation are asked for: both grow together, so the first and the last number are found
/// by halving. `None` where none are asked for.
pub(crate) async fn numbered(
    reader: &Reader<'_>,
    book: BookKey,
    query: &InvoiceQuery,
) -> Result<Option<InvoiceQuery>, Failure> {
    let (from, to) = query.filter.created_at;
    if from.is_none() && to.is_none() {
        return Ok(None);
    }
    let given = reader.head(book).await?.map_or(0, |head| head.counters.invoices);
    let mut keys = (None, None);
    if let Some(from) = from {
        keys.0 = Some(InvoiceKey(first_that(reader, book, given, |at| at >= from).await?));
    }
    if let Some(to) = to {
        keys.1 = Some(InvoiceKey(first_that(reader, book, given, |at| at > to).await? - 1));
    }
    let filter = InvoiceFilter {
        created_at: (None, None),
        keys,
        ..query.filter.clone()
    };
    Ok(Some(InvoiceQuery {
        filter,
        ..query.clone()
    }))
}

/// The first number from which on invoices were created at such instants.
async fn first_that(
    reader: &Reader<'_>,
    book: BookKey,
    given: i64,
    is_such: impl Fn(Timestamp) -> bool,
) -> Result<i64, Failure> {
    let (mut low, mut high) = (1, given + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        match reader.invoice_created(book, InvoiceKey(middle)).await? {
            Some((key, at)) if !is_such(at) => low = key.0 + 1,
            Some(_) | None => high = middle,
        }
    }
    Ok(low)
}

/// Where a page of all invoices in order of creation begins: at the number up to which as many are live as are passed over.
async fn by_number(
    reader: &Reader<'_>,
    book: BookKey,
    head: &Head,
    query: &InvoiceQuery,
) -> Result<(Option<InvoicePlace>, i64), Failure> {
    let unknown = (None, query.offset);
    let given = head.counters.invoices;
    let count = InvoiceQuery {
        limit: 0,
        offset: 0,
        count: true,
        ..query.clone()
    };
    let live = reader.invoices(book, &count).await?.total.unwrap_or_default();
    if given - live > MOST_GAPS {
        return Ok(unknown);
    }
    let passed = match query.descending {
        true => live.saturating_sub(query.offset),
        false => query.offset.min(live),
    };
    let passed = passed.max(0);
    // With every gap found the number grows, and with it the gaps before it: they are all found in the end.
    let mut number = passed;
    for round in 0..=MOST_ROUNDS {
        let next = match given > live {
            true => passed + reader.buried_invoices(book, InvoiceKey(number)).await?,
            false => passed,
        };
        if next == number {
            break;
        }
        if round == MOST_ROUNDS || next < number || next > given {
            return Ok(unknown);
        }
        number = next;
    }
    let number = if query.descending { number + 1 } else { number };
    let place = InvoicePlace {
        value: PlaceValue::Nothing,
        key: InvoiceKey(number),
    };
    Ok((Some(place), 0))
}
