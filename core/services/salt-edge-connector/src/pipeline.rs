//! A request of Salt Edge: routed, handled by the engine, answered.

use std::sync::Arc;

use bankchannel::salt_edge_connector::HandleRequestRequest;
use bankchannel_foundation::message::{OutResponse, trace_id};
use bankchannel_salt_edge::{
    class::{error_answer, of_connector as class},
    hub::CATALOGUE,
    model::HttpAnswer,
};
use hyper::{HeaderMap, Method, Response, StatusCode, header::HeaderValue};
use tokio_util::task::TaskTracker;

use super::service::ConnectorService;
use bankchannel_server::http::{
    answer::{self, AnswerBody},
    control::ControlState,
    forwarded::client_address,
    intake::{self, IntakeError},
    router::RouteMount,
    shell::{CounterpartApi, RoutedRequest},
};

/// Requests have no body. If there is one, it is read up to this size in bytes, and ignored.
const BODY_MAX: usize = 64 * 1024;
/// `Retry-After` in seconds, for failures and for failures ordered by the control interface.
const RETRY_AFTER: &str = "5";

/// Answers requests of Salt Edge.
pub(super) struct ConnectorPipeline {
    pub(super) service: Arc<ConnectorService>,
    mounts: [RouteMount; 1],
}

impl ConnectorPipeline {
    pub(super) fn new(service: Arc<ConnectorService>) -> Self {
        Self { service, mounts: [RouteMount::new("", CATALOGUE, |_| true)] }
    }
}

impl CounterpartApi for ConnectorPipeline {
    fn mounts(&self) -> impl Iterator<Item = &RouteMount> {
        self.mounts.iter()
    }

    fn control(&self) -> Option<&ControlState> {
        self.service.control.as_deref()
    }

    fn request_id(&self, _headers: &HeaderMap) -> String {
        String::new()
    }

    /// A request that changes something is completed even if the client disconnects; it wakes the workers.
    fn finishes(&self, asked: &RoutedRequest) -> Option<&TaskTracker> {
        (asked.head.method != Method::GET).then_some(&self.service.tasks)
    }

    async fn answer(&self, routed: RoutedRequest) -> Response<AnswerBody> {
        let observed = Arc::clone(&routed.observed);
        let client = client_address(&routed.head.headers, routed.peer.ip(), &self.service.trusted_proxy.now());
        let because = |reason: &'static str| observed.note(|facts| facts.reason = Some(reason));
        observed.note(|facts| {
            facts.client = Some(client);
            facts.trace_id = trace_of(&routed.head.headers).map(str::to_owned);
        });
        if let Err(why) = intake::plain(routed.body, BODY_MAX).await {
            let (text, status) = match why {
                IntakeError::Broken => ("the body has not arrived in time", 408),
                _ => ("the body has more than 64 KiB", 413),
            };
            because(class::WRONG_REQUEST_FORMAT.name);
            return failed(&error_answer(class::WRONG_REQUEST_FORMAT.name, text, status));
        }
        if let Some(status) = routed.ordered {
            let name = class::INTERNAL_SERVER_ERROR.name;
            because("ordered");
            return failed(&error_answer(name, "ordered by the control interface", status));
        }
        let mut asked = HandleRequestRequest::from(&routed.head);
        asked.at = self.service.at();
        match self.service.client().handle_request_with(asked, &self.service.options()).await {
            Ok(handled) => {
                if let Some(refused) = &handled.error_class {
                    because(class_name(refused));
                }
                if handled.has_work {
                    self.service.work.notify_one();
                }
                sent(handled.answer)
            }
            Err(error) => {
                because(class::INTERNAL_SERVER_ERROR.name);
                tracing::error!(code = error.code(), why = error.message(), "a request could not be handled");
                failed(&error_answer(class::INTERNAL_SERVER_ERROR.name, "the connector cannot handle this now", 503))
            }
        }
    }

    fn broken_off(&self, _request_id: &str) -> Response<AnswerBody> {
        failed(&error_answer(class::INTERNAL_SERVER_ERROR.name, "the connector has failed", 503))
    }
}

/// A class as one of those that there are: the bank's code may name any.
fn class_name(given: &str) -> &'static str {
    let known = class::ALL.iter().find(|known| known.name == given);
    known.map_or(class::INTERNAL_SERVER_ERROR.name, |known| known.name)
}

/// The trace that the request belongs to.
fn trace_of(headers: &HeaderMap) -> Option<&str> {
    trace_id(headers.get("traceparent")?.to_str().ok()?)
}

fn sent(message: HttpAnswer) -> Response<AnswerBody> {
    let (head, body) = Response::<String>::from(message).into_parts();
    let mut response = answer::json(head.status, body);
    response.headers_mut().extend(head.headers);
    response
}

fn failed(message: &OutResponse) -> Response<AnswerBody> {
    let mut response = answer::message(message).unwrap_or_else(|_| answer::empty(StatusCode::INTERNAL_SERVER_ERROR));
    if message.status == 503 {
        response.headers_mut().insert(hyper::header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
    }
    response
}
