//! Two connector processes on one store, killed again and again while they handle requests, ask the bank and report to
//! the hub. The hub, in another process, is the witness; it also fails and loses answers.
//!
//! `BANKCHANNEL_KILL_ROUNDS` sets the number of rounds (25; `tests/long/kill`: 500).

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bankchannel::{
    CallOptions, Timestamp,
    salt_edge_connector::{
        SaltEdgeConnector, {AccessState, HandleRequestRequest, WorkRequest, WorkResponse},
    },
};
use serde_json::{Value, json};

use crate::{bank::Bank, world::World};

/// The hub remembers 10,000 sessions; a round makes about twenty.
const ROUNDS_PER_WORLD: u64 = 100;
/// Set in the connector's process: its settings as JSON, and the URL that makes requests.
const CONNECTOR: &str = "BANKCHANNEL_TEST_KILLED_CONNECTOR";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_ends_once() {
    if let Ok(told) = std::env::var(CONNECTOR) {
        return connect(serde_json::from_str(&told).unwrap()).await;
    }
    let mut left: u64 = std::env::var("BANKCHANNEL_KILL_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(25);
    while left > 0 {
        let rounds = left.min(ROUNDS_PER_WORLD);
        kill(rounds).await;
        left -= rounds;
    }
}

/// Runs this many rounds with one hub and one store.
async fn kill(rounds: u64) {
    let world = World::new(Bank::usual()).await;
    let control = world.hub.readiness()["control_url"].as_str().unwrap().to_owned();
    let told = json!({"settings": crate::world::settings(&world.hub, &world.place, json!({})), "control": control});
    let mut another = told.clone();
    another["settings"]["store"] = json!(world.place.by_another_name(1));
    let mut acknowledged = BTreeSet::new();
    for round in 0..rounds {
        for (status, done) in [(503, false), (503, true), (429, false), (500, true)] {
            let order = json!({"operation": "succeed_session", "status": status, "count": 1, "done": done});
            world.control("fail_next", order).await;
        }
        // Two processes on one store.
        let processes = [told.to_string(), another.to_string()].map(|told| {
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "kill::what_was_acknowledged_ends_once", "--nocapture"])
                .env(CONNECTOR, told)
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap()
        });
        // The kills must hit every stage of a connector's life: the pause depends on the square of the round, so that
        // many lives are short.
        for (mut process, pause) in processes.into_iter().zip([40 + (round * round * 7) % 400, (round * 13) % 60]) {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            process.kill().unwrap();
            let said = BufReader::new(process.stdout.take().unwrap());
            acknowledged.extend(said.lines().map_while(Result::ok).filter_map(|line| {
                let (_, secret) = line.split_once("acknowledged ")?;
                Some(secret.to_owned())
            }));
            process.wait().unwrap();
        }
    }
    println!("acknowledged before a kill: {} sessions", acknowledged.len());
    assert!(acknowledged.len() >= usize::try_from(rounds).unwrap() / 4, "{}", acknowledged.len());
    finish(&world).await;
    let mut succeeded = 0;
    for secret in &acknowledged {
        let known = world.session(secret).await;
        assert!(known["status"] == "success" || known["status"] == "fail", "{secret}: {known}");
        if known["status"] == "success" {
            succeeded += 1;
            let fetch = json!({"operation": "fetch_accounts", "access_token_of": secret});
            assert_eq!(world.answer(fetch).await.0, 200, "{secret}: what the hub was given is good");
        } else {
            assert_eq!(
                known["error_class"], "InternalProviderError",
                "{secret}: only a lost answer of the bank's fails one"
            );
        }
    }
    assert!(succeeded > 0);
    // Unanswered requests may have become sessions too; none of them may have a token that the hub does not have.
    let good = good_tokens(&world.connector).await;
    let mut all = acknowledged;
    for secret in unanswered(&world).await {
        all.insert(secret);
    }
    let mut at_hub = 0;
    for secret in &all {
        at_hub += usize::from(world.session(secret).await["status"] == "success");
    }
    assert_eq!(good, at_hub, "tokens that are good here are those that the hub has");
}

/// Advances the time until nothing is due: leases of killed workers expire, callbacks are repeated.
async fn finish(world: &World) {
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
    for minute in 0..14 {
        let at = Some(Timestamp::from_ms(now + minute * 60_000));
        let WorkResponse { next_due_at, .. } =
            world.connector.work_with(WorkRequest::builder().at(at), &world.options()).await.unwrap();
        if next_due_at.is_none() {
            return;
        }
    }
    panic!("something is due for ever");
}

async fn good_tokens(connector: &SaltEdgeConnector) -> usize {
    let mut good = 0;
    let mut after = None;
    loop {
        let request = connector.request(json!({"limit": 1000, "after": after})).unwrap();
        let page = connector.list_tokens_with(request, &CallOptions::default()).await.unwrap();
        good += page.tokens.iter().filter(|token| token.state == AccessState::Confirmed).count();
        match page.next {
            Some(next) => after = Some(next),
            None => return good,
        }
    }
}

/// The secrets of all requested sessions, answered or not: those of the hub.
async fn unanswered(world: &World) -> Vec<String> {
    let known = world.control("sessions/all", json!({})).await;
    known["sessions"].as_array().unwrap().iter().map(|secret| secret.as_str().unwrap().to_owned()).collect()
}

/// The connector's process: handles requests and works, until it is killed.
async fn connect(told: Value) {
    let connector = SaltEdgeConnector::from_json(told["settings"].clone()).unwrap();
    let requests = format!("{}/sandbox/requests", told["control"].as_str().unwrap());
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let bank = Bank::usual();
    let credentials = json!({"authorization_type": "login_password", "password": "right"});
    loop {
        let order = json!({"operation": "create_token", "credentials": credentials});
        let made: Value = http.post(&requests).json(&order).send().await.unwrap().json().await.unwrap();
        let request = json!({"method": made["method"], "target": made["target"], "headers": made["headers"]});
        let request: HandleRequestRequest = bankchannel::model::read_boundary(request).unwrap();
        let options = CallOptions::default().with_bank(Arc::clone(&bank));
        let handled = connector.handle_request_with(request, &options).await.unwrap();
        assert_eq!(handled.answer.status, 200);
        println!("acknowledged {}", made["session_secret"].as_str().unwrap());
        connector.work_with(WorkRequest::builder(), &options).await.unwrap();
    }
}
