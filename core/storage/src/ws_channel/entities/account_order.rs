//! Accounts as their operator sees them, and the operator's orders about them.

use super::account::{AccountRecord, ModeState};
use super::common::StoredMode;
use super::lockout::LockKey;
use crate::engine::StoredRow;
use crate::ws_channel::outcome::VerbOutcome;

/// Which accounts are listed, by address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountPage {
    /// Only addresses after this one.
    pub after: String,
    /// Only accounts under this key.
    pub api_key: Option<String>,
    /// Only disabled accounts, or only those in use.
    pub disabled: Option<bool>,
    /// At most so many.
    pub limit: i64,
    /// Scopes of the counters that lock a user.
    pub scopes: [&'static str; 2],
    /// Now, Unix ms.
    pub now: i64,
}

/// One account of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountState {
    /// The account.
    pub account: AccountRecord,
    /// Its admin user.
    pub admin: ModeState,
    /// Its data user.
    pub data: ModeState,
    /// Whether one of its users is locked after wrong passwords or codes.
    pub is_locked: bool,
}

/// A counter that locks a user, and the period in which its events count, ms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockPeriod {
    /// The counter.
    pub key: LockKey,
    /// The user.
    pub mode: StoredMode,
    /// The period.
    pub window: i64,
}

/// All that an operator's order may change of an address, which need not be registered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountStanding {
    /// The account, if there is one.
    pub account: Option<AccountRecord>,
    /// The operator's reason, if the account is disabled.
    pub disabled_reason: Option<String>,
    /// Its users.
    pub users: Vec<ModeStanding>,
    /// Wrong tries that count, and locks.
    pub tries: Vec<CountedTries>,
    /// The banks for which it has certificates of its own.
    pub banks: Vec<String>,
}

/// A mode user.
#[derive(Debug, Clone, PartialEq, Eq, StoredRow)]
#[row(alias = "u")]
pub struct ModeStanding {
    /// Its mode.
    pub mode: StoredMode,
    /// Whether the phone number was confirmed.
    pub phone_verified: bool,
    /// Whether the e-mail address was confirmed.
    pub email_verified: bool,
    /// Whether it has an authenticator.
    #[row(sql = "CASE WHEN u.totp_secret IS NULL THEN 0 ELSE 1 END")]
    pub has_authenticator: bool,
    /// Its sessions that have not expired.
    #[row(sql = "(SELECT count(*) FROM session s WHERE s.email = u.email AND s.mode = u.mode AND s.expires > $2)")]
    pub sessions: i64,
    /// Steps of a login that wait for the client.
    #[row(
        sql = "(SELECT count(*) FROM pending_auth p WHERE p.email = u.email AND p.mode = u.mode AND p.expires > $2)"
    )]
    pub steps: i64,
    /// When one of the sessions was opened last, Unix ms.
    #[row(
        sql = "(SELECT MAX(s.auth_time) FROM session s WHERE s.email = u.email AND s.mode = u.mode AND s.expires > $2)"
    )]
    pub last_login: Option<i64>,
}

/// Wrong tries of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedTries {
    /// What was wrong: the counter, or the purpose of a code.
    pub what: String,
    /// The user.
    pub mode: StoredMode,
    /// How many of them count.
    pub count: i64,
    /// Until when the user is locked because of them, Unix ms.
    pub locked_until: Option<i64>,
}

/// What an operator orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountOrderKind {
    /// Forget wrong passwords and codes, and end the locks.
    Unlock,
    /// End all sessions and steps of logins.
    EndSessions,
    /// Remove the authenticator, and end all sessions and steps of logins.
    ResetMfa,
    /// Keep the account out, for this reason.
    Disable(String),
    /// Let it in again.
    Enable,
    /// Erase it.
    Delete,
}

/// An operator's order about one address.
#[derive(Debug, Clone)]
pub struct AccountOrder {
    /// The address, in lower case.
    pub email: String,
    /// What is ordered.
    pub kind: AccountOrderKind,
    /// The counters that lock its users.
    pub locks: Vec<LockPeriod>,
    /// The standing in words, for the audit trail.
    pub describe: fn(&AccountStanding) -> String,
    /// Now, Unix ms.
    pub now: i64,
}

/// The result of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountOrderOutcome {
    /// Done.
    Done {
        /// What was before, in words.
        before: String,
        /// What is now, in words.
        after: String,
        /// Content files that no row names any more: hand them to
        /// [`crate::ws_channel::WsChannelStore::discard_content`].
        content: Vec<String>,
    },
    /// It is so already.
    Unchanged {
        /// What is now, in words.
        now: String,
    },
    /// There is no such account.
    Absent,
    /// Owners of API keys are not deleted.
    Owner,
}

impl VerbOutcome for AccountOrderOutcome {
    fn outcome(&self) -> &'static str {
        match self {
            Self::Done { .. } => "done",
            Self::Unchanged { .. } => "unchanged",
            Self::Absent => "absent",
            Self::Owner => "owner",
        }
    }

    fn facts(&self) -> String {
        match self {
            Self::Done { before, after, .. } => format!("before: {before}; after: {after}"),
            Self::Unchanged { now } => format!("as before: {now}"),
            Self::Absent | Self::Owner => String::new(),
        }
    }
}
