//! Bank files and the upload journal (docs/protocols/ws-channel.md §5).

use super::bank_pause::BankPause;
use super::common::Digest;
use crate::engine::{Result, ResultRow, StoreError, StoredRow, text_enum};
use crate::ws_channel::outcome::outcomes;

/// The owner of files: the account that owns the connection, its tenant and the bank.
#[derive(Debug, Clone, PartialEq, Eq, Hash, StoredRow)]
pub struct FileScope {
    /// Tenant.
    pub api_key: String,
    /// Owner of the connection: the certificate's account.
    pub email: String,
    /// Canonical bank id.
    pub bank: String,
}

/// Where content is stored.
#[derive(Clone, PartialEq, Eq)]
pub enum FileContent {
    /// In the row; at most [`crate::ws_channel::INLINE_LIMIT`] bytes.
    Inline(Vec<u8>),
    /// In a file below `DATA/files`, written and synced before the row.
    External {
        /// Relative path of `[A-Za-z0-9._-]` segments, none of them `.` or `..`.
        path: String,
        /// Bytes.
        size: i64,
    },
}

impl FileContent {
    /// Size in bytes.
    #[must_use]
    pub fn size(&self) -> i64 {
        match self {
            Self::Inline(bytes) => i64::try_from(bytes.len()).unwrap_or(i64::MAX),
            Self::External { size, .. } => *size,
        }
    }
}

/// Absent where the row has neither: its size comes first, and is null then.
impl StoredRow for FileContent {
    const COLUMNS: &'static str = "CASE WHEN path IS NULL AND content IS NULL THEN NULL ELSE size END, path, content";
    const WIDTH: usize = 3;

    fn read(row: &mut ResultRow) -> Result<Self> {
        match row.read()? {
            (size, Some(path), _) => Ok(Self::External { path, size }),
            (_, None, Some(bytes)) => Ok(Self::Inline(bytes)),
            (_, None::<String>, None::<Vec<u8>>) => Err(StoreError::internal("a stored file has no content")),
        }
    }
}

impl std::fmt::Debug for FileContent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FileContent({} bytes)", self.size())
    }
}

/// A file to add at the bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBankFile {
    /// Unique in the scope.
    pub reference: String,
    /// Bank file type.
    pub file_type: String,
    /// `NEW`, `DLD` or another status of the bank.
    pub status: String,
    /// Creation time at the bank, Unix ms.
    pub created: i64,
    /// Service id, as listed.
    pub service_id: Option<String>,
    /// Target id, as listed.
    pub target_id: Option<String>,
    /// Content.
    pub content: FileContent,
}

/// A file as listed.
#[derive(Debug, Clone, PartialEq, Eq, StoredRow)]
pub struct BankFile {
    /// Reference.
    pub reference: String,
    /// Bank file type.
    pub file_type: String,
    /// Status.
    pub status: String,
    /// Unix ms.
    pub created: i64,
    /// Service id.
    pub service_id: Option<String>,
    /// Target id.
    pub target_id: Option<String>,
    /// Bytes.
    pub size: i64,
}

/// A file with its content.
#[derive(Debug, Clone, PartialEq, Eq, StoredRow)]
pub struct BankFileContent {
    /// The descriptor.
    pub file: BankFile,
    /// The content.
    pub content: FileContent,
}

/// Filter for listing files; `None` means all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileFilter {
    /// This type.
    pub file_type: Option<String>,
    /// This status.
    pub status: Option<String>,
}

text_enum! {
    /// The state of an upload.
    pub enum UploadState {
        /// Not acknowledged yet, or waiting for processing by the bank.
        Received = "received",
        /// The bank has received it.
        Accepted = "accepted",
        /// The bank refused it, or it certainly did not arrive.
        Failed = "failed",
        /// It is unknown whether it arrived.
        Unknown = "unknown",
    }
}

/// The ids by which a bank is asked about an upload.
#[derive(Debug, Clone, PartialEq, Eq, StoredRow)]
pub struct UploadAtBank {
    /// The customer's id at the bank.
    pub customer_id: String,
    /// The id of the request that sends it.
    pub request_id: String,
    /// The time of that request, as it stands in it.
    pub request_timestamp: String,
}

/// An upload to be journalled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUpload {
    /// Unique id.
    pub id: String,
    /// The connection's owner and bank.
    pub scope: FileScope,
    /// The uploading account (the borrower, when the certificate is shared).
    pub email: String,
    /// Bank file type.
    pub file_type: String,
    /// File name.
    pub file_name: String,
    /// SHA-256 of the bytes.
    pub sha256: Digest,
    /// Bytes.
    pub size: i64,
    /// Fingerprints of the keys that signed.
    pub signers: Vec<String>,
    /// The message id of the file, if it has one and the bank does not work from the journal: a status report names it.
    pub message_id: Option<String>,
    /// The ids by which the bank is asked about it, if it does not work from the journal.
    pub at_bank: Option<UploadAtBank>,
    /// Whether it is taken although it is unknown whether the bank has the same bytes from an earlier upload.
    pub send_anyway: bool,
    /// The bytes, when they must survive until the bank has them.
    pub content: Option<FileContent>,
    /// Refuse the upload if the account uploaded the same bytes after this moment (docs/protocols/ws-channel.md S22);
    /// `None`: no check.
    pub no_duplicate_since: Option<i64>,
    /// Now, Unix ms.
    pub now: i64,
}

/// The result of journalling an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UploadOutcome {
    /// Journalled in state `received`.
    Recorded,
    /// The same bytes were uploaded before and not refused.
    Duplicate {
        /// Id of the earlier upload.
        of: String,
    },
    /// The same bytes are on their way to the bank, or it is unknown whether they have arrived.
    Unsettled {
        /// Id of that upload.
        of: String,
    },
    /// The operator lets no upload go to this bank.
    Paused(BankPause),
}

outcomes!(UploadOutcome {
    Self::Recorded => "done",
    Self::Duplicate { .. } => "duplicate",
    Self::Unsettled { .. } => "unsettled",
    Self::Paused(_) => "paused",
});

/// How an upload ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadEnd {
    /// Its new state.
    pub state: UploadState,
    /// The reason, for the operator.
    pub detail: String,
    /// The customer's message about it.
    pub message: String,
    /// Whether the customer is to be told: false where the answer to its call says it. The end of an unknown state is
    /// always told.
    pub is_to_be_told: bool,
}

impl UploadEnd {
    /// An end that the answer to the call tells.
    #[must_use]
    pub fn answered(state: UploadState, detail: impl Into<String>, message: impl Into<String>) -> Self {
        Self { state, detail: detail.into(), message: message.into(), is_to_be_told: false }
    }

    /// An end that the customer is to be told.
    #[must_use]
    pub fn announced(state: UploadState, detail: impl Into<String>, message: impl Into<String>) -> Self {
        Self { is_to_be_told: true, ..Self::answered(state, detail, message) }
    }
}

/// An upload as journalled.
#[derive(Debug, Clone, PartialEq, Eq, StoredRow)]
pub struct JournalledUpload {
    /// Id.
    pub id: String,
    /// The connection's owner and bank.
    #[row(sql = "api_key, connection, bank")]
    pub scope: FileScope,
    /// The uploading account.
    pub email: String,
    /// Bank file type.
    pub file_type: String,
    /// File name.
    pub file_name: String,
    /// SHA-256.
    pub sha256: Digest,
    /// Bytes.
    pub size: i64,
    /// Fingerprints.
    pub signers: Vec<String>,
    /// The message id of the file, if it is known.
    pub message_id: Option<String>,
    /// The ids by which the bank is asked about it; `None` for those of older versions and of a bank that works from
    /// the journal.
    pub at_bank: Option<UploadAtBank>,
    /// State.
    pub state: UploadState,
    /// The reason for the state, as text of the service.
    pub detail: String,
    /// The customer's message about its state.
    pub message: Option<String>,
    /// Whether the operator allows its bytes to be sent once more although its state is unknown.
    pub may_repeat: bool,
    /// Time of receipt, Unix ms.
    pub received: i64,
    /// End of processing, Unix ms.
    pub finished: Option<i64>,
    /// The bytes, while the state is `received`.
    pub content: Option<FileContent>,
}
