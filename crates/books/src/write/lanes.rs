//! Lanes: what is carried out one after the other, and what at the same time.
//!
//! Where a unit of work has the whole store, there is one lane for all books: a thread that decides and one that writes what was
//! decided, because a commit waits for the disk (`ahead.rs`). Where it has one book, every book that has commands waiting has a lane, which takes what waits for that book as one batch
//! and ends when nothing is left; as many work at the same time as the store has connections to write with. Either way a batch is
//! what came in while the one before was under way.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use quittance_accounting::identity::BookKey;
use quittance_store::{Lanes, Store};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::ahead::{Decider, commit_decided};
use super::batches::{Waiting, carry_out_and_answer};
use super::working_set::{ShownBooks, WorkingSets};
use super::{Done, Job, MOST_PER_BATCH, Outcomes};
use crate::failure::Failure;

/// The most commands that may wait. Beyond it a caller waits before its command is taken, which slows clients down instead of
/// filling memory.
const MOST_WAITING: usize = 4096;

/// What may be asked of the only lane.
#[derive(Debug)]
enum Request {
    /// Carry commands out, all or none.
    Carry(Waiting),
    /// Scrub the store between two batches: only then is its connection free, however much waits.
    Scrub(oneshot::Sender<Result<bool, Failure>>),
}

/// The writer: whoever carries commands out.
#[derive(Debug)]
pub(crate) struct Writer(Kind);

#[derive(Debug)]
enum Kind {
    One {
        requests: mpsc::Sender<Request>,
        threads: Vec<JoinHandle<()>>,
    },
    PerBook(Arc<BookLanes>),
}

fn gone() -> (usize, Failure) {
    (0, Failure::Unavailable)
}

impl Writer {
    /// Starts the writer of a store.
    pub(crate) fn start(store: Arc<Store>, shown: Arc<ShownBooks>) -> std::io::Result<Writer> {
        let sets = WorkingSets::new(shown);
        match store.lanes() {
            Lanes::One => {
                let (requests, waiting) = mpsc::channel(MOST_WAITING);
                // Only one is on its way at a time.
                let (to_committer, flights) = mpsc::channel(1);
                let committer = commit_decided(Arc::clone(&store), Arc::clone(sets.shown()), flights);
                let decider = Decider::new(store, sets, to_committer);
                let threads = vec![
                    thread("committer", committer)?,
                    thread("decider", only_lane(decider, waiting))?,
                ];
                Ok(Writer(Kind::One { requests, threads }))
            }
            Lanes::PerBook { most, runtime } => Ok(Writer(Kind::PerBook(Arc::new(BookLanes {
                store,
                sets,
                runtime,
                room: Arc::new(Semaphore::new(MOST_WAITING)),
                at_work: Semaphore::new(most),
                queues: Mutex::default(),
                emptied: Condvar::new(),
            })))),
        }
    }

    /// Has a command carried out.
    pub(crate) async fn send(&self, job: Job) -> Result<Done, Failure> {
        let outcomes = self.send_together(vec![job]).await;
        let mut done = outcomes.map_err(|(_, failure)| failure)?;
        done.pop().ok_or(Failure::Unavailable)
    }

    /// Has commands on one book carried out one after the other in one commit, all or none.
    pub(crate) async fn send_together(&self, jobs: Vec<Job>) -> Outcomes {
        let (reply, answer) = oneshot::channel();
        match &self.0 {
            Kind::One { requests, .. } => {
                let request = Request::Carry((jobs, reply));
                requests.send(request).await.map_err(|_| gone())?;
            }
            Kind::PerBook(lanes) => lanes.send((jobs, reply)).await?,
        }
        answer.await.map_err(|_| gone())?
    }

    /// Makes sure that what was removed is nowhere in the store's files: false when somebody is in the way.
    pub(crate) async fn scrub(&self) -> Result<bool, Failure> {
        let requests = match &self.0 {
            Kind::One { requests, .. } => requests,
            Kind::PerBook(lanes) => return Ok(lanes.store.scrub().await?),
        };
        let (reply, answer) = oneshot::channel();
        requests
            .send(Request::Scrub(reply))
            .await
            .map_err(|_| Failure::Unavailable)?;
        answer.await.map_err(|_| Failure::Unavailable)?
    }

    /// Ends the writer after it has carried out what is waiting.
    pub(crate) fn finish(self) {
        match self.0 {
            Kind::One { requests, threads } => {
                drop(requests);
                for thread in threads {
                    let _ended = thread.join();
                }
            }
            Kind::PerBook(lanes) => lanes.finish(),
        }
    }
}

/// Has work done on a thread of its own, because it waits for the disk.
fn thread(name: &str, work: impl Future<Output = ()> + Send + 'static) -> std::io::Result<JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let thread = std::thread::Builder::new().name(name.to_owned());
    thread.spawn(move || runtime.block_on(work))
}

async fn only_lane(mut decider: Decider, mut waiting: mpsc::Receiver<Request>) {
    let mut requests = Vec::with_capacity(MOST_PER_BATCH);
    while decider.attend(waiting.recv_many(&mut requests, MOST_PER_BATCH)).await > 0 {
        let mut batch = Vec::with_capacity(requests.len());
        let mut scrubs = Vec::new();
        for request in requests.drain(..) {
            match request {
                Request::Carry(waiting) => batch.push(waiting),
                Request::Scrub(reply) => scrubs.push(reply),
            }
        }
        if !batch.is_empty() {
            decider.carry_out(batch).await;
        }
        for reply in scrubs {
            let _gone = reply.send(decider.scrub().await);
        }
    }
    decider.land().await;
}

/// A lane per book; commands that open books have one of their own.
#[derive(Debug)]
struct BookLanes {
    store: Arc<Store>,
    sets: WorkingSets,
    runtime: Handle,
    room: Arc<Semaphore>,
    at_work: Semaphore,
    queues: Mutex<Queues>,
    emptied: Condvar,
}

#[derive(Debug, Default)]
struct Queues {
    closed: bool,
    /// What waits, by book. Where there is a queue, there is a lane.
    of: HashMap<Option<BookKey>, VecDeque<(Waiting, OwnedSemaphorePermit)>>,
}

impl BookLanes {
    fn queues(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn send(self: &Arc<Self>, waiting: Waiting) -> Result<(), (usize, Failure)> {
        let room = Arc::clone(&self.room).acquire_owned().await.map_err(|_| gone())?;
        let book = waiting.0.first().and_then(|job| job.book);
        let mut queues = self.queues();
        if queues.closed {
            return Err(gone());
        }
        if let Some(queue) = queues.of.get_mut(&book) {
            queue.push_back((waiting, room));
        } else {
            queues.of.insert(book, VecDeque::from([(waiting, room)]));
            self.runtime.spawn(lane(Arc::clone(self), book));
        }
        Ok(())
    }

    /// Takes what waits for a book as one batch; when nothing does, the lane is over.
    fn take(&self, book: Option<BookKey>) -> Vec<Waiting> {
        let mut queues = self.queues();
        let Some(queue) = queues.of.get_mut(&book) else {
            return Vec::new();
        };
        // A unit of work is one book, and commands that open books are of several.
        let most = if book.is_some() { MOST_PER_BATCH } else { 1 };
        let taken = queue.len().min(most);
        let batch: Vec<Waiting> = queue.drain(..taken).map(|(waiting, _)| waiting).collect();
        if batch.is_empty() {
            queues.of.remove(&book);
            self.emptied.notify_all();
        }
        batch
    }

    /// Takes no more, and waits for what is waiting.
    fn finish(&self) {
        let mut queues = self.queues();
        queues.closed = true;
        while !queues.of.is_empty() {
            queues = self.emptied.wait(queues).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

async fn lane(lanes: Arc<BookLanes>, book: Option<BookKey>) {
    let ending = Ending { lanes: &lanes, book };
    loop {
        let Ok(_at_work) = lanes.at_work.acquire().await else {
            return;
        };
        let batch = lanes.take(book);
        if batch.is_empty() {
            std::mem::forget(ending);
            return;
        }
        carry_out_and_answer(&lanes.store, &lanes.sets, batch).await;
    }
}

/// Clears up after a lane that ended otherwise than by emptying its queue: whoever waits in it hears that nobody will come.
struct Ending<'a> {
    lanes: &'a BookLanes,
    book: Option<BookKey>,
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.lanes.queues().of.remove(&self.book);
        self.lanes.emptied.notify_all();
    }
}
