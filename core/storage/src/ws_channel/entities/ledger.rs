//! The simulator's balances (docs/protocols/ws-channel.md §6.7).

use super::file::{FileScope, NewBankFile, UploadState};
use crate::ws_channel::outcome::Outcome;

/// The balance of one bank account of one simulator connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    /// IBAN.
    pub iban: String,
    /// Balance in cents.
    pub balance_cents: i64,
    /// Number of the last statement.
    pub statement: i64,
    /// Grows with each change; to be given back in [`LedgerChange::expected_version`].
    pub version: i64,
}

/// A balance to begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLedger {
    /// IBAN.
    pub iban: String,
    /// Balance in cents.
    pub balance_cents: i64,
    /// Number of the last statement.
    pub statement: i64,
}

/// A new balance, valid only if nobody was faster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerChange {
    /// IBAN.
    pub iban: String,
    /// The version that the new balance was computed from.
    pub expected_version: i64,
    /// New balance in cents.
    pub balance_cents: i64,
    /// Number of the last statement now.
    pub statement: i64,
}

/// A processed upload: balances move, files appear, the journal says so, all or nothing and once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booking {
    /// Whose connection.
    pub scope: FileScope,
    /// The upload, which must be in state `received`; it loses its stored bytes.
    pub upload_id: String,
    /// What the upload becomes.
    pub state: UploadState,
    /// Words for the journal.
    pub detail: String,
    /// New balances; empty for a rejected payment.
    pub changes: Vec<LedgerChange>,
    /// Files that appear together.
    pub files: Vec<NewBankFile>,
    /// Now, Unix ms.
    pub now: i64,
}

/// How booking ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BookOutcome {
    /// Booked.
    Booked,
    /// A balance moved meanwhile: read the ledgers and compute again. Nothing changed.
    Stale,
    /// The upload was processed before, or is unknown. Nothing changed.
    NotWaiting,
}

impl Outcome for BookOutcome {
    fn outcome(&self) -> &'static str {
        match self {
            Self::Booked => "done",
            Self::Stale => "stale",
            Self::NotWaiting => "not_waiting",
        }
    }

    /// Of several that settle an upload one does it, and only that one says so.
    fn is_recorded(&self) -> bool {
        *self == Self::Booked
    }
}
