//! A request of Salt Edge's: routed, handed to the engine, answered.

use std::sync::Arc;

use bankchannel::salt_edge_connector::flows::handle_request::HandleRequestRequest;
use bankchannel_foundation::message::{HeaderField, OutResponse};
use bankchannel_salt_edge::{
    class::{error_answer, of_connector as class},
    hub::CATALOGUE,
    model::HttpAnswer,
};
use hyper::{
    HeaderMap, Method, Response, StatusCode,
    header::{HeaderName, HeaderValue},
};
use tokio_util::task::TaskTracker;

use super::service::Service;
use crate::http::{
    answer::{self, AnswerBody},
    control::Control,
    intake,
    router::Mount,
    shell::{Api, Routed},
};

/// Requests have no body; what comes all the same is read up to here, bytes, and does not count.
const BODY_MAX: usize = 64 * 1024;
/// How soon the hub may come again where the connector was told to fail, or has failed, seconds.
const RETRY_AFTER: &str = "5";

/// Answers Salt Edge.
pub(super) struct Pipeline {
    pub(super) service: Arc<Service>,
    mounts: [Mount; 1],
}

impl Pipeline {
    pub(super) fn new(service: Arc<Service>) -> Self {
        Self { service, mounts: [Mount::of("", CATALOGUE, |_| true)] }
    }
}

impl Api for Pipeline {
    fn mounts(&self) -> impl Iterator<Item = &Mount> {
        self.mounts.iter()
    }

    fn control(&self) -> Option<&Control> {
        self.service.control.as_deref()
    }

    fn request_id(&self, _headers: &HeaderMap) -> String {
        String::new()
    }

    /// What changes something comes to its end, and wakes whoever works.
    fn finishes(&self, asked: &Routed) -> Option<&TaskTracker> {
        (asked.head.method != Method::GET).then_some(&self.service.tasks)
    }

    async fn answer(&self, routed: Routed) -> Response<AnswerBody> {
        if intake::plain(routed.body, BODY_MAX).await.is_err() {
            return failed(&error_answer(class::WRONG_REQUEST_FORMAT.name, "the body has more than 64 KiB", 413));
        }
        if let Some(status) = routed.ordered {
            let name = class::INTERNAL_SERVER_ERROR.name;
            return failed(&error_answer(name, "ordered by the control interface", status));
        }
        let headers = routed.head.headers.iter().map(|(name, value)| HeaderField {
            name: name.as_str().to_owned(),
            value: String::from_utf8_lossy(value.as_bytes()).into_owned(),
        });
        let asked = HandleRequestRequest {
            method: routed.head.method.as_str().to_owned(),
            target: routed.head.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned(),
            headers: headers.collect(),
            at: self.service.at(),
        };
        match self.service.client().handle_request(asked, &self.service.options()).await {
            Ok(handled) => {
                if handled.has_work {
                    self.service.work.notify_one();
                }
                sent(handled.answer)
            }
            Err(error) => {
                tracing::error!(code = error.code(), why = error.message(), "a request could not be handled");
                failed(&error_answer(class::INTERNAL_SERVER_ERROR.name, "the connector cannot take this now", 503))
            }
        }
    }

    fn broken_off(&self, _request_id: &str) -> Response<AnswerBody> {
        failed(&error_answer(class::INTERNAL_SERVER_ERROR.name, "the connector has failed", 503))
    }
}

fn sent(message: HttpAnswer) -> Response<AnswerBody> {
    let status = u16::try_from(message.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let mut response = answer::json(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), message.body);
    for HeaderField { name, value } in message.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn failed(message: &OutResponse) -> Response<AnswerBody> {
    let mut response = answer::message(message).unwrap_or_else(|_| answer::empty(StatusCode::INTERNAL_SERVER_ERROR));
    if message.status == 503 {
        response.headers_mut().insert(hyper::header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
    }
    response
}
