//! Metrics of a server, in Prometheus' text format.
//!
//! ```text
//!   requests    a series for each request, by the observer of the listener: no handler counts anything
//!   store       commits, connections, and what waits for them
//!   process     memory, open files, start, build
//!   listener    where they are fetched: GET /metrics
//! ```
//!
//! Each server has a registry of its own, since a program may run several. A scrape reads memory only: what is asked of a database
//! is sampled beside it. No label has a value that a client chooses.

mod listener;
mod process;
mod requests;
mod store;

use std::sync::{Arc, Mutex, PoisonError};

use bankchannel_foundation::{Error, Result};
use prometheus::{
    Encoder as _, GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder, core::Collector,
};

pub use listener::{OperatorAccess, OperatorListener, OperatorSettings, PreparedAccess};
use process::ProcessMetrics;
use requests::RequestMetrics;
pub use store::{StoreLoad, StoreMetrics};

use crate::http::{
    health::ServerReadiness,
    observed::{ConnectionRefusal, EndedRequest, RequestObserver},
    tls::ListenerTls,
};

/// The bounds of durations in seconds: of an answer from memory, and of a bank that takes two minutes.
pub const DURATIONS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0];

/// The metrics of one server, and its observer.
pub struct ServerMetrics {
    registry: Registry,
    requests: RequestMetrics,
    process: ProcessMetrics,
    tls_ends: GaugeVec,
    ready: IntGauge,
    hooks: Mutex<Vec<ScrapeHook>>,
}

/// Sets values from memory before a scrape.
type ScrapeHook = Box<dyn Fn() + Send + Sync>;

impl ServerMetrics {
    /// Those that every server has.
    ///
    /// # Errors
    /// `internal` if a series is declared twice.
    pub fn new(kind: &'static str) -> Result<Arc<Self>> {
        let registry = Registry::new();
        Ok(Arc::new(Self {
            requests: RequestMetrics::new(&registry)?,
            process: ProcessMetrics::new(&registry, kind)?,
            tls_ends: registered(
                &registry,
                GaugeVec::new(
                    Opts::new(
                        "bankchannel_tls_certificate_expiry_timestamp_seconds",
                        "When the certificate of a TLS listener ends",
                    ),
                    &["listener"],
                ),
            )?,
            ready: registered(
                &registry,
                IntGauge::new(
                    "bankchannel_ready",
                    "Whether GET /readyz says that the server should get requests: 1 or 0",
                ),
            )?,
            registry,
            hooks: Mutex::default(),
        }))
    }

    /// A new series of counts.
    ///
    /// # Errors
    /// `internal` if it is declared twice.
    pub fn counter(&self, name: &str, help: &str, labels: &[&str]) -> Result<IntCounterVec> {
        registered(&self.registry, IntCounterVec::new(Opts::new(name, help), labels))
    }

    /// A new series of whole numbers that rise and fall.
    ///
    /// # Errors
    /// `internal` if it is declared twice.
    pub fn whole_gauge(&self, name: &str, help: &str, labels: &[&str]) -> Result<IntGaugeVec> {
        registered(&self.registry, IntGaugeVec::new(Opts::new(name, help), labels))
    }

    /// A new series of values that rise and fall.
    ///
    /// # Errors
    /// `internal` if it is declared twice.
    pub fn gauge(&self, name: &str, help: &str, labels: &[&str]) -> Result<GaugeVec> {
        registered(&self.registry, GaugeVec::new(Opts::new(name, help), labels))
    }

    /// A new series of durations in seconds.
    ///
    /// # Errors
    /// `internal` if it is declared twice.
    pub fn durations(&self, name: &str, help: &str, labels: &[&str]) -> Result<HistogramVec> {
        registered(
            &self.registry,
            HistogramVec::new(HistogramOpts::new(name, help).buckets(DURATIONS.to_vec()), labels),
        )
    }

    /// Calls this before each scrape, to set gauges from memory. It must neither wait nor ask a database.
    pub fn before_each_scrape(&self, hook: impl Fn() + Send + Sync + 'static) {
        self.hooks.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(hook));
    }

    /// Tells when the certificate of a listener ends.
    pub fn watch_tls(&self, listener: &'static str, tls: Arc<ListenerTls>) {
        let ends = self.tls_ends.clone();
        self.before_each_scrape(move || {
            if let Some(ends_s) = tls.ends_s() {
                ends.with_label_values(&[listener]).set(ends_s as f64);
            }
        });
    }

    /// Tells whether the server is ready.
    pub fn watch_readiness(&self, readiness: Arc<ServerReadiness>) {
        let ready = self.ready.clone();
        self.before_each_scrape(move || ready.set(readiness.is_ready().into()));
    }

    /// Changes several series so that a scrape sees all of it or nothing.
    pub fn change_at_once(&self, change: impl FnOnce()) {
        let _scrapes_wait = self.hooks.lock().unwrap_or_else(PoisonError::into_inner);
        change();
    }

    /// All series as text.
    ///
    /// # Errors
    /// `internal` if a series has no name.
    pub fn text(&self) -> Result<Vec<u8>> {
        self.process.look();
        let hooks = self.hooks.lock().unwrap_or_else(PoisonError::into_inner);
        hooks.iter().for_each(|hook| hook());
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text).map_err(Error::internal)?;
        Ok(text)
    }
}

impl RequestObserver for ServerMetrics {
    fn ended(&self, request: &EndedRequest<'_>) {
        self.requests.count(request);
        requests::log(request);
    }

    fn refused_connection(&self, why: ConnectionRefusal) {
        self.requests.refused_connection(why);
    }
}

/// A series that was made, in the registry.
fn registered<C: Collector + Clone + 'static>(registry: &Registry, made: prometheus::Result<C>) -> Result<C> {
    let made = made.map_err(Error::internal)?;
    registry.register(Box::new(made.clone())).map_err(Error::internal)?;
    Ok(made)
}
