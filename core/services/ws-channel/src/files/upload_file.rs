//! `UploadFile` (docs/protocols/ws-channel.md §2.21, §5.2–§5.4).

use bankchannel_crypto::{digest, random};
use bankchannel_foundation::model::Timestamp;
use bankchannel_storage::ws_channel::{FileContent, NewUpload, PgpPurpose, RequiredRight, UploadOutcome, UploadState};
use bankchannel_ws_channel::{
    ServiceRefusal,
    operations::files::upload_file::{UploadFileRequest, UploadFileResponse},
    service_texts,
};

use super::{
    content, may_transfer, settling,
    signatures::{self, SignedUpload},
};
use crate::{
    HandlerFault, ServiceCall, WsChannelService,
    banks::{BANK_TIMEOUT, BankChannel, BankError, OutgoingFile, ReachedConnection, within},
    certs::OK,
};

/// The period that `reject_duplicate_uploads` checks (§10 S22).
const DUPLICATES_MS: i64 = 24 * 60 * 60 * 1000;

/// The checks follow the order of §5.2: a later one must not reveal what an earlier one would have refused.
pub(crate) async fn handle(
    service: &WsChannelService,
    call: &ServiceCall,
    request: UploadFileRequest,
) -> Result<UploadFileResponse, HandlerFault> {
    let session = may_transfer(call)?;
    let size = request.content.known_size().ok_or_else(|| HandlerFault::internal("a taken body has a size"))?;
    if size > service.config.max_file_bytes {
        return Err(ServiceRefusal::invalid("FileContents").into());
    }
    if size == 0 {
        return Err((&service_texts::NO_CONTENT).into());
    }
    if request.signature.as_str().trim().is_empty() {
        return Err((&service_texts::NO_SIGNATURE).into());
    }
    let keys = signatures::authorize_keys(service, &session.email).await?;
    let armored = request.signature.as_str().to_owned();
    let signed = signatures::verify(service, &session.api_key, request.content, armored, keys, call.now_ms).await?;
    call.rely_on(RequiredRight::PgpKeys {
        purpose: PgpPurpose::Authorize,
        fingerprints: signed.signers.clone(),
        least: signed.needed,
    });
    let reached = service.banks.reach(service, call, request.bank).await?;
    let channel = service.banks.channel(request.bank).ok_or(&service_texts::NO_CHANNEL)?;
    let message_id = match channel.works_from_journal() {
        true => None,
        false => settling::message_id(signed.content.clone()).await,
    };
    let upload = NewUpload {
        id: random::base32_lower(26),
        scope: reached.scope.clone(),
        email: session.email.clone(),
        file_type: request.file_type.as_str().to_owned(),
        file_name: request.file_name.as_str().to_owned(),
        sha256: signed.sha256,
        size: i64::try_from(size).unwrap_or(i64::MAX),
        signers: signed.signers.clone(),
        message_id,
        content: None,
        no_duplicate_since: service.config.reject_duplicate_uploads.then(|| call.now_ms - DUPLICATES_MS),
        // Not the arrival of the call: a large body takes a while, and the cleanup after a crash goes by this time.
        now: service.now_ms(),
    };
    channel.check_upload(&reached.connection(service, None, call.now_ms), &upload).await?;
    if channel.works_from_journal() {
        journal(service, call, channel, &reached, upload, signed).await?;
    } else {
        send(service, call, channel, &reached, upload, signed).await?;
    }
    Ok(UploadFileResponse::new(OK.into()))
}

/// The bank works from the journal: once bytes and record are on disk, in one commit, the upload is complete.
async fn journal(
    service: &WsChannelService,
    call: &ServiceCall,
    channel: &dyn BankChannel,
    reached: &ReachedConnection,
    upload: NewUpload,
    signed: SignedUpload,
) -> Result<(), HandlerFault> {
    let kept = content::keep(service, signed.content.clone()).await?;
    let path = match &kept {
        FileContent::External { path, .. } => vec![path.clone()],
        FileContent::Inline(_) => Vec::new(),
    };
    let upload = NewUpload { content: Some(kept), ..upload };
    let store = call.audited_store(service, &upload.scope.bank, &detail(&upload)).await?;
    let recorded = store.record_upload(upload.clone()).await;
    let is_unnamed = match &recorded {
        Ok(outcome) => *outcome != UploadOutcome::Recorded,
        // After other faults it is unknown whether the journal names the bytes: they stay until the search for
        // leftovers.
        Err(why) => why.kept_nothing(),
    };
    if is_unnamed {
        content::discard(service, &path).await;
    }
    refuse_duplicate(service, recorded?).await?;
    let connection = reached.connection(service, None, call.now_ms);
    // Only a signal for the bank; if it misses one, it finds the upload later in the journal.
    channel
        .upload(&connection, &OutgoingFile { upload: &upload, content: &signed.content })
        .await
        .map_err(after_journal)
}

/// Sends the bytes to the bank now. The journal records this before, and the outcome after; an unknown outcome is
/// recorded as such (§6.9).
async fn send(
    service: &WsChannelService,
    call: &ServiceCall,
    channel: &dyn BankChannel,
    reached: &ReachedConnection,
    upload: NewUpload,
    signed: SignedUpload,
) -> Result<(), HandlerFault> {
    refuse_duplicate(service, call.store(service).await?.record_upload(upload.clone()).await?).await?;
    let connection = reached.connection(service, None, call.now_ms);
    let outgoing = OutgoingFile { upload: &upload, content: &signed.content };
    let answer = within(BANK_TIMEOUT, channel.upload(&connection, &outgoing)).await;
    let (state, why) = match &answer {
        Ok(()) => (UploadState::Accepted, String::new()),
        Err(why) if why.leaves_upload_unknown() => (UploadState::Unknown, why.to_string()),
        Err(why) => (UploadState::Failed, why.to_string()),
    };
    // The bank has the file or not, whatever happened to the session meanwhile.
    let store = call.settling_audited(service, &upload.scope.bank, &detail(&upload), state.as_str());
    store.finish_upload(&upload.id, state, &why, service.now_ms()).await.map_err(HandlerFault::internal)?;
    answer.map_err(after_journal)
}

/// A store fault after the journal accepted the upload: 500, never a 503, which invites a retry.
fn after_journal(why: BankError) -> HandlerFault {
    match why {
        BankError::Store(why) => HandlerFault::internal(why),
        other => other.into(),
    }
}

async fn refuse_duplicate(service: &WsChannelService, outcome: UploadOutcome) -> Result<(), HandlerFault> {
    let UploadOutcome::Duplicate { of } = outcome else { return Ok(()) };
    let earlier = service.store.upload(&of).await?;
    let when = earlier.map(|earlier| format!(" at {}", Timestamp::from_ms(earlier.received))).unwrap_or_default();
    // The text that published clients know; the detail is more specific.
    let detail = format!("a duplicate: the same bytes were uploaded to this bank{when}");
    Err(ServiceRefusal::invalid("FileContents").with_detail(detail).into())
}

/// The audit detail: enough to identify the file, its bank and its signers, but none of the content (§10 S23).
fn detail(upload: &NewUpload) -> String {
    format!(
        "{} {:?} {} bytes sha256 {} signed by {}",
        upload.file_type,
        upload.file_name,
        upload.size,
        digest::hex(&upload.sha256),
        upload.signers.join(" "),
    ) + &lender(upload)
}

/// The owner of the certificates used, if it is not the uploader.
fn lender(upload: &NewUpload) -> String {
    if upload.scope.email == upload.email {
        return String::new();
    }
    format!(" with certificates of {}", upload.scope.email)
}
