//! What an answer must fit, to be opened on any thread.

use bankchannel_crypto::x509::CertificateRequest;
use bankchannel_foundation::{CallOutcome, Result, message::InResponse, model::Field};
use bankchannel_sepa_web_services::{
    answer::{AnswerExpectation, BelievedMessage, CertificateExpectation, UnpackingLimits, open_answer},
    profile::BankFamily,
    verify::{StopFlag, VerificationRules},
};
use bankchannel_transport::background::{self, UndoneWork};

use super::sent_ids::SentIds;

/// The question to the certificate service.
pub(super) struct AskedOfCertificateService {
    pub(super) family: BankFamily,
    pub(super) request: Option<CertificateRequest>,
    pub(super) encryption_request: Option<CertificateRequest>,
}

/// What an answer must fit, owned, for another thread.
pub(super) struct AnswerQuestion {
    pub(super) rules: VerificationRules,
    pub(super) operation: &'static str,
    pub(super) is_once: bool,
    pub(super) sender_id: String,
    pub(super) customer_id: String,
    pub(super) ids: SentIds,
    pub(super) execution_serial: Option<String>,
    pub(super) certificates: Option<AskedOfCertificateService>,
    pub(super) fields: &'static [Field],
}

impl AnswerQuestion {
    /// Verifies an answer of any size and reads it, on a thread that may block: the caller's watches the deadline, and
    /// a small answer may be made to cost much. The work ends once no caller waits for it, as after the deadline.
    ///
    /// # Errors
    /// Those of [`open_answer`], and `resource.threads`.
    pub(super) async fn open_apart(self, answer: InResponse) -> Result<BelievedMessage> {
        let stop = StopOnDrop(self.rules.stop.clone());
        let opened = background::blocking(move || self.open(answer)).await;
        drop(stop);
        let not_opened = |why: UndoneWork| why.error("verifying the answer was aborted");
        opened.map_err(|why| not_opened(why).with_outcome(CallOutcome::Unknown))?
    }

    /// Verifies an answer and reads it.
    ///
    /// # Errors
    /// Those of [`open_answer`].
    fn open(self, answer: InResponse) -> Result<BelievedMessage> {
        open_answer(
            answer,
            &AnswerExpectation {
                rules: &self.rules,
                operation: self.operation,
                is_once: self.is_once,
                certificates: self.certificates.as_ref().map(|asked| CertificateExpectation {
                    family: asked.family,
                    request: asked.request.as_ref(),
                    encryption_request: asked.encryption_request.as_ref(),
                }),
                sender_id: &self.sender_id,
                customer_id: &self.customer_id,
                request_id: &self.ids.request_id,
                request_timestamp: &self.ids.timestamp,
                request_digest: &self.ids.digest,
                execution_serial: self.execution_serial.as_deref(),
                fields: self.fields,
                limits: UnpackingLimits::CLIENT,
            },
        )
    }
}

/// Ends work on another thread when the future that waits for it is dropped.
struct StopOnDrop(StopFlag);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.set();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The work hears that its caller has stopped waiting, whatever the size of the answer.
    #[tokio::test]
    async fn the_work_is_told_to_end_when_nobody_waits_for_it_any_more() {
        for size in [0, 100, 100_000] {
            let stop = StopFlag::default();
            let question = AnswerQuestion {
                rules: VerificationRules { stop: stop.clone(), ..VerificationRules::default() },
                operation: "list_files",
                is_once: false,
                sender_id: String::new(),
                customer_id: String::new(),
                ids: SentIds::default(),
                execution_serial: None,
                certificates: None,
                fields: &[],
            };
            let answer = InResponse::new(200, vec![b'<'; size]);
            assert!(!stop.is_set(), "{size}");
            tokio::select! {
                biased;
                _ = question.open_apart(answer) => {}
                () = std::future::ready(()) => {}
            }
            assert!(stop.is_set(), "{size}");
        }
    }
}
