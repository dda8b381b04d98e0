//! The audit trail (docs/protocols/ws-channel.md §3.9): actors and actions, in chains of hashes.

use super::common::Digest;
use crate::engine::StoredRow;

/// The content of a record. Never put a secret, code, token, password or file content into it.
#[derive(Debug, Clone, PartialEq, Eq, Default, StoredRow)]
pub struct AuditEntry {
    /// Unix ms.
    pub at: i64,
    /// The request's id.
    pub request_id: String,
    /// The tenant; empty when unknown.
    pub api_key: String,
    /// The acting account; empty when unknown.
    pub email: String,
    /// The session's mode, or `operator`, or empty.
    pub mode: String,
    /// The operation, e.g. `ws_channel.upload_file`.
    pub operation: String,
    /// The outcome; if empty, that of the verb's result is used.
    pub outcome: String,
    /// The object of the operation: a bank, a reference, an address.
    pub object: String,
    /// Further facts, e.g. a fingerprint or file type.
    pub detail: String,
    /// The address that the request came from, if it came from one.
    pub origin: Option<String>,
}

/// A recorded entry.
#[derive(Debug, Clone, PartialEq, Eq, StoredRow)]
pub struct AuditRecord {
    /// Its number in the trail. With PostgreSQL there may be gaps.
    pub seq: i64,
    /// The entry, with its outcome filled in.
    pub entry: AuditEntry,
    /// Hash over this record and the one before in its account's chain.
    pub hash: Digest,
}

/// Filter for reading records; `None` in all fields reads all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditFilter {
    /// Only records after this sequence number; for paging.
    pub after_seq: i64,
    /// Not before, Unix ms.
    pub from: Option<i64>,
    /// Before, Unix ms.
    pub until: Option<i64>,
    /// This tenant.
    pub api_key: Option<String>,
    /// This acting account.
    pub email: Option<String>,
    /// This operation.
    pub operation: Option<String>,
    /// This outcome.
    pub outcome: Option<String>,
    /// Limit of the number of records; 0 means 1000.
    pub limit: i64,
    /// If there are more than `limit`, return the last ones instead of the first. The order is that of writing in
    /// either case.
    pub newest: bool,
}

/// A checkpoint: its hash covers the checkpoint before and the ends of all chains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, StoredRow)]
pub struct AuditCheckpoint {
    /// Its number, from 1.
    pub number: i64,
    /// When it was written, Unix ms.
    pub at: i64,
    /// Its hash: keep a copy elsewhere to detect a rewritten trail later.
    pub hash: Digest,
}

/// A head of the trail that was saved outside the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownHead {
    /// A checkpoint's hash.
    Checkpoint {
        /// Its number.
        number: i64,
        /// Its hash.
        hash: Digest,
    },
    /// The last hash of the trail as one chain of this many records: before each account had its own chain.
    Sealed {
        /// The number of records.
        records: i64,
        /// The hash of the last record.
        hash: Digest,
    },
}

/// The result of checking the trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditVerdict {
    /// Every record follows from the one before in its account's chain, each chain ends where it should, and everything
    /// that the checkpoints cover exists.
    Intact {
        /// Number of records.
        records: i64,
        /// Number of chains.
        chains: i64,
        /// The newest checkpoint.
        checkpoint: Option<AuditCheckpoint>,
        /// Number of records that no checkpoint covers yet.
        after_checkpoint: i64,
    },
    /// A record was changed, removed or inserted.
    Broken {
        /// The first record that does not fit; 0 if no record can be named.
        seq: i64,
        /// The account of the chain; empty: records without an account.
        account: Option<String>,
        /// The fault found.
        reason: String,
    },
}
