//! The bank interface: the bank's page and back office call the engine by name, authenticated with the shared secret.
//!
//! ```text
//!   POST /get_session         Bank-Interface-Time, Bank-Interface-Signature         {"session_id": "…"}
//! ```

use std::sync::Arc;

use bankchannel_foundation::{Error, clock::Clock as _, clock::SystemClock, error::row, json, model::Value};
use bankchannel_salt_edge::bank_interface::{SIGNATURE, TIME};
use bankchannel_transport::background;
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::Incoming,
    header::{ALLOW, HeaderValue},
};
use serde_json::json;

use super::service::ConnectorService;
use bankchannel_server::http::{
    answer::{self, AnswerBody},
    intake,
};

/// The allowed calls.
const CALLS: [&str; 8] = [
    "get_session",
    "approve_session",
    "refuse_session",
    "list_tokens",
    "revoke_token",
    "reconcile_tokens",
    "list_callbacks",
    "retry_callback",
];
/// The calls that take the current time.
const DATED: [&str; 3] = ["get_session", "approve_session", "refuse_session"];
/// The maximum size of a body, in bytes.
const BODY_MAX: usize = 1024 * 1024;
const MAX_DEPTH: usize = 32;

/// Answers a request of the bank.
pub(super) async fn answer(service: Arc<ConnectorService>, request: Request<Incoming>) -> Response<AnswerBody> {
    let (head, body) = request.into_parts();
    let Ok(taken) = intake::plain(body, BODY_MAX).await else {
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, "the body has more than 1 MiB, or has not arrived");
    };
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    let now_s = SystemClock::default().now_s();
    let secret = &service.keys.bank_secret;
    if let Err(why) = secret.verify(
        only_header(&head.headers, TIME),
        only_header(&head.headers, SIGNATURE),
        target,
        &taken.body,
        now_s,
    ) {
        return refuse(StatusCode::UNAUTHORIZED, why);
    }
    let name = head.uri.path().trim_matches('/').to_owned();
    if !CALLS.contains(&name.as_str()) {
        return refuse(StatusCode::NOT_FOUND, &format!("there are: {}", CALLS.join(", ")));
    }
    if head.method != Method::POST {
        let mut refused = refuse(StatusCode::METHOD_NOT_ALLOWED, "use POST");
        refused.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        return refused;
    }
    let asked = match json::parse(&taken.body, MAX_DEPTH) {
        Ok(asked @ Value::Object(_)) => asked.into_owned(),
        _ => return refuse(StatusCode::BAD_REQUEST, "the body must be a JSON object"),
    };
    // The call is completed even if the bank disconnects.
    let at = Arc::clone(&service);
    let called = background::spawn_on(&service.tasks, async move { call(&at, &name, asked).await });
    called.await.unwrap_or_else(|_| refuse(StatusCode::INTERNAL_SERVER_ERROR, "the call has failed"))
}

async fn call(service: &ConnectorService, name: &str, mut asked: Value<'static>) -> Response<AnswerBody> {
    if let (Value::Object(asked), Some(at)) = (&mut asked, service.at().filter(|_| DATED.contains(&name))) {
        asked.remove("at");
        asked.push("at", at.as_str().to_owned());
    }
    let name = format!("salt_edge_connector.{name}");
    let done = service.client().call_values(&name, asked, service.options()).await;
    // There may be a decision to report.
    service.work.notify_one();
    match done {
        Ok(done) => answer::json(StatusCode::OK, done.response.to_json()),
        Err(error) => answer::json(status(&error), json!({ "error": error.to_json() }).to_string()),
    }
}

fn status(error: &Error) -> StatusCode {
    if error.code().starts_with("input.") {
        StatusCode::BAD_REQUEST
    } else if error.code() == row::STORAGE.code || error.code() == row::TIMED_OUT.code {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::INTERNAL_SERVER_ERROR
    }
}

/// The header of this name, if there is exactly one.
fn only_header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() { None } else { value.to_str().ok() }
}

fn refuse(status: StatusCode, why: &str) -> Response<AnswerBody> {
    answer::json(status, json!({ "error": { "message": why } }).to_string())
}
