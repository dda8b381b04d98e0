//! Series of a service's database.

use std::time::Duration;

use bankchannel_foundation::Result;
use prometheus::{HistogramVec, IntCounterVec, IntGaugeVec};

use super::ServerMetrics;

/// How much of a database is in use.
#[derive(Debug, Clone, Copy, Default)]
pub struct StoreLoad {
    /// Changes that wait for the only writer of a folder.
    pub waiting: usize,
    /// Connections to a server that are in use.
    pub connections: usize,
    /// As many there may be; 0 without a server.
    pub connections_max: usize,
}

/// The series of a database.
pub struct StoreMetrics {
    commits: HistogramVec,
    repeats: IntCounterVec,
    waiting: IntGaugeVec,
    connections: IntGaugeVec,
    connections_max: IntGaugeVec,
}

impl StoreMetrics {
    /// # Errors
    /// `internal` if a series is declared twice.
    pub fn new(metrics: &ServerMetrics) -> Result<Self> {
        let commits = metrics.durations(
            "bankchannel_store_commit_duration_seconds",
            "Time that commits of the database took, by outcome: done, failed, or unknown where the answer was lost",
            &["outcome"],
        )?;
        // So that the first one of each is seen as one.
        for outcome in ["done", "failed", "unknown"] {
            commits.with_label_values(&[outcome]);
        }
        Ok(Self {
            commits,
            repeats: metrics.counter(
                "bankchannel_store_repeats_total",
                "Transactions that ran again, since another one had changed the same rows",
                &[],
            )?,
            waiting: metrics.whole_gauge(
                "bankchannel_store_waiting",
                "Changes that wait for the only writer of the data folder",
                &[],
            )?,
            connections: metrics.whole_gauge(
                "bankchannel_store_connections_in_use",
                "Connections to PostgreSQL that are in use",
                &[],
            )?,
            connections_max: metrics.whole_gauge(
                "bankchannel_store_connections_limit",
                "Connections to PostgreSQL that this instance may have; 0 without PostgreSQL",
                &[],
            )?,
        })
    }

    /// Counts a commit: its outcome is `done`, `failed` or `unknown`.
    pub fn committed(&self, took: Duration, outcome: &'static str) {
        self.commits.with_label_values(&[outcome]).observe(took.as_secs_f64());
    }

    /// Counts a transaction that runs again.
    pub fn repeated(&self) {
        self.repeats.with_label_values::<&str>(&[]).inc();
    }

    /// Sets how much is in use.
    pub fn set_load(&self, load: StoreLoad) {
        let set = |gauge: &IntGaugeVec, value: usize| {
            gauge.with_label_values::<&str>(&[]).set(i64::try_from(value).unwrap_or(i64::MAX));
        };
        set(&self.waiting, load.waiting);
        set(&self.connections, load.connections);
        set(&self.connections_max, load.connections_max);
    }
}
