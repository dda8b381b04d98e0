//! Tasks: questions to the bank's code.

use super::ending::session;
use crate::engine::{Result, args};
use crate::salt_edge_connector::{DueTask, Id, NewTask, Store, TaskKind, Tx};
use futures_util::future::BoxFuture;

impl Store {
    /// Takes the task that has been due longest, until `until`: after that others may take it. It stays until it is
    /// settled.
    ///
    /// # Errors
    /// Environment faults only.
    pub fn take_task(&self, now: i64, until: i64) -> BoxFuture<'_, Result<Option<DueTask>>> {
        self.write((now, until), |tx, (now, until)| {
            Box::pin(async move {
                let sql = "UPDATE task SET lease = lease + 1, due_at = $2 \
                           WHERE id IN (SELECT id FROM task WHERE due_at <= $1 ORDER BY due_at LIMIT 1) \
                           RETURNING id, lease, kind, session, created_at, sealed";
                let Some(mut row) = tx.first(sql, args![*now, *until]).await? else { return Ok(None) };
                let (id, lease, kind) = (row.bytes()?, row.int()?, row.word(TaskKind::parse)?);
                let of = row.opt_bytes()?;
                let (created_at, sealed) = (row.int()?, row.blob()?);
                let session = match of {
                    Some(of) => session(tx, of).await?,
                    None => None,
                };
                Ok(Some(DueTask { id, lease, kind, session, created_at, sealed }))
            })
        })
    }

    /// Removes a task without a session: the bank has received it, or will not.
    ///
    /// # Errors
    /// Environment faults only.
    pub fn drop_task(&self, id: Id, lease: i64) -> BoxFuture<'_, Result<bool>> {
        self.write((id, lease), |tx, (id, lease)| {
            Box::pin(async move {
                let sql = "DELETE FROM task WHERE id = $1 AND lease = $2 AND session IS NULL";
                Ok(tx.execute(sql, args![*id, *lease]).await? == 1)
            })
        })
    }

    /// Postpones a task.
    ///
    /// # Errors
    /// Environment faults only.
    pub fn put_off_task(&self, id: Id, lease: i64, due_at: i64) -> BoxFuture<'_, Result<bool>> {
        self.write((id, lease, due_at), |tx, (id, lease, due_at)| {
            Box::pin(async move {
                let sql = "UPDATE task SET due_at = $3 WHERE id = $1 AND lease = $2";
                Ok(tx.execute(sql, args![*id, *lease, *due_at]).await? == 1)
            })
        })
    }

    /// Returns a task that was not carried out: as if it had not been taken.
    ///
    /// # Errors
    /// Environment faults only.
    pub fn return_task(&self, id: Id, lease: i64, due_at: i64) -> BoxFuture<'_, Result<bool>> {
        self.write((id, lease, due_at), |tx, (id, lease, due_at)| {
            Box::pin(async move {
                let sql = "UPDATE task SET due_at = $3, lease = lease - 1 WHERE id = $1 AND lease = $2";
                Ok(tx.execute(sql, args![*id, *lease, *due_at]).await? == 1)
            })
        })
    }

    /// Adds a notice for the bank.
    ///
    /// # Errors
    /// Environment faults only.
    pub fn put_notice(&self, notice: NewTask, now: i64) -> BoxFuture<'_, Result<()>> {
        self.write((notice, now), |tx, (notice, now)| Box::pin(put(tx, notice, None, *now)))
    }
}

pub(super) async fn put(tx: &mut Tx, task: &NewTask, session: Option<Id>, now: i64) -> Result<()> {
    let sql =
        "INSERT INTO task (id, session, kind, due_at, lease, created_at, sealed) VALUES ($1, $2, $3, $4, 0, $4, $5)";
    tx.execute(sql, args![task.id, session, task.kind, now, &task.sealed]).await.map(drop)
}
