//! Whether anything on the path of one call grows with the book.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::ToSpan as _;
use jiff::civil::date;
use quittance_accounting::identity::InvoiceKey;
use quittance_accounting::invoice::Standing;
use quittance_books::listing::{InvoiceFilter, InvoiceQuery, OrderBy};

use crate::comparison::create_dated;
use crate::lists;
use crate::options::Options;
use crate::report::{both, in_turns, pairwise};
use crate::scene::{Days, NOT_SOON, Scene};

/// What the table of sizes shows: each latency as the median and the 99th of a hundred, in milliseconds.
pub const COLUMNS: [&str; 7] = [
    "invoices",
    "file, MiB",
    "delete p50 / p99",
    "newest 100 p50 / p99",
    "100 drafts p50 / p99",
    "beside 10,000, p50",
    "aim",
];

/// One in so many is a draft.
const DRAFTS: usize = 50;

/// From one delete to the next, in stretches: a prime, so that each stretch comes once, and no small part of the book.
const FAR: usize = 7919;

/// Over so many days invoices are dated, as many on each: no day holds many, and what was made last is dated any day.
const DAYS: usize = 730;

/// So many days lie between two that were made one after the other: with no factor of the days, and so far that those of two days that
/// follow each other do not lie side by side.
const DAYS_APART: usize = 263;

/// One in so many is past due.
const PAST_DUE: usize = 8;

/// The days of an invoice: due thirty days after its date, or not soon.
fn days(number: usize) -> Days {
    let day = i64::try_from(number * DAYS_APART % DAYS).unwrap();
    let day = date(2024, 3, 1).checked_add(day.days()).unwrap();
    let is_past_due = number.is_multiple_of(PAST_DUE);
    let due = if is_past_due {
        day.checked_add(30.days()).unwrap()
    } else {
        NOT_SOON
    };
    (Some(day), due)
}

/// The size that the others stand beside.
const FIRST: usize = 10_000;

/// Books in a file that grows, and the invoices that were deleted from each stretch of it.
struct Growing {
    scene: Arc<Scene>,
    held: usize,
    deleted: usize,
}

impl Growing {
    async fn begin() -> Growing {
        Growing {
            scene: Arc::new(Scene::open(false).await),
            held: 0,
            deleted: 0,
        }
    }

    async fn grow(&mut self, size: usize) {
        while self.held < size {
            let some = (size - self.held).min(10_000);
            create_dated(&self.scene, 256, some - some / DRAFTS, days).await;
            for draft in 0..some / DRAFTS {
                self.scene.create(days(draft), false).await;
            }
            self.held += some;
            if size > FIRST {
                eprintln!("    {} invoices", self.held);
            }
        }
    }

    /// The same books in a program that was just started, so that it knows none of them, whatever the size.
    fn again(self) -> Growing {
        let scene = Arc::into_inner(self.scene).expect("every worker has ended").again();
        Growing {
            scene: Arc::new(scene),
            ..self
        }
    }

    /// How long deleting an invoice takes. They are spread over the whole book, and one after the other they lie far apart. None went
    /// before: each time that the book is measured takes the next place of every stretch.
    async fn delete(&self, sample: usize, samples: usize) -> Duration {
        let stretch = (sample * FAR) % samples;
        let key = InvoiceKey((stretch * (self.held / samples) + self.deleted + 1) as i64);
        let began = Instant::now();
        self.scene.delete(key).await;
        began.elapsed()
    }
}

/// A row for each size; and of the lists over HTTP a row for each size and dialect, and one for each list that is narrowed. What was
/// not asked for has no rows.
///
/// A machine that others share is half as fast in one minute as in the next, so what is compared is done in turns: a call in the large
/// book, and the same in a small one that is open beside it.
pub async fn measure(options: &Options) -> [Vec<Vec<String>>; 3] {
    let samples = if options.quick { 200 } else { 1000 };
    let (mut rows, mut of_lists, mut of_narrowed) = (Vec::new(), Vec::new(), Vec::new());
    let mut few = Growing::begin().await;
    few.grow(lists::FIRST).await;
    // With nothing left in the write-ahead log, which readers look through first.
    few = few.again();
    let mut large = Growing::begin().await;
    for size in &options.sizes {
        large.grow(*size).await;
        if options.does("lists") {
            large = large.again();
            let [whole, narrowed] = lists::measure([&few.scene, &large.scene], *size, samples / 2).await;
            of_lists.extend(whole);
            of_narrowed.extend(narrowed);
        }
        if options.does("sizes") {
            large = large.again();
            let mut small = Growing::begin().await;
            small.grow(FIRST).await;
            rows.push(beside(&small.again(), &large, samples).await);
            large.deleted += 1;
        }
    }
    [rows, of_lists, of_narrowed]
}

/// The row of a size.
async fn beside(small: &Growing, large: &Growing, samples: usize) -> Vec<String> {
    let newest = in_turns(samples / 2, async |which, _| {
        list(&[small, large][which].scene, None).await
    });
    let newest = newest.await;
    let drafts = in_turns(samples / 2, async |which, _| {
        list(&[small, large][which].scene, Some(Standing::Draft)).await
    });
    let drafts = drafts.await;
    let deletes = in_turns(samples, async |which, sample| {
        [small, large][which].delete(sample, samples).await
    });
    // The first bring the topmost pages of each file into its program's cache.
    let deletes = deletes.await.map(|mut times| times.split_off(samples / 5));
    let all = [deletes, newest, drafts];
    let mut row = vec![large.held.to_string(), (large.scene.bytes() >> 20).to_string()];
    row.extend(all.iter().map(|[_, now]| both(now)));
    let grown: Vec<String> = all.iter().map(|[then, now]| pairwise(now, then)).collect();
    row.extend([grown.join(", "), "1.30".to_owned()]);
    row
}

/// How long the newest hundred of all invoices, or of those that stand so, take, and how many there are.
async fn list(scene: &Scene, standing: Option<Standing>) -> Duration {
    let query = InvoiceQuery {
        filter: InvoiceFilter {
            standings: standing.map(|standing| vec![standing]),
            ..InvoiceFilter::default()
        },
        order: OrderBy::Created,
        descending: true,
        after: None,
        offset: 0,
        limit: 100,
        count: true,
    };
    let began = Instant::now();
    let page = scene.books.invoices(scene.book, &query).await.unwrap();
    let took = began.elapsed();
    assert!(!page.invoices.is_empty() && page.total.is_some());
    took
}
