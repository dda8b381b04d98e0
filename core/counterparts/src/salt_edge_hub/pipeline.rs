//! A request of a connector: who asks, the JWT, the handler of its operation, the answer.

use std::sync::Arc;

use bankchannel_foundation::{
    Error, Exchange,
    clock::Clock as _,
    error::row,
    message::{Body, Headers, InRequest, OutResponse},
    model::{Object, Timestamp, Value},
};
use bankchannel_salt_edge::{Class, Refusal, SaltEdge, class::of_hub as class, connector::CATALOGUE, model::Instant};
use hyper::{HeaderMap, Response, StatusCode};

use super::{clients, service::Hub, sessions, tokens};
use crate::http::{
    answer::{self, AnswerBody},
    control::Control,
    intake,
    router::{Found, Mount},
    shell::{Api, Routed},
};

/// Callbacks have no body; what comes all the same is read up to here, bytes.
const BODY_MAX: usize = 64 * 1024;

/// Answers connectors.
pub(super) struct Pipeline {
    pub(super) hub: Arc<Hub>,
    mounts: [Mount; 1],
}

/// A handler, found by its operation's name.
type Handler = fn(&Hub, InRequest<'_>) -> Result<OutResponse, Problem>;

/// Why a request is not answered with success.
pub(super) enum Problem {
    /// A class of the hub's own.
    Class(&'static Class, &'static str),
    /// The JWT does not pass.
    Refused(Refusal),
    /// The request cannot be read.
    Unreadable(Error),
}

impl From<&'static Class> for Problem {
    fn from(class: &'static Class) -> Self {
        Self::Class(class, class.meaning)
    }
}

static HANDLERS: &[(&str, Handler)] = &[
    ("salt_edge_connector.succeed_session", sessions::succeed_session::handle),
    ("salt_edge_connector.update_session", sessions::update_session::handle),
    ("salt_edge_connector.fail_session", sessions::fail_session::handle),
    ("salt_edge_connector.list_tokens_at_hub", tokens::list_tokens_at_hub::handle),
    ("salt_edge_connector.revoke_token_at_hub", tokens::revoke_token_at_hub::handle),
    ("salt_edge_connector.get_client_info", clients::get_client_info::handle),
];

impl Pipeline {
    pub(super) fn new(hub: Arc<Hub>) -> Self {
        Self { hub, mounts: [Mount::of("", CATALOGUE, |_| true)] }
    }

    fn respond(&self, operation: &str, headers: &HeaderMap) -> Result<OutResponse, Problem> {
        let handler = HANDLERS.iter().find(|(name, _)| *name == operation).map(|(_, handler)| handler);
        let handler = handler.ok_or_else(|| Problem::Unreadable(Error::new(&row::INTERNAL)))?;
        let headers: Headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes().to_vec())).collect();
        let one = |name: &str| if headers.count(name) == 1 { headers.text(name) } else { None };
        let jwt = one("authorization").and_then(|text| text.split_once(' '));
        let jwt = jwt.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let (_, jwt) = jwt.ok_or(&class::AUTHORIZATION_MISSING)?;
        let provider = one("app-id").zip(one("app-secret"));
        if !provider.is_some_and(|(app_id, app_secret)| self.hub.knows(app_id, app_secret)) {
            return Err(Problem::Class(&class::PROVIDER_NOT_FOUND, "App-Id and App-Secret are no provider's."));
        }
        let data = self.hub.verifier.open(jwt.trim(), self.hub.clock.now_s()).map_err(Problem::Refused)?;
        let body = Value::Object(data).to_json().into();
        handler(&self.hub, InRequest { body, headers: Some(&headers), ..InRequest::default() })
    }
}

/// The typed request of an operation.
pub(super) fn read<O: Exchange<Codec = SaltEdge>>(message: InRequest<'_>) -> Result<O::Request, Problem> {
    O::decode_request(message).map_err(Problem::Unreadable)
}

/// The time that an answer says.
pub(super) fn time(hub: &Hub) -> Option<Instant> {
    Some(Instant(Timestamp::from_ms(hub.now_ms())))
}

impl Api for Pipeline {
    fn mounts(&self) -> impl Iterator<Item = &Mount> {
        self.mounts.iter()
    }

    fn control(&self) -> Option<&Control> {
        self.hub.control.as_deref()
    }

    fn request_id(&self, _headers: &HeaderMap) -> String {
        String::new()
    }

    async fn answer(&self, routed: Routed) -> Response<AnswerBody> {
        if intake::plain(routed.body, BODY_MAX).await.is_err() {
            return sent(&refused(413, "WrongRequestFormat", "the body is too long, or has not arrived"));
        }
        if let Some(status) = routed.ordered {
            return sent(&refused(status, "InternalServerError", "ordered by the control interface"));
        }
        let Found::Operation { entry, .. } = routed.found else {
            return sent(&match routed.found {
                Found::OtherMethods(methods) => {
                    let mut answer = refused(405, "WrongRequestFormat", "this path has another method");
                    answer.headers.push("Allow", methods.join(", "));
                    answer
                }
                _ => refused(404, "WrongRequestFormat", "there is no such path"),
            });
        };
        match self.respond(entry.declaration.name, &routed.head.headers) {
            Ok(message) => sent(&message),
            Err(Problem::Class(class, text)) => sent(&refused(class.status.unwrap_or(400), class.name, text)),
            // Which classes Salt Edge has for these is not documented: they are those that connectors have.
            Err(Problem::Refused(refusal)) => sent(&refused(401, refusal.class.name, &refusal.text)),
            Err(Problem::Unreadable(fault)) => sent(&refused(400, "WrongRequestFormat", fault.message())),
        }
    }
}

fn refused(status: u16, class: &str, text: &str) -> OutResponse {
    let mut body = Object::with_capacity(2);
    body.push("error_class", class.to_owned());
    body.push("error_message", text.to_owned());
    OutResponse::new(status, Body::json(body))
}

fn sent(message: &OutResponse) -> Response<AnswerBody> {
    answer::message(message).unwrap_or_else(|_| answer::empty(StatusCode::INTERNAL_SERVER_ERROR))
}
