//! Deciding a batch while the one before it is being written, where one lane has the whole store.
//!
//! Two threads take turns with a batch: the *decider* decides it on what is known of the books, the effects of the batch before
//! included, and the *committer* takes the store, compares the head of every book with the one that the batch was decided on,
//! writes, commits durably and answers. The rule: nobody is answered before the batch and every batch under it is durable, refusals
//! too. So at most one batch is on its way; the next one is handed over only when that one has landed.
//!
//! A batch that cannot land, because somebody else wrote to a book or the commit failed, comes back. Then everything known is
//! forgotten, and this batch, and after it the one decided on top of it, are carried out by turns: decided anew inside a unit of
//! work, as on every other lane (`batches.rs`). What chance and the clock gave their commands stays as it was drawn. A command that is
//! alone gains nothing from a second thread and is carried out by turns as well. Deliberately absent: more than one batch on its way,
//! and deciding on a book that somebody else holds.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use quittance_accounting::identity::BookKey;
use quittance_accounting::snapshot::{Snapshot, Want};
use quittance_store::{BookCommit, Head, Store, StoreError};
use tokio::sync::{mpsc, oneshot};

use super::Outcomes;
use super::batches::{Waiting, answer, carry_out_and_answer, decide_all, missing, wants_of};
use super::sight::{Early, Sight, moved};
use super::working_set::{OpenBook, ShownBooks, WorkingSets};
use crate::failure::Failure;
use crate::view::BookView;

/// What a batch came to when it was decided early.
pub(super) struct Decided {
    outcomes: Vec<Outcomes>,
    /// Every book that it was decided on and the head that the store must have; none where there must be no book.
    stands_on: Vec<(BookKey, Option<Head>)>,
    commits: Vec<BookCommit>,
    /// What answers show of the books from then on.
    shown: Vec<(BookKey, Head, Arc<BookView>)>,
}

/// What became of a batch: it is durable, or it comes back.
type Landing = Result<(), Vec<Waiting>>;

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

/// Decides batches, each while the one before it is being written.
pub(super) struct Decider {
    store: Arc<Store>,
    sets: WorkingSets,
    to_committer: mpsc::Sender<Flight>,
    on_its_way: Option<OnItsWay>,
}

impl Decider {
    /// A decider with a committer at the other end.
    pub(super) fn new(store: Arc<Store>, sets: WorkingSets, to_committer: mpsc::Sender<Flight>) -> Decider {
        Decider {
            store,
            sets,
            to_committer,
            on_its_way: None,
        }
    }

    /// Waits for something, and meanwhile for what is on its way: if that comes back, it does not wait for the next command.
    pub(super) async fn attend<T>(&mut self, something: impl Future<Output = T>) -> T {
        let mut something = std::pin::pin!(something);
        if let Some(flight) = &mut self.on_its_way {
            let landing = tokio::select! {
                biased;
                landing = &mut flight.landing => landing,
                out = &mut something => return out,
            };
            self.settle(landing).await;
        }
        something.await
    }

    /// Carries a batch out: in the end every caller is answered.
    pub(super) async fn carry_out(&mut self, batch: Vec<Waiting>) {
        if self.on_its_way.is_none() && batch.len() == 1 {
            return self.by_turns(batch).await;
        }
        if self.sets.are_full() {
            self.land().await;
            self.sets.forget();
        }
        let decided = decide_early(&self.store, &self.sets, &batch).await;
        let landed = self.land().await;
        match decided {
            Ok(decided) if landed => self.hand_over(decided, batch).await,
            // What it stood on is not there.
            Ok(_) | Err(_) => self.by_turns(batch).await,
        }
    }

    /// Scrubs the store when nothing is on its way.
    pub(super) async fn scrub(&mut self) -> Result<bool, Failure> {
        self.land().await;
        Ok(self.store.scrub().await?)
    }

    /// Waits until nothing is on its way. False when that came back and had to be carried out by turns.
    pub(super) async fn land(&mut self) -> bool {
        match &mut self.on_its_way {
            Some(flight) => {
                let landing = (&mut flight.landing).await;
                self.settle(landing).await
            }
            None => true,
        }
    }

    async fn settle(&mut self, landing: Result<Result<(), Vec<Waiting>>, oneshot::error::RecvError>) -> bool {
        let heads = self.on_its_way.take().map(|flight| flight.heads).unwrap_or_default();
        match landing {
            Ok(Ok(())) => {
                for (book, head) in heads {
                    self.sets.landed(book, &head);
                }
                return true;
            }
            Ok(Err(batch)) => {
                self.sets.forget();
                self.by_turns(batch).await;
            }
            // The committer is gone, and with it the callers' way to hear.
            Err(_) => self.sets.forget(),
        }
        false
    }

    async fn by_turns(&self, batch: Vec<Waiting>) {
        carry_out_and_answer(&self.store, &self.sets, batch).await;
    }

    async fn hand_over(&mut self, decided: Decided, batch: Vec<Waiting>) {
        let after = |commit: &BookCommit| (commit.book, commit.head_after);
        let heads = decided.commits.iter().map(after).collect();
        let (report, landing) = oneshot::channel();
        let flight = Flight { decided, batch, report };
        match self.to_committer.send(flight).await {
            Ok(()) => self.on_its_way = Some(OnItsWay { heads, landing }),
            Err(mpsc::error::SendError(flight)) => {
                self.sets.forget();
                self.by_turns(flight.batch).await;
            }
        }
    }
}

/// Decides a batch before the one before it has landed. What is missing is read from the store as it is found.
async fn decide_early(store: &Store, sets: &WorkingSets, batch: &[Waiting]) -> Result<Decided, Failure> {
    let mut early = Early::of(store);
    let (mut books, mut stands_on) = (BTreeMap::new(), Vec::new());
    for (key, wanted) in wants_of(batch) {
        let book = enter_early(&mut early, sets, key, &wanted).await?;
        stands_on.push((key, book.as_ref().map(OpenBook::head_before)));
        books.extend(book.map(|book| (key, book)));
    }
    let outcomes = decide_all(&mut Sight::Early(&mut early), &mut books, batch).await?;
    if let Some(error) = outcomes.iter().find_map(failed) {
        return Err(error.into());
    }
    let commits = books.iter_mut().filter_map(|(key, book)| book.take_commit(*key));
    let commits = commits.collect();
    let shown = books.iter().filter_map(|(key, book)| {
        let (head, view) = book.shown()?;
        Some((*key, head, view))
    });
    let shown = shown.collect();
    sets.keep_for_now(books);
    Ok(Decided {
        outcomes,
        stands_on,
        commits,
        shown,
    })
}

/// Why a command failed, if the store was at fault: whether it really is, is found out by turns.
fn failed(outcome: &Outcomes) -> Option<StoreError> {
    match outcome {
        Err((_, Failure::Store(error))) => Some(error.clone()),
        Ok(_) | Err(_) => None,
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
        let missing = missing(&known, wanted);
        if !missing.is_empty() {
            known.gather(&mut Sight::Early(early), key, &missing).await?;
        }
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
    let Flight { decided, batch, report } = flight;
    // Whoever decides is there until the last batch has landed.
    if write(store, decided.stands_on, decided.commits).await.is_err() {
        let _heard = report.send(Err(batch));
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
/// decided on the batch before.
async fn write(
    store: &Store,
    stands_on: Vec<(BookKey, Option<Head>)>,
    commits: Vec<BookCommit>,
) -> Result<(), StoreError> {
    let mut unit = store.begin().await?;
    for (book, expected) in stands_on {
        if unit.head(book).await? != expected {
            return Err(moved("writing what was decided early"));
        }
    }
    if commits.is_empty() {
        return Ok(());
    }
    unit.commit(commits).await
}
