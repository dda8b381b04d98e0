//! Input and output types of the operator's commands.

use serde::{Deserialize, Serialize};

/// One API key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKeyInfo {
    /// The key.
    pub api_key: String,
    /// Its owner, or the address that becomes the owner by registering with it.
    pub owner: Option<String>,
    /// Whether requests with it are accepted.
    pub enabled: bool,
    /// Whether it may transfer files.
    pub transfer: bool,
    /// Whether its new users need no verification of phone and mail address.
    pub waiver: bool,
    /// Creation time, RFC 3339.
    pub created: String,
    /// Its entitlements.
    pub entitlements: Vec<EntitlementInfo>,
}

/// One entitlement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntitlementInfo {
    /// The product, such as `bank-simulator`.
    pub product: String,
    /// `active` or `suspended`.
    pub state: String,
}

/// A key to create.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct NewApiKey {
    /// The address that becomes its owner by registering with it.
    pub owner: Option<String>,
    /// The key; if absent, a new one of 40 characters.
    pub api_key: Option<String>,
    /// Whether it may transfer files.
    pub transfer: bool,
    /// Whether its users need no verification.
    pub waiver: bool,
}

/// One record of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditLine {
    /// Its number, from 1.
    pub seq: i64,
    /// Its time, RFC 3339.
    pub at: String,
    /// The request's id, made by the service.
    pub request_id: String,
    /// The caller's own id (`X-Request-ID`), if it gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller_request_id: Option<String>,
    /// The tenant's key.
    pub api_key: String,
    /// The acting account, or the claimed one.
    pub email: String,
    /// `admin`, `data`, `operator` or empty.
    pub mode: String,
    /// The operation's name.
    pub operation: String,
    /// The outcome.
    pub outcome: String,
    /// The object of the operation.
    pub object: String,
    /// Further facts.
    pub detail: String,
    /// The chain's hash up to here, hex.
    pub hash: String,
}

/// The result of checking the audit trail.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditCheck {
    /// Whether every record follows from the one before in its account's chain, and everything that the checkpoints
    /// cover exists.
    pub intact: bool,
    /// The number of records, if it is intact.
    pub records: Option<i64>,
    /// The number of chains: one per account, and one for records without an account.
    pub chains: Option<i64>,
    /// The newest checkpoint's number.
    pub checkpoint: Option<i64>,
    /// The newest checkpoint's hash, hex: keep a copy elsewhere.
    pub head: Option<String>,
    /// The number of records that no checkpoint covers yet.
    pub after_checkpoint: Option<i64>,
    /// The number of heads in the data folder's `audit-heads.jsonl` that it was compared with.
    pub compared: Option<usize>,
    /// The first record that does not fit.
    pub broken_at: Option<i64>,
    /// The account whose chain is broken; empty: records without an account.
    pub broken_chain: Option<String>,
    /// The fault found.
    pub reason: Option<String>,
}

/// A certificate set of an account at a bank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateInfo {
    /// The account.
    pub email: String,
    /// The bank.
    pub bank: String,
    /// The user id at the bank.
    pub ws_user_id: String,
    /// `pending`, `waiting` (it begins later), `active`, `renewing`, `switching` (a new one has not worked yet), `stopped` or
    /// `ended`.
    pub state: String,
    /// The serial number of the certificate that signs, hex.
    pub serial: Option<String>,
    /// Its issuer.
    pub issuer: Option<String>,
    /// Until when it holds, RFC 3339.
    pub not_after: Option<String>,
    /// The days that are left.
    pub days_left: Option<i64>,
    /// When the next step is taken by itself, RFC 3339.
    pub next_step_at: Option<String>,
    /// What only a person can do.
    pub person: Option<String>,
    /// Since when a request is under way, RFC 3339.
    pub attempt_begun_at: Option<String>,
    /// How often it was sent.
    pub attempt_sent: Option<u32>,
}

/// All certificate sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateListing {
    /// By account and bank.
    pub certificates: Vec<CertificateInfo>,
    /// Trusted authorities of the banks that expire within ninety days.
    pub warnings: Vec<String>,
}

/// A user id of a bank for which codes are counted, or accounts named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardedUserIdInfo {
    /// The bank.
    pub bank: String,
    /// The user id.
    pub ws_user_id: String,
    /// The codes that were sent and not right, or of which that is not known, the oldest first.
    pub sent: Vec<SentCodeInfo>,
    /// How many of them stop all accounts.
    pub wrong_codes_max: Option<i64>,
    /// The accounts that the operator has named: no other may send codes.
    pub allowed: Vec<String>,
}

/// A code that was sent to a bank; the code itself is kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentCodeInfo {
    /// The account.
    pub email: String,
    /// `reserved` (about to be sent), `sent` (the bank's verdict on it is not known) or `wrong`.
    pub state: String,
    /// When, RFC 3339.
    pub at: String,
}

/// An upload in the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadInfo {
    /// Its id.
    pub id: String,
    /// When it was received, RFC 3339.
    pub received: String,
    /// The uploading account.
    pub email: String,
    /// The account whose certificate was used, if it is another one.
    pub lender: Option<String>,
    /// The bank.
    pub bank: String,
    /// The customer's id at the bank. The bank is asked by this and the next ones.
    pub customer_id: Option<String>,
    /// The message id of the file.
    pub message_id: Option<String>,
    /// The RequestId of the request that sent it.
    pub request_id: Option<String>,
    /// The time of that request, as the bank has it.
    pub request_timestamp: Option<String>,
    /// The file type.
    pub file_type: String,
    /// The file's name.
    pub file_name: String,
    /// Bytes.
    pub size: i64,
    /// SHA-256 of the bytes, hex.
    pub sha256: String,
    /// `received`, `accepted`, `failed` or `unknown`.
    pub state: String,
    /// Why.
    pub detail: String,
    /// Whether its bytes may be sent once more although it is unknown.
    pub may_repeat: bool,
    /// When it came into this state, RFC 3339.
    pub ended: Option<String>,
}
