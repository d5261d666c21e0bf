//! PostgreSQL: issuing invoices through the books, beside two ways in which such a thing is usually written.
//!
//! Both baselines write the rows that a commit of ours was seen to write (`postgres/rows.rs`), in a copy of the same database, with
//! the same role and the same settings of the session, driven by `pgbench`: one sends the statements of a transaction one after
//! the other, one calls a stored function that holds them all. They know beforehand what the books have to find out and decide.
//! Afterwards the rows in every table are counted: each way must have written as many per request. The ways take turns.

#[path = "postgres/database.rs"]
mod database;
#[path = "postgres/rows.rs"]
mod rows;

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use jiff::civil::date;
use quittance_accounting::identity::BookKey;
use quittance_books::Books;
use quittance_books::source::{Repeatable, SystemClock};
use tokio::task::JoinSet;

use crate::options::Options;
use crate::scene::{Scene, open_book};
use database::Database;
use rows::Recorded;

/// What the table shows.
pub const COLUMNS: [&str; 10] = [
    "books",
    "clients",
    "ours, per second",
    "per commit",
    "multi-statement",
    "function",
    "ours / multi-statement",
    "aim",
    "ours / function",
    "aim",
];

/// How many books the commands are spread over: a hot one, and many.
const SPREADS: [usize; 2] = [1, 32];
/// How many clients there are at once.
const CLIENTS: [usize; 4] = [1, 8, 32, 64];

/// One way's figures: how many in which time, and in how many commits.
#[derive(Clone, Copy)]
struct Figures {
    per_second: u64,
    per_commit: u64,
}

/// A row for each number of books and of clients.
pub async fn measure(options: &Options, mut show: impl FnMut(Vec<String>)) {
    let (rounds, lasting) = match options.quick {
        true => (1, Duration::from_secs(2)),
        false => (5, Duration::from_secs(4)),
    };
    for spread in SPREADS {
        let scene = Database::make("scene", None);
        let recorded = prepare(&scene, spread).await;
        for clients in CLIENTS {
            let mut seen: Vec<[Figures; 3]> = Vec::new();
            for _ in 0..rounds {
                let ours = ours(&scene, &recorded, spread, clients, lasting).await;
                let multi = pgbench(&scene, &recorded, &recorded.transaction(spread), clients, lasting);
                let function = pgbench(&scene, &recorded, &recorded.call(spread), clients, lasting);
                seen.push([ours, multi, function]);
            }
            show(row(spread, clients, &seen));
        }
    }
}

/// Medians, and medians of the ratios of each round: what else the machine does meets all three of a round alike.
fn row(spread: usize, clients: usize, seen: &[[Figures; 3]]) -> Vec<String> {
    let median = |of: &dyn Fn(&[Figures; 3]) -> u64| {
        let mut all: Vec<u64> = seen.iter().map(of).collect();
        all.sort_unstable();
        all[all.len() / 2]
    };
    let hundredths = |way: usize| {
        let found = median(&|round| round[0].per_second * 100 / round[way].per_second.max(1));
        format!("{}.{:02}", found / 100, found % 100)
    };
    let aim = |wanted: bool, aim: &str| if wanted { aim.to_owned() } else { String::new() };
    vec![
        spread.to_string(),
        clients.to_string(),
        median(&|round| round[0].per_second).to_string(),
        median(&|round| round[0].per_commit).to_string(),
        median(&|round| round[1].per_second).to_string(),
        median(&|round| round[2].per_second).to_string(),
        hundredths(1),
        aim(spread == 1 && clients == 32, "8.00"),
        hundredths(2),
        match (spread, clients) {
            (1, 32) => "3.00".to_owned(),
            (_, 1) => "0.83".to_owned(),
            _ => String::new(),
        },
    ]
}

/// Opens the books, and keeps what two commits in a row write. Every book ends up alike.
async fn prepare(scene: &Database, spread: usize) -> Recorded {
    Books::migrate_postgres(&scene.owner, Some("quittance_server"))
        .await
        .unwrap();
    let books = open(scene, 1).await;
    let books = Scene::over(books);
    for book in (1..).map(BookKey).take(spread) {
        let opened = open_book(&books.books).await;
        assert_eq!(opened, (book, 1));
        issue(&books, book).await;
        issue(&books, book).await;
    }
    let mut recording = rows::Recording::begin(scene);
    for _ in 0..2 {
        issue(&books, BookKey(1)).await;
        recording.step();
    }
    for book in (2..).map(BookKey).take(spread - 1) {
        issue(&books, book).await;
        issue(&books, book).await;
    }
    drop(books);
    let recorded = recording.end();
    scene.ask(&recorded.function());
    scene.let_go();
    recorded
}

async fn open(database: &Database, seed: u64) -> Books {
    let (clock, chance) = (Arc::new(SystemClock), Arc::new(Repeatable::new(seed)));
    Books::open_postgres(&database.server, clock, chance).await.unwrap()
}

async fn issue(books: &Scene, book: BookKey) {
    books.issue_in(book, date(2026, 3, 15), date(2031, 1, 1)).await;
}

/// Issues through the books for so long.
async fn ours(template: &Database, recorded: &Recorded, spread: usize, clients: usize, lasting: Duration) -> Figures {
    let copy = Database::make("ours", Some(template));
    let books = Arc::new(Scene::over(open(&copy, 2).await));
    let before = copy.counts();
    let done = Arc::new(AtomicUsize::new(0));
    let mut workers = JoinSet::new();
    let began = Instant::now();
    let until = began + lasting;
    for client in 0..clients {
        let (books, done) = (Arc::clone(&books), Arc::clone(&done));
        workers.spawn(async move {
            // Every client goes round the books, each from a place of its own: at any time they are on many.
            let mut turn = client;
            while Instant::now() < until {
                issue(&books, BookKey((turn % spread) as i64 + 1)).await;
                done.fetch_add(1, Ordering::Relaxed);
                turn += 1;
            }
        });
    }
    workers.join_all().await;
    let took = began.elapsed();
    let done = done.load(Ordering::Relaxed) as u64;
    drop(books);
    copy.let_go();
    recorded.check(&before, &copy.counts());
    Figures {
        per_second: (u128::from(done) * 1_000_000 / took.as_micros()) as u64,
        per_commit: done / copy.commits().max(1),
    }
}

/// Has `pgbench` carry a script out for so long.
fn pgbench(template: &Database, recorded: &Recorded, script: &str, clients: usize, lasting: Duration) -> Figures {
    let copy = Database::make("theirs", Some(template));
    let before = copy.counts();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("script.sql");
    std::fs::write(&file, script).unwrap();
    let output = Command::new(database::program("pgbench"))
        .args(["--no-vacuum", "--protocol", "prepared"])
        .args(["--client", &clients.to_string(), "--jobs", &clients.min(2).to_string()])
        .args(["--time", &lasting.as_secs().to_string()])
        .arg("--file")
        .arg(&file)
        .arg(&copy.server)
        .env("PGOPTIONS", database::SESSION)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{complained}");
    assert!(said.contains("number of failed transactions: 0 "), "{said}{complained}");
    // On a machine that is busy otherwise, many clients at one row may not get through once in so short a time.
    let figure = said.split("tps = ").nth(1).unwrap_or("0.");
    let whole = figure.split('.').next().unwrap();
    recorded.check(&before, &copy.counts());
    Figures {
        per_second: whole.parse().unwrap(),
        per_commit: 1,
    }
}
