//! The checker passes the built-in connector and finds each planted defect. Defects that are not visible from outside
//! are omitted: secrets in logs (10.A, Java, the last).

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use bankchannel::salt_edge_connector::envelope::UnsignedEnvelope;
use bankchannel_counterparts::EmbeddedServer;
use bankchannel_crypto::signature::SigningKey;
use bankchannel_salt_edge_hub::check::{ActingCustomer, CheckReport, CheckRun, ConnectorCheckResult, write_settings};
use serde_json::{Value, json};

use crate::proxy::{Answered, Answering, Asked, Upstream, serve};

/// A defective connector: its changes to requests and their answers, and to its reports.
struct Defect {
    /// The check that must find it.
    found_by: &'static str,
    what: &'static str,
    inwards: fn(Arc<Wrong>, Asked) -> Answering,
    outwards: fn(Arc<Wrong>, Asked) -> Answering,
}

/// The surroundings of a defective connector.
struct Wrong {
    connector: Upstream,
    hub: Upstream,
    hub_key: SigningKey,
    connector_key: SigningKey,
    /// When each session last reported that it needs a code.
    updated: Mutex<HashMap<String, Instant>>,
    /// Sessions of reconnects.
    reconnects: Mutex<Vec<String>>,
    /// The headers of the last report, as the connector sends them.
    headers: Mutex<Vec<(String, String)>>,
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

const DEFECTS: &[Defect] = &[
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

/// A checker, and a connector that reports to it.
struct Bench {
    checking: CheckRun,
    connector: EmbeddedServer,
    keys: [SigningKey; 2],
    _folder: tempfile::TempDir,
}

impl Bench {
    /// `reports_to` returns the URL that the connector reports to, given the hub's URL.
    async fn new(reports_to: impl AsyncFnOnce(&str, &Path) -> String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (file, data) = (folder.path().join("check.json"), folder.path().join("connector"));
        let (of_connector, is_new) = write_settings(&file, "127.0.0.1:0".parse().unwrap()).await.unwrap();
        assert!(is_new);
        // A second call keeps the file and returns the same.
        assert_eq!(write_settings(&file, "127.0.0.1:0".parse().unwrap()).await.unwrap(), (of_connector.clone(), false));
        let mut settings: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        let with_code = settings["authorization_types"][2].as_object_mut().unwrap();
        with_code.remove("right_code");
        with_code.insert("codes_file".into(), "connector/outbox.jsonl".into());
        settings["patience_s"] = 5.into();
        std::fs::write(&file, settings.to_string()).unwrap();
        let checking = CheckRun::open(&file, Some("127.0.0.1:0".parse().unwrap())).await.unwrap();
        let hub_url = reports_to(&checking.hub_url(), folder.path()).await;
        let text = |name: &str| of_connector[name].as_str().unwrap().to_owned();
        let options = json!({
            "data": data, "hub_url": hub_url, "hub_public_key": [text("hub_public_key_file")], "app_id": text("app_id"),
            "app_secret_file": text("app_secret_file"), "private_key": text("private_key_file"),
        });
        let connector = EmbeddedServer::start("salt-edge-connector", options).await.unwrap();
        let keys = ["hub.key.pem", "connector.key.pem"].map(|name| {
            let pem = std::fs::read_to_string(folder.path().join("check.hub").join(name)).unwrap();
            SigningKey::from_pem(&pem, None).unwrap()
        });
        Self { checking, connector, keys, _folder: folder }
    }

    fn url(&self) -> String {
        self.connector.readiness()["base_url"].as_str().unwrap().to_owned()
    }

    async fn run(&self, url: &str, only: &[&str]) -> CheckReport {
        let only: Vec<String> = only.iter().map(|id| (*id).to_owned()).collect();
        self.checking.run(url, Some(&*customer()), &only, &|_| {}).await.unwrap()
    }

    async fn close(self) {
        self.connector.stop().await;
        self.checking.close().await;
    }
}

/// A customer of the example bank.
fn customer() -> Box<ActingCustomer> {
    Box::new(|url, approves| Box::pin(async move { browse(&url, approves).await }))
}

/// Signs in on the example bank's page and approves, or refuses.
pub(crate) async fn browse(url: &str, approves: bool) -> Result<(), String> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let send = async |form: Vec<(&str, String)>| {
        let body: String = form.iter().map(|(name, value)| format!("{name}={value}&")).collect();
        http.post(url).body(body).send().await.unwrap().text().await.unwrap()
    };
    if !approves {
        send(vec![("action", "refuse".into())]).await;
        return Ok(());
    }
    let sign_in = vec![("action", "sign_in".into()), ("login", "anna".into()), ("password", "anna-password".into())];
    let page = send(sign_in).await;
    let hidden = |name: &str| {
        let from = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_default();
        from.split('"').next().unwrap_or_default().to_owned()
    };
    send(vec![
        ("action", "approve".into()),
        ("user_id", hidden("user_id")),
        ("ticket", hidden("ticket")),
        ("account", "501".into()),
    ])
    .await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_connector_that_serves_passes() {
    let bench = Bench::new(async |hub: &str, _: &Path| hub.to_owned()).await;
    let report = bench.run(&bench.url(), &[]).await;
    assert!(report.is_ok(), "{}", report.to_text());
    assert_eq!(report.count(ConnectorCheckResult::Warning), 0, "{}", report.to_text());
    let not_run: Vec<&str> = report
        .checks
        .iter()
        .filter(|check| check.result == ConnectorCheckResult::NotRun)
        .map(|check| check.id)
        .collect();
    // Each has its reason: time, logs, the published keys, and operations that nothing has requested.
    assert_eq!(not_run, ["SE-C13", "SE-F03", "SE-F06", "SE-R01", "SE-D11", "SE-A01", "SE-A02", "SE-A07", "SE-A09"]);
    bench.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_planted_defect_is_found() {
    for defect in DEFECTS {
        let outwards = Arc::new(Mutex::new(None::<Arc<Wrong>>));
        let (to_hub, answer) = (Arc::clone(&outwards), defect.outwards);
        let bench = Bench::new(async move |hub: &str, _: &Path| {
            let hub = Upstream::new(hub);
            serve(move |asked| match to_hub.lock().unwrap().clone() {
                Some(wrong) => answer(wrong, asked),
                None => {
                    let hub = hub.clone();
                    Box::pin(async move { hub.ask(asked).await })
                }
            })
            .await
        })
        .await;
        let [hub_key, connector_key] = bench.keys.clone();
        let wrong = Arc::new(Wrong {
            connector: Upstream::new(&bench.url()),
            hub: Upstream::new(&bench.checking.hub_url()),
            hub_key,
            connector_key,
            updated: Mutex::default(),
            reconnects: Mutex::default(),
            headers: Mutex::default(),
        });
        *outwards.lock().unwrap() = Some(Arc::clone(&wrong));
        let inwards = defect.inwards;
        let url = serve(move |asked| inwards(Arc::clone(&wrong), asked)).await;
        // Some checks evaluate the traffic of others.
        let only: &[&str] = match defect.found_by {
            "SE-D01" => &["SE-F02", "SE-D01"],
            "SE-D02" => &["SE-F02", "SE-D02"],
            "SE-D07" => &["SE-F07", "SE-D07"],
            "SE-D16" => &["SE-C01", "SE-C10", "SE-D16"],
            other => &[other],
        };
        let report = bench.run(&url, only).await;
        let check = report.checks.iter().find(|check| check.id == defect.found_by).unwrap();
        assert_eq!(
            check.result,
            ConnectorCheckResult::Failed,
            "{}: {}\n{}",
            defect.found_by,
            defect.what,
            report.to_text()
        );
        assert!(!check.why.is_empty());
        bench.close().await;
    }
}
