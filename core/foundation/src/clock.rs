//! Time, passed in.

use std::sync::atomic::{AtomicI64, Ordering};

/// The current time. Servers take a clock so that tests can move it.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    fn now_ms(&self) -> i64;

    /// Seconds since 1970-01-01T00:00:00Z.
    fn now_s(&self) -> i64 {
        self.now_ms().div_euclid(1000)
    }
}

/// Stored instead of a stopped clock's time: the clock runs. No valid instant is that early.
const RUNS: i64 = i64::MIN;

/// The system's clock plus an offset, which starts at zero. It can be stopped.
#[derive(Debug)]
pub struct SystemClock {
    offset_ms: AtomicI64,
    /// The time that it shows while stopped, or [`RUNS`].
    standing_ms: AtomicI64,
    /// The first value of `standing_ms`.
    begun_at_ms: i64,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::standing_at_ms(RUNS)
    }
}

impl SystemClock {
    /// A clock stopped at this time until it is moved.
    #[must_use]
    pub fn standing_at_ms(now_ms: i64) -> Self {
        Self { offset_ms: AtomicI64::new(0), standing_ms: AtomicI64::new(now_ms), begun_at_ms: now_ms }
    }

    /// Stands or runs again as it did at first.
    pub fn reset(&self) {
        self.standing_ms.store(self.begun_at_ms, Ordering::SeqCst);
        self.offset_ms.store(0, Ordering::SeqCst);
    }

    /// Runs again, in step with the system's clock.
    pub fn run(&self) {
        self.standing_ms.store(RUNS, Ordering::SeqCst);
        self.offset_ms.store(0, Ordering::SeqCst);
    }

    /// Moves this clock by this many milliseconds, forward or back.
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

/// A clock that is stopped until it is moved: for tests and reproducible messages.
#[derive(Debug)]
pub struct FixedClock(AtomicI64);

impl FixedClock {
    /// A clock that shows `now_ms`.
    #[must_use]
    pub fn at_ms(now_ms: i64) -> Self {
        Self(AtomicI64::new(now_ms))
    }

    /// Moves the clock by this many milliseconds.
    pub fn advance_ms(&self, by: i64) {
        self.0.fetch_add(by, Ordering::SeqCst);
    }
}

impl Clock for FixedClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// The English abbreviations of the months, as in HTTP's dates.
pub const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests {
    use super::*;

    /// A clock can be stopped at every instant, including the first of 1970.
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
    fn a_clock_that_is_reset_shows_what_it_showed_at_first() {
        let (standing, running) = (SystemClock::standing_at_ms(7), SystemClock::default());
        for clock in [&standing, &running] {
            clock.set_ms(0);
            clock.reset();
        }
        standing.run();
        standing.reset();
        assert_eq!(standing.now_ms(), 7);
        assert!(running.now_ms() >= 1_700_000_000_000);
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
