//! An acknowledged payment that can no longer be processed: reports it to the operator, the customer and the journal.

use bankchannel_bank_simulator::{AnswerIds, created_at, write::status_report};
use bankchannel_crypto::{digest, random};
use bankchannel_iso20022::{
    data::Code,
    status::{StatusReason, StatusReport},
};
use bankchannel_storage::ws_channel::{
    AuditEntry, BookOutcome, FileContent, JournalledUpload, ProcessedUpload, StoreError, UploadState,
};
use jiff::Timestamp;

use super::{NO_ACCOUNT, PAYMENT, STATUS_REPORT, file, payments_set_aside::GivenUp};
use crate::{files::content, service::BackgroundService};

/// Settles it as failed in one transaction: the reason in the journal, a status report that rejects the file for the
/// customer, and a record in the audit trail. Nothing is booked.
pub(super) async fn settle(
    service: &BackgroundService,
    upload: &JournalledUpload,
    given_up: &GivenUp,
) -> Result<(), StoreError> {
    let now = service.now_ms();
    let files = match status_report(&report(upload, given_up.told, now)) {
        Ok(report) => vec![file(STATUS_REPORT, NO_ACCOUNT, now, FileContent::Inline(report))],
        Err(problems) => {
            tracing::error!(upload = upload.id, ?problems, "no status report can be written for a lost payment");
            Vec::new()
        }
    };
    let why = format!("acknowledged, then given up: {}", given_up.why);
    let entry = AuditEntry {
        at: now,
        request_id: random::uuid_v4(),
        api_key: upload.scope.api_key.clone(),
        email: upload.email.clone(),
        operation: "ws_channel.upload_file".into(),
        outcome: UploadState::Failed.as_str().into(),
        object: upload.scope.bank.clone(),
        detail: format!("{} sha256 {} {why}", upload.id, digest::hex(&upload.sha256)),
        ..AuditEntry::default()
    };
    let booking = ProcessedUpload {
        scope: upload.scope.clone(),
        upload_id: upload.id.clone(),
        state: UploadState::Failed,
        detail: why,
        message_id: None,
        changes: Vec::new(),
        files,
        now,
    };
    if service.writer().with_audit(entry).book(booking).await? == BookOutcome::Booked {
        let why = &given_up.why;
        tracing::error!(upload = upload.id, why, "an acknowledged payment is given up: its customer gets a rejection");
        // The journal no longer names it; the checksum in the audit trail identifies it.
        if let Some(FileContent::External { path, .. }) = &upload.content {
            content::discard(service, std::slice::from_ref(path)).await;
        }
    }
    Ok(())
}

/// A rejection that identifies the file: the payment's own ids were lost with its content.
fn report(upload: &JournalledUpload, told: &str, now: i64) -> StatusReport {
    let text = format!(
        "The service accepted this file and could not process it: {told}. Nothing was booked. Send the file again. \
         File {}, {} bytes, received {}, SHA-256 {}",
        upload.file_name,
        upload.size,
        time(upload.received),
        digest::hex(&upload.sha256),
    );
    let mut reason = StatusReason::default();
    (reason.code, reason.information) = (Some(Code::new("NARR")), vec![text]);
    let mut report = StatusReport::default();
    report.id = Some(format!("PSR-{}", &upload.id[..upload.id.len().min(AnswerIds::MAX_LENGTH)]));
    report.created = created_at(instant(now));
    report.original_message_id = Some("NOTPROVIDED".to_owned());
    report.original_message_name = Some(PAYMENT.to_owned());
    report.status = Some(Code::new("RJCT"));
    report.reasons = vec![reason];
    report
}

fn instant(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn time(ms: i64) -> String {
    instant(ms).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
