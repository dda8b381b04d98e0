//! The data of a connector, on both databases: each case once per database.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)] // tests report what they could not run

mod callbacks;
#[path = "../common/mod.rs"]
mod common;
mod races;
mod samples;
mod sessions;
mod sharing;
mod tokens;

use bankchannel_storage::salt_edge_connector::{PostgresSettings, Store};

pub(crate) async fn on_sqlite<F: Future<Output = ()>>(case: impl FnOnce(Store) -> F) {
    let folder = tempfile::tempdir().unwrap();
    case(Store::open_sqlite(folder.path()).await.unwrap()).await;
}

pub(crate) async fn on_postgres<F: Future<Output = ()>>(case: impl FnOnce(Store) -> F) {
    common::with_postgres("", async |url| {
        case(Store::connect_postgres(&url, &PostgresSettings::default()).await.unwrap()).await;
    })
    .await;
}
