//! Starts and stops a sandbox bank.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use bankchannel_foundation::{
    Error, Result,
    clock::{Clock, SystemClock},
};
use bankchannel_transport::background;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::{
    BankOptions, BankReadiness, DESCRIPTOR,
    certificates::{self, BankCertificates, CertificateTimes},
    config::BankConfig,
    control::BankControlTarget,
    pipeline::BankPipeline,
    service::SandboxBank,
    state::BankState,
    tls, web,
};
use bankchannel_server::{
    counterpart::ServerKind,
    folder,
    http::{Listener, server::RunningServers, shell},
    orders::CallableOrder,
    temporary::TemporaryFolder,
};

/// The maximum number of header fields. V01 refuses too many with an explanation; beyond this number the HTTP library
/// refuses them without one.
const FIELDS_READ: usize = 256;

/// A running sandbox bank.
pub struct RunningBank {
    bank: Arc<SandboxBank>,
    ca_file: PathBuf,
    certificates_dir: PathBuf,
    server: RunningServers,
    // Dropped last, after everything that writes into it.
    _temporary: Option<TemporaryFolder>,
}

impl RunningBank {
    /// Opens the data folder, binds the address and starts serving.
    ///
    /// # Errors
    /// `configuration.invalid` for invalid options, `resource.storage` for an unusable data folder.
    pub fn start(options: BankOptions) -> BoxFuture<'static, Result<Self>> {
        // An `async fn` would be compiled again, with everything it awaits, in every program that calls it.
        Box::pin(Self::open(options))
    }

    async fn open(options: BankOptions) -> Result<Self> {
        let config = BankConfig::from_options(&options)?;
        let (data, temporary) = folder::prepare(options.data.as_deref())?;
        // Open the state first: its lock keeps other processes away from the rest of the folder.
        let folder = data.clone();
        let state = background::blocking(move || BankState::open(Some(&folder))).await.map_err(Error::internal)??;
        let clock = Arc::new(config.clock_ms.map_or_else(SystemClock::default, SystemClock::standing_at_ms));
        let now = CertificateTimes { bank_s: clock.now_s(), system_s: SystemClock::default().now_s() };
        let own =
            background::blocking(move || BankCertificates::prepare(&data, now)).await.map_err(Error::internal)??;
        let mut anchors = vec![own.authority.clone()];
        anchors.extend(certificates::sheet_authorities()?);
        anchors.extend(config.trusted.iter().cloned());
        let tls = if config.plain { None } else { Some(tls::config(&own, &anchors, Arc::clone(&clock))?) };
        let listener =
            Listener::bind_with(config.listen, tls).await.map_err(|why| Error::invalid_setting("listen", why))?;
        let listener = listener.telling_framing().taking_fields(FIELDS_READ);
        let origin = format!("{}://{}", listener.scheme(), reachable(listener.address()));
        warn_about(&config);
        let bank = Arc::new(SandboxBank::new(config, clock, state, anchors, own.third_parties, origin));
        let pipeline = Arc::new(BankPipeline::new(Arc::clone(&bank)));
        let target = BankControlTarget::new(&pipeline);
        let mut server = RunningServers::begin(listener, Arc::default(), move |request, peer| {
            let pipeline = Arc::clone(&pipeline);
            async move {
                if pipeline.serves(request.uri().path()) {
                    shell::answer(pipeline, request, peer).await
                } else {
                    web::answer(&pipeline, request).await
                }
            }
        });
        server.take_orders(Arc::new(target), bank.control.is_some()).await?;
        let (ca_file, certificates_dir) = (own.ca_file, own.folder);
        Ok(Self { bank, ca_file, certificates_dir, server, _temporary: temporary })
    }

    /// Adds data for tests and demonstrations. Input and result are described in
    /// `docs/reference/server-orders.md`.
    ///
    /// # Errors
    /// `input.*`, which names the invalid value.
    pub fn seed(&self, data: Value) -> BoxFuture<'static, Result<Value>> {
        self.server.seed(data)
    }

    /// The content of the readiness line.
    #[must_use]
    pub fn readiness(&self) -> Value {
        DESCRIPTOR.readiness_line(self.ready())
    }

    /// Reports not ready (`GET /readyz`) for this time while requests are still answered: the first step of a shutdown
    /// behind a load balancer.
    pub async fn drain(&self, time: Duration) {
        self.server.drain(time).await;
    }

    /// Stops: accepts no new requests, gives running ones some time to finish, then writes the state.
    pub async fn stop(self) {
        self.server.end().await;
        if let Err(why) = self.bank.state.close() {
            tracing::error!(%why, "the bank's state could not be written when it stopped");
        }
    }
}

impl ServerKind for RunningBank {
    type Options = BankOptions;
    type Readiness = BankReadiness;
    const ORDERS: &'static [&'static [CallableOrder]] = &[crate::control::BANK_ORDERS];

    fn begin(options: BankOptions) -> BoxFuture<'static, Result<Self>> {
        Self::start(options)
    }

    fn ready(&self) -> BankReadiness {
        let origin = &self.bank.origin;
        let [certificate_file, private_key_file, client_certificate_file, client_key_file] =
            certificates::of_first_third_party(&self.certificates_dir);
        BankReadiness {
            base_url: format!("{origin}/api"),
            bg_base_url: format!("{origin}/bg"),
            ca_file: Some(self.ca_file.display().to_string()),
            certificate_file,
            private_key_file,
            client_certificate_file,
            client_key_file,
            certificates_dir: self.certificates_dir.display().to_string(),
            control_url: self.server.control_url.clone(),
            requests_url: self.bank.config.explain.then(|| format!("{origin}{}", web::REQUESTS)),
        }
    }

    fn server(&self) -> &RunningServers {
        &self.server
    }

    fn end(self) -> BoxFuture<'static, ()> {
        Box::pin(self.stop())
    }
}

/// The address of a listener, as seen from this machine.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Logs every setting that weakens the bank.
fn warn_about(config: &BankConfig) {
    if config.plain {
        tracing::warn!("the bank speaks HTTP without TLS: third parties show no client certificate");
    }
    if config.control {
        tracing::warn!("the control interface is open: anyone who can reach it controls this server");
    }
    if config.explain && !config.listen.ip().is_loopback() {
        tracing::warn!("the bank explains beyond loopback: anyone who can reach it sees the third parties' requests");
    }
    if config.auto_answer {
        tracing::warn!("links may answer for the customer: anyone who has a link decides without the page");
    }
    if let Some(ms) = config.clock_ms {
        let at = bankchannel_foundation::model::Timestamp::from_ms(ms);
        tracing::warn!(at = at.as_str(), "the bank's clock stands still");
    }
}
