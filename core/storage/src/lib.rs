//! Persistent data of bankchannel's counterparts, as atomic verbs over SQLite and PostgreSQL.
//!
//! [`engine`] runs verbs in transactions and knows no tables. Each schema is a module next to it: tables, migrations
//! and verbs of one kind of data. [`ws_channel`] is that of the WS Channel service, [`salt_edge_connector`] that of a
//! connector to Salt Edge.
//!
//! Every verb can fail with an environment fault ([`engine::StoreError`]); its decision about its arguments is its
//! result. A verb says only which other errors it has.

pub mod engine;
pub mod salt_edge_connector;
pub mod ws_channel;
