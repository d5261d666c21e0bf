//! The same work done twice in turns: by the product, and by the bare loop with the statements of a recorded run.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use quittance_accounting::identity::InvoiceKey;
use quittance_books::baseline::{Bare, Carried};
use tokio::task::JoinSet;

use crate::http::Server;
use crate::options::Options;
use crate::report::{median, per_second, ratio};
use crate::scene::{Scene, file_in};

/// What the table of a comparison shows.
pub const COLUMNS: [&str; 7] = [
    "command",
    "in flight",
    "per commit",
    "per second",
    "bare loop",
    "ratio",
    "aim",
];

/// How the commands come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Road {
    /// Straight to the books.
    Books,
    /// Through the socket of a server.
    Http,
}

/// How long each half took.
struct Times {
    issue: Duration,
    delete: Duration,
}

/// What a run carried out, if it was recorded.
struct Recorded {
    opening: Vec<Carried>,
    issue: Vec<Carried>,
    delete: Vec<Carried>,
}

/// A row for issuing and a row for deleting.
pub async fn compare(road: Road, in_flight: usize, options: &Options) -> Vec<Vec<String>> {
    // One at a time waits for the disk at every command; together they wait seldom.
    let count = match (in_flight, options.quick) {
        (1, true) => 100,
        (1, false) => 400,
        (_, true) => 1024,
        (_, false) => 4096,
    };
    let (_, recorded) = run(road, in_flight, count, true).await;
    let (mut ours, mut bares) = (Vec::new(), Vec::new());
    for _ in 0..options.rounds() {
        ours.push(run(road, in_flight, count, false).await.0);
        bares.push(bare(&recorded));
    }
    let row = |command: &str, part: fn(&Times) -> Duration, carried: &[Carried]| {
        let commits = carried.iter().filter(|one| one.sql == "commit").count();
        let (ours, bare) = (median(ours.iter().map(part)), median(bares.iter().map(part)));
        let aim = if road == Road::Books { "0.70" } else { "0.60" };
        vec![
            command.to_owned(),
            in_flight.to_string(),
            (count / commits.max(1)).to_string(),
            per_second(count, ours),
            per_second(count, bare),
            ratio(bare, ours),
            aim.to_owned(),
        ]
    };
    vec![
        row("issue, 3 lines", |times| times.issue, &recorded.issue),
        row("delete", |times| times.delete, &recorded.delete),
    ]
}

/// Repeats what was recorded on a fresh file.
fn bare(recorded: &Recorded) -> Times {
    let folder = tempfile::tempdir().unwrap();
    let bare = Bare::open(&file_in(&folder)).unwrap();
    bare.carry_out(&recorded.opening).unwrap();
    let timed = |statements: &[Carried]| {
        let began = Instant::now();
        bare.carry_out(statements).unwrap();
        began.elapsed()
    };
    Times {
        issue: timed(&recorded.issue),
        delete: timed(&recorded.delete),
    }
}

/// Issues so many invoices in a fresh file, then deletes them.
async fn run(road: Road, in_flight: usize, count: usize, record: bool) -> (Times, Recorded) {
    let scene = Scene::open(record).await;
    match road {
        Road::Books => through_the_books(Arc::new(scene), in_flight, count).await,
        Road::Http => through_a_socket(Server::start(scene, in_flight).await, count).await,
    }
}

async fn through_the_books(scene: Arc<Scene>, in_flight: usize, count: usize) -> (Times, Recorded) {
    let opening = scene.books.store().take_recorded();
    let began = Instant::now();
    let mut keys = create(&scene, in_flight, count).await;
    let issued = began.elapsed();
    let issue = scene.books.store().take_recorded();
    keys.sort_unstable();
    let began = Instant::now();
    let (next, keys) = (Arc::new(AtomicUsize::new(0)), Arc::new(keys));
    let mut workers = JoinSet::new();
    for _ in 0..in_flight {
        let (scene, next, keys) = (Arc::clone(&scene), Arc::clone(&next), Arc::clone(&keys));
        workers.spawn(async move {
            while let Some(key) = keys.get(next.fetch_add(1, Ordering::Relaxed)) {
                scene.delete(*key).await;
            }
        });
    }
    workers.join_all().await;
    let times = Times {
        issue: issued,
        delete: began.elapsed(),
    };
    let delete = scene.books.store().take_recorded();
    (times, Recorded { opening, issue, delete })
}

/// Issues so many invoices, of which so many are under way at any time.
pub async fn create(scene: &Arc<Scene>, in_flight: usize, count: usize) -> Vec<InvoiceKey> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut workers = JoinSet::new();
    for _ in 0..in_flight {
        let (scene, next) = (Arc::clone(scene), Arc::clone(&next));
        workers.spawn(async move {
            let mut keys = Vec::new();
            while next.fetch_add(1, Ordering::Relaxed) < count {
                keys.push(scene.create(true).await);
            }
            keys
        });
    }
    workers.join_all().await.concat()
}

async fn through_a_socket(mut server: Server, count: usize) -> (Times, Recorded) {
    let opening = server.take_recorded();
    let began = Instant::now();
    let ids = server.issue(count).await;
    let issued = began.elapsed();
    let issue = server.take_recorded();
    let began = Instant::now();
    server.delete(&ids).await;
    let times = Times {
        issue: issued,
        delete: began.elapsed(),
    };
    let delete = server.take_recorded();
    server.stop().await;
    (times, Recorded { opening, issue, delete })
}
