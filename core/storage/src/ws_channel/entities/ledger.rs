//! The simulator's balances (docs/protocols/ws-channel.md §6.7).

use super::file::{FileScope, NewBankFile, UploadState};
use crate::engine::StoredRow;
use crate::ws_channel::outcome::VerbOutcome;

/// The balance of one bank account of one simulator connection.
#[derive(Debug, Clone, PartialEq, Eq, StoredRow)]
pub struct SimulatorLedger {
    /// IBAN.
    pub iban: String,
    /// Balance in cents.
    pub balance_cents: i64,
    /// Number of the last statement.
    pub statement: i64,
    /// Grows with each change; pass it back in [`LedgerChange::expected_version`].
    pub version: i64,
}

/// An initial balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLedger {
    /// IBAN.
    pub iban: String,
    /// Balance in cents.
    pub balance_cents: i64,
    /// Number of the last statement.
    pub statement: i64,
}

/// A new balance, valid only if no other change came first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerChange {
    /// IBAN.
    pub iban: String,
    /// The version that the new balance was computed from.
    pub expected_version: i64,
    /// New balance in cents.
    pub balance_cents: i64,
    /// New number of the last statement.
    pub statement: i64,
}

/// A processed upload: balances, files and journal are changed together, atomically and once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessedUpload {
    /// The connection's owner and bank.
    pub scope: FileScope,
    /// The upload, which must be in state `received`; its stored bytes are removed.
    pub upload_id: String,
    /// The new state of the upload.
    pub state: UploadState,
    /// Text for the journal.
    pub detail: String,
    /// The message id of the payment file, if no other one of this connection may have it: then the result is
    /// [`BookOutcome::Stale`].
    pub message_id: Option<String>,
    /// New balances; empty for a rejected payment.
    pub changes: Vec<LedgerChange>,
    /// Files to add.
    pub files: Vec<NewBankFile>,
    /// Now, Unix ms.
    pub now: i64,
}

/// The result of a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BookOutcome {
    /// Booked.
    Booked,
    /// A balance changed meanwhile, or another payment file with this message id was processed: read both and compute
    /// again. Nothing changed.
    Stale,
    /// The upload was processed before, or is unknown. Nothing changed.
    NotWaiting,
}

impl VerbOutcome for BookOutcome {
    fn outcome(&self) -> &'static str {
        match self {
            Self::Booked => "done",
            Self::Stale => "stale",
            Self::NotWaiting => "not_waiting",
        }
    }

    /// If several settle an upload, only the one that succeeds is recorded.
    fn is_recorded(&self) -> bool {
        *self == Self::Booked
    }
}
