//! The data of a bank's connector to Salt Edge: sessions, tokens, tasks for the bank, callbacks to the hub.
//!
//! ```text
//!   request ──► session ─┬─► task: the bank's code is called ──► its result, and the callback that reports it,
//!                        │                                       in one transaction
//!                        └─► callback: sent to the hub, in order, until the hub has received it
//! ```
//!
//! Several processes may share a store. Each holds the work that it processes by a *lease*: a number known only to its
//! latest holder, and a time after which others may take the work.
//!
//! The store sees no secret in clear text: session secrets and access tokens arrive as [`Digest`]s, all data about a
//! customer or a third party arrives sealed. Mistakes of a peer are a *result* of the verb.

mod entities;
mod known;
mod schema;
mod store;
mod verbs;

pub use crate::engine::{
    AppliedMigration, CommitOutcome, DatabaseLoad, DatabaseObserver, PendingMigration, PostgresSettings, SchemaUse,
    SchemaVersions, SqliteSettings, StoreError,
};
pub use entities::callback::{
    AttemptEnd, CallbackEnd, CallbackFilter, CallbackKind, CallbackRow, CallbackState, DueCallback, NewCallback,
};
pub use entities::sample::{ConnectorSample, OpenCallbacks};
pub use entities::session::{
    AnsweredSession, CancelledSession, ConnectorSession, ConnectorSessionState, NewConnectorSession, OpenedSession,
    SessionKind, SessionToken2, StepAnswer, UsedJwt,
};
pub use entities::settle::{GrantedToken, SessionChange, SessionSettlement, SettledSession, SettlementSource};
pub use entities::task::{DueTask, NewTask, TaskKind, TaskLane};
pub use entities::token::{
    ConnectorToken, JudgedToken, PresentedToken, RevokedToken, TokenFilter, TokenRefusal, TokenState,
};
pub use entities::upkeep::{DueTimes, PurgedRows};
pub use store::ConnectorStore;

pub use crate::engine::Digest;

/// The id of a row: random, not secret.
pub type RowId = [u8; 16];

use entities::callback::{CALLBACK_RANKS, RANK_OF_REVOCATIONS, callback_rank};
use schema::ConnectorTx;
