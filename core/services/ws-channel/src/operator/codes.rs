//! The banks' codes that were sent for user ids, for the operator: the counts, and the operator's word
//! (docs/protocols/ws-channel.md §6.2).

use bankchannel_foundation::{Error, Result, clock::Clock as _, model::Timestamp};
use bankchannel_storage::ws_channel::{GuardedUserId, PermitOutcome};
use bankchannel_ws_channel::model::Bank;

use super::{
    api::AdminApi,
    types::{GuardedUserIdInfo, SentCodeInfo},
};
use crate::{certs::material, data::storage};

impl AdminApi {
    /// All that are counted, or named.
    pub(super) async fn codes(&self) -> Result<Vec<GuardedUserIdInfo>> {
        if let Some(older) = self.store.outdated() {
            // It counts none yet.
            return Err(storage(older));
        }
        let all = self.store.guarded_user_ids(self.clock.now_ms()).await.map_err(storage)?;
        Ok(all.into_iter().map(|one| self.described_codes(one)).collect())
    }

    /// Resets the counts of a user id.
    pub(super) async fn release_codes(&self, bank: &str, ws_user_id: &str) -> Result<GuardedUserIdInfo> {
        let bank = known(bank)?.as_str();
        let store = self.audited_for("release_codes", "", ("", bank), &material::named(ws_user_id));
        if !store.release_codes(bank, ws_user_id).await.map_err(storage)? {
            return Err(Error::invalid_field("ws_user_id", "no code is counted for it: code-list has those that are"));
        }
        self.user_id(bank, ws_user_id).await
    }

    /// Names an account for a user id.
    pub(super) async fn allow_user_id(&self, email: &str, bank: &str, ws_user_id: &str) -> Result<GuardedUserIdInfo> {
        let (email, bank) = (email.to_ascii_lowercase(), known(bank)?.as_str());
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

    /// Takes that back.
    pub(super) async fn withdraw_user_id(
        &self,
        email: &str,
        bank: &str,
        ws_user_id: &str,
    ) -> Result<GuardedUserIdInfo> {
        let (email, bank) = (email.to_ascii_lowercase(), known(bank)?.as_str());
        let store = self.audited_for("withdraw_user_id", "", (&email, bank), &material::named(ws_user_id));
        if !store.withdraw_user_id(bank, ws_user_id, &email).await.map_err(storage)? {
            return Err(Error::invalid_field("email", "is not named for this user id"));
        }
        self.user_id(bank, ws_user_id).await
    }

    /// The counts and names of one user id now, possibly none.
    async fn user_id(&self, bank: &str, ws_user_id: &str) -> Result<GuardedUserIdInfo> {
        let found = self.store.guarded_user_id(bank, ws_user_id, self.clock.now_ms()).await.map_err(storage)?;
        Ok(self.described_codes(found))
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
            wrong_codes_max: configured.map(|(_, bank)| bank.code_limits().all),
            allowed: one.allowed,
            bank: one.bank,
            ws_user_id: one.ws_user_id,
        }
    }
}

fn known(bank: &str) -> Result<Bank> {
    Bank::from_text(bank).ok_or_else(|| Error::invalid_field("bank", "is not the id of a bank"))
}
