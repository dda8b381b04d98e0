//! API keys: what their customers may do, who may register with them.

use std::sync::Arc;

use bankchannel_crypto::random;
use bankchannel_foundation::{
    Error, Result,
    clock::Clock as _,
    model::{Boundary, Timestamp},
    operation::{OperatorForm, OperatorOption, OptionForm},
};
use bankchannel_server::{operator_commands, orders::PlainOrder};
use bankchannel_storage::ws_channel::{ApiTenant, EntitlementState, NewTenant, TenantChange, WsChannelStore};
use bankchannel_ws_channel::model::{ApiKey, Email};

use super::{API_KEY_OPTION, SIMULATOR_PRODUCT, api::AdminApi, key_names::key_name};
use crate::data::storage;

operator_commands! {
    /// Commands about API keys.
    pub(super) static KEY_COMMANDS: AdminApi, "ws-channel";

    /// List all API keys.
    ///
    /// The oldest first, each with its entitlements.
    ListApiKeys("ws_channel_operator.keys", OperatorForm { examples: &[""], ..OperatorForm::reading("key-list") }):
        PlainOrder => ApiKeyListing, async AdminApi::keys;

    /// Make an API key.
    ///
    /// The account that registers with the owner's address becomes the owner; without that address, the key has no owner.
    CreateApiKey("ws_channel_operator.create_key", OperatorForm {
        options: &[API_KEY_OPTION, NO_TRANSFER],
        examples: &["--owner owner@example.com"],
        ..OperatorForm::changing("key-create")
    }): NewApiKey => OneApiKey, async AdminApi::create_key;

    /// Change an API key.
    ///
    /// Give at least one of `enabled`, `transfer` and `waiver`. The sessions of a key that is not enabled are refused.
    ChangeApiKey("ws_channel_operator.change_key", OperatorForm {
        options: &[API_KEY_OPTION],
        examples: &["--apikey KEY --waiver on"],
        ..OperatorForm::changing("key-set")
    }): ApiKeyChange => OneApiKey, async AdminApi::change_key;

    /// Grant, suspend or remove an entitlement.
    ///
    /// Requests that need a product are refused unless its entitlement is active.
    SetEntitlement("ws_channel_operator.set_entitlement", OperatorForm {
        options: &[API_KEY_OPTION],
        examples: &["--apikey KEY --product bank-simulator --state active"],
        ..OperatorForm::changing("entitlement")
    }): EntitlementChange => OneApiKey, async AdminApi::set_entitlement;

    /// Invite an address to register under a key.
    ///
    /// For services that admit invited addresses only (`registration_requires_invite`).
    InviteAddress("ws_channel_operator.invite", OperatorForm {
        options: &[API_KEY_OPTION],
        examples: &["--apikey KEY --email guest@example.com"],
        ..OperatorForm::changing("invite")
    }): Invitation => OneApiKey, async AdminApi::invite;
}

/// A key allows transfers unless the command says otherwise.
const NO_TRANSFER: OperatorOption = OperatorOption {
    form: OptionForm::Opposite,
    help: "The key does not allow file transfers",
    ..OperatorOption::named("transfer", "no-transfer")
};

/// Length of a generated key.
const API_KEY_LENGTH: usize = 40;

/// All API keys.
#[derive(Debug, Boundary)]
pub(super) struct ApiKeyListing {
    /// The keys, the oldest first.
    pub(super) keys: Vec<ApiKeyInfo>,
}

/// An API key after a command.
#[derive(Debug, Boundary)]
pub(super) struct OneApiKey {
    /// The key.
    pub(super) key: ApiKeyInfo,
}

/// One API key.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
pub struct ApiKeyInfo {
    /// Its name: its first characters and a part of its hash, which every command takes in place of the key. The answer that
    /// makes a key has the key itself.
    pub api_key: String,
    /// Its owner, or the address that becomes the owner by registering with it.
    pub owner: Option<String>,
    /// Whether requests with it are accepted.
    pub enabled: bool,
    /// Whether it may transfer files.
    pub transfer: bool,
    /// Whether its new users need no verification of phone and mail address.
    pub waiver: bool,
    /// Creation time, RFC 3339.
    pub created: String,
    /// Its entitlements.
    pub entitlements: Vec<EntitlementInfo>,
}

/// One entitlement.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
pub struct EntitlementInfo {
    /// The product, such as `bank-simulator`.
    pub product: String,
    /// `active` or `suspended`.
    pub state: String,
}

/// A key to create.
#[derive(Debug, Clone, Default, Boundary)]
pub struct NewApiKey {
    /// The address that becomes the owner by registering with the key.
    pub owner: Option<String>,
    /// The key itself, 20 to 128 letters, digits, _ or -. Default: a random one of 40 characters.
    pub api_key: Option<String>,
    /// Whether the key allows file transfers.
    pub transfer: bool,
    /// Whether new users other than the owner need not verify phone and e-mail.
    pub waiver: bool,
}

/// What becomes different of an API key.
#[derive(Debug, Clone, Default, Boundary)]
pub(super) struct ApiKeyChange {
    /// The API key.
    pub(super) api_key: String,
    /// Whether requests with this key are served.
    pub(super) enabled: Option<bool>,
    /// Whether this key allows file transfers.
    pub(super) transfer: Option<bool>,
    /// Whether new users other than the owner need not verify phone and e-mail.
    pub(super) waiver: Option<bool>,
}

/// A new state of an entitlement.
#[derive(Debug, Clone, Boundary)]
pub(super) struct EntitlementChange {
    /// The API key.
    pub(super) api_key: String,
    /// The product. Default: `bank-simulator`.
    pub(super) product: Option<String>,
    /// The state that it gets.
    pub(super) state: OrderedEntitlementState,
}

/// The state of an entitlement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
pub(super) enum OrderedEntitlementState {
    /// It is granted.
    Active,
    /// It is granted, but suspended.
    Suspended,
    /// It is not granted, or no more.
    Missing,
}

/// An address that may register.
#[derive(Debug, Clone, Boundary)]
pub(super) struct Invitation {
    /// The API key.
    pub(super) api_key: String,
    /// The address.
    pub(super) email: String,
}

impl AdminApi {
    async fn keys(self: Arc<Self>, _: PlainOrder) -> Result<ApiKeyListing> {
        let mut keys = Vec::new();
        for tenant in self.store.tenants().await.map_err(storage)? {
            keys.push(self.described_key(tenant).await?);
        }
        Ok(ApiKeyListing { keys })
    }

    async fn create_key(self: Arc<Self>, new: NewApiKey) -> Result<OneApiKey> {
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
        // The only answer that has it: from now on it has a name.
        let OneApiKey { key } = self.key(&api_key).await?;
        Ok(OneApiKey { key: ApiKeyInfo { api_key, ..key } })
    }

    async fn change_key(self: Arc<Self>, change: ApiKeyChange) -> Result<OneApiKey> {
        let ApiKeyChange { api_key, enabled, transfer, waiver } = change;
        let api_key = self.whole_key(api_key).await?;
        // Each has its own record in the audit trail.
        let changes = [
            enabled.map(|on| ("set_enabled", on, TenantChange::Enabled(on))),
            transfer.map(|on| ("set_transfer", on, TenantChange::TransferEnabled(on))),
            waiver.map(|on| ("set_waiver", on, TenantChange::Waiver(on))),
        ];
        if changes.iter().all(Option::is_none) {
            return Err(Error::invalid_field("enabled", "nothing to change: give enabled, transfer or waiver"));
        }
        let mut changed = None;
        for (what, on, change) in changes.into_iter().flatten() {
            let store = self.audited(what, &api_key, if on { "on" } else { "off" });
            store.change_tenant(&api_key, change).await.map_err(storage)?;
            changed = Some(self.key(&api_key).await?);
        }
        changed.ok_or_else(|| Error::internal("a change of a key was lost"))
    }

    async fn set_entitlement(self: Arc<Self>, change: EntitlementChange) -> Result<OneApiKey> {
        let EntitlementChange { api_key, product, state } = change;
        let api_key = self.whole_key(api_key).await?;
        let product = product.unwrap_or_else(|| SIMULATOR_PRODUCT.to_owned());
        let state = match state {
            OrderedEntitlementState::Active => EntitlementState::Active,
            OrderedEntitlementState::Suspended => EntitlementState::Suspended,
            OrderedEntitlementState::Missing => EntitlementState::Missing,
        };
        let store = self.audited("set_entitlement", &api_key, &format!("{product} {}", state.as_str()));
        store.set_entitlement(&api_key, &product, state, self.clock.now_ms()).await.map_err(storage)?;
        self.key(&api_key).await
    }

    async fn invite(self: Arc<Self>, invitation: Invitation) -> Result<OneApiKey> {
        let Invitation { api_key, email } = invitation;
        let api_key = self.whole_key(api_key).await?;
        let email = address("email", &email)?;
        let store = self.audited("invite", &api_key, &email);
        store.invite(&api_key, &email, self.clock.now_ms()).await.map_err(storage)?;
        self.key(&api_key).await
    }

    async fn key(&self, api_key: &str) -> Result<OneApiKey> {
        let tenant = self.store.tenant(api_key).await.map_err(storage)?;
        let tenant = tenant.ok_or_else(|| Error::invalid_field("api_key", "there is no such key"))?;
        Ok(OneApiKey { key: self.described_key(tenant).await? })
    }

    async fn described_key(&self, tenant: ApiTenant) -> Result<ApiKeyInfo> {
        let entitlements = self.store.entitlements(&tenant.api_key).await.map_err(storage)?.into_iter();
        Ok(ApiKeyInfo {
            api_key: key_name(&tenant.api_key),
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
}

fn address(field: &'static str, text: &str) -> Result<String> {
    let email = Email::parse(text).map_err(|why| Error::invalid_field(field, why))?;
    Ok(email.as_str().to_owned())
}
