//! Counted events, lockouts and quotas (docs/protocols/ws-channel.md §3.4, S6–S11).

use crate::ws_channel::outcome::outcomes;

/// A counter (`password`, `mfa`, `code.phone`, …) and its subject (an account and mode, an address, a phone).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LockKey {
    /// The counter.
    pub scope: String,
    /// The subject.
    pub subject: String,
}

impl LockKey {
    /// A key from its two parts.
    #[must_use]
    pub fn new(scope: impl Into<String>, subject: impl Into<String>) -> Self {
        Self { scope: scope.into(), subject: subject.into() }
    }
}

/// A limit of events in a window, and its consequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockPolicy {
    /// Number of events within the window that cause the lockout.
    pub limit: i64,
    /// Sliding window, ms.
    pub window: i64,
    /// Duration of the lockout, ms.
    pub duration: i64,
}

/// The result of a recorded failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockState {
    /// Counted.
    Open {
        /// Failures in the window, this one included.
        failures: i64,
    },
    /// The limit was reached, now or before; this failure is not counted further.
    Locked {
        /// End of the lockout, Unix ms.
        until: i64,
    },
}

outcomes!(LockState { Self::Open { .. } => "counted", Self::Locked { .. } => "locked" });

/// The result of counting an event against its quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuotaState {
    /// Counted.
    Taken {
        /// Events left in the window.
        left: i64,
    },
    /// Used up; nothing was counted.
    Exhausted {
        /// The earliest time with room, Unix ms.
        retry_at: i64,
    },
}

outcomes!(QuotaState { Self::Taken { .. } => "done", Self::Exhausted { .. } => "exhausted" });
