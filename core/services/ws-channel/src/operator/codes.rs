//! The banks' codes that were sent for user ids: the counts, and the operator's word (docs/protocols/ws-channel.md §6.2).

use std::sync::Arc;

use bankchannel_foundation::{
    Error, Result,
    clock::Clock as _,
    model::{Boundary, Timestamp},
    operation::OperatorForm,
};
use bankchannel_server::{operator_commands, orders::PlainOrder};
use bankchannel_storage::ws_channel::{GuardedUserId, PermitOutcome};

use super::{api::AdminApi, banks::known_bank};
use crate::{certs::material, data::storage};

operator_commands! {
    /// Commands about the banks' codes.
    pub(super) static CODE_COMMANDS: AdminApi, "ws-channel";

    /// List the user ids for which codes were sent that were not right, and the accounts named for user ids.
    ///
    /// A code itself is kept nowhere.
    ListCodes("ws_channel_operator.codes", OperatorForm { examples: &[""], ..OperatorForm::reading("code-list") }):
        PlainOrder => GuardedUserIdListing, async AdminApi::codes;

    /// Let codes be sent for a user id again, after the bank has sent a new one or says that it is not locked.
    ///
    /// The codes that were counted are forgotten: as many as at first may be sent.
    ReleaseCodes("ws_channel_operator.release_codes", OperatorForm {
        examples: &["--bank nordea --ws-user-id 7700112233"],
        ..OperatorForm::changing("code-release")
    }): UserIdAtBank => OneGuardedUserId, async AdminApi::release_codes;

    /// Name an account that may send codes for a user id: then no other may that is not named.
    ///
    /// Also where another account has a certificate for the user id.
    AllowUserId("ws_channel_operator.allow_user_id", OperatorForm {
        examples: &["--bank nordea --ws-user-id 7700112233 --email me@example.com"],
        ..OperatorForm::changing("code-allow")
    }): UserIdOfAccount => OneGuardedUserId, async AdminApi::allow_user_id;

    /// Take code-allow back.
    ///
    /// When no account is named any more, every account may send codes again.
    WithdrawUserId("ws_channel_operator.withdraw_user_id", OperatorForm {
        examples: &["--bank nordea --ws-user-id 7700112233 --email me@example.com"],
        ..OperatorForm::changing("code-withdraw")
    }): UserIdOfAccount => OneGuardedUserId, async AdminApi::withdraw_user_id;
}

/// A user id at a bank.
#[derive(Debug, Clone, Boundary)]
pub(super) struct UserIdAtBank {
    /// The bank, such as nordea.
    pub(super) bank: String,
    /// The user id of the bank's agreement.
    pub(super) ws_user_id: String,
}

/// An account that is named for a user id.
#[derive(Debug, Clone, Boundary)]
pub(super) struct UserIdOfAccount {
    /// The bank, such as nordea.
    pub(super) bank: String,
    /// The user id of the bank's agreement.
    pub(super) ws_user_id: String,
    /// The account.
    pub(super) email: String,
}

/// The user ids for which codes are counted, or accounts named.
#[derive(Debug, Boundary)]
pub(super) struct GuardedUserIdListing {
    /// The user ids.
    pub(super) user_ids: Vec<GuardedUserIdInfo>,
}

/// A user id after a command.
#[derive(Debug, Boundary)]
pub(super) struct OneGuardedUserId {
    /// The counts and names of now, possibly none.
    pub(super) user_id: GuardedUserIdInfo,
}

/// A user id of a bank for which codes are counted, or accounts named.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
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
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
pub struct SentCodeInfo {
    /// The account.
    pub email: String,
    /// `reserved` (about to be sent), `sent` (the bank's verdict on it is not known) or `wrong`.
    pub state: String,
    /// When, RFC 3339.
    pub at: String,
}

impl AdminApi {
    async fn codes(self: Arc<Self>, _: PlainOrder) -> Result<GuardedUserIdListing> {
        if let Some(older) = self.store.outdated() {
            // It counts none yet.
            return Err(storage(older));
        }
        let all = self.store.guarded_user_ids(self.clock.now_ms()).await.map_err(storage)?;
        Ok(GuardedUserIdListing { user_ids: all.into_iter().map(|one| self.described_codes(one)).collect() })
    }

    async fn release_codes(self: Arc<Self>, of: UserIdAtBank) -> Result<OneGuardedUserId> {
        let (bank, ws_user_id) = (known_bank(&of.bank)?.as_str(), &*of.ws_user_id);
        let store = self.audited_for("release_codes", "", ("", bank), &material::named(ws_user_id));
        if !store.release_codes(bank, ws_user_id).await.map_err(storage)? {
            return Err(Error::invalid_field("ws_user_id", "no code is counted for it: code-list has those that are"));
        }
        self.user_id(bank, ws_user_id).await
    }

    async fn allow_user_id(self: Arc<Self>, of: UserIdOfAccount) -> Result<OneGuardedUserId> {
        let (bank, ws_user_id, email) =
            (known_bank(&of.bank)?.as_str(), &*of.ws_user_id, of.email.to_ascii_lowercase());
        if ws_user_id.trim().is_empty() {
            return Err(Error::invalid_field("ws_user_id", "names the user id of the bank's agreement"));
        }
        let account = self.store.account(&email).await.map_err(storage)?;
        let api_key = account.map(|account| account.api_key).unwrap_or_default();
        let store = self.audited_for("allow_user_id", &api_key, (&email, bank), &material::named(ws_user_id));
        match store.allow_user_id(bank, ws_user_id, &email, self.clock.now_ms()).await.map_err(storage)? {
            PermitOutcome::Done => self.user_id(bank, ws_user_id).await,
            PermitOutcome::NoAccount => Err(Error::invalid_field("email", "is not registered")),
        }
    }

    async fn withdraw_user_id(self: Arc<Self>, of: UserIdOfAccount) -> Result<OneGuardedUserId> {
        let (bank, ws_user_id, email) =
            (known_bank(&of.bank)?.as_str(), &*of.ws_user_id, of.email.to_ascii_lowercase());
        let store = self.audited_for("withdraw_user_id", "", (&email, bank), &material::named(ws_user_id));
        if !store.withdraw_user_id(bank, ws_user_id, &email).await.map_err(storage)? {
            return Err(Error::invalid_field("email", "is not named for this user id"));
        }
        self.user_id(bank, ws_user_id).await
    }

    async fn user_id(&self, bank: &str, ws_user_id: &str) -> Result<OneGuardedUserId> {
        let found = self.store.guarded_user_id(bank, ws_user_id, self.clock.now_ms()).await.map_err(storage)?;
        Ok(OneGuardedUserId { user_id: self.described_codes(found) })
    }

    fn described_codes(&self, one: GuardedUserId) -> GuardedUserIdInfo {
        let configured = self.config.banks.configured().find(|(bank, _)| bank.as_str() == one.bank);
        let sent = one.sent.into_iter().map(|(email, state, at)| SentCodeInfo {
            email,
            state: state.as_str().to_owned(),
            at: Timestamp::from_ms(at).as_str().to_owned(),
        });
        GuardedUserIdInfo {
            sent: sent.collect(),
            wrong_codes_max: configured.map(|(bank, table)| table.code_limits(bank).all),
            allowed: one.allowed,
            bank: one.bank,
            ws_user_id: one.ws_user_id,
        }
    }
}
