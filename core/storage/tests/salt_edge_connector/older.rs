//! Data of version 4, the first whose tables say which programs may use them (`tests/data/connector-4.sql`, made on 2026-11-30 by
//! the verbs of that version from the sample rows): later versions use it.

use crate::samples::{NOW, deliver_all, enrolled, id, presented};
use bankchannel_storage::salt_edge_connector::{CallbackKind, ConnectorSessionState, ConnectorStore, RevokedToken};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _, sqlite::SqliteConnectOptions};
use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

const DUMP: &str = include_str!("../data/connector-4.sql");

async fn connect(folder: &Path) -> sqlx::SqliteConnection {
    let options = SqliteConnectOptions::new().filename(folder.join(ConnectorStore::DATABASE_FILE));
    options.create_if_missing(true).foreign_keys(false).connect().await.unwrap()
}

async fn tables(folder: &Path) -> Vec<String> {
    let mut connection = connect(folder).await;
    let sql = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY sql";
    let rows = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn the_data_of_version_4_is_used() {
    let (older, fresh) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut connection = connect(older.path()).await;
    sqlx::raw_sql(AssertSqlSafe(DUMP)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let file = older.path().join(ConnectorStore::DATABASE_FILE);
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();

    let store = ConnectorStore::open_sqlite(older.path()).await.unwrap();
    assert_eq!(store.versions().found, 4);
    assert_eq!(store.can_be_sealed_by([7; 8]).await, Ok(true));
    assert!(store.token(presented(1, NOW)).await.unwrap().is_ok());
    assert_eq!(store.session(id(2)).await.unwrap().unwrap().state, ConnectorSessionState::Received);
    enrolled(&store, 3).await;
    assert_eq!(store.revoke_token(id(1), NOW).await.unwrap(), RevokedToken::Done);
    assert_eq!(deliver_all(&store).await, [(Some(id(1)), CallbackKind::Revoke)]);
    store.close().await;
    ConnectorStore::open_sqlite(fresh.path()).await.unwrap().close().await;
    assert_eq!(tables(older.path()).await, tables(fresh.path()).await);
}

#[tokio::test]
#[ignore = "makes the dump"]
async fn make_dump() {
    let store = ConnectorStore::open_sqlite(Path::new("/tmp/t1-connector-4")).await.unwrap();
    store.sealed_by([7; 8]).await.unwrap();
    enrolled(&store, 1).await;
    store.open_session(crate::samples::enrolment(2)).await.unwrap();
    store.close().await;
}
