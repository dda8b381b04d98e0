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
    observed::ObservedRequest,
};

/// The allowed calls, by operation.
const CALLS: [&str; 8] = [
    "salt_edge_connector.get_session",
    "salt_edge_connector.approve_session",
    "salt_edge_connector.refuse_session",
    "salt_edge_connector.list_tokens",
    "salt_edge_connector.revoke_token",
    "salt_edge_connector.reconcile_tokens",
    "salt_edge_connector.list_callbacks",
    "salt_edge_connector.retry_callback",
];
/// The calls that take the current time.
const DATED: [&str; 3] = [CALLS[0], CALLS[1], CALLS[2]];
/// The maximum size of a body, in bytes.
const BODY_MAX: usize = 1024 * 1024;
const MAX_DEPTH: usize = 32;

/// Answers a request of the bank.
pub(super) async fn answer(service: Arc<ConnectorService>, request: Request<Incoming>) -> Response<AnswerBody> {
    let observed = ObservedRequest::of(request.extensions()).cloned();
    let note = |operation: &'static str, reason: Option<&'static str>| {
        if let Some(observed) = &observed {
            observed.note(|facts| (facts.operation, facts.reason) = (operation, reason));
        }
    };
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
        note("", Some("bank_signature"));
        return refuse(StatusCode::UNAUTHORIZED, why);
    }
    let name = head.uri.path().trim_matches('/');
    let Some(operation) = CALLS.into_iter().find(|call| short(call) == name) else {
        return refuse(StatusCode::NOT_FOUND, &format!("there are: {}", CALLS.map(short).join(", ")));
    };
    note(operation, None);
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
    let called = background::spawn_on(&service.tasks, async move { call(&at, operation, asked).await });
    match called.await {
        Ok((answer, reason)) => {
            note(operation, reason);
            answer
        }
        Err(_) => refuse(StatusCode::INTERNAL_SERVER_ERROR, "the call has failed"),
    }
}

fn short(operation: &'static str) -> &'static str {
    operation.rsplit('.').next().unwrap_or_default()
}

/// The answer, and the code of the error in it.
async fn call(
    service: &ConnectorService,
    operation: &'static str,
    mut asked: Value<'static>,
) -> (Response<AnswerBody>, Option<&'static str>) {
    if let (Value::Object(asked), Some(at)) = (&mut asked, service.at().filter(|_| DATED.contains(&operation))) {
        asked.remove("at");
        asked.push("at", at.as_str().to_owned());
    }
    let done = service.client().call_values(operation, asked, service.options()).await;
    // There may be a decision to report.
    service.work.notify_one();
    match done {
        Ok(done) => (answer::json(StatusCode::OK, done.response.to_json()), None),
        Err(error) => {
            let code = error.row().code;
            (answer::json(status(&error), json!({ "error": error.to_json() }).to_string()), Some(code))
        }
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
