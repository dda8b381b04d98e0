//! The host: the counterpart of the toy protocol.

use std::{net::SocketAddr, sync::Arc};

use bankchannel_foundation::{
    Error, Result,
    message::{Body, InRequest, OutResponse},
    model::{Boundary, Object, Value as Wire},
    openapi::{self, ApiDescription, DescribedOperation, described_exchanges},
    operation::Exchange,
};
use bankchannel_toy::{
    CATALOGUE, PROTOCOL, TERMS,
    operations::greetings::greet::{Greet, GreetRequest, GreetResponse},
};
use futures_util::future::BoxFuture;
use hyper::{HeaderMap, Response, StatusCode};
use serde_json::{Value, json};

use bankchannel_server::{
    counterpart::{Counterpart, ServerKind},
    http::{
        Listener,
        answer::{self, AnswerBody},
        control::ControlState,
        intake::{self, IntakeError},
        router::{RouteMatch, RouteMount},
        server::RunningServers,
        shell::{self, CounterpartApi, RoutedRequest},
    },
};

/// The host, for starting one.
pub(crate) static DESCRIPTOR: Counterpart = Counterpart::declare::<Host>(
    "toy-host",
    PROTOCOL,
    ("ToyHost", "Host"),
    "An embedded host of the toy protocol",
    Some(describe),
);

const BODY_MAX: usize = 64 * 1024;

/// The options of a host.
#[derive(Debug, Clone, Default, Boundary)]
pub(crate) struct HostOptions {
    /// The address and port to listen on; port 0 takes a free one.
    pub(crate) listen: Option<String>,
    /// What stands before the name; `Hello` when left out.
    pub(crate) word: Option<String>,
}

/// The readiness line of a host.
#[derive(Debug, Clone, Boundary)]
pub(crate) struct HostReadiness {
    /// What clients take as `base_url`.
    pub(crate) base_url: String,
}

/// A running host.
pub(crate) struct Host(RunningServers);

/// The answer of a host.
struct Greeter {
    word: String,
    mounts: [RouteMount; 1],
}

impl ServerKind for Host {
    type Options = HostOptions;
    type Readiness = HostReadiness;

    fn begin(options: HostOptions) -> BoxFuture<'static, Result<Self>> {
        Box::pin(async move {
            let listen = options.listen.unwrap_or_else(|| "127.0.0.1:0".to_owned());
            let address: SocketAddr =
                listen.parse().map_err(|_| Error::invalid_setting("listen", "is not an address with a port"))?;
            let listener = Listener::bind(address, None).await.map_err(|why| Error::invalid_setting("listen", why))?;
            let word = options.word.unwrap_or_else(|| "Hello".to_owned());
            let greeter = Arc::new(Greeter { word, mounts: [RouteMount::new("", CATALOGUE, |_| true)] });
            let serve = move |request, peer| shell::answer(Arc::clone(&greeter), request, peer);
            Ok(Self(RunningServers::begin(listener, Arc::default(), serve)))
        })
    }

    fn ready(&self) -> HostReadiness {
        HostReadiness { base_url: self.0.origin.clone() }
    }

    fn server(&self) -> &RunningServers {
        &self.0
    }

    fn end(self) -> BoxFuture<'static, ()> {
        Box::pin(self.0.end())
    }
}

impl CounterpartApi for Greeter {
    fn mounts(&self) -> impl Iterator<Item = &RouteMount> {
        self.mounts.iter()
    }

    fn control(&self) -> Option<&ControlState> {
        None
    }

    fn request_id(&self, _headers: &HeaderMap) -> String {
        String::new()
    }

    async fn answer(&self, routed: RoutedRequest) -> Response<AnswerBody> {
        match routed.found {
            RouteMatch::Operation { .. } => {}
            RouteMatch::OtherMethods(_) => return refused(405, "this method is not allowed for this path"),
            _ => return refused(404, "there is no such path"),
        }
        let body = match intake::plain(routed.body, BODY_MAX).await {
            Ok(taken) => taken.body,
            Err(IntakeError::TooLarge) => return refused(413, "the body has more than 64 KiB"),
            Err(_) => return refused(400, "the body could not be read"),
        };
        let request = Greet::decode_request(InRequest { body, ..InRequest::default() });
        match request.and_then(|request| greet(&self.word, request)) {
            Ok(greeting) => sent(&Greet::encode_response(greeting)),
            Err(error) => refused(400, error.message()),
        }
    }
}

/// The one handler.
fn greet(word: &str, request: GreetRequest) -> Result<GreetResponse> {
    if request.name.is_empty() {
        return Err(Error::invalid_field("Name", "is empty"));
    }
    Ok(GreetResponse { greeting: format!("{word}, {}!", request.name) })
}

fn refused(status: u16, text: &str) -> Response<AnswerBody> {
    let mut body = Object::new();
    body.push("text", Wire::from(text.to_owned()));
    sent(&OutResponse::new(status, Body::json(body)))
}

fn sent(message: &OutResponse) -> Response<AnswerBody> {
    answer::message(message).unwrap_or_else(|_| answer::empty(StatusCode::INTERNAL_SERVER_ERROR))
}

fn describe() -> Value {
    let about = ApiDescription {
        failures: &[(400, "Refused: the text says why.")],
        schemas: json!({"Refused": {"type": "object", "properties": {"text": {"type": "string"}}}}),
        ..ApiDescription::new("Toy", "A host that greets.")
    };
    let operations = described_exchanges(CATALOGUE, TERMS);
    openapi::document(&about, operations.map(|(entry, route, ())| DescribedOperation::new(entry, route, "Refused")))
}
