//! The demo, step by step.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{
    super::{steps::Steps, telling::DemoSummary, workspace::Folder},
    http,
    servers::{Connector, DemoHub},
};
use crate::{CommandFailure, CommandOutcome};

/// Two customers of the example bank.
const ANNA: (&str, &str) = ("anna", "anna-password");
const BEN: (&str, &str) = ("ben", "ben-password");
/// The final address of the customer's browser; no server listens there.
const REDIRECT: &str = "https://third-party.example/back";
/// Time limit for a report.
const PATIENCE: Duration = Duration::from_secs(20);

/// The results for the summary.
#[derive(Default)]
pub(super) struct Summary {
    accounts: Option<Value>,
    survived: Option<Value>,
    verdict: Option<Value>,
}

impl DemoSummary for Summary {
    const PROTOCOL: Option<&'static str> = Some("salt-edge-connector");

    fn results(self) -> Vec<(&'static str, Value)> {
        vec![("accounts", self.accounts.into()), ("survived", self.survived.into()), ("verdict", self.verdict.into())]
    }
}

/// Runs the steps; true if the checker has found no fault.
pub(super) async fn tell(folder: &Folder, steps: &mut Steps, summary: &mut Summary) -> CommandOutcome<bool> {
    let hub = steps.step("Salt Edge, played by a hub", start_hub(folder)).await?;
    let connector = steps.step("The bank's connector, a process of its own", start(folder, &hub)).await?;
    let passed = with_servers(folder, steps, summary, &hub, connector).await;
    hub.stop().await;
    passed
}

async fn start_hub(folder: &Folder) -> CommandOutcome<(DemoHub, String)> {
    let hub = DemoHub::start(folder).await?;
    let shown = hub.ready["requests_url"].as_str().unwrap_or_default().to_owned();
    Ok((hub, format!("all messages: {shown}")))
}

async fn start(folder: &Folder, hub: &DemoHub) -> CommandOutcome<(Connector, String)> {
    let connector = Connector::start(folder, &hub.ready, None).await?;
    http::order(&hub.control_url(), "connector", json!({"url": connector.base_url})).await?;
    let detail = connector.base_url.clone();
    Ok((connector, detail))
}

async fn with_servers(
    folder: &Folder,
    steps: &mut Steps,
    summary: &mut Summary,
    hub: &DemoHub,
    mut connector: Connector,
) -> CommandOutcome<bool> {
    let control = hub.control_url();
    let anna = steps.step("A customer approves on the bank's page", by_page(&control)).await?;
    summary.accounts = Some(steps.step("The third party reads accounts", accounts(&control, &anna)).await?);
    let ben = steps.step("Another gives a code", by_code(&control, &connector)).await?;
    steps.step("Accounts are read again", refresh(&control, &ben)).await?;
    let killed = steps.step("The connector is killed with a report on its way", kill(&control, &mut connector)).await?;
    let address = connector.address();
    drop(connector);
    let connector =
        steps.step("It starts again, and the report arrives", restart(folder, hub, &killed, address)).await?;
    summary.survived = Some(json!({"session": killed, "status": "success"}));
    steps.step("Salt Edge revokes a token", revoke(&control, &ben)).await?;
    steps.step("The bank revokes another", revoke_at_bank(&control, &connector, &anna)).await?;
    let verdict = steps.step("The checker judges the connector", check(&control, &connector)).await?;
    let passed = verdict["ok"] == true;
    steps.say(if passed { "\nThe checker has found nothing." } else { "\nThe checker has found something." });
    summary.verdict = Some(verdict);
    Ok(passed)
}

/// The session's state, once `is_wanted` accepts it.
async fn wait(control: &str, session: &str, is_wanted: impl Fn(&Value) -> bool) -> CommandOutcome<Value> {
    let until = Instant::now() + PATIENCE;
    loop {
        let shown = http::order(control, &format!("sessions/{session}"), json!({})).await?;
        if is_wanted(&shown) {
            return Ok(shown);
        }
        if shown["status"] == "fail" || Instant::now() >= until {
            let class = shown["error_class"].as_str().unwrap_or("nothing was reported");
            return Err(CommandFailure::usage(format!("the session did not go on: {class}")));
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

async fn succeeded(control: &str, session: &str) -> CommandOutcome {
    wait(control, session, |shown| shown["status"] == "success").await.map(drop)
}

async fn enrol(control: &str, credentials: Value) -> CommandOutcome<String> {
    let order = json!({"credentials": credentials, "redirect_url": REDIRECT});
    let begun = http::order(control, "enrolments", order).await?;
    let answer = &begun["answers"][0];
    if answer["status"] != 200 {
        return Err(CommandFailure::usage(format!("the connector answers {answer}")));
    }
    Ok(begun["session_secret"].as_str().unwrap_or_default().to_owned())
}

async fn by_page(control: &str) -> CommandOutcome<(String, String)> {
    let session = enrol(control, json!({"authorization_type": "oauth"})).await?;
    let shown = wait(control, &session, |shown| shown["updates"][0]["redirect_url"].is_string()).await?;
    let page = shown["updates"][0]["redirect_url"].as_str().unwrap_or_default().to_owned();
    let back = http::approve(&page, ANNA.0, ANNA.1).await?;
    succeeded(control, &session).await?;
    Ok((session, format!("and is sent back to {back}")))
}

async fn asked(control: &str, order: Value) -> CommandOutcome<Value> {
    let answered = http::order(control, "enrolments", order).await?;
    Ok(answered["answers"][0].clone())
}

async fn accounts(control: &str, session: &str) -> CommandOutcome<(Value, String)> {
    let answer = asked(control, json!({"operation": "fetch_accounts", "access_token_of": session})).await?;
    let found = answer["body"]["data"].clone();
    let names: Vec<&str> =
        found.as_array().into_iter().flatten().filter_map(|account| account["name"].as_str()).collect();
    if names.is_empty() {
        return Err(CommandFailure::usage(format!("no accounts: {answer}")));
    }
    let detail = names.join(", ");
    Ok((found, detail))
}

async fn by_code(control: &str, connector: &Connector) -> CommandOutcome<(String, String)> {
    let credentials = json!({"authorization_type": "login_password_sms", "login": BEN.0, "password": BEN.1});
    let session = enrol(control, credentials).await?;
    let is_asked = |shown: &Value| shown["updates"][0]["status"] == "waiting_confirmation_code";
    wait(control, &session, is_asked).await?;
    let sent = std::fs::read_to_string(connector.data.join("outbox.jsonl")).unwrap_or_default();
    let last: Value = sent.lines().last().and_then(|line| serde_json::from_str(line).ok()).unwrap_or_default();
    http::order(control, &format!("sessions/{session}"), json!({"credentials": {"sms": last["code"]}})).await?;
    succeeded(control, &session).await?;
    Ok((session, "which the bank had sent".to_owned()))
}

async fn refresh(control: &str, session: &str) -> CommandOutcome<((), String)> {
    let order = json!({"operation": "refresh_accounts", "access_token_of": session});
    let begun = http::order(control, "enrolments", order).await?;
    let refresh = begun["session_secret"].as_str().unwrap_or_default().to_owned();
    succeeded(control, &refresh).await?;
    Ok(((), "and reported in a session of its own".to_owned()))
}

/// Salt Edge answers the report of success with 503 until the connector is killed.
async fn kill(control: &str, connector: &mut Connector) -> CommandOutcome<(String, String)> {
    let begun = http::order(control, "sessions", json!({})).await?;
    let session = begun["session_secret"].as_str().unwrap_or_default().to_owned();
    let trouble = json!({"answer": {"operation": "succeed_session", "status": 503, "count": 1}});
    http::order(control, &format!("sessions/{session}"), trouble).await?;
    let credentials = json!({"authorization_type": "login_password", "login": ANNA.0, "password": ANNA.1});
    let order = json!({"session_secret": session, "credentials": credentials, "redirect_url": REDIRECT});
    http::order(control, "enrolments", order).await?;
    let tried = |shown: &Value| {
        let messages = shown["messages"].as_array();
        messages.is_some_and(|all| all.iter().any(|message| message["operation"] == "succeed_session"))
    };
    wait(control, &session, tried).await?;
    // If the connector is killed before it has stored the answer, no other process can send the report for two minutes.
    answer_noted(connector).await?;
    connector.kill();
    let shown = http::order(control, &format!("sessions/{session}"), json!({})).await?;
    let detail = format!("the session is {} at Salt Edge", shown["status"].as_str().unwrap_or_default());
    Ok((session, detail))
}

/// Waits until the connector has stored that Salt Edge did not accept its report.
async fn answer_noted(connector: &Connector) -> CommandOutcome {
    let is_noted = async || {
        let (url, secret) = (&connector.bank_interface_url, &connector.bank_secret_file);
        let listed = http::bank(url, secret, "list_callbacks", json!({})).await?;
        Ok(listed["callbacks"].as_array().is_some_and(|all| all.iter().any(|one| one["http_status"] == 503)))
    };
    until(is_noted, "the connector has not noted that its report was not taken").await
}

/// Waits until the condition holds.
async fn until(is_so: impl AsyncFn() -> CommandOutcome<bool>, otherwise: &str) -> CommandOutcome {
    let end = Instant::now() + PATIENCE;
    while !is_so().await? {
        if Instant::now() >= end {
            return Err(CommandFailure::usage(otherwise));
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    Ok(())
}

async fn restart(
    folder: &Folder,
    hub: &DemoHub,
    session: &str,
    address: String,
) -> CommandOutcome<(Connector, String)> {
    let connector = Connector::start(folder, &hub.ready, Some(address)).await?;
    succeeded(&hub.control_url(), session).await?;
    Ok((connector, "once".to_owned()))
}

async fn refused(control: &str, session: &str) -> CommandOutcome<String> {
    let answer = asked(control, json!({"operation": "fetch_accounts", "access_token_of": session})).await?;
    let class = answer["error_class"].as_str().unwrap_or_default();
    match class {
        "TokenRevoked" => Ok(format!("{} {class}", answer["status"])),
        _ => Err(CommandFailure::usage(format!("the token must be refused, and was answered {answer}"))),
    }
}

async fn revoke(control: &str, session: &str) -> CommandOutcome<((), String)> {
    asked(control, json!({"operation": "revoke_token", "access_token_of": session})).await?;
    Ok(((), format!("accounts are then answered {}", refused(control, session).await?)))
}

async fn revoke_at_bank(control: &str, connector: &Connector, session: &str) -> CommandOutcome<((), String)> {
    let bank = |name: &'static str, request: Value| {
        http::bank(&connector.bank_interface_url, &connector.bank_secret_file, name, request)
    };
    let listed = bank("list_tokens", json!({"user_id": "1001", "state": "confirmed"})).await?;
    for token in listed["tokens"].as_array().into_iter().flatten() {
        bank("revoke_token", json!({"token_id": token["token_id"]})).await?;
    }
    let is_told = async || {
        let tokens = http::order(control, "tokens", json!({})).await?;
        let all = tokens["tokens"].as_array();
        Ok(all.is_some_and(|all| all.iter().filter(|token| !token["revoked_at"].is_null()).count() >= 2))
    };
    until(is_told, "Salt Edge was not told of the revocation").await?;
    Ok(((), format!("Salt Edge is told; accounts are answered {}", refused(control, session).await?)))
}

async fn check(control: &str, connector: &Connector) -> CommandOutcome<(Value, String)> {
    let settings = json!({
        "authorization_types": [
            {"code": "oauth", "mode": "redirect"},
            {
                "code": "login_password", "mode": "embedded",
                "right": {"login": ANNA.0, "password": ANNA.1}, "wrong": {"login": ANNA.0, "password": "wrong"},
            },
            {
                "code": "login_password_sms", "mode": "embedded",
                "right": {"login": BEN.0, "password": BEN.1}, "wrong": {"login": BEN.0, "password": "wrong"},
                "code_field": "sms", "codes_file": connector.data.join("outbox.jsonl"),
            },
        ],
    });
    let verdict = http::order(control, "check", settings).await?;
    let counts = verdict["counts"].as_object().cloned().unwrap_or_default();
    let said: Vec<String> = counts.iter().map(|(result, count)| format!("{count} {result}")).collect();
    Ok((verdict, said.join(", ")))
}
