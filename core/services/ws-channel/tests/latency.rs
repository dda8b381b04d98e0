//! Compares the throughput of three instances with that of one, with 5 milliseconds between service and database: a
//! measurement, run by `tests/long/instances`. Needs `BANKCHANNEL_TEST_POSTGRES` and `psql`.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)] // a measurement's figures are its output

#[path = "../../../../tests/support/postgres.rs"]
mod postgres;
#[path = "../../../../tests/support/relay.rs"]
mod relay;
#[allow(dead_code)]
#[path = "banking/served.rs"]
mod served;

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use bankchannel_ws_channel_service::Channels;
use futures_util::future::join_all;
use postgres::{Shared, server};
use relay::Relay;
use serde_json::Value;
use served::{Person, Served, payment};

const INSTANCES: usize = 3;
/// Few enough that the latency is the bottleneck, not the two cores.
const CONNECTIONS: usize = 2;
const PEOPLE: usize = 6;
const TIME: Duration = Duration::from_secs(8);
const ROUNDS: usize = 3;
const AT_LEAST: f64 = 2.5;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement: tests/long/instances"]
async fn three_instances_carry_more_than_one() {
    let Some(url) = server() else { return };
    let relay = Relay::start(&url, Duration::from_micros(2500)).await;
    let shared = Shared::make(&url, &relay.url);
    let config = format!(
        "{}postgres = {{ max_connections = {CONNECTIONS} }}\n[banks.simulator]\npayments = \"store\"\n",
        shared.config
    );
    let mut instances = Vec::new();
    let mut people: Vec<Vec<(Person, Value)>> = Vec::new();
    for n in 0..INSTANCES {
        let served = Served::with(&config, Channels::default()).await;
        let customers = join_all((0..PEOPLE).map(|m| {
            let (served, email) = (&served, format!("p{n}-{m}@example.test"));
            async move {
                let (who, signer) = served.customer(&email).await;
                (who, signer.signed(payment()))
            }
        }))
        .await;
        people.push(customers);
        instances.push(served);
    }
    let mut best = 0.0_f64;
    for _ in 0..ROUNDS {
        let one = uploads_per_second(&instances[..1], &people).await;
        let three = uploads_per_second(&instances, &people).await;
        println!("uploads per second: one instance {one:.1}, three {three:.1}: {:.2}", three / one);
        best = best.max(three / one);
    }
    println!("best ratio {best:.2}, at least {AT_LEAST} wanted");
    for served in instances {
        served.running.stop().await;
    }
    assert!(best >= AT_LEAST);
}

async fn uploads_per_second(instances: &[Served], people: &[Vec<(Person, Value)>]) -> f64 {
    let done = AtomicUsize::new(0);
    let begun = Instant::now();
    let everybody = instances
        .iter()
        .zip(people)
        .flat_map(|(served, people)| people.iter().map(move |(who, body)| (served, who, body)));
    join_all(everybody.map(|(served, who, body)| async {
        while begun.elapsed() < TIME {
            served.upload(who, body.clone()).await.ok(201);
            done.fetch_add(1, Ordering::SeqCst);
        }
    }))
    .await;
    done.load(Ordering::SeqCst) as f64 / begun.elapsed().as_secs_f64()
}
