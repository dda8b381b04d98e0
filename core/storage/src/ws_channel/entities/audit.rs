//! The audit trail (docs/protocols/ws-channel.md §3.9): who did what, in chains of hashes.

use super::common::Digest;

/// What a caller records. Never put a secret, code, token, password or file content into it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
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
    /// How it ended; empty: the word of the verb's result is taken.
    pub outcome: String,
    /// What it was done to: a bank, a reference, an address.
    pub object: String,
    /// Further facts, e.g. a fingerprint or file type.
    pub detail: String,
}

/// A recorded entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its number in the trail. With PostgreSQL numbers may be missing.
    pub seq: i64,
    /// The entry, with its outcome filled in.
    pub entry: AuditEntry,
    /// Hash over this record and the one before in its account's chain.
    pub hash: Digest,
}

/// Which records to read; `None` everywhere reads all.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
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
    /// At most so many; 0 means 1000.
    pub limit: i64,
    /// The last of those that fit, where there are more, and not the first. They come in the order of writing all the same.
    #[serde(default)]
    pub newest: bool,
}

/// A checkpoint: its hash covers the checkpoint before and the ends of all chains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditCheckpoint {
    /// Its number, from 1.
    pub number: i64,
    /// When it was written, Unix ms.
    pub at: i64,
    /// Its hash: keep it elsewhere to notice a rewritten trail later.
    pub hash: Digest,
}

/// A head of the trail that was written down outside of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownHead {
    /// A checkpoint's hash.
    Checkpoint {
        /// Its number.
        number: i64,
        /// Its hash.
        hash: Digest,
    },
    /// The last hash when the trail was one chain of so many records: before accounts had chains.
    Sealed {
        /// How many records.
        records: i64,
        /// The hash of the last.
        hash: Digest,
    },
}

/// What checking the trail found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditVerdict {
    /// Every record follows from the one before in its account's chain, each chain ends where it should, and what the
    /// checkpoints cover is there.
    Intact {
        /// Number of records.
        records: i64,
        /// Number of chains.
        chains: i64,
        /// The newest checkpoint.
        checkpoint: Option<AuditCheckpoint>,
        /// Records that no checkpoint covers yet.
        after_checkpoint: i64,
    },
    /// Something was changed, removed or inserted.
    Broken {
        /// The first record that does not fit; 0 where there is none to name.
        seq: i64,
        /// Whose chain it is; empty: records of nobody.
        account: Option<String>,
        /// What does not fit.
        reason: String,
    },
}
