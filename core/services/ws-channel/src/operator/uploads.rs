//! Uploads in the journal, for the operator: those whose outcome is unknown end by a report of the bank, or by a person.

use bankchannel_crypto::digest;
use bankchannel_foundation::{Error, Result, clock::Clock as _, model::Timestamp};
use bankchannel_storage::ws_channel::{JournalledUpload, UploadState};

use super::{api::AdminApi, types::UploadInfo};
use crate::data::storage;

/// The word with which a person allows the same bytes to be sent once more.
const SEND_ANYWAY: &str = "send_anyway";

/// Uploads that are listed at most, the oldest.
pub const LISTED_UPLOADS_MAX: usize = 10_000;

impl AdminApi {
    /// The uploads in a state, oldest first.
    pub(super) async fn uploads(&self, state: &str) -> Result<Vec<UploadInfo>> {
        let state = UploadState::parse(state)
            .ok_or_else(|| Error::invalid_field("state", "must be received, accepted, failed or unknown"))?;
        let max = i64::try_from(LISTED_UPLOADS_MAX).unwrap_or(i64::MAX);
        let found = self.store.uploads_in_state(state, max).await.map_err(storage)?;
        Ok(found.into_iter().map(described).collect())
    }

    /// Settles an upload whose outcome is unknown, as the operator has learnt from the bank; its customer is told the reason. Or
    /// allows the same bytes to be sent once more although it stays unknown.
    pub(super) async fn settle_upload(&self, id: &str, state: &str, reason: &str) -> Result<UploadInfo> {
        let settled = match state {
            SEND_ANYWAY => None,
            state => Some(settled_state(state)?),
        };
        if reason.trim().is_empty() {
            return Err(Error::invalid_field("reason", "says how you know it: whom you asked, and when"));
        }
        let found = self.store.upload(id).await.map_err(storage)?;
        let found = found.ok_or_else(|| Error::invalid_field("id", "there is no such upload"))?;
        let detail = format!("{id} {state}: {reason}");
        let store = self.audited_for("settle_upload", &found.scope.api_key, (&found.email, &found.scope.bank), &detail);
        let is_done = match settled {
            Some(settled) => store.settle_unknown(id, settled, reason, self.clock.now_ms()).await,
            None => store.allow_repeat(id).await,
        };
        if !is_done.map_err(storage)? {
            let why = format!("is {}: only one whose outcome is unknown can be settled", found.state.as_str());
            return Err(Error::invalid_field("id", why));
        }
        let settled = self.store.upload(id).await.map_err(storage)?;
        settled.map(described).ok_or_else(|| Error::invalid_field("id", "there is no such upload"))
    }
}

fn settled_state(state: &str) -> Result<UploadState> {
    UploadState::parse(state).filter(|state| matches!(state, UploadState::Accepted | UploadState::Failed)).ok_or_else(
        || {
            let why =
                "must be accepted (the bank has it), failed (it has not) or send_anyway (it may be sent once more)";
            Error::invalid_field("state", why)
        },
    )
}

fn described(upload: JournalledUpload) -> UploadInfo {
    let (customer_id, request_id, request_timestamp) = match upload.at_bank {
        Some(at) => (Some(at.customer_id), Some(at.request_id), Some(at.request_timestamp)),
        None => (None, None, None),
    };
    UploadInfo {
        id: upload.id,
        received: Timestamp::from_ms(upload.received).as_str().to_owned(),
        lender: (upload.scope.email != upload.email).then_some(upload.scope.email),
        email: upload.email,
        bank: upload.scope.bank,
        customer_id,
        message_id: upload.message_id,
        request_id,
        request_timestamp,
        file_type: upload.file_type,
        file_name: upload.file_name,
        size: upload.size,
        sha256: digest::hex(&upload.sha256),
        state: upload.state.as_str().to_owned(),
        detail: upload.detail,
        may_repeat: upload.may_repeat,
        ended: upload.finished.map(|ended| Timestamp::from_ms(ended).as_str().to_owned()),
    }
}
