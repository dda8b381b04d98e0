//! The state of a running connector: the engine's client, the bank, the clock.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use bankchannel::{
    CallAsker, CallOptions, CancellationToken,
    salt_edge_connector::{SaltEdgeConnector, SaltEdgeConnectorSettings},
};
use bankchannel_crypto::random;
use bankchannel_foundation::{
    Error, Result, Secret,
    clock::{Clock as _, SystemClock},
    error::row,
    model::Timestamp,
};
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

use super::{
    bank::ConnectorBank,
    keys::ConnectorKeys,
    migrate::{at_start, refused, tell_of_made_data},
};
use bankchannel_server::{
    folder::{unusable, write_whole},
    http::{control::ControlState, health::ServerReadiness},
    live::LiveValue,
    migration::MigrationTime,
};

/// The default name of the store's folder in the data folder.
const STORE: &str = "store";
/// The file with the name of the store's folder after a reset.
const CURRENT: &str = "store.current";

/// A running connector.
pub struct ConnectorService {
    client: RwLock<SaltEdgeConnector>,
    settings: SaltEdgeConnectorSettings,
    pub(super) provider_code: String,
    pub(super) data: PathBuf,
    pub(super) bank: ConnectorBank,
    pub(super) keys: ConnectorKeys,
    /// Proxies whose word on the client's address counts.
    pub(super) trusted_proxy: LiveValue<Vec<IpAddr>>,
    pub(super) clock: Arc<SystemClock>,
    /// The time at which the clock starts, if it is fixed.
    pub(super) clock_ms: Option<i64>,
    pub(super) control: Option<Arc<ControlState>>,
    /// Whether it is ready for requests.
    pub(super) readiness: Arc<ServerReadiness>,
    /// Notified when there is work.
    pub(super) work: Notify,
    /// Cancelled at shutdown: no new work starts.
    pub(super) winding_down: CancellationToken,
    /// Requests that are completed even if the client disconnects.
    pub(super) tasks: TaskTracker,
}

/// The parts of a service.
pub(super) struct ServiceParts {
    pub(super) settings: SaltEdgeConnectorSettings,
    pub(super) data: PathBuf,
    pub(super) bank: ConnectorBank,
    pub(super) keys: ConnectorKeys,
    pub(super) trusted_proxy: Vec<IpAddr>,
    pub(super) clock: Arc<SystemClock>,
    pub(super) clock_ms: Option<i64>,
    pub(super) control: Option<Arc<ControlState>>,
    pub(super) migrate: MigrationTime,
}

impl ConnectorService {
    /// Opens the store and creates the service.
    ///
    /// # Errors
    /// `configuration.invalid`, `resource.storage`.
    pub(super) async fn open(parts: ServiceParts) -> Result<Self> {
        let ServiceParts { settings, data, bank, keys, trusted_proxy, clock, clock_ms, control, migrate } = parts;
        let client = SaltEdgeConnector::new(stored(&settings, &data))?;
        let store = client.opened_store(at_start(migrate)).await.map_err(refused)?;
        tell_of_made_data(&store);
        if let Some(pem) = client.public_key() {
            keys.publish(&pem)?;
        }
        Ok(Self {
            client: RwLock::new(client),
            provider_code: settings.provider_code.clone().unwrap_or_default(),
            settings,
            data,
            bank,
            keys,
            trusted_proxy: LiveValue::new(trusted_proxy),
            clock,
            clock_ms,
            control,
            readiness: Arc::default(),
            work: Notify::new(),
            winding_down: CancellationToken::new(),
            tasks: TaskTracker::new(),
        })
    }

    pub(super) fn client(&self) -> SaltEdgeConnector {
        self.client.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The call options: they contain this bank.
    pub(super) fn options(&self) -> CallOptions {
        let asker: Arc<dyn CallAsker> = self.bank.asker();
        CallOptions { asker: Some(asker), winding_down: self.winding_down.clone(), ..CallOptions::default() }
    }

    /// The time for the engine, unless it is the system clock's.
    pub(super) fn at(&self) -> Option<Timestamp> {
        let is_own = self.clock_ms.is_some() || self.control.is_some();
        is_own.then(|| Timestamp::from_ms(self.clock.now_ms()))
    }

    /// Deletes all sessions, tokens and callbacks.
    ///
    /// # Errors
    /// `input.*` if the configuration names the store; `resource.storage`.
    pub(super) async fn reset(&self) -> Result<()> {
        if self.settings.store.is_some() {
            let why = "a store that is named in the configuration cannot be emptied here";
            return Err(Error::because(&row::INVALID_FIELD, why));
        }
        let former = self.data.join(current(&self.data));
        let name = format!("{STORE}.{}", random::base32_lower(8));
        write_whole(&self.data.join(CURRENT), name.as_bytes())?;
        let client = SaltEdgeConnector::new(stored(&self.settings, &self.data))?;
        client.open_store().await?;
        *self.client.write().unwrap_or_else(PoisonError::into_inner) = client;
        self.bank.reset();
        std::fs::remove_dir_all(&former).map_err(|why| unusable(&former, &why))
    }
}

/// The name of the store's folder.
fn current(data: &Path) -> String {
    let named = std::fs::read_to_string(data.join(CURRENT)).ok();
    let fits =
        |name: &String| name.strip_prefix("store.").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_alphanumeric()));
    named.filter(fits).unwrap_or_else(|| STORE.to_owned())
}

/// The path of the current store folder.
pub(super) fn store_folder(data: &Path) -> PathBuf {
    data.join(current(data))
}

/// The settings, completed with the store folder if they name no store.
fn stored(settings: &SaltEdgeConnectorSettings, data: &Path) -> SaltEdgeConnectorSettings {
    let mut settings = settings.clone();
    if settings.store.is_none() {
        settings.store = Some(Secret::new(data.join(current(data)).display().to_string()));
    }
    settings
}
