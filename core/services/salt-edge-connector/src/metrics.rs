//! The connector's metrics beside those of every server: its database, and a sample of its data.
//!
//! A scrape reads memory. What only the database knows is asked every fifteen seconds by one task, within a time limit:
//! `bankchannel_sample_timestamp_seconds` says how old it is. Instances on one database all tell the same of it.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use bankchannel_foundation::{
    Result,
    clock::{Clock as _, SystemClock},
};
use bankchannel_server::metrics::{ServerMetrics, StoreLoad, StoreMetrics};
use bankchannel_storage::salt_edge_connector::{
    CommitOutcome, ConnectorSample, ConnectorStore, DatabaseObserver, SchemaUse,
};
use bankchannel_transport::background;
use prometheus::{GaugeVec, IntGaugeVec};
use tokio::task::JoinHandle;

use super::service::ConnectorService;

/// How often the data is sampled.
const EVERY: Duration = Duration::from_secs(15);
/// How long a sample may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The metrics of a connector.
pub(super) struct ConnectorMetrics {
    /// Those of every server.
    pub(super) server: Arc<ServerMetrics>,
    store: StoreMetrics,
    at: GaugeVec,
    sessions: IntGaugeVec,
    tokens: IntGaugeVec,
    tasks: IntGaugeVec,
    oldest_task: GaugeVec,
    callbacks: IntGaugeVec,
    oldest_callback: GaugeVec,
    clock_offset: GaugeVec,
}

impl ConnectorMetrics {
    /// # Errors
    /// `internal` if a series is declared twice.
    pub(super) fn new(kind: &'static str) -> Result<Arc<Self>> {
        let server = ServerMetrics::new(kind)?;
        Ok(Arc::new(Self {
            store: StoreMetrics::new(&server)?,
            at: server.gauge("bankchannel_sample_timestamp_seconds", "When the data was sampled last", &[])?,
            sessions: server.whole_gauge("bankchannel_sessions_open", "Sessions that have not ended", &[])?,
            tokens: server.whole_gauge("bankchannel_tokens", "Access tokens, by state", &["state"])?,
            tasks: server.whole_gauge("bankchannel_tasks", "Questions for the bank's code that wait", &[])?,
            oldest_task: server.gauge(
                "bankchannel_task_oldest_due_timestamp_seconds",
                "When the oldest of them is or was due; absent if there is none",
                &[],
            )?,
            callbacks: server.whole_gauge(
                "bankchannel_callbacks_open",
                "Reports for Salt Edge that wait, or that are stopped until somebody acts",
                &["state"],
            )?,
            oldest_callback: server.gauge(
                "bankchannel_callback_oldest_timestamp_seconds",
                "When the oldest of them was made; absent if there is none",
                &["state"],
            )?,
            clock_offset: server.gauge(
                "bankchannel_clock_offset_seconds",
                "This machine's clock less that of a peer, halfway through the exchange; positive if ours is ahead",
                &["peer"],
            )?,
            server,
        }))
    }

    /// Lets the store tell of its commits and its load. A store that takes its place after a reset is not watched.
    pub(super) fn watch(self: &Arc<Self>, store: ConnectorStore) {
        store.observe(Arc::new(ConnectorCommits(Arc::downgrade(self))));
        let metrics = Arc::downgrade(self);
        self.server.before_each_scrape(move || {
            let Some(metrics) = metrics.upgrade() else { return };
            let load = store.load();
            metrics.store.set_load(StoreLoad {
                waiting: load.waiting,
                connections: load.connections,
                connections_max: load.connections_max,
            });
        });
    }

    fn set(&self, sample: &ConnectorSample) {
        self.sessions.with_label_values::<&str>(&[]).set(sample.sessions);
        self.tasks.with_label_values::<&str>(&[]).set(sample.tasks);
        // Series of states without rows go.
        self.oldest_task.reset();
        if let Some(due) = sample.oldest_task {
            self.oldest_task.with_label_values::<&str>(&[]).set(seconds(due));
        }
        self.tokens.reset();
        for (state, count) in &sample.tokens {
            self.tokens.with_label_values(&[state.as_str()]).set(*count);
        }
        self.callbacks.reset();
        self.oldest_callback.reset();
        for open in &sample.callbacks {
            self.callbacks.with_label_values(&[open.state.as_str()]).set(open.count);
            self.oldest_callback.with_label_values(&[open.state.as_str()]).set(seconds(open.oldest));
        }
    }
}

fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}

/// Commits of the database, as metrics.
struct ConnectorCommits(Weak<ConnectorMetrics>);

impl DatabaseObserver for ConnectorCommits {
    fn committed(&self, took: Duration, outcome: CommitOutcome) {
        if let Some(metrics) = self.0.upgrade() {
            metrics.store.committed(took, outcome.as_str());
        }
    }

    fn repeated(&self) {
        if let Some(metrics) = self.0.upgrade() {
            metrics.store.repeated();
        }
    }
}

/// Samples the data until the service winds down.
pub(super) fn begin(service: &Arc<ConnectorService>, metrics: &Arc<ConnectorMetrics>) -> JoinHandle<()> {
    let (service, metrics) = (Arc::clone(service), Arc::clone(metrics));
    background::spawn(async move {
        let stop = service.winding_down.clone();
        let _ = stop.run_until_cancelled(run(&service, &metrics)).await;
    })
}

async fn run(service: &ConnectorService, metrics: &ConnectorMetrics) {
    let mut failed = false;
    loop {
        match sample(service, metrics).await {
            Ok(()) => failed = false,
            Err(why) if !failed => {
                failed = true;
                tracing::warn!(why, "the data cannot be sampled for the metrics: they tell what was true before");
            }
            Err(_) => {}
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Asks the database once.
async fn sample(service: &ConnectorService, metrics: &ConnectorMetrics) -> std::result::Result<(), String> {
    let clock = SystemClock::default();
    let asked = async {
        let store = service.client().opened_store(SchemaUse::Create).await.map_err(|why| why.message().to_owned())?;
        let begun = clock.now_ms();
        let sample = store.sample().await.map_err(|why| why.to_string())?;
        Ok::<_, String>((begun, sample))
    };
    let (begun, sample) = tokio::time::timeout(PATIENCE, asked).await.map_err(|_| "no answer in time".to_owned())??;
    let ended = clock.now_ms();
    metrics.server.change_at_once(|| {
        metrics.set(&sample);
        metrics.at.with_label_values::<&str>(&[]).set(seconds(ended));
        if let Some(theirs) = sample.server_time {
            let ours = begun + (ended - begun) / 2;
            metrics.clock_offset.with_label_values(&["database"]).set(seconds(ours - theirs));
        }
    });
    Ok(())
}
