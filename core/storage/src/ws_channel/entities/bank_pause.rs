//! Banks to which the operator lets no upload go.

use crate::engine::StoredRow;
use crate::ws_channel::outcome::VerbOutcome;

/// A bank that is paused.
#[derive(Debug, Clone, PartialEq, Eq, StoredRow)]
pub struct BankPause {
    /// Canonical bank id.
    pub bank: String,
    /// Since when, Unix ms.
    pub since: i64,
    /// The operator's reason, which customers read.
    pub reason: String,
    /// Who has paused it.
    pub by_whom: String,
}

/// An order to pause a bank, or with `None` to resume it.
#[derive(Debug, Clone)]
pub struct BankPauseOrder {
    /// Canonical bank id.
    pub bank: String,
    /// The pause.
    pub pause: Option<BankPause>,
    /// A pause in words, for the audit trail.
    pub describe: fn(&BankPause) -> String,
}

/// The result of an order about a bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BankPauseOutcome {
    /// Done.
    Done {
        /// What was before, in words.
        before: String,
        /// What is now, in words.
        after: String,
    },
    /// It is paused already.
    Paused(BankPause),
    /// It is not paused.
    NotPaused,
}

impl VerbOutcome for BankPauseOutcome {
    fn outcome(&self) -> &'static str {
        match self {
            Self::Done { .. } => "done",
            Self::Paused(_) | Self::NotPaused => "unchanged",
        }
    }

    fn facts(&self) -> String {
        match self {
            Self::Done { before, after } => format!("before: {before}; after: {after}"),
            Self::Paused(_) | Self::NotPaused => String::new(),
        }
    }
}
