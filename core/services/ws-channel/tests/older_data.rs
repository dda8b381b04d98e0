//! Data of the former version: a check, a listing and a backup leave it as it is, and only a start brings it up to date.
#![allow(clippy::unwrap_used, missing_docs)]

#[allow(dead_code)]
#[path = "banking/served.rs"]
mod served;

use std::path::Path;

use bankchannel_storage::ws_channel::AuditFilter;
use bankchannel_ws_channel_service::{
    Channels, RunningService, ServiceOptions,
    operator::{self, NewApiKey, ServiceOperator},
};
use served::{Served, payment};
use sqlx::{ConnectOptions as _, Connection as _, Row as _, SqliteConnection, sqlite::SqliteConnectOptions};

async fn connect(data: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(data.join("service.sqlite")).connect().await.unwrap()
}

/// The tables and the migrations of a database.
async fn schema(data: &Path) -> Vec<String> {
    let mut connection = connect(data).await;
    let mut all = Vec::new();
    for sql in [
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY sql",
        "SELECT version || name FROM schema_version",
    ] {
        let rows = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
        all.extend(rows.iter().map(|row| row.get::<String, _>(0)));
    }
    connection.close().await.unwrap();
    all
}

/// Takes back the last migration: the data is as the former version left it.
async fn make_older(data: &Path) {
    let mut connection = connect(data).await;
    for sql in [
        "DROP INDEX upload_by_message",
        "ALTER TABLE upload DROP COLUMN message_id",
        "DELETE FROM schema_version WHERE name = 'message ids'",
    ] {
        sqlx::query(sql).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn data_of_the_former_version_stays_as_it_is_until_a_start() {
    let served = Served::with("banks = { simulator = \"store\" }", Channels::default()).await;
    let (person, signer) = served.customer("older@example.test").await;
    let large = [payment(), &vec![b'\n'; 200_000][..]].concat();
    served.upload(&person, signer.signed(&large)).await.ok(201);
    served.running.stop().await;
    let data = served.folder.path().join("data");
    let newest = schema(&data).await;
    make_older(&data).await;
    let older = schema(&data).await;
    assert_ne!(older, newest);
    let options = ServiceOptions { data: Some(data.to_str().unwrap().into()), ..ServiceOptions::default() };

    let found = operator::check(&options).await;
    assert!(found.iter().all(|finding| finding.ok), "{found:?}");
    assert!(found.iter().any(|finding| finding.text.contains("from schema version 4 to 5")), "{found:?}");
    assert_eq!(schema(&data).await, older, "a check");
    let operator = ServiceOperator::from_options(&options).unwrap();
    assert_eq!(operator.keys().await.unwrap().len(), 1);
    assert!(!operator.audit(AuditFilter::default()).await.unwrap().is_empty());
    assert!(operator.verify_audit().await.unwrap().intact);
    let backup = served.folder.path().join("backup");
    let copied = operator.backup(&backup).await.unwrap();
    assert_eq!((copied.files, copied.missing_files), (1, 0));
    // What changes something would be seen by the instances of the former version.
    let refused = operator.create_key(NewApiKey::default()).await.expect_err("older");
    assert!(refused.message().contains("schema version 4") && refused.message().contains("start the service"));
    assert_eq!(schema(&data).await, older, "commands of the operator");
    assert_eq!(schema(&backup).await, older, "the backup is of the former version too");

    RunningService::start(options).await.unwrap().stop().await;
    let mut upgraded = schema(&data).await;
    let mut wanted = newest;
    // SQLite words a table that was changed differently.
    for all in [&mut upgraded, &mut wanted] {
        all.retain(|sql| !sql.starts_with("CREATE TABLE upload") && !sql.starts_with("CREATE TABLE \"upload\""));
    }
    assert_eq!(upgraded, wanted);
    operator.create_key(NewApiKey::default()).await.unwrap();
}

#[tokio::test]
async fn a_listing_makes_no_data() {
    let folder = tempfile::tempdir().unwrap();
    let options = ServiceOptions { data: Some(folder.path().to_str().unwrap().into()), ..ServiceOptions::default() };
    let operator = ServiceOperator::from_options(&options).unwrap();
    let refused = operator.keys().await.expect_err("nothing is there");
    assert!(refused.message().contains("holds no data"), "{refused}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    // A key may be made before the first start.
    operator.create_key(NewApiKey::default()).await.unwrap();
    assert_eq!(operator.keys().await.unwrap().len(), 1);
}
