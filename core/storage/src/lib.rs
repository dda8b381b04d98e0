//! What must survive in a bankchannel counterpart, as atomic verbs over SQLite and PostgreSQL.
//!
//! [`engine`] runs verbs in transactions and knows no table. Each schema is a folder beside it: tables, migrations and
//! verbs of one kind of data. [`ws_channel`] is the WS Channel service's, [`salt_edge_connector`] a connector's to Salt Edge.

pub mod engine;
pub mod salt_edge_connector;
pub mod ws_channel;
