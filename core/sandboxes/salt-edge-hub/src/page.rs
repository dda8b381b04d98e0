//! The page of messages: sessions, newest first, each with its messages, decoded and masked. Without script.

use std::{fmt::Write as _, sync::LazyLock};

use hyper::{Request, Response, StatusCode, header};

use super::{
    records::{Direction, Record},
    service::Hub,
};
use bankchannel_server::http::{
    answer::AnswerBody,
    browser::{is_own, page, refuse},
    page::{Page, Text, source, style},
};

/// The path of the page.
pub(super) const PATH: &str = "/requests";
/// The number of sessions shown.
const SESSIONS: usize = 100;

static LOOK: LazyLock<(String, String)> = LazyLock::new(|| {
    let style = style(include_str!("page.css"));
    let policy = format!("default-src 'none'; style-src {}; base-uri 'none'; frame-ancestors 'none'", source(&style));
    (style, policy)
});

/// Answers a request of a browser.
pub(super) fn answer<B>(hub: &Hub, request: &Request<B>) -> Response<AnswerBody> {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if !is_own(host) {
        return refuse(StatusCode::FORBIDDEN, "this host name is not the hub's: use its address or localhost");
    }
    if request.method() != hyper::Method::GET {
        return refuse(StatusCode::METHOD_NOT_ALLOWED, "this page has GET only");
    }
    page(&shown(hub))
}

fn shown(hub: &Hub) -> Page {
    let mut body = String::from("<h1>Sessions</h1>");
    let names = hub.state.sessions();
    if names.is_empty() {
        body.push_str("<p>None yet.</p>");
    }
    for name in names.iter().rev().take(SESSIONS) {
        session(&mut body, hub, name);
    }
    let known = |record: &Record| record.session_secret.as_ref().is_some_and(|name| names.contains(name));
    let others = hub.records.all(|record| !known(record));
    if !others.is_empty() {
        body.push_str("<section><h2>Messages of no session</h2>");
        for record in others.iter().rev().take(SESSIONS) {
            message(&mut body, record);
        }
        body.push_str("</section>");
    }
    let (style, policy) = &*LOOK;
    let document = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"5\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Salt Edge hub</title><style>{style}</style></head>\
         <body><main>{body}</main></body></html>"
    );
    Page::document(200, policy.clone(), "no-referrer", document)
}

fn session(body: &mut String, hub: &Hub, name: &str) {
    let Some(shown) = hub.state.shown(name) else { return };
    let text = |member: &str| shown[member].as_str().unwrap_or_default().to_owned();
    let _ = write!(
        body,
        "<section><h2>{} <span class=\"{}\">{} {}</span></h2>",
        Text(name),
        Text(&text("status")),
        Text(&text("status")),
        Text(&text("error_class")),
    );
    for record in hub.records.of_session(name) {
        message(body, &record);
    }
    body.push_str("</section>");
}

fn message(body: &mut String, record: &Record) {
    let direction = match record.direction {
        Direction::ToConnector => "to the connector",
        Direction::ToHub => "to Salt Edge",
    };
    let shown = record.shown();
    let pretty = |member: &str| serde_json::to_string_pretty(&shown[member]).unwrap_or_default();
    let _ = write!(
        body,
        "<details><summary><code>{}</code> {direction}: <b>{}</b> {} {}</summary><h3>data</h3><pre>{}</pre><h3>answer</h3><pre>{}</pre></details>",
        Text(shown["at"].as_str().unwrap_or_default()),
        Text(&record.operation),
        record.status,
        Text(record.error_class.as_deref().unwrap_or_default()),
        Text(&pretty("data")),
        Text(&pretty("answer")),
    );
}
