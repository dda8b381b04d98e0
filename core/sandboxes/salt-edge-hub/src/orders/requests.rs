//! Orders about requests to a connector.

use std::{collections::BTreeMap, sync::Arc};

use bankchannel_foundation::{Error, Result, model::Boundary, operation::HostedForm};
use bankchannel_server::{orders::OrderDone, server_orders};

use super::{RecordedJson, at, shown};
use crate::{
    check::{self, CheckSettings},
    requests::{MadeRequest, PlayedRequest},
    service::PlayedHub,
};

server_orders! {
    /// Orders about requests to a connector.
    pub static REQUEST_ORDERS: PlayedHub, "salt-edge-hub";

    /// Make a signed request for a connector.
    ///
    /// It is not sent. If it starts a session, the hub knows the session from then on.
    MakeRequest("salt_edge_hub_server.requests", at("requests")):
        PlayedRequest => SignedRequest, blocking PlayedHub::make_request;

    /// Set the connector for the hub's own requests.
    ///
    /// In place of the one that the hub was started with.
    SetConnector("salt_edge_hub_server.connector", at("connector")):
        ConnectorLocation => OrderDone, blocking PlayedHub::set_connector;

    /// Send a request to the connector, as for an enrolment.
    ///
    /// Several times with a new JWT each, or with the same.
    SendRequests("salt_edge_hub_server.enrolments", at("enrolments")): SendingOrder => ConnectorAnswers, async send;

    /// Check a connector.
    ///
    /// Takes the settings of the checker, and answers its report.
    CheckConnector("salt_edge_hub_server.check", HostedForm { whole_answer: Some("report"), ..at("check") }):
        CheckSettings => ConnectorCheckAnswer, async check_connector;
}

/// The maximum number of times that one order sends a request.
const TIMES_MAX: u32 = 100;

/// A signed request.
#[derive(Boundary)]
#[non_exhaustive]
pub struct SignedRequest {
    /// The HTTP method.
    pub method: String,
    /// The path with the query.
    pub target: String,
    /// The headers; one of them is the signed JWT.
    pub headers: Vec<SignedRequestHeader>,
    /// The session's name.
    pub session_secret: String,
}

/// A header of a request.
#[derive(Boundary)]
#[non_exhaustive]
pub struct SignedRequestHeader {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

/// Where a connector is.
#[derive(Boundary)]
#[non_exhaustive]
pub struct ConnectorLocation {
    /// The base URL.
    pub url: String,
    /// A PEM file with more certificate authorities to trust there. Default: that of the hub's option `connector_ca_file`. Not
    /// over HTTP.
    #[boundary(opens_file)]
    pub ca_file: Option<String>,
}

/// A request to send, and how often.
#[derive(Boundary)]
#[non_exhaustive]
pub struct SendingOrder {
    /// The request.
    #[boundary(flatten)]
    pub request: PlayedRequest,
    /// How often, 1 to 100. Default: 1.
    pub times: Option<u32>,
    /// Whether each has the same JWT. Default: false.
    pub same_jwt: Option<bool>,
}

/// The connector's answers.
#[derive(Boundary)]
#[non_exhaustive]
pub struct ConnectorAnswers {
    /// The session's name.
    pub session_secret: String,
    /// The answers, in the order of the requests.
    pub answers: Vec<AskedConnector>,
}

/// The answer of a connector.
#[derive(Boundary)]
#[non_exhaustive]
pub struct AskedConnector {
    /// The HTTP status.
    pub status: u16,
    /// The class of a refusal.
    pub error_class: Option<String>,
    /// `Retry-After`, in seconds.
    pub retry_after_s: Option<u64>,
    /// Milliseconds until the answer.
    pub elapsed_ms: u64,
    /// The body, if it is JSON.
    pub body: Option<RecordedJson>,
}

/// The report of a check.
#[derive(Boundary)]
#[non_exhaustive]
pub struct ConnectorCheckAnswer {
    /// The report: `ok`, `connector`, `checks`, `counts`.
    pub report: RecordedJson,
}

async fn send(hub: Arc<PlayedHub>, order: SendingOrder) -> Result<ConnectorAnswers> {
    let times = order.times.unwrap_or(1);
    if !(1..=TIMES_MAX).contains(&times) {
        return Err(Error::invalid_field("times", format!("must be 1 to {TIMES_MAX}")));
    }
    let mut request = order.request;
    request.operation.get_or_insert_with(|| "create_token".to_owned());
    request.session_secret.get_or_insert_with(PlayedHub::new_session);
    let (mut made, heard) = hub.ask(&request).await?;
    let mut answers = vec![shown(heard.to_json())?];
    for _ in 1..times {
        if order.same_jwt != Some(true) {
            made = hub.made(&request)?;
        }
        answers.push(shown(hub.send(&made).await?.to_json())?);
    }
    Ok(ConnectorAnswers { session_secret: made.session_secret, answers })
}

async fn check_connector(hub: Arc<PlayedHub>, settings: CheckSettings) -> Result<ConnectorCheckAnswer> {
    settings.check()?;
    let report = check::run(&hub, &settings, None, &[], &|_| {}).await?;
    Ok(ConnectorCheckAnswer { report: RecordedJson(report.to_json().into()) })
}

impl PlayedHub {
    fn make_request(&self, order: PlayedRequest) -> Result<SignedRequest> {
        let MadeRequest { method, target, headers, session_secret, .. } = self.made(&order)?;
        let headers = headers.into_iter().map(|(name, value)| SignedRequestHeader { name, value }).collect();
        Ok(SignedRequest { method, target, headers, session_secret })
    }

    fn set_connector(&self, at: ConnectorLocation) -> Result<OrderDone> {
        self.link.set(&at.url, at.ca_file.as_deref()).map(|()| OrderDone)
    }
}
