//! Counts and logs every call of a bank: a layer around the channel.
//!
//! A call without a caller is counted too, as `abandoned`. The ids of the request and the bank's answer are noted by the
//! channel itself while the call runs ([`BankCallNotes`]).

use std::{
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
use bankchannel_storage::ws_channel::{BankCodeLimits, BankFile, FileFilter, NewLedger, NewUpload, UploadAtBank};
use bankchannel_ws_channel::model::Bank;

use super::{
    AccountBankConnection, BankChannel, BankError, BankFileDownload, CertificateCustomer, CertificateEnrolment,
    CertificateOfBank, CertificateOrder, OutgoingFile, PendingBankAnswer, SigningMaterial, TrustedBankAuthority,
    UploadWaits,
    bank_metrics::{BankMetrics, ISSUE, TIME_ENOUGH, UPLOAD},
    certificate_time_limit, within,
};

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

    /// Notes the bank's answer.
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
        metrics.begin(bank);
        Self { bank, inner, metrics }
    }

    /// Runs a call within its time limit, counts it and logs it.
    async fn call<T>(
        &self,
        operation: &'static str,
        (caller, limit): (BankCaller, Duration),
        asked: impl Future<Output = Result<T, BankError>> + Send,
    ) -> Result<T, BankError> {
        NOTES
            .scope(BankCallNotes::default(), async {
                let mut running = RunningBankCall::begin(self, operation, caller);
                let answered = within(limit, asked).await;
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
        let outcome = error.map_or("ok", BankError::kind);
        self.count(outcome);
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
        self.log((error.is_some(), outcome), noted);
    }

    fn count(&self, outcome: &'static str) {
        let (bank, metrics) = (self.channel.bank.as_str(), &self.channel.metrics);
        metrics.running.with_label_values(&[bank]).dec();
        metrics.heard(self.channel.bank, outcome);
        metrics.calls.with_label_values(&[bank, self.operation, outcome]).inc();
        metrics.durations.with_label_values(&[bank, self.operation]).observe(self.begun.elapsed().as_secs_f64());
    }

    fn log(&self, (has_failed, outcome): (bool, &'static str), noted: NotedCall) {
        let NotedCall { bank_request_id, failure, .. } = noted;
        let failure = failure.as_ref();
        let BankCaller { request_id, account, upload } = &self.caller;
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    target: "bankchannel::bank",
                    bank = self.channel.bank.as_str(),
                    operation = self.operation,
                    outcome,
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
        match has_failed {
            true => line!(warn),
            // The simulator's calls are the service's own work.
            false if self.channel.inner.keeps_files_here() => line!(debug),
            false => line!(info),
        }
    }
}

impl Drop for RunningBankCall<'_> {
    fn drop(&mut self) {
        if !self.has_end {
            // Its caller has gone: after a while that says something of the bank.
            let outcome = if self.begun.elapsed() < TIME_ENOUGH { "abandoned" } else { "hung" };
            self.count(outcome);
            self.log((true, outcome), BankCallNotes::taken());
        }
    }
}

impl BankChannel for ObservedChannel {
    fn list<'a>(
        &'a self,
        at: &'a AccountBankConnection<'a>,
        filter: &'a FileFilter,
    ) -> PendingBankAnswer<'a, Vec<BankFile>> {
        Box::pin(self.call("list_files", (BankCaller::of(at), self.time_limit()), self.inner.list(at, filter)))
    }

    fn download<'a>(
        &'a self,
        at: &'a AccountBankConnection<'a>,
        file_type: &'a str,
        reference: &'a str,
    ) -> PendingBankAnswer<'a, BankFileDownload> {
        Box::pin(self.call(
            "download_file",
            (BankCaller::of(at), self.time_limit()),
            self.inner.download(at, file_type, reference),
        ))
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
        Box::pin(self.call(UPLOAD, (caller, self.upload_waits().answer), named))
    }

    fn delete<'a>(
        &'a self,
        at: &'a AccountBankConnection<'a>,
        file_type: &'a str,
        reference: &'a str,
    ) -> PendingBankAnswer<'a, ()> {
        Box::pin(self.call(
            "delete_file",
            (BankCaller::of(at), self.time_limit()),
            self.inner.delete(at, file_type, reference),
        ))
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
        Box::pin(self.call(
            ISSUE,
            (BankCaller::default(), certificate_time_limit(self.time_limit())),
            self.inner.issue(order),
        ))
    }

    fn try_pair<'a>(
        &'a self,
        customer: &'a CertificateCustomer,
        pair: &'a SigningMaterial,
    ) -> PendingBankAnswer<'a, PairTrial> {
        Box::pin(self.call(
            "try_certificate",
            (BankCaller::default(), self.time_limit()),
            self.inner.try_pair(customer, pair),
        ))
    }

    fn target_id<'a>(&'a self, at: &'a AccountBankConnection<'a>) -> PendingBankAnswer<'a, Option<String>> {
        Box::pin(self.call("get_user_info", (BankCaller::of(at), self.time_limit()), self.inner.target_id(at)))
    }

    fn authorities(&self) -> PendingBankAnswer<'_, Vec<TrustedBankAuthority>> {
        self.inner.authorities()
    }

    fn ends_renewals(&self, refusal: &str) -> bool {
        self.inner.ends_renewals(refusal)
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
