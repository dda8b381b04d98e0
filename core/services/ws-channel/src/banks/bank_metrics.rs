//! The series of the calls of banks, and which banks are away.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use bankchannel_foundation::Result;
use bankchannel_server::metrics::ServerMetrics;
use bankchannel_ws_channel::model::Bank;
use prometheus::{GaugeVec, HistogramVec, IntCounterVec, IntGaugeVec};

use super::TrustedBankAuthority;

/// So many calls without an answer, one after the other: the bank is away.
const SILENCES: u32 = 3;
/// In this time a bank has answered whoever waits.
pub(super) const TIME_ENOUGH: Duration = Duration::from_secs(10);
/// The outcomes of calls that a bank has not answered.
const SILENT: [&str; 5] = ["unreachable", "timed_out", "no_answer", "http_status", "hung"];
/// The operation that asks for a certificate.
pub(super) const ISSUE: &str = "issue_certificate";
/// The operation whose end is an upload's state.
pub(super) const UPLOAD: &str = "upload_file";
/// The operations at banks, as labels have them.
const OPERATIONS: [&str; 7] =
    ["list_files", "download_file", UPLOAD, "delete_file", ISSUE, "try_certificate", "get_user_info"];

/// The result of a look at a certificate that was due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SetRenewal {
    /// There is a new certificate.
    Renewed,
    /// There is nothing more to do now.
    LookedAt,
    /// The bank, or the service, has not done it: it is tried again.
    Failed,
    /// A person has to act.
    Stopped,
}

impl SetRenewal {
    const ALL: [Self; 4] = [Self::Renewed, Self::LookedAt, Self::Failed, Self::Stopped];

    fn as_str(self) -> &'static str {
        match self {
            Self::Renewed => "renewed",
            Self::LookedAt => "looked_at",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }
}

/// The series of the calls of banks.
pub(crate) struct BankMetrics {
    pub(super) calls: IntCounterVec,
    pub(super) durations: HistogramVec,
    pub(super) running: IntGaugeVec,
    pub(super) uploads: IntCounterVec,
    renewals: IntCounterVec,
    authority_end: GaugeVec,
    clock_offset: GaugeVec,
    clock_told: GaugeVec,
    silences: Mutex<HashMap<Bank, BankSilence>>,
    /// The warnings about the authorities that were looked at.
    authorities: Mutex<HashMap<Bank, Option<String>>>,
}

/// The last words of a bank.
#[derive(Debug, Default, Clone, Copy)]
struct BankSilence {
    /// The calls without an answer since the last one with one.
    calls: u32,
    /// The last answer.
    heard: Option<Instant>,
}

impl BankMetrics {
    /// # Errors
    /// `internal` if a series is declared twice.
    pub(crate) fn new(metrics: &ServerMetrics) -> Result<Self> {
        Ok(Self {
            calls: metrics.counter(
                "bankchannel_bank_calls_total",
                "Calls of banks that have ended, by bank, operation and outcome",
                &["bank", "operation", "outcome"],
            )?,
            durations: metrics.durations(
                "bankchannel_bank_call_duration_seconds",
                "Time that calls of banks took",
                &["bank", "operation"],
            )?,
            running: metrics.whole_gauge(
                "bankchannel_bank_calls_running",
                "Calls of banks that wait for an answer",
                &["bank"],
            )?,
            uploads: metrics.counter(
                "bankchannel_uploads_total",
                "Uploads by what the exchange with the bank has shown: accepted, failed (the bank has not taken it) or unknown",
                &["bank", "state"],
            )?,
            renewals: metrics.counter(
                "bankchannel_renewals_total",
                "Steps of renewing certificates, by bank and result: renewed, looked_at (nothing more to do now), failed (tried again), stopped (a person has to act)",
                &["bank", "result"],
            )?,
            authority_end: metrics.gauge(
                "bankchannel_bank_authority_expiry_timestamp_seconds",
                "When the first of the bank's trusted authorities ends that has not ended yet",
                &["bank"],
            )?,
            clock_offset: metrics.gauge(
                "bankchannel_bank_clock_offset_seconds",
                "This machine's clock less the time in the bank's last answer, 0 if that lies within the call; without whole \
                 hours, as banks write times of a zone that they do not name",
                &["bank"],
            )?,
            clock_told: metrics.gauge(
                "bankchannel_bank_clock_timestamp_seconds",
                "When the bank's clock was seen last, by this machine's",
                &["bank"],
            )?,
            silences: Mutex::default(),
            authorities: Mutex::default(),
        })
    }
}

impl BankMetrics {
    /// Notes whether a bank has answered, whatever it has said. A caller who has gone says nothing of the bank, unless it had
    /// time enough to answer.
    pub(super) fn heard(&self, bank: Bank, outcome: &str) {
        let is_silent = SILENT.contains(&outcome);
        // Nothing was asked.
        let is_of_ours =
            ["not_sent", "parameter", "not_offered", "target_id", "store", "rights_ended", "failed", "abandoned"];
        if !is_silent && is_of_ours.contains(&outcome) {
            return;
        }
        let mut silences = self.silences.lock().unwrap_or_else(PoisonError::into_inner);
        let silence = silences.entry(bank).or_default();
        if is_silent {
            silence.calls = silence.calls.saturating_add(1);
        } else {
            *silence = BankSilence { calls: 0, heard: Some(Instant::now()) };
        }
    }

    /// The banks whose last calls have all had no answer.
    pub(crate) fn away(&self) -> Vec<Bank> {
        let silences = self.silences.lock().unwrap_or_else(PoisonError::into_inner);
        silences.iter().filter(|(_, silence)| silence.calls >= SILENCES).map(|(bank, _)| *bank).collect()
    }

    /// Since when this instance has had no answer of a bank; none if it has never had one.
    pub(crate) fn silent_for(&self, bank: Bank) -> Option<Duration> {
        let silences = self.silences.lock().unwrap_or_else(PoisonError::into_inner);
        silences.get(&bank)?.heard.map(|heard| heard.elapsed())
    }

    /// Makes the series that rules look at, so that the first event of each is seen as one.
    pub(super) fn begin(&self, bank: Bank) {
        let bank = bank.as_str();
        for operation in OPERATIONS {
            for outcome in SILENT.iter().chain(&["ok", "not_believed", "abandoned"]) {
                self.calls.with_label_values(&[bank, operation, outcome]);
            }
        }
        self.calls.with_label_values(&[bank, ISSUE, "refused"]);
        for state in ["accepted", "failed", "unknown"] {
            self.uploads.with_label_values(&[bank, state]);
        }
        for result in SetRenewal::ALL {
            self.renewals.with_label_values(&[bank, result.as_str()]);
        }
    }

    /// Notes the time in a bank's answer to a call between these two instants, Unix milliseconds.
    pub(super) fn clock(&self, bank: Bank, answered_at_ms: i64, (begun_ms, ended_ms): (i64, i64)) {
        let offset = clock_offset_ms(answered_at_ms, begun_ms, ended_ms);
        self.clock_offset.with_label_values(&[bank.as_str()]).set(offset as f64 / 1000.0);
        self.clock_told.with_label_values(&[bank.as_str()]).set(ended_ms as f64 / 1000.0);
    }

    /// Counts a step of a renewal.
    pub(super) fn renewal(&self, bank: Bank, result: SetRenewal) {
        self.renewals.with_label_values(&[bank.as_str(), result.as_str()]).inc();
    }

    /// Forgets the ends of a bank's authorities, until they are looked at again.
    pub(super) fn forget_authorities(&self, bank: Bank) {
        let _ = self.authority_end.remove_label_values(&[bank.as_str()]);
        self.authorities.lock().unwrap_or_else(PoisonError::into_inner).remove(&bank);
    }

    /// The banks of which an authority ends soon.
    pub(crate) fn ending_authorities(&self) -> Vec<Bank> {
        let authorities = self.authorities.lock().unwrap_or_else(PoisonError::into_inner);
        authorities.iter().filter(|(_, warning)| warning.is_some()).map(|(bank, _)| *bank).collect()
    }

    /// The warning about the one that ends.
    pub(crate) fn ending_authority(&self, bank: Bank) -> Option<String> {
        self.authorities.lock().unwrap_or_else(PoisonError::into_inner).get(&bank).cloned().flatten()
    }

    /// Whether a bank's authorities were looked at, and none ends soon.
    pub(crate) fn has_lasting_authorities(&self, bank: Bank) -> bool {
        self.authorities.lock().unwrap_or_else(PoisonError::into_inner).get(&bank).is_some_and(Option::is_none)
    }

    /// Notes the ends of a bank's authorities.
    pub(super) fn authorities(&self, bank: Bank, authorities: &[TrustedBankAuthority], now_ms: i64) {
        let ends = authorities.iter().map(|one| one.ends_ms).filter(|end| *end > now_ms);
        if let Some(first) = ends.min() {
            self.authority_end.with_label_values(&[bank.as_str()]).set(first as f64 / 1000.0);
        }
        let warning = authorities.iter().find_map(|one| one.warning.clone());
        self.authorities.lock().unwrap_or_else(PoisonError::into_inner).insert(bank, warning);
    }
}

/// How far our clock is ahead of one that said `told` between two instants of ours, without whole hours.
fn clock_offset_ms(told: i64, begun: i64, ended: i64) -> i64 {
    const HOUR: i64 = 3_600_000;
    let middle = begun.midpoint(ended).saturating_sub(told);
    let told = told.saturating_add(middle.saturating_add(HOUR / 2).div_euclid(HOUR) * HOUR);
    // A time of a whole second lies up to a second before the one that it stands for.
    let latest = if told % 1000 == 0 { told + 999 } else { told };
    if begun > latest { begun - latest } else { (ended - told).min(0) }
}

#[cfg(test)]
mod tests {
    use super::clock_offset_ms;

    #[test]
    fn a_clock_is_ahead_or_behind_by_what_lies_outside_the_call() {
        let (begun, ended) = (1_800_000_000_250, 1_800_000_001_750);
        for (told, offset) in [
            (begun, 0),
            (ended, 0),
            // A whole second that the call began in.
            (1_800_000_000_000, 0),
            (begun - 7_001, 7_001),
            (ended + 6_500, -6_500),
            // The bank writes the time of its zone, and does not say so.
            (begun + 2 * 3_600_000 + 500, 0),
            (begun - 3_600_000 - 30_001, 30_001),
            (ended + 3 * 3_600_000 + 40_500, -40_500),
        ] {
            assert_eq!(clock_offset_ms(told, begun, ended), offset, "{told}");
        }
        // A bank that writes nonsense.
        clock_offset_ms(i64::MIN, begun, ended);
        clock_offset_ms(i64::MAX, begun, ended);
    }
}
