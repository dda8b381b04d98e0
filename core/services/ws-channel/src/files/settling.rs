//! Uploads whose outcome is unknown: settled by the bank's own report, or by a person (docs/protocols/sepa-web-services.md §6.5).

use std::{fs::File, io::Read};

use bankchannel_foundation::model::Content;
use bankchannel_iso20022::{MAX_UNASKED, answers::UploadedMessage, read_message_file};
use bankchannel_storage::ws_channel::{FileScope, StoreError};
use bankchannel_transport::background;
use bytes::Bytes;
use jiff::{SignedDuration, civil::Date, tz::TimeZone};

use crate::{ServiceCall, WsChannelService};

/// Where the name of a message stands: in its first element.
const HEAD: usize = 4096;
/// Transactions that are read of a report at most.
const MOST: usize = 100_000;

/// The message id of a payment file; `None` if it has none, or is no ISO 20022 file.
pub(super) async fn message_id(content: Content) -> Option<String> {
    let work = move || {
        let open = || -> std::io::Result<Box<dyn Read>> {
            Ok(match &content {
                Content::Bytes(bytes) => Box::new(std::io::Cursor::new(bytes.clone())),
                Content::File { path, .. } => Box::new(File::open(path)?),
                _ => Box::new(std::io::empty()),
            })
        };
        UploadedMessage::read(open).ok().and_then(|file| file.message_id().map(str::to_owned))
    };
    background::blocking(work).await.ok().flatten()
}

/// Settles the uploads over this connection that a fetched status report names. Other files, and reports about other files,
/// settle nothing.
///
/// # Errors
/// Store faults.
pub(super) async fn settle_by(
    service: &WsChannelService,
    call: &ServiceCall,
    scope: &FileScope,
    file: &Bytes,
) -> Result<(), StoreError> {
    let head = &file[..file.len().min(HEAD)];
    if !head.windows(8).any(|part| part == b"pain.002") {
        return Ok(());
    }
    let file = file.clone();
    let named = background::blocking(move || named_messages(&file)).await.unwrap_or_default();
    for (message_id, day) in named {
        // A report of the day before the upload may be of a clock that is behind; an older one is about another file.
        let Ok(after) = day.checked_add(SignedDuration::from_hours(48)) else { continue };
        let Ok(until) = after.to_zoned(TimeZone::UTC) else { continue };
        let until_ms = until.timestamp().as_millisecond();
        let detail = format!("{message_id}: a status report names it");
        let store = call.settling_upload(service, &scope.bank, &detail);
        if let Some(id) = store.settle_by_report(scope, &message_id, until_ms, service.now_ms()).await?.0 {
            tracing::info!(upload = id, "an upload whose outcome was unknown is settled by a status report: accepted");
        }
    }
    Ok(())
}

/// The message ids that a report names, with its day.
fn named_messages(file: &[u8]) -> Vec<(String, Date)> {
    let Ok(read) = read_message_file(file, None, MOST, MAX_UNASKED) else { return Vec::new() };
    let named = read.reports().iter().filter_map(|report| {
        let day = report.created.as_ref()?.date;
        Some((report.original_message_id.clone()?, Date::new(day.year(), day.month(), day.day()).ok()?))
    });
    named.collect()
}
