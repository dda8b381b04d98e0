//! The exchange of an upload with a bank, from its journalling to its stored end: it outlives its call.

use std::{sync::Arc, time::Duration};

use bankchannel_foundation::model::Content;
use bankchannel_storage::ws_channel::{AuditEntry, NewUpload, StoreError, UploadEnd, UploadState};
use tokio::{
    sync::oneshot,
    time::{Instant, timeout_at},
};
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::upload_file::after_journal;
use crate::{
    HandlerFault, WsChannelService,
    banks::{BankChannel, BankError, ConnectionTurn, OutgoingFile, ReachedConnection},
    service::{FinalStep, SettlingStore},
};

/// An upload that is sent to a bank.
pub(super) struct UploadExchange {
    pub(super) service: Arc<WsChannelService>,
    pub(super) channel: Arc<dyn BankChannel>,
    pub(super) upload: NewUpload,
    pub(super) content: Content,
    /// Where its end is stored.
    pub(super) settling: SettlingStore,
    /// The record of its end, without the outcome.
    pub(super) entry: AuditEntry,
    /// The id of the request that it began with.
    pub(super) request_id: String,
}

impl UploadExchange {
    /// Sends the file and stores its end. The caller waits for some of the time in which the bank's answer counts; a renewal of
    /// the connection's certificate, and a stop of the service, no longer than the caller.
    pub(super) async fn run(
        self,
        connection: Arc<ReachedConnection>,
        awaited: (ConnectionTurn, TaskTrackerToken),
        now_ms: i64,
        answer: oneshot::Sender<Result<(), HandlerFault>>,
    ) {
        // Whatever becomes of this task: an upload that was sent and has no end is unknown.
        let mut unended = UnendedUpload { exchange: &self, has_end: false };
        let (begun, waits) = (Instant::now(), self.channel.upload_waits());
        let at = connection.connection(&self.service, None, (now_ms, &self.request_id));
        let outgoing = OutgoingFile { upload: &self.upload, content: &self.content };
        let mut asked = self.channel.upload(&at, &outgoing);
        if let Ok(answered) = timeout_at(begun + waits.caller.min(waits.answer), &mut asked).await {
            let told = self.end(answered, false).await;
            unended.has_end = true;
            let _ = answer.send(told);
            return;
        }
        let told = self.not_yet(waits.caller, waits.answer).await;
        unended.has_end = true;
        let _ = answer.send(told);
        drop(awaited);
        // No caller waits for it; an outcome that cannot be stored waits for the store.
        let _ = self.end(asked.await, true).await;
    }

    /// Stores that the caller waits no longer.
    async fn not_yet(&self, waited: Duration, counts: Duration) -> Result<(), HandlerFault> {
        let (waited, counts) = (waited.as_secs(), counts.as_secs());
        let detail = format!("the bank has not answered within {waited} s; its answer counts for {counts} s");
        let end = UploadEnd::answered(UploadState::Unknown, detail, BankError::TimedOut.to_string());
        self.log(&BankError::TimedOut);
        self.store(end).await.map_err(HandlerFault::internal)?;
        Err(BankError::TimedOut.into())
    }

    /// Stores the end that follows from the bank's answer.
    async fn end(&self, answered: Result<(), BankError>, is_late: bool) -> Result<(), HandlerFault> {
        let late = if is_late { "the bank has answered late: " } else { "" };
        let (state, detail, message) = match &answered {
            Ok(()) if is_late => {
                (UploadState::Accepted, format!("{late}it has the file"), "the bank has it".to_owned())
            }
            Ok(()) => (UploadState::Accepted, String::new(), "the bank has it".to_owned()),
            Err(why) if why.leaves_upload_unknown() => (UploadState::Unknown, why.to_string(), why.customers_text()),
            Err(why) => (UploadState::Failed, format!("{late}{why}"), why.customers_text()),
        };
        if is_late && state == UploadState::Unknown {
            // It is so already.
            return Ok(());
        }
        match &answered {
            Err(why) => self.log(why),
            Ok(()) if is_late => tracing::info!(upload = self.upload.id, "the bank has answered late: it has the file"),
            Ok(()) => {}
        }
        let is_stored =
            self.store(UploadEnd::answered(state, detail, message)).await.map_err(HandlerFault::internal)?;
        if !is_stored && is_late {
            let upload = &*self.upload.id;
            tracing::error!(upload, state = state.as_str(), "the bank's late answer: it was settled otherwise before");
        }
        answered.map_err(after_journal)
    }

    async fn store(&self, end: UploadEnd) -> Result<bool, StoreError> {
        self.service.unstored.store(self.step(end)).await
    }

    fn step(&self, end: UploadEnd) -> FinalStep {
        let now = self.service.now_ms();
        let mut entry = AuditEntry { at: now, outcome: end.state.as_str().to_owned(), ..self.entry.clone() };
        if !end.detail.is_empty() {
            entry.detail = format!("{}: {}", entry.detail, end.detail);
        }
        FinalStep::end_upload(self.settling.recorded(entry), &self.upload.id, end, now)
    }

    /// Logs the ids by which a person asks the bank.
    fn log(&self, why: &BankError) {
        let at_bank = self.upload.at_bank.as_ref();
        tracing::warn!(
            upload = self.upload.id,
            request_id = self.request_id,
            account = &*self.service.pseudonym(&self.upload.email),
            bank = self.upload.scope.bank,
            customer_id = at_bank.map(|at| &*at.customer_id),
            bank_request_id = at_bank.map(|at| &*at.request_id),
            request_timestamp = at_bank.map(|at| &*at.request_timestamp),
            message_id = self.upload.message_id,
            outcome = why.kind(),
            why = why.loggable(),
            "an upload was not accepted by the bank"
        );
    }
}

/// An upload that was sent, and has no end as long as the exchange does not say otherwise.
struct UnendedUpload<'a> {
    exchange: &'a UploadExchange,
    has_end: bool,
}

impl Drop for UnendedUpload<'_> {
    fn drop(&mut self) {
        if self.has_end {
            return;
        }
        let why = "the service broke off while the bank was being asked";
        let end = UploadEnd::announced(UploadState::Unknown, why, "the bank's answer is not known");
        self.exchange.service.unstored.add(self.exchange.step(end));
    }
}
