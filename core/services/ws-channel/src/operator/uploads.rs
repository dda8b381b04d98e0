//! Uploads in the journal: those whose outcome is unknown end by a report of the bank, or by a person.

use std::sync::Arc;

use bankchannel_crypto::digest;
use bankchannel_foundation::{
    Error, Result,
    clock::Clock as _,
    model::{Boundary, Timestamp},
    operation::OperatorForm,
};
use bankchannel_server::operator_commands;
use bankchannel_storage::ws_channel::{JournalledUpload, UploadState};
use serde_json::Value;

use super::api::AdminApi;
use crate::data::storage;

operator_commands! {
    /// Commands about uploads.
    pub(super) static UPLOAD_COMMANDS: AdminApi, "ws-channel";

    /// List uploads, with what the bank is asked by: by default those of which it is unknown whether it has them.
    ///
    /// The oldest first, at most 10000.
    ListUploads("ws_channel_operator.uploads", OperatorForm {
        examples: &[""],
        notes: of_more_uploads,
        ..OperatorForm::reading("upload-list")
    }): UploadQuery => UploadListing, async AdminApi::uploads;

    /// Record what the bank has said about an upload whose outcome is unknown.
    ///
    /// The customer is told the reason, and it is recorded.
    SettleUpload("ws_channel_operator.settle_upload", OperatorForm {
        examples: &["--id ID --state accepted --reason 'asked the bank on 20 November: it has the file'"],
        ..OperatorForm::changing("upload-settle")
    }): UploadSettlement => OneUpload, async AdminApi::settle_upload;
}

/// Uploads that are listed at most, the oldest.
pub const LISTED_UPLOADS_MAX: usize = 10_000;

/// Which uploads are listed.
#[derive(Debug, Clone, Default, Boundary)]
pub(super) struct UploadQuery {
    /// Their state. Default: `unknown`.
    pub(super) state: Option<ListedUploadState>,
}

/// The state of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
pub(super) enum ListedUploadState {
    /// It is not acknowledged yet, or waits for the bank.
    Received,
    /// The bank has it.
    Accepted,
    /// The bank refused it, or has not got it.
    Failed,
    /// Whether the bank has it is unknown.
    Unknown,
}

/// What a person has learnt of an upload from the bank.
#[derive(Debug, Clone, Boundary)]
pub(super) struct UploadSettlement {
    /// The upload, from upload-list.
    pub(super) id: String,
    /// What the bank has said.
    pub(super) state: SettledState,
    /// How you know it: whom you asked, and when; the customer is told.
    pub(super) reason: String,
}

/// How an upload is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
pub(super) enum SettledState {
    /// The bank has the file.
    Accepted,
    /// The bank has not got the file.
    Failed,
    /// It stays unknown, and the same file may be sent once more.
    SendAnyway,
}

/// Uploads.
#[derive(Debug, Boundary)]
pub(super) struct UploadListing {
    /// The uploads, the oldest first.
    pub(super) uploads: Vec<UploadInfo>,
}

/// An upload after a command.
#[derive(Debug, Boundary)]
pub(super) struct OneUpload {
    /// The upload.
    pub(super) upload: UploadInfo,
}

/// An upload in the journal.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
pub struct UploadInfo {
    /// Its id.
    pub id: String,
    /// When it was received, RFC 3339.
    pub received: String,
    /// The uploading account.
    pub email: String,
    /// The account whose certificate was used, if it is another one.
    pub lender: Option<String>,
    /// The bank.
    pub bank: String,
    /// The customer's id at the bank. The bank is asked by this and the next ones.
    pub customer_id: Option<String>,
    /// The message id of the file.
    pub message_id: Option<String>,
    /// The RequestId of the request that sent it.
    pub request_id: Option<String>,
    /// The time of that request, as the bank has it.
    pub request_timestamp: Option<String>,
    /// The file type.
    pub file_type: String,
    /// The file's name.
    pub file_name: String,
    /// Bytes.
    pub size: i64,
    /// SHA-256 of the bytes, hex.
    pub sha256: String,
    /// `received`, `accepted`, `failed` or `unknown`.
    pub state: String,
    /// Why.
    pub detail: String,
    /// Whether its bytes may be sent once more although it is unknown.
    pub may_repeat: bool,
    /// When it came into this state, RFC 3339.
    pub ended: Option<String>,
}

impl AdminApi {
    async fn uploads(self: Arc<Self>, query: UploadQuery) -> Result<UploadListing> {
        let state = match query.state {
            Some(ListedUploadState::Received) => UploadState::Received,
            Some(ListedUploadState::Accepted) => UploadState::Accepted,
            Some(ListedUploadState::Failed) => UploadState::Failed,
            Some(ListedUploadState::Unknown) | None => UploadState::Unknown,
        };
        let max = i64::try_from(LISTED_UPLOADS_MAX).unwrap_or(i64::MAX);
        let found = self.store.uploads_in_state(state, max).await.map_err(storage)?;
        Ok(UploadListing { uploads: found.into_iter().map(described).collect() })
    }

    async fn settle_upload(self: Arc<Self>, settlement: UploadSettlement) -> Result<OneUpload> {
        let UploadSettlement { id, state, reason } = settlement;
        let (word, settled) = match state {
            SettledState::Accepted => ("accepted", Some(UploadState::Accepted)),
            SettledState::Failed => ("failed", Some(UploadState::Failed)),
            SettledState::SendAnyway => ("send_anyway", None),
        };
        if reason.trim().is_empty() {
            return Err(Error::invalid_field("reason", "says how you know it: whom you asked, and when"));
        }
        let found = self.store.upload(&id).await.map_err(storage)?;
        let found = found.ok_or_else(|| Error::invalid_field("id", "there is no such upload"))?;
        let detail = format!("{id} {word}: {reason}");
        let store = self.audited_for("settle_upload", &found.scope.api_key, (&found.email, &found.scope.bank), &detail);
        let is_done = match settled {
            Some(settled) => store.settle_unknown(&id, settled, &reason, self.clock.now_ms()).await,
            None => store.allow_repeat(&id).await,
        };
        if !is_done.map_err(storage)? {
            let why = format!("is {}: only one whose outcome is unknown can be settled", found.state.as_str());
            return Err(Error::invalid_field("id", why));
        }
        let settled = self.store.upload(&id).await.map_err(storage)?;
        let settled = settled.map(|upload| OneUpload { upload: described(upload) });
        settled.ok_or_else(|| Error::invalid_field("id", "there is no such upload"))
    }
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

fn of_more_uploads(_: &Value, answer: &Value) -> Vec<String> {
    let count = answer["uploads"].as_array().map_or(0, Vec::len);
    let is_full = count >= LISTED_UPLOADS_MAX;
    is_full.then(|| format!("the oldest {LISTED_UPLOADS_MAX} are listed; there may be more")).into_iter().collect()
}
