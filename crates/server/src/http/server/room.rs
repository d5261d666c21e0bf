//! Room for connections: so many at once, and one more place when somebody was quiet for long enough.
//!
//! Promise: whoever is being answered keeps the place. When no place is free, the connection that was quiet longest is asked to leave,
//! if it was quiet for the time that is set; until then whoever comes next waits in the listen queue and costs nothing here. So
//! connections that say nothing, however many somebody opens, keep nobody out for longer than that time.
//!
//! Not here: places by address. Behind a proxy all come from one.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// Stands where a connection is being answered: later than any time.
const ANSWERED: u64 = u64::MAX;
/// Stands where a connection was asked to leave: later than any time, too.
const ASKED: u64 = u64::MAX - 1;

/// All places.
pub(super) struct Room {
    begun: Instant,
    quiet_time: Duration,
    slots: Arc<Semaphore>,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    /// How many came so far.
    came: u64,
    seats: BTreeMap<u64, Arc<Seat>>,
}

/// What is known of one connection.
struct Seat {
    /// Since when it is quiet, in milliseconds after the room's begin; else [`ANSWERED`] or [`ASKED`].
    quiet_since: AtomicU64,
    /// Whether a whole request ever came.
    spoke: AtomicBool,
    leave: Notify,
}

/// A place in the room; given up when it is dropped.
pub(super) struct Place {
    room: Arc<Room>,
    number: u64,
    seat: Arc<Seat>,
    _slot: OwnedSemaphorePermit,
}

impl Room {
    /// A room of so many places, in which whoever was quiet for so long makes room.
    pub(super) fn new(places: usize, quiet_time: Duration) -> Arc<Room> {
        Arc::new(Room {
            begun: Instant::now(),
            quiet_time,
            slots: Arc::new(Semaphore::new(places.max(1))),
            taken: Mutex::default(),
        })
    }

    /// Waits for a place.
    pub(super) async fn place(self: &Arc<Room>) -> Option<Place> {
        let mut free = std::pin::pin!(Arc::clone(&self.slots).acquire_owned());
        let mut patience = Duration::ZERO;
        loop {
            tokio::select! {
                biased;
                slot = &mut free => return slot.ok().map(|slot| self.take(slot)),
                () = tokio::time::sleep(patience) => patience = self.make_room(),
            }
        }
    }

    fn take(self: &Arc<Room>, slot: OwnedSemaphorePermit) -> Place {
        let seat = Arc::new(Seat {
            quiet_since: AtomicU64::new(self.now()),
            spoke: AtomicBool::new(false),
            leave: Notify::new(),
        });
        let mut taken = self.taken();
        let number = taken.came;
        taken.came += 1;
        taken.seats.insert(number, Arc::clone(&seat));
        drop(taken);
        Place {
            room: Arc::clone(self),
            number,
            seat,
            _slot: slot,
        }
    }

    /// Asks the connection that was quiet longest to leave, if it was for long enough; how long to wait before the next is asked.
    fn make_room(&self) -> Duration {
        let taken = self.taken();
        let since = |seat: &Arc<Seat>| seat.quiet_since.load(Ordering::Relaxed);
        let longest = taken.seats.values().map(|seat| (since(seat), seat));
        let Some((since, seat)) = longest.min_by_key(|(since, _)| *since) else {
            return self.quiet_time;
        };
        if since >= ASKED {
            return self.quiet_time;
        }
        let quiet = Duration::from_millis(self.now().saturating_sub(since));
        if quiet < self.quiet_time {
            return self.quiet_time - quiet;
        }
        // Unless it has just begun to speak.
        let told = seat
            .quiet_since
            .compare_exchange(since, ASKED, Ordering::Relaxed, Ordering::Relaxed);
        if told.is_ok() {
            seat.leave.notify_one();
        }
        self.quiet_time
    }

    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(ASKED - 1)
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        // A number and a map are whole after every statement.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// A request came: until it is answered nobody asks this connection to leave.
    pub(super) fn speaks(&self) {
        self.seat.spoke.store(true, Ordering::Relaxed);
        self.seat.quiet_since.store(ANSWERED, Ordering::Relaxed);
    }

    /// It was answered.
    pub(super) fn is_quiet(&self) {
        self.seat.quiet_since.store(self.room.now(), Ordering::Relaxed);
    }

    /// Whether a request is being answered.
    pub(super) fn is_answered(&self) -> bool {
        self.seat.quiet_since.load(Ordering::Relaxed) == ANSWERED
    }

    /// Whether a whole request ever came, so that its answer may still be on the way.
    pub(super) fn spoke(&self) -> bool {
        self.seat.spoke.load(Ordering::Relaxed)
    }

    /// Resolves when somebody else needs the place.
    pub(super) async fn asked_to_leave(&self) {
        self.seat.leave.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.room.taken().seats.remove(&self.number);
    }
}
