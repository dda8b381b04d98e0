//! Tells customers the outcome of uploads, where the answer to the call did not: by a message that the gateway mails.

use std::{sync::Arc, time::Duration};

use bankchannel_crypto::random;
use bankchannel_foundation::model::Timestamp;
use bankchannel_storage::ws_channel::{AuditEntry, JournalledUpload, StoreError, UploadState};
use bankchannel_transport::background;
use serde_json::json;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    WsChannelService,
    notices::{NoticeChannel, OutgoingNotice},
    service::BackgroundService,
};

/// How often it is looked for: another process may have settled one.
const LOOK: Duration = Duration::from_secs(1);
/// Uploads that are told at a time.
const PAGE: i64 = 100;
/// The operation of the audit trail.
const OPERATION: &str = "ws_channel.upload_alert";

/// Starts telling.
pub(crate) fn begin(service: &Arc<WsChannelService>, stop: &CancellationToken) -> JoinHandle<()> {
    let (service, stop) = (BackgroundService::new(service), stop.clone());
    background::spawn(async move {
        let work = async {
            let mut was_away = false;
            loop {
                tokio::time::sleep(LOOK).await;
                let told = tell_all(&service).await;
                if let (Err(why), false) = (&told, was_away) {
                    tracing::error!(%why, "customers cannot be told of their uploads yet");
                }
                was_away = told.is_err();
            }
        };
        let _ = stop.run_until_cancelled(work).await;
    })
}

async fn tell_all(service: &BackgroundService) -> Result<(), StoreError> {
    let now = service.now_ms();
    for upload in service.writer().take_untold(now, PAGE).await? {
        let text = text_of(&upload);
        if let Err(why) = service.outbox.hand_over(message_of(&upload, &text, now)).await {
            // Taken again in a minute.
            tracing::error!(%why, upload = upload.id, "a customer cannot be told of an upload yet");
            continue;
        }
        let entry = AuditEntry {
            at: now,
            request_id: random::uuid_v4(),
            api_key: upload.scope.api_key.clone(),
            email: upload.email.clone(),
            operation: OPERATION.into(),
            object: upload.scope.bank.clone(),
            outcome: "told".into(),
            detail: format!("{} {}", upload.id, upload.state.as_str()),
            ..AuditEntry::default()
        };
        service.writer().with_audit(entry).note_told(&upload.id, now).await?;
    }
    Ok(())
}

fn text_of(upload: &JournalledUpload) -> String {
    let state = match upload.state {
        UploadState::Accepted => "was received by the bank",
        UploadState::Failed => "was not taken by the bank",
        UploadState::Unknown => {
            "may have reached the bank, which is not known: do not send it again before it is settled"
        }
        UploadState::Received => "is on its way to the bank",
    };
    let received = Timestamp::from_ms(upload.received);
    let why = upload.message.as_deref().filter(|why| !why.is_empty()).map(|why| format!(": {why}")).unwrap_or_default();
    format!("the file {} of {received} for {} {state}{why}", upload.file_name, upload.scope.bank)
}

fn message_of(upload: &JournalledUpload, text: &str, now: i64) -> OutgoingNotice {
    let message = json!({
        "to": upload.email,
        "purpose": if upload.state == UploadState::Unknown { "upload_unknown" } else { "upload_settled" },
        "email": upload.email,
        "bank": upload.scope.bank,
        "upload_id": upload.id,
        "state": upload.state.as_str(),
        "file_name": upload.file_name,
        "file_type": upload.file_type,
        "message_id": upload.message_id,
        "uploaded_at": Timestamp::from_ms(upload.received).as_str(),
        "reason": upload.message,
        "text": text,
    });
    OutgoingNotice::alert(NoticeChannel::Email, now, message)
}
