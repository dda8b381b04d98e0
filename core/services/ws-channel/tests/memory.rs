//! The memory cost of logins and slow readers. One test: the figures are those of the whole process.
//!
//! `BANKCHANNEL_LONG_LOGINS` sets the number of logins (`tests/long/memory`: 2,000).
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

#[allow(dead_code)]
#[path = "banking/served.rs"]
mod served;
#[path = "auth/support.rs"]
mod support;

use std::{io::Write as _, net::TcpStream, time::Duration};

use bankchannel_storage::ws_channel::{FileContent, FileScope, NewBankFile, WsChannelStore};
use bankchannel_ws_channel_service::Channels;
use futures_util::{StreamExt as _, stream};
use served::Served;
use support::World;

const MIB: u64 = 1024 * 1024;
/// The maximum memory left after logins, whatever their number.
const LOGINS_MOST: u64 = 64 * MIB;
const AT_ONCE: usize = 16;
/// The maximum memory for a client that reads nothing of its answer.
const READER_MOST: u64 = 128 * 1024;
const READERS: u64 = 100;

/// The anonymous resident memory of this process, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_logins_nor_slow_readers_keep_memory() {
    logins().await;
    slow_readers().await;
}

async fn logins() {
    let count = std::env::var("BANKCHANNEL_LONG_LOGINS").map_or(120, |count| count.parse().unwrap());
    let world = World::start().await;
    let before = resident();
    world.account("memory@example.test").await;
    let mut logins = stream::iter(0..count)
        .map(|n| {
            let world = &world;
            // Includes wrong passwords: they cost the same.
            let password = if n % 4 == 0 { support::OTHER_PASSWORD } else { support::PASSWORD };
            async move { world.login("memory@example.test", "data", password).await.status }
        })
        .buffer_unordered(AT_ONCE);
    while let Some(status) = logins.next().await {
        assert!(matches!(status, 200 | 400));
    }
    let grown = resident().saturating_sub(before);
    println!("{count} logins leave {} MiB", grown / MIB);
    assert!(grown <= LOGINS_MOST, "{count} logins leave {} MiB", grown / MIB);
}

async fn slow_readers() {
    let served = Served::with("", Channels::default()).await;
    let (person, _) = served.customer("slow@example.test").await;
    let data = served.folder.path().join("data");
    let scope = FileScope { api_key: person.key.clone(), email: person.email.clone(), bank: "simulator".into() };
    served.running.stop().await;
    let store = WsChannelStore::open_sqlite(&data).await.unwrap();
    let name = format!("c{}", "a".repeat(26));
    let size = 6 * MIB as usize;
    std::fs::write(data.join("files").join(&name), vec![7; size]).unwrap();
    let file = |reference: String, content| NewBankFile {
        reference,
        file_type: "camt.053.001.02".into(),
        status: "NEW".into(),
        created: 1_767_225_600_000,
        service_id: Some("FI2112345600000785".into()),
        target_id: Some("SIM".into()),
        content,
    };
    let many = (0..9_000).map(|n| file(format!("LISTED{n:020}"), FileContent::Inline(b"x".to_vec())));
    let large = file("LARGE".into(), FileContent::External { path: name, size: i64::try_from(size).unwrap() });
    store.put_files(&scope, many.chain([large]).collect()).await.unwrap();
    store.close().await;
    let served = Served::on(served.folder, "", Channels::default()).await;
    for path in ["/files/simulator/camt.053.001.02/LARGE", "/files/simulator"] {
        // First some complete answers in parallel, so that each thread has already allocated what answering needs.
        for _ in 0..4 {
            let all = (0..AT_ONCE).map(|_| served.get(&person, path));
            futures_util::future::join_all(all).await.into_iter().for_each(|answer| drop(answer.ok(200)));
        }
        let base = served.running.readiness()["base_url"].as_str().unwrap().trim_start_matches("http://").to_owned();
        let (address, base_path) = base.split_once('/').unwrap();
        let request = format!(
            "GET /{base_path}{path} HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\nx-api-key: {}\r\n\r\n",
            person.data, person.key
        );
        let before = resident();
        let held: Vec<TcpStream> = (0..READERS)
            .map(|_| {
                let mut stream = TcpStream::connect(address).unwrap();
                stream.write_all(request.as_bytes()).unwrap();
                // Not all at the same time: creating an answer takes memory too.
                std::thread::sleep(Duration::from_millis(30));
                stream
            })
            .collect();
        tokio::time::sleep(Duration::from_secs(3)).await;
        let each = resident().saturating_sub(before) / READERS;
        println!("{path}: {} KiB for each of {READERS} slow readers", each / 1024);
        assert!(each <= READER_MOST, "{path}: {} KiB for each slow reader", each / 1024);
        drop(held);
    }
}
