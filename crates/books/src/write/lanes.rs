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
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::ahead::{Committer, Decider, Incoming, commit_decided};
use super::batches::Waiting;
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
        let sets = Arc::new(WorkingSets::new(shown));
        match store.lanes() {
            Lanes::One => {
                let (requests, waiting) = mpsc::channel(MOST_WAITING);
                // Only one is on its way at a time.
                let (to_committer, flights) = mpsc::channel(1);
                let committer = commit_decided(Arc::clone(&store), Arc::clone(sets.shown()), flights);
                let decider = Decider::new(store, sets, Committer::Thread(to_committer));
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
                at_work: Arc::new(Semaphore::new(most)),
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

/// What comes for the only lane.
struct Requests {
    waiting: mpsc::Receiver<Request>,
    scrubs: Vec<oneshot::Sender<Result<bool, Failure>>>,
}

impl Incoming for Requests {
    /// None when the store is to be scrubbed, or when nobody is left to ask for anything.
    async fn more(&mut self, most: usize) -> Option<Vec<Waiting>> {
        if !self.scrubs.is_empty() {
            return None;
        }
        let mut requests = Vec::with_capacity(most);
        self.waiting.recv_many(&mut requests, most).await;
        let mut batch = Vec::with_capacity(requests.len());
        for request in requests {
            match request {
                Request::Carry(waiting) => batch.push(waiting),
                Request::Scrub(reply) => self.scrubs.push(reply),
            }
        }
        (!batch.is_empty()).then_some(batch)
    }
}

async fn only_lane(mut decider: Decider, waiting: mpsc::Receiver<Request>) {
    let mut requests = Requests {
        waiting,
        scrubs: Vec::new(),
    };
    loop {
        match decider.meanwhile(requests.more(MOST_PER_BATCH)).await {
            Some(Some(batch)) => decider.carry_out(batch, None, &mut requests).await,
            Some(None) if requests.scrubs.is_empty() => break,
            // To be scrubbed, or what was on its way has landed.
            Some(None) | None => {}
        }
        for reply in std::mem::take(&mut requests.scrubs) {
            let _gone = reply.send(decider.scrub().await);
        }
    }
    decider.land(None).await;
}

/// A lane per book; commands that open books have one of their own.
#[derive(Debug)]
struct BookLanes {
    store: Arc<Store>,
    sets: Arc<WorkingSets>,
    runtime: Handle,
    /// For what waits.
    room: Arc<Semaphore>,
    /// For what is written.
    at_work: Arc<Semaphore>,
    queues: Mutex<Queues>,
    emptied: Condvar,
}

#[derive(Debug, Default)]
struct Queues {
    closed: bool,
    /// What waits, by book. Where there is a queue, there is a lane.
    of: HashMap<Option<BookKey>, Queue>,
}

/// What waits for a book.
#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<(Waiting, OwnedSemaphorePermit)>,
    /// Told of whatever comes.
    arrived: Arc<Notify>,
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
            queue.waiting.push_back((waiting, room));
            queue.arrived.notify_one();
        } else {
            let queue = Queue {
                waiting: VecDeque::from([(waiting, room)]),
                arrived: Arc::default(),
            };
            let arrived = Arc::clone(&queue.arrived);
            queues.of.insert(book, queue);
            self.runtime.spawn(lane(Arc::clone(self), book, arrived));
        }
        Ok(())
    }

    /// Takes what waits for a book as one batch.
    fn take(&self, book: Option<BookKey>, most: usize) -> Vec<Waiting> {
        // A unit of work is one book, and commands that open books are of several.
        let most = if book.is_some() { most } else { 1 };
        let mut queues = self.queues();
        let Some(queue) = queues.of.get_mut(&book) else {
            return Vec::new();
        };
        let taken = queue.waiting.len().min(most);
        queue.waiting.drain(..taken).map(|(waiting, _)| waiting).collect()
    }

    /// Takes what waits for a book as one batch; when nothing does, the lane is over.
    fn take_or_end(&self, book: Option<BookKey>) -> Option<Vec<Waiting>> {
        let batch = self.take(book, MOST_PER_BATCH);
        if !batch.is_empty() {
            return Some(batch);
        }
        let mut queues = self.queues();
        // Something may have come since.
        if queues.of.get(&book).is_some_and(|queue| queue.waiting.is_empty()) {
            queues.of.remove(&book);
            self.emptied.notify_all();
            return None;
        }
        Some(Vec::new())
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

/// What comes for a book.
struct Arrivals {
    lanes: Arc<BookLanes>,
    book: Option<BookKey>,
    arrived: Arc<Notify>,
}

impl Incoming for Arrivals {
    async fn more(&mut self, most: usize) -> Option<Vec<Waiting>> {
        loop {
            let batch = self.lanes.take(self.book, most);
            if !batch.is_empty() {
                return Some(batch);
            }
            self.arrived.notified().await;
        }
    }
}

async fn lane(lanes: Arc<BookLanes>, book: Option<BookKey>, arrived: Arc<Notify>) {
    let ending = Ending { lanes: &lanes, book };
    let committer = Committer::Tasks {
        runtime: lanes.runtime.clone(),
        room: Arc::clone(&lanes.at_work),
        book,
    };
    let mut decider = Decider::new(Arc::clone(&lanes.store), Arc::clone(&lanes.sets), committer);
    let mut arrivals = Arrivals {
        lanes: Arc::clone(&lanes),
        book,
        arrived,
    };
    loop {
        let (batch, room) = if decider.is_idle() {
            // First the room, then the batch: what comes meanwhile goes along.
            let Ok(room) = Arc::clone(&lanes.at_work).acquire_owned().await else {
                return;
            };
            let Some(batch) = lanes.take_or_end(book) else { break };
            (batch, Some(room))
        } else {
            let batch = decider.meanwhile(arrivals.more(MOST_PER_BATCH)).await.flatten();
            (batch.unwrap_or_default(), None)
        };
        if !batch.is_empty() {
            decider.carry_out(batch, room, &mut arrivals).await;
        }
    }
    std::mem::forget(ending);
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
