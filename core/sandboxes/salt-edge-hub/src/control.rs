//! The hub's part of the control interface.
//!
//! ```text
//!   POST sandbox/sessions            {"session_secret"?, "about"?: "token" | "refresh", "expires_at"?}: starts a
//!                                    session
//!   POST sandbox/sessions/{secret}   {}: its state and messages. {"credentials": {…}}: the customer's answer to an
//!                                    interactive step, sent to the connector. {"cancel": true}: cancels it there.
//!                                    {"answer": {"operation"?, "error_class"?, "status"?, "retry_after_s"?, "done"?,
//!                                    "count"?}}: the answer to its next reports
//!   POST sandbox/sessions/all        {}: the names of all sessions, oldest first
//!   POST sandbox/requests            {"operation", "session_secret"?, …}: returns a signed request for a connector
//!   POST sandbox/connector           {"url", "ca_file"?}: sets the connector for the hub's own requests
//!   POST sandbox/enrolments          the same as for requests, sent to the connector; "operation" defaults to
//!                                    create_token. "times": how often, each time with a new JWT, or with "same_jwt"
//!                                    the same
//!   POST sandbox/tokens              {}: the list of tokens, without their values
//!   POST sandbox/check               the settings of the checker: returns its report
//! ```

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use bankchannel_foundation::{
    Error, Result,
    clock::SystemClock,
    error::row,
    model::{Timestamp, read_boundary},
    operation::CatalogueEntry,
};
use bankchannel_salt_edge::{class::of_hub, connector::CATALOGUE, model::SessionSecret};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    check::{self, CheckSettings},
    records::RecordedMessage,
    requests::PlayedRequest,
    service::PlayedHub,
    state::{AnswerOrder, SessionPurpose},
};
use bankchannel_server::http::control::{
    ControlFuture, ControlRequest, ControlState, ControlTarget, no_members, parsed, read,
};

/// The maximum size of an order, in bytes.
const ORDER_MAX: usize = 64 * 1024;
/// The maximum number of times that one order sends a request.
const TIMES_MAX: u32 = 100;

/// A hub as a target of the control interface.
pub(super) struct HubControlTarget {
    hub: Arc<PlayedHub>,
    control: Arc<ControlState>,
}

/// A session to start.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SessionOrder {
    session_secret: Option<String>,
    about: Option<String>,
    expires_at: Option<String>,
}

/// An action on a session; none if all members are missing.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WithSession {
    credentials: Option<BTreeMap<String, String>>,
    cancel: bool,
    answer: Option<OrderedAnswer>,
}

/// An ordered answer to a report.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OrderedAnswer {
    operation: Option<String>,
    error_class: Option<String>,
    status: Option<u16>,
    retry_after_s: Option<u32>,
    #[serde(default)]
    done: bool,
    #[serde(default = "bankchannel_server::http::control::once")]
    count: u32,
}

/// The location of the connector.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConnectorLocation {
    url: String,
    ca_file: Option<String>,
}

/// A request to send, and how often.
#[derive(Deserialize)]
struct SendingOrder {
    #[serde(default = "bankchannel_server::http::control::once")]
    times: u32,
    #[serde(default)]
    same_jwt: bool,
}

/// A command: the part of the path after `sandbox/`.
enum HubCommand<'a> {
    Sessions,
    AllSessions,
    Session(&'a str),
    Requests,
    Connector,
    Enrolments,
    Tokens,
    Check,
}

impl<'a> HubCommand<'a> {
    fn from_path(path: &'a str) -> Option<Self> {
        let parts: Vec<&str> = path.split('/').collect();
        match parts[..] {
            ["sessions"] => Some(Self::Sessions),
            ["sessions", "all"] => Some(Self::AllSessions),
            ["sessions", secret] if !secret.is_empty() => Some(Self::Session(secret)),
            ["requests"] => Some(Self::Requests),
            ["connector"] => Some(Self::Connector),
            ["enrolments"] => Some(Self::Enrolments),
            ["tokens"] => Some(Self::Tokens),
            ["check"] => Some(Self::Check),
            _ => None,
        }
    }
}

fn order<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    read(parsed(body).map_err(|why| Error::because(&row::INVALID_JSON, why))?)
}

impl HubControlTarget {
    /// The target for this hub.
    pub(super) fn new(hub: &Arc<PlayedHub>) -> Self {
        Self { hub: Arc::clone(hub), control: hub.control.clone().unwrap_or_default() }
    }

    fn begin(&self, body: &[u8]) -> Result<Value> {
        let SessionOrder { session_secret, about, expires_at } = order(body)?;
        let secret = match session_secret {
            Some(given) => SessionSecret::new(&given)?.as_str().to_owned(),
            None => PlayedHub::new_session(),
        };
        let about = about.as_deref().unwrap_or("token");
        let about = SessionPurpose::from_text(about)
            .ok_or_else(|| Error::invalid_field("about", "must be token or refresh"))?;
        let expires = expires_at.as_deref().map(Timestamp::new).transpose()?;
        if !self.hub.state.begin(&secret, about, expires.map(|at| at.as_ms()), self.hub.now_ms()) {
            return Err(Error::invalid_field("session_secret", "there is already a session with this name"));
        }
        Ok(json!({ "session_secret": secret }))
    }

    async fn session(&self, secret: &str, body: &[u8]) -> Result<Value> {
        let unknown = || Error::invalid_field("session_secret", "there is no such session");
        let WithSession { credentials, cancel, answer } = order(body)?;
        if usize::from(credentials.is_some()) + usize::from(cancel) + usize::from(answer.is_some()) > 1 {
            let why = "credentials, cancel and answer exclude each other: give one of them for each order";
            return Err(Error::because(&row::INVALID_JSON, why.to_owned()));
        }
        if let Some(answer) = answer {
            let ordered = ordered(answer)?;
            return self.hub.state.order(secret, ordered).then(|| json!({})).ok_or_else(unknown);
        }
        if credentials.is_some() || cancel {
            let mut shown = self.hub.state.session_json(secret).ok_or_else(unknown)?;
            let is_refresh = shown["about"].take() == "refresh";
            let operation = match (cancel, is_refresh) {
                (true, _) => "cancel_token",
                (false, true) => "confirm_accounts",
                (false, false) => "confirm_token",
            };
            let access_token_of = self.hub.state.token_before(secret);
            let order = PlayedRequest {
                session_secret: Some(secret.to_owned()),
                credentials,
                access_token_of,
                ..PlayedRequest::for_operation(operation)
            };
            let (_, heard) = self.hub.ask(&order).await?;
            return Ok(heard.to_json());
        }
        let mut shown = self.hub.state.session_json(secret).ok_or_else(unknown)?;
        let messages: Vec<Value> = self.hub.records.of_session(secret).iter().map(RecordedMessage::to_json).collect();
        shown["messages"] = messages.into();
        Ok(shown)
    }

    async fn enrol(&self, body: &[u8]) -> Result<Value> {
        let mut given: Value = order(body)?;
        let SendingOrder { times, same_jwt } = read(given.clone())?;
        if !(1..=TIMES_MAX).contains(&times) {
            return Err(Error::invalid_field("times", format!("must be 1 to {TIMES_MAX}")));
        }
        if let Some(given) = given.as_object_mut() {
            given.remove("times");
            given.remove("same_jwt");
            given.entry("operation").or_insert_with(|| "create_token".into());
        }
        let mut order: PlayedRequest = read(given)?;
        order.session_secret.get_or_insert_with(PlayedHub::new_session);
        let (mut made, heard) = self.hub.ask(&order).await?;
        let mut answers = vec![heard.to_json()];
        for _ in 1..times {
            if !same_jwt {
                made = self.hub.made(&order)?;
            }
            answers.push(self.hub.send(&made).await?.to_json());
        }
        Ok(json!({ "session_secret": made.session_secret, "answers": answers }))
    }

    async fn check(&self, body: &[u8]) -> Result<Value> {
        let settings: Value = order(body)?;
        let settings: CheckSettings = read_boundary(settings)?;
        settings.check()?;
        let report = check::run(&self.hub, &settings, None, &[], &|_| {}).await?;
        Ok(report.to_json())
    }
}

/// Converts an ordered answer.
fn ordered(answer: OrderedAnswer) -> Result<AnswerOrder> {
    let known = answer.error_class.as_deref().map(|name| {
        let found = of_hub::ALL.iter().find(|class| class.name == name);
        found.ok_or_else(|| Error::invalid_field("error_class", "is not an error class of Salt Edge"))
    });
    let known = known.transpose()?;
    let status = match (answer.status, known) {
        (Some(status), _) if (200..600).contains(&status) => status,
        (Some(_), _) => return Err(Error::invalid_field("status", "must be 200 to 599")),
        (None, Some(class)) => class.http_status(),
        (None, None) => 503,
    };
    if answer.count == 0 {
        return Err(Error::invalid_field("count", "must be at least 1"));
    }
    let reports =
        || CATALOGUE.iter().filter(|entry| entry.declaration.subject == "sessions").map(CatalogueEntry::short_name);
    if answer.operation.as_deref().is_some_and(|name| !reports().any(|report| report == name)) {
        let names: Vec<&str> = reports().collect();
        return Err(Error::invalid_field("operation", format!("must be a report: {}", names.join(", "))));
    }
    Ok(AnswerOrder {
        operation: answer.operation,
        status,
        error_class: known.map_or_else(|| "InternalServerError".to_owned(), |class| class.name.to_owned()),
        retry_after_s: answer.retry_after_s,
        done: answer.done,
        count: answer.count,
    })
}

/// The names of the classes of a hub's refusals.
static CLASSES: LazyLock<Vec<&'static str>> = LazyLock::new(|| of_hub::ALL.iter().map(|class| class.name).collect());

impl ControlTarget for HubControlTarget {
    fn error_classes(&self) -> &'static [&'static str] {
        &CLASSES
    }

    fn clock(&self) -> &SystemClock {
        &self.hub.clock
    }

    fn control(&self) -> &ControlState {
        &self.control
    }

    fn catalogue(&self) -> &'static [CatalogueEntry] {
        CATALOGUE
    }

    fn reset(&self) -> ControlFuture<'_> {
        Box::pin(async move {
            self.hub.state.reset();
            self.hub.records.forget();
            Ok(json!({}))
        })
    }

    fn seed(&self, _: Value) -> ControlFuture<'_> {
        Box::pin(async { Err(Error::invalid_field("seed", "a hub cannot be seeded: begin sessions instead")) })
    }

    fn limits(&self, _: Value) -> Result<Value> {
        Err(Error::invalid_field("limits", "a hub has no rate limits"))
    }

    fn own_orders(&self) -> &'static [&'static str] {
        &["sessions", "sessions/all", "sessions/{secret}", "requests", "connector", "enrolments", "tokens", "check"]
    }

    fn takes(&self, path: &str) -> Option<usize> {
        HubCommand::from_path(path).map(|_| ORDER_MAX)
    }

    fn handle_order(&self, asked: ControlRequest) -> Option<ControlFuture<'_>> {
        HubCommand::from_path(&asked.path)?;
        Some(Box::pin(async move {
            let body = &*asked.body;
            match HubCommand::from_path(&asked.path) {
                Some(HubCommand::Sessions) => self.begin(body),
                Some(HubCommand::AllSessions) => {
                    no_members(order(body)?).map(|()| json!({"sessions": self.hub.state.sessions()}))
                }
                Some(HubCommand::Session(secret)) => self.session(secret, body).await,
                Some(HubCommand::Requests) => Ok(self.hub.made(&order(body)?)?.to_json()),
                Some(HubCommand::Connector) => {
                    let ConnectorLocation { url, ca_file } = order(body)?;
                    self.hub.link.set(&url, ca_file.as_deref())?;
                    Ok(json!({}))
                }
                Some(HubCommand::Enrolments) => self.enrol(body).await,
                Some(HubCommand::Tokens) => {
                    no_members(order(body)?).map(|()| json!({"tokens": self.hub.state.all_tokens()}))
                }
                Some(HubCommand::Check) => self.check(body).await,
                None => Err(Error::new(&row::INTERNAL)),
            }
        }))
    }
}
