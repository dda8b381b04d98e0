//! A service from start to stop.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bankchannel_foundation::{Error, Result, clock::SystemClock, model};
use bankchannel_storage::ws_channel::Store;
use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio_util::task::TaskTracker;

use super::{
    DESCRIPTOR,
    auth::Sessions,
    banks::{self, Banks, Channels, PKI_TIMEOUT},
    config::Config,
    control::Target,
    data,
    files::Files,
    gate,
    keys::Keys,
    limits::ServiceLimits,
    operator::{self, AdminApi, AdminSocket},
    options::{ServiceOptions, ServiceReadiness},
    outbox::Outbox,
    pipeline::Pipeline,
    service::{Guarded, Holds, Service, System},
    upkeep,
    watch::{self, Folders},
    work::{LoginLocks, WorkPool},
};
use crate::{
    CheckFn,
    counterpart::Serves,
    http::{Listener, TlsFiles, control::Control, server::Server},
    temporary::Temporary,
};

/// Where a service listens when it was not told.
pub(crate) const LISTEN: &str = "127.0.0.1:0";

/// How much of an answer waits in a connection: with what is read ahead, a slow client costs at most 128 KiB.
const BUFFER: usize = 32 * 1024;

/// How long the last requests get to record what a bank has answered.
const LAST_STEPS: Duration = Duration::from_secs(10);

/// A running service.
pub struct Running {
    service: Arc<Service>,
    base_url: String,
    public_key_file: PathBuf,
    server: Server,
    // Removed last, after everything that writes into it.
    _temporary: Option<Temporary>,
}

impl Running {
    // What is public here is no `async fn`: such a one would be compiled anew, with all that it awaits, in every program that
    // calls it.

    /// Opens the data folder, binds the address and begins to serve.
    ///
    /// # Errors
    /// `configuration.invalid` for options that cannot be used, `resource.storage` for a data folder that cannot.
    pub fn start(options: ServiceOptions) -> BoxFuture<'static, Result<Self>> {
        Self::start_with(options, Channels::default())
    }

    /// As [`start`](Self::start), with channels to banks beside the built-in simulator.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_with(options: ServiceOptions, channels: Channels) -> BoxFuture<'static, Result<Self>> {
        Box::pin(Self::open(options, channels))
    }

    async fn open(options: ServiceOptions, channels: Channels) -> Result<Self> {
        let listen = address(&options)?;
        let config = Config::load(&options, listen.ip().is_loopback())?;
        if let Some(given) = &options.data {
            data::expect(&config, Path::new(given))?;
        }
        let (data, temporary) = data::prepare(options.data.as_deref())?;
        if config.postgres_url.is_none() && !data.join(data::DATABASE).exists() {
            // Before a database is made: keys may say that there was one.
            Keys::look(None, &data, &config).await?;
        }
        // The store first: its lock keeps a second process from everything else in the folder.
        let store = data::open_store(&config, &data).await?;
        let started = Self::serve(&options, listen, config, (data, temporary), store.clone(), channels).await;
        if started.is_err() {
            // Lets go of the folder before this says why, so that another try can have it.
            store.close().await;
        }
        started
    }

    async fn serve(
        options: &ServiceOptions,
        listen: SocketAddr,
        config: Config,
        (data, temporary): (PathBuf, Option<Temporary>),
        store: Store,
        channels: Channels,
    ) -> Result<Self> {
        let keys = Keys::open(&store, &data, &config).await?;
        data::open_files(&store, &data, &config).await?;
        let banks = Banks::open(&data, &config, &keys)?.with_channels(channels);
        let outbox = Outbox::open(&data, &config)?;
        let tls = tls(options)?;
        let listener =
            Listener::bind(listen, tls.as_ref()).await.map_err(|why| Error::invalid_setting("listen", why))?;
        let listener = listener.in_front_of(config.trusted_proxy.clone()).telling_framing().buffering(BUFFER);
        let control = config.control.then(|| Arc::new(Control::default()));
        warn_about(&config);
        let service = Arc::new(Service {
            outbox,
            limits: ServiceLimits::new(&config),
            sessions: Sessions::default(),
            banks,
            clock: Arc::new(SystemClock::default()),
            store: Guarded::new(store.clone()),
            keys,
            files: Files::default(),
            work_pool: WorkPool::default(),
            login_locks: LoginLocks::default(),
            control,
            holds: Holds::default(),
            config,
            data,
            readiness: Arc::default(),
            folders: Folders::default(),
            running: TaskTracker::new(),
        });
        let pipeline = Arc::new(Pipeline::new(Arc::clone(&service)));
        let mut server = Server::begin(listener, Arc::clone(&service.readiness), move |request, peer| {
            gate::answer(Arc::clone(&pipeline), request, peer)
        });
        let stop = server.stop.clone();
        server.take_orders(Arc::new(Target::of(&service)), service.control.is_some()).await?;
        // With PostgreSQL the operator asks the database.
        if let Some(socket) = service.store.is_only_writer().then(|| AdminSocket::open(&service.data)).flatten() {
            let (store, clock) = (store, Arc::clone(&service.clock));
            let api = AdminApi::with_clock(store, service.config.clone(), service.data.clone(), clock);
            server.with([socket.serve(api, stop.clone())]);
        }
        server.with([upkeep::begin(&service, &stop), watch::begin(&service, &stop)]);
        server.with(banks::background(&service, &stop));
        let base_url = format!("{}{}", server.origin, service.config.base_path.trim_end_matches('/'));
        let public_key_file = service.keys.public_key_file.clone();
        Ok(Self { service, base_url, public_key_file, server, _temporary: temporary })
    }

    /// Puts data in, for tests and demonstrations; what it takes and answers is on the server's page in `docs/`, under
    /// `POST seed`.
    ///
    /// # Errors
    /// `input.*`, which says what cannot be used.
    pub fn seed(&self, data: Value) -> BoxFuture<'static, Result<Value>> {
        self.server.seed(data)
    }

    /// What the readiness line says.
    #[must_use]
    pub fn readiness(&self) -> Value {
        DESCRIPTOR.readiness_line(self.ready())
    }

    /// Gives the debtor accounts of a payment file money at the simulator, for an account that has a certificate there:
    /// each gets at least what the file takes from it. Answers their IBANs.
    ///
    /// # Errors
    /// `input.invalid_field` when the file cannot be read, or the account has no certificate at the simulator.
    pub fn fund_simulator<'a>(&'a self, email: &'a str, payment_file: &'a [u8]) -> BoxFuture<'a, Result<Vec<String>>> {
        Box::pin(async move { banks::fund_simulator(&System::of(&self.service), email, payment_file).await })
    }

    /// Renews every certificate that is due now, without waiting for the daily run; answers how many.
    ///
    /// # Errors
    /// `resource.storage`.
    pub fn renew_due(&self) -> BoxFuture<'_, Result<usize>> {
        Box::pin(async { banks::renew_due(&System::of(&self.service)).await.map_err(data::storage) })
    }

    /// What every handler works with.
    #[cfg(test)]
    pub(crate) fn service(&self) -> &Arc<Service> {
        &self.service
    }

    /// Stops. First the service only says that it is not ready, for as long as `drain_s` wants, and answers on. Then no new
    /// requests are taken, running ones get some time to finish, those that may change something as long as a bank may
    /// take; then the store is closed.
    pub fn stop(self) -> BoxFuture<'static, ()> {
        Box::pin(self.close())
    }

    async fn close(self) {
        self.server.drain(Duration::from_secs(self.service.config.drain_s.into())).await;
        self.service.running.close();
        self.server.end().await;
        if tokio::time::timeout(PKI_TIMEOUT + LAST_STEPS, self.service.running.wait()).await.is_err() {
            tracing::error!("requests that may change something were not completed before the stop");
        }
        System::of(&self.service).writer().close().await;
    }
}

impl Serves for Running {
    type Options = ServiceOptions;
    type Readiness = ServiceReadiness;
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
            control_url: self.server.control_url.clone(),
        }
    }

    fn server(&self) -> &Server {
        &self.server
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

/// What weakens the service is said at every start.
fn warn_about(config: &Config) {
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
/// `configuration.invalid` for half of them.
pub(crate) fn tls(options: &ServiceOptions) -> Result<Option<TlsFiles>> {
    match (&options.tls_cert, &options.tls_key) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => Ok(Some(TlsFiles { certificate: certificate.into(), key: key.into() })),
        _ => Err(Error::invalid_setting("tls_cert", "goes with tls_key: give both or neither")),
    }
}
