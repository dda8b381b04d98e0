//! Secrets sent to the connector server, in their right places and in every wrong one: they must not appear in any
//! answer, log line or file.

#[path = "../../../support/log.rs"]
mod log;

use std::path::{Path, PathBuf};

use bankchannel_counterparts::EmbeddedServer;
use log::Log;
use serde_json::{Value, json};

use crate::proxy::{Answered, Asked, Upstream};

const SECRET: &str = "planted-session-secret";
const PASSWORD: &str = "anna-password";

/// A hub, and a connector server with its example bank.
struct Serving {
    hub: EmbeddedServer,
    connector: EmbeddedServer,
    folder: tempfile::TempDir,
    to_hub: Upstream,
    to_connector: Upstream,
}

impl Serving {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let hub = EmbeddedServer::start("salt-edge-hub", json!({"control": true})).await.unwrap();
        let ready = hub.readiness();
        let options = json!({
            "data": folder.path().join("connector"), "hub_url": ready["base_url"], "hub_public_key": [ready["hub_public_key_file"]],
            "app_id": ready["app_id"], "app_secret_file": ready["app_secret_file"], "private_key": ready["private_key_file"],
        });
        let connector = EmbeddedServer::start("salt-edge-connector", options).await.unwrap();
        let to_hub = Upstream::new(ready["control_url"].as_str().unwrap());
        let to_connector = Upstream::new(connector.readiness()["base_url"].as_str().unwrap());
        Self { hub, connector, folder, to_hub, to_connector }
    }

    async fn order(&self, path: &str, order: Value) -> Value {
        self.to_hub.order(path, &order).await
    }

    /// A request made by the hub.
    async fn made(&self, order: Value) -> Asked {
        let made = self.order("requests", order).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let headers = made["headers"].as_array().unwrap();
        let headers = headers.iter().map(|header| (text(&header["name"]), text(&header["value"]))).collect();
        Asked { method: text(&made["method"]), target: text(&made["target"]), headers, ..Asked::default() }
    }

    async fn send(&self, order: Value) -> Answered {
        self.to_connector.ask(self.made(order).await).await
    }

    /// Waits until the hub has a matching update of the session.
    async fn until(&self, is_there: impl Fn(&Value) -> bool) {
        for _ in 0..400 {
            if is_there(&self.order(&format!("sessions/{SECRET}"), json!({})).await) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("the hub has not heard");
    }
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_service_repeats_no_secret() {
    let log = Log::begin();
    let serving = Serving::start().await;
    let credentials = json!({"authorization_type": "login_password_sms", "login": "anna", "password": PASSWORD});
    let create = json!({"operation": "create_token", "session_secret": SECRET, "credentials": credentials,
                        "redirect_url": "https://planted.example/back"});
    let creating = serving.made(create).await;
    let jwt = creating.header("authorization").unwrap().trim_start_matches("Bearer ").to_owned();
    assert_eq!(serving.to_connector.ask(creating).await.status, 200);
    serving.until(|known| known["updates"][0]["interactive_field"] == "sms").await;
    let outbox = serving.folder.path().join("connector/outbox.jsonl");
    let sent: Value = serde_json::from_str(std::fs::read_to_string(&outbox).unwrap().trim()).unwrap();
    let code = sent["code"].as_str().unwrap().to_owned();
    let confirm = json!({"operation": "confirm_token", "session_secret": SECRET, "credentials": {"sms": code}});
    assert_eq!(serving.send(confirm).await.status, 200);
    serving.until(|known| known["status"] == "success").await;
    let fetching = serving.made(json!({"operation": "fetch_accounts", "access_token_of": SECRET})).await;
    let token = fetching.header("access-token").unwrap().to_owned();
    let fetched = serving.to_connector.ask(fetching.clone()).await;
    assert!(fetched.status == 200 && String::from_utf8_lossy(&fetched.body).contains("FI2112345600000785"));
    let customer = serving.send(json!({"operation": "fetch_customer", "access_token_of": SECRET})).await;
    assert!(String::from_utf8_lossy(&customer.body).contains("Anna Example"));

    let planted = [SECRET, PASSWORD, &code, &token, &jwt[..jwt.len() / 2], &jwt[jwt.len() / 2..]];
    let mut answers = Vec::new();
    for text in planted {
        for wrong in misplaced(&fetching, text) {
            let what = format!("{} {} {:?}", wrong.method, wrong.target, wrong.headers);
            let answer = serving.to_connector.ask(wrong).await;
            assert!((400..500).contains(&answer.status), "{what}: {}", answer.status);
            answers.push(format!("{:?} {}", answer.headers, String::from_utf8_lossy(&answer.body)));
        }
    }
    // At the bank interface.
    let door = Upstream::new(serving.connector.readiness()["bank_interface_url"].as_str().unwrap());
    for text in planted {
        let headers =
            vec![("bank-interface-time".into(), text.into()), ("bank-interface-signature".into(), text.into())];
        let asked = Asked { method: "POST".into(), target: format!("/{text}?x={text}"), headers, ..Asked::default() };
        let answer = door.ask(asked).await;
        assert_eq!(answer.status, 401);
        answers.push(format!("{:?} {}", answer.headers, String::from_utf8_lossy(&answer.body)));
    }
    let Serving { hub, connector, folder, .. } = serving;
    connector.stop().await;
    hub.stop().await;

    let logged = log.text();
    assert!(logged.contains("bankchannel"), "the search can find something: {logged}");
    let customers = ["Anna Example", "FI2112345600000785", "planted.example", "+358401234567"];
    for text in planted {
        let repeats = answers.iter().find(|answer| answer.contains(text));
        assert!(repeats.is_none(), "{text}: {repeats:?}");
    }
    for text in planted.into_iter().chain(customers) {
        let line = logged.lines().find(|line| line.contains(text) && !is_the_hubs(line));
        assert!(line.is_none(), "{text}: {line:?}");
        for file in files(&folder.path().join("connector")) {
            let bytes = std::fs::read(&file).unwrap();
            let holds = bytes.windows(text.len()).any(|window| window == text.as_bytes());
            // The example bank writes its codes to this file.
            assert!(!holds || file == outbox, "{text} in {}", file.display());
        }
    }
}

/// The hub belongs to the tests: its log lines are not the connector's.
fn is_the_hubs(line: &str) -> bool {
    line.contains("salt_edge_hub")
}

/// Valid requests with a secret in a wrong place.
fn misplaced(good: &Asked, text: &str) -> Vec<Asked> {
    let with = |name: &str, value: String| {
        let mut wrong = good.clone();
        wrong.headers.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
        wrong.headers.push((name.to_owned(), value));
        wrong
    };
    let mut twice = good.clone();
    twice.headers.push(("Access-Token".into(), text.to_owned()));
    // A method may contain only letters and a hyphen here.
    let letters: String = text.chars().filter(|c| c.is_ascii_alphabetic() || *c == '-').collect();
    let mut method = good.clone();
    method.method = format!("X{letters}");
    let at = |target: String| Asked { target, ..good.clone() };
    vec![
        at(format!("/{text}")),
        at(format!("/api/priora/v1/accounts/{text}")),
        at(format!("/api/priora/v1/{text}?access_token={text}")),
        with("Access-Token", format!("{text}x")),
        with("Authorization", text.to_owned()),
        with("Authorization", format!("Basic {text}")),
        with("Authorization", format!("Bearer {text}")),
        with("Authorization", format!("Bearer {text}.{text}.{text}")),
        with("Client-Id", text.to_owned()),
        twice,
        method,
    ]
}
