//! Cleanup: expired sessions and callbacks, rows that are no longer needed.

use super::callbacks::{close, too_late};
use super::ending::{drop_callbacks, end_session, failure, tell};
use crate::engine::{Result, StoredRow, args, sql};
use crate::salt_edge_connector::{
    CallbackKind, CallbackState, ConnectorSession, ConnectorSessionState, ConnectorStore, DueTimes, PurgedRows, RowId,
};
use futures_util::future::BoxFuture;

/// The error class reported for a session that exceeded its time limit.
const TIME_IS_OVER: &str = "AccessDenied";

impl ConnectorStore {
    /// Ends sessions past their time limit, and queues the reports for the hub. Returns their number.
    pub fn expire_sessions(&self, now: i64, limit: i64) -> BoxFuture<'_, Result<u64>> {
        self.write((now, limit), |tx, (now, limit)| {
            Box::pin(async move {
                let sql = sql!(
                    "SELECT ",
                    ConnectorSession::COLUMNS,
                    " FROM session WHERE ended_at IS NULL AND expires_at <= $1 ORDER BY expires_at LIMIT $2"
                );
                let rows: Vec<ConnectorSession> = tx.all(sql, args![*now, *limit]).await?;
                let count = rows.len() as u64;
                for session in rows {
                    drop_callbacks(tx, session.id, *now).await?;
                    end_session(tx, &session, ConnectorSessionState::Expired, *now).await?;
                    tell(tx, &session, &failure(TIME_IS_OVER, *now), *now).await?;
                }
                Ok(count)
            })
        })
    }

    /// Closes stopped callbacks that have expired. Returns their number. Waiting ones are closed by the worker that
    /// would send them.
    pub fn expire_callbacks(&self, now: i64, limit: i64) -> BoxFuture<'_, Result<u64>> {
        self.write((now, limit), |tx, (now, limit)| {
            Box::pin(async move {
                let sql = "SELECT id, session, kind, sent FROM callback \
                           WHERE state = 'stopped' AND expires_at <= $1 ORDER BY expires_at LIMIT $2";
                let rows: Vec<(RowId, Option<RowId>, CallbackKind, i64)> = tx.all(sql, args![*now, *limit]).await?;
                let count = rows.len() as u64;
                for (id, of, kind, sent) in rows {
                    close(tx, id, CallbackState::Failed, *now).await?;
                    too_late(tx, of, kind, sent > 0, *now).await?;
                }
                Ok(count)
            })
        })
    }

    /// The next due times.
    pub fn due(&self) -> BoxFuture<'_, Result<DueTimes>> {
        self.read_snapshot((), |tx, ()| {
            Box::pin(async move {
                let task = tx.one::<Option<i64>>("SELECT min(due_at) FROM task", &[]).await?;
                let sql = "SELECT min(due_at) FROM callback WHERE state = 'waiting' AND due_at IS NOT NULL";
                let callback = tx.one::<Option<i64>>(sql, &[]).await?;
                let session =
                    tx.one::<Option<i64>>("SELECT min(expires_at) FROM session WHERE ended_at IS NULL", &[]).await?;
                let sql = "SELECT min(expires_at) FROM callback WHERE state = 'stopped'";
                let end = tx.one::<Option<i64>>(sql, &[]).await?;
                let end = [session, end].into_iter().flatten().flatten().min();
                Ok(DueTimes { task: task.flatten(), callback: callback.flatten(), end })
            })
        })
    }

    /// Removes sessions and tokens that ended before these times. Callbacks that still wait are kept.
    pub fn purge(&self, sessions_before: i64, tokens_before: i64, limit: i64) -> BoxFuture<'_, Result<PurgedRows>> {
        self.write((sessions_before, tokens_before, limit), |tx, (sessions_before, tokens_before, limit)| {
            Box::pin(async move {
                let sql = "SELECT id FROM session WHERE ended_at < $1 AND NOT EXISTS \
                           (SELECT 1 FROM callback WHERE session = session.id AND (state = 'waiting' OR state = 'stopped')) \
                           ORDER BY ended_at LIMIT $2";
                let mut purged = PurgedRows::default();
                let old = "DELETE FROM client_jwt WHERE expires_at < $1";
                tx.execute(old, args![*sessions_before]).await?;
                for id in tx.all::<RowId>(sql, args![*sessions_before, *limit]).await? {
                    tx.execute("DELETE FROM callback WHERE session = $1", args![id]).await?;
                    purged.sessions += tx.execute("DELETE FROM session WHERE id = $1", args![id]).await?;
                }
                let sql = "SELECT id FROM token WHERE created_at < $1 AND (ended_at < $1 OR expires_at < $1) \
                           AND NOT EXISTS (SELECT 1 FROM session WHERE token = token.id) \
                           AND NOT EXISTS (SELECT 1 FROM callback WHERE token = token.id AND (state = 'waiting' OR state = 'stopped')) \
                           ORDER BY created_at LIMIT $2";
                for id in tx.all::<RowId>(sql, args![*tokens_before, *limit]).await? {
                    tx.execute("DELETE FROM callback WHERE token = $1", args![id]).await?;
                    purged.tokens += tx.execute("DELETE FROM token WHERE id = $1", args![id]).await?;
                }
                Ok(purged)
            })
        })
    }
}
