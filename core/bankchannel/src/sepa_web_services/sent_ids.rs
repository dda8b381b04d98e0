//! The ids for asking the bank about a failed exchange: those of its request, the message id of its file.

use std::io::Read;

use bankchannel_foundation::{CallOutcome, Error, Result, error::Peer};
use bankchannel_iso20022::answers::UploadedMessage;
use bankchannel_transport::background;
use flate2::read::GzDecoder;

use crate::client::source::UploadSource;

/// The ids of an attempt.
#[derive(Debug, Clone, Default)]
pub(super) struct SentIds {
    pub(super) request_id: String,
    pub(super) timestamp: String,
    pub(super) digest: Vec<u8>,
}

/// The error of an exchange with the ids by which the bank knows the request. Only an answer that was believed says that
/// the bank has done something: HTTP's word does not count.
pub(super) fn with_ids(error: Error, is_believed: bool, ids: Option<SentIds>) -> Error {
    let is_believed = is_believed || error.detail("authenticated") == Some("true");
    let error = match error.outcome() {
        Some(CallOutcome::Accepted) if !is_believed => error.with_outcome(CallOutcome::Unknown),
        _ => error,
    };
    let Some(ids) = ids.filter(|_| error.outcome() != Some(CallOutcome::NotSent)) else { return error };
    let peer = error.peer().cloned().unwrap_or_default();
    let error = error.with_peer(Peer { request_id: Some(ids.request_id), ..peer });
    error.with("request_timestamp", ids.timestamp)
}

/// The error of an upload whose outcome is not known, with the message id of its file: a report that names it settles it.
pub(super) async fn with_message_id(error: Error, source: UploadSource, is_compressed: bool) -> Error {
    let reading = background::blocking(move || {
        let open = || -> Result<Box<dyn Read>> {
            let packed = source.reader()?;
            Ok(if is_compressed { Box::new(GzDecoder::new(packed)) } else { Box::new(packed) })
        };
        UploadedMessage::read(open).ok().and_then(|file| file.message_id().map(str::to_owned))
    });
    match reading.await {
        Ok(Some(message_id)) => error.with("message_id", message_id),
        _ => error,
    }
}
