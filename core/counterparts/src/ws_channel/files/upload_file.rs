//! `UploadFile` (docs/protocols/ws-channel.md §2.21, §5.2–§5.4).

use bankchannel_crypto::{digest, random};
use bankchannel_storage::ws_channel::{FileContent, Ground, NewUpload, PgpPurpose, UploadOutcome, UploadState};
use bankchannel_ws_channel::{
    Refusal,
    errors::texts,
    operations::files::upload_file::{UploadFileRequest, UploadFileResponse, UploadFileResponseFields},
};

use super::{
    content, may_transfer,
    signatures::{self, Signed},
};
use crate::ws_channel::{
    banks::{BANK_TIMEOUT, BankChannel, BankError, Outgoing, Reached, within},
    certs::OK,
    fault::Fault,
    service::{Call, Service},
};

/// How far back `reject_duplicate_uploads` looks (§10 S22).
const DUPLICATES_MS: i64 = 24 * 60 * 60 * 1000;

/// The checks stand in §5.2's order: a later one must not tell what an earlier one would have refused.
pub(crate) async fn handle(
    service: &Service,
    call: &Call,
    request: UploadFileRequest,
) -> Result<UploadFileResponse, Fault> {
    let session = may_transfer(call)?;
    let size = request.content.known_size().ok_or_else(|| Fault::internal("a taken body has a size"))?;
    if size > service.config.max_file_bytes {
        return Err(Refusal::invalid("FileContents").into());
    }
    if size == 0 {
        return Err((&texts::NO_CONTENT).into());
    }
    if request.signature.as_str().trim().is_empty() {
        return Err((&texts::NO_SIGNATURE).into());
    }
    let keys = signatures::authorize_keys(service, &session.email).await?;
    let armored = request.signature.as_str().to_owned();
    let signed = signatures::verify(service, &session.api_key, request.content, armored, keys, call.now_ms).await?;
    call.rely_on(Ground::PgpKeys {
        purpose: PgpPurpose::Authorize,
        fingerprints: signed.signers.clone(),
        least: signed.needed,
    });
    let reached = service.banks.reach(service, call, request.bank).await?;
    let channel = service.banks.channel(request.bank).ok_or(&texts::NO_CHANNEL)?;
    let upload = NewUpload {
        id: random::base32_lower(26),
        scope: reached.scope.clone(),
        email: session.email.clone(),
        file_type: request.file_type.as_str().to_owned(),
        file_name: request.file_name.as_str().to_owned(),
        sha256: signed.sha256,
        size: i64::try_from(size).unwrap_or(i64::MAX),
        signers: signed.signers.clone(),
        content: None,
        no_duplicate_since: service.config.reject_duplicate_uploads.then(|| call.now_ms - DUPLICATES_MS),
        // Not when the call came: a large body takes a while, and what is settled after a crash goes by this.
        now: service.now_ms(),
    };
    channel.check_upload(&upload)?;
    if channel.works_from_journal() {
        journal(service, call, channel, &reached, upload, signed).await?;
    } else {
        send(service, call, channel, &reached, upload, signed).await?;
    }
    Ok(UploadFileResponse::from(UploadFileResponseFields { response_text: OK.into() }))
}

/// The bank works from the journal: once the bytes and the record are on disk, in one commit, the upload is done.
async fn journal(
    service: &Service,
    call: &Call,
    channel: &dyn BankChannel,
    reached: &Reached,
    upload: NewUpload,
    signed: Signed,
) -> Result<(), Fault> {
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
        // After other faults nobody knows whether the journal names the bytes: they stay until leftovers are looked for.
        Err(why) => why.kept_nothing(),
    };
    if is_unnamed {
        content::discard(service, &path).await;
    }
    refuse_duplicate(recorded?)?;
    let connection = reached.connection(service, None, call.now_ms);
    // The bank only hears that there is work; whatever it does not hear now it finds later in the journal.
    channel.upload(&connection, &Outgoing { upload: &upload, content: &signed.content }).await.map_err(after_journal)
}

/// The bank gets the bytes now. The journal says so before, and what became of it after: an outcome that nobody knows is
/// recorded as such (§6.9).
async fn send(
    service: &Service,
    call: &Call,
    channel: &dyn BankChannel,
    reached: &Reached,
    upload: NewUpload,
    signed: Signed,
) -> Result<(), Fault> {
    refuse_duplicate(call.store(service).await?.record_upload(upload.clone()).await?)?;
    let connection = reached.connection(service, None, call.now_ms);
    let outgoing = Outgoing { upload: &upload, content: &signed.content };
    let answer = within(BANK_TIMEOUT, channel.upload(&connection, &outgoing)).await;
    let (state, why) = match &answer {
        Ok(()) => (UploadState::Accepted, String::new()),
        Err(why) if why.leaves_upload_unknown() => (UploadState::Unknown, why.to_string()),
        Err(why) => (UploadState::Failed, why.to_string()),
    };
    // The bank has it or not, whatever became of the session meanwhile.
    let store = call.settling_audited(service, &upload.scope.bank, &detail(&upload), state.as_str());
    store.finish_upload(&upload.id, state, &why, service.now_ms()).await.map_err(Fault::internal)?;
    answer.map_err(after_journal)
}

/// A fault of the store after the journal took the upload: 500, never the 503 that says "try again".
fn after_journal(why: BankError) -> Fault {
    match why {
        BankError::Store(why) => Fault::internal(why),
        other => other.into(),
    }
}

fn refuse_duplicate(outcome: UploadOutcome) -> Result<(), Fault> {
    match outcome {
        UploadOutcome::Recorded => Ok(()),
        UploadOutcome::Duplicate { .. } => Err(Refusal::invalid("FileContents").into()),
    }
}

/// What the audit trail keeps: enough to tell what was sent where, by whose keys, and nothing of the content (§10 S23).
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

/// Whose certificates it went with, when they are not the uploader's own.
fn lender(upload: &NewUpload) -> String {
    if upload.scope.email == upload.email {
        return String::new();
    }
    format!(" with certificates of {}", upload.scope.email)
}
