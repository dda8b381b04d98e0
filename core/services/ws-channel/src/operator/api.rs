//! Carries out the operator's commands: in a running service, or in the process of the command.

use std::{path::PathBuf, sync::Arc};

use bankchannel_crypto::{digest, random};
use bankchannel_foundation::{
    Error, Result,
    clock::{Clock, SystemClock},
    model::Timestamp,
};
use bankchannel_storage::ws_channel::{
    ApiTenant, AuditEntry, AuditRecord, AuditVerdict, EntitlementState, NewTenant, TenantChange, WsChannelStore,
};
use bankchannel_ws_channel::model::{ApiKey, Email};
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde_json::Value;

use super::{
    backup::back_up,
    certificates::OperatorCertificateOrder,
    command::OperatorCommand,
    types::{ApiKeyInfo, AuditCheck, AuditLine, EntitlementInfo, NewApiKey},
};
use crate::{
    audit_heads,
    config::ServiceConfig,
    data::{storage, unusable},
    service::audited_ids,
};

/// Length of a generated key.
const API_KEY_LENGTH: usize = 40;

/// A store opened for the operator.
#[derive(Clone)]
pub(crate) struct AdminApi {
    pub(super) store: WsChannelStore,
    pub(super) config: ServiceConfig,
    data: PathBuf,
    pub(super) clock: Arc<SystemClock>,
}

impl AdminApi {
    pub(crate) fn new(store: WsChannelStore, config: ServiceConfig, data: PathBuf) -> Self {
        Self::with_clock(store, config, data, Arc::default())
    }

    /// With the clock of the service that the store belongs to.
    pub(crate) fn with_clock(
        store: WsChannelStore,
        config: ServiceConfig,
        data: PathBuf,
        clock: Arc<SystemClock>,
    ) -> Self {
        Self { store, config, data, clock }
    }

    pub(crate) async fn close(&self) {
        self.store.close().await;
    }

    /// Carries out a command.
    ///
    /// # Errors
    /// `input.invalid_field`, `resource.storage`, `not_supported`.
    pub(crate) fn carry_out(&self, command: OperatorCommand) -> BoxFuture<'_, Result<Value>> {
        Box::pin(self.done(command))
    }

    async fn done(&self, command: OperatorCommand) -> Result<Value> {
        match command {
            OperatorCommand::Keys => json_of(self.keys().await?),
            OperatorCommand::CreateKey(new) => json_of(self.create_key(new).await?),
            OperatorCommand::SetEnabled { api_key, on } => {
                json_of(self.change("set_enabled", &api_key, on, TenantChange::Enabled(on)).await?)
            }
            OperatorCommand::SetTransfer { api_key, on } => {
                json_of(self.change("set_transfer", &api_key, on, TenantChange::TransferEnabled(on)).await?)
            }
            OperatorCommand::SetWaiver { api_key, on } => {
                json_of(self.change("set_waiver", &api_key, on, TenantChange::Waiver(on)).await?)
            }
            OperatorCommand::SetEntitlement { api_key, product, state } => {
                json_of(self.set_entitlement(&api_key, &product, &state).await?)
            }
            OperatorCommand::Invite { api_key, email } => json_of(self.invite(&api_key, &email).await?),
            OperatorCommand::Audit(query) => {
                let records = self.store.read_audit(query).await.map_err(storage)?;
                json_of(records.into_iter().map(line).collect::<Vec<_>>())
            }
            OperatorCommand::VerifyAudit => json_of(self.verify_audit().await?),
            OperatorCommand::Certificates => json_of(self.certificates().await?),
            OperatorCommand::RenewCertificate { email, bank } => {
                json_of(self.order_certificate(OperatorCertificateOrder::Renew, &email, &bank).await?)
            }
            OperatorCommand::ResumeCertificate { email, bank } => {
                json_of(self.order_certificate(OperatorCertificateOrder::Resume, &email, &bank).await?)
            }
            OperatorCommand::DiscardCertificate { email, bank } => {
                json_of(self.order_certificate(OperatorCertificateOrder::Discard, &email, &bank).await?)
            }
            OperatorCommand::Codes => json_of(self.codes().await?),
            OperatorCommand::ReleaseCodes { bank, ws_user_id } => {
                json_of(self.release_codes(&bank, &ws_user_id).await?)
            }
            OperatorCommand::AllowUserId { email, bank, ws_user_id } => {
                json_of(self.allow_user_id(&email, &bank, &ws_user_id).await?)
            }
            OperatorCommand::WithdrawUserId { email, bank, ws_user_id } => {
                json_of(self.withdraw_user_id(&email, &bank, &ws_user_id).await?)
            }
            OperatorCommand::Uploads { state } => json_of(self.uploads(&state).await?),
            OperatorCommand::SettleUpload { id, state, reason } => {
                json_of(self.settle_upload(&id, &state, &reason).await?)
            }
            OperatorCommand::Backup { target } => {
                json_of(back_up(&self.store, &self.config, &self.data, &target).await?)
            }
        }
    }

    async fn keys(&self) -> Result<Vec<ApiKeyInfo>> {
        let mut keys = Vec::new();
        for tenant in self.store.tenants().await.map_err(storage)? {
            keys.push(self.describe(tenant).await?);
        }
        Ok(keys)
    }

    async fn create_key(&self, new: NewApiKey) -> Result<ApiKeyInfo> {
        let api_key = new.api_key.unwrap_or_else(|| random::alphanumeric(API_KEY_LENGTH));
        if api_key == "0" || ApiKey::new(&api_key).is_err() {
            return Err(Error::invalid_field("api_key", "must be 20 to 128 letters, digits, _ or -"));
        }
        let owner_email = new.owner.map(|owner| address("owner", &owner)).transpose()?;
        let tenant = NewTenant {
            api_key: api_key.clone(),
            owner_email: owner_email.clone(),
            transfer_enabled: new.transfer,
            waiver: new.waiver,
            rate_class: "default".into(),
            now: self.clock.now_ms(),
        };
        let store = self.audited("create_key", &api_key, owner_email.as_deref().unwrap_or_default());
        if !store.mint_tenant(tenant).await.map_err(storage)? {
            return Err(Error::invalid_field("api_key", "exists already"));
        }
        self.key(&api_key).await
    }

    async fn change(&self, what: &str, api_key: &str, on: bool, change: TenantChange) -> Result<ApiKeyInfo> {
        let store = self.audited(what, api_key, if on { "on" } else { "off" });
        store.change_tenant(api_key, change).await.map_err(storage)?;
        self.key(api_key).await
    }

    async fn set_entitlement(&self, api_key: &str, product: &str, state: &str) -> Result<ApiKeyInfo> {
        let wanted = EntitlementState::parse(state)
            .ok_or_else(|| Error::invalid_field("state", "must be active, suspended or missing"))?;
        let store = self.audited("set_entitlement", api_key, &format!("{product} {state}"));
        store.set_entitlement(api_key, product, wanted, self.clock.now_ms()).await.map_err(storage)?;
        self.key(api_key).await
    }

    async fn invite(&self, api_key: &str, email: &str) -> Result<ApiKeyInfo> {
        let email = address("email", email)?;
        let store = self.audited("invite", api_key, &email);
        store.invite(api_key, &email, self.clock.now_ms()).await.map_err(storage)?;
        self.key(api_key).await
    }

    async fn verify_audit(&self) -> Result<AuditCheck> {
        let known = audit_heads::read(&self.data).map_err(|why| unusable(&self.data, &why))?;
        let compared = Some(known.len());
        Ok(match self.store.verify_audit_against(known).await.map_err(storage)? {
            AuditVerdict::Intact { records, chains, checkpoint, after_checkpoint } => AuditCheck {
                intact: true,
                records: Some(records),
                chains: Some(chains),
                checkpoint: checkpoint.map(|checkpoint| checkpoint.number),
                head: checkpoint.map(|checkpoint| digest::hex(&checkpoint.hash)),
                after_checkpoint: Some(after_checkpoint),
                compared,
                ..AuditCheck::default()
            },
            AuditVerdict::Broken { seq, account, reason } => AuditCheck {
                broken_at: (seq > 0).then_some(seq),
                broken_chain: account,
                reason: Some(reason),
                compared,
                ..AuditCheck::default()
            },
        })
    }

    async fn key(&self, api_key: &str) -> Result<ApiKeyInfo> {
        let tenant = self.store.tenant(api_key).await.map_err(storage)?;
        self.describe(tenant.ok_or_else(|| Error::invalid_field("api_key", "there is no such key"))?).await
    }

    async fn describe(&self, tenant: ApiTenant) -> Result<ApiKeyInfo> {
        let entitlements = self.store.entitlements(&tenant.api_key).await.map_err(storage)?.into_iter();
        Ok(ApiKeyInfo {
            api_key: tenant.api_key,
            owner: tenant.owner_email,
            enabled: tenant.enabled,
            transfer: tenant.transfer_enabled,
            waiver: tenant.waiver,
            created: Timestamp::from_ms(tenant.created).as_str().to_owned(),
            entitlements: entitlements
                .map(|one| EntitlementInfo { product: one.product, state: one.state.as_str().into() })
                .collect(),
        })
    }

    fn audited(&self, what: &str, api_key: &str, detail: &str) -> WsChannelStore {
        self.store.with_audit(self.entry(what, api_key, detail))
    }

    /// The store that records an order about an account.
    pub(super) fn audited_for(
        &self,
        what: &str,
        api_key: &str,
        (email, bank): (&str, &str),
        detail: &str,
    ) -> WsChannelStore {
        let entry = self.entry(what, api_key, detail);
        let entry = AuditEntry { email: email.to_owned(), object: bank.to_owned(), ..entry };
        self.store.with_audit(entry)
    }

    fn entry(&self, what: &str, api_key: &str, detail: &str) -> AuditEntry {
        AuditEntry {
            at: self.clock.now_ms(),
            request_id: random::uuid_v4(),
            api_key: api_key.to_owned(),
            mode: "operator".into(),
            operation: format!("operator.{what}"),
            detail: detail.to_owned(),
            ..AuditEntry::default()
        }
    }
}

fn address(field: &'static str, text: &str) -> Result<String> {
    let email = Email::parse(text).map_err(|why| Error::invalid_field(field, why))?;
    Ok(email.as_str().to_owned())
}

fn json_of(value: impl Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(Error::internal)
}

fn line(record: AuditRecord) -> AuditLine {
    let entry = record.entry;
    let (own, callers) = audited_ids(&entry.request_id);
    AuditLine {
        seq: record.seq,
        at: Timestamp::from_ms(entry.at).as_str().to_owned(),
        request_id: own.to_owned(),
        caller_request_id: callers.map(str::to_owned),
        api_key: entry.api_key,
        email: entry.email,
        mode: entry.mode,
        operation: entry.operation,
        outcome: entry.outcome,
        object: entry.object,
        detail: entry.detail,
        hash: digest::hex(&record.hash),
    }
}
