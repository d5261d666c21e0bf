//! The same work done twice in turns: by the product, and by the bare loop with the statements of a recorded run.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use quittance_accounting::identity::InvoiceKey;
use quittance_books::baseline::{Bare, Carried};
use tokio::task::JoinSet;

use crate::http::Server;
use crate::options::Options;
use crate::report::{at_part, pairwise, per_second};
use crate::scene::{Days, NOT_SOON, Scene, file_in};

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

/// One command given over and over.
struct Part {
    command: &'static str,
    count: usize,
    time: Duration,
    /// What was carried out, if it was recorded.
    carried: Vec<Carried>,
}

/// The commands in turn, on a fresh file.
struct Run {
    /// What was carried out before the first.
    opening: Vec<Carried>,
    parts: Vec<Part>,
}

/// A row for every command.
pub async fn compare(road: Road, in_flight: usize, options: &Options) -> Vec<Vec<String>> {
    // One at a time waits for the disk at every command; together they wait seldom.
    let count = match (in_flight, options.quick) {
        (1, true) => 100,
        (1, false) => 400,
        (_, true) => 1024,
        (_, false) => 4096,
    };
    let recorded = run(road, in_flight, count, true).await;
    let (mut ours, mut bares) = (Vec::new(), Vec::new());
    for _ in 0..options.rounds() {
        let run = run(road, in_flight, count, false).await;
        ours.push(run.parts.iter().map(|part| part.time).collect::<Vec<_>>());
        bares.push(bare(&recorded));
    }
    let row = |(place, part): (usize, &Part)| {
        let commits = part.carried.iter().filter(|one| one.sql == "commit").count();
        let of = |rounds: &[Vec<Duration>]| rounds.iter().map(|times| times[place]).collect::<Vec<_>>();
        let (ours, bare) = (of(&ours), of(&bares));
        let aim = if road == Road::Books { "0.70" } else { "0.60" };
        vec![
            part.command.to_owned(),
            in_flight.to_string(),
            (part.count / commits.max(1)).to_string(),
            per_second(part.count, at_part(&ours, 50)),
            per_second(part.count, at_part(&bare, 50)),
            pairwise(&bare, &ours),
            aim.to_owned(),
        ]
    };
    recorded.parts.iter().enumerate().map(row).collect()
}

/// Repeats what was recorded on a fresh file.
fn bare(recorded: &Run) -> Vec<Duration> {
    let folder = tempfile::tempdir().unwrap();
    let bare = Bare::open(&file_in(&folder)).unwrap();
    bare.carry_out(&recorded.opening).unwrap();
    let timed = |part: &Part| {
        let began = Instant::now();
        bare.carry_out(&part.carried).unwrap();
        began.elapsed()
    };
    recorded.parts.iter().map(timed).collect()
}

/// Issues so many invoices in a fresh file, then deletes them.
async fn run(road: Road, in_flight: usize, count: usize, record: bool) -> Run {
    let scene = Scene::open(record).await;
    match road {
        Road::Books => through_the_books(scene, in_flight, count).await,
        Road::Http => through_a_socket(Server::start(scene, in_flight).await, count).await,
    }
}

/// Half of the invoices are deleted where they were issued, the other half by a program that was just started and knows none of them.
async fn through_the_books(scene: Scene, in_flight: usize, count: usize) -> Run {
    let scene = Arc::new(scene);
    let opening = scene.books.store().take_recorded();
    let part = |scene: &Scene, command, count, began: Instant| Part {
        command,
        count,
        time: began.elapsed(),
        carried: scene.books.store().take_recorded(),
    };
    let began = Instant::now();
    let mut keys = create(&scene, in_flight, count).await;
    let issue = part(&scene, "issue, 3 lines", count, began);
    keys.sort_unstable();
    let untouched = keys.split_off(count / 2);
    let began = Instant::now();
    delete(&scene, in_flight, keys).await;
    let warm = part(&scene, "delete", count / 2, began);
    let scene = Arc::into_inner(scene).expect("every worker has ended").again();
    let (scene, rest) = (Arc::new(scene), untouched.len());
    let began = Instant::now();
    delete(&scene, in_flight, untouched).await;
    let cold = part(&scene, "delete, cold", rest, began);
    Run {
        opening,
        parts: vec![issue, warm, cold],
    }
}

/// Deletes invoices, of which so many are under way at any time.
async fn delete(scene: &Arc<Scene>, in_flight: usize, keys: Vec<InvoiceKey>) {
    let (next, keys) = (Arc::new(AtomicUsize::new(0)), Arc::new(keys));
    let mut workers = JoinSet::new();
    for _ in 0..in_flight {
        let (scene, next, keys) = (Arc::clone(scene), Arc::clone(&next), Arc::clone(&keys));
        workers.spawn(async move {
            while let Some(key) = keys.get(next.fetch_add(1, Ordering::Relaxed)) {
                scene.delete(*key).await;
            }
        });
    }
    workers.join_all().await;
}

/// Issues so many invoices of today, of which so many are under way at any time.
pub async fn create(scene: &Arc<Scene>, in_flight: usize, count: usize) -> Vec<InvoiceKey> {
    create_dated(scene, in_flight, count, |_| (None, NOT_SOON)).await
}

/// The same, each dated and due on the days that are said.
pub async fn create_dated(
    scene: &Arc<Scene>,
    in_flight: usize,
    count: usize,
    days: fn(usize) -> Days,
) -> Vec<InvoiceKey> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut workers = JoinSet::new();
    for _ in 0..in_flight {
        let (scene, next) = (Arc::clone(scene), Arc::clone(&next));
        workers.spawn(async move {
            let mut keys = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return keys;
                }
                keys.push(scene.create(days(number), true).await);
            }
        });
    }
    workers.join_all().await.concat()
}

async fn through_a_socket(mut server: Server, count: usize) -> Run {
    let opening = server.take_recorded();
    let began = Instant::now();
    let ids = server.issue(count).await;
    let issue = Part {
        command: "issue, 3 lines",
        count,
        time: began.elapsed(),
        carried: server.take_recorded(),
    };
    let began = Instant::now();
    server.delete(&ids).await;
    let delete = Part {
        command: "delete",
        count,
        time: began.elapsed(),
        carried: server.take_recorded(),
    };
    server.stop().await;
    Run {
        opening,
        parts: vec![issue, delete],
    }
}
