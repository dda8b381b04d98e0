//! Sessions (docs/protocols/ws-channel.md §3.7).

use super::account::AccountRecord;
use super::common::{Digest, StoredMode};
use crate::engine::{StoredRow, text_enum};

text_enum! {
    /// The authentication of a session, or a user's preferred factor.
    pub enum AuthenticationFactor {
        /// Password alone (data mode).
        Password = "password",
        /// Password and SMS.
        Sms = "SMS_MFA",
        /// Password and authenticator.
        Totp = "SOFTWARE_TOKEN_MFA",
    }
}

/// A session to be created.
#[derive(Clone, PartialEq, Eq)]
pub struct NewAccountSession {
    /// Digest of the IdToken.
    pub token: Digest,
    /// Account.
    pub email: String,
    /// User.
    pub mode: StoredMode,
    /// The account's API key.
    pub api_key: String,
    /// Login time, Unix ms.
    pub auth_time: i64,
    /// The authentication.
    pub factor: AuthenticationFactor,
    /// Expiry, Unix ms.
    pub expires: i64,
    /// The stored password hash that was verified: the session is created only while it is still the user's. `None` if
    /// no password was verified: the user only has to exist.
    pub verified_hash: Option<String>,
    /// The source of the login, if it is to be recognized later.
    pub source: Option<String>,
}

impl std::fmt::Debug for NewAccountSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewAccountSession")
            .field("email", &self.email)
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

/// A live session with all data for authorizing a request.
#[derive(Debug, Clone, PartialEq, Eq, StoredRow)]
#[row(alias = "s")]
pub struct AccountSession {
    /// Account address.
    pub email: String,
    /// User.
    pub mode: StoredMode,
    /// The key that the session belongs to.
    pub api_key: String,
    /// Login time, Unix ms.
    pub auth_time: i64,
    /// The authentication.
    pub factor: AuthenticationFactor,
    /// Expiry, Unix ms.
    pub expires: i64,
    /// Last use recorded by [`crate::ws_channel::WsChannelStore::touch_session`], Unix ms.
    pub last_used: i64,
    /// The account, if its record exists under the same key.
    pub account: Option<AccountRecord>,
    /// Whether phone and e-mail of the mode user are verified.
    #[row(sql = "COALESCE(u.phone_verified * u.email_verified, 0)")]
    pub verified: bool,
    /// Whether the tenant exists and is enabled.
    #[row(sql = "COALESCE(t.enabled, 0)")]
    pub tenant_enabled: bool,
    /// Whether the tenant may transfer files.
    #[row(sql = "COALESCE(t.transfer_enabled, 0)")]
    pub transfer_enabled: bool,
}
