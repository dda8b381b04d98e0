//! What the operator is told, and gives.

use serde::{Deserialize, Serialize};

/// One API key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyInfo {
    /// The key.
    pub api_key: String,
    /// Who owns it, or will by registering with it.
    pub owner: Option<String>,
    /// Whether requests with it are served.
    pub enabled: bool,
    /// Whether files may be moved with it.
    pub transfer: bool,
    /// Whether its new users need no verification of phone and mail address.
    pub waiver: bool,
    /// When it was made, RFC 3339.
    pub created: String,
    /// Products it is entitled to, with the state of each.
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

/// A key to be made.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct NewKey {
    /// Who becomes its owner by registering with it.
    pub owner: Option<String>,
    /// The key; left out, a new one of 40 characters.
    pub api_key: Option<String>,
    /// Whether files may be moved with it.
    pub transfer: bool,
    /// Whether its users need no verification.
    pub waiver: bool,
}

/// One record of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditLine {
    /// Its place, from 1.
    pub seq: i64,
    /// When, RFC 3339.
    pub at: String,
    /// The request's id.
    pub request_id: String,
    /// The tenant's key.
    pub api_key: String,
    /// The acting account, or the one that was claimed.
    pub email: String,
    /// `admin`, `data`, `operator` or empty.
    pub mode: String,
    /// The operation.
    pub operation: String,
    /// How it ended.
    pub outcome: String,
    /// What it was done to.
    pub object: String,
    /// Further facts.
    pub detail: String,
    /// The chain's hash up to here, hex.
    pub hash: String,
}

/// What checking the audit trail found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditCheck {
    /// Whether every record follows from the one before in its account's chain, and what the checkpoints cover is there.
    pub intact: bool,
    /// How many records there are, when it is intact.
    pub records: Option<i64>,
    /// How many chains: one of each account, and one of records of nobody.
    pub chains: Option<i64>,
    /// The newest checkpoint's number.
    pub checkpoint: Option<i64>,
    /// The newest checkpoint's hash, hex: keep it elsewhere.
    pub head: Option<String>,
    /// How many records no checkpoint covers yet.
    pub after_checkpoint: Option<i64>,
    /// How many heads in the data folder's `audit-heads.jsonl` it was compared with.
    pub compared: Option<usize>,
    /// The first record that does not fit.
    pub broken_at: Option<i64>,
    /// The account whose chain breaks; empty: records of nobody.
    pub broken_chain: Option<String>,
    /// What does not fit.
    pub reason: Option<String>,
}
