//! The service's metrics beside those of every server: its database, its work, and a sample of its data.
//!
//! A scrape reads memory. What only the database knows is asked every fifteen seconds by one task, within a time limit:
//! `bankchannel_sample_timestamp_seconds` says how old it is. Instances on one database all tell the same of it.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::{Duration, Instant, UNIX_EPOCH},
};

use bankchannel_foundation::{
    Result,
    clock::{Clock as _, SystemClock},
};
use bankchannel_server::metrics::{ServerMetrics, StoreLoad, StoreMetrics};
use bankchannel_storage::ws_channel::{CommitOutcome, DatabaseObserver, ServiceSample};
use bankchannel_transport::background;
use prometheus::{GaugeVec, IntGaugeVec};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{banks::BankMetrics, service::WsChannelService};

/// How often the data is sampled.
const EVERY: Duration = Duration::from_secs(15);
/// How long a sample may take: as long as a request waits for the database.
const PATIENCE: Duration = Duration::from_secs(10);
/// A certificate that is due is worked on within this time, unless something is wrong.
pub(crate) const OVERDUE_MS: i64 = 60 * 60 * 1000;

/// The metrics of a WS Channel service.
pub(crate) struct ServiceMetrics {
    /// Those of every server.
    pub(crate) server: Arc<ServerMetrics>,
    /// Calls of banks.
    pub(crate) banks: Arc<BankMetrics>,
    store: StoreMetrics,
    work: IntGaugeVec,
    audit_intact: IntGaugeVec,
    /// Whether the audit trail held at its last whole check, and when that was.
    audit_checked: Mutex<Option<(bool, Instant)>>,
    audit_covered: GaugeVec,
    free_bytes: GaugeVec,
    login_key: GaugeVec,
    sampled: SampledGauges,
}

/// Gauges that the sample sets.
struct SampledGauges {
    at: GaugeVec,
    accounts: IntGaugeVec,
    sessions: IntGaugeVec,
    locked: IntGaugeVec,
    uploads: IntGaugeVec,
    oldest_upload: GaugeVec,
    certificates: IntGaugeVec,
    certificate_end: GaugeVec,
    overdue: IntGaugeVec,
    untold: IntGaugeVec,
    notices: IntGaugeVec,
    oldest_notice: GaugeVec,
    checkpoint: GaugeVec,
    clock_offset: GaugeVec,
}

impl ServiceMetrics {
    /// # Errors
    /// `internal` if a series is declared twice.
    pub(crate) fn new(kind: &'static str) -> Result<Arc<Self>> {
        let server = ServerMetrics::new(kind)?;
        Ok(Arc::new(Self {
            banks: Arc::new(BankMetrics::new(&server)?),
            store: StoreMetrics::new(&server)?,
            work: server.whole_gauge(
                "bankchannel_work_waiting",
                "Work in memory: places free for passwords and signatures, and what banks have done that is not stored yet",
                &["kind"],
            )?,
            audit_intact: server.whole_gauge(
                "bankchannel_audit_intact",
                "Whether the audit trail held at its last whole check: 1 or 0; absent before the first one",
                &[],
            )?,
            audit_checked: Mutex::default(),
            audit_covered: server.gauge(
                "bankchannel_audit_covered_timestamp_seconds",
                "When this instance last saw that checkpoints cover the audit trail, or wrote one",
                &[],
            )?,
            free_bytes: server.gauge(
                "bankchannel_folder_free_bytes",
                "Free space of the file system of a folder",
                &["folder"],
            )?,
            login_key: server.gauge(
                "bankchannel_login_key_timestamp_seconds",
                "When the file of the key was written that passwords are encrypted to; it has no end of its own",
                &[],
            )?,
            sampled: SampledGauges::new(&server)?,
            server,
        }))
    }

    /// Lets the service tell of its database and its work.
    pub(crate) fn watch(self: &Arc<Self>, service: &Arc<WsChannelService>) {
        service.store.reader().observe(Arc::new(ServiceCommits(Arc::downgrade(self))));
        let (metrics, service) = (Arc::downgrade(self), Arc::downgrade(service));
        self.server.before_each_scrape(move || {
            let (Some(metrics), Some(service)) = (metrics.upgrade(), service.upgrade()) else { return };
            let load = service.store.reader().load();
            metrics.store.set_load(StoreLoad {
                waiting: load.waiting,
                connections: load.connections,
                connections_max: load.connections_max,
            });
            let set = |kind: &str, value: usize| {
                metrics.work.with_label_values(&[kind]).set(i64::try_from(value).unwrap_or(i64::MAX));
            };
            set("free_places", service.work_pool.free_places());
            set("unstored_steps", service.unstored.count());
        });
    }
}

impl ServiceMetrics {
    /// Notes whether the audit trail held.
    pub(crate) fn audit_is_intact(&self, is_intact: bool) {
        *self.audit_checked.lock().unwrap_or_else(PoisonError::into_inner) = Some((is_intact, Instant::now()));
        self.audit_intact.with_label_values::<&str>(&[]).set(is_intact.into());
    }

    /// Whether it held at the last whole check of this instance, and how long ago that was.
    pub(crate) fn audit_checked(&self) -> Option<(bool, Duration)> {
        let checked = *self.audit_checked.lock().unwrap_or_else(PoisonError::into_inner);
        checked.map(|(is_intact, at)| (is_intact, at.elapsed()))
    }

    /// Notes that checkpoints cover the audit trail.
    pub(crate) fn audit_is_covered(&self) {
        let now = SystemClock::default().now_ms();
        self.audit_covered.with_label_values::<&str>(&[]).set(seconds(now));
    }

    /// Notes the free space of a folder.
    pub(crate) fn has_free(&self, folder: &'static str, bytes: u64) {
        self.free_bytes.with_label_values(&[folder]).set(bytes as f64);
    }

    /// Notes the age of the login key.
    pub(crate) fn login_key(&self, file: &Path) {
        let written = std::fs::metadata(file).and_then(|data| data.modified()).ok();
        if let Some(age) = written.and_then(|at| at.duration_since(UNIX_EPOCH).ok()) {
            self.login_key.with_label_values::<&str>(&[]).set(age.as_secs_f64());
        }
    }
}

/// Commits of the database, as metrics.
struct ServiceCommits(Weak<ServiceMetrics>);

impl DatabaseObserver for ServiceCommits {
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

impl SampledGauges {
    fn new(server: &ServerMetrics) -> Result<Self> {
        Ok(Self {
            at: server.gauge("bankchannel_sample_timestamp_seconds", "When the data was sampled last", &[])?,
            accounts: server.whole_gauge("bankchannel_accounts", "Accounts", &[])?,
            sessions: server.whole_gauge("bankchannel_sessions", "Sessions that hold, by mode", &["mode"])?,
            locked: server.whole_gauge(
                "bankchannel_lockouts",
                "Users that are locked after wrong passwords or codes",
                &[],
            )?,
            uploads: server.whole_gauge(
                "bankchannel_uploads_open",
                "Uploads without an end, by bank and state: received (the bank is being asked), unknown (a person has to look)",
                &["bank", "state"],
            )?,
            oldest_upload: server.gauge(
                "bankchannel_upload_oldest_timestamp_seconds",
                "When the oldest of these uploads was received; absent if there is none",
                &["bank", "state"],
            )?,
            certificates: server.whole_gauge(
                "bankchannel_certificates",
                "Certificates of customers at banks, by bank and state",
                &["bank", "state"],
            )?,
            certificate_end: server.gauge(
                "bankchannel_certificate_first_expiry_timestamp_seconds",
                "When the first of these certificates expires",
                &["bank", "state"],
            )?,
            overdue: server.whole_gauge(
                "bankchannel_certificates_overdue",
                "Certificates that should have been renewed, tried or given up an hour ago",
                &[],
            )?,
            untold: server.whole_gauge(
                "bankchannel_uploads_untold",
                "Uploads whose customers have still to be told",
                &[],
            )?,
            notices: server.whole_gauge(
                "bankchannel_notices_waiting",
                "Codes and alerts in the database that nobody has taken yet",
                &["channel"],
            )?,
            oldest_notice: server.gauge(
                "bankchannel_notice_oldest_timestamp_seconds",
                "When the oldest of them was put in; absent if there is none",
                &["channel"],
            )?,
            checkpoint: server.gauge(
                "bankchannel_audit_checkpoint_timestamp_seconds",
                "When the last checkpoint of the audit trail was written; absent if there is none",
                &[],
            )?,
            clock_offset: server.gauge(
                "bankchannel_clock_offset_seconds",
                "This machine's clock less that of a peer, halfway through the exchange; positive if ours is ahead",
                &["peer"],
            )?,
        })
    }

    fn set(&self, sample: &ServiceSample) {
        self.accounts.with_label_values::<&str>(&[]).set(sample.accounts);
        self.locked.with_label_values::<&str>(&[]).set(sample.locked);
        self.overdue.with_label_values::<&str>(&[]).set(sample.overdue);
        self.untold.with_label_values::<&str>(&[]).set(sample.untold);
        // Series of states without rows go.
        self.notices.reset();
        self.oldest_notice.reset();
        for (channel, count, oldest) in &sample.notices {
            self.notices.with_label_values(&[channel]).set(*count);
            self.oldest_notice.with_label_values(&[channel]).set(seconds(*oldest));
        }
        self.sessions.reset();
        for (mode, count) in &sample.sessions {
            self.sessions.with_label_values(&[mode.as_str()]).set(*count);
        }
        self.uploads.reset();
        self.oldest_upload.reset();
        for open in &sample.uploads {
            let labels = [open.bank.as_str(), open.state.as_str()];
            self.uploads.with_label_values(&labels).set(open.count);
            self.oldest_upload.with_label_values(&labels).set(seconds(open.oldest));
        }
        self.certificates.reset();
        self.certificate_end.reset();
        for of_state in &sample.certificates {
            let labels = [of_state.bank.as_str(), of_state.state.as_str()];
            self.certificates.with_label_values(&labels).set(of_state.count);
            if of_state.first_expiry > 0 {
                self.certificate_end.with_label_values(&labels).set(seconds(of_state.first_expiry));
            }
        }
        if let Some(at) = sample.checkpoint_at {
            self.checkpoint.with_label_values::<&str>(&[]).set(seconds(at));
        }
    }
}

fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}

/// Samples the data until `stop` is cancelled.
pub(crate) fn begin(service: &Arc<WsChannelService>, stop: &CancellationToken) -> JoinHandle<()> {
    let (service, stop) = (Arc::clone(service), stop.clone());
    background::spawn(async move {
        let _ = stop.run_until_cancelled(run(&service)).await;
    })
}

async fn run(service: &WsChannelService) {
    let mut failed = false;
    loop {
        match sample(service).await {
            Ok(()) => failed = false,
            Err(why) if !failed => {
                failed = true;
                tracing::warn!(%why, "the data cannot be sampled for the metrics: they tell what was true before");
            }
            Err(_) => {}
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Asks the database once.
async fn sample(service: &WsChannelService) -> std::result::Result<(), String> {
    let clock = SystemClock::default();
    let begun = clock.now_ms();
    let asked = service.store.sample(service.now_ms(), OVERDUE_MS);
    let sample = tokio::time::timeout(PATIENCE, asked).await.map_err(|_| "no answer in time".to_owned())?;
    let sample = sample.map_err(|why| why.to_string())?;
    let ended = clock.now_ms();
    let sampled = &service.metrics.sampled;
    service.metrics.server.change_at_once(|| {
        sampled.set(&sample);
        sampled.at.with_label_values::<&str>(&[]).set(seconds(ended));
        if let Some(theirs) = sample.server_time {
            let ours = begun + (ended - begun) / 2;
            sampled.clock_offset.with_label_values(&["database"]).set(seconds(ours - theirs));
        }
    });
    Ok(())
}
