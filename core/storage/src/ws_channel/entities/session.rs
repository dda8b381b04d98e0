//! Sessions (docs/protocols/ws-channel.md §3.7).

use super::account::Account;
use super::common::{Digest, Mode};
use crate::engine::text_enum;

text_enum! {
    /// How a session was authenticated, and which factor a user prefers.
    pub enum Factor {
        /// Password alone (data mode).
        Password = "password",
        /// Password and SMS.
        Sms = "SMS_MFA",
        /// Password and authenticator.
        Totp = "SOFTWARE_TOKEN_MFA",
    }
}

/// A session about to begin.
#[derive(Clone, PartialEq, Eq)]
pub struct NewSession {
    /// Digest of the IdToken.
    pub token: Digest,
    /// Account.
    pub email: String,
    /// User.
    pub mode: Mode,
    /// The account's API key.
    pub api_key: String,
    /// Login time, Unix ms.
    pub auth_time: i64,
    /// How.
    pub factor: Factor,
    /// Unix ms.
    pub expires: i64,
    /// The stored password hash that was verified: the session begins only while it is still the user's. `None` where
    /// no password was: the user need only be there.
    pub verified_hash: Option<String>,
    /// Where the login came from, when that is to be known again.
    pub source: Option<String>,
}

impl std::fmt::Debug for NewSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewSession").field("email", &self.email).field("mode", &self.mode).finish_non_exhaustive()
    }
}

/// A living session with all that the authorization of a request needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Account address.
    pub email: String,
    /// User.
    pub mode: Mode,
    /// The key that the session belongs to.
    pub api_key: String,
    /// Login time, Unix ms.
    pub auth_time: i64,
    /// How.
    pub factor: Factor,
    /// Unix ms.
    pub expires: i64,
    /// Last use told by [`crate::ws_channel::Store::touch_session`], Unix ms.
    pub last_used: i64,
    /// The account, when its record is there and under the same key.
    pub account: Option<Account>,
    /// Phone and e-mail of the mode user are verified.
    pub verified: bool,
    /// The tenant is there and enabled.
    pub tenant_enabled: bool,
    /// The tenant may move files.
    pub transfer_enabled: bool,
}
