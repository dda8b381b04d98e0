//! Uploads in the journal, for the operator: those whose outcome is unknown end by a report of the bank, or by a person.

use bankchannel_crypto::digest;
use bankchannel_foundation::{Error, Result, clock::Clock as _, model::Timestamp};
use bankchannel_storage::ws_channel::{JournalledUpload, UploadState};

use super::{api::AdminApi, types::UploadInfo};
use crate::data::storage;

/// Uploads that are listed at most, the oldest.
pub const LISTED_UPLOADS_MAX: usize = 10_000;

impl AdminApi {
    /// The uploads in a state, oldest first.
    pub(super) async fn uploads(&self, state: &str) -> Result<Vec<UploadInfo>> {
        let state = UploadState::parse(state)
            .ok_or_else(|| Error::invalid_field("state", "must be received, accepted, failed or unknown"))?;
        let most = i64::try_from(LISTED_UPLOADS_MAX).unwrap_or(i64::MAX);
        let found = self.store.uploads_in_state(state, most).await.map_err(storage)?;
        Ok(found.into_iter().map(described).collect())
    }

    /// Settles an upload whose outcome is unknown, as the operator has learnt from the bank.
    pub(super) async fn settle_upload(&self, id: &str, state: &str, reason: &str) -> Result<UploadInfo> {
        let settled = UploadState::parse(state)
            .filter(|state| matches!(state, UploadState::Accepted | UploadState::Failed))
            .ok_or_else(|| Error::invalid_field("state", "must be accepted (the bank has it) or failed"))?;
        if reason.trim().is_empty() {
            return Err(Error::invalid_field("reason", "says how you know it: whom you asked, and when"));
        }
        let found = self.store.upload(id).await.map_err(storage)?;
        let found = found.ok_or_else(|| Error::invalid_field("id", "there is no such upload"))?;
        let detail = format!("{id} {state}: {reason}");
        let store = self.audited_for("settle_upload", &found.scope.api_key, (&found.email, &found.scope.bank), &detail);
        if !store.settle_unknown(id, settled, reason, self.clock.now_ms()).await.map_err(storage)? {
            let why = format!("is {}: only one whose outcome is unknown can be settled", found.state.as_str());
            return Err(Error::invalid_field("id", why));
        }
        let settled = self.store.upload(id).await.map_err(storage)?;
        settled.map(described).ok_or_else(|| Error::invalid_field("id", "there is no such upload"))
    }
}

fn described(upload: JournalledUpload) -> UploadInfo {
    UploadInfo {
        id: upload.id,
        received: Timestamp::from_ms(upload.received).as_str().to_owned(),
        email: upload.email,
        bank: upload.scope.bank,
        file_type: upload.file_type,
        file_name: upload.file_name,
        size: upload.size,
        sha256: digest::hex(&upload.sha256),
        state: upload.state.as_str().to_owned(),
        detail: upload.detail,
    }
}
