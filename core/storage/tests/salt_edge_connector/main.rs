//! The data of a connector, on both databases: each case once per database.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)] // tests report the cases that they skip

mod callbacks;
#[path = "../common/mod.rs"]
mod common;
mod races;
mod samples;
mod sessions;
mod sharing;
mod tokens;

use bankchannel_storage::salt_edge_connector::{ConnectorStore, PostgresSettings};

pub(crate) async fn on_sqlite<F: Future<Output = ()>>(case: impl FnOnce(ConnectorStore) -> F) {
    let folder = tempfile::tempdir().unwrap();
    case(ConnectorStore::open_sqlite(folder.path()).await.unwrap()).await;
}

pub(crate) async fn on_postgres<F: Future<Output = ()>>(case: impl FnOnce(ConnectorStore) -> F) {
    common::with_postgres("", async |url| {
        case(ConnectorStore::connect_postgres(&url, &PostgresSettings::default()).await.unwrap()).await;
    })
    .await;
}
