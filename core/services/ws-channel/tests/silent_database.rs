//! A database that stops responding or refuses connections: the service reports it in time and continues with new
//! connections. Needs `BANKCHANNEL_TEST_POSTGRES` and `psql`.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)] // tests report the cases that they skip

#[allow(dead_code)]
#[path = "../../../../tests/support/log.rs"]
mod log;
#[path = "../../../../tests/support/postgres.rs"]
mod postgres;
#[path = "../../../../tests/support/relay.rs"]
mod relay;
#[allow(dead_code)]
#[path = "banking/served.rs"]
mod served;

use std::time::{Duration, Instant};

use bankchannel_ws_channel_service::Channels;
use futures_util::future::join_all;
use postgres::{Shared, server};
use relay::Relay;
use served::{Person, Served, payment};

/// The maximum time allowed by the issue after all connections stopped responding.
const ALLOWED: Duration = Duration::from_secs(15);

struct Said {
    status: u16,
    retry_after: Option<String>,
    took: Duration,
}

async fn list(client: &reqwest::Client, served: &Served, who: &Person) -> Said {
    let base = served.running.readiness()["base_url"].as_str().unwrap().to_owned();
    let begun = Instant::now();
    let request = client.get(format!("{base}/files/simulator")).header("authorization", &who.data);
    let answer = request.header("x-api-key", &who.key).send().await.unwrap();
    let retry_after = answer.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
    Said { status: answer.status().as_u16(), retry_after, took: begun.elapsed() }
}

/// Repeats a request until it succeeds, and returns the time taken. Until then the answers are 503 with `Retry-After`.
async fn until_answered(client: &reqwest::Client, served: &Served, who: &Person) -> Duration {
    let begun = Instant::now();
    loop {
        let said = list(client, served, who).await;
        if said.status == 200 {
            return begun.elapsed();
        }
        assert_eq!((said.status, said.retry_after.as_deref()), (503, Some("5")));
        assert!(begun.elapsed() < ALLOWED, "no answer for {:?}", begun.elapsed());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// One test at a time: each watches the log of the whole process and the service's response time.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[tokio::test(flavor = "multi_thread")]
async fn all_connections_fall_silent_and_the_service_answers_again() {
    let _turn = TURN.lock().await;
    let Some(url) = server() else { return };
    let relay = Relay::start(&url, Duration::from_millis(1)).await;
    let shared = Shared::make(&url, &relay.url);
    // First during calls, with a time limit short enough for a test; then with idle connections.
    let config = format!("{}postgres = {{ operation_timeout_s = 4 }}\n", shared.config);
    let served = Served::with(&config, Channels::default()).await;
    let (who, signer) = served.customer("silent@example.test").await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let calls = join_all((0..8).map(|_| async {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(2) {
            let said = list(&client, &served, &who).await;
            assert!(said.status == 200 || said.status == 503, "{}", said.status);
            assert!(said.took < Duration::from_secs(6), "{:?}", said.took);
        }
    }));
    let freeze = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        relay.freeze();
    };
    tokio::join!(calls, freeze);
    until_answered(&client, &served, &who).await;
    // As many idle connections as possible: one missing sign of life is enough to drop all.
    join_all((0..32).map(|_| list(&client, &served, &who))).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    relay.freeze();
    let took = until_answered(&client, &served, &who).await;
    assert!(took < Duration::from_secs(6), "{took:?}");
    served.upload(&who, signer.signed(payment())).await.ok(201);
    // New connections stop responding too: no call waits longer than the limit.
    relay.freeze();
    relay.freeze_new();
    let said = list(&client, &served, &who).await;
    assert_eq!((said.status, said.retry_after.as_deref()), (503, Some("5")));
    assert!(said.took < Duration::from_secs(6), "{:?}", said.took);
    relay.thaw_new();
    until_answered(&client, &served, &who).await;
    // A shutdown waits for an unresponsive database no longer than a call does, even during housekeeping.
    relay.freeze();
    let begun = Instant::now();
    served.running.stop().await;
    assert!(begun.elapsed() < ALLOWED, "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_refuses_is_named() {
    let _turn = TURN.lock().await;
    let Some(url) = server() else { return };
    let log = log::Log::begin();
    let relay = Relay::start(&url, Duration::ZERO).await;
    let shared = Shared::make(&url, &relay.url);
    let beside = tempfile::tempdir().unwrap();
    let told = beside.path().join("told");
    let config = format!("{}{}", shared.config, served::operators_command(&told));
    let served = Served::with(&config, Channels::default()).await;
    let (who, signer) = served.customer("refused@example.test").await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    relay.refuse();
    let said = list(&client, &served, &who).await;
    assert_eq!((said.status, said.retry_after.as_deref()), (503, Some("5")));
    assert!(said.took < Duration::from_secs(3), "{:?}", said.took);
    let refused = served.upload(&who, signer.signed(payment())).await;
    refused.refused(503, "Service unavailable, please try again later.");
    let place = relay.url.rsplit_once('@').unwrap().1.split_once('/').unwrap();
    let place = format!("the PostgreSQL database {} at {}", place.1, place.0);
    assert!(log.lines("ERROR").iter().any(|line| line.contains(&place)), "{place} in {:?}", log.lines("ERROR"));
    // Who is on call sees it, and is told while it lasts, past the database.
    served.until_metric("bankchannel_ready 0", true).await;
    let metrics = served.metrics(None).await.text().await.unwrap();
    let away =
        "bankchannel_requests_total{operation=\"ws_channel.upload_file\",reason=\"store_away\",status=\"503\"} 1";
    assert!(metrics.lines().any(|line| line == away), "{metrics}");
    Served::until_given(&told, "operator_database_away").await;
    relay.accept().await;
    assert!(until_answered(&client, &served, &who).await < Duration::from_secs(2));
    served.until_metric("bankchannel_ready 1", true).await;
    served.upload(&who, signer.signed(payment())).await.ok(201);
    // Warnings that the server sends on its own would be in the log too.
    assert!(!log.text().contains("no transaction in progress"));
    served.running.stop().await;
}
