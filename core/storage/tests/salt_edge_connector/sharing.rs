//! Several processes have one folder open: they write in turn and lose nothing.

use crate::samples::{NOW, digest, enrolled, enrolment, id, presented, task};
use bankchannel_storage::engine::{Database, SqliteSettings};
use bankchannel_storage::salt_edge_connector::{
    ConnectorStore, NewConnectorSession, OpenedSession, RevokedToken, SchemaUse, StoreError, TaskKind, TaskLane,
    TokenRefusal,
};
use std::path::Path;
use std::process::Command;

/// Set for the other processes of a test: the folder and the number of the process.
const OTHER: &str = "BANKCHANNEL_TEST_OTHER_PROCESS";
const PROCESSES: u8 = 4;
const SESSIONS: u8 = 25;

/// Opens sessions; all processes try to open the same ones.
async fn write(folder: &Path, process: u8) -> usize {
    let store = ConnectorStore::open_sqlite(folder).await.unwrap();
    let mut begun = 0;
    for number in 0..SESSIONS {
        let mut new = enrolment(0);
        new.id = distinct(process, number);
        new.task.id = new.id;
        new.about = bankchannel_storage::salt_edge_connector::SessionToken2::New { id: new.id, sealed: vec![] };
        new.secret[0] = number;
        begun += usize::from(store.open_session(new).await.unwrap() == OpenedSession::New);
    }
    store.close().await;
    begun
}

fn distinct(process: u8, number: u8) -> [u8; 16] {
    let mut id = [0; 16];
    (id[0], id[1]) = (process + 1, number);
    id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_share_a_folder() {
    if let Ok(told) = std::env::var(OTHER) {
        let (process, folder) = told.split_once(' ').unwrap();
        println!("begun {}", write(Path::new(folder), process.parse().unwrap()).await);
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let program = std::env::current_exe().unwrap();
    // The database does not exist before the processes start.
    let others: Vec<_> = (1..PROCESSES)
        .map(|process| {
            let told = format!("{process} {}", folder.path().display());
            Command::new(&program)
                .args(["--exact", "sharing::processes_share_a_folder", "--nocapture"])
                .env(OTHER, told)
                .stdout(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let mut begun = write(folder.path(), 0).await;
    for other in others {
        let ended = other.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stdout).into_owned();
        assert!(ended.status.success(), "{said}");
        let said = said.lines().find_map(|line| line.split_once("begun ")).unwrap().1;
        begun += said.parse::<usize>().unwrap();
    }
    assert_eq!(begun, usize::from(SESSIONS), "each session began once");
    let store = ConnectorStore::open_sqlite(folder.path()).await.unwrap();
    let mut tasks = 0;
    while store.take_task(TaskLane::Sessions, NOW, i64::MAX).await.unwrap().is_some() {
        tasks += 1;
    }
    assert_eq!(tasks, usize::from(SESSIONS));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_process_may_have_it_open_twice() {
    let folder = tempfile::tempdir().unwrap();
    let first = ConnectorStore::open_sqlite(folder.path()).await.unwrap();
    let second = ConnectorStore::open_sqlite(folder.path()).await.unwrap();
    let begin = |store: ConnectorStore, number| async move {
        let new = NewConnectorSession { secret: digest(1), ..enrolment(number) };
        store.open_session(new).await.unwrap()
    };
    let (one, other) = tokio::join!(begin(first.clone(), 1), begin(second.clone(), 2));
    assert!(matches!(
        (one, other),
        (OpenedSession::New, OpenedSession::Repeated) | (OpenedSession::Repeated, OpenedSession::New)
    ));
    first.close().await;
    assert_eq!(begin(second, 3).await, OpenedSession::Repeated, "what one closes, the other keeps");
}

/// By order; a start migrates beside others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_shares_with_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let migrate = || ConnectorStore::open_sqlite_to(folder.path(), SchemaUse::Migrate);
    let running = ConnectorStore::open_sqlite(folder.path()).await.unwrap();
    assert!(matches!(migrate().await.err(), Some(StoreError::Locked { .. })), "beside a connector");
    running.close().await;
    drop(running);
    let migrating = migrate().await.unwrap();
    let started = ConnectorStore::open_sqlite(folder.path()).await;
    assert!(matches!(started.err(), Some(StoreError::Locked { .. })), "beside a migration");
    migrating.close().await;
    drop(migrating);
    ConnectorStore::open_sqlite(folder.path()).await.unwrap().close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_shares_with_nobody_is_refused_and_refuses() {
    #[derive(Default)]
    struct Alone;
    impl bankchannel_storage::engine::StorageSchema for Alone {
        const DATABASE_FILE: &'static str = "alone.sqlite";
        const MIGRATIONS: &'static [bankchannel_storage::engine::SchemaMigration<Self>] =
            &[bankchannel_storage::engine::SchemaMigration::new(1, "alone", "CREATE TABLE alone (one {int}){strict}")];
        type State = ();
    }
    let folder = tempfile::tempdir().unwrap();
    let shared = ConnectorStore::open_sqlite(folder.path()).await.unwrap();
    let alone = Database::<Alone>::open_sqlite(folder.path(), &SqliteSettings::default()).await;
    assert!(matches!(alone.err(), Some(StoreError::Locked { .. })));
    shared.close().await;
    drop(shared);
    let alone = Database::<Alone>::open_sqlite(folder.path(), &SqliteSettings::default()).await.unwrap();
    assert!(matches!(ConnectorStore::open_sqlite(folder.path()).await.err(), Some(StoreError::Locked { .. })));
    alone.close().await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_folder_is_named() {
    crate::common::with_read_only_folder("sharing::a_read_only_folder_is_named", async |data| {
        let refused = ConnectorStore::open_sqlite(data).await.err();
        assert!(matches!(&refused, Some(StoreError::ReadOnly { .. })), "{refused:?}");
    })
    .await;
}

/// A cached token is no longer valid once a revocation by another process is acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_never_older_than_the_last_commit() {
    let folder = tempfile::tempdir().unwrap();
    let reading = ConnectorStore::open_sqlite(folder.path()).await.unwrap();
    let writing = ConnectorStore::open_sqlite(folder.path()).await.unwrap();
    for number in 1..=100 {
        assert!(reading.token(presented(number, NOW)).await.unwrap().is_err(), "{number}");
        enrolled(&writing, number).await;
        // Read from the database, then from the cache, while other processes read too.
        for _ in 0..3 {
            assert!(reading.token(presented(number, NOW)).await.unwrap().is_ok(), "{number}");
        }
        let looking = {
            let (reading, earlier) = (reading.clone(), number.max(2) - 1);
            tokio::spawn(async move {
                for _ in 0..20 {
                    let _ = reading.token(presented(earlier, NOW)).await.unwrap();
                    let _ = reading.token(presented(number, NOW)).await.unwrap();
                }
            })
        };
        if number % 2 == 0 {
            assert_eq!(writing.revoke_token(id(number), NOW).await.unwrap(), RevokedToken::Done);
        } else {
            let notice = task(number + 100, TaskKind::Notice);
            assert_eq!(writing.revoke_presented(presented(number, NOW), notice).await.unwrap(), RevokedToken::Done);
        }
        assert_eq!(reading.token(presented(number, NOW)).await.unwrap(), Err(TokenRefusal::Revoked), "{number}");
        looking.await.unwrap();
        assert_eq!(reading.token(presented(number, NOW)).await.unwrap(), Err(TokenRefusal::Revoked), "{number}");
    }
    // A database that was closed by all processes and opened again has a new index.
    writing.close().await;
    reading.close().await;
    let [reading, writing] = [
        ConnectorStore::open_sqlite(folder.path()).await.unwrap(),
        ConnectorStore::open_sqlite(folder.path()).await.unwrap(),
    ];
    enrolled(&writing, 200).await;
    assert!(reading.token(presented(200, NOW)).await.unwrap().is_ok());
    assert_eq!(writing.revoke_token(id(200), NOW).await.unwrap(), RevokedToken::Done);
    assert_eq!(reading.token(presented(200, NOW)).await.unwrap(), Err(TokenRefusal::Revoked));
}
