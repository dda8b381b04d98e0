//! A bank's connector and Salt Edge on one machine. docs/salt-edge-hub.md shows this program; a test runs it.
// An example prints for a person.
#![allow(clippy::print_stdout)]

use std::time::Duration;

use bankchannel::{Error, Result};
use bankchannel_counterparts::EmbeddedServer;
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<()> {
    let hub = EmbeddedServer::start("salt-edge-hub", json!({"control": true})).await?;
    let ready = hub.readiness();
    let mut options = json!({
        "data": "connector",
        "control": true,
        "hub_url": ready["base_url"],
        "hub_public_key": [ready["hub_public_key_file"]],
        "app_id": ready["app_id"],
        "app_secret_file": ready["app_secret_file"],
        "private_key": ready["private_key_file"],
    });
    let connector = EmbeddedServer::start("salt-edge-connector", options.clone()).await?;
    let url = connector.readiness()["base_url"].clone();
    hub.control("connector", json!({"url": url})).await?;
    println!("every message: {}", ready["requests_url"].as_str().unwrap_or_default());

    // A customer gives a password; the third party reads the accounts.
    let anna = json!({"authorization_type": "login_password", "login": "anna", "password": "anna-password"});
    let first = enrol(&hub, &anna).await?;
    wait(&hub, &first, |session| session["status"] == "success").await?;
    let accounts = request(&hub, "fetch_accounts", &first).await?;
    for account in accounts["body"]["data"].as_array().into_iter().flatten() {
        println!("account {}", account["name"]);
    }

    // Another one gives a code, too, which the bank has sent.
    let ben = json!({"authorization_type": "login_password_sms", "login": "ben", "password": "ben-password"});
    let second = enrol(&hub, &ben).await?;
    wait(&hub, &second, |session| session["updates"][0]["status"] == "waiting_confirmation_code").await?;
    let sent = connector.control("outbox", json!({})).await?;
    let code = sent.as_array().and_then(|all| all.last()).map(|last| last["code"].clone());
    hub.control(&format!("sessions/{second}"), json!({"credentials": {"sms": code}})).await?;
    wait(&hub, &second, |session| session["status"] == "success").await?;
    println!("the code was right");

    // Salt Edge does not take a report, and the connector ends. When it is back, the report arrives.
    hub.control("fail_next", json!({"operation": "succeed_session", "status": 503})).await?;
    let third = enrol(&hub, &anna).await?;
    let is_tried = |session: &Value| {
        session["messages"].as_array().is_some_and(|all| all.iter().any(|one| one["operation"] == "succeed_session"))
    };
    wait(&hub, &third, is_tried).await?;
    connector.stop().await;
    options["listen"] = url.as_str().and_then(|url| url.split_once("://")).map(|(_, address)| address).into();
    let connector = EmbeddedServer::start("salt-edge-connector", options).await?;
    wait(&hub, &third, |session| session["status"] == "success").await?;
    println!("the report arrived after the restart");

    // Salt Edge revokes a token: the connector refuses it from then on.
    request(&hub, "revoke_token", &second).await?;
    let refused = request(&hub, "fetch_accounts", &second).await?;
    println!("the revoked token: {} {}", refused["status"], refused["error_class"]);

    // The checker judges the connector.
    let wrong = json!({"login": "anna", "password": "wrong"});
    let password = json!({"code": "login_password", "mode": "embedded", "right": anna, "wrong": wrong});
    let report = hub.control("check", json!({"authorization_types": [password]})).await?;
    println!("the checker: ok {}, {}", report["ok"], report["counts"]);
    connector.stop().await;
    hub.stop().await;
    Ok(())
}

/// The third party enrols a customer; the answer is the session's secret.
async fn enrol(hub: &EmbeddedServer, credentials: &Value) -> Result<String> {
    let begun = hub.control("enrolments", json!({"credentials": credentials})).await?;
    Ok(begun["session_secret"].as_str().unwrap_or_default().to_owned())
}

/// The connector's answer to a request with the token that a session has made.
async fn request(hub: &EmbeddedServer, operation: &str, session: &str) -> Result<Value> {
    let answered = hub.control("enrolments", json!({"operation": operation, "access_token_of": session})).await?;
    Ok(answered["answers"][0].clone())
}

/// Waits until the connector has reported this on the session.
async fn wait(hub: &EmbeddedServer, session: &str, is_wanted: impl Fn(&Value) -> bool) -> Result<()> {
    for _ in 0..1000 {
        let shown = hub.control(&format!("sessions/{session}"), json!({})).await?;
        if is_wanted(&shown) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    Err(Error::internal(format!("the session {session} did not go on")))
}
