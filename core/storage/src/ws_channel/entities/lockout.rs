//! Counted events, lockouts and quotas (docs/protocols/ws-channel.md §3.4, S6–S11).

use crate::ws_channel::outcome::outcomes;

/// What is counted (`password`, `mfa`, `code.phone`, …) and of whom (an account and mode, an address, a phone).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LockKey {
    /// The counter.
    pub scope: String,
    /// Whose.
    pub subject: String,
}

impl LockKey {
    /// A key from its two parts.
    #[must_use]
    pub fn new(scope: impl Into<String>, subject: impl Into<String>) -> Self {
        Self { scope: scope.into(), subject: subject.into() }
    }
}

/// How many events in which time, and what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockPolicy {
    /// Events within the window that close the door.
    pub limit: i64,
    /// Sliding window, ms.
    pub window: i64,
    /// How long it stays closed, ms.
    pub duration: i64,
}

/// What a recorded failure led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockState {
    /// Counted.
    Open {
        /// Failures in the window, this one included.
        failures: i64,
    },
    /// The limit was reached, now or before; this failure then counts no further.
    Locked {
        /// Until when, Unix ms.
        until: i64,
    },
}

outcomes!(LockState { Self::Open { .. } => "counted", Self::Locked { .. } => "locked" });

/// Whether an event had room in its quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuotaState {
    /// Counted.
    Taken {
        /// Events left in the window.
        left: i64,
    },
    /// Used up; nothing was counted.
    Exhausted {
        /// From when on there is room, Unix ms.
        retry_at: i64,
    },
}

outcomes!(QuotaState { Self::Taken { .. } => "done", Self::Exhausted { .. } => "exhausted" });
