//! What reports and an export cost in a book of two years that grows: thousands of customers, nine invoices of ten paid.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use jiff::ToSpan;
use jiff::civil::{Date, date};
use quittance_accounting::account::AccountRole;
use quittance_accounting::issuing::AccountChoice;
use quittance_accounting::settlement::{Method, Witness};
use quittance_accounting::settling::Part;
use quittance_accounting::snapshot::Named;
use quittance_books::content::{CustomerContent, PaymentContent};
use quittance_books::input::{CustomerInput, PaymentInput};
use quittance_books::reports::{ReportName, ReportQuery};
use quittance_server::exports::{ExportFormat, export};
use tokio::task::JoinSet;

use crate::options::Options;
use crate::report::{at_part, millis, per_second};
use crate::scene::{RULES, Scene};

/// The table of reports: the median and the worst of twenty, in milliseconds. The aim is for the first two.
pub const COLUMNS: [&str; 8] = [
    "invoices",
    "open",
    "trial balance p50 / worst",
    "aging p50 / worst",
    "aim",
    "trial balance a year ago",
    "aging a month ago",
    "aging a year ago",
];

/// The table of exports: postings a second, ours into nothing, and hledger reading the same journal and printing it into nothing.
pub const EXPORTS: [&str; 6] = [
    "invoices",
    "postings",
    "exported, per second",
    "hledger read",
    "and printed, per second",
    "times",
];

/// Where the two years begin.
const FIRST: Date = date(2029, 1, 1);
const DAYS: i64 = 730;
const LAST: Date = date(2030, 12, 31);

const CUSTOMERS: usize = 5_000;
const IN_FLIGHT: usize = 256;
const SAMPLES: usize = 20;

/// How many postings hledger is given: it holds a journal in memory, and several seconds tell as much as minutes.
const FOR_HLEDGER: usize = 100_000;

/// Both tables' rows, one for each size.
pub async fn measure(options: &Options) -> (Vec<Vec<String>>, Vec<Vec<String>>) {
    let scene = Arc::new(Scene::open(false).await);
    for n in 1..CUSTOMERS {
        let content = CustomerContent {
            name: format!("Customer {n}"),
            ..CustomerContent::default()
        };
        let external_id = None;
        let input = CustomerInput { external_id, content };
        scene.books.add_customer(&scene.context(), input).await.unwrap();
    }
    let (mut reports, mut exports, mut held) = (Vec::new(), Vec::new(), 0);
    for &size in &options.sizes {
        while held < size {
            let some = (size - held).min(20_000);
            live(&scene, held, held + some).await;
            held += some;
            eprintln!("    {held} invoices");
        }
        reports.push(row(&scene, size).await);
        exports.push(exported(&scene, size).await);
    }
    (reports, exports)
}

/// Issues invoices and pays most of them, days spread over the two years.
async fn live(scene: &Arc<Scene>, from: usize, to: usize) {
    let next = Arc::new(AtomicUsize::new(from));
    let mut workers = JoinSet::new();
    for _ in 0..IN_FLIGHT {
        let (scene, next) = (Arc::clone(scene), Arc::clone(&next));
        workers.spawn(async move {
            loop {
                let place = next.fetch_add(1, Ordering::Relaxed);
                if place >= to {
                    break;
                }
                let day = FIRST.saturating_add(((place as i64 * 7919) % DAYS).days());
                let customer = 1 + (place * 31 % CUSTOMERS) as i64;
                let key = scene.issue(customer, day, day.saturating_add(30.days())).await;
                if place % 10 != 0 {
                    let paid_on = day.saturating_add(((place % 60) as i64).days()).min(LAST);
                    pay(&scene, key.0, paid_on).await;
                }
            }
        });
    }
    workers.join_all().await;
}

async fn pay(scene: &Scene, invoice: i64, paid_on: Date) {
    let input = PaymentInput {
        currency: None,
        rate: None,
        customer: None,
        paid_on: Some(paid_on),
        paid_at: None,
        amount: None,
        method: Method::BankTransfer,
        witness: Witness::Hand,
        clearing: AccountChoice::Role(AccountRole::Clearing),
        parts: vec![(Named::Key(invoice), Part::WhatIsOpen)],
        external_id: None,
        content: PaymentContent::default(),
    };
    let paid = scene.books.record_payment(&scene.context(), RULES, input, None).await;
    paid.unwrap();
}

async fn times(scene: &Scene, name: ReportName, to: Date, samples: usize) -> (Vec<Duration>, usize) {
    let mut query = ReportQuery::new(name);
    query.to = Some(to);
    let (mut times, mut rows) = (Vec::with_capacity(samples), 0);
    for _ in 0..samples {
        let began = Instant::now();
        let view = scene.books.report(scene.book, &query).await.unwrap();
        times.push(began.elapsed());
        rows = view.report.sections[0].rows.len();
        assert!(rows > 0);
    }
    (times, rows)
}

async fn row(scene: &Scene, size: usize) -> Vec<String> {
    let pair = |times: &[Duration]| format!("{} / {}", millis(at_part(times, 50)), millis(at_part(times, 100)));
    let (trial, _) = times(scene, ReportName::TrialBalance, LAST, SAMPLES).await;
    let (aging, _) = times(scene, ReportName::Aging, LAST, SAMPLES).await;
    let (trial_then, _) = times(scene, ReportName::TrialBalance, date(2029, 12, 31), 5).await;
    let (month_ago, _) = times(scene, ReportName::Aging, date(2030, 11, 30), 3).await;
    let (year_ago, _) = times(scene, ReportName::Aging, date(2029, 12, 31), 3).await;
    vec![
        size.to_string(),
        size.div_ceil(10).to_string(),
        pair(&trial),
        pair(&aging),
        "50".to_owned(),
        millis(at_part(&trial_then, 50)),
        millis(at_part(&month_ago, 50)),
        millis(at_part(&year_ago, 50)),
    ]
}

/// Counts postings: lines that begin with a space.
#[derive(Default)]
struct Counted {
    postings: usize,
    last: u8,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        for byte in bytes {
            self.postings += usize::from(self.last == b'\n' && *byte == b' ');
            self.last = *byte;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Keeps the start of what is written to it, enough for hledger.
#[derive(Default)]
struct Start(Vec<u8>);

impl Write for Start {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() < FOR_HLEDGER * 100 {
            self.0.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn exported(scene: &Scene, size: usize) -> Vec<String> {
    let mut out = std::io::BufWriter::with_capacity(1 << 16, Counted::default());
    let began = Instant::now();
    export(&scene.books, scene.book, ExportFormat::Hledger, &mut out)
        .await
        .unwrap();
    let took = began.elapsed();
    let postings = out.get_ref().postings;
    let ours = per_second(postings, took);
    let mut row = vec![size.to_string(), postings.to_string(), ours];
    row.extend(hledger(scene, postings, took).await);
    row
}

/// The start of the journal, read and printed by hledger.
async fn hledger(scene: &Scene, postings: usize, ours: Duration) -> Vec<String> {
    let path = scene.folder.path().join("some.journal");
    let mut start = Start::default();
    export(&scene.books, scene.book, ExportFormat::Hledger, &mut start)
        .await
        .unwrap();
    let text = String::from_utf8(start.0).unwrap();
    let (mut end, mut kept) = (0, 0);
    for entry in text.split_inclusive("\n\n") {
        if kept >= FOR_HLEDGER || !entry.ends_with("\n\n") {
            break;
        }
        kept += entry.lines().filter(|line| line.starts_with("    ")).count();
        end += entry.len();
    }
    std::fs::write(&path, &text[..end]).unwrap();
    let began = Instant::now();
    let printed = Command::new("hledger")
        .arg("--file")
        .arg(&path)
        .arg("print")
        .stdout(Stdio::null())
        .status();
    let took = began.elapsed();
    match printed {
        Ok(status) if status.success() => {
            let theirs = took.as_nanos() * postings as u128 / kept as u128;
            let times = theirs / ours.as_nanos().max(1);
            vec![kept.to_string(), per_second(kept, took), times.to_string()]
        }
        _ => vec!["no hledger here".to_owned(), "-".to_owned(), "-".to_owned()],
    }
}
