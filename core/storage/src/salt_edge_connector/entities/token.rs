//! Access tokens, which are kept as hashes.

use crate::engine::{Result, Row, text_enum};
use crate::salt_edge_connector::{Digest, Id};

text_enum! {
    /// Whether a token is good.
    pub enum TokenState {
        /// The customer has not approved it yet.
        Unconfirmed = "unconfirmed",
        /// It is good until it expires.
        Confirmed = "confirmed",
        /// It is over.
        Revoked = "revoked",
    }
}

/// A token as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its id.
    pub id: Id,
    /// The third party.
    pub client_id: i64,
    /// Whether it is good.
    pub state: TokenState,
    /// When its enrolment began.
    pub created_at: i64,
    /// When it expires.
    pub expires_at: Option<i64>,
    /// When it was revoked.
    pub ended_at: Option<i64>,
    /// What else is known of it, sealed.
    pub sealed: Vec<u8>,
}

impl Token {
    pub(crate) fn read(row: &mut Row) -> Result<Self> {
        Ok(Self {
            id: row.bytes()?,
            client_id: row.int()?,
            state: row.word(TokenState::parse)?,
            created_at: row.int()?,
            expires_at: row.opt_int()?,
            ended_at: row.opt_int()?,
            sealed: row.blob()?,
        })
    }
}

/// A token that a third party presents.
#[derive(Debug, Clone, Copy)]
pub struct Presented {
    /// The token.
    pub access_token: Digest,
    /// The third party.
    pub client_id: i64,
    /// Now.
    pub now: i64,
}

/// Why a token is no good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenRefusal {
    /// There is none, or it is another third party's.
    NotFound,
    /// It was revoked, or waits for the customer's approval.
    Revoked,
    /// Its time is over.
    Expired,
}

/// A token that is good, or why the one that was presented is not.
pub type Judged = std::result::Result<Token, TokenRefusal>;

/// What became of revoking a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked {
    /// It is revoked.
    Done,
    /// It was revoked before.
    Unchanged,
    /// It cannot be.
    Refused(TokenRefusal),
}

/// Which tokens are listed, oldest first.
#[derive(Debug, Clone, Default)]
pub struct TokenFilter {
    /// Only this customer's.
    pub holder: Option<Digest>,
    /// Only those in this state.
    pub state: Option<TokenState>,
    /// Only those after this one: when its enrolment began, and its id.
    pub after: Option<(i64, Id)>,
    /// How many at most.
    pub limit: i64,
}

/// The columns that [`Token::read`] reads.
macro_rules! token_columns {
    () => {
        "id, client_id, state, created_at, expires_at, ended_at, sealed"
    };
}
pub(crate) use token_columns;
