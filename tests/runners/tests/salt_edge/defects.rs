//! Defective connectors, each for the check that must find it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use bankchannel::salt_edge_connector::envelope::UnsignedEnvelope;
use bankchannel_crypto::signature::SigningKey;
use serde_json::{Value, json};

use crate::proxy::{Answered, Answering, Asked, Upstream};

/// A defective connector: its changes to requests and their answers, and to its reports.
pub(crate) struct Defect {
    /// The check that must find it.
    pub(crate) found_by: &'static str,
    pub(crate) what: &'static str,
    pub(crate) inwards: fn(Arc<Wrong>, Asked) -> Answering,
    pub(crate) outwards: fn(Arc<Wrong>, Asked) -> Answering,
}

/// The surroundings of a defective connector.
pub(crate) struct Wrong {
    pub(crate) connector: Upstream,
    pub(crate) hub: Upstream,
    pub(crate) hub_key: SigningKey,
    pub(crate) connector_key: SigningKey,
    /// When each session last reported that it needs a code.
    pub(crate) updated: Mutex<HashMap<String, Instant>>,
    /// Sessions of reconnects.
    pub(crate) reconnects: Mutex<Vec<String>>,
    /// The headers of the last report, as the connector sends them.
    pub(crate) headers: Mutex<Vec<(String, String)>>,
}

fn jwt(data: &Value, key: &SigningKey) -> String {
    let now_s = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    UnsignedEnvelope::new(&data.to_string(), i64::try_from(now_s).unwrap() + 50).signed(key).unwrap()
}

fn rightly(wrong: Arc<Wrong>, asked: Asked) -> Answering {
    Box::pin(async move { wrong.connector.ask(asked).await })
}

fn reported(wrong: Arc<Wrong>, asked: Asked) -> Answering {
    Box::pin(async move { wrong.hub.ask(asked).await })
}

/// Sends the report with changed data.
fn reporting(wrong: Arc<Wrong>, asked: Asked, change: impl FnOnce(&mut Value)) -> Answering {
    let mut data = asked.data();
    change(&mut data);
    let asked = asked.with_jwt(&jwt(&data, &wrong.connector_key));
    reported(wrong, asked)
}

/// Returns the answer with another value for every member of this name.
fn answering(wrong: Arc<Wrong>, asked: Asked, member: &'static str, value: &'static str) -> Answering {
    Box::pin(async move {
        let mut answered = wrong.connector.ask(asked).await;
        if let Ok(mut body) = serde_json::from_slice::<Value>(&answered.body) {
            let data = match &mut body["data"] {
                Value::Array(items) => items.iter_mut().collect(),
                data @ Value::Object(_) => vec![data],
                _ => Vec::new(),
            };
            for item in data {
                if let Some(found) = item.get_mut(member) {
                    *found = value.into();
                }
            }
            answered.body = body.to_string().into();
        }
        answered
    })
}

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        found_by: "SE-F13",
        what: "each customer is shown everybody's accounts",
        inwards: |wrong, asked| match asked.path().ends_with("/v1/accounts") && asked.method == "GET" {
            true => Box::pin(async move {
                let mut answered = wrong.connector.ask(asked).await;
                if let Ok(mut body) = serde_json::from_slice::<Value>(&answered.body)
                    && let Some(own) = body["data"].as_array_mut()
                    && let Some(mut foreign) = own.first().cloned()
                {
                    let is_anna = foreign["id"] == "501";
                    foreign["id"] = if is_anna { "601" } else { "501" }.into();
                    own.push(foreign);
                    answered.body = body.to_string().into();
                }
                answered
            }),
            false => rightly(wrong, asked),
        },
        outwards: reported,
    },
    Defect {
        found_by: "SE-F13",
        what: "each customer is shown the other one's data",
        inwards: |wrong, asked| match asked.path().ends_with("/kyc") {
            true => Box::pin(async move {
                let mut answered = wrong.connector.ask(asked).await;
                let text = String::from_utf8_lossy(&answered.body).into_owned();
                let (one, other) = ("Anna Example", "Ben Example");
                let swapped = if text.contains(one) { text.replace(one, other) } else { text.replace(other, one) };
                answered.body = swapped.into();
                answered
            }),
            false => rightly(wrong, asked),
        },
        outwards: reported,
    },
    Defect {
        found_by: "SE-F13",
        what: "the page approves for another customer than the one who signed in",
        inwards: rightly,
        outwards: |wrong, asked| match asked.path().ends_with("/sessions/success") {
            // The one with the chosen accounts is of the page.
            true if asked.data()["consent"].is_array() => reporting(wrong, asked, |data| {
                data["user_id"] = "1002".into();
            }),
            _ => reported(wrong, asked),
        },
    },
    Defect {
        found_by: "SE-D01",
        what: "the class of a failure is overwritten with its text",
        inwards: rightly,
        outwards: |wrong, asked| match asked.path().ends_with("/sessions/fail") {
            true => reporting(wrong, asked, |data| {
                data["error_class"] = data["error_message"].take();
                data["error_message"] = "".into();
            }),
            false => reported(wrong, asked),
        },
    },
    Defect {
        found_by: "SE-D02",
        what: "a code confirms a session that waits for its page",
        inwards: |wrong, asked| match asked.path().ends_with("/tokens/confirm") {
            true => Box::pin(async move {
                let session = asked.data()["session_secret"].as_str().unwrap().to_owned();
                let data = json!({
                    "session_secret": session, "user_id": "1001", "token": "minted-without-the-customer",
                    "token_expires_at": "2099-01-01T00:00:00.000Z",
                });
                let report = Asked {
                    method: "POST".into(),
                    target: "/api/connectors/v1/sessions/success".into(),
                    headers: wrong.headers.lock().unwrap().clone(),
                    ..Asked::default()
                };
                wrong.hub.ask(report.with_jwt(&jwt(&data, &wrong.connector_key))).await;
                Answered::json(200, &json!({}))
            }),
            false => rightly(wrong, asked),
        },
        outwards: |wrong, asked| {
            *wrong.headers.lock().unwrap() = asked.headers.clone();
            reported(wrong, asked)
        },
    },
    Defect {
        found_by: "SE-D03",
        what: "tokens/confirm does not read its JWT",
        inwards: |wrong, asked| match asked.path().ends_with("/tokens/confirm") {
            true => Box::pin(async move { Answered::json(200, &json!({})) }),
            false => rightly(wrong, asked),
        },
        outwards: reported,
    },
    Defect {
        found_by: "SE-D04",
        what: "the report that a code is needed leaves before the code is stored",
        inwards: |wrong, asked| match asked.path().ends_with("/tokens/confirm") {
            true => Box::pin(async move {
                let session = asked.data()["session_secret"].as_str().unwrap_or_default().to_owned();
                let is_early =
                    wrong.updated.lock().unwrap().get(&session).is_some_and(|at| at.elapsed() < Duration::from_secs(2));
                match is_early {
                    true => Answered::json(
                        404,
                        &json!({"error_class": "TokenNotFound", "error_message": "there is no such session"}),
                    ),
                    false => wrong.connector.ask(asked).await,
                }
            }),
            false => rightly(wrong, asked),
        },
        outwards: |wrong, asked| {
            if asked.path().ends_with("/sessions/update") {
                let session = asked.data()["session_secret"].as_str().unwrap().to_owned();
                wrong.updated.lock().unwrap().insert(session, Instant::now());
            }
            reported(wrong, asked)
        },
    },
    Defect {
        found_by: "SE-D05",
        what: "a revoked token works until it expires",
        inwards: |wrong, asked| {
            Box::pin(async move {
                let answered = wrong.connector.ask(asked).await;
                match answered.class().as_str() {
                    "TokenRevoked" => Answered::json(200, &json!({"data": []})),
                    _ => answered,
                }
            })
        },
        outwards: reported,
    },
    Defect {
        found_by: "SE-D06",
        what: "a refusal on the page is not reported",
        inwards: rightly,
        outwards: |wrong, asked| match asked.path().ends_with("/sessions/fail") {
            true => Box::pin(async { Answered::json(200, &json!({"data": {}, "meta": {}})) }),
            false => reported(wrong, asked),
        },
    },
    Defect {
        found_by: "SE-D07",
        what: "a reconnect is reported under the old session",
        inwards: |wrong, asked| {
            if asked.path().ends_with("/tokens/reconnect") {
                wrong
                    .reconnects
                    .lock()
                    .unwrap()
                    .push(asked.data()["session_secret"].as_str().unwrap_or_default().to_owned());
            }
            rightly(wrong, asked)
        },
        outwards: |wrong, asked| {
            let session = asked.data()["session_secret"].as_str().unwrap_or_default().to_owned();
            match wrong.reconnects.lock().unwrap().contains(&session) {
                true => reporting(Arc::clone(&wrong), asked, |data| data["session_secret"] = "the-old-session".into()),
                false => reported(Arc::clone(&wrong), asked),
            }
        },
    },
    Defect {
        found_by: "SE-D08",
        what: "the lifetime of tokens is a constant",
        inwards: rightly,
        outwards: |wrong, asked| match asked.data()["token_expires_at"].is_string() {
            true => reporting(wrong, asked, |data| data["token_expires_at"] = "2099-01-01T00:00:00.000Z".into()),
            false => reported(wrong, asked),
        },
    },
    Defect {
        found_by: "SE-D09",
        what: "most of what is not found surfaces as a failure",
        inwards: |wrong, asked| {
            Box::pin(async move {
                let answered = wrong.connector.ask(asked).await;
                match answered.class().as_str() {
                    "AccountNotFound" => {
                        Answered::json(500, &json!({"error_class": "InternalServerError", "error_message": "null"}))
                    }
                    _ => answered,
                }
            })
        },
        outwards: reported,
    },
    Defect {
        found_by: "SE-D10",
        what: "a notice of an error needs a token that is known",
        inwards: |wrong, asked| match asked.path().ends_with("/errors") {
            true => Box::pin(async {
                Answered::json(404, &json!({"error_class": "TokenNotFound", "error_message": "unknown"}))
            }),
            false => rightly(wrong, asked),
        },
        outwards: reported,
    },
    Defect {
        found_by: "SE-D12",
        what: "reading does not verify the JWT",
        inwards: |wrong, asked| {
            Box::pin(async move {
                let reads = asked.method == "GET";
                let answered = wrong.connector.ask(asked).await;
                match reads && ["JWTVerificationError", "AccessTokenMissing"].contains(&answered.class().as_str()) {
                    true => Answered::json(200, &json!({"data": []})),
                    false => answered,
                }
            })
        },
        outwards: reported,
    },
    Defect {
        found_by: "SE-D13",
        what: "the account comes from the query",
        inwards: |wrong, asked| match asked.target.split_once("account_id=") {
            Some((_, account)) => {
                let mut data = asked.data();
                data["account_id"] = account.into();
                let asked = asked.with_jwt(&jwt(&data, &wrong.hub_key));
                rightly(wrong, asked)
            }
            None => rightly(wrong, asked),
        },
        outwards: reported,
    },
    Defect {
        found_by: "SE-D14",
        what: "an endpoint is not there",
        inwards: |wrong, asked| match asked.path().ends_with("/accounts/confirm") {
            true => {
                Box::pin(async { Answered { status: 404, headers: Vec::new(), body: "<h1>Not found</h1>".into() } })
            }
            false => rightly(wrong, asked),
        },
        outwards: reported,
    },
    Defect {
        found_by: "SE-C12",
        what: "a token counts as active while it has not expired",
        inwards: |wrong, asked| {
            Box::pin(async move {
                let answered = wrong.connector.ask(asked).await;
                match answered.class().as_str() {
                    "TokenRevoked" => Answered::json(
                        400,
                        &json!({"error_class": "WrongRequestFormat", "error_message": "no account_id"}),
                    ),
                    _ => answered,
                }
            })
        },
        outwards: reported,
    },
    Defect {
        found_by: "SE-F10",
        what: "an account has a nature that there is not",
        inwards: |wrong, asked| answering(wrong, asked, "nature", "piggy bank"),
        outwards: reported,
    },
    Defect {
        found_by: "SE-F11",
        what: "all transactions are answered, whatever the days",
        inwards: |wrong, asked| answering(wrong, asked, "made_on", "2001-01-01T00:00:00.000Z"),
        outwards: reported,
    },
    Defect {
        found_by: "SE-F12",
        what: "the date of birth is written as people write it",
        inwards: |wrong, asked| answering(wrong, asked, "date_of_birth", "12.04.1980"),
        outwards: reported,
    },
    Defect {
        found_by: "SE-D16",
        what: "a refusal has a status of its own invention, and no class",
        inwards: |wrong, asked| {
            Box::pin(async move {
                let answered = wrong.connector.ask(asked).await;
                match answered.status {
                    400.. => Answered::json(402, &json!({"status": "payment_error"})),
                    _ => answered,
                }
            })
        },
        outwards: reported,
    },
];
