//! Checks before the operations: ambiguous request heads, a data folder that is gone.

use std::{net::SocketAddr, sync::Arc};

use bankchannel_crypto::random;
use bankchannel_ws_channel::ServiceRefusal;
use hyper::{HeaderMap, Request, Response, Version, body::Incoming, header};

use super::{
    data::SPOOL,
    pipeline::{ServicePipeline, refuse},
    reasons::RefusalReason,
};
use bankchannel_server::http::{
    answer::{self, AnswerBody},
    framing::RequestFraming,
    intake,
    observed::ObservedRequest,
    shell,
};

/// Seconds after which a client may retry when the data folder is gone.
const RETRY_S: u64 = 5;

/// Answers one request.
pub(crate) async fn answer(
    pipeline: Arc<ServicePipeline>,
    request: Request<Incoming>,
    peer: SocketAddr,
) -> Response<AnswerBody> {
    let service = Arc::clone(&pipeline.service);
    let observed = ObservedRequest::of(request.extensions()).cloned();
    let because = |reason: RefusalReason| {
        if let Some(observed) = &observed {
            observed.note(|facts| facts.reason = Some(reason.as_str()));
        }
    };
    if !is_well_framed(&request) {
        because(RefusalReason::AmbiguousHead);
        intake::drain(request.into_body()).await;
        let mut refused = refuse(&ServiceRefusal::new(400, "Invalid request head"), &random::uuid_v4());
        // Later bytes on the connection are ambiguous.
        refused.headers_mut().insert(header::CONNECTION, header::HeaderValue::from_static("close"));
        return refused;
    }
    if service.folders.are_lost() {
        because(RefusalReason::FolderGone);
        intake::drain(request.into_body()).await;
        return lost();
    }
    let response = shell::answer(pipeline, request, peer).await;
    // Data written meanwhile may be lost with the folder.
    if service.folders.are_lost() && response.status().is_success() {
        because(RefusalReason::FolderGone);
        return lost();
    }
    answer::spilling(response, &service.data.join(SPOOL))
}

fn lost() -> Response<AnswerBody> {
    let refusal = ServiceRefusal {
        retry_after_s: Some(RETRY_S),
        ..ServiceRefusal::new(503, "Service busy, please try again later")
    };
    refuse(&refusal, &random::uuid_v4())
}

/// Whether all programs parse this head the same (RFC 9112 §2.2, §3.2, §6.3).
fn is_well_framed(request: &Request<Incoming>) -> bool {
    let framing = request.extensions().get::<RequestFraming>().copied().unwrap_or_default();
    !framing.bare_line_feed && framing.lengths <= 1 && has_one_meaning(request.version(), request.headers(), framing)
}

fn has_one_meaning(version: Version, headers: &HeaderMap, framing: RequestFraming) -> bool {
    let hosts = headers.get_all(header::HOST).iter().count();
    let both = framing.lengths > 0 && headers.contains_key(header::TRANSFER_ENCODING);
    !both && (version != Version::HTTP_11 || hosts == 1) && hosts <= 1
}
