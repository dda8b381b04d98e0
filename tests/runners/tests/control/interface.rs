//! A server under control, and what it answers to an order in both ways.

use bankchannel_counterparts::EmbeddedServer;
use reqwest::Method;
use serde_json::{Value, json};

/// What an order is answered with.
#[derive(Clone, Copy)]
pub(crate) enum Answered {
    /// An object with exactly these members, in the order of the alphabet; `null` ones too.
    Members(&'static [&'static str]),
    /// A list.
    List,
    /// A refusal with 400, which contains this text.
    Refused(&'static str),
    /// There is no such order.
    Unknown,
}

/// One line of a table: the order, its request, and its answer. Lines are sent one after the other.
pub(crate) type OrderLine = (&'static str, Value, Answered);

/// A server that takes orders over HTTP, as other programs give them, and from this program.
pub(crate) struct ControlledServer {
    pub(crate) server: EmbeddedServer,
    http: reqwest::Client,
}

/// The orders that are read, not sent.
const READ: [&str; 2] = ["outbox", "transcript"];
/// The orders that are at the top and below `sandbox/`.
const COMMON: [&str; 7] = ["outbox", "transcript", "reset", "seed", "clock", "fail_next", "limits"];

pub(crate) fn is_common(order: &str) -> bool {
    COMMON.contains(&order)
}

/// The method that an order is sent with.
pub(crate) fn method_of(order: &str) -> Method {
    if READ.contains(&order) { Method::GET } else { Method::POST }
}

impl ControlledServer {
    pub(crate) async fn start(kind: &str, further: Value) -> Self {
        let mut options = json!({"control": true});
        for (name, value) in further.as_object().unwrap() {
            options[name] = value.clone();
        }
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let server = EmbeddedServer::start(kind, options).await.unwrap();
        Self { server, http: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    /// The status, the permitted methods, and the answer of a request to a path.
    pub(crate) async fn send(&self, method: Method, path: &str, body: Vec<u8>) -> (u16, String, Value) {
        let url = self.server.readiness()["control_url"].as_str().unwrap().trim_end_matches('/').to_owned();
        let answer = self.http.request(method, format!("{url}/{path}")).body(body).send().await.unwrap();
        let allow = answer.headers().get("allow").map(|value| value.to_str().unwrap().to_owned());
        let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
        assert!(kind.starts_with("application/json"), "{path}: {kind}");
        (answer.status().as_u16(), allow.unwrap_or_default(), answer.json().await.unwrap())
    }

    /// Sends each order to its path over HTTP; tells each line that is answered otherwise.
    pub(crate) async fn differs_over_http(&self, lines: &[OrderLine]) -> Vec<String> {
        let mut differences = Vec::new();
        for (order, request, answered) in lines {
            let path = if is_common(order) { (*order).to_owned() } else { format!("sandbox/{order}") };
            let body = if READ.contains(order) { Vec::new() } else { request.to_string().into_bytes() };
            let (status, _, answer) = self.send(method_of(order), &path, body).await;
            let is_alike = match answered {
                Answered::Refused(named) => status == 400 && is_refusal(named, &answer["error"]),
                Answered::Unknown => {
                    let said = answer["error"]["message"].as_str().unwrap_or_default();
                    status == 404 && said.contains("is not known") && said.contains("there are: ")
                }
                expected => status == 200 && is_answer(*expected, &answer),
            };
            if !is_alike {
                differences.push(format!("HTTP {path} {request}: {status} {answer}"));
            }
        }
        differences
    }

    /// Gives each order by its name; tells each line that is answered otherwise.
    pub(crate) async fn differs_in_the_program(&self, lines: &[OrderLine]) -> Vec<String> {
        let mut differences = Vec::new();
        for (order, request, answered) in lines {
            let done = self.server.control(order, request.clone()).await;
            let is_alike = match (&done, answered) {
                (Err(error), Answered::Refused(named)) => is_refusal(named, &error.to_json()),
                (Err(error), Answered::Unknown) => {
                    error.code() == "input.invalid_field" && error.detail("field") == Some("order")
                }
                (Ok(answer), expected) => is_answer(*expected, answer),
                (Err(_), _) => false,
            };
            if !is_alike {
                differences.push(format!("program {order} {request}: {done:?}"));
            }
        }
        differences
    }
}

/// Whether it is a whole error, in the category of what the caller got wrong, with this text.
fn is_refusal(named: &str, error: &Value) -> bool {
    error["code"].as_str().is_some_and(|code| code.starts_with("input.")) && error.to_string().contains(named)
}

fn is_answer(expected: Answered, answer: &Value) -> bool {
    match expected {
        Answered::Members(members) => answer.as_object().is_some_and(|found| {
            let mut found: Vec<&str> = found.keys().map(String::as_str).collect();
            found.sort_unstable();
            found == members
        }),
        Answered::List => answer.is_array(),
        Answered::Refused(_) | Answered::Unknown => false,
    }
}
