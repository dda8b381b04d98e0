//! A service from start to stop.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, Weak},
    time::Duration,
};

use bankchannel_foundation::{Error, Result, clock::SystemClock, model};
use bankchannel_storage::ws_channel::{SchemaUse, StoreError, WsChannelStore};
use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio_util::task::TaskTracker;

use super::{
    DESCRIPTOR,
    auth::SessionCache,
    banks::{self, Channels, ConfiguredBanks, ServiceBanks},
    config::{CONFIGURATION, ServiceConfig},
    control::ServiceControlTarget,
    data,
    files::{FileCaches, telling},
    gate,
    keys::{self, ServiceKeys},
    limits::ServiceLimits,
    metrics::{self, ServiceMetrics},
    notices::{self, NoticeOutbox, NoticeQueue},
    operator::{self, AdminApi, AdminSocket},
    options::{ServiceOptions, ServiceReadiness},
    pipeline::ServicePipeline,
    reload::ServiceReload,
    service::{BackgroundService, GuardedStore, OperationHolds, UnstoredSteps, WsChannelService, unstored},
    serving, upkeep,
    watch::{self, WatchedFolders},
    work::{LoginLocks, WorkPool},
};
use bankchannel_server::{
    configuration::{ConfigurationForm, ReloadReport},
    counterpart::{CheckFn, LogsFn, ServerKind},
    http::{
        Listener, TlsFiles, control::ControlState, forwarded::is_one_of, observed::RequestObserver,
        server::RunningServers, tls::LoadedTls,
    },
    live::LiveValue,
    migration::DataVersion,
    operator::CallableCommand,
    orders::CallableOrder,
    temporary::TemporaryFolder,
};

/// Default listen address.
pub(crate) const LISTEN: &str = "127.0.0.1:0";

/// Limit of response bytes buffered in a connection: with the read buffer, a slow client costs at most 128 KiB.
const BUFFER: usize = 32 * 1024;

/// Time that a listener gives the answers in progress.
const LAST_ANSWERS: Duration = Duration::from_secs(10);

/// Time for the last requests to record a bank's response.
const LAST_STEPS: Duration = Duration::from_secs(10);

/// A running service.
pub struct RunningService {
    pub(super) service: Arc<WsChannelService>,
    base_url: String,
    public_key_file: PathBuf,
    server: RunningServers,
    pub(super) reloading: ServiceReload,
    // Dropped last, after everything that writes into it.
    _temporary: Option<TemporaryFolder>,
}

impl RunningService {
    // Public functions here are not `async fn`: those would be compiled again, with everything they await, in every
    // program that calls them.

    /// Opens the data folder, binds the address and begins to serve.
    ///
    /// # Errors
    /// `configuration.invalid` for unusable options, `resource.storage` for an unusable data folder.
    pub fn start(options: ServiceOptions) -> BoxFuture<'static, Result<Self>> {
        Self::start_with(options, Channels::default())
    }

    /// As [`start`](Self::start), with channels to banks in addition to the built-in simulator.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_with(options: ServiceOptions, channels: Channels) -> BoxFuture<'static, Result<Self>> {
        Box::pin(Self::open(options, channels))
    }

    async fn open(options: ServiceOptions, channels: Channels) -> Result<Self> {
        let listen = address(&options)?;
        let config = ServiceConfig::load(&options, listen.ip().is_loopback())?;
        let clock = Arc::new(SystemClock::default());
        // Before anything is written.
        let channels = (ConfiguredBanks::open(&config, options.data.as_deref().map(Path::new), &clock)?, channels);
        channels.0.check_folders()?;
        if let Some(given) = &options.data {
            data::expect(&config, Path::new(given))?;
        }
        let (data, temporary) = data::prepare(options.data.as_deref())?;
        if config.postgres_url.is_none() && !data.join(data::DATABASE).exists() {
            // Before a database is created: existing keys may show that there was one.
            ServiceKeys::check_keys(None, &data, &config).await?;
        }
        if operator::at_start(&config) == SchemaUse::Upgrade
            && data::look_before_migrating(&config, Some(&data)).await?
        {
            // The rest of what may end the start after the migration.
            ServiceBanks::check_folder(&data, &config)?;
            let read = tls(&options)?.as_ref().map(LoadedTls::read).transpose();
            read.map_err(|why| Error::invalid_setting("listen", why))?;
        }
        // The store first: its lock keeps other processes away from everything else in the folder.
        let store = data::open_store(&config, &data, operator::at_start(&config)).await.map_err(|why| {
            let Some(&StoreError::SchemaOlder { found, known }) = StoreError::behind(&why) else { return why };
            DataVersion { found, known }.refused(&operator::migrate_command(&options))
        })?;
        data::tell_of_made_data(&store);
        let started = Self::serve(&options, listen, config, (data, temporary), store.clone(), (channels, clock)).await;
        if started.is_err() {
            // Releases the folder before the error is returned, so that the next start can use it.
            store.close().await;
        }
        started
    }

    async fn serve(
        options: &ServiceOptions,
        listen: SocketAddr,
        config: ServiceConfig,
        (data, temporary): (PathBuf, Option<TemporaryFolder>),
        store: WsChannelStore,
        (channels, clock): ((ConfiguredBanks, Channels), Arc<SystemClock>),
    ) -> Result<Self> {
        let keys = ServiceKeys::open(&store, &data, &config).await?;
        data::open_files(&store, &data, &config).await?;
        if store.is_only_writer() {
            // Of an earlier run: before anybody holds one here.
            store.free_held_sets().await.map_err(data::storage)?;
        }
        let metrics = ServiceMetrics::new(DESCRIPTOR.kind)?;
        let banks = ServiceBanks::open(&data, &config, channels, &metrics.banks)?;
        let queue = NoticeQueue::new(&config, &metrics.server)?;
        let outbox = NoticeOutbox::open(&data, &config, &queue)?;
        let tls = tls(options)?;
        let listener =
            Listener::bind(listen, tls.as_ref()).await.map_err(|why| Error::invalid_setting("listen", why))?;
        let operator_listener = config.operator.bind(tls.as_ref()).await?;
        let observer = Arc::clone(&metrics.server) as Arc<dyn RequestObserver>;
        let listener = listener.telling_framing().buffering(BUFFER).observed_by(observer);
        let reloading = ServiceReload::new(options, (tls, listener.tls()), operator_listener.as_ref());
        let control = config.control.then(|| Arc::new(ControlState::default()));
        warn_about(&config);
        serving::write(options, &data, &config)?;
        let live_config = Arc::new(LiveValue::new(config));
        let (proxies, config) = (Arc::clone(&live_config), live_config.now());
        let listener = listener.in_front_of(move |address| is_one_of(address, &proxies.now().trusted_proxy));
        let service = Arc::new_cyclic(|itself| WsChannelService {
            outbox,
            limits: ServiceLimits::new(&config),
            sessions: SessionCache::default(),
            banks,
            clock,
            store: GuardedStore::new(store.clone()),
            keys,
            files: FileCaches::default(),
            work_pool: WorkPool::default(),
            login_locks: LoginLocks::default(),
            control,
            holds: OperationHolds::default(),
            live_config,
            data,
            metrics: Arc::clone(&metrics),
            readiness: Arc::default(),
            folders: WatchedFolders::default(),
            running: TaskTracker::new(),
            unstored: UnstoredSteps::default(),
            itself: Weak::clone(itself),
        });
        let pipeline = Arc::new(ServicePipeline::new(Arc::clone(&service)));
        let mut server = RunningServers::begin(listener, Arc::clone(&service.readiness), move |request, peer| {
            gate::answer(Arc::clone(&pipeline), request, peer)
        });
        let stop = server.stop.clone();
        server.watch_tls(reloading.listeners(), &metrics.server);
        if let Some(listener) = operator_listener {
            server.tell_metrics(listener, Arc::clone(&metrics.server));
            server.with([metrics::begin(&service, &stop)]);
        }
        metrics.watch(&service);
        metrics.login_key(&keys::login_key_file(&service.data, &config));
        server.take_orders(Arc::new(ServiceControlTarget::new(&service)), service.control.is_some()).await?;
        // With PostgreSQL the operator's commands use the database directly.
        if let Some(socket) = service.store.is_only_writer().then(|| AdminSocket::open(&service.data)).flatten() {
            let of = Arc::clone(&service);
            let api = move || {
                let (store, clock) = (store.clone(), Arc::clone(&of.clock));
                AdminApi::with_clock(store, (*of.config()).clone(), Some(of.data.clone()), clock)
            };
            server.with([socket.serve(api, stop.clone())]);
        }
        server.with([upkeep::begin(&service, &stop), watch::begin(&service, &stop)]);
        server.with([unstored::begin(&service, &stop), telling::begin(&service, &stop)]);
        server.with([queue.begin(BackgroundService::new(&service), &stop), notices::alerts::begin(&service, &stop)]);
        server.with(banks::background(&service, &stop));
        let base_url = format!("{}{}", server.origin, config.base_path.trim_end_matches('/'));
        let public_key_file = service.keys.public_key_file.clone();
        Ok(Self { service, base_url, public_key_file, server, reloading, _temporary: temporary })
    }

    /// Loads data, for tests and demonstrations. The data and the result are described in
    /// `docs/reference/server-orders.md`.
    ///
    /// # Errors
    /// `input.*`, which names the unusable part.
    pub fn seed(&self, data: Value) -> BoxFuture<'static, Result<Value>> {
        self.server.seed(data)
    }

    /// The content of the readiness line.
    #[must_use]
    pub fn readiness(&self) -> Value {
        DESCRIPTOR.readiness_line(self.ready())
    }

    /// Funds the debtor accounts of a payment file at the simulator, for an account that has a certificate there: each
    /// gets at least the amount that the file debits. Returns their IBANs.
    ///
    /// # Errors
    /// `input.invalid_field` when the file cannot be read, or the account has no certificate at the simulator.
    pub fn fund_simulator<'a>(&'a self, email: &'a str, payment_file: &'a [u8]) -> BoxFuture<'a, Result<Vec<String>>> {
        Box::pin(
            async move { banks::fund_simulator(&BackgroundService::new(&self.service), email, payment_file).await },
        )
    }

    /// Releases the orders that wait at the simulator after their payee check. Returns the message ids of their files; none
    /// if no order waits.
    pub fn release_orders(&self) -> Vec<String> {
        self.service.banks.decide_order(None, banks::OrderDecision::Release)
    }

    /// Renews every certificate that is due now, one after the other; returns their number.
    ///
    /// # Errors
    /// `resource.storage`.
    pub fn renew_due(&self) -> BoxFuture<'_, Result<usize>> {
        Box::pin(async { banks::renew_due(&BackgroundService::new(&self.service)).await.map_err(data::storage) })
    }

    /// The service that handlers work with.
    #[cfg(test)]
    pub(crate) fn service(&self) -> &Arc<WsChannelService> {
        &self.service
    }

    /// Stops the service. First it reports for `drain_s` seconds that it is not ready, while it still answers. Then it
    /// accepts no new requests; running ones get some time to finish, and those that may change something as long as a
    /// bank may take. Then the store is closed.
    pub fn stop(self) -> BoxFuture<'static, ()> {
        Box::pin(self.close())
    }

    async fn close(self) {
        self.server.drain(Duration::from_secs(self.service.config().drain_s.into())).await;
        self.service.running.close();
        self.server.end().await;
        let longest = self.service.banks.longest_call() + LAST_STEPS;
        if tokio::time::timeout(longest, self.service.running.wait()).await.is_err() {
            tracing::error!("requests that may change something were not completed before the stop");
        }
        self.service.unstored.close().await;
        BackgroundService::new(&self.service).writer().close().await;
    }
}

impl ServerKind for RunningService {
    type Options = ServiceOptions;
    type Readiness = ServiceReadiness;
    const ORDERS: &'static [&'static [CallableOrder]] = &[crate::control::SERVICE_ORDERS];
    const OPERATOR: &'static [&'static [CallableCommand]] = operator::OPERATOR_COMMANDS;
    const CONFIGURATION: Option<&'static ConfigurationForm> = Some(&CONFIGURATION);
    const LOGS: Option<LogsFn> = Some(|options| {
        let options: ServiceOptions = model::read_boundary(options)?;
        Ok(ServiceConfig::load(&options, address(&options)?.ip().is_loopback())?.log)
    });
    const CHECK: Option<CheckFn> = Some(|options| {
        let options: ServiceOptions = model::read_boundary(options)?;
        Ok(Box::pin(async move { operator::check(&options).await }))
    });

    fn begin(options: ServiceOptions) -> BoxFuture<'static, Result<Self>> {
        Self::start(options)
    }

    fn ready(&self) -> ServiceReadiness {
        ServiceReadiness {
            base_url: self.base_url.clone(),
            public_key_file: self.public_key_file.display().to_string(),
            operator_url: self.server.operator_url.clone(),
            control_url: self.server.control_url.clone(),
        }
    }

    fn server(&self) -> &RunningServers {
        &self.server
    }

    fn longest_stop(&self) -> Duration {
        let config = self.service.config();
        let seconds = |seconds: u32| Duration::from_secs(seconds.into());
        // What waits for the store is tried once more, until it takes none.
        let store = seconds(config.postgres.connect_timeout_s) + seconds(config.postgres.operation_timeout_s);
        seconds(config.drain_s) + LAST_ANSWERS + self.service.banks.longest_call() + LAST_STEPS + store
    }

    fn reload(&self) -> Option<BoxFuture<'_, Result<ReloadReport>>> {
        Some(Self::reload(self))
    }

    fn end(self) -> BoxFuture<'static, ()> {
        self.stop()
    }
}

/// The address to listen on.
///
/// # Errors
/// `configuration.invalid`.
pub(crate) fn address(options: &ServiceOptions) -> Result<SocketAddr> {
    let given = options.listen.as_deref().unwrap_or(LISTEN);
    given.parse().map_err(|_| Error::invalid_setting("listen", "must be an address and port such as 127.0.0.1:8080"))
}

/// Logs a warning at every start for each setting that weakens the service.
fn warn_about(config: &ServiceConfig) {
    if config.fixed_code.is_some() {
        tracing::warn!("every code is the configured verification code");
    }
    if config.no_limits {
        tracing::warn!("rate limits and count limits are off");
    }
    if config.control {
        tracing::warn!("the control interface is open: anyone who can reach it controls this server");
    }
    if config.postgres_url.is_some() && config.files_folder.is_none() {
        tracing::warn!("large files are in this instance's data folder: several instances need a common files_folder");
    }
}

/// The TLS files.
///
/// # Errors
/// `configuration.invalid` if only one of them is given.
pub(crate) fn tls(options: &ServiceOptions) -> Result<Option<TlsFiles>> {
    match (&options.tls_cert, &options.tls_key) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => Ok(Some(TlsFiles { certificate: certificate.into(), key: key.into() })),
        _ => Err(Error::invalid_setting("tls_cert", "goes with tls_key: give both or neither")),
    }
}
