//! One attempt at an exchange, raced against its deadline and its cancellation.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bankchannel_foundation::{
    Error, Outcome,
    error::row,
    message::{Header, InResponse, OutRequest, trim},
};
use reqwest::header::{CONTENT_TYPE, HeaderValue};

use crate::{Plan, SegmentBody, Transport, failure, receive};

/// How far an attempt has come, readable from outside when it is aborted.
#[derive(Clone, Default)]
pub(crate) struct Progress {
    /// The connection was established and the body was requested: from here on the peer may have the request.
    pub(crate) started: Arc<AtomicBool>,
    /// The whole body was handed to the connection: before that, no server can have accepted the request.
    pub(crate) whole: Arc<AtomicBool>,
    /// A success status was seen.
    pub(crate) accepted: Arc<AtomicBool>,
}

pub(crate) async fn attempt(
    transport: &Transport,
    request: &OutRequest,
    plan: &mut Plan<'_>,
) -> Result<InResponse, Error> {
    let progress = Progress::default();
    // A request without a body gives no sign of being written: it counts as started.
    progress.started.store(request.body.is_empty(), Ordering::SeqCst);
    progress.whole.store(request.body.is_empty(), Ordering::SeqCst);
    let (deadline, cancel) = (plan.deadline, plan.cancel);
    let cut_off = async {
        match deadline {
            Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        result = run(transport, request, plan, &progress) => result,
        () = cut_off => Err(Error::new(&row::TIMED_OUT).with_outcome(outcome(&progress))),
        () = cancel.cancelled() => Err(Error::new(&row::CANCELLED).with_outcome(outcome(&progress))),
    }
}

fn outcome(progress: &Progress) -> Outcome {
    if progress.accepted.load(Ordering::SeqCst) {
        Outcome::Accepted
    } else if progress.started.load(Ordering::SeqCst) {
        Outcome::Unknown
    } else {
        Outcome::NotSent
    }
}

async fn run(
    transport: &Transport,
    request: &OutRequest,
    plan: &mut Plan<'_>,
    progress: &Progress,
) -> Result<InResponse, Error> {
    let method = reqwest::Method::from_bytes(request.method.as_bytes())
        .map_err(|_| Error::invalid_field("method", "is not an HTTP method").with_outcome(Outcome::NotSent))?;
    let may_have_body = matches!(method, reqwest::Method::POST | reqwest::Method::PUT);
    let client = transport.client().map_err(|error| error.with_outcome(Outcome::NotSent))?;
    let mut builder = client.request(method, format!("{}{}", transport.base_url, request.target));
    for Header { name, value } in request.headers.iter() {
        let mut header = HeaderValue::from_maybe_shared(value.slice_ref(trim(value))).map_err(|_| {
            Error::invalid_field(name, "is not allowed in an HTTP header").with_outcome(Outcome::NotSent)
        })?;
        header.set_sensitive(true);
        builder = builder.header(name, header);
    }
    if !request.body.is_empty() {
        let body = SegmentBody::open_apart(&request.body, Arc::clone(&progress.started)).await?;
        let body = body.observed_by(plan.observer.clone()).sent_by_a_client(Arc::clone(&progress.whole));
        if let (Some(media_type), 0) = (request.body.media_type(), request.headers.count("content-type")) {
            builder = builder.header(CONTENT_TYPE, HeaderValue::from_static(media_type));
        }
        builder = builder.body(reqwest::Body::wrap(body));
    } else if may_have_body {
        // A request that could have a body declares that it has none (RFC 9110 §8.6): servers refuse it otherwise.
        builder = builder.header("content-length", "0");
    }
    let response = builder.send().await.map_err(|error| failure::sending(error, progress))?;
    progress.accepted.store(response.status().is_success(), Ordering::SeqCst);
    receive::receive(response, transport.settings.max_answer_bytes, plan).await
}
