//! Series of the whole process.

use std::time::{SystemTime, UNIX_EPOCH};

use bankchannel_foundation::Result;
use prometheus::{Gauge, IntCounter, IntGauge, IntGaugeVec, Opts, Registry};

use super::registered;
use crate::log;

/// Memory, open files, start, build.
pub(super) struct ProcessMetrics {
    /// Absent where the system does not tell.
    memory: Option<IntGauge>,
    files: Option<IntGauge>,
    dropped_lines: IntCounter,
}

impl ProcessMetrics {
    pub(super) fn new(registry: &Registry, kind: &str) -> Result<Self> {
        let build = registered(
            registry,
            IntGaugeVec::new(
                Opts::new("bankchannel_build_info", "Always 1; the labels name version and kind of the server"),
                &["version", "kind"],
            ),
        )?;
        build.with_label_values(&[env!("CARGO_PKG_VERSION"), kind]).set(1);
        let started =
            Gauge::new("bankchannel_start_time_seconds", "When this server was started, in seconds since 1970");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        registered(registry, started)?.set(now.as_secs_f64());
        let gauge = |name, help| registered(registry, IntGauge::new(name, help));
        Ok(Self {
            memory: match resident_bytes() {
                Some(_) => Some(gauge("process_resident_memory_bytes", "Memory that this process has in use")?),
                None => None,
            },
            files: match open_files() {
                Some(_) => Some(gauge("process_open_fds", "Files and connections that this process has open")?),
                None => None,
            },
            dropped_lines: registered(
                registry,
                IntCounter::new("bankchannel_log_lines_dropped_total", "Lines of the log that nobody took in time"),
            )?,
        })
    }

    /// Reads them again.
    pub(super) fn look(&self) {
        if let (Some(memory), Some(bytes)) = (&self.memory, resident_bytes()) {
            memory.set(bytes);
        }
        if let (Some(files), Some(count)) = (&self.files, open_files()) {
            files.set(count);
        }
        if let Some(dropped) = log::dropped_lines() {
            self.dropped_lines.inc_by(dropped.saturating_sub(self.dropped_lines.get()));
        }
    }
}

/// The resident memory, where there is `/proc`.
fn resident_bytes() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: i64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// The number of open files, where there is `/proc`.
fn open_files() -> Option<i64> {
    let entries = std::fs::read_dir("/proc/self/fd").ok()?.count();
    // Without that of the listing itself.
    Some(i64::try_from(entries).ok()?.saturating_sub(1))
}
