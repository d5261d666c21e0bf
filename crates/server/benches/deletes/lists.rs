//! A page of a hundred invoices in each dialect, over HTTP: the first, one that lies deep, and the first of those that are open.
//!
//! The books are only read here: a second opening of the file answers, while the one that filled it waits.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use quittance_books::Books;
use quittance_books::source::{Repeatable, SystemClock};

use crate::http::Server;
use crate::report::{at_part, millis, times};
use crate::scene::{Scene, file_in};

/// What the table of lists shows: medians, in milliseconds, and how often the first size's goes into each.
pub const COLUMNS: [&str; 8] = [
    "dialect",
    "invoices",
    "100, default order p50 / p99",
    "100 in the middle p50 / p99",
    "coming there",
    "100 open p50 / p99",
    "beside the first, p50",
    "aim",
];

/// The size that the others stand beside.
pub const FIRST: usize = 1_000;

/// What the table of narrowed lists shows.
pub const NARROWED: [&str; 7] = [
    "dialect",
    "invoices",
    "asked for",
    "looked at",
    "p50 / p99",
    "beside the first, p50",
    "aim",
];

/// What a client narrows a list by, after the list's own address. At every size there are more than a hundred of it, so that full pages
/// are compared; but of what is looked for in texts there may be none, so that as many are looked at as may be, and those are compared
/// one by one.
struct Narrow {
    dialect: &'static str,
    what: &'static str,
    more: &'static str,
    /// How many invoices are looked at, at most, where none is found.
    looks_at: Option<usize>,
}

const fn filtered(dialect: &'static str, what: &'static str, more: &'static str) -> Narrow {
    let looks_at = None;
    Narrow {
        dialect,
        what,
        more,
        looks_at,
    }
}

const NARROW: [Narrow; 13] = [
    filtered("Campfire", "half a year", "&start_date=2025-01-01&end_date=2025-06-30"),
    filtered("Campfire", "unpaid, oldest first", "&status=unpaid&sort=invoice_date"),
    filtered("Campfire", "past due", "&status=past_due"),
    filtered(
        "Campfire",
        "past due, oldest first",
        "&status=past_due&sort=invoice_date",
    ),
    filtered(
        "Bookeeping.ai",
        "half a year",
        "&startDate=2025-01-01&endDate=2025-06-30",
    ),
    filtered("Bookeeping.ai", "overdue", "&status=OVERDUE"),
    filtered("Layer", "a word that all have", "&q=birch"),
    Narrow {
        dialect: "Layer",
        what: "a word that none has",
        more: "&q=nobody",
        looks_at: Some(10_000),
    },
    filtered("Layer", "due from a day on", "&due_at_start=2031-01-01"),
    filtered(
        "Moov",
        "created until today",
        "&createdEndDateTime=2099-01-01T00:00:00Z",
    ),
    filtered("Moov", "overdue", "&status=overdue"),
    filtered("HighLevel", "half a year", "&startAt=2025-01-01&endAt=2025-06-30"),
    Narrow {
        dialect: "HighLevel",
        what: "a word that none has",
        more: "&search=nobody",
        looks_at: Some(2_000),
    },
];

/// What a dialect is asked: a list, and where its first page begins if that must be said. With `{at}` where the page begins, `{page}` for the number of the page and `{cursor}` for a cursor there.
struct Asked {
    dialect: &'static str,
    list: &'static str,
    first: &'static str,
    middle: &'static str,
    open: &'static str,
}

const ASKED: [Asked; 5] = [
    Asked {
        dialect: "Campfire",
        list: "/coa/api/v1/invoice/?limit=100",
        first: "",
        middle: "&offset={at}",
        open: "&status=unpaid",
    },
    Asked {
        dialect: "Bookeeping.ai",
        list: "/public-api/v1/invoices?limit=100",
        first: "",
        middle: "&page={page}",
        open: "&status=SENT",
    },
    Asked {
        dialect: "Layer",
        list: "/v1/businesses/{uuid}/invoices?limit=100&sort_by=sent_at&sort_order=DESC&show_total_count=true",
        first: "",
        middle: "&cursor={cursor}",
        open: "&status=SENT",
    },
    Asked {
        dialect: "Moov",
        list: "/accounts/{uuid}/invoices?count=100",
        first: "",
        middle: "&skip={at}",
        open: "&status=unpaid",
    },
    Asked {
        dialect: "HighLevel",
        list: "/invoices/?altId={hex}&altType=location&limit=100",
        first: "&offset=0",
        middle: "&offset={at}",
        open: "&status=sent",
    },
];

/// The medians at the first size: of each dialect, and of each narrowed list.
#[derive(Default)]
pub struct Firsts {
    whole: Vec<[Duration; 3]>,
    narrowed: Vec<Duration>,
}

/// A row for each dialect, and one for each narrowed list, in books of this size; `first` holds the medians of the first size, once
/// they are known.
pub async fn measure(scene: &Scene, size: usize, samples: usize, first: &mut Firsts) -> [Vec<Vec<String>>; 2] {
    let file = file_in(&scene.folder);
    let (clock, chance) = (Arc::new(SystemClock), Arc::new(Repeatable::new(3)));
    let books = Books::open_sqlite_for_reading(&file, clock, chance).unwrap();
    let settings = scene.books.settings(scene.book).await.unwrap().unwrap();
    let (uuid, hex) = (settings.id.uuid(), settings.id.hex());
    let mut server = Server::reading(scene, books).await;
    let mut rows = Vec::new();
    for (place, asked) in ASKED.iter().enumerate() {
        let list = asked.list.replace("{uuid}", &uuid).replace("{hex}", &hex);
        // From one page to the next, so that none is asked for twice.
        let at = |page: usize| (size / 2 + page * 100).min(size - 100) / 100 * 100;
        let mut middle = Vec::with_capacity(samples);
        for page in 0..samples {
            let begins = at(page);
            // Newest first: so many lie before the place. None of these invoices has an instant of sending.
            let cursor = URL_SAFE_NO_PAD.encode(format!("2 sent_at 1 {}", size - begins + 1));
            let place = asked
                .middle
                .replace("{at}", &begins.to_string())
                .replace("{page}", &(begins / 100 + 1).to_string())
                .replace("{cursor}", &cursor);
            middle.push(server.get(&format!("{list}{place}")).await);
        }
        let coming = middle.remove(0);
        let mut ask = async |target: String| {
            let mut found = Vec::with_capacity(samples);
            for _ in 0..samples {
                found.push(server.get(&target).await);
            }
            found
        };
        let newest = ask(format!("{list}{}", asked.first)).await;
        let open = ask(format!("{list}{}{}", asked.first, asked.open)).await;
        let all = [newest, middle, open];
        let medians = all.each_ref().map(|one| at_part(one, 50));
        if first.whole.len() == place {
            first.whole.push(medians);
        }
        let beside = medians
            .iter()
            .zip(first.whole[place].iter())
            .map(|(now, then)| times(*now, *then));
        let shown = |one: &[Duration]| format!("{} / {}", millis(at_part(one, 50)), millis(at_part(one, 99)));
        let [newest, middle, open] = all.each_ref().map(|one| shown(one));
        rows.push(vec![
            asked.dialect.to_owned(),
            size.to_string(),
            newest,
            middle,
            millis(coming),
            open,
            beside.collect::<Vec<_>>().join(", "),
            "1.50".to_owned(),
        ]);
    }
    let mut narrowed = Vec::new();
    for (place, narrow) in NARROW.iter().enumerate() {
        let asked = ASKED.iter().find(|asked| asked.dialect == narrow.dialect).unwrap();
        let list = asked.list.replace("{uuid}", &uuid).replace("{hex}", &hex);
        // A few are enough: the slowest of them takes as long as ten pages.
        let samples = samples / 5;
        let mut found = Vec::with_capacity(samples);
        for _ in 0..samples {
            found.push(server.get(&format!("{list}{}{}", asked.first, narrow.more)).await);
        }
        let median = at_part(&found, 50);
        let looked_at = narrow.looks_at.map(|most| most.min(size));
        let each = match looked_at {
            Some(many) => median.div_f64(many as f64),
            None => median,
        };
        if first.narrowed.len() == place {
            first.narrowed.push(each);
        }
        narrowed.push(vec![
            narrow.dialect.to_owned(),
            size.to_string(),
            narrow.what.to_owned(),
            looked_at.map(|many| many.to_string()).unwrap_or_default(),
            format!("{} / {}", millis(median), millis(at_part(&found, 99))),
            times(each, first.narrowed[place]),
            "1.50".to_owned(),
        ]);
    }
    server.stop().await;
    [rows, narrowed]
}
