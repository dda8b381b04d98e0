//! Requests of the demo other than those between hub and connector: orders to the hub, a customer's browser, the bank's
//! back office.

use std::path::Path;

use bankchannel::{CancellationToken, Clock as _, Secret, SystemClock};
use bankchannel_foundation::{
    message::{Body, Headers, InResponse, OutRequest, percent_encode},
    operation::Repeat,
};
use bankchannel_salt_edge::bank_interface::SharedSecret;
use bankchannel_transport::{AnswerRules, ContentSink, ExchangePlan, Transport, TransportSettings};
use serde_json::Value;

use crate::{CommandFailure, CommandOutcome, options::read_file};

/// Sends one request to a server of the demo.
async fn send(origin: &str, method: &str, target: &str, headers: Headers, body: Body) -> CommandOutcome<InResponse> {
    let transport = Transport::new(&TransportSettings { base_url: origin.to_owned(), ..TransportSettings::default() })?;
    let request = OutRequest { method: method.to_owned(), target: target.to_owned(), headers, body };
    let (cancel, mut sink) = (CancellationToken::new(), ContentSink::memory(0));
    let plan = ExchangePlan {
        deadline: None,
        cancel: &cancel,
        repeat: Repeat::Never,
        retries: None,
        response_content: None,
        sink: &mut sink,
        observer: None,
        earlier: &mut None,
        answers: AnswerRules { headers: &["Location"], ..AnswerRules::default() },
        signing: None,
    };
    Ok(transport.exchange(&request, plan).await?)
}

/// The JSON of a successful answer.
fn json_of(what: &str, answer: &InResponse) -> CommandOutcome<Value> {
    let text = String::from_utf8_lossy(&answer.body);
    if answer.status != 200 {
        return Err(CommandFailure::usage(format!("{what} answers {}: {text}", answer.status)));
    }
    serde_json::from_str(&text).map_err(|_| CommandFailure::usage(format!("{what} answers no JSON")))
}

/// An order to the hub.
pub(super) async fn order(control_url: &str, path: &str, body: Value) -> CommandOutcome<Value> {
    let body = Body::json_text(body.to_string());
    let answer = send(control_url, "POST", &format!("/sandbox/{path}"), Headers::default(), body).await?;
    json_of("the hub", &answer)
}

/// A customer's browser: signs in, and approves all accounts. Returns the bank's redirect address.
pub(super) async fn approve(page: &str, login: &str, password: &str) -> CommandOutcome<String> {
    let after = page.find("://").map_or(0, |at| at + 3);
    let slash = page[after..].find('/').map_or(page.len(), |at| after + at);
    let (origin, target) = page.split_at(slash);
    let form = |fields: &[(&str, &str)]| {
        let pairs: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", percent_encode(value))).collect();
        Body::whole("application/x-www-form-urlencoded", pairs.join("&"))
    };
    let sign_in = form(&[("action", "sign_in"), ("login", login), ("password", password)]);
    let shown = send(origin, "POST", target, Headers::default(), sign_in).await?;
    let document = String::from_utf8_lossy(&shown.body).into_owned();
    let values = |name: &str| {
        let mark = format!("name=\"{name}\" value=\"");
        let marks = document.split(&mark).skip(1);
        marks.filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect::<Vec<_>>()
    };
    let (user_id, ticket, accounts) = (values("user_id"), values("ticket"), values("account"));
    let one = |values: &[String]| values.first().cloned().unwrap_or_default();
    let (user_id, ticket) = (one(&user_id), one(&ticket));
    let mut fields = vec![("action", "approve"), ("user_id", user_id.as_str()), ("ticket", ticket.as_str())];
    fields.extend(accounts.iter().map(|account| ("account", account.as_str())));
    let answer = send(origin, "POST", target, Headers::default(), form(&fields)).await?;
    match (answer.status, answer.headers.text("location")) {
        (303, Some(url)) => Ok(url.to_owned()),
        (status, _) => Err(CommandFailure::usage(format!("the bank's page did not send the customer back: {status}"))),
    }
}

/// Sends a request of the bank's back office to the connector.
pub(super) async fn bank(interface_url: &str, secret_file: &Path, name: &str, request: Value) -> CommandOutcome<Value> {
    let secret = Secret::new(read_file("bank_secret_file", &secret_file.display().to_string())?);
    let secret = SharedSecret::new(&secret).map_err(CommandFailure::usage)?;
    let (path, body) = (format!("/{name}"), request.to_string());
    let mut headers = Headers::default();
    for (name, value) in secret.headers(SystemClock::default().now_s(), &path, body.as_bytes()) {
        headers.push(name, value);
    }
    let answer = send(interface_url, "POST", &path, headers, Body::json_text(body)).await?;
    json_of("the connector's bank interface", &answer)
}
