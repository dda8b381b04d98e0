//! Accounts: what each may do and why not, and a person's orders about one. An order holds for every instance from the commit on.

use std::sync::Arc;

use bankchannel_foundation::{Error, Result, clock::Clock as _, model::Boundary, operation::OperatorForm};
use bankchannel_server::operator_commands;
use bankchannel_storage::ws_channel::{
    AccountOrder, AccountOrderKind, AccountOrderOutcome, AccountPage, AccountStanding, LockPeriod, StoredMode,
};
use serde_json::Value;

use super::{
    API_KEY_OPTION,
    account_info::{AccountDetails, AccountOverview, details, in_words, overview},
    api::AdminApi,
};
use crate::{
    config::Lockout,
    data::storage,
    session::{MFA_LOCK, PASSWORD_LOCK, mfa_lock, password_lock},
};

operator_commands! {
    /// Commands about accounts.
    pub(super) static ACCOUNT_COMMANDS: AdminApi, "ws-channel";

    /// List accounts, by address: their users, whether one is locked, and since when one is disabled.
    ///
    /// `more` says whether others fit too.
    ListOperatedAccounts("ws_channel_operator.accounts", OperatorForm {
        options: &[API_KEY_OPTION],
        examples: &["", "--disabled on", "--after me@example.com --limit 20"],
        notes: of_more_accounts,
        ..OperatorForm::reading("account-list")
    }): AccountQuery => AccountOverviewPage, async AdminApi::accounts;

    /// Show an address: its users, their sessions and second factors, wrong passwords and codes, locks.
    ///
    /// Also one that is not registered: unknown addresses are locked like others.
    ShowAccount("ws_channel_operator.account", OperatorForm {
        examples: &["--email me@example.com"],
        ..OperatorForm::reading("account-show")
    }): AccountAddress => AccountShown, async AdminApi::account;

    /// Forget the wrong passwords and codes of an address, which ends its locks.
    ///
    /// Of both users; also of an address that is not registered. How many messages may be sent to it stays limited.
    UnlockAccount("ws_channel_operator.unlock_account", OperatorForm {
        examples: &["--email me@example.com"],
        notes: of_before,
        ..OperatorForm::changing("account-unlock")
    }): AccountAddress => AccountAfterOrder, async AdminApi::unlock_account;

    /// End all sessions of an account, and every login that has begun.
    ///
    /// Of both users. They may log in again.
    EndAccountSessions("ws_channel_operator.end_account_sessions", OperatorForm {
        examples: &["--email me@example.com"],
        notes: of_before,
        ..OperatorForm::changing("account-end-sessions")
    }): AccountAddress => AccountAfterOrder, async AdminApi::end_account_sessions;

    /// Remove the authenticator of an account: codes come by SMS again, and all sessions end.
    ///
    /// Be sure who asks for it: whoever has the password and the phone may then log in.
    ResetAccountMfa("ws_channel_operator.reset_account_mfa", OperatorForm {
        examples: &["--email me@example.com"],
        notes: of_before,
        ..OperatorForm::changing("account-reset-mfa")
    }): AccountAddress => AccountAfterOrder, async AdminApi::reset_account_mfa;

    /// Keep an account out: no login, no call, no upload, no code, until account-enable.
    ///
    /// Others cannot use its certificates either. Its certificates go on being renewed, and uploads that a bank is being asked
    /// about come to their end.
    DisableAccount("ws_channel_operator.disable_account", OperatorForm {
        examples: &["--email me@example.com --reason 'a lost laptop, ticket 4711'"],
        notes: of_before,
        ..OperatorForm::changing("account-disable")
    }): AccountToDisable => AccountAfterOrder, async AdminApi::disable_account;

    /// Let an account in again that was disabled.
    ///
    /// Its sessions that have not expired go on.
    EnableAccount("ws_channel_operator.enable_account", OperatorForm {
        examples: &["--email me@example.com"],
        notes: of_before,
        ..OperatorForm::changing("account-enable")
    }): AccountAddress => AccountAfterOrder, async AdminApi::enable_account;

    /// Erase an account: its users, certificates with their keys, PGP keys, files and journal of uploads.
    ///
    /// It cannot be brought back. The audit trail stays. The owner of an API key is not deleted.
    DeleteOperatedAccount("ws_channel_operator.delete_account", OperatorForm {
        examples: &["--email me@example.com --confirm me@example.com"],
        notes: of_before,
        ..OperatorForm::changing("account-delete")
    }): AccountToDelete => AccountAfterOrder, async AdminApi::delete_account;
}

/// The number of accounts, unless another one is given.
const USUAL_LIMIT: i64 = 100;
/// The largest number of accounts of one answer.
const LIMIT_MAX: i64 = 10_000;
/// The longest reason, in bytes.
pub(super) const REASON_MAX: usize = 500;

/// Which accounts are listed.
#[derive(Debug, Clone, Default, Boundary)]
pub struct AccountQuery {
    /// Only accounts under this API key.
    pub api_key: Option<String>,
    /// Only accounts that are disabled (`on`), or only those that are not (`off`).
    pub disabled: Option<bool>,
    /// Start after this address.
    pub after: Option<String>,
    /// The largest number of accounts, 1 to 10000. Default: 100.
    pub limit: Option<i64>,
}

/// An address.
#[derive(Debug, Clone, Boundary)]
pub(super) struct AccountAddress {
    /// The account.
    pub(super) email: String,
}

/// An account that is to be kept out.
#[derive(Debug, Clone, Boundary)]
pub(super) struct AccountToDisable {
    /// The account.
    pub(super) email: String,
    /// Why, for account-show and the audit trail; the customer does not read it.
    pub(super) reason: String,
}

/// An account that is to be erased.
#[derive(Debug, Clone, Boundary)]
pub(super) struct AccountToDelete {
    /// The account.
    pub(super) email: String,
    /// The address once more: it cannot be undone.
    pub(super) confirm: String,
}

/// A part of the list of accounts.
#[derive(Debug, Boundary)]
pub(super) struct AccountOverviewPage {
    /// The accounts, by address.
    pub(super) accounts: Vec<AccountOverview>,
    /// Whether there are more accounts that fit.
    more: bool,
}

/// An address that was asked for.
#[derive(Debug, Boundary)]
pub(super) struct AccountShown {
    /// The account, or what is counted for the address.
    pub(super) account: AccountDetails,
}

/// An account after an order.
#[derive(Debug, Boundary)]
pub(super) struct AccountAfterOrder {
    /// The account of now.
    pub(super) account: AccountDetails,
    /// What was before, in words, as the audit trail has it.
    before: String,
}

impl AdminApi {
    async fn accounts(self: Arc<Self>, query: AccountQuery) -> Result<AccountOverviewPage> {
        self.of_this_version()?;
        let limit = query.limit.unwrap_or(USUAL_LIMIT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(Error::invalid_field("limit", format!("must be from 1 to {LIMIT_MAX}")));
        }
        let api_key = match query.api_key {
            Some(given) => Some(self.whole_key(given).await?),
            None => None,
        };
        let page = AccountPage {
            after: query.after.unwrap_or_default().to_ascii_lowercase(),
            api_key,
            disabled: query.disabled,
            // One more than wanted reveals whether there are more.
            limit: limit + 1,
            scopes: [PASSWORD_LOCK, MFA_LOCK],
            now: self.clock.now_ms(),
        };
        let mut found = self.store.accounts(page).await.map_err(storage)?;
        let more = i64::try_from(found.len()).is_ok_and(|count| count > limit);
        if more {
            found.pop();
        }
        Ok(AccountOverviewPage { accounts: found.into_iter().map(overview).collect(), more })
    }

    async fn account(self: Arc<Self>, of: AccountAddress) -> Result<AccountShown> {
        self.of_this_version()?;
        let email = of.email.to_ascii_lowercase();
        let found = self.standing(&email).await?;
        if found.account.is_none() && found.tries.is_empty() {
            return Err(Error::invalid_field("email", "is not registered, and nothing is counted for it"));
        }
        Ok(AccountShown { account: details(email, found) })
    }

    async fn unlock_account(self: Arc<Self>, of: AccountAddress) -> Result<AccountAfterOrder> {
        self.ordered("unlock_account", &of.email, AccountOrderKind::Unlock).await
    }

    async fn end_account_sessions(self: Arc<Self>, of: AccountAddress) -> Result<AccountAfterOrder> {
        self.ordered("end_account_sessions", &of.email, AccountOrderKind::EndSessions).await
    }

    async fn reset_account_mfa(self: Arc<Self>, of: AccountAddress) -> Result<AccountAfterOrder> {
        self.ordered("reset_account_mfa", &of.email, AccountOrderKind::ResetMfa).await
    }

    async fn disable_account(self: Arc<Self>, of: AccountToDisable) -> Result<AccountAfterOrder> {
        let reason = stated("reason", &of.reason, "says why, for whoever looks at the account later")?;
        self.ordered("disable_account", &of.email, AccountOrderKind::Disable(reason)).await
    }

    async fn enable_account(self: Arc<Self>, of: AccountAddress) -> Result<AccountAfterOrder> {
        self.ordered("enable_account", &of.email, AccountOrderKind::Enable).await
    }

    async fn delete_account(self: Arc<Self>, of: AccountToDelete) -> Result<AccountAfterOrder> {
        if !of.confirm.eq_ignore_ascii_case(&of.email) {
            return Err(Error::invalid_field("confirm", "must be the address once more: nothing was deleted"));
        }
        self.ordered("delete_account", &of.email, AccountOrderKind::Delete).await
    }

    async fn ordered(&self, what: &str, email: &str, kind: AccountOrderKind) -> Result<AccountAfterOrder> {
        // Before anything is changed.
        let folder = if kind == AccountOrderKind::Delete { Some(self.files_folder()?) } else { None };
        let email = email.to_ascii_lowercase();
        let account = self.store.account(&email).await.map_err(storage)?;
        let api_key = account.map(|account| account.api_key).unwrap_or_default();
        let store = self.audited_for(what, &api_key, (&email, ""), "");
        let order = AccountOrder {
            email: email.clone(),
            kind: kind.clone(),
            locks: self.locks(&email),
            describe: in_words,
            now: self.clock.now_ms(),
        };
        let (before, unnamed) = match store.order_account(order).await.map_err(storage)? {
            AccountOrderOutcome::Done { before, content, .. } => (before, content),
            AccountOrderOutcome::Unchanged { now } => {
                let why = match kind {
                    AccountOrderKind::Unlock => "nothing is counted for it: it is not locked".to_owned(),
                    AccountOrderKind::Enable => "is not disabled".to_owned(),
                    _ => format!("is {now} already"),
                };
                return Err(Error::invalid_field("email", why));
            }
            AccountOrderOutcome::Absent if kind == AccountOrderKind::Unlock => {
                return Err(Error::invalid_field("email", "is not registered, and nothing is counted for it"));
            }
            AccountOrderOutcome::Absent => return Err(Error::invalid_field("email", "is not registered")),
            AccountOrderOutcome::Owner => {
                let why = "owns its API key, and an owner is not deleted. account-disable keeps it out; key-set --enabled off \
                           ends all that the key may do";
                return Err(Error::invalid_field("email", why));
            }
        };
        if let Some(folder) = folder {
            self.store.discard_content(&folder, &unnamed).await.map_err(storage)?;
        }
        let now = self.standing(&email).await?;
        Ok(AccountAfterOrder { account: details(email, now), before })
    }

    async fn standing(&self, email: &str) -> Result<AccountStanding> {
        self.store.account_standing(email, self.locks(email), self.clock.now_ms()).await.map_err(storage)
    }

    /// The counters that lock the users of an address.
    fn locks(&self, email: &str) -> Vec<LockPeriod> {
        let window = |lockout: Lockout| i64::from(lockout.window_s) * 1000;
        let both = |key: fn(&str, StoredMode) -> _, lockout| {
            [StoredMode::Admin, StoredMode::Data].map(|mode| LockPeriod {
                key: key(email, mode),
                mode,
                window: window(lockout),
            })
        };
        [both(password_lock, self.config.lockout), both(mfa_lock, self.config.code_lockout)].concat()
    }

    /// Refuses data of an older version, which does not have all that is shown.
    ///
    /// # Errors
    /// `resource.storage`.
    pub(super) fn of_this_version(&self) -> Result<()> {
        self.store.outdated().map_or(Ok(()), |older| Err(storage(older)))
    }
}

/// A text that a person has to give.
///
/// # Errors
/// `input.invalid_field` for one that says nothing, is too long or has control characters.
pub(super) fn stated(field: &'static str, text: &str, meaning: &str) -> Result<String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::invalid_field(field, meaning));
    }
    if text.len() > REASON_MAX || text.chars().any(char::is_control) {
        return Err(Error::invalid_field(field, format!("must be one line of at most {REASON_MAX} bytes")));
    }
    Ok(text.to_owned())
}

/// How to read the other accounts.
fn of_more_accounts(_: &Value, answer: &Value) -> Vec<String> {
    let last = answer["accounts"].as_array().and_then(|accounts| accounts.last());
    match (answer["more"] == true, last.and_then(|last| last["email"].as_str())) {
        (true, Some(last)) => vec![format!("there are more accounts: use --after {last}")],
        _ => Vec::new(),
    }
}

/// What an order has found.
fn of_before(_: &Value, answer: &Value) -> Vec<String> {
    answer["before"].as_str().map(|before| format!("before: {before}")).into_iter().collect()
}
