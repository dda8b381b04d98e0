//! An account as its operator sees it, and in words for the audit trail.

use super::key_names::key_name;
use bankchannel_foundation::model::{Boundary, Timestamp};
use bankchannel_storage::ws_channel::{
    AccountStanding, AccountState, CountedTries, ModeStanding, ModeState, StoredMode,
};

/// An account as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
pub struct AccountOverview {
    /// The account.
    pub email: String,
    /// Its API key.
    pub api_key: String,
    /// Its company.
    pub company: String,
    /// Whether it owns the API key.
    pub owner: bool,
    /// Its admin user: `none`, `unverified` or `active`.
    pub admin: String,
    /// Its data user: `none`, `unverified` or `active`.
    pub data: String,
    /// Whether a user is locked after wrong passwords or codes.
    pub locked: bool,
    /// Since when it is disabled, RFC 3339.
    pub disabled: Option<String>,
    /// When it was registered, RFC 3339.
    pub created: String,
}

/// All that the operator may know and change of an address.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
pub struct AccountDetails {
    /// The address.
    pub email: String,
    /// Whether it is registered.
    pub registered: bool,
    /// Its API key.
    pub api_key: Option<String>,
    /// Whether it owns the API key.
    pub owner: bool,
    /// The name of the person who registered.
    pub name: Option<String>,
    /// Its company.
    pub company: Option<String>,
    /// Its phone.
    pub phone: Option<String>,
    /// When it was registered, RFC 3339.
    pub created: Option<String>,
    /// Since when it is disabled, RFC 3339.
    pub disabled: Option<String>,
    /// Why it is disabled.
    pub disabled_reason: Option<String>,
    /// The banks at which it has a certificate of its own.
    pub certificates: Vec<String>,
    /// The account whose certificates it uses.
    pub lender: Option<String>,
    /// Its users.
    pub users: Vec<AccountUserInfo>,
    /// Wrong passwords and codes that count, and the locks that they led to.
    pub tries: Vec<AccountTriesInfo>,
}

/// A user of an account.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
pub struct AccountUserInfo {
    /// `admin` or `data`.
    pub mode: String,
    /// Whether its phone is verified.
    pub phone_verified: bool,
    /// Whether its mail address is verified.
    pub email_verified: bool,
    /// `authenticator`, `SMS`, or `none` for a data user.
    pub second_factor: String,
    /// Its sessions.
    pub sessions: i64,
    /// When the newest of them began, RFC 3339.
    pub last_login: Option<String>,
    /// Logins that have begun and wait for the client.
    pub steps: i64,
}

/// Wrong tries that count.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
pub struct AccountTriesInfo {
    /// `password`, `mfa` (codes of the second factor), or `code` with its purpose.
    pub what: String,
    /// `admin` or `data`.
    pub mode: String,
    /// How many count.
    pub count: i64,
    /// Until when the user is locked, RFC 3339.
    pub locked_until: Option<String>,
}

fn at(ms: i64) -> String {
    Timestamp::from_ms(ms).as_str().to_owned()
}

pub(super) fn overview(found: AccountState) -> AccountOverview {
    let word = |state: ModeState| match (state.registered, state.active) {
        (false, _) => "none",
        (true, false) => "unverified",
        (true, true) => "active",
    };
    AccountOverview {
        admin: word(found.admin).to_owned(),
        data: word(found.data).to_owned(),
        locked: found.is_locked,
        disabled: found.account.disabled_at.map(at),
        created: at(found.account.created),
        owner: found.account.is_owner,
        email: found.account.email,
        api_key: key_name(&found.account.api_key),
        company: found.account.company,
    }
}

pub(super) fn details(email: String, found: AccountStanding) -> AccountDetails {
    let AccountStanding { account, disabled_reason, users, tries, banks } = found;
    let of = account.as_ref();
    AccountDetails {
        email,
        registered: of.is_some(),
        owner: of.is_some_and(|account| account.is_owner),
        created: of.map(|account| at(account.created)),
        disabled: of.and_then(|account| account.disabled_at).map(at),
        disabled_reason,
        certificates: banks,
        users: users.iter().map(user).collect(),
        tries: tries.iter().map(tries_of).collect(),
        lender: of.and_then(|account| account.linked_to.clone()),
        api_key: of.map(|account| key_name(&account.api_key)),
        name: of.map(|account| account.name.clone()),
        company: of.map(|account| account.company.clone()),
        phone: of.map(|account| account.phone.clone()),
    }
}

fn user(found: &ModeStanding) -> AccountUserInfo {
    AccountUserInfo {
        mode: found.mode.as_str().to_owned(),
        phone_verified: found.phone_verified,
        email_verified: found.email_verified,
        second_factor: second_factor(found).to_owned(),
        sessions: found.sessions,
        last_login: found.last_login.map(at),
        steps: found.steps,
    }
}

fn second_factor(found: &ModeStanding) -> &'static str {
    match (found.mode, found.has_authenticator) {
        (_, true) => "authenticator",
        (StoredMode::Admin, false) => "SMS",
        (StoredMode::Data, false) => "none",
    }
}

fn tries_of(found: &CountedTries) -> AccountTriesInfo {
    AccountTriesInfo {
        what: found.what.clone(),
        mode: found.mode.as_str().to_owned(),
        count: found.count,
        locked_until: found.locked_until.map(at),
    }
}

/// The standing in words, for the audit trail.
pub(super) fn in_words(found: &AccountStanding) -> String {
    let state = match found.account.as_ref().map(|account| account.disabled_at) {
        None => "not registered".to_owned(),
        Some(None) => "in use".to_owned(),
        Some(Some(since)) => {
            let reason = found.disabled_reason.as_deref().unwrap_or_default();
            format!("disabled since {} ({reason})", at(since))
        }
    };
    let user = |user: &ModeStanding| {
        let (mode, factor) = (user.mode.as_str(), second_factor(user));
        format!("{mode}: second factor {factor}, {} sessions, {} login steps", user.sessions, user.steps)
    };
    let tried = |tries: &CountedTries| {
        let locked = tries.locked_until.map(|until| format!(", locked until {}", at(until))).unwrap_or_default();
        format!("{} {}: {} wrong{locked}", tries.mode.as_str(), tries.what, tries.count)
    };
    let parts = [state].into_iter().chain(found.users.iter().map(user)).chain(found.tries.iter().map(tried));
    parts.collect::<Vec<_>>().join("; ")
}
