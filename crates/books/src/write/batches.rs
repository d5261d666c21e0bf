//! A batch: gathered, decided, committed, and run again when the database was in the way.
//!
//! Two units of work may be in each other's way, a connection may be lost, a leader may be replaced: the batch is run again, with a
//! bound and a growing pause, from its beginning. What chance and the clock gave its commands stays as it was drawn. When the
//! commit was sent and no answer came, nobody knows: then the book is taken hold of and its log is asked for the batch's last event,
//! by seq and hash. If it is there, the callers are answered. If not, the commit may still be on its way to the database, but it can
//! only take place on the head that it builds on: so the batch is run again without letting go of the book, which moves the head. Where
//! that cannot be done, nobody is told that nothing happened. So no event is written twice, none is lost, and no answer is wrong.

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

/// Carries a batch out and answers every caller. If it was sent to be committed before and not answered, that is settled first.
pub(super) async fn carry_out_and_answer(store: &Store, sets: &WorkingSets, batch: Vec<Waiting>, doubt: Option<Doubt>) {
    let outcomes = match carry_out_surely(store, sets, &batch, doubt).await {
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
        let outcome = carry_out_surely(store, sets, single, None).await;
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

/// A commit that was sent and not answered.
pub(super) struct Doubt {
    /// What its callers hear if it took place.
    outcomes: Vec<Outcomes>,
    book: BookKey,
    opened: bool,
    /// The seq and the hash of the head that it builds on.
    before: (i64, Digest),
    /// Those of its last event.
    after: (i64, Digest),
    /// Whether it can take place later than the log was asked: on that head and on no other.
    late: bool,
    error: StoreError,
}

/// What names a commit if no answer comes to it.
pub(super) struct Sent {
    book: BookKey,
    opened: bool,
    before: (i64, Digest),
    after: (i64, Digest),
    late: bool,
}

impl Sent {
    /// Of a commit that a unit of work is about to send. A commit is all or nothing, so one of its books speaks for all.
    pub(super) fn of(commit: &BookCommit, unit: &Unit<'_>) -> Sent {
        Sent {
            book: commit.book,
            opened: commit.opened.is_some(),
            before: (commit.head_before.seq, commit.head_before.hash),
            after: (commit.head_after.seq, commit.head_after.hash),
            late: unit.assumes(),
        }
    }

    /// It was not answered.
    pub(super) fn in_doubt(self, outcomes: Vec<Outcomes>, error: StoreError) -> Doubt {
        let Sent {
            book,
            opened,
            before,
            after,
            late,
        } = self;
        Doubt {
            outcomes,
            book,
            opened,
            before,
            after,
            late,
            error,
        }
    }
}

/// Carries a batch out, again and again while the database is in the way.
async fn carry_out_surely(
    store: &Store,
    sets: &WorkingSets,
    batch: &[Waiting],
    doubt: Option<Doubt>,
) -> Result<Vec<Outcomes>, Failure> {
    let mut tries = Tries::begin();
    let mut doubts = Vec::from_iter(doubt);
    loop {
        let failure = match carry_out(store, sets, batch, &mut doubts).await {
            Ok(outcomes) => return Ok(outcomes),
            Err(failure) => failure,
        };
        let Failure::Store(error) = &failure else {
            return Err(ended(failure, doubts));
        };
        let again = match error {
            // What was known is forgotten with the batch that failed, so that the book is taken hold of this time.
            StoreError::Moved { .. } => true,
            StoreError::Interrupted { .. } | StoreError::InDoubt { .. } => tries.again().await,
            StoreError::Engine { .. }
            | StoreError::Address { .. }
            | StoreError::CorruptRow { .. }
            | StoreError::RowCount { .. }
            | StoreError::CorruptEvent { .. }
            | StoreError::WrongVersion { .. }
            | StoreError::ForeignFile
            | StoreError::UnknownEngine { .. } => false,
        };
        if !again {
            return Err(ended(failure, doubts));
        }
    }
}

/// What callers hear when a batch is not run again: as long as a commit may have taken place, or may yet, nobody is told that it did not.
fn ended(failure: Failure, mut doubts: Vec<Doubt>) -> Failure {
    doubts.pop().map_or(failure, |doubt| doubt.error.into())
}

/// What became of commits without an answer, asked in a unit of work that holds the book from then on. If one of them took place,
/// what its callers hear. Those that did not and never will are left out from now on.
async fn settle(unit: &mut Unit<'_>, doubts: &mut Vec<Doubt>) -> Result<Option<Vec<Outcomes>>, StoreError> {
    for place in 0..doubts.len() {
        let Some(doubt) = doubts.get(place) else { break };
        if doubt.opened {
            // A book that is not there cannot be held; whoever opens one holds the directory.
            unit.next_book().await?;
        }
        let (seq, hash) = doubt.after;
        if unit.event_hash(doubt.book, seq).await? == Some(hash) {
            return Ok(Some(doubts.swap_remove(place).outcomes));
        }
    }
    let Some(book) = doubts.iter().find(|doubt| doubt.late).map(|doubt| doubt.book) else {
        doubts.clear();
        return Ok(None);
    };
    let head = unit.head(book).await?.map(|head| (head.seq, head.hash));
    doubts.retain(|doubt| doubt.late && head == Some(doubt.before));
    Ok(None)
}

/// Begins a unit of work after commits without an answer. It holds the book if one of them may take place later; else it is like any
/// other.
async fn begin_again<'a>(
    store: &'a Store,
    doubts: &mut Vec<Doubt>,
) -> Result<Result<Unit<'a>, Vec<Outcomes>>, StoreError> {
    let mut unit = store.begin().await?;
    if let Some(outcomes) = settle(&mut unit, doubts).await? {
        return Ok(Err(outcomes));
    }
    if doubts.is_empty() {
        drop(unit);
        unit = store.begin().await?;
    }
    Ok(Ok(unit))
}

/// Carries a batch out once: every command's own outcome, or the failure that stopped all of them. What it knows in the end of the
/// books it worked on is kept for the next batch, but for a failure: then it is forgotten. What was sent before and not answered is
/// settled first; a commit that is not answered is added to that.
async fn carry_out(
    store: &Store,
    sets: &WorkingSets,
    batch: &[Waiting],
    doubts: &mut Vec<Doubt>,
) -> Result<Vec<Outcomes>, Failure> {
    let mut unit = match doubts.is_empty() {
        true => store.begin().await?,
        false => match begin_again(store, doubts).await {
            Ok(Ok(unit)) => unit,
            Ok(Err(outcomes)) => return Ok(outcomes),
            // Nobody could be asked, for whatever reason: that is no answer.
            Err(error) => return Err(unsettled(error)),
        },
    };
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
    let Some(commit) = commits.first() else {
        if let Some(doubt) = doubts.last() {
            // Nothing moves the head on, so that what was sent before may still take place.
            return Err(doubt.error.clone().into());
        }
        unit.confirm().await?;
        sets.keep(books);
        return Ok(outcomes);
    };
    let sent = Sent::of(commit, &unit);
    match unit.commit(commits).await {
        Ok(()) => {}
        Err(error @ StoreError::InDoubt { .. }) => {
            doubts.push(sent.in_doubt(outcomes, error.clone()));
            return Err(error.into());
        }
        Err(error) => return Err(error.into()),
    }
    sets.keep(books);
    Ok(outcomes)
}

/// A failure to ask what became of a commit: it is asked again.
fn unsettled(error: StoreError) -> Failure {
    let message = error.to_string();
    let doing = "asking what became of a commit";
    Failure::Store(StoreError::Interrupted { doing, message })
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
