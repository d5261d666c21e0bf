//! A batch: gathered, decided, committed, and run again when the database was in the way.
//!
//! Two units of work may be in each other's way, a connection may be lost, a leader may be replaced: the batch is run again, with a
//! bound and a growing pause, from its beginning. What chance and the clock gave its commands stays as it was drawn. When the
//! commit was sent and no answer came, nobody knows: then the book is taken hold of and its log is asked for the batch's last event,
//! by seq and hash. Whoever held the book before has let go of it by then, so that what the log says is final. Only then is
//! anybody answered or anything run again, so that no event is written twice and none is lost.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use quittance_accounting::content::Digest;
use quittance_accounting::identity::BookKey;
use quittance_accounting::snapshot::{Snapshot, Want};
use quittance_store::{BookCommit, Store, StoreError, Unit};
use tokio::sync::oneshot;

use super::sight::Sight;
use super::working_set::{OpenBook, WorkingSets};
use super::{Job, Outcomes, decide_together};
use crate::failure::Failure;

/// Jobs on one book that stand or fall together, and whom to tell.
pub(super) type Waiting = (Vec<Job>, oneshot::Sender<Outcomes>);

/// How long a batch is run again before its callers are told that the database failed: longer than a leader takes to be replaced,
/// shorter than clients wait.
const PATIENCE: Duration = Duration::from_secs(25);

/// The first pause before running again; each is twice the one before, up to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LAST_PAUSE: Duration = Duration::from_millis(500);

/// Carries a batch out and answers every caller.
pub(super) async fn carry_out_and_answer(store: &Store, sets: &WorkingSets, batch: Vec<Waiting>) {
    let outcomes = match carry_out_surely(store, sets, &batch).await {
        // Whoever is in the way of all is in the way of each.
        Err(failure @ Failure::Store(StoreError::Interrupted { .. } | StoreError::InDoubt { .. })) => {
            batch.iter().map(|_| Err((0, failure.clone()))).collect()
        }
        Err(_) if batch.len() > 1 => one_by_one(store, sets, &batch).await,
        Err(failure) => vec![Err((0, failure))],
        Ok(outcomes) => outcomes,
    };
    answer(batch, outcomes);
}

/// Tells every caller what became of its commands.
pub(super) fn answer(batch: Vec<Waiting>, outcomes: Vec<Outcomes>) {
    for ((_, reply), outcome) in batch.into_iter().zip(outcomes) {
        // A caller that went away is not an error: its command was carried out, and its request id tells.
        let _gone = reply.send(outcome);
    }
}

async fn one_by_one(store: &Store, sets: &WorkingSets, batch: &[Waiting]) -> Vec<Outcomes> {
    let mut outcomes = Vec::with_capacity(batch.len());
    for single in batch.chunks(1) {
        let outcome = carry_out_surely(store, sets, single).await;
        let only = outcome.map_err(|failure| (0, failure));
        outcomes.push(only.and_then(|mut outcomes| outcomes.pop().unwrap_or(Err((0, Failure::Unavailable)))));
    }
    outcomes
}

/// How often and how long it is tried.
struct Tries {
    began: Instant,
    pause: Duration,
}

impl Tries {
    fn begin() -> Tries {
        Tries {
            began: Instant::now(),
            pause: FIRST_PAUSE,
        }
    }

    /// Pauses before the next try, unless it has been long enough.
    async fn again(&mut self) -> bool {
        if self.began.elapsed() >= PATIENCE {
            return false;
        }
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(LAST_PAUSE);
        true
    }
}

/// What came of carrying a batch out once.
enum Carried {
    /// It is done.
    Done(Vec<Outcomes>),
    /// The commit was sent and not answered.
    InDoubt {
        outcomes: Vec<Outcomes>,
        committed: Vec<Sent>,
        error: StoreError,
    },
}

/// The last event of a book that a commit held.
struct Sent {
    book: BookKey,
    opened: bool,
    seq: i64,
    hash: Digest,
}

/// Carries a batch out, again and again while the database is in the way.
async fn carry_out_surely(store: &Store, sets: &WorkingSets, batch: &[Waiting]) -> Result<Vec<Outcomes>, Failure> {
    let mut tries = Tries::begin();
    loop {
        match carry_out(store, sets, batch).await {
            Ok(Carried::Done(outcomes)) => return Ok(outcomes),
            Ok(Carried::InDoubt {
                outcomes,
                committed,
                error,
            }) => match settle(store, &committed, &mut tries).await {
                Some(true) => return Ok(outcomes),
                Some(false) => {}
                None => return Err(error.into()),
            },
            // What was known is forgotten with the batch that failed, so that the book is taken hold of this time.
            Err(Failure::Store(StoreError::Moved { .. })) => {}
            Err(Failure::Store(error @ StoreError::Interrupted { .. })) => {
                if !tries.again().await {
                    return Err(error.into());
                }
            }
            Err(failure) => return Err(failure),
        }
    }
}

/// Whether a commit without an answer took place; `None` when nobody could be asked for too long.
async fn settle(store: &Store, committed: &[Sent], tries: &mut Tries) -> Option<bool> {
    loop {
        match took_place(store, committed).await {
            Ok(it_did) => return Some(it_did),
            Err(_) if tries.again().await => {}
            Err(_) => return None,
        }
    }
}

/// Asks the log while holding the book. A commit is all or nothing, so one of its books speaks for all.
async fn took_place(store: &Store, committed: &[Sent]) -> Result<bool, StoreError> {
    let Some(sent) = committed.first() else {
        return Ok(true);
    };
    let mut unit = store.begin().await?;
    if sent.opened {
        // A book that is not there cannot be held; whoever opens one holds the directory.
        unit.next_book().await?;
    }
    Ok(unit.event_hash(sent.book, sent.seq).await? == Some(sent.hash))
}

/// Carries a batch out once: every command's own outcome, or the failure that stopped all of them. What it knows in the end of the
/// books it worked on is kept for the next batch, but for a failure: then it is forgotten.
async fn carry_out(store: &Store, sets: &WorkingSets, batch: &[Waiting]) -> Result<Carried, Failure> {
    let mut unit = store.begin().await?;
    let mut books = BTreeMap::new();
    for (key, wanted) in wants_of(batch) {
        if let Some(book) = enter(&mut unit, sets, key, &wanted).await? {
            books.insert(key, book);
        }
    }
    let outcomes = decide_all(&mut Sight::Unit(&mut unit), &mut books, batch).await?;
    let commits: Vec<BookCommit> = books
        .iter_mut()
        .filter_map(|(key, book)| book.take_commit(*key))
        .collect();
    if commits.is_empty() {
        unit.confirm().await?;
    } else {
        let sent = |commit: &BookCommit| Sent {
            book: commit.book,
            opened: commit.opened.is_some(),
            seq: commit.head_after.seq,
            hash: commit.head_after.hash,
        };
        let committed = commits.iter().map(sent).collect();
        match unit.commit(commits).await {
            Ok(()) => {}
            Err(error @ StoreError::InDoubt { .. }) => {
                return Ok(Carried::InDoubt {
                    outcomes,
                    committed,
                    error,
                });
            }
            Err(error) => return Err(error.into()),
        }
    }
    sets.keep(books);
    Ok(Carried::Done(outcomes))
}

/// Decides every command in turn.
pub(super) async fn decide_all(
    sight: &mut Sight<'_, '_>,
    books: &mut BTreeMap<BookKey, OpenBook>,
    batch: &[Waiting],
) -> Result<Vec<Outcomes>, Failure> {
    books.values_mut().for_each(|book| book.numbers = 0);
    for job in batch.iter().flat_map(|(jobs, _)| jobs) {
        if let Some(book) = job.book.and_then(|key| books.get_mut(&key)) {
            book.numbers += usize::from(job.command.takes_a_number());
        }
    }
    let mut outcomes = Vec::with_capacity(batch.len());
    for (jobs, _) in batch {
        let outcome = decide_together(sight, books, jobs).await;
        if let Err((_, Failure::Store(error @ (StoreError::Interrupted { .. } | StoreError::Moved { .. })))) = outcome {
            // Not this command's fault, and nothing that follows can be carried out either.
            return Err(error.into());
        }
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

/// What the commands of a batch want, by book.
pub(super) fn wants_of(batch: &[Waiting]) -> BTreeMap<BookKey, Vec<Want>> {
    let mut wants: BTreeMap<BookKey, Vec<Want>> = BTreeMap::new();
    for job in batch.iter().flat_map(|(jobs, _)| jobs) {
        let Some(book) = job.book else { continue };
        let wanted = wants.entry(book).or_default();
        wanted.extend(job.command.wants());
        wanted.extend(job.key.iter().map(|key| Want::Idempotency(key.key.clone())));
    }
    for wanted in wants.values_mut() {
        wanted.sort();
        wanted.dedup();
    }
    wants
}

/// What is wanted of a book and not known.
pub(super) fn missing(known: &OpenBook, wanted: &[Want]) -> Vec<Want> {
    let unknown = wanted.iter().filter(|want| !known.snapshot.knows(want));
    unknown.cloned().collect()
}

/// Takes hold of a book and gathers what is wanted of it.
async fn enter(
    unit: &mut Unit<'_>,
    sets: &WorkingSets,
    key: BookKey,
    wanted: &[Want],
) -> Result<Option<OpenBook>, Failure> {
    if let Some(mut known) = sets.take(key) {
        let missing = missing(&known, wanted);
        if missing.is_empty() && known.can_be_assumed() && unit.assume(key, known.head)? {
            return Ok(Some(known));
        }
        let Some(head) = unit.enter(key, &missing, &mut known.snapshot).await? else {
            return Ok(None);
        };
        if known.head == head {
            known.is_quiet();
            known.gathered(&missing);
            return Ok(Some(known));
        }
        // Somebody else wrote to it: nothing that was known is so for sure.
        let mut snapshot = Snapshot::sparse(head.counters);
        unit.gather(key, wanted, &mut snapshot).await?;
        return Ok(Some(OpenBook::at(head, snapshot)));
    }
    let mut snapshot = Snapshot::default();
    let Some(head) = unit.enter(key, wanted, &mut snapshot).await? else {
        return Ok(None);
    };
    snapshot.set_counters(head.counters);
    Ok(Some(OpenBook::at(head, snapshot)))
}
