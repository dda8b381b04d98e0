//! The audit trail (WS Channel sheet §3.9): who did what, in a chain of hashes.

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
    /// Place in the chain, from 1.
    pub seq: i64,
    /// The entry, with its outcome filled in.
    pub entry: AuditEntry,
    /// Hash over the previous record's hash and this record.
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

/// What checking the chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditVerdict {
    /// Every record follows from the one before, and the last is the stored head.
    Intact {
        /// Number of records.
        records: i64,
        /// The last hash: keep it elsewhere to notice a rewritten chain later.
        head: Digest,
    },
    /// The chain breaks at this sequence number: changed, removed or inserted.
    Broken {
        /// First sequence number that does not fit.
        seq: i64,
    },
}
