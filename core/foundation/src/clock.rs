//! Time, passed in.

use std::sync::atomic::{AtomicI64, Ordering};

/// Tells the time. Servers take one so that a test can move it.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    fn now_ms(&self) -> i64;

    /// Seconds since 1970-01-01T00:00:00Z.
    fn now_s(&self) -> i64 {
        self.now_ms().div_euclid(1000)
    }
}

/// In place of what a standing clock shows: the clock runs. No instant that can be written is that early.
const RUNS: i64 = i64::MIN;

/// The system's clock, moved by an offset that starts at zero; it may be made to stand still.
#[derive(Debug)]
pub struct SystemClock {
    offset_ms: AtomicI64,
    /// What it shows while it stands still, or [`RUNS`].
    standing_ms: AtomicI64,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self { offset_ms: AtomicI64::new(0), standing_ms: AtomicI64::new(RUNS) }
    }
}

impl SystemClock {
    /// A clock that stands still at this time until it is moved.
    #[must_use]
    pub fn standing_at_ms(now_ms: i64) -> Self {
        Self { offset_ms: AtomicI64::new(0), standing_ms: AtomicI64::new(now_ms) }
    }

    /// Lets it run again, in step with the system's.
    pub fn run(&self) {
        self.standing_ms.store(RUNS, Ordering::SeqCst);
        self.offset_ms.store(0, Ordering::SeqCst);
    }

    /// Moves this clock by so many milliseconds, forward or back.
    pub fn advance_ms(&self, by: i64) {
        let moved = |at: i64| (at != RUNS).then(|| at.saturating_add(by));
        if self.standing_ms.fetch_update(Ordering::SeqCst, Ordering::SeqCst, moved).is_err() {
            self.offset_ms.fetch_add(by, Ordering::SeqCst);
        }
    }

    /// Sets this clock so that it now shows `now_ms`.
    pub fn set_ms(&self, now_ms: i64) {
        let set = |at: i64| (at != RUNS).then_some(now_ms);
        if self.standing_ms.fetch_update(Ordering::SeqCst, Ordering::SeqCst, set).is_err() {
            self.offset_ms.store(now_ms - system_ms(), Ordering::SeqCst);
        }
    }
}

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        match self.standing_ms.load(Ordering::SeqCst) {
            RUNS => system_ms() + self.offset_ms.load(Ordering::SeqCst),
            standing => standing,
        }
    }
}

fn system_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// A clock that stands still until it is moved: for tests and reproducible messages.
#[derive(Debug)]
pub struct FixedClock(AtomicI64);

impl FixedClock {
    /// A clock that shows `now_ms`.
    #[must_use]
    pub fn at_ms(now_ms: i64) -> Self {
        Self(AtomicI64::new(now_ms))
    }

    /// Moves the clock by so many milliseconds.
    pub fn advance_ms(&self, by: i64) {
        self.0.fetch_add(by, Ordering::SeqCst);
    }
}

impl Clock for FixedClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every instant can be stood at, the first of 1970 too.
    #[test]
    fn a_clock_stands_where_it_is_set() {
        for at in [0, -1, 1_772_532_930_000] {
            let clock = SystemClock::standing_at_ms(at);
            assert_eq!(clock.now_ms(), at);
            clock.set_ms(0);
            assert_eq!(clock.now_ms(), 0);
            clock.advance_ms(5);
            clock.advance_ms(-5);
            assert_eq!(clock.now_ms(), 0);
        }
    }

    #[test]
    fn a_clock_that_runs_again_shows_the_system_time() {
        let clock = SystemClock::standing_at_ms(0);
        clock.run();
        assert!(clock.now_ms() >= 1_700_000_000_000);
        clock.set_ms(0);
        assert!((0..60_000).contains(&clock.now_ms()));
    }
}
