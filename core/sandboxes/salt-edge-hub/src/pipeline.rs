//! A request of a connector: authentication, JWT, the handler of its operation, the answer.

use std::{sync::Arc, time::Instant};

use bankchannel_crypto::{digest::sha256, jws::CompactJws};
use bankchannel_foundation::{
    Error,
    clock::Clock as _,
    message::{Headers, OutResponse, Segment},
    model::{Object, Timestamp, Value as Model},
    operation::Exchange,
};
use bankchannel_salt_edge::{
    class::{FailureClass, RefusedRequest, error_answer as refused, of_hub as class},
    codec::{SaltEdge, read_request},
    connector::CATALOGUE,
    envelope::after_bearer,
    model::{Instant as WireInstant, with_colon},
};
use hyper::{HeaderMap, Response, StatusCode, header::AUTHORIZATION};
use serde_json::Value;

use super::{
    records::{CallbackForm, MessageDirection, RecordedMessage},
    service::PlayedHub,
};
use bankchannel_server::http::{
    answer::{self, AnswerBody},
    control::ControlState,
    intake::{self, IntakeError},
    router::{RouteMatch, RouteMount},
    shell::{CounterpartApi, RoutedRequest},
};

/// Callbacks have no body. If there is one, it is read up to this size in bytes.
const BODY_MAX: usize = 64 * 1024;

/// Answers requests of connectors.
pub(super) struct HubPipeline {
    pub(super) hub: Arc<PlayedHub>,
    mounts: [RouteMount; 1],
}

/// A connector's request with the verified JWT.
pub(super) struct ConnectorRequest<'a> {
    /// The data in the JWT.
    data: Object<'static>,
    pub(super) headers: &'a Headers,
}

type HubHandler = fn(&PlayedHub, ConnectorRequest<'_>) -> Result<OutResponse, RequestProblem>;

/// Why a request fails.
pub(super) enum RequestProblem {
    /// An error class of the hub.
    Class(&'static FailureClass, &'static str),
    /// The JWT is refused.
    Refused(RefusedRequest),
    /// The request cannot be decoded.
    Unreadable(Error),
}

impl From<&'static FailureClass> for RequestProblem {
    fn from(class: &'static FailureClass) -> Self {
        Self::Class(class, class.meaning)
    }
}

macro_rules! handlers {
    ($($kind:ident $subject:ident::$file:ident::$name:ident;)+) => {
        /// The handler of each operation, at the operation's index in the catalogue.
        static HANDLERS: &[Option<HubHandler>] = &[$(handlers!(@one $kind $subject $file)),+];
    };
    (@one exchange $subject:ident $file:ident) => { Some(super::$subject::$file::handle) };
    (@one local $($rest:tt)*) => { None };
}

bankchannel_salt_edge::for_each_connector_operation!(handlers);

impl HubPipeline {
    pub(super) fn new(hub: Arc<PlayedHub>) -> Self {
        Self { hub, mounts: [RouteMount::new("", CATALOGUE, |_| true)] }
    }

    fn respond(
        &self,
        handler: HubHandler,
        operation: &str,
        headers: &HeaderMap,
        warnings: &mut Vec<String>,
    ) -> Result<OutResponse, RequestProblem> {
        let headers: Headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes().to_vec())).collect();
        let one = |name: &str| if headers.count(name) == 1 { headers.text(name) } else { None };
        let jwt = one("authorization").and_then(after_bearer).ok_or(&class::AUTHORIZATION_MISSING)?;
        let provider = one("app-id").zip(one("app-secret"));
        if !provider.is_some_and(|(app_id, app_secret)| self.hub.knows(app_id, app_secret)) {
            return Err(RequestProblem::Class(
                &class::PROVIDER_NOT_FOUND,
                "No provider has this App-Id and App-Secret.",
            ));
        }
        let mut data = self.hub.verifier.open(jwt.trim(), self.hub.clock.now_s()).map_err(RequestProblem::Refused)?;
        warnings.extend(as_documented(&mut data, operation));
        let session = data.get("session_secret").and_then(|secret| secret.as_str()).map(str::to_owned);
        if let (Some(session), Some(token)) = (&session, data.get("token").and_then(|token| token.as_str())) {
            self.hub.state.offer(session, token);
        }
        let ordered = session.and_then(|session| self.hub.state.ordered(&session, operation));
        match ordered {
            None => handler(&self.hub, ConnectorRequest { data, headers: &headers }),
            Some(order) => {
                if order.done {
                    // The report takes effect, but the connector does not learn it.
                    handler(&self.hub, ConnectorRequest { data, headers: &headers })?;
                }
                let mut answer = refused(&order.error_class, "ordered by the control interface", order.status);
                if let Some(seconds) = order.retry_after_s {
                    answer.headers.push("Retry-After", seconds.to_string());
                }
                Ok(answer)
            }
        }
    }

    /// Records a connector's message and its answer.
    fn record(&self, routed: &ReceivedReport, answer: &OutResponse, warnings: Vec<String>) {
        let payload = routed.jwt.as_deref().and_then(payload);
        let text = |bytes: &OutResponse| match bytes.body.segments() {
            [Segment::Literal(bytes)] => serde_json::from_slice(bytes).unwrap_or_default(),
            _ => Value::Null,
        };
        let said: Value = text(answer);
        let data = payload.as_ref().map(|payload| payload["data"].clone()).unwrap_or_default();
        let claims = payload.as_ref().and_then(Value::as_object);
        let form = CallbackForm {
            claims: claims.map(|claims| claims.keys().cloned().collect()).unwrap_or_default(),
            expires_in_s: payload
                .as_ref()
                .and_then(|payload| payload["exp"].as_i64())
                .map(|exp| exp - self.hub.clock.now_s()),
            body_bytes: routed.body_bytes,
            jwt_sha256: sha256(routed.jwt.as_deref().unwrap_or_default().as_bytes()),
        };
        self.hub.records.add(RecordedMessage {
            number: 0,
            at_ms: self.hub.now_ms(),
            heard: routed.begun,
            direction: MessageDirection::ToHub,
            operation: routed.operation.to_owned(),
            session_secret: data["session_secret"].as_str().map(str::to_owned),
            status: answer.status,
            error_class: said["error_class"].as_str().map(str::to_owned),
            elapsed_ms: u64::try_from(routed.begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            retry_after_s: None,
            data,
            answer: said,
            form: Some(form),
            warnings,
        });
    }
}

/// Decodes the typed request of an operation.
pub(super) fn read<O: Exchange<Codec = SaltEdge>>(asked: ConnectorRequest<'_>) -> Result<O::Request, RequestProblem> {
    read_request(asked.data, Some(asked.headers)).map_err(RequestProblem::Unreadable)
}

/// The time in an answer.
pub(super) fn time(hub: &PlayedHub) -> Option<WireInstant> {
    Some(WireInstant(Timestamp::from_ms(hub.now_ms())))
}

impl CounterpartApi for HubPipeline {
    fn mounts(&self) -> impl Iterator<Item = &RouteMount> {
        self.mounts.iter()
    }

    fn control(&self) -> Option<&ControlState> {
        self.hub.control.as_deref()
    }

    fn request_id(&self, _headers: &HeaderMap) -> String {
        String::new()
    }

    async fn answer(&self, routed: RoutedRequest) -> Response<AnswerBody> {
        let taken = match intake::plain(routed.body, BODY_MAX).await {
            Ok(taken) => taken,
            Err(IntakeError::Broken) => {
                return sent(&refused("WrongRequestFormat", "the body has not arrived in time", 408));
            }
            Err(_) => return sent(&refused("WrongRequestFormat", "the body is too long", 413)),
        };
        if let Some(status) = routed.ordered {
            let class = routed.ordered_class.as_deref().unwrap_or("InternalServerError");
            return sent(&refused(class, "ordered by the control interface", status));
        }
        let RouteMatch::Operation { index, .. } = routed.found else {
            return sent(&match routed.found {
                RouteMatch::OtherMethods(methods) => {
                    let mut answer = refused("WrongRequestFormat", "this method is not allowed for this path", 405);
                    answer.headers.push("Allow", methods.join(", "));
                    answer
                }
                _ => refused("WrongRequestFormat", "there is no such path", 404),
            });
        };
        let Some(Some(handler)) = HANDLERS.get(index) else {
            tracing::error!(index, "an operation is listed but not served");
            return sent(&refused("InternalServerError", "the operation is listed but not served", 500));
        };
        let operation = CATALOGUE.get(index).map_or("", |entry| entry.short_name());
        let authorization = routed.head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let jwt = authorization.and_then(after_bearer).map(str::to_owned);
        let heard = ReceivedReport { operation, jwt, body_bytes: taken.body.len(), begun: routed.begun };
        let mut warnings = Vec::new();
        let answer = match self.respond(*handler, operation, &routed.head.headers, &mut warnings) {
            Ok(message) => message,
            Err(RequestProblem::Class(class, text)) => refused(class.name, text, class.http_status()),
            // The classes that Salt Edge uses here are undocumented: these are the ones that connectors use.
            Err(RequestProblem::Refused(refusal)) => refused(refusal.class.name, &refusal.text, 401),
            Err(RequestProblem::Unreadable(fault)) => refused("WrongRequestFormat", fault.message(), 400),
        };
        self.record(&heard, &answer, warnings);
        sent(&answer)
    }
}

/// Rewrites what Salt Edge's published samples send otherwise than documented; returns a warning for each. Salt Edge takes
/// it, and so does this hub.
fn as_documented(data: &mut Object<'static>, operation: &str) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(user_id @ Model::Number(_)) = data.get_mut("user_id") {
        *user_id = user_id.to_json().into();
        warnings.push("user_id should be a text, and is a number".to_owned());
    }
    for name in ["token_expires_at", "session_expires_at"] {
        let odd = data.get(name).and_then(Model::as_str).is_some_and(|text| with_colon(text) != text);
        if odd {
            warnings.push(format!("{name} should end with Z or an offset such as +00:00"));
        }
    }
    if operation == "fail_session" && data.get("error_message").is_none_or(|text| *text == Model::Null) {
        data.insert("error_message", "No reason was given.");
        warnings.push("error_message is missing: the third party's developers read it".to_owned());
    }
    warnings
}

/// A request, as recorded.
struct ReceivedReport {
    operation: &'static str,
    jwt: Option<String>,
    body_bytes: usize,
    begun: Instant,
}

/// The payload of a JWT, without verification.
fn payload(jwt: &str) -> Option<Value> {
    let compact = CompactJws::split(jwt.trim()).ok()?;
    serde_json::from_slice(&compact.payload).ok()
}

fn sent(message: &OutResponse) -> Response<AnswerBody> {
    answer::message(message).unwrap_or_else(|_| answer::empty(StatusCode::INTERNAL_SERVER_ERROR))
}
