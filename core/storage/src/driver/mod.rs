//! The narrow waist: one `Tx` with `execute` and `query`, so that each verb is written once for both databases.
//!
//! SQL text is common to both: `$1` parameters, `ON CONFLICT`, `RETURNING`, `CAST($n AS …)` where a parameter
//! stands alone. Columns are integers, text or bytes, nothing else.

pub(crate) mod postgres;
pub(crate) mod row;
pub(crate) mod sqlite;
pub(crate) mod tx;
pub(crate) mod value;

pub(crate) use row::Row;
pub(crate) use tx::Tx;
pub(crate) use value::{Value, args};

use crate::error::Result;
use futures_util::future::BoxFuture;

/// A verb: reads and writes through `Tx`, may be run again from the start (PostgreSQL conflicts), so it borrows
/// its arguments and keeps no state outside the transaction.
pub(crate) type Verb<A, T> = for<'t> fn(&'t mut Tx, &'t A) -> BoxFuture<'t, Result<T>>;

/// Which of the two databases: for the few statements that differ (types in migrations, locks).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}
