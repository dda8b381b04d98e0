//! Orders about sessions and tokens.

use std::{collections::BTreeMap, sync::Arc};

use bankchannel_foundation::{
    Error, Result, Secret,
    model::{Boundary, Timestamp},
    operation::{CatalogueEntry, HostedForm},
};
use bankchannel_salt_edge::{class::of_hub, connector::CATALOGUE, model::SessionSecret};
use bankchannel_server::{
    orders::{OrderDone, PlainOrder},
    server_orders,
};
use serde_json::{Value, json};

use super::{RecordedJson, at, requests::AskedConnector, shown};
use crate::{
    records::RecordedMessage,
    requests::PlayedRequest,
    service::PlayedHub,
    state::{AnswerOrder, SessionPurpose},
};

server_orders! {
    /// Orders about sessions and tokens.
    pub static SESSION_ORDERS: PlayedHub, "salt-edge-hub";

    /// Start a session.
    ///
    /// The connector's reports of it are accepted from then on.
    BeginSession("salt_edge_hub_server.begin_session", at("sessions")):
        SessionOrder => SessionBegun, blocking PlayedHub::begin_session;

    /// List the names of all sessions.
    ///
    /// Oldest first.
    ListSessions("salt_edge_hub_server.sessions", at("sessions/all")):
        PlainOrder => SessionNames, blocking PlayedHub::list_sessions;

    /// Tell the state of a session, with its messages.
    ///
    /// The messages in both directions are masked: no secret is in them.
    TellSession("salt_edge_hub_server.session", at("sessions/{session_secret}")):
        NamedSession => HubSessionState, blocking PlayedHub::tell_session;

    /// Send the customer's answer to an interactive step to the connector.
    ///
    /// The request is the one of the session: `confirm_token`, or `confirm_accounts` during a refresh.
    AnswerSession("salt_edge_hub_server.answer_session", HostedForm {
        given: &["credentials"],
        ..at("sessions/{session_secret}")
    }): SessionAnswer => AskedConnector, async answer_session;

    /// Cancel a session at the connector.
    ///
    /// Sends `cancel_token`.
    CancelSession("salt_edge_hub_server.cancel_session", HostedForm {
        given: &["cancel"],
        ..at("sessions/{session_secret}")
    }): SessionCancel => AskedConnector, async cancel_session;

    /// Order the answer to the next reports of a session.
    ///
    /// A status of success makes no sense with a class.
    OrderAnswer("salt_edge_hub_server.order_answer", HostedForm {
        given: &["answer"],
        ..at("sessions/{session_secret}")
    }): ReportAnswerOrder => OrderDone, blocking PlayedHub::order_answer;

    /// List the tokens, without their values.
    ///
    /// Revoked ones, too.
    ListTokens("salt_edge_hub_server.tokens", at("tokens")): PlainOrder => TokensAtHub, blocking PlayedHub::list_tokens;
}

/// A session to start.
#[derive(Boundary)]
#[non_exhaustive]
pub struct SessionOrder {
    /// Its name. Default: a new one.
    pub session_secret: Option<String>,
    /// Its subject: `token` or `refresh`. Default: `token`.
    pub about: Option<String>,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
}

/// A session that was started.
#[derive(Boundary)]
#[non_exhaustive]
pub struct SessionBegun {
    /// Its name.
    pub session_secret: String,
}

/// The sessions that there are.
#[derive(Boundary)]
#[non_exhaustive]
pub struct SessionNames {
    /// Their names, oldest first.
    pub sessions: Vec<String>,
}

/// A session by its name.
#[derive(Boundary)]
#[non_exhaustive]
pub struct NamedSession {
    /// The session's name.
    pub session_secret: String,
}

/// The customer's answer in a session.
#[derive(Boundary)]
#[non_exhaustive]
pub struct SessionAnswer {
    /// The session's name.
    pub session_secret: String,
    /// The customer's input, by field.
    pub credentials: BTreeMap<String, Secret>,
}

/// A session to cancel.
#[derive(Boundary)]
#[non_exhaustive]
pub struct SessionCancel {
    /// The session's name.
    pub session_secret: String,
    /// Whether it is cancelled: `true`. Default: `true`.
    pub cancel: Option<bool>,
}

/// The answer to reports of a session.
#[derive(Boundary)]
#[non_exhaustive]
pub struct ReportAnswerOrder {
    /// The session's name.
    pub session_secret: String,
    /// The answer.
    pub answer: ReportAnswer,
}

/// An ordered answer to a report.
#[derive(Boundary)]
#[non_exhaustive]
pub struct ReportAnswer {
    /// The report, such as `succeed_session`. Default: any.
    pub operation: Option<String>,
    /// The class of the refusal.
    pub error_class: Option<String>,
    /// The HTTP status. Default: that of the class, or 503.
    pub status: Option<u16>,
    /// `Retry-After`, in seconds.
    pub retry_after_s: Option<u32>,
    /// Whether the report is carried out, and only its answer is lost. Default: false.
    pub done: Option<bool>,
    /// How many reports get it. Default: 1.
    pub count: Option<u32>,
}

/// The state of a session.
#[derive(Boundary)]
#[non_exhaustive]
pub struct HubSessionState {
    /// Its subject: `token` or `refresh`.
    pub about: String,
    /// `open`, `success` or `fail`.
    pub status: String,
    /// The class of the failure.
    pub error_class: Option<String>,
    /// The updates of the connector.
    pub updates: RecordedJson,
    /// The customer, once the connector has told it.
    pub user_id: Option<String>,
    /// Whether it has a token.
    pub has_token: bool,
    /// When the token expires.
    pub token_expires_at: Option<Timestamp>,
    /// When the session expires.
    pub expires_at: Timestamp,
    /// Its messages, oldest first.
    pub messages: Vec<SessionMessage>,
}

/// A message of a session, in either direction.
#[derive(Boundary)]
#[non_exhaustive]
pub struct SessionMessage {
    /// Its number.
    pub number: u64,
    /// When it was sent or received, by the hub's clock.
    pub at: Timestamp,
    /// `to_connector` or `to_hub`.
    pub direction: String,
    /// The operation; empty if there is none.
    pub operation: String,
    /// The session's name.
    pub session_secret: Option<String>,
    /// The status of its answer.
    pub status: u16,
    /// The class of a refusal.
    pub error_class: Option<String>,
    /// Milliseconds until the answer.
    pub elapsed_ms: u64,
    /// The data of the request, masked.
    pub data: Option<RecordedJson>,
    /// The answer, masked; absent if there was none, or none that is JSON.
    pub answer: Option<RecordedJson>,
    /// Advice to the sender, although the message was accepted.
    pub warnings: Vec<String>,
}

/// The tokens that the hub knows.
#[derive(Boundary)]
#[non_exhaustive]
pub struct TokensAtHub {
    /// The tokens.
    pub tokens: Vec<TokenAtHub>,
}

/// A token, without its value.
#[derive(Boundary)]
#[non_exhaustive]
pub struct TokenAtHub {
    /// Its id.
    pub id: u64,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

fn unknown() -> Error {
    Error::invalid_field("session_secret", "there is no such session")
}

async fn answer_session(hub: Arc<PlayedHub>, order: SessionAnswer) -> Result<AskedConnector> {
    let is_refresh = hub.state.session_json(&order.session_secret).ok_or_else(unknown)?["about"] == "refresh";
    let operation = if is_refresh { "confirm_accounts" } else { "confirm_token" };
    ask(&hub, order.session_secret, operation, Some(order.credentials)).await
}

async fn cancel_session(hub: Arc<PlayedHub>, order: SessionCancel) -> Result<AskedConnector> {
    if order.cancel == Some(false) {
        return Err(Error::invalid_field("cancel", "must be true: the order cancels the session"));
    }
    hub.state.session_json(&order.session_secret).ok_or_else(unknown)?;
    ask(&hub, order.session_secret, "cancel_token", None).await
}

async fn ask(
    hub: &PlayedHub,
    secret: String,
    operation: &str,
    credentials: Option<BTreeMap<String, Secret>>,
) -> Result<AskedConnector> {
    let access_token_of = hub.state.token_before(&secret);
    let order = PlayedRequest {
        session_secret: Some(secret),
        credentials,
        access_token_of,
        ..PlayedRequest::for_operation(operation)
    };
    let (_, heard) = hub.ask(&order).await?;
    shown(heard.to_json())
}

impl PlayedHub {
    fn begin_session(&self, order: SessionOrder) -> Result<SessionBegun> {
        let secret = match order.session_secret {
            Some(given) => SessionSecret::new(&given)?.as_str().to_owned(),
            None => Self::new_session(),
        };
        let about = SessionPurpose::from_text(order.about.as_deref().unwrap_or("token"))
            .ok_or_else(|| Error::invalid_field("about", "must be token or refresh"))?;
        if !self.state.begin(&secret, about, order.expires_at.map(|at| at.as_ms()), self.now_ms()) {
            return Err(Error::invalid_field("session_secret", "there is already a session with this name"));
        }
        Ok(SessionBegun { session_secret: secret })
    }

    fn list_sessions(&self, _: PlainOrder) -> Result<SessionNames> {
        Ok(SessionNames { sessions: self.state.sessions() })
    }

    fn tell_session(&self, order: NamedSession) -> Result<HubSessionState> {
        let mut state = self.state.session_json(&order.session_secret).ok_or_else(unknown)?;
        let messages = self.records.of_session(&order.session_secret);
        state["messages"] = messages.iter().map(RecordedMessage::to_json).collect::<Vec<Value>>().into();
        shown(state)
    }

    fn order_answer(&self, order: ReportAnswerOrder) -> Result<OrderDone> {
        let answer = ordered(order.answer)?;
        self.state.order(&order.session_secret, answer).then_some(OrderDone).ok_or_else(unknown)
    }

    fn list_tokens(&self, _: PlainOrder) -> Result<TokensAtHub> {
        shown(json!({ "tokens": self.state.all_tokens() }))
    }
}

/// Converts an ordered answer.
fn ordered(answer: ReportAnswer) -> Result<AnswerOrder> {
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
    let count = answer.count.unwrap_or(1);
    if count == 0 {
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
        done: answer.done == Some(true),
        count,
    })
}
