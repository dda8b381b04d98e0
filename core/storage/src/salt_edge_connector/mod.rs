//! The data of a bank's connector to Salt Edge: sessions, tokens, questions to the bank, callbacks to the hub.
//!
//! ```text
//!   request ──► session ─┬─► task: the bank's code is asked ──► its answer, and the callback that reports it,
//!                        │                                       in one transaction
//!                        └─► callback: the hub is told, in order, until it has heard
//! ```
//!
//! Any number of processes may share a store. What one of them works on it holds by a *lease*: a number that only the
//! last one who took it knows, and a time after which others may take it.
//!
//! The store sees no secret in clear: session secrets and access tokens arrive as [`Digest`]s, everything about a
//! customer or a third party sealed. What a peer did wrong is a *result* of the verb.

mod entities;
mod known;
mod schema;
mod store;
mod verbs;

pub use crate::engine::{PostgresSettings, SqliteSettings, StoreError};
pub use entities::callback::{
    AttemptEnd, CallbackEnd, CallbackFilter, CallbackKind, CallbackRow, CallbackState, DueCallback, NewCallback,
};
pub use entities::session::{
    About, Answered, Cancelled, NewSession, Opened, Session, SessionKind, SessionState, StepAnswer,
};
pub use entities::settle::{Change, Granted, Settled, Settlement, Settler};
pub use entities::task::{DueTask, NewTask, TaskKind};
pub use entities::token::{Judged, Presented, Revoked, Token, TokenFilter, TokenRefusal, TokenState};
pub use entities::upkeep::{Due, Purged};
pub use store::Store;

/// SHA-256 of what must not be readable.
pub type Digest = [u8; 32];
/// The id of a row: random, and no secret.
pub type Id = [u8; 16];

use entities::callback::callback_columns;
use entities::session::session_columns;
use entities::token::token_columns;
use schema::Tx;
