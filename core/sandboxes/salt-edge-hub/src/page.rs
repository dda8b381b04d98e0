//! The page of messages: sessions, newest first, each with its messages, decoded and masked. Without script.

use std::{fmt::Write as _, sync::LazyLock};

use hyper::{Request, Response, StatusCode, header};

use super::{
    records::{MessageDirection, RecordedMessage},
    service::PlayedHub,
};
use bankchannel_server::http::{
    answer::AnswerBody,
    browser::{is_own, page, refuse},
    page::{HtmlPage, HtmlText, source, style},
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
pub(super) fn answer<B>(hub: &PlayedHub, request: &Request<B>) -> Response<AnswerBody> {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if !is_own(host) {
        return refuse(StatusCode::FORBIDDEN, "this host name is not the hub's: use its address or localhost");
    }
    if request.method() != hyper::Method::GET {
        return refuse(StatusCode::METHOD_NOT_ALLOWED, "this page has GET only");
    }
    page(&hub_page(hub))
}

fn hub_page(hub: &PlayedHub) -> HtmlPage {
    let mut body = String::from("<h1>Sessions</h1>");
    let names = hub.state.sessions();
    if names.is_empty() {
        body.push_str("<p>None yet.</p>");
    }
    for name in names.iter().rev().take(SESSIONS) {
        session(&mut body, hub, name);
    }
    let known = |record: &RecordedMessage| record.session_secret.as_ref().is_some_and(|name| names.contains(name));
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
    HtmlPage::document(200, policy.clone(), "no-referrer", document)
}

fn session(body: &mut String, hub: &PlayedHub, name: &str) {
    let Some(shown) = hub.state.session_json(name) else { return };
    let text = |member: &str| shown[member].as_str().unwrap_or_default().to_owned();
    let _ = write!(
        body,
        "<section><h2>{} <span class=\"{}\">{} {}</span></h2>",
        HtmlText(name),
        HtmlText(&text("status")),
        HtmlText(&text("status")),
        HtmlText(&text("error_class")),
    );
    for record in hub.records.of_session(name) {
        message(body, &record);
    }
    body.push_str("</section>");
}

fn message(body: &mut String, record: &RecordedMessage) {
    let direction = match record.direction {
        MessageDirection::ToConnector => "to the connector",
        MessageDirection::ToHub => "to Salt Edge",
    };
    let shown = record.to_json();
    let pretty = |member: &str| serde_json::to_string_pretty(&shown[member]).unwrap_or_default();
    let _ = write!(
        body,
        "<details><summary><code>{}</code> {direction}: <b>{}</b> {} {}</summary><h3>data</h3><pre>{}</pre><h3>answer</h3><pre>{}</pre></details>",
        HtmlText(shown["at"].as_str().unwrap_or_default()),
        HtmlText(&record.operation),
        record.status,
        HtmlText(record.error_class.as_deref().unwrap_or_default()),
        HtmlText(&pretty("data")),
        HtmlText(&pretty("answer")),
    );
}
