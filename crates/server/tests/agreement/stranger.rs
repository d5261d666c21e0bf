//! A stranger's script, which knows the page about the log and the events, beside what we say: head, chain, reports.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use jiff::civil::{Date, date};
use quittance_accounting::book::Role;
use quittance_accounting::identity::BookKey;
use quittance_accounting::report::Value as Cell;
use quittance_books::Books;
use quittance_books::books::TokenInput;
use quittance_books::reports::{ReportName, ReportQuery};
use quittance_server::app::{App, CallLimits, ConsoleAccess};
use quittance_server::config::MinuteAndDay;
use quittance_server::http::Request;
use quittance_server::http::message::Method;
use serde_json::Value;

use crate::figures::ours;
use crate::histories::Life;

/// The dialects are not called; none of their limits matters.
const NONE: MinuteAndDay = MinuteAndDay {
    per_minute: 0,
    per_day: 0,
};
const LIMITS: CallLimits = CallLimits {
    bookeeping_read: NONE,
    bookeeping_write: NONE,
    highlevel_burst: 0,
    highlevel_daily: 0,
    moov_per_second: 0,
    layer_per_second: 0,
};

/// The days as of which figures are compared: within what is closed, at its end, after it, and long after.
const DAYS: [Date; 5] = [
    date(2025, 2, 14),
    date(2025, 6, 30),
    date(2025, 12, 31),
    date(2026, 5, 1),
    date(2027, 12, 31),
];

/// A book with a history, and its events as the API shows them.
pub struct Book {
    app: App,
    key: BookKey,
    events: Vec<String>,
}

impl Book {
    /// Lives through a history with closed and reopened periods.
    pub async fn lived(books: Arc<Books>, mut life: Life, commands: u32) -> Book {
        let context = life.context();
        life.live(commands / 2, (0, 60)).await;
        books.close_period(&context, DAYS[2]).await.unwrap();
        life.live(commands * 3 / 4, (50, 80)).await;
        books
            .reopen_period(&context, Some(DAYS[0]), "the bank was late")
            .await
            .unwrap();
        life.live(commands, (20, 100)).await;
        books.close_period(&context, DAYS[1]).await.unwrap();
        life.withdraw(commands / 40).await;
        books.erase_due().await.unwrap();
        let input = TokenInput {
            name: "auditor".to_owned(),
            role: Role::Viewer,
            scopes: vec!["native.read".to_owned()],
            expires_at: None,
        };
        let token = books.make_token(&context, input).await.unwrap().0;
        let key = life.book;
        drop(life);
        let app = App::new(Arc::into_inner(books).unwrap(), LIMITS, ConsoleAccess::WithToken);
        let events = events(&app, &token).await;
        Book { app, key, events }
    }

    /// What the script says of these events.
    fn recomputed(&self, folder: &Path, events: &[String]) -> Output {
        let file = folder.join("events");
        let mut out = std::fs::File::create(&file).unwrap();
        for event in events {
            writeln!(out, "{event}").unwrap();
        }
        let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        Command::new("python3")
            .arg(here.join("tests/agreement/recompute.py"))
            .arg(here.join("../../docs/log.md"))
            .arg(&file)
            .arg(self.key.0.to_string())
            .args(DAYS.map(|day| day.to_string()))
            .output()
            .unwrap()
    }

    /// Compares everything that both of us say.
    pub async fn agrees(&self, folder: &Path) {
        let output = self.recomputed(folder, &self.events);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        let (books, book) = (&self.app.books, self.key);
        let head = books.head(book).await.unwrap().unwrap();
        assert_eq!(told["head"], format!("{}:{}", head.seq, head.hash.hex()));
        assert_eq!(told["without_an_owner"], 0);
        for (day, month) in ours(books, book, DAYS.into_iter()).await {
            let said = &told["days"][day.to_string()];
            assert_eq!(trial_balance(&said["trial_balance"]), month.trial, "{day}");
            assert_eq!(aging(&said["aging"]), month.aging, "{day}");
        }
        assert!(told["days"][DAYS[4].to_string()]["aging"].as_object().unwrap().len() > 5);
        self.agrees_on_registers(&told).await;
    }

    async fn agrees_on_registers(&self, told: &Value) {
        let report = async |name| {
            let mut query = ReportQuery::new(name);
            query.from = (name == ReportName::Deletions).then_some(date(2000, 1, 1));
            self.app.books.report(self.key, &query).await.unwrap().report
        };
        let numbers = report(ReportName::Numbers).await;
        for (column, state) in [(3, "used"), (4, "void"), (5, "deleted")] {
            let ours: i64 = numbers.sections[0].rows.iter().map(|row| count(&row[column])).sum();
            assert_eq!(told["numbers"][state].as_i64().unwrap_or(0), ours, "{state}");
        }
        let deletions = report(ReportName::Deletions).await;
        let section = &deletions.sections[0];
        let theirs = told["deletions"].as_array().unwrap();
        assert_eq!(theirs.len(), section.rows.len());
        assert!(theirs.len() > 20);
        let at = |name: &str| section.columns.iter().position(|column| *column == name).unwrap();
        for (theirs, ours) in theirs.iter().zip(&section.rows) {
            for name in ["event", "document", "entries"] {
                assert_eq!(theirs[name], count(&ours[at(name)]), "{name} {theirs}");
            }
            let Cell::Money(withdrawn) = ours[at("withdrawn")] else {
                panic!("{ours:?}")
            };
            assert_eq!(i128::from(theirs["withdrawn"].as_i64().unwrap()), withdrawn, "{theirs}");
        }
    }

    /// Whatever is changed, left out, put in between or put elsewhere is found by the script.
    pub fn is_guarded(&self, folder: &Path) {
        let last = self.events.len() - 1;
        let changed = |at: usize, from: &str, to: &str| {
            let mut events = self.events.clone();
            events[at] = events[at].replacen(from, to, 1);
            assert_ne!(events[at], self.events[at]);
            events
        };
        let mut missing = self.events.clone();
        missing.remove(last / 2);
        let mut beheaded = self.events.clone();
        beheaded.remove(0);
        let mut swapped = self.events.clone();
        swapped.swap(last / 2, last / 2 + 1);
        for events in [
            changed(0, "EUR", "CHF"),
            changed(last, "command line", "somebody"),
            changed(last / 2, "\"seq\":", "\"seq\":1"),
            missing,
            beheaded,
            swapped,
        ] {
            let output = self.recomputed(folder, &events);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(
                !output.status.success() && said.contains("the chain is broken"),
                "{said}"
            );
        }
    }
}

/// Every event of the token's book, one a line.
async fn events(app: &App, token: &str) -> Vec<String> {
    let (mut events, mut after) = (Vec::new(), 0);
    loop {
        let target = format!("/api/v1/log?after={after}&limit=500");
        let request = Request::new(Method::GET, &target, app.now());
        let request = request.with_header("authorization", &format!("Bearer {token}"));
        let answer = app.answer(request).await;
        assert_eq!(answer.status, 200);
        let page: Value = serde_json::from_slice(&answer.body).unwrap();
        let data = page["data"].as_array().unwrap();
        if data.is_empty() {
            return events;
        }
        events.extend(data.iter().map(Value::to_string));
        after = page["next_after"].as_i64().unwrap();
    }
}

fn count(cell: &Cell) -> i64 {
    match cell {
        Cell::Count(count) => *count,
        other => panic!("{other:?} is no count"),
    }
}

/// Balances by code, but for those that are zero.
fn trial_balance(said: &Value) -> BTreeMap<String, i128> {
    let sums = said.as_object().unwrap().iter();
    let nets = sums.map(|(code, sums)| {
        let of = |side: &str| i128::from(sums[side].as_i64().unwrap());
        (code.clone(), of("debit") - of("credit"))
    });
    nets.filter(|(_, net)| *net != 0).collect()
}

/// Buckets by customer, whose number is empty where there is none.
fn aging(said: &Value) -> BTreeMap<String, [i128; 5]> {
    let customers = said.as_object().unwrap().iter();
    customers
        .map(|(customer, buckets)| {
            let customer = if customer == "0" {
                String::new()
            } else {
                customer.clone()
            };
            let buckets = std::array::from_fn(|at| i128::from(buckets[at].as_i64().unwrap()));
            (customer, buckets)
        })
        .collect()
}
