//! Failures of the service's store of certificates: a damaged key, another vault, a database that is away.

use std::{fs, time::Duration};

use bankchannel_ws_channel_service::{Channels, RunningService, ServiceOptions, operator::CertificateInfo};
use reqwest::Method;
use serde_json::json;
use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};

use crate::{
    postgres::{Shared, server},
    relay::Relay,
    sandbox::{BANKS, Sandbox},
    served::Served,
    world::{DAY_S, World},
};

fn all_active(all: &[CertificateInfo]) -> bool {
    all.iter().all(|one| one.state == "active")
}

/// Changes the sealed keys of an account at a bank, or sets them as they were; returns the former ones.
async fn change_sealed_keys(
    world: &World,
    (email, bank): (&str, &str),
    given: Option<Vec<(String, Vec<u8>)>>,
) -> Vec<(String, Vec<u8>)> {
    let database = world.served.folder.path().join("data/service.sqlite");
    let mut connection = SqliteConnectOptions::new().filename(database).connect().await.unwrap();
    let there: Vec<(String, Vec<u8>)> =
        sqlx::query_as("SELECT name, sealed_key FROM certificate_pair WHERE email = ? AND bank = ?")
            .bind(email)
            .bind(bank)
            .fetch_all(&mut connection)
            .await
            .unwrap();
    let damaged = || {
        let flip = |mut sealed: Vec<u8>| {
            *sealed.last_mut().unwrap() ^= 1;
            sealed
        };
        there.iter().cloned().map(|(name, sealed)| (name, flip(sealed))).collect()
    };
    for (name, sealed) in given.unwrap_or_else(damaged) {
        let sql = "UPDATE certificate_pair SET sealed_key = ? WHERE email = ? AND bank = ? AND name = ?";
        let changed = sqlx::query(sql).bind(sealed).bind(email).bind(bank).bind(name);
        assert_eq!(changed.execute(&mut connection).await.unwrap().rows_affected(), 1);
    }
    connection.close().await.unwrap();
    there
}

/// A key that cannot be opened stops its own connection, by name; the others renew, and it does once it is mended.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_key_costs_its_own_connection_alone() {
    let world = World::new().await;
    let (who, _) = world.customer("damaged@example.test").await;
    world.wait_until("enrolled", all_active).await;
    let kept = change_sealed_keys(&world, (&who.email, "osuuspankki"), None).await;
    let listed = world.served.get(&who, "/files/osuuspankki").await;
    assert_eq!(listed.status, 500, "{listed:?}");
    world.served.get(&who, "/files/nordea?FileType=NDCORPAYL").await.ok(200);
    let before = world.certificates().await;
    world.pass(705 * DAY_S).await;
    let others = |all: &[CertificateInfo]| {
        let serial = |bank: &str| all.iter().find(|one| one.bank == bank).unwrap().serial.clone();
        let was = |bank: &str| before.iter().find(|one| one.bank == bank).unwrap().serial.clone();
        all_active(&all.iter().filter(|one| one.bank != "osuuspankki").cloned().collect::<Vec<_>>())
            && ["nordea", "sp"].iter().all(|bank| serial(bank) != was(bank))
    };
    world.wait_until("the others", others).await;
    let named = async || {
        let failed = world.recorded("ws_channel.renew_cert", "failed").await;
        failed.into_iter().filter(|line| line.object == "osuuspankki").map(|line| line.detail).collect::<Vec<_>>()
    };
    while named().await.is_empty() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(named().await.iter().all(|detail| detail.contains("vault")), "{:?}", named().await);
    change_sealed_keys(&world, (&who.email, "osuuspankki"), Some(kept)).await;
    world.pass(7 * 3600).await;
    world
        .wait_until("mended", |all| {
            let was = &before.iter().find(|one| one.bank == "osuuspankki").unwrap().serial;
            all.iter().any(|one| one.bank == "osuuspankki" && one.state == "active" && one.serial != *was)
        })
        .await;
    // One for each: nothing was asked for twice.
    assert_eq!(world.recorded("ws_channel.renew_cert", "done").await.len(), BANKS.len());
}

/// With another vault the service does not start, says so, and changes nothing; an enrolment that is open goes on afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn another_vault_is_refused_and_an_open_request_outlives_it() {
    let world = World::new().await;
    let who = world.served.owner("vault@example.test").await;
    world.order("sandbox/faults", json!({"fault": "lost-after-commit", "operation": "request_certificate"})).await;
    let body = world.enrolment("op", &world.customers("op")[0]).await;
    let path = "/certs/osuuspankki";
    let lost = world.served.admin(&who, Method::POST, path, Some(body.clone())).await;
    lost.refused(502, "Technical error. No proper response body from bank.");
    let World { sandbox, served } = world;
    let Served { running, folder, .. } = served;
    running.stop().await;
    let file = folder.path().join("data/keys/vault.keys");
    let kept = fs::read_to_string(&file).unwrap();
    let changed: String = kept.chars().map(|c| if c.is_ascii_digit() { '7' } else { c }).collect();
    assert_ne!(kept, changed);
    let start = async |text: &str| {
        fs::write(&file, text).unwrap();
        let options = ServiceOptions {
            data: Some(folder.path().join("data").display().to_string()),
            config: Some(folder.path().join("config.toml").display().to_string()),
            ..ServiceOptions::default()
        };
        RunningService::start(options).await
    };
    for text in [&*changed, "not a key\n", ""] {
        let refused = start(text).await.err().expect("a vault of others");
        assert!(refused.message().contains("vault.keys"), "{refused}");
    }
    fs::write(&file, kept).unwrap();
    let config = sandbox.config();
    let world = World { sandbox, served: Served::on(folder, &config, Channels::default()).await };
    world.served.admin(&who, Method::POST, path, Some(body)).await.ok(201);
    world.wait_until("enrolled", |all| all.len() == 1 && all_active(all)).await;
    let issued = world.order("sandbox/certificates", json!({})).await;
    assert_eq!(issued["certificates"].as_array().unwrap().len(), 1);
}

/// The database goes while a bank is asked, and returns: the bank's certificate is found again with the same key.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_in_the_middle_loses_nothing() {
    let Some(url) = server() else { return };
    let relay = Relay::start(&url, Duration::ZERO).await;
    let shared = Shared::make(&url, &relay.url);
    let sandbox = Sandbox::new().await;
    let config = format!("{}postgres = {{ operation_timeout_s = 2 }}\n{}", shared.config, sandbox.config());
    let served = Served::with(&config, Channels::default()).await;
    let world = World { sandbox, served };
    for (bank, family, ..) in BANKS {
        let who = world.served.owner(&format!("{bank}@example.test")).await;
        let fault = json!({"fault": "hold", "operation": "request_certificate", "family": family});
        world.order("sandbox/faults", fault).await;
        let issued = async || {
            let all = world.order("sandbox/certificates", json!({})).await;
            all["certificates"].as_array().unwrap().len()
        };
        let before = issued().await;
        let body = world.enrolment(family, &world.customers(family)[0]).await;
        let path = format!("/certs/{bank}");
        let call = world.served.admin(&who, Method::POST, &path, Some(body.clone()));
        let away = async {
            world.order("sandbox/held", json!({})).await;
            relay.refuse();
            world.order("sandbox/release", json!({})).await;
        };
        let (answer, ()) = tokio::join!(call, away);
        assert!([500, 503].contains(&answer.status), "{bank}: {answer:?}");
        relay.accept().await;
        // The hold of the call that failed ends by itself; the service's own hand on it is given back at once.
        let mut again = body;
        let until = std::time::Instant::now() + Duration::from_secs(30);
        loop {
            let id = again["WsUserId"].as_str().unwrap().to_owned();
            let answer = world.served.admin(&who, Method::POST, &path, Some(again.clone())).await;
            match answer.status {
                201 => break,
                503 => {}
                _ if answer.text() == "Bank certificate(s) already exists" => {
                    world.pass(16 * 60).await;
                    if world.certificates().await.iter().any(|one| one.bank == bank && one.state == "active") {
                        break;
                    }
                }
                // Danske Bank's code was used up by the call that failed, and that again is no second one.
                _ if answer.text().starts_with("Too many enrollment codes") => {
                    world.operator().release_codes(bank, &id).await.unwrap();
                }
                // The bank takes its code once.
                _ => again["Code"] = world.code(family, &id).await.into(),
            }
            assert!(std::time::Instant::now() < until, "{bank}: {answer:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(issued().await - before, 1, "{bank}: one key, one certificate");
    }
    world.wait_until("enrolled", |all| all.len() == BANKS.len() && all_active(all)).await;
}
