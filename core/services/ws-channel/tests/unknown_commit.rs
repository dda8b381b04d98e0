//! A commit whose answer is lost: the connection to PostgreSQL breaks after the server has committed an upload and
//! before the service learns of it. The content is kept because the journal names it. Needs `BANKCHANNEL_TEST_POSTGRES`
//! and `psql`.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)] // tests report the cases that they skip

#[path = "../../../../tests/support/postgres.rs"]
mod postgres;
#[allow(dead_code)]
#[path = "banking/served.rs"]
mod served;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bankchannel_iso20022::read_status_report;
use bankchannel_ws_channel_service::Channels;
use postgres::{Shared, server};
use served::{Served, payment};
use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
};

/// The name of the file whose commit is interrupted.
const MARK: &str = "cut-off-after-its-commit.xml";

fn large_payment() -> Vec<u8> {
    [payment(), &vec![b'\n'; 200_000][..]].concat()
}

fn count_of(folder: &Path) -> usize {
    let is_content = |name: &std::ffi::OsStr| !name.as_encoded_bytes().starts_with(b".");
    std::fs::read_dir(folder).unwrap().filter(|entry| is_content(&entry.as_ref().unwrap().file_name())).count()
}

async fn until(what: &str, done: impl AsyncFn() -> bool) {
    let limit = Instant::now() + Duration::from_secs(40);
    while !done().await {
        assert!(Instant::now() < limit, "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_committed_without_an_answer_has_its_content() {
    commit_without_answer(Loss::Cut).await;
}

/// The same if the database stops responding: the service stops waiting.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_is_never_answered_is_unknown() {
    commit_without_answer(Loss::Silence).await;
}

/// How the answer is lost.
#[derive(Clone, Copy)]
enum Loss {
    Cut,
    Silence,
}

async fn commit_without_answer(loss: Loss) {
    let Some(url) = server() else { return };
    let (rest, folder) = url.split_once("host=").expect("a server on a Unix socket, as tests/postgres.sh starts it");
    let relay = tempfile::tempdir().unwrap();
    let cuts = Arc::new(AtomicUsize::new(0));
    let listener = UnixListener::bind(relay.path().join(".s.PGSQL.5432")).unwrap();
    let server_socket = Path::new(folder).join(".s.PGSQL.5432");
    tokio::spawn({
        let cuts = Arc::clone(&cuts);
        async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = UnixStream::connect(&server_socket).await.unwrap();
                tokio::spawn(pass_on(client, server, Arc::clone(&cuts), loss));
            }
        }
    });
    let shared = Shared::make(&url, &format!("{rest}host={}", relay.path().display()));
    let config = format!("{}postgres = {{ operation_timeout_s = 3 }}\n", shared.config);
    let served = Served::with(&config, Channels::default()).await;
    let (who, signer) = served.customer("unknown@example.test").await;
    let mut body = signer.signed(&large_payment());
    body["FileName"] = MARK.into();
    served.upload(&who, body).await.refused(500, "Internal server processing side error");
    assert_eq!(cuts.load(Ordering::SeqCst), 1, "the answer to a commit was lost");
    // The client got an error, but the payment is booked: the customer learns that from the bank's answer.
    let reports = async || served.references(&who, "pain.002.001.10", "ALL").await;
    until("it is not booked", async || reports().await.len() == 1).await;
    let report = served.download(&who, "pain.002.001.10", &reports().await[0]).await;
    let report = read_status_report(report.as_slice()).unwrap().reports.remove(0);
    assert_eq!(report.status.unwrap().code, "ACCP");
    until("its content is left", async || count_of(&shared.files()) == 0).await;
}

/// Forwards data between service and server until the server has committed the marked upload; drops that answer.
async fn pass_on(mut client: UnixStream, mut server: UnixStream, cuts: Arc<AtomicUsize>, loss: Loss) {
    let (mut up, mut down) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let mut marked = false;
    let holds = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    loop {
        tokio::select! {
            read = client.read(&mut up) => {
                let read = read.unwrap_or(0);
                if read == 0 || server.write_all(&up[..read]).await.is_err() {
                    return;
                }
                marked |= holds(&up[..read], MARK);
                if marked && holds(&up[..read], "COMMIT") {
                    let answered = server.read(&mut down).await.unwrap();
                    assert!(holds(&down[..answered], "COMMIT"), "the server has committed");
                    cuts.fetch_add(1, Ordering::SeqCst);
                    match loss {
                        Loss::Cut => return,
                        Loss::Silence => std::future::pending().await,
                    }
                }
            }
            read = server.read(&mut down) => {
                let read = read.unwrap_or(0);
                if read == 0 || client.write_all(&down[..read]).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// The same on SQLite, where the commit cannot even begin: the content is kept while the outcome is unknown, and
/// removed by the next start.
#[tokio::test(flavor = "multi_thread")]
async fn content_of_a_failed_commit_stays_until_a_start_finds_it_unnamed() {
    let only_keep = "[banks.simulator]\npayments = \"store\"";
    let served = Served::with(only_keep, Channels::default()).await;
    let (who, signer) = served.customer("locked@example.test").await;
    let data = served.folder.path().join("data");
    let options = SqliteConnectOptions::new().filename(data.join("service.sqlite"));
    let mut other = options.connect().await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let body = signer.signed(&large_payment());
    served.upload(&who, body.clone()).await.refused(500, "Internal server processing side error");
    assert_eq!(count_of(&data.join("files")), 1, "kept");
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    other.close().await.unwrap();
    served.upload(&who, body).await.ok(201);
    assert_eq!(count_of(&data.join("files")), 2);
    let served = served.again(only_keep).await;
    until("it is not collected", async || count_of(&data.join("files")) == 1).await;
    // The remaining file belongs to the acknowledged upload.
    let served = served.again("").await;
    until("it is not booked", async || served.references(&who, "pain.002.001.10", "ALL").await.len() == 1).await;
}
