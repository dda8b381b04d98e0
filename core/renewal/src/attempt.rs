//! A request for a certificate that was begun.

use serde::{Deserialize, Serialize};

/// Which certificate is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptKind {
    /// A first one, with a code of the bank.
    First,
    /// The next one, signed with the pair of this name.
    Next {
        /// The pair.
        signed_with: String,
    },
}

/// How far an attempt has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptPhase {
    /// Key and request are stored; nothing was sent.
    Prepared,
    /// It was sent, or is about to be: the bank may have issued the certificate.
    Sent,
}

/// A request for a certificate: its key and the request itself are stored under the pair's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateAttempt {
    /// The name of the pair.
    pub pair: String,
    /// Which certificate.
    pub kind: AttemptKind,
    /// How far it has come.
    pub phase: AttemptPhase,
    /// When it was begun, Unix seconds.
    pub begun_s: i64,
    /// How often it was sent.
    pub sent: u32,
}
