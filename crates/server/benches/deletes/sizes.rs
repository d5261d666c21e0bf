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
use crate::report::{at_part, millis, times};
use crate::scene::{Days, NOT_SOON, Scene};

/// What the table of sizes shows: each latency as the median and the 99th of a hundred, in milliseconds.
pub const COLUMNS: [&str; 7] = [
    "invoices",
    "file, MiB",
    "delete p50 / p99",
    "newest 100 p50 / p99",
    "100 drafts p50 / p99",
    "beside the first, p50",
    "aim",
];

/// One in so many is a draft.
const DRAFTS: usize = 50;

/// From one delete to the next, in stretches: a prime, so that each stretch comes once, and no small part of the book.
const FAR: usize = 7919;

/// Over so many days invoices are dated, one after the other on each: no day holds many, and what was made last is dated any day.
const DAYS: usize = 730;

/// One in so many is past due.
const PAST_DUE: usize = 8;

/// The days of an invoice: due thirty days after its date, or not soon.
fn days(number: usize) -> Days {
    let day = i64::try_from(number % DAYS).unwrap();
    let day = date(2024, 3, 1).checked_add(day.days()).unwrap();
    let is_past_due = number.is_multiple_of(PAST_DUE);
    let due = if is_past_due {
        day.checked_add(30.days()).unwrap()
    } else {
        NOT_SOON
    };
    (Some(day), due)
}

/// A row for each size; and of the lists over HTTP, which begin with a size of their own, a row for each size and dialect, and one for
/// each list that is narrowed. What was not asked for has no rows.
pub async fn measure(options: &Options) -> [Vec<Vec<String>>; 3] {
    let mut scene = Arc::new(Scene::open(false).await);
    let (mut rows, mut held, mut deleted) = (Vec::new(), 0, 0_usize);
    let (mut of_lists, mut of_narrowed, mut first_lists) = (Vec::new(), Vec::new(), lists::Firsts::default());
    let mut first: Option<[Duration; 3]> = None;
    let samples = if options.quick { 200 } else { 1000 };
    let mut sizes = options.sizes.clone();
    if options.does("lists") {
        sizes.push(lists::FIRST);
    }
    sizes.sort_unstable();
    sizes.dedup();
    for size in sizes {
        while held < size {
            let some = (size - held).min(10_000);
            create_dated(&scene, 256, some - some / DRAFTS, days).await;
            for draft in 0..some / DRAFTS {
                scene.create(days(draft), false).await;
            }
            held += some;
            eprintln!("    {held} invoices");
        }
        if options.does("lists") {
            let [whole, narrowed] = lists::measure(&scene, size, samples / 2, &mut first_lists).await;
            of_lists.extend(whole);
            of_narrowed.extend(narrowed);
        }
        if !options.does("sizes") || !options.sizes.contains(&size) {
            continue;
        }
        scene = Arc::new(Arc::into_inner(scene).expect("every worker has ended").again());
        let newest = list(&scene, None, samples).await;
        let drafts = list(&scene, Some(Standing::Draft), samples).await;
        let deletes = delete(&scene, size, deleted, samples).await;
        deleted += 1;
        let all = [deletes, newest, drafts];
        let medians = all.each_ref().map(|one| at_part(one, 50));
        let beside = first.get_or_insert(medians);
        let grown: Vec<String> = medians
            .iter()
            .zip(beside.iter())
            .map(|(now, then)| times(*now, *then))
            .collect();
        let mut row = vec![size.to_string(), (scene.bytes() >> 20).to_string()];
        row.extend(
            all.iter()
                .map(|one| format!("{} / {}", millis(at_part(one, 50)), millis(at_part(one, 99)))),
        );
        row.extend([grown.join(", "), "1.30".to_owned()]);
        rows.push(row);
    }
    [rows, of_lists, of_narrowed]
}

/// Deletes invoices spread over the whole book by a program that was started after they were made, so that it knows none of them,
/// whatever the size; the first fifth, which brings the file's topmost pages into its cache, is not counted. One after the other they
/// lie far apart. None went before: each size takes the next place of every stretch.
async fn delete(scene: &Scene, size: usize, before: usize, samples: usize) -> Vec<Duration> {
    let mut times = Vec::with_capacity(samples);
    for sample in 0..samples {
        let stretch = (sample * FAR) % samples;
        let key = InvoiceKey((stretch * (size / samples) + before + 1) as i64);
        let began = Instant::now();
        scene.delete(key).await;
        times.push(began.elapsed());
    }
    times.split_off(samples / 5)
}

async fn list(scene: &Scene, standing: Option<Standing>, samples: usize) -> Vec<Duration> {
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
    let mut found = Vec::with_capacity(samples);
    for _ in 0..samples / 2 {
        let began = Instant::now();
        let page = scene.books.invoices(scene.book, &query).await.unwrap();
        found.push(began.elapsed());
        assert!(!page.invoices.is_empty() && page.total.is_some());
    }
    found
}
