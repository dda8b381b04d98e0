//! What an answer must fit, to be opened on any thread.

use bankchannel_crypto::x509::CertificateRequest;
use bankchannel_foundation::{Result, message::InResponse, model::Field};
use bankchannel_sepa_web_services::{
    answer::{AnswerExpectation, BelievedMessage, CertificateExpectation, UnpackingLimits, open_answer},
    profile::BankFamily,
    verify::VerificationRules,
};

use super::exchange::SentIds;

/// What an answer must fit, owned, for another thread.
pub(super) struct AnswerQuestion {
    pub(super) rules: VerificationRules,
    pub(super) operation: &'static str,
    pub(super) is_once: bool,
    pub(super) sender_id: String,
    pub(super) customer_id: String,
    pub(super) ids: SentIds,
    pub(super) execution_serial: Option<String>,
    pub(super) certificates: Option<(BankFamily, Option<CertificateRequest>)>,
    pub(super) fields: &'static [Field],
}

impl AnswerQuestion {
    /// Verifies an answer and reads it.
    ///
    /// # Errors
    /// Those of [`open_answer`].
    pub(super) fn open(self, answer: InResponse) -> Result<BelievedMessage> {
        open_answer(
            answer,
            &AnswerExpectation {
                rules: &self.rules,
                operation: self.operation,
                is_once: self.is_once,
                certificates: self
                    .certificates
                    .as_ref()
                    .map(|(family, request)| CertificateExpectation { family: *family, request: request.as_ref() }),
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
