//! Counting calls per token, in memory.
//!
//! A window is a length of time laid end to end from 1970-01-01T00:00Z, so that a minute is the UTC minute and a day the
//! UTC day, and all servers agree on where one ends without talking. A call counts in all its windows or, if one is
//! full, in none. The same arguments give the same answers: time is handed in.
//!
//! Memory is bounded: at most [`MAX_KEYS`] tokens are remembered, the longest unseen are forgotten first. A forgotten
//! token starts afresh, which errs on the side of serving.
//!
//! Not here: limits of any vendor (`config`), header names and words (each dialect's `manners.rs`). Counts are per
//! process and do not outlive it: they protect the machine and imitate the vendor, they are not accounts.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

/// Tokens remembered at once: a few megabytes, and far more callers than one server serves in a day.
pub const MAX_KEYS: usize = 20_000;

/// So many calls in each interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Calls allowed per interval; 0 refuses every call.
    pub limit: u32,
    /// Length of the interval in milliseconds; 0 counts as 1.
    pub interval_ms: u32,
}

impl Window {
    /// So many per second.
    pub const fn per_second(limit: u32) -> Self {
        Window {
            limit,
            interval_ms: 1_000,
        }
    }

    /// So many per UTC minute.
    pub const fn per_minute(limit: u32) -> Self {
        Window {
            limit,
            interval_ms: 60_000,
        }
    }

    /// So many per UTC day.
    pub const fn per_day(limit: u32) -> Self {
        Window {
            limit,
            interval_ms: 86_400_000,
        }
    }

    /// So many per interval of that many seconds (at most 49 days): a burst limit.
    pub const fn burst(limit: u32, seconds: u32) -> Self {
        Window {
            limit,
            interval_ms: seconds.saturating_mul(1_000),
        }
    }

    fn interval(self) -> i64 {
        i64::from(self.interval_ms.max(1))
    }
}

/// How full one window is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Calls allowed in this window.
    pub limit: u32,
    /// Calls counted in it, this one included unless it was refused.
    pub used: u32,
    /// Milliseconds until the next window begins, at least 1.
    pub reset_ms: i64,
}

impl Usage {
    /// Calls left in this window.
    pub fn remaining(&self) -> u32 {
        self.limit.saturating_sub(self.used)
    }

    /// Seconds until the next window begins, rounded up, so that waiting that long is enough.
    pub fn reset_seconds(&self) -> i64 {
        (self.reset_ms + 999) / 1_000
    }
}

/// The limiter's answer to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict<const N: usize> {
    /// Whether the call may go on.
    pub allowed: bool,
    /// One figure per window, in the order the windows were given.
    pub usage: [Usage; N],
    /// For a refused call, seconds after which every full window has begun anew; 0 for an allowed one.
    pub retry_after_seconds: i64,
}

/// Counters of one token.
struct Counters {
    /// For each window, which one is being counted and how many calls it has.
    windows: Vec<(i64, u32)>,
    /// Milliseconds since 1970 of the latest call, counted or refused.
    seen_ms: i64,
    /// Milliseconds since 1970 from which no window counts any more.
    stale_ms: i64,
}

/// Counts calls for any number of tokens. One limiter serves one kind of call: reads and writes that are limited apart
/// have a limiter each.
pub struct Limiter {
    keys: Mutex<HashMap<String, Counters>>,
    max_keys: usize,
}

impl Default for Limiter {
    fn default() -> Self {
        Self::with_capacity(MAX_KEYS)
    }
}

impl Limiter {
    /// A limiter that remembers [`MAX_KEYS`] tokens.
    pub fn new() -> Self {
        Self::default()
    }

    /// A limiter that remembers at most `max_keys` tokens, and at least one.
    pub fn with_capacity(max_keys: usize) -> Self {
        Limiter {
            keys: Mutex::new(HashMap::new()),
            max_keys: max_keys.max(1),
        }
    }

    /// Counts one call of `key` at `now`, or refuses it. `key` should be a token's id or digest, not its secret. The
    /// same limiter must be given the same list of windows each time; limits may change from call to call. A clock set
    /// back begins the earlier window anew.
    pub fn take<const N: usize>(&self, key: &str, windows: [Window; N], now: Timestamp) -> Verdict<N> {
        let now_ms = now.as_millisecond();
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if !keys.contains_key(key) {
            if keys.len() >= self.max_keys {
                make_room(&mut keys, self.max_keys, now_ms);
            }
            keys.insert(
                key.to_owned(),
                Counters {
                    windows: Vec::new(),
                    seen_ms: now_ms,
                    stale_ms: now_ms,
                },
            );
        }
        match keys.get_mut(key) {
            Some(counters) => counters.take(windows, now_ms),
            // Inserted above under the same lock.
            None => unreachable!("a key inserted under the lock is gone"),
        }
    }

    /// Tokens remembered now.
    pub fn remembered(&self) -> usize {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Counters {
    fn take<const N: usize>(&mut self, windows: [Window; N], now_ms: i64) -> Verdict<N> {
        self.windows.resize(N, (i64::MIN, 0));
        self.seen_ms = now_ms;
        for (window, (index, count)) in windows.iter().zip(&mut self.windows) {
            let current = now_ms.div_euclid(window.interval());
            if *index != current {
                (*index, *count) = (current, 0);
            }
        }
        let allowed = windows
            .iter()
            .zip(&self.windows)
            .all(|(window, (_, count))| *count < window.limit);
        let mut position = 0;
        let usage = windows.map(|window| {
            let count = self.windows.get_mut(position).map(|(_, count)| {
                *count += u32::from(allowed);
                *count
            });
            position += 1;
            let reset_ms = window.interval() - now_ms.rem_euclid(window.interval());
            Usage {
                limit: window.limit,
                used: count.unwrap_or(0),
                reset_ms,
            }
        });
        self.stale_ms = now_ms + usage.iter().map(|usage| usage.reset_ms).max().unwrap_or(0);
        let retry_after_seconds = match allowed {
            true => 0,
            false => usage
                .iter()
                .filter(|u| u.used >= u.limit)
                .map(Usage::reset_seconds)
                .max()
                .unwrap_or(1),
        };
        Verdict {
            allowed,
            usage,
            retry_after_seconds,
        }
    }
}

/// Forgets what no longer counts; if all of it counts, the eighth that was seen longest ago, so that a flood of tokens
/// costs one sweep per many calls and not one per call.
fn make_room(keys: &mut HashMap<String, Counters>, max_keys: usize, now_ms: i64) {
    keys.retain(|_, counters| counters.stale_ms > now_ms);
    if keys.len() < max_keys {
        return;
    }
    let mut seen: Vec<i64> = keys.values().map(|counters| counters.seen_ms).collect();
    let surplus = (keys.len() + 1 - max_keys).max(max_keys / 8);
    let last = surplus.min(seen.len()) - 1;
    let (_, threshold, _) = seen.select_nth_unstable(last);
    let (threshold, mut left) = (*threshold, surplus);
    keys.retain(|_, counters| {
        let forget = left > 0 && counters.seen_ms <= threshold;
        left -= usize::from(forget);
        !forget
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    const READS: [Window; 2] = [Window::per_minute(2), Window::per_day(3)];

    #[test]
    fn minute_and_day() {
        let limiter = Limiter::new();
        // Time, allowed, used this minute, used this day, seconds to the next minute, seconds to retry after.
        let table = [
            ("2026-03-01T10:00:00.5Z", true, 1, 1, 60, 0),
            ("2026-03-01T10:00:58Z", true, 2, 2, 2, 0),
            ("2026-03-01T10:00:59.999Z", false, 2, 2, 1, 1),
            ("2026-03-01T10:01:00Z", true, 1, 3, 60, 0),
            ("2026-03-01T10:01:01Z", false, 1, 3, 59, 50_339),
            ("2026-03-01T10:02:00Z", false, 0, 3, 60, 50_280),
            ("2026-03-01T23:59:59Z", false, 0, 3, 1, 1),
            ("2026-03-02T00:00:00Z", true, 1, 1, 60, 0),
        ];
        for (time, allowed, minute_used, day_used, minute_reset, retry) in table {
            let verdict = limiter.take("key", READS, at(time));
            let [minute, day] = verdict.usage;
            let got = (
                verdict.allowed,
                minute.used,
                day.used,
                minute.reset_seconds(),
                verdict.retry_after_seconds,
            );
            assert_eq!(got, (allowed, minute_used, day_used, minute_reset, retry), "{time}");
            assert_eq!((minute.limit, day.limit), (2, 3));
            assert_eq!(minute.remaining(), 2 - minute_used);
        }
    }

    #[test]
    fn bursts_begin_anew_each_interval() {
        let limiter = Limiter::new();
        let windows = [Window::burst(2, 10), Window::per_day(200_000)];
        let take = |time: &str| limiter.take("key", windows, at(time));
        assert!(take("2026-03-01T10:00:01Z").allowed);
        assert_eq!(take("2026-03-01T10:00:02Z").usage[0].remaining(), 0);
        let refused = take("2026-03-01T10:00:02.750Z");
        assert!(!refused.allowed);
        assert_eq!((refused.usage[0].reset_ms, refused.retry_after_seconds), (7_250, 8));
        assert_eq!(refused.usage[1].used, 2);
        assert!(take("2026-03-01T10:00:10Z").allowed);
    }

    #[test]
    fn tokens_do_not_share_a_window() {
        let limiter = Limiter::new();
        let now = at("2026-03-01T10:00:00Z");
        assert!(limiter.take("a", [Window::per_second(1)], now).allowed);
        assert!(!limiter.take("a", [Window::per_second(1)], now).allowed);
        assert!(limiter.take("b", [Window::per_second(1)], now).allowed);
    }

    #[test]
    fn edges_stay_total() {
        let limiter = Limiter::new();
        let now = at("1969-12-31T23:59:59.999Z");
        let verdict = limiter.take(
            "a",
            [
                Window {
                    limit: 1,
                    interval_ms: 0,
                },
                Window::per_minute(1),
            ],
            now,
        );
        assert_eq!((verdict.allowed, verdict.usage[1].reset_ms), (true, 1));
        let none = limiter.take("b", [Window::per_minute(0)], now);
        assert_eq!((none.allowed, none.retry_after_seconds), (false, 1));
        assert!(limiter.take("c", [], Timestamp::MAX).allowed);
        assert!(limiter.take("c", [Window::per_day(1)], Timestamp::MIN).allowed);
        let back = [Window::per_minute(1)];
        assert!(limiter.take("d", back, at("2026-03-01T10:05:00Z")).allowed);
        assert!(limiter.take("d", back, at("2026-03-01T10:04:00Z")).allowed);
    }

    #[test]
    fn memory_is_bounded_and_forgets_the_stale_first() {
        let limiter = Limiter::with_capacity(16);
        let windows = [Window::per_minute(1)];
        for n in 0..16 {
            limiter.take(&format!("old{n}"), windows, at("2026-03-01T10:00:00Z"));
        }
        assert_eq!(limiter.remembered(), 16);
        limiter.take("new", windows, at("2026-03-01T10:01:00Z"));
        assert_eq!(limiter.remembered(), 1);
    }

    #[test]
    fn memory_is_bounded_when_nothing_is_stale() {
        let limiter = Limiter::with_capacity(16);
        let windows = [Window::per_day(1)];
        let start = at("2026-03-01T10:00:00Z").as_millisecond();
        for n in 0..1_000 {
            let now = Timestamp::from_millisecond(start + n).unwrap();
            assert!(limiter.take(&format!("key{n}"), windows, now).allowed);
            assert!(limiter.remembered() <= 16);
        }
        let now = Timestamp::from_millisecond(start + 1_000).unwrap();
        assert!(
            !limiter.take("key999", windows, now).allowed,
            "the latest seen is still remembered"
        );
    }
}
