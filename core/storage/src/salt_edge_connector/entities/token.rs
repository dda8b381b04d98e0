//! Access tokens, stored as hashes.

use crate::engine::{StoredRow, text_enum};
use crate::salt_edge_connector::{Digest, RowId};

text_enum! {
    /// The state of a token.
    pub enum TokenState {
        /// The customer has not approved it yet.
        Unconfirmed = "unconfirmed",
        /// It is valid until it expires.
        Confirmed = "confirmed",
        /// It was revoked.
        Revoked = "revoked",
    }
}

/// A token as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, StoredRow)]
pub struct ConnectorToken {
    /// Its id.
    pub id: RowId,
    /// The third party.
    pub client_id: i64,
    /// Its state.
    pub state: TokenState,
    /// The time when its enrolment started.
    pub created_at: i64,
    /// The time when it expires.
    pub expires_at: Option<i64>,
    /// The time when it was revoked.
    pub ended_at: Option<i64>,
    /// Its other data, sealed.
    pub sealed: Vec<u8>,
}

/// A token presented by a third party.
#[derive(Debug, Clone, Copy)]
pub struct PresentedToken {
    /// The token.
    pub access_token: Digest,
    /// The third party.
    pub client_id: i64,
    /// Now.
    pub now: i64,
}

/// Why a token is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenRefusal {
    /// It does not exist, or belongs to another third party.
    NotFound,
    /// It was revoked.
    Revoked,
    /// It waits for the customer: to be confirmed for the first time, or to be renewed.
    Unconfirmed,
    /// It has expired.
    Expired,
}

/// A valid token, or why the presented one is not valid.
pub type JudgedToken = std::result::Result<ConnectorToken, TokenRefusal>;

/// The result of revoking a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevokedToken {
    /// It was revoked now.
    Done,
    /// It was revoked before.
    Unchanged,
    /// It cannot be revoked.
    Refused(TokenRefusal),
}

/// Filter for listing tokens, oldest first.
#[derive(Debug, Clone, Default)]
pub struct TokenFilter {
    /// Only this customer's tokens.
    pub holder: Option<Digest>,
    /// Only those in this state.
    pub state: Option<TokenState>,
    /// Only those after this one: the time when its enrolment started, and its id.
    pub after: Option<(i64, RowId)>,
    /// Limit of the number of tokens.
    pub limit: i64,
}
