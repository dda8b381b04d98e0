//! A request of a connector: who asks, the JWT, the handler of its operation, the answer.

use std::sync::Arc;

use bankchannel_foundation::{
    Error, Exchange,
    clock::Clock as _,
    message::{Headers, OutResponse},
    model::{Object, Timestamp},
};
use bankchannel_salt_edge::{
    Class, Refusal, SaltEdge,
    class::{error_answer as refused, of_hub as class},
    codec::read_request,
    connector::CATALOGUE,
    envelope::after_bearer,
    model::Instant,
};
use hyper::{HeaderMap, Response, StatusCode};

use super::service::Hub;
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

/// What a connector asks, its JWT opened.
pub(super) struct Asked<'a> {
    /// What the JWT carries.
    data: Object<'static>,
    pub(super) headers: &'a Headers,
}

type Handler = fn(&Hub, Asked<'_>) -> Result<OutResponse, Problem>;

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

macro_rules! handlers {
    ($($kind:ident $subject:ident::$file:ident::$name:ident;)+) => {
        /// The handler of each operation, at its place in the catalogue.
        static HANDLERS: &[Option<Handler>] = &[$(handlers!(@one $kind $subject $file)),+];
    };
    (@one exchange $subject:ident $file:ident) => { Some(super::$subject::$file::handle) };
    (@one local $($rest:tt)*) => { None };
}

bankchannel_salt_edge::for_each_connector_operation!(handlers);

impl Pipeline {
    pub(super) fn new(hub: Arc<Hub>) -> Self {
        Self { hub, mounts: [Mount::of("", CATALOGUE, |_| true)] }
    }

    fn respond(&self, handler: Handler, headers: &HeaderMap) -> Result<OutResponse, Problem> {
        let headers: Headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes().to_vec())).collect();
        let one = |name: &str| if headers.count(name) == 1 { headers.text(name) } else { None };
        let jwt = one("authorization").and_then(after_bearer).ok_or(&class::AUTHORIZATION_MISSING)?;
        let provider = one("app-id").zip(one("app-secret"));
        if !provider.is_some_and(|(app_id, app_secret)| self.hub.knows(app_id, app_secret)) {
            return Err(Problem::Class(&class::PROVIDER_NOT_FOUND, "App-Id and App-Secret are no provider's."));
        }
        let data = self.hub.verifier.open(jwt.trim(), self.hub.clock.now_s()).map_err(Problem::Refused)?;
        handler(&self.hub, Asked { data, headers: &headers })
    }
}

/// The typed request of an operation.
pub(super) fn read<O: Exchange<Codec = SaltEdge>>(asked: Asked<'_>) -> Result<O::Request, Problem> {
    read_request(asked.data, Some(asked.headers)).map_err(Problem::Unreadable)
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
            return sent(&refused("WrongRequestFormat", "the body is too long, or has not arrived", 413));
        }
        if let Some(status) = routed.ordered {
            return sent(&refused("InternalServerError", "ordered by the control interface", status));
        }
        let Found::Operation { index, .. } = routed.found else {
            return sent(&match routed.found {
                Found::OtherMethods(methods) => {
                    let mut answer = refused("WrongRequestFormat", "this path has another method", 405);
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
        match self.respond(*handler, &routed.head.headers) {
            Ok(message) => sent(&message),
            Err(Problem::Class(class, text)) => sent(&refused(class.name, text, class.http_status())),
            // Which classes Salt Edge has for these is not documented: they are those that connectors have.
            Err(Problem::Refused(refusal)) => sent(&refused(refusal.class.name, &refusal.text, 401)),
            Err(Problem::Unreadable(fault)) => sent(&refused("WrongRequestFormat", fault.message(), 400)),
        }
    }
}

fn sent(message: &OutResponse) -> Response<AnswerBody> {
    answer::message(message).unwrap_or_else(|_| answer::empty(StatusCode::INTERNAL_SERVER_ERROR))
}
