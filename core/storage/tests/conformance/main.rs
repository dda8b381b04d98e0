//! One suite for both databases. With SQLite each case gets its own folder. All values are invented.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)] // tests report the cases that they skip

mod account_orders;
mod accounts;
mod audit;
mod audit_tampering;
mod bank_codes;
mod bank_pauses;
mod certificates;
#[path = "../common/mod.rs"]
mod common;
mod durability;
mod faults;
mod files;
#[path = "../common/handing_over.rs"]
mod handing_over;
mod login;
mod notices;
mod rights;
mod samples;
mod tenants;

use bankchannel_storage::ws_channel::WsChannelStore;
pub(crate) use common::{cases, race};

pub(crate) async fn on_sqlite<F: Future<Output = ()>>(case: impl FnOnce(WsChannelStore) -> F) {
    let folder = tempfile::tempdir().unwrap();
    let store = WsChannelStore::open_sqlite(folder.path()).await.unwrap();
    case(store.clone()).await;
    store.close().await;
}

pub(crate) async fn on_postgres<F: Future<Output = ()>>(case: impl FnOnce(WsChannelStore) -> F) {
    on_prepared_postgres("", case).await;
}

/// Runs the case in a schema in which `prepare` was run before the store opens it.
pub(crate) async fn on_prepared_postgres<F: Future<Output = ()>>(
    prepare: &str,
    case: impl FnOnce(WsChannelStore) -> F,
) {
    common::with_postgres(prepare, async |url| {
        let store = WsChannelStore::connect_postgres(&url).await.unwrap();
        case(store.clone()).await;
        store.close().await;
    })
    .await;
}
