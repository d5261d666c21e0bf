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
use crate::report::{both, in_turns, millis, pairwise};
use crate::scene::{Scene, file_in};

/// What the table of lists shows: in milliseconds, and how often the first size's goes into each, asked in turns.
pub const COLUMNS: [&str; 8] = [
    "dialect",
    "invoices",
    "100, default order p50 / p99",
    "100 in the middle p50 / p99",
    "coming there",
    "100 open p50 / p99",
    "beside 1,000, p50",
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
    "beside 1,000, p50",
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

/// Books that are read over HTTP, and how many invoices they hold.
struct Held {
    server: Server,
    size: usize,
    uuid: String,
    hex: String,
}

impl Held {
    async fn open(scene: &Scene, size: usize) -> Held {
        let file = file_in(&scene.folder);
        let (clock, chance) = (Arc::new(SystemClock), Arc::new(Repeatable::new(3)));
        let books = Books::open_sqlite_for_reading(&file, clock, chance).unwrap();
        let settings = scene.books.settings(scene.book).await.unwrap().unwrap();
        let (uuid, hex) = (settings.id.uuid(), settings.id.hex());
        let server = Server::reading(scene, books).await;
        Held {
            server,
            size,
            uuid,
            hex,
        }
    }

    async fn get(&mut self, list: &str) -> Duration {
        let target = list.replace("{uuid}", &self.uuid).replace("{hex}", &self.hex);
        self.server.get(&target).await
    }

    /// A page of the later half, another for each number while there are any.
    async fn middle(&mut self, asked: &Asked, page: usize) -> Duration {
        let half = self.size / 2;
        let begins = (half + page * 100 % half) / 100 * 100;
        // Newest first: so many lie before the place. None of these invoices has an instant of sending.
        let cursor = URL_SAFE_NO_PAD.encode(format!("2 sent_at 1 {}", self.size - begins + 1));
        let place = asked
            .middle
            .replace("{at}", &begins.to_string())
            .replace("{page}", &(begins / 100 + 1).to_string())
            .replace("{cursor}", &cursor);
        self.get(&format!("{}{place}", asked.list)).await
    }
}

/// How often all lists are gone through: a few seconds in which somebody else has the machine are then a part of every list's samples, and
/// not all of one list's. Each goes through the same pages in the middle, which of a million are a hundred times what the reader's cache holds, and
/// one before them does not count: what the system does for a page of a file the first time that it is read.
const PASSES: usize = 5;

/// What was measured of one list in the two books, pass by pass.
type Samples = [Vec<Duration>; 2];

/// Adds what a pass measured, if it counts.
fn add(pass: usize, to: &mut Samples, found: Samples) {
    for (to, found) in to.iter_mut().zip(found).filter(|_| pass > 0) {
        to.extend(found);
    }
}

/// A row for each dialect, and one for each narrowed list, in books of this size, asked in turns with those of the first.
pub async fn measure(scenes: [&Scene; 2], size: usize, samples: usize) -> [Vec<Vec<String>>; 2] {
    let [few, many] = scenes;
    let mut held = [Held::open(few, FIRST).await, Held::open(many, size).await];
    let mut coming = vec![Duration::ZERO; ASKED.len()];
    let mut pages: Vec<[Samples; 3]> = vec![Default::default(); ASKED.len()];
    let mut narrowed: Vec<Samples> = vec![Default::default(); NARROW.len()];
    for pass in 0..=PASSES {
        let repeated = samples / PASSES;
        for ((asked, pages), coming) in ASKED.iter().zip(&mut pages).zip(&mut coming) {
            for held in held.iter_mut().filter(|_| pass == 0) {
                *coming = held.middle(asked, 0).await;
            }
            let [newest, middle, open] = pages;
            let list = format!("{}{}", asked.list, asked.first);
            add(
                pass,
                newest,
                in_turns(repeated, async |which, _| held[which].get(&list).await).await,
            );
            let found = in_turns(samples, async |which, sample| {
                held[which].middle(asked, sample + 1).await
            });
            add(pass, middle, found.await);
            let list = format!("{list}{}", asked.open);
            add(
                pass,
                open,
                in_turns(repeated, async |which, _| held[which].get(&list).await).await,
            );
        }
        for (narrow, found) in NARROW.iter().zip(&mut narrowed) {
            let asked = ASKED.iter().find(|asked| asked.dialect == narrow.dialect).unwrap();
            let list = format!("{}{}{}", asked.list, asked.first, narrow.more);
            // A few are enough: the slowest of them takes as long as ten pages.
            add(
                pass,
                found,
                in_turns(repeated / 5, async |which, _| held[which].get(&list).await).await,
            );
        }
    }
    for held in held {
        held.server.stop().await;
    }
    let of_dialects = ASKED.iter().zip(&pages).zip(coming);
    let rows = of_dialects.map(|((asked, pages), coming)| row(asked, size, pages, coming));
    let of_narrowed = NARROW.iter().zip(&narrowed);
    [
        rows.collect(),
        of_narrowed
            .map(|(narrow, found)| row_of_narrowed(narrow, size, found))
            .collect(),
    ]
}

fn row(asked: &Asked, size: usize, pages: &[Samples; 3], coming: Duration) -> Vec<String> {
    let [newest, middle, open] = pages.each_ref().map(|[_, now]| both(now));
    let beside = pages.each_ref().map(|[then, now]| pairwise(now, then));
    vec![
        asked.dialect.to_owned(),
        size.to_string(),
        newest,
        middle,
        millis(coming),
        open,
        beside.join(", "),
        "1.50".to_owned(),
    ]
}

fn row_of_narrowed(narrow: &Narrow, size: usize, [then, now]: &Samples) -> Vec<String> {
    let looked_at = |size: usize| narrow.looks_at.map_or(1, |most| most.min(size));
    let each = |times: &[Duration], size| -> Vec<Duration> {
        times.iter().map(|took| took.div_f64(looked_at(size) as f64)).collect()
    };
    vec![
        narrow.dialect.to_owned(),
        size.to_string(),
        narrow.what.to_owned(),
        narrow
            .looks_at
            .map(|most| most.min(size).to_string())
            .unwrap_or_default(),
        both(now),
        pairwise(&each(now, size), &each(then, FIRST)),
        "1.50".to_owned(),
    ]
}
