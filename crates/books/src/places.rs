//! Where deep pages of lists of invoices begin, so that none walks past all that lie before it.
//!
//! Clients ask for offsets. In a list of all invoices in order of creation the place follows from the numbers, which have no gaps but
//! the deleted ones: those are few, and counted. In a list in order of date the day follows from how many are kept to be dated on each, by
//! standing and currency; days that nothing asked for is dated on are not walked past either. In any other list the place where a page ended is remembered with the head of the
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

    /// The same page, asked for from a place close to it, if one is known, and for a deep one the head that it is known at.
    pub(crate) async fn nearer(
        &self,
        reader: &Reader<'_>,
        book: BookKey,
        query: &InvoiceQuery,
    ) -> Result<(Option<InvoiceQuery>, Option<Head>), Failure> {
        if query.after.is_some() {
            return Ok((None, None));
        }
        let from = |(after, offset)| InvoiceQuery {
            after,
            offset,
            ..query.clone()
        };
        if query.offset < DEEP {
            // The first may lie as deep as a page that is passed over to.
            let sparse = query.filter.standings.is_some() || query.filter.currency.is_some();
            let begun = if sparse {
                by_day(reader, book, query).await?
            } else {
                None
            };
            return Ok((begun.map(from), None));
        }
        let Some(head) = reader.head(book).await? else {
            return Ok((None, None));
        };
        let mut begun = self.remembered(book, &head, query);
        if begun.is_none() && query.order == OrderBy::Created && query.filter == InvoiceFilter::default() {
            begun = Some(by_number(reader, book, &head, query).await?);
        }
        if begun.as_ref().is_none_or(|(_, offset)| *offset > 0) {
            let by_day = by_day(reader, book, query).await?;
            let passed_over = |begun: &Option<(_, i64)>| begun.as_ref().map_or(i64::MAX, |(_, offset)| *offset);
            if passed_over(&by_day) < passed_over(&begun) {
                begun = by_day;
            }
        }
        Ok((begun.map(from), Some(head)))
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

/// Where the day begins that a page in order of date begins on, and how many of it are passed over.
async fn by_day(
    reader: &Reader<'_>,
    book: BookKey,
    query: &InvoiceQuery,
) -> Result<Option<(Option<InvoicePlace>, i64)>, Failure> {
    if query.order != OrderBy::InvoiceDate {
        return Ok(None);
    }
    let Some(mut days) = reader.invoice_days(book, &query.filter).await? else {
        return Ok(None);
    };
    if query.descending {
        days.reverse();
    }
    let mut left = query.offset.max(0);
    let mut last = None;
    for (day, many) in days {
        last = Some((day, left));
        if left < many {
            break;
        }
        left -= many;
    }
    // Behind the last one there is nothing, and that is found on its day.
    Ok(last.map(|(day, left)| {
        let key = InvoiceKey(if query.descending { i64::MAX } else { 0 });
        let value = PlaceValue::On(day);
        (Some(InvoicePlace { value, key }), left)
    }))
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
