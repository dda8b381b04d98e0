//! Tasks: questions to the bank's code.

use super::ending::session;
use crate::engine::{Result, args};
use crate::salt_edge_connector::{ConnectorStore, ConnectorTx, DueTask, NewTask, RowId, TaskKind, TaskLane};
use futures_util::future::BoxFuture;

impl ConnectorStore {
    /// Takes a task, until `until`: after that others may take it. It stays until it is settled. Of the questions, those
    /// that a customer waits for go first; then those that have been due longest.
    pub fn take_task(&self, lane: TaskLane, now: i64, until: i64) -> BoxFuture<'_, Result<Option<DueTask>>> {
        self.write((lane, now, until), |tx, (lane, now, until)| {
            Box::pin(async move {
                for rank in lane.ranks() {
                    if let Some(task) = take(tx, *rank, *now, *until).await? {
                        return Ok(Some(task));
                    }
                }
                Ok(None)
            })
        })
    }

    /// Removes a task without a session: the bank has received it, or will not.
    pub fn drop_task(&self, id: RowId, lease: i64) -> BoxFuture<'_, Result<bool>> {
        self.write((id, lease), |tx, (id, lease)| {
            Box::pin(async move {
                let sql = "DELETE FROM task WHERE id = $1 AND lease = $2 AND session IS NULL";
                Ok(tx.execute(sql, args![*id, *lease]).await? == 1)
            })
        })
    }

    /// Postpones a task.
    pub fn put_off_task(&self, id: RowId, lease: i64, due_at: i64) -> BoxFuture<'_, Result<bool>> {
        self.write((id, lease, due_at), |tx, (id, lease, due_at)| {
            Box::pin(async move {
                let sql = "UPDATE task SET due_at = $3 WHERE id = $1 AND lease = $2";
                Ok(tx.execute(sql, args![*id, *lease, *due_at]).await? == 1)
            })
        })
    }

    /// Returns a task that was not carried out: as if it had not been taken.
    pub fn return_task(&self, id: RowId, lease: i64, due_at: i64) -> BoxFuture<'_, Result<bool>> {
        self.write((id, lease, due_at), |tx, (id, lease, due_at)| {
            Box::pin(async move {
                let sql = "UPDATE task SET due_at = $3, lease = lease - 1 WHERE id = $1 AND lease = $2";
                Ok(tx.execute(sql, args![*id, *lease, *due_at]).await? == 1)
            })
        })
    }

    /// Adds a notice for the bank. False if this many wait already.
    pub fn put_notice(&self, notice: NewTask, limit: i64, now: i64) -> BoxFuture<'_, Result<bool>> {
        self.write((notice, limit, now), |tx, (notice, limit, now)| {
            Box::pin(async move {
                let sql = "SELECT count(*) FROM task WHERE rank = $1";
                if tx.number(sql, args![notice.kind.rank()]).await? >= *limit {
                    return Ok(false);
                }
                put(tx, notice, None, *now).await?;
                Ok(true)
            })
        })
    }
}

async fn take(tx: &mut ConnectorTx, rank: i64, now: i64, until: i64) -> Result<Option<DueTask>> {
    let sql = "UPDATE task SET lease = lease + 1, due_at = $3 \
               WHERE id IN (SELECT id FROM task WHERE rank = $1 AND due_at <= $2 ORDER BY due_at LIMIT 1) \
               RETURNING id, lease, kind, session, created_at, sealed";
    let values = args![rank, now, until];
    let row = tx.one::<(RowId, i64, TaskKind, Option<RowId>, (i64, Vec<u8>))>(sql, values).await?;
    let Some((id, lease, kind, of, (created_at, sealed))) = row else { return Ok(None) };
    let session = match of {
        Some(of) => session(tx, of).await?,
        None => None,
    };
    Ok(Some(DueTask { id, lease, kind, session, created_at, sealed }))
}

pub(super) async fn put(tx: &mut ConnectorTx, task: &NewTask, session: Option<RowId>, now: i64) -> Result<()> {
    let sql = "INSERT INTO task (id, session, kind, rank, due_at, lease, created_at, sealed) VALUES ($1, $2, $3, $4, $5, 0, $5, $6)";
    tx.execute(sql, args![task.id, session, task.kind, task.kind.rank(), now, &task.sealed]).await.map(drop)
}
