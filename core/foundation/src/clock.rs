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

/// The system's clock, moved by an offset that starts at zero.
#[derive(Debug, Default)]
pub struct SystemClock {
    offset_ms: AtomicI64,
}

impl SystemClock {
    /// Moves this clock by so many milliseconds, forward or back.
    pub fn advance_ms(&self, by: i64) {
        self.offset_ms.fetch_add(by, Ordering::SeqCst);
    }

    /// How far this clock is ahead of the system's, in milliseconds.
    #[must_use]
    pub fn offset_ms(&self) -> i64 {
        self.offset_ms.load(Ordering::SeqCst)
    }

    /// Sets this clock so that it now shows `now_ms`.
    pub fn set_ms(&self, now_ms: i64) {
        self.offset_ms.store(now_ms - system_ms(), Ordering::SeqCst);
    }
}

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        system_ms() + self.offset_ms.load(Ordering::SeqCst)
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
