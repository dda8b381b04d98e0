//! What a schema tells the engine.

use super::{Result, Tx};
use futures_util::future::{BoxFuture, ready};

/// The tables of one kind of data and what they need around each transaction. The value is shared by all transactions
/// of a [`Database`](super::Database): counters by which caches learn that they are old belong there.
pub trait Schema: Default + Send + Sync + 'static {
    /// Name of the database file inside the data folder (SQLite).
    const DATABASE_FILE: &'static str;

    /// The migrations, oldest first. A published one is never changed; a new one is appended.
    const MIGRATIONS: &'static [Migration<Self>];

    /// What the verbs of a transaction leave for the hooks. PostgreSQL: new in each transaction. SQLite: the one writer
    /// keeps it from transaction to transaction and renews it after a rollback, so it may remember what is stored.
    type State: Default + Send + 'static;

    /// Looks at a SQLite database that is being opened, whose migrations are applied: cheap enough for every start.
    fn check(tx: &mut Tx<Self>) -> BoxFuture<'_, Result<()>> {
        let _ = tx;
        Box::pin(ready(Ok(())))
    }

    /// Runs before each COMMIT of a write, once for all verbs of the transaction.
    fn before_commit(tx: &mut Tx<Self>) -> BoxFuture<'_, Result<()>> {
        let _ = tx;
        Box::pin(ready(Ok(())))
    }

    /// Runs after each COMMIT, before any caller hears of it. PostgreSQL: also after one without an answer, which may
    /// have been done.
    fn committed(&self, state: &mut Self::State) {
        let _ = state;
    }
}

/// One step of a schema.
pub struct Migration<S: Schema> {
    pub(crate) version: i64,
    pub(crate) name: &'static str,
    pub(crate) script: &'static str,
    pub(super) then: Option<Step<S>>,
}

/// What a migration does beyond its script.
pub type Step<S> = for<'t> fn(&'t mut Tx<S>) -> BoxFuture<'t, Result<()>>;

impl<S: Schema> Migration<S> {
    /// Versions ascend from 1. Names are for people, but that of the first migration says whose database it is: no two
    /// schemas may share it.
    ///
    /// In the script, `{int}`, `{text}`, `{blob}`, `{strict}` and `{keyed}` stand for what differs between the
    /// databases: three column types; the end of a table; the end of a table that is stored by its primary key.
    #[must_use]
    pub const fn new(version: i64, name: &'static str, script: &'static str) -> Self {
        Self { version, name, script, then: None }
    }

    /// Runs after the script in the same transaction: what needs parameters, or only one of the databases needs.
    #[must_use]
    pub const fn then(mut self, step: Step<S>) -> Self {
        self.then = Some(step);
        self
    }
}
