//! Where time and chance come from.
//!
//! Every instant and every random byte in the books is an argument; these are the two places that a server draws them from, and
//! what a test puts in their stead.

use std::sync::atomic::{AtomicU64, Ordering};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use quittance_accounting::identity::DocumentId;

/// A clock.
pub trait Clock: Send + Sync {
    /// The instant it is.
    fn now(&self) -> Timestamp;
}

/// A source of random bytes.
pub trait Chance: Send + Sync {
    /// Fills the bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(
        clippy::disallowed_methods,
        reason = "the one place where the machine's clock enters"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The operating system's random bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemChance;

impl Chance for SystemChance {
    #[allow(
        clippy::disallowed_methods,
        clippy::expect_used,
        reason = "without random bytes no id or secret can be given out"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives random bytes");
    }
}

/// Chance that repeats: a counter run through a mixing function. For tests and the simulator only.
#[derive(Debug, Default)]
pub struct Repeatable(AtomicU64);

impl Repeatable {
    /// Starts at a seed.
    pub fn new(seed: u64) -> Repeatable {
        Repeatable(AtomicU64::new(seed))
    }
}

impl Chance for Repeatable {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_be_bytes()[..chunk.len()]);
        }
    }
}

/// Draws a document id: the time in milliseconds and 48 random bits.
pub(crate) fn draw_id(at: Timestamp, chance: &dyn Chance) -> DocumentId {
    let mut bytes = [0; 8];
    chance.fill(&mut bytes[2..]);
    DocumentId::new(
        u64::try_from(at.as_millisecond()).unwrap_or(0),
        u64::from_be_bytes(bytes),
    )
}

/// Draws so many random bytes as lower-case hex.
pub(crate) fn draw_hex(bytes: usize, chance: &dyn Chance) -> String {
    let mut drawn = vec![0; bytes];
    chance.fill(&mut drawn);
    let digits = drawn.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .filter_map(|digit| char::from_digit(u32::from(digit), 16))
        .collect()
}

/// The book's time zone; UTC when its name is no longer known, which opening a book refuses.
pub(crate) fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

/// The civil day of an instant in a zone.
pub(crate) fn day_in(zone: &TimeZone, at: Timestamp) -> Date {
    zone.to_datetime(at).date()
}

/// The last instant of a day in a zone, to the microsecond.
pub(crate) fn end_of(zone: &TimeZone, day: Date) -> Timestamp {
    let end = day.at(23, 59, 59, 999_999_000);
    zone.to_timestamp(end).unwrap_or(Timestamp::MAX)
}
