//! What the operator of a service decides and looks after: the commands beside `serve`.
//!
//! With SQLite the service must be stopped, because one process has the data folder; with PostgreSQL it may run.

mod backup;
mod check;

use std::path::{Path, PathBuf};

use bankchannel_crypto::{digest, random};
use bankchannel_foundation::{Error, Result, clock::Clock, clock::SystemClock, model::Timestamp};
use bankchannel_storage::{
    AuditEntry, AuditFilter, AuditRecord, AuditVerdict, EntitlementState, NewTenant, Store, Tenant, TenantChange,
};
use bankchannel_ws_channel::model::{ApiKey, Email};
use serde::Serialize;

use super::{
    config::{Config, invalid},
    data::{open_store, storage, unusable},
    options::ServiceOptions,
    running,
};

pub use backup::{BackupSummary, restore};
pub use check::{Finding, check};

pub(crate) use backup::back_up;

/// The product name of the simulator's entitlement (WS Channel sheet §4).
pub const SIMULATOR_PRODUCT: &str = "bank-simulator";

/// A stopped service's data, or a running one's database, opened for its operator.
pub struct Operator {
    store: Store,
    config: Config,
    data: PathBuf,
}

/// One API key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyInfo {
    /// The key.
    pub api_key: String,
    /// Who owns it, or will by registering with it.
    pub owner: Option<String>,
    /// Whether requests with it are served.
    pub enabled: bool,
    /// Whether files may be moved with it.
    pub transfer: bool,
    /// Whether its new users need no verification of phone and mail address.
    pub waiver: bool,
    /// When it was made, RFC 3339.
    pub created: String,
    /// Products it is entitled to, with the state of each.
    pub entitlements: Vec<EntitlementInfo>,
}

/// One entitlement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EntitlementInfo {
    /// The product, such as `bank-simulator`.
    pub product: String,
    /// `active` or `suspended`.
    pub state: &'static str,
}

/// A key to be made.
#[derive(Debug, Clone, Default)]
pub struct NewKey {
    /// Who becomes its owner by registering with it.
    pub owner: Option<String>,
    /// The key; left out, a new one of 40 characters.
    pub api_key: Option<String>,
    /// Whether files may be moved with it.
    pub transfer: bool,
    /// Whether its users need no verification.
    pub waiver: bool,
}

/// One record of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditLine {
    /// Its place, from 1.
    pub seq: i64,
    /// When, RFC 3339.
    pub at: String,
    /// The request's id.
    pub request_id: String,
    /// The tenant's key.
    pub api_key: String,
    /// The acting account, or the one that was claimed.
    pub email: String,
    /// `admin`, `data`, `operator` or empty.
    pub mode: String,
    /// The operation.
    pub operation: String,
    /// How it ended.
    pub outcome: String,
    /// What it was done to.
    pub object: String,
    /// Further facts.
    pub detail: String,
    /// The chain's hash up to here, hex.
    pub hash: String,
}

/// What checking the audit trail found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditCheck {
    /// Whether every record follows from the one before.
    pub intact: bool,
    /// How many records there are, when it is intact.
    pub records: Option<i64>,
    /// The last hash, hex: compare it with the ones written down.
    pub head: Option<String>,
    /// The first record that does not fit.
    pub broken_at: Option<i64>,
}

impl Operator {
    /// Opens the data folder or database that the options name.
    ///
    /// # Errors
    /// `configuration.invalid`, or `resource.storage`: a running service has the folder, it is damaged, there is none.
    pub async fn open(options: &ServiceOptions) -> Result<Self> {
        let listen = running::address(options)?;
        let config = Config::load(options, listen.ip().is_loopback())?;
        let given =
            options.data.as_deref().ok_or_else(|| invalid("data", "names the service's data folder: give it"))?;
        let data = Path::new(given).canonicalize().map_err(|why| unusable(Path::new(given), &why))?;
        let store = open_store(&config, &data).await?;
        Ok(Self { store, config, data })
    }

    /// All keys, oldest first.
    ///
    /// # Errors
    /// `resource.storage`.
    pub async fn keys(&self) -> Result<Vec<KeyInfo>> {
        let mut keys = Vec::new();
        for tenant in self.store.tenants().await.map_err(storage)? {
            keys.push(self.describe(tenant).await?);
        }
        Ok(keys)
    }

    /// Makes a key.
    ///
    /// # Errors
    /// `input.invalid_field` for a key or address that cannot be one, or a key that exists; `resource.storage`.
    pub async fn create_key(&self, new: NewKey) -> Result<KeyInfo> {
        let api_key = new.api_key.unwrap_or_else(|| random::alphanumeric(40));
        if api_key == "0" || ApiKey::new(&api_key).is_err() {
            return Err(Error::invalid_field("api_key", "must be 20 to 128 letters, digits, _ or -"));
        }
        let owner_email =
            new.owner.map(|owner| Email::new(&owner).map(|email| email.as_str().to_owned())).transpose()?;
        let tenant = NewTenant {
            api_key: api_key.clone(),
            owner_email: owner_email.clone(),
            transfer_enabled: new.transfer,
            waiver: new.waiver,
            rate_class: "default".into(),
            now: now(),
        };
        let store = self.audited("create_key", &api_key, owner_email.as_deref().unwrap_or_default());
        if !store.mint_tenant(tenant).await.map_err(storage)? {
            return Err(Error::invalid_field("api_key", "exists already"));
        }
        self.key(&api_key).await
    }

    /// Serves a key or not. Its sessions are refused from then on.
    ///
    /// # Errors
    /// `input.invalid_field` for an unknown key; `resource.storage`.
    pub async fn set_enabled(&self, api_key: &str, on: bool) -> Result<KeyInfo> {
        self.change("set_enabled", api_key, on, TenantChange::Enabled(on)).await
    }

    /// Lets a key move files or not.
    ///
    /// # Errors
    /// As [`set_enabled`](Self::set_enabled).
    pub async fn set_transfer(&self, api_key: &str, on: bool) -> Result<KeyInfo> {
        self.change("set_transfer", api_key, on, TenantChange::TransferEnabled(on)).await
    }

    /// Waives the verification of a key's new users or not.
    ///
    /// # Errors
    /// As [`set_enabled`](Self::set_enabled).
    pub async fn set_waiver(&self, api_key: &str, on: bool) -> Result<KeyInfo> {
        self.change("set_waiver", api_key, on, TenantChange::Waiver(on)).await
    }

    /// Gives (`active`), holds back (`suspended`) or takes away (`missing`) an entitlement.
    ///
    /// # Errors
    /// `input.invalid_field` for an unknown key or state; `resource.storage`.
    pub async fn set_entitlement(&self, api_key: &str, product: &str, state: &str) -> Result<KeyInfo> {
        let wanted = EntitlementState::parse(state)
            .ok_or_else(|| Error::invalid_field("state", "must be active, suspended or missing"))?;
        let store = self.audited("set_entitlement", api_key, &format!("{product} {state}"));
        let found = store.set_entitlement(api_key, product, wanted, now()).await.map_err(storage)?;
        self.found(found, api_key).await
    }

    /// Invites an address to register under a key, for services where that is needed (`registration_requires_invite`).
    ///
    /// # Errors
    /// `input.invalid_field` for an unknown key or what is no address; `resource.storage`.
    pub async fn invite(&self, api_key: &str, email: &str) -> Result<KeyInfo> {
        let email = Email::new(email)?;
        let store = self.audited("invite", api_key, email.as_str());
        let found = store.invite(api_key, email.as_str(), now()).await.map_err(storage)?;
        self.found(found, api_key).await
    }

    /// Reads the audit trail.
    ///
    /// # Errors
    /// `resource.storage`.
    pub async fn audit(&self, filter: AuditFilter) -> Result<Vec<AuditLine>> {
        let records = self.store.read_audit(filter).await.map_err(storage)?;
        Ok(records.into_iter().map(line).collect())
    }

    /// Recomputes the audit trail's chain.
    ///
    /// # Errors
    /// `resource.storage`; a broken chain is an answer.
    pub async fn verify_audit(&self) -> Result<AuditCheck> {
        Ok(match self.store.verify_audit().await.map_err(storage)? {
            AuditVerdict::Intact { records, head } => {
                AuditCheck { intact: true, records: Some(records), head: Some(digest::hex(&head)), broken_at: None }
            }
            AuditVerdict::Broken { seq } => {
                AuditCheck { intact: false, records: None, head: None, broken_at: Some(seq) }
            }
        })
    }

    /// Copies database, content files and keys into a folder that is absent or empty.
    ///
    /// # Errors
    /// `resource.storage`; `not_supported` with PostgreSQL.
    pub async fn backup(&self, target: &Path) -> Result<BackupSummary> {
        back_up(&self.store, &self.config, &self.data, target).await
    }

    /// Closes the store. Dropping does too, without waiting.
    pub async fn close(self) {
        self.store.close().await;
    }

    async fn change(&self, what: &str, api_key: &str, on: bool, change: TenantChange) -> Result<KeyInfo> {
        let store = self.audited(what, api_key, if on { "on" } else { "off" });
        let found = store.change_tenant(api_key, change).await.map_err(storage)?;
        self.found(found, api_key).await
    }

    async fn found(&self, found: bool, api_key: &str) -> Result<KeyInfo> {
        if found { self.key(api_key).await } else { Err(unknown_key()) }
    }

    async fn key(&self, api_key: &str) -> Result<KeyInfo> {
        let tenant = self.store.tenant(api_key).await.map_err(storage)?.ok_or_else(unknown_key)?;
        self.describe(tenant).await
    }

    async fn describe(&self, tenant: Tenant) -> Result<KeyInfo> {
        let entitlements = self.store.entitlements(&tenant.api_key).await.map_err(storage)?;
        let entitlements = entitlements.into_iter();
        Ok(KeyInfo {
            api_key: tenant.api_key,
            owner: tenant.owner_email,
            enabled: tenant.enabled,
            transfer: tenant.transfer_enabled,
            waiver: tenant.waiver,
            created: Timestamp::from_ms(tenant.created).as_str().to_owned(),
            entitlements: entitlements
                .map(|one| EntitlementInfo { product: one.product, state: one.state.as_str() })
                .collect(),
        })
    }

    fn audited(&self, what: &str, api_key: &str, detail: &str) -> Store {
        self.store.with_audit(AuditEntry {
            at: now(),
            request_id: random::uuid_v4(),
            api_key: api_key.to_owned(),
            mode: "operator".into(),
            operation: format!("operator.{what}"),
            detail: detail.to_owned(),
            ..AuditEntry::default()
        })
    }
}

fn unknown_key() -> Error {
    Error::invalid_field("api_key", "there is no such key")
}

fn now() -> i64 {
    SystemClock::default().now_ms()
}

fn line(record: AuditRecord) -> AuditLine {
    let entry = record.entry;
    AuditLine {
        seq: record.seq,
        at: Timestamp::from_ms(entry.at).as_str().to_owned(),
        request_id: entry.request_id,
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
