//! Clients that disconnect at random times, next to others that do not: on PostgreSQL no connection may keep the
//! transaction of a disconnected client. `BANKCHANNEL_HANG_UPS` sets their number. Needs `BANKCHANNEL_TEST_POSTGRES`
//! and `psql`.
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

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use bankchannel_storage::ws_channel::{UploadState, WsChannelStore};
use bankchannel_ws_channel_service::Channels;
use futures_util::future::join_all;
use postgres::{Shared, server};
use relay::Relay;
use reqwest::Method;
use served::{Person, Served, payment};
use tokio::{io::AsyncWriteExt, net::TcpStream};

/// The default number of disconnects.
const SAMPLE: usize = 300;
const AT_ONCE: usize = 8;
/// A call takes several times this long, so that the disconnects hit every stage of its database queries.
const DELAY: Duration = Duration::from_millis(2);
const LONGEST: u64 = 60;

#[tokio::test(flavor = "multi_thread")]
async fn who_hangs_up_leaves_nothing_behind() {
    let Some(url) = server() else { return };
    let log = log::Log::begin();
    let relay = Relay::start(&url, DELAY).await;
    let shared = Shared::make(&url, &relay.url);
    let served = Served::with(&shared.config, Channels::default()).await;
    let (well_behaved, signer) = served.customer("stays@example.test").await;
    let (leaves, _) = served.customer("leaves@example.test").await;
    let count = std::env::var("BANKCHANNEL_HANG_UPS").map_or(SAMPLE, |count| count.parse().unwrap());
    let (left, all_left) = (AtomicUsize::new(0), AtomicBool::new(false));
    let hang_ups = async {
        join_all((0..AT_ONCE).map(|_| async {
            while left.fetch_add(1, Ordering::SeqCst) < count {
                hang_up(&served, &leaves).await;
            }
        }))
        .await;
        all_left.store(true, Ordering::SeqCst);
    };
    let listings = async {
        let mut listed = 0;
        while !all_left.load(Ordering::SeqCst) || listed < 32 {
            served.get(&well_behaved, "/files/simulator").await.ok(200);
            listed += 1;
        }
    };
    let uploads = async {
        let mut taken = 0;
        while !all_left.load(Ordering::SeqCst) || taken < 4 {
            served.upload(&well_behaved, signer.signed(payment())).await.ok(201);
            taken += 1;
        }
        taken
    };
    // After logout, the session is refused on every connection.
    let endings = async {
        let mut round = 0;
        while !all_left.load(Ordering::SeqCst) || round < 2 {
            round += 1;
            let who = served.owner(&format!("ends{round}@example.test")).await;
            // The session is valid, but there is no certificate.
            assert_eq!(served.get(&who, "/files/simulator").await.status, 400);
            let path = format!("/session/{}/data", who.email);
            served.data(&who, Method::DELETE, &path, None).await.ok(200);
            for _ in 0..16 {
                assert_eq!(served.get(&who, "/files/simulator").await.status, 401, "an ended session");
            }
        }
    };
    let ((), (), taken, ()) = tokio::join!(hang_ups, listings, uploads, endings);
    let until = Instant::now() + Duration::from_secs(60);
    while served.references(&well_behaved, "pain.002.001.10", "ALL").await.len() < taken {
        assert!(Instant::now() < until, "an upload was not settled");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let store = WsChannelStore::connect_postgres(&shared.url).await.unwrap();
    assert!(store.uploads_in_state(UploadState::Received, 10).await.unwrap().is_empty());
    assert_eq!(in_transactions(&url), "0", "connections in a transaction that nobody ends");
    store.close().await;
    served.running.stop().await;
    // The server warns if a transaction is begun or ended twice.
    let said: Vec<_> = log.lines("WARN").into_iter().filter(|line| line.contains("transaction in progress")).collect();
    assert!(said.is_empty(), "{} of {said:?}", said.len());
}

/// Requests a listing, and disconnects after a random time.
async fn hang_up(served: &Served, who: &Person) {
    let ready = served.running.readiness();
    let address = ready["base_url"].as_str().unwrap().trim_start_matches("http://").trim_end_matches("/v2");
    let mut socket = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "GET /v2/files/simulator HTTP/1.1\r\nhost: {address}\r\nauthorization: {}\r\nx-api-key: {}\r\n\r\n",
        who.data, who.key
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let random = u64::from(bankchannel_crypto::random::bytes::<1>()[0]) * LONGEST / 256;
    tokio::time::sleep(Duration::from_millis(random)).await;
}

/// The number of server connections idle in a transaction, one second after the last call.
fn in_transactions(url: &str) -> String {
    std::thread::sleep(Duration::from_secs(1));
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' \
               AND state_change < now() - interval '500 ms'";
    let said = std::process::Command::new("psql").args(["-q", "-t", "-A", "-c", sql, url]).output().unwrap();
    String::from_utf8_lossy(&said.stdout).trim().to_owned()
}
