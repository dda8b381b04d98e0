//! `ListUploads` (docs/protocols/ws-channel.md §2.20).

use bankchannel_crypto::digest;
use bankchannel_foundation::model::Timestamp;
use bankchannel_storage::ws_channel::{FileScope, JournalledUpload, UploadState};
use bankchannel_ws_channel::{
    model::{UploadDescriptor, UploadStatus},
    operations::files::list_uploads::{ListUploadsRequest, ListUploadsResponse},
    service_texts,
};

use super::may_transfer;
use crate::{HandlerFault, ServiceCall, WsChannelService, certs::OK};

/// Uploads that are listed at most.
const LISTED_MAX: i64 = 1000;

pub(crate) async fn handle(
    service: &WsChannelService,
    call: &ServiceCall,
    request: ListUploadsRequest,
) -> Result<ListUploadsResponse, HandlerFault> {
    let session = may_transfer(call)?;
    service.banks.channel(request.bank).ok_or(&service_texts::NO_CHANNEL)?;
    let bank = request.bank.as_str().to_owned();
    let account = FileScope { api_key: session.api_key.clone(), email: session.email.clone(), bank };
    let uploads = service.store.uploads_of(&account, LISTED_MAX).await?;
    Ok(ListUploadsResponse::new(uploads.into_iter().map(described).collect(), OK.into()))
}

fn described(upload: JournalledUpload) -> UploadDescriptor {
    let status = match upload.state {
        UploadState::Received => UploadStatus::Received,
        UploadState::Accepted => UploadStatus::Accepted,
        UploadState::Failed => UploadStatus::Failed,
        UploadState::Unknown => UploadStatus::Unknown,
    };
    let uploaded_at = Timestamp::from_ms(upload.received);
    let sha256 = digest::hex(&upload.sha256);
    let (id, name, kind) = (upload.id, upload.file_name, upload.file_type);
    let mut described = UploadDescriptor::new(id, uploaded_at, name, kind, sha256, status);
    described.status_reason = upload.message.filter(|reason| !reason.is_empty());
    described.status_since = upload.finished.map(Timestamp::from_ms);
    described.message_id = upload.message_id;
    described
}
