//! Deciding a batch while the one before it is being written.
//!
//! Whoever decides and whoever writes take turns with a batch: the *decider* decides it on what is known of the books, the effects of
//! the batch before included, and the *committer* takes the store, makes sure that every book is at the head that the batch was
//! decided on, writes, commits durably and answers. The rule: nobody is answered before the batch and every batch under it is durable,
//! refusals too. So at most one batch is on its way; the next one is handed over only when that one has landed, and until then takes
//! in what comes.
//!
//! A batch that cannot land, because somebody else wrote to a book or the commit failed, comes back. Then all that is known of its books is
//! forgotten, and this batch, and after it the one decided on top of it, are carried out by turns: decided anew inside a unit of
//! work (`batches.rs`), which settles first what became of a commit that was not answered. What chance and the clock gave their commands stays as it was drawn. A command that is
//! alone gains nothing from being written elsewhere and is carried out by turns as well; so is whatever is asked of a book that
//! others write to. Deliberately absent: more than one batch on its way, and deciding on a book that somebody else holds.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use quittance_accounting::identity::BookKey;
use quittance_accounting::snapshot::{Snapshot, Want};
use quittance_store::{BookCommit, Head, Store, StoreError};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::batches::{Doubt, Sent, Waiting, answer, carry_out_and_answer, decide_all, missing, wants_of};
use super::sight::{Early, Sight};
use super::working_set::{OpenBook, ShownBooks, WorkingSets};
use super::{MOST_PER_BATCH, Outcomes};
use crate::failure::Failure;
use crate::view::BookView;

/// So many of the commands that came while a batch is on its way are decided before it is looked whether it has landed.
const AT_A_TIME: usize = 16;

/// What a batch came to when it was decided early.
pub(super) struct Decided {
    outcomes: Vec<Outcomes>,
    /// Every book that it was decided on and the head that the store must have; none where there must be no book.
    stands_on: Vec<(BookKey, Option<Head>)>,
    commits: Vec<BookCommit>,
    /// What answers show of the books from then on.
    shown: Vec<(BookKey, Head, Arc<BookView>)>,
}

/// A batch that comes back, and what is not known of its commit if that was sent.
pub(super) struct Returned {
    batch: Vec<Waiting>,
    doubt: Option<Doubt>,
}

/// What became of a batch: it is durable, or it comes back.
type Landing = Result<(), Returned>;

/// A decided batch for the committer, and where to report.
pub(super) struct Flight {
    decided: Decided,
    batch: Vec<Waiting>,
    report: oneshot::Sender<Landing>,
}

/// A batch on its way.
struct OnItsWay {
    /// Where it takes the books that it changes.
    heads: Vec<(BookKey, Head)>,
    landing: oneshot::Receiver<Landing>,
}

/// Room for one more to write.
pub(super) type Room = OwnedSemaphorePermit;

/// Who writes what was decided.
pub(super) enum Committer {
    /// A thread, one batch after the other: the decider has the whole store.
    Thread(mpsc::Sender<Flight>),
    /// A task for each batch, where there is room: the decider has a book.
    Tasks {
        runtime: Handle,
        room: Arc<Semaphore>,
        book: Option<BookKey>,
    },
}

/// Where commands come from.
pub(super) trait Incoming {
    /// Waits for commands and takes them, so many at most. None when no more are to be taken before what is on its way has landed. Nothing
    /// is lost if it is not waited for any more.
    fn more(&mut self, most: usize) -> impl Future<Output = Option<Vec<Waiting>>> + Send;
}

/// Decides batches, each while the one before it is being written.
pub(super) struct Decider {
    store: Arc<Store>,
    sets: Arc<WorkingSets>,
    committer: Committer,
    on_its_way: Option<OnItsWay>,
}

impl Decider {
    /// A decider with a committer at the other end.
    pub(super) fn new(store: Arc<Store>, sets: Arc<WorkingSets>, committer: Committer) -> Decider {
        Decider {
            store,
            sets,
            committer,
            on_its_way: None,
        }
    }

    /// Whether nothing is on its way.
    pub(super) fn is_idle(&self) -> bool {
        self.on_its_way.is_none()
    }

    /// Waits for something, or for what is on its way if that lands or comes back before: then there is none.
    pub(super) async fn meanwhile<T>(&mut self, something: impl Future<Output = T>) -> Option<T> {
        let Some(flight) = &mut self.on_its_way else {
            return Some(something.await);
        };
        let landing = tokio::select! {
            biased;
            landing = &mut flight.landing => landing,
            out = something => return Some(out),
        };
        self.settle(landing, None).await;
        None
    }

    /// Carries a batch out, and what comes before it can be written: in the end every caller is answered. There is room for it where
    /// room is needed and nothing is on its way.
    pub(super) async fn carry_out(&mut self, batch: Vec<Waiting>, room: Option<Room>, incoming: &mut impl Incoming) {
        if self.is_idle() && (batch.len() == 1 || !self.may_be_early()) {
            return self.by_turns(batch, None, room).await;
        }
        if self.sets.are_full() {
            self.land(None).await;
            self.sets.forget();
        }
        let mut deciding = Deciding::default();
        let mut sound = deciding.take_in(&self.store, &self.sets, batch).await.is_ok();
        let mut landed = true;
        while sound && deciding.batch.len() < MOST_PER_BATCH {
            let Some(flight) = &mut self.on_its_way else { break };
            let most = AT_A_TIME.min(MOST_PER_BATCH - deciding.batch.len());
            let landing = tokio::select! {
                biased;
                landing = &mut flight.landing => landing,
                more = incoming.more(most) => match more {
                    Some(more) => {
                        sound = deciding.take_in(&self.store, &self.sets, more).await.is_ok();
                        continue;
                    }
                    None => break,
                },
            };
            landed = self.settle(landing, Some(&mut deciding)).await;
        }
        landed = self.land(Some(&mut deciding)).await && landed;
        match sound && landed {
            true => self.hand_over(deciding, room).await,
            // What it stood on is not there.
            false => self.by_turns(deciding.batch, None, room).await,
        }
    }

    /// Whether a batch may be decided without holding its books: where nobody else writes to them.
    fn may_be_early(&self) -> bool {
        match &self.committer {
            Committer::Thread(_) => true,
            Committer::Tasks { book, .. } => book.is_some_and(|book| self.sets.is_quiet(book)),
        }
    }

    /// Scrubs the store when nothing is on its way.
    pub(super) async fn scrub(&mut self) -> Result<bool, Failure> {
        self.land(None).await;
        Ok(self.store.scrub().await?)
    }

    /// Waits until nothing is on its way, for a batch that was decided on top of it if there is one. False when it came back and had
    /// to be carried out by turns.
    pub(super) async fn land(&mut self, on_top: Option<&mut Deciding>) -> bool {
        match &mut self.on_its_way {
            Some(flight) => {
                let landing = (&mut flight.landing).await;
                self.settle(landing, on_top).await
            }
            None => true,
        }
    }

    async fn settle(
        &mut self,
        landing: Result<Landing, oneshot::error::RecvError>,
        on_top: Option<&mut Deciding>,
    ) -> bool {
        let heads = self.on_its_way.take().map(|flight| flight.heads).unwrap_or_default();
        match landing {
            Ok(Ok(())) => {
                let mut known = on_top.map(|deciding| &mut deciding.books);
                for (key, head) in heads {
                    if let Some(book) = known.as_mut().and_then(|books| books.get_mut(&key)) {
                        book.passed(&head);
                    }
                    self.sets.landed(key, &head);
                }
                return true;
            }
            Ok(Err(Returned { batch, doubt })) => {
                self.forget();
                self.by_turns(batch, doubt, None).await;
            }
            // The committer is gone, and with it the callers' way to hear.
            Err(_) => self.forget(),
        }
        false
    }

    /// Forgets what is known of the books that it decides on.
    fn forget(&self) {
        match &self.committer {
            Committer::Thread(_) => self.sets.forget(),
            Committer::Tasks { book, .. } => drop(book.and_then(|book| self.sets.take(book))),
        }
    }

    async fn by_turns(&self, batch: Vec<Waiting>, doubt: Option<Doubt>, room: Option<Room>) {
        let _room = self.committer.room(room).await;
        carry_out_and_answer(&self.store, &self.sets, batch, doubt).await;
    }

    async fn hand_over(&mut self, deciding: Deciding, room: Option<Room>) {
        let (decided, batch) = deciding.end(&self.sets);
        let after = |commit: &BookCommit| (commit.book, commit.head_after);
        let heads = decided.commits.iter().map(after).collect();
        let (report, landing) = oneshot::channel();
        let flight = Flight { decided, batch, report };
        let room = self.committer.room(room).await;
        match &self.committer {
            Committer::Thread(flights) => {
                if let Err(mpsc::error::SendError(flight)) = flights.send(flight).await {
                    self.forget();
                    return self.by_turns(flight.batch, None, room).await;
                }
            }
            Committer::Tasks { runtime, .. } => {
                let (store, shown) = (Arc::clone(&self.store), Arc::clone(self.sets.shown()));
                runtime.spawn(async move {
                    land(&store, &shown, flight).await;
                    drop(room);
                });
            }
        }
        self.on_its_way = Some(OnItsWay { heads, landing });
    }
}

impl Committer {
    /// Waits for room to write, if there is none yet and it is needed.
    async fn room(&self, room: Option<Room>) -> Option<Room> {
        match self {
            Committer::Tasks { room: all, .. } if room.is_none() => Arc::clone(all).acquire_owned().await.ok(),
            Committer::Tasks { .. } | Committer::Thread(_) => room,
        }
    }
}

/// A batch that is being decided early.
#[derive(Default)]
pub(super) struct Deciding {
    batch: Vec<Waiting>,
    books: BTreeMap<BookKey, OpenBook>,
    stands_on: Vec<(BookKey, Option<Head>)>,
    outcomes: Vec<Outcomes>,
}

impl Deciding {
    /// Decides commands on top of those before. What is missing is read from the store as it is found. After an error all of the batch is
    /// to be carried out by turns.
    async fn take_in(&mut self, store: &Store, sets: &WorkingSets, more: Vec<Waiting>) -> Result<(), Failure> {
        let first = self.batch.len();
        self.batch.extend(more);
        let more = self.batch.get(first..).unwrap_or_default();
        let mut early = Early::of(store);
        for (key, wanted) in wants_of(more) {
            if let Some(known) = self.books.get_mut(&key) {
                gather_missing(&mut early, key, known, &wanted).await?;
            } else if !self.stands_on.iter().any(|(looked_at, _)| *looked_at == key) {
                let book = enter_early(&mut early, sets, key, &wanted).await?;
                self.stands_on.push((key, book.as_ref().map(OpenBook::head_before)));
                self.books.extend(book.map(|book| (key, book)));
            }
        }
        let outcomes = decide_all(&mut Sight::Early(&mut early), &mut self.books, more).await?;
        if let Some(error) = outcomes.iter().find_map(failed) {
            return Err(error.into());
        }
        self.outcomes.extend(outcomes);
        Ok(())
    }

    /// What there is to write; what is known is kept while that is on its way.
    fn end(mut self, sets: &WorkingSets) -> (Decided, Vec<Waiting>) {
        let commits = self.books.iter_mut().filter_map(|(key, book)| book.take_commit(*key));
        let commits = commits.collect();
        let shown = self.books.iter().filter_map(|(key, book)| {
            let (head, view) = book.shown()?;
            Some((*key, head, view))
        });
        let shown = shown.collect();
        sets.keep_for_now(self.books);
        let decided = Decided {
            outcomes: self.outcomes,
            stands_on: self.stands_on,
            commits,
            shown,
        };
        (decided, self.batch)
    }
}

/// Why a command failed, if the store was at fault: whether it really is, is found out by turns.
fn failed(outcome: &Outcomes) -> Option<StoreError> {
    match outcome {
        Err((_, Failure::Store(error))) => Some(error.clone()),
        Ok(_) | Err(_) => None,
    }
}

/// Gathers what is wanted of a book and not known.
async fn gather_missing(
    early: &mut Early<'_>,
    key: BookKey,
    known: &mut OpenBook,
    wanted: &[Want],
) -> Result<(), Failure> {
    let missing = missing(known, wanted);
    match missing.is_empty() {
        true => Ok(()),
        false => known.gather(&mut Sight::Early(early), key, &missing).await,
    }
}

/// Takes what is known of a book and gathers what is wanted besides.
async fn enter_early(
    early: &mut Early<'_>,
    sets: &WorkingSets,
    key: BookKey,
    wanted: &[Want],
) -> Result<Option<OpenBook>, Failure> {
    if let Some(mut known) = sets.take(key) {
        gather_missing(early, key, &mut known, wanted).await?;
        return Ok(Some(known));
    }
    let mut snapshot = Snapshot::default();
    let Some(head) = early.enter(key, wanted, &mut snapshot).await? else {
        return Ok(None);
    };
    snapshot.set_counters(head.counters);
    Ok(Some(OpenBook::at(head, snapshot)))
}

/// Writes what was decided, batch by batch, until there is nobody who decides.
pub(super) async fn commit_decided(store: Arc<Store>, shown: Arc<ShownBooks>, mut flights: mpsc::Receiver<Flight>) {
    while let Some(flight) = flights.recv().await {
        land(&store, &shown, flight).await;
    }
}

/// Writes a batch and answers its callers, or sends it back.
async fn land(store: &Store, shown: &ShownBooks, flight: Flight) {
    let Flight {
        mut decided,
        batch,
        report,
    } = flight;
    // Whoever decides is there until the last batch has landed.
    if let Err(doubt) = write(store, &mut decided).await {
        let _heard = report.send(Err(Returned { batch, doubt }));
        return;
    }
    for (book, head, view) in decided.shown {
        shown.put(book, head, view);
    }
    // First, because the next batch can be written while the callers of this one are told.
    let _heard = report.send(Ok(()));
    answer(batch, decided.outcomes);
}

/// Makes a batch durable, if the store is where it was decided on. A batch that changes nothing is checked too: its refusals were
/// decided on the batch before. Why it could not be, is found out by turns; only what is not known of a commit is said.
async fn write(store: &Store, decided: &mut Decided) -> Result<(), Option<Doubt>> {
    let mut unit = store.begin().await.map_err(|_| None)?;
    for (book, expected) in &decided.stands_on {
        let assumed = match expected {
            Some(head) => unit.assume(*book, *head).map_err(|_| None)?,
            None => false,
        };
        if !assumed && unit.head(*book).await.map_err(|_| None)? != *expected {
            return Err(None);
        }
    }
    let Some(commit) = decided.commits.first() else {
        return unit.confirm().await.map_err(|_| None);
    };
    let sent = Sent::of(commit, &unit);
    match unit.commit(std::mem::take(&mut decided.commits)).await {
        Ok(()) => Ok(()),
        Err(error @ StoreError::InDoubt { .. }) => {
            Err(Some(sent.in_doubt(std::mem::take(&mut decided.outcomes), error)))
        }
        Err(_) => Err(None),
    }
}
