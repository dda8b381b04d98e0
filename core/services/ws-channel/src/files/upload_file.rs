//! `UploadFile` (docs/protocols/ws-channel.md §2.21, §5.2–§5.4).

use std::sync::Arc;

use bankchannel_crypto::{digest, random};
use bankchannel_foundation::model::Timestamp;
use bankchannel_storage::ws_channel::{
    AuditEntry, FileContent, JournalledUpload, NewUpload, PgpPurpose, RequiredRight, UploadEnd, UploadOutcome,
    UploadState,
};
use bankchannel_transport::background;
use bankchannel_ws_channel::{
    ServiceRefusal,
    operations::files::upload_file::{UploadFileRequest, UploadFileResponse},
    service_texts,
};
use tokio::sync::oneshot;

use super::{
    content, may_transfer, settling,
    signatures::{self, SignedUpload},
    upload_exchange::UploadExchange,
};
use crate::{
    HandlerFault, ServiceCall, WsChannelService,
    banks::{self, BankChannel, BankError, ConnectionTurn, OutgoingFile, ReachedConnection},
    certs::OK,
    service::FinalStep,
};

/// The customer's message about an upload that was given up before it was sent.
const NOT_SENT: &str = "nothing of it was sent to the bank";
/// When a caller may try again.
const RETRY_S: u64 = 5;

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
    if size > service.config().max_file_bytes {
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
        at_bank: channel.upload_ids(&reached.connection(service, None, call.for_bank())),
        send_anyway: request.send_anyway == Some(true),
        content: None,
        no_duplicate_since: service.config().reject_duplicate_uploads.then(|| call.now_ms - DUPLICATES_MS),
        // Not the arrival of the call: a large body takes a while, and the cleanup after a crash goes by this time.
        now: service.now_ms(),
    };
    channel.check_upload(&reached.connection(service, None, call.for_bank()), &upload).await?;
    if channel.works_from_journal() {
        journal(service, call, &*channel, &reached, upload, signed).await?;
    } else {
        send(service, call, channel, reached, upload, signed).await?;
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
    refuse_unrecorded(service, call, recorded?).await?;
    let connection = reached.connection(service, None, call.for_bank());
    // Only a signal for the bank; if it misses one, it finds the upload later in the journal.
    channel
        .upload(&connection, &OutgoingFile { upload: &upload, content: &signed.content })
        .await
        .map_err(after_journal)
}

/// Sends the bytes to the bank now. The journal records this before, with the ids by which the bank is asked, and the
/// outcome after; an unknown outcome is recorded as such (§6.9).
async fn send(
    service: &WsChannelService,
    call: &ServiceCall,
    channel: Arc<dyn BankChannel>,
    reached: ConnectionTurn,
    upload: NewUpload,
    signed: SignedUpload,
) -> Result<(), HandlerFault> {
    let whole = service.itself.upgrade().ok_or_else(|| HandlerFault::internal("the service has ended"))?;
    if service.unstored.is_full() {
        return Err(unavailable());
    }
    let (bank, detail) = (upload.scope.bank.clone(), detail(&upload));
    let recorded = call.store(service).await?.record_upload(upload.clone()).await;
    if let Err(why) = &recorded
        && !why.kept_nothing()
    {
        // The journal may have it all the same. It was certainly not sent.
        tracing::error!(%why, upload = upload.id, "whether the journal has an upload is unknown: nothing of it is sent");
        let end = UploadEnd::answered(UploadState::Failed, "not sent: the journal did not answer", NOT_SENT);
        let entry = AuditEntry { outcome: end.state.as_str().to_owned(), ..call.settling_entry(&bank, &detail) };
        let store = call.settling(service).recorded(entry);
        service.unstored.add(FinalStep::end_upload(store, &upload.id, end, service.now_ms()));
        return Err(unavailable());
    }
    refuse_unrecorded(service, call, recorded?).await?;
    let (answer, answered) = oneshot::channel();
    let exchange = UploadExchange {
        service: whole,
        channel,
        upload,
        content: signed.content,
        settling: call.settling(service),
        entry: call.settling_entry(&bank, &detail),
        request_id: call.request_id.clone(),
    };
    let (connection, now_ms) = (reached.connection_alone(), call.now_ms);
    // It goes on when the caller has been told that the outcome is unknown: the bank's answer settles it then.
    drop(background::spawn(exchange.run(connection, (reached, service.running.token()), now_ms, answer)));
    answered.await.map_err(|_| HandlerFault::internal("the exchange with the bank broke off"))?
}

/// A store fault after the journal accepted the upload: 500, never a 503, which invites a retry.
pub(super) fn after_journal(why: BankError) -> HandlerFault {
    match why {
        BankError::Store(why) => HandlerFault::internal(why),
        other => other.into(),
    }
}

/// Nothing was sent, and nothing is known to be stored: the same call may be repeated.
fn unavailable() -> HandlerFault {
    ServiceRefusal { retry_after_s: Some(RETRY_S), ..(&service_texts::SERVICE_UNAVAILABLE).into() }.into()
}

async fn refuse_unrecorded(
    service: &WsChannelService,
    call: &ServiceCall,
    outcome: UploadOutcome,
) -> Result<(), HandlerFault> {
    let of = match outcome {
        UploadOutcome::Recorded => return Ok(()),
        UploadOutcome::Paused(pause) => return Err(banks::paused(call, &pause).into()),
        UploadOutcome::Duplicate { of } => of,
        UploadOutcome::Unsettled { of } => {
            let detail = match service.store.upload(&of).await? {
                Some(earlier) => describe_unsettled(&earlier),
                None => of,
            };
            return Err(ServiceRefusal::from(&service_texts::SAME_FILE_UNSETTLED).with_detail(detail).into());
        }
    };
    let earlier = service.store.upload(&of).await?;
    let when = earlier.map(|earlier| format!(" at {}", Timestamp::from_ms(earlier.received))).unwrap_or_default();
    // The text that published clients know; the detail is more specific.
    let detail = format!("a duplicate: the same bytes were uploaded to this bank{when}");
    Err(ServiceRefusal::invalid("FileContents").with_detail(detail).into())
}

/// The upload that the same bytes were sent with before.
fn describe_unsettled(earlier: &JournalledUpload) -> String {
    let message_id = earlier.message_id.as_ref().map(|id| format!(", message id {id}")).unwrap_or_default();
    let state = match earlier.state {
        UploadState::Received => "still on its way to the bank",
        _ => "unknown",
    };
    format!(
        "upload {} of {} ({}{message_id}) is {state}; SendAnyway sends the same bytes a second time",
        earlier.id,
        Timestamp::from_ms(earlier.received),
        earlier.file_name,
    )
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
        + &format!(" as {}", upload.id)
        + if upload.send_anyway { " although an earlier one may be unknown" } else { "" }
}

/// The owner of the certificates used, if it is not the uploader.
fn lender(upload: &NewUpload) -> String {
    if upload.scope.email == upload.email {
        return String::new();
    }
    format!(" with certificates of {}", upload.scope.email)
}
