//! Counts and logs every call of a bank: a layer around the channel.
//!
//! A call without a caller is counted too, as `abandoned`. The ids of the request and the bank's answer are noted by the
//! channel itself while the call runs ([`BankCallNotes`]).

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use bankchannel_crypto::{rsa::RsaPrivateKey, x509::CertificateRequest};
use bankchannel_foundation::{
    CallOutcome, Error, Result,
    clock::{Clock as _, SystemClock},
};
use bankchannel_renewal::{PairTrial, RenewalRules};
use bankchannel_sepa_web_services::model::FileServiceAnswer;
use bankchannel_server::metrics::ServerMetrics;
use bankchannel_storage::ws_channel::{BankCodeLimits, BankFile, FileFilter, NewLedger, NewUpload, UploadAtBank};
use bankchannel_ws_channel::model::Bank;
use prometheus::{GaugeVec, HistogramVec, IntCounterVec, IntGaugeVec};

use super::{
    AccountBankConnection, BankChannel, BankError, BankFileDownload, CertificateCustomer, CertificateEnrolment,
    CertificateOfBank, CertificateOrder, OutgoingFile, PendingBankAnswer, SigningMaterial, TrustedBankAuthority,
    UploadWaits,
};

/// So many calls without an answer, one after the other: the bank is away.
const SILENCES: u32 = 3;

/// The series of the calls of banks.
pub(crate) struct BankMetrics {
    calls: IntCounterVec,
    durations: HistogramVec,
    running: IntGaugeVec,
    uploads: IntCounterVec,
    renewals: IntCounterVec,
    authority_end: GaugeVec,
    clock_offset: GaugeVec,
    /// By bank: the calls without an answer since the last one with one, and whether there was one since it was away.
    silences: Mutex<HashMap<Bank, u32>>,
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
                "Steps of renewing certificates, by bank and result: renewed, looked_at (nothing more to do now), failed",
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
            silences: Mutex::default(),
        })
    }
}

impl BankMetrics {
    /// Notes whether a bank has answered, whatever it has said.
    fn heard(&self, bank: Bank, outcome: &str) {
        let is_silent = match outcome {
            "unreachable" | "timed_out" | "no_answer" | "http_status" | "empty" => true,
            // Nothing was asked.
            "not_sent" | "parameter" | "not_offered" | "store" | "rights_ended" | "failed" | "abandoned" => return,
            _ => false,
        };
        let mut silences = self.silences.lock().unwrap_or_else(PoisonError::into_inner);
        let count = silences.entry(bank).or_default();
        *count = if is_silent { count.saturating_add(1) } else { 0 };
    }

    /// The banks whose last calls have all had no answer.
    pub(crate) fn away(&self) -> Vec<Bank> {
        let silences = self.silences.lock().unwrap_or_else(PoisonError::into_inner);
        silences.iter().filter(|(_, count)| **count >= SILENCES).map(|(bank, _)| *bank).collect()
    }

    /// Whether a bank has answered this instance.
    pub(crate) fn answers_again(&self, bank: &str) -> bool {
        let silences = self.silences.lock().unwrap_or_else(PoisonError::into_inner);
        Bank::from_text(bank).and_then(|bank| silences.get(&bank).copied()) == Some(0)
    }

    /// Notes the time in a bank's answer to a call between these two instants, Unix milliseconds.
    fn clock(&self, bank: Bank, answered_at_ms: i64, (begun_ms, ended_ms): (i64, i64)) {
        let offset = clock_offset_ms(answered_at_ms, begun_ms, ended_ms);
        self.clock_offset.with_label_values(&[bank.as_str()]).set(offset as f64 / 1000.0);
    }

    /// Counts a step of a renewal.
    pub(super) fn renewal(&self, bank: Bank, result: &'static str) {
        self.renewals.with_label_values(&[bank.as_str(), result]).inc();
    }

    /// Forgets the ends of a bank's authorities, until they are looked at again.
    pub(super) fn forget_authorities(&self, bank: Bank) {
        let _ = self.authority_end.remove_label_values(&[bank.as_str()]);
    }

    /// Notes the ends of a bank's authorities.
    pub(super) fn authorities(&self, bank: Bank, authorities: &[TrustedBankAuthority], now_ms: i64) {
        let ends = authorities.iter().map(|one| one.ends_ms).filter(|end| *end > now_ms);
        if let Some(first) = ends.min() {
            self.authority_end.with_label_values(&[bank.as_str()]).set(first as f64 / 1000.0);
        }
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

tokio::task_local! {
    static NOTES: BankCallNotes;
}

/// The notes of a channel about the call that runs.
#[derive(Default)]
pub(super) struct BankCallNotes(Mutex<NotedCall>);

#[derive(Default)]
struct NotedCall {
    bank_request_id: Option<String>,
    /// The time in the bank's answer, Unix milliseconds.
    answered_at_ms: Option<i64>,
    failure: Option<NotedFailure>,
}

/// An error of the library's client. Without the bank's own text, which may name people and amounts: it is in the answer to the
/// customer, and for an upload in the journal.
struct NotedFailure {
    code: &'static str,
    outcome: Option<&'static str>,
    bank_code: Option<String>,
    http_status: Option<u16>,
    request_timestamp: Option<String>,
    why: Option<String>,
}

impl BankCallNotes {
    /// Notes the id by which the bank knows the request.
    pub(super) fn asked_with(request_id: &str) {
        Self::note(|noted| noted.bank_request_id = Some(request_id.to_owned()));
    }

    /// Notes what the bank has answered.
    pub(super) fn answered(answer: &FileServiceAnswer) {
        Self::note(|noted| noted.answered_at_ms = Some(answer.timestamp.as_ms()));
    }

    /// Notes why the call has failed.
    pub(super) fn failed(error: &Error) {
        Self::note(|noted| {
            let peer = error.peer();
            if let Some(id) = peer.and_then(|peer| peer.request_id.as_ref()) {
                noted.bank_request_id = Some(id.clone());
            }
            let is_ours = peer.is_none_or(|peer| peer.text.is_none());
            noted.failure = Some(NotedFailure {
                code: error.row().code,
                outcome: error.outcome().map(CallOutcome::as_str),
                bank_code: peer.and_then(|peer| peer.code.clone()),
                http_status: error.http_status(),
                request_timestamp: error.detail("request_timestamp").map(str::to_owned),
                why: is_ours.then(|| error.message().to_owned()),
            });
        });
    }

    fn note(learned: impl FnOnce(&mut NotedCall)) {
        // Outside a call of a bank, as where its settings are read, there is nothing to note.
        let _ = NOTES.try_with(|notes| learned(&mut notes.0.lock().unwrap_or_else(PoisonError::into_inner)));
    }

    fn taken() -> NotedCall {
        let take = |notes: &Self| std::mem::take(&mut *notes.0.lock().unwrap_or_else(PoisonError::into_inner));
        NOTES.try_with(take).unwrap_or_default()
    }
}

/// A bank whose calls are counted and logged.
pub(super) struct ObservedChannel {
    bank: Bank,
    inner: Arc<dyn BankChannel>,
    metrics: Arc<BankMetrics>,
}

/// Whose call it is.
#[derive(Default)]
struct BankCaller {
    request_id: Option<String>,
    account: Option<Arc<str>>,
    upload: Option<String>,
}

impl BankCaller {
    fn of(at: &AccountBankConnection<'_>) -> Self {
        let account = at.keys.challenge.pseudonym(&at.scope.email);
        Self { request_id: at.request_id.map(str::to_owned), account: Some(account), upload: None }
    }
}

impl ObservedChannel {
    pub(super) fn around(bank: Bank, inner: Arc<dyn BankChannel>, metrics: Arc<BankMetrics>) -> Self {
        Self { bank, inner, metrics }
    }

    /// Runs a call, counts it and logs it.
    async fn call<T>(
        &self,
        operation: &'static str,
        caller: BankCaller,
        asked: impl Future<Output = Result<T, BankError>> + Send,
    ) -> Result<T, BankError> {
        NOTES
            .scope(BankCallNotes::default(), async {
                let mut running = RunningBankCall::begin(self, operation, caller);
                let answered = asked.await;
                running.ended(answered.as_ref().err());
                answered
            })
            .await
    }
}

/// A call until its end.
struct RunningBankCall<'a> {
    channel: &'a ObservedChannel,
    operation: &'static str,
    caller: BankCaller,
    begun: Instant,
    begun_ms: i64,
    has_end: bool,
}

impl<'a> RunningBankCall<'a> {
    fn begin(channel: &'a ObservedChannel, operation: &'static str, caller: BankCaller) -> Self {
        channel.metrics.running.with_label_values(&[channel.bank.as_str()]).inc();
        Self {
            channel,
            operation,
            caller,
            begun: Instant::now(),
            begun_ms: SystemClock::default().now_ms(),
            has_end: false,
        }
    }

    fn ended(&mut self, error: Option<&BankError>) {
        self.has_end = true;
        self.count(error.map_or("ok", BankError::kind));
        if self.operation == UPLOAD {
            let state = match error {
                None => "accepted",
                Some(error) if error.leaves_upload_unknown() => "unknown",
                Some(_) => "failed",
            };
            self.channel.metrics.uploads.with_label_values(&[self.channel.bank.as_str(), state]).inc();
        }
        let noted = BankCallNotes::taken();
        if let Some(told) = noted.answered_at_ms {
            self.channel.metrics.clock(self.channel.bank, told, (self.begun_ms, SystemClock::default().now_ms()));
        }
        self.log(error, noted);
    }

    fn count(&self, outcome: &'static str) {
        let (bank, metrics) = (self.channel.bank.as_str(), &self.channel.metrics);
        metrics.running.with_label_values(&[bank]).dec();
        metrics.heard(self.channel.bank, outcome);
        metrics.calls.with_label_values(&[bank, self.operation, outcome]).inc();
        metrics.durations.with_label_values(&[bank, self.operation]).observe(self.begun.elapsed().as_secs_f64());
    }

    fn log(&self, error: Option<&BankError>, noted: NotedCall) {
        let NotedCall { bank_request_id, failure, .. } = noted;
        let failure = failure.as_ref();
        let BankCaller { request_id, account, upload } = &self.caller;
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    target: "bankchannel::bank",
                    bank = self.channel.bank.as_str(),
                    operation = self.operation,
                    outcome = error.map_or("ok", BankError::kind),
                    duration_ms = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX),
                    request_id,
                    account = account.as_deref(),
                    upload,
                    bank_request_id,
                    error = failure.map(|failure| failure.code),
                    error_outcome = failure.and_then(|failure| failure.outcome),
                    bank_code = failure.and_then(|failure| failure.bank_code.as_deref()),
                    http_status = failure.and_then(|failure| failure.http_status),
                    request_timestamp = failure.and_then(|failure| failure.request_timestamp.as_deref()),
                    why = failure.and_then(|failure| failure.why.as_deref()),
                    "bank call"
                )
            };
        }
        match error {
            Some(_) => line!(warn),
            // The simulator's calls are the service's own work.
            None if self.channel.inner.keeps_files_here() => line!(debug),
            None => line!(info),
        }
    }
}

impl Drop for RunningBankCall<'_> {
    fn drop(&mut self) {
        if !self.has_end {
            self.count("abandoned");
            self.log(Some(&BankError::TimedOut), BankCallNotes::taken());
        }
    }
}

/// The operation whose end is an upload's state.
const UPLOAD: &str = "upload_file";

impl BankChannel for ObservedChannel {
    fn list<'a>(
        &'a self,
        at: &'a AccountBankConnection<'a>,
        filter: &'a FileFilter,
    ) -> PendingBankAnswer<'a, Vec<BankFile>> {
        Box::pin(self.call("list_files", BankCaller::of(at), self.inner.list(at, filter)))
    }

    fn download<'a>(
        &'a self,
        at: &'a AccountBankConnection<'a>,
        file_type: &'a str,
        reference: &'a str,
    ) -> PendingBankAnswer<'a, BankFileDownload> {
        Box::pin(self.call("download_file", BankCaller::of(at), self.inner.download(at, file_type, reference)))
    }

    fn upload_ids(&self, at: &AccountBankConnection<'_>) -> Option<UploadAtBank> {
        self.inner.upload_ids(at)
    }

    fn upload_waits(&self) -> UploadWaits {
        self.inner.upload_waits()
    }

    fn time_limit(&self) -> Duration {
        self.inner.time_limit()
    }

    fn upload<'a>(
        &'a self,
        at: &'a AccountBankConnection<'a>,
        file: &'a OutgoingFile<'a>,
    ) -> PendingBankAnswer<'a, ()> {
        let caller = BankCaller { upload: Some(file.upload.id.clone()), ..BankCaller::of(at) };
        let asked = self.inner.upload(at, file);
        let named = async move {
            if let Some(ids) = &file.upload.at_bank {
                BankCallNotes::asked_with(&ids.request_id);
            }
            asked.await
        };
        Box::pin(self.call(UPLOAD, caller, named))
    }

    fn delete<'a>(
        &'a self,
        at: &'a AccountBankConnection<'a>,
        file_type: &'a str,
        reference: &'a str,
    ) -> PendingBankAnswer<'a, ()> {
        Box::pin(self.call("delete_file", BankCaller::of(at), self.inner.delete(at, file_type, reference)))
    }

    fn renewal_rules(&self) -> RenewalRules {
        self.inner.renewal_rules()
    }

    fn entitlement(&self) -> Option<&'static str> {
        self.inner.entitlement()
    }

    fn ledger_of_import(&self) -> Option<NewLedger> {
        self.inner.ledger_of_import()
    }

    fn renewals_at_once(&self) -> usize {
        self.inner.renewals_at_once()
    }

    fn certificate_request(
        &self,
        customer: &CertificateCustomer,
        key: &RsaPrivateKey,
    ) -> Result<CertificateRequest, BankError> {
        self.inner.certificate_request(customer, key)
    }

    fn issue<'a>(&'a self, order: &'a CertificateOrder<'a>) -> PendingBankAnswer<'a, CertificateOfBank> {
        Box::pin(self.call("issue_certificate", BankCaller::default(), self.inner.issue(order)))
    }

    fn try_pair<'a>(
        &'a self,
        customer: &'a CertificateCustomer,
        pair: &'a SigningMaterial,
    ) -> PendingBankAnswer<'a, PairTrial> {
        Box::pin(self.call("try_certificate", BankCaller::default(), self.inner.try_pair(customer, pair)))
    }

    fn target_id<'a>(&'a self, at: &'a AccountBankConnection<'a>) -> PendingBankAnswer<'a, Option<String>> {
        Box::pin(self.call("get_user_info", BankCaller::of(at), self.inner.target_id(at)))
    }

    fn authorities(&self) -> PendingBankAnswer<'_, Vec<TrustedBankAuthority>> {
        self.inner.authorities()
    }

    fn code_limits(&self) -> Option<BankCodeLimits> {
        self.inner.code_limits()
    }

    fn counts_wrong_code(&self, refusal: &str) -> bool {
        self.inner.counts_wrong_code(refusal)
    }

    fn check_enrolment(&self, request: &CertificateEnrolment) -> Result<(), BankError> {
        self.inner.check_enrolment(request)
    }

    fn check_upload<'a>(
        &'a self,
        at: &'a AccountBankConnection<'a>,
        upload: &'a NewUpload,
    ) -> PendingBankAnswer<'a, ()> {
        self.inner.check_upload(at, upload)
    }

    fn works_from_journal(&self) -> bool {
        self.inner.works_from_journal()
    }

    fn keeps_files_here(&self) -> bool {
        self.inner.keeps_files_here()
    }
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
