//! An answer of the bank that has the certificate for a key of ours and is not believed, as where an own profile names its
//! signer wrongly: the bank's code is spent, so it is kept, and verified again once the profile is right.

use bankchannel_foundation::{
    Error, Result,
    message::{Headers, InResponse},
};
use bankchannel_private_files as private;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use super::folder::{HeldIdentity, MOST};
use crate::sepa_web_services::sent_ids::SentIds;

const ENDING: &str = "answer";

/// An answer that is not believed, and the request that it answers.
#[derive(Clone, Serialize, Deserialize)]
pub(in super::super) struct UnbelievedAnswer {
    status: u16,
    content_type: Option<String>,
    /// Base64.
    body: String,
    request_id: String,
    timestamp: String,
    /// SHA-256 of the request's document, base64.
    digest: String,
    /// When it arrived, Unix seconds: it is verified as of then.
    pub(in super::super) arrived_s: i64,
}

impl UnbelievedAnswer {
    pub(in super::super) fn new(answer: &InResponse, ids: &SentIds, arrived_s: i64) -> Self {
        let media = answer.headers.get("content-type");
        Self {
            status: answer.status,
            content_type: media.map(|media| String::from_utf8_lossy(media).into_owned()),
            body: STANDARD.encode(&answer.body),
            request_id: ids.request_id.clone(),
            timestamp: ids.timestamp.clone(),
            digest: STANDARD.encode(&ids.digest),
            arrived_s,
        }
    }

    /// The answer and the ids of its request; `None` if it was spoilt on the disk.
    pub(in super::super) fn parts(&self) -> Option<(InResponse, SentIds)> {
        let decoded = |text: &str| STANDARD.decode(text).ok();
        let mut answer = InResponse::new(self.status, decoded(&self.body)?);
        if let Some(media) = &self.content_type {
            let mut headers = Headers::default();
            headers.push("content-type", media.clone());
            answer.message.headers = headers;
        }
        let (request_id, timestamp) = (self.request_id.clone(), self.timestamp.clone());
        Some((answer, SentIds { request_id, timestamp, digest: decoded(&self.digest)? }))
    }
}

impl HeldIdentity {
    /// Keeps an answer to the request that is under way, beside its key.
    pub(super) fn keep_of_attempt(&self, answer: &UnbelievedAnswer) -> Result<()> {
        let Some(attempt) = &self.life().attempt else { return Ok(()) };
        let text = serde_json::to_vec(answer).map_err(Error::internal)?;
        // An answer too large to be read again would be of no use.
        if text.len() as u64 > MOST {
            return Ok(());
        }
        private::write_whole(&self.of.file(&attempt.pair, ENDING), &text)
    }

    /// The answer to the request that is under way which is kept.
    pub(super) fn unbelieved_of_attempt(&self) -> Option<UnbelievedAnswer> {
        let attempt = self.life().attempt.as_ref()?;
        let bytes = private::read_whole(&self.of.file(&attempt.pair, ENDING), MOST).ok()?;
        serde_json::from_slice(&bytes).ok()
    }
}

impl super::IdentityFolder {
    /// Whether an answer that is not believed is kept beside a key.
    pub(in super::super) fn has_unbelieved(&self, name: &str) -> bool {
        self.file(name, ENDING).exists()
    }
}
