//! Two independent programs read our exports and come to our figures: per month, the trial balance and the aging, to the last minor
//! unit, in currencies of none, two and three digits, before and after deletes.
//!
//! hledger and beancount are installed by `cargo xtask test`. QUITTANCE_TEST_AGREEMENT_COMMANDS says how many commands are carried out in
//! all; there are ten thousand and more unless it says otherwise.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    reason = "in a test, a panic is the report"
)]

#[path = "agreement/figures.rs"]
mod figures;
#[path = "agreement/histories.rs"]
mod histories;
#[path = "agreement/stranger.rs"]
mod stranger;

use std::path::Path;
use std::sync::Arc;

use figures::{Months, beancount, hledger, ours};
use histories::Life;
use quittance_books::Books;
use quittance_books::source::{Repeatable, SystemClock};
use quittance_server::exports::{ExportFormat, export};

/// How many commands are carried out in all, deletes at the end not counted.
const COMMANDS: u32 = 10_000;

/// How many commands the book of the stranger's script lives through.
const STRANGERS: u32 = 1_500;

/// The currencies of books, each with others that some of their documents are in.
const CURRENCIES: [(&str, &[&str]); 5] = [
    ("USD", &[]),
    ("JPY", &[]),
    ("KWD", &[]),
    ("EUR", &["USD", "JPY"]),
    ("CHF", &["EUR", "KWD", "JPY"]),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hledger_and_beancount_come_to_our_figures() {
    let commands = std::env::var("QUITTANCE_TEST_AGREEMENT_COMMANDS").map_or(COMMANDS, |asked| asked.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let chance = Arc::new(Repeatable::new(3));
    let books = Arc::new(Books::open_sqlite(&folder.path().join("books.db"), Arc::new(SystemClock), chance).unwrap());
    // One after the other, so that slots and currencies go together.
    let mut lives = Vec::new();
    for (seed, (currency, others)) in (1..).zip(CURRENCIES) {
        lives.push(Life::begin(Arc::clone(&books), seed, currency, others).await);
    }
    let each = commands.div_ceil(lives.len() as u32);
    let mut running = tokio::task::JoinSet::new();
    for mut life in lives {
        let (books, path) = (Arc::clone(&books), folder.path().to_owned());
        running.spawn(async move {
            life.live(each, (0, 100)).await;
            let before = agreed(&books, &life, &path).await;
            life.withdraw(each / 25).await;
            let after = agreed(&books, &life, &path).await;
            assert_ne!(before, after);
            (life.accepted, before)
        });
    }
    let (mut accepted, mut buckets, mut abroad) = (0, [0_i128; 5], [0_i128; 5]);
    while let Some(lived) = running.join_next().await {
        let (commands, months) = lived.unwrap();
        accepted += commands;
        assert!(months.len() >= 18, "{} months", months.len());
        for month in months.values() {
            assert!(month.trial.len() >= 5 && month.aging.len() >= 5, "{month:?}");
            for sums in month.aging.values() {
                (0..5).for_each(|at| buckets[at] += sums[at]);
            }
            for sums in month.abroad.values() {
                (0..5).for_each(|at| abroad[at] += sums[at]);
            }
        }
    }
    assert!(accepted >= commands, "{accepted}");
    assert!(
        buckets.iter().all(|sum| *sum > 0),
        "a bucket was never used: {buckets:?}"
    );
    assert!(abroad.iter().all(|sum| *sum > 0), "never used abroad: {abroad:?}");
}

/// Exports a book, has both programs read it, and compares. Hands out the figures.
async fn agreed(books: &Books, life: &Life, folder: &Path) -> Months {
    let write = async |format, ending: &str| {
        let path = folder.join(format!("{}.{ending}", life.book.0));
        let mut out = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
        export(books, life.book, format, &mut out).await.unwrap();
        path
    };
    let journal = write(ExportFormat::Hledger, "journal").await;
    let ledger = write(ExportFormat::Beancount, "beancount").await;
    let postings = write(ExportFormat::Csv, "csv").await;
    let (by_hledger, by_beancount) = tokio::task::block_in_place(|| {
        (
            hledger(&journal, &postings, life.currency, &life.others),
            beancount(&ledger, life.currency),
        )
    });
    let figures = ours(books, life.book, by_hledger.keys().copied()).await;
    for (day, month) in &figures {
        assert_eq!(Some(month), by_hledger.get(day), "hledger, {day}, book {:?}", life.book);
        assert_eq!(
            Some(month),
            by_beancount.get(day),
            "beancount, {day}, book {:?}",
            life.book
        );
    }
    assert_eq!(by_beancount.len(), figures.len());
    figures
}

/// The page about the log is enough to recompute the chain and the reports, and to find that somebody changed something.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_comes_to_our_figures_from_the_log_alone() {
    let folder = tempfile::tempdir().unwrap();
    let books = Books::in_memory(Arc::new(SystemClock), Arc::new(Repeatable::new(5)));
    let books = Arc::new(books.unwrap());
    let (currency, others) = CURRENCIES[3];
    let before = Life::begin(Arc::clone(&books), 11, "USD", &[]).await;
    drop(before);
    let life = Life::begin(Arc::clone(&books), 12, currency, others).await;
    let book = stranger::Book::lived(books, life, STRANGERS).await;
    book.agrees(folder.path()).await;
    book.is_guarded(folder.path());
}
