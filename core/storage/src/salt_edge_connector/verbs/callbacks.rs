//! Callbacks: taken, sent, done with.

use super::ending::{drop_callbacks, end_session, end_token, session, tell_revoked};
use crate::engine::{Result, Row, args};
use crate::salt_edge_connector::{
    AttemptEnd, CallbackEnd, CallbackFilter, CallbackKind, CallbackRow, CallbackState, DueCallback, Id, SessionKind,
    SessionState, Store, Tx, callback_columns,
};
use futures_util::future::BoxFuture;

impl Store {
    /// Takes callbacks whose time has come, until `until`: then others may take them. From now on each counts as sent.
    ///
    /// # Errors
    /// Environment faults only.
    pub fn take_callbacks(&self, now: i64, until: i64, limit: i64) -> BoxFuture<'_, Result<Vec<DueCallback>>> {
        self.write((now, until, limit), |tx, (now, until, limit)| {
            Box::pin(async move {
                let sql = "UPDATE callback SET lease = lease + 1, sent = sent + 1, due_at = $2 WHERE id IN \
                           (SELECT id FROM callback WHERE state = 'waiting' AND due_at IS NOT NULL AND due_at <= $1 \
                            ORDER BY due_at LIMIT $3) \
                           RETURNING id, lease, sent, kind, session, token, reason, expires_at, sealed";
                let rows = tx.query(sql, args![*now, *until, *limit]).await?;
                let mut due = Vec::with_capacity(rows.len());
                for row in rows {
                    due.push(taken(tx, row).await?);
                }
                Ok(due)
            })
        })
    }

    /// Says what became of sending a callback. False where somebody else has taken it meanwhile, or it is done with; what
    /// the hub has, it has all the same.
    ///
    /// # Errors
    /// Environment faults only.
    pub fn end_attempt(&self, attempt: AttemptEnd) -> BoxFuture<'_, Result<bool>> {
        self.write(attempt, |tx, attempt| Box::pin(end_attempt(tx, attempt)))
    }

    /// Sends a callback again that was stopped. False where none was.
    ///
    /// # Errors
    /// Environment faults only.
    pub fn retry_callback(&self, id: Id, now: i64) -> BoxFuture<'_, Result<bool>> {
        self.write((id, now), |tx, (id, now)| {
            Box::pin(async move {
                let sql = "UPDATE callback SET state = $2, due_at = $3 WHERE id = $1 AND state = $4";
                let args = args![*id, CallbackState::Waiting, *now, CallbackState::Stopped];
                Ok(tx.execute(sql, args).await? == 1)
            })
        })
    }

    /// Callbacks as an operator sees them, oldest first.
    ///
    /// # Errors
    /// Environment faults only.
    pub fn callbacks(&self, filter: CallbackFilter) -> BoxFuture<'_, Result<Vec<CallbackRow>>> {
        self.read(filter, |tx, filter| {
            Box::pin(async move {
                let (age, id) = filter.after.unwrap_or((i64::MIN, [0; 16]));
                let sql = concat!(
                    "SELECT ",
                    callback_columns!(),
                    " FROM callback WHERE (created_at > $1 OR (created_at = $1 AND id > $2)) \
                     AND (CAST($3 AS TEXT) IS NULL OR state = $3) ORDER BY created_at, id LIMIT $4"
                );
                let rows = tx.query(sql, args![age, id, filter.state, filter.limit]).await?;
                rows.into_iter().map(|mut row| CallbackRow::read(&mut row)).collect()
            })
        })
    }
}

async fn taken(tx: &mut Tx, mut row: Row) -> Result<DueCallback> {
    let (id, lease, sent, kind) = (row.bytes()?, row.int()?, row.int()?, row.word(CallbackKind::parse)?);
    let (session, token): (Option<Id>, Option<Id>) = (row.opt_bytes()?, row.opt_bytes()?);
    let (reason, expires_at, sealed) = (row.opt_text()?, row.int()?, row.opt_blob()?);
    let subject = match (session, token) {
        (Some(session), _) => tx.first("SELECT sealed FROM session WHERE id = $1", args![session]).await?,
        (None, Some(token)) => tx.first("SELECT sealed FROM token WHERE id = $1", args![token]).await?,
        (None, None) => None,
    };
    let subject = subject.map(|mut row| row.blob()).transpose()?.unwrap_or_default();
    Ok(DueCallback { id, lease, sent: sent - 1, kind, session, token, reason, sealed, subject, expires_at })
}

async fn end_attempt(tx: &mut Tx, attempt: &AttemptEnd) -> Result<bool> {
    let sql = "SELECT state, lease, sent, kind, session, token FROM callback WHERE id = $1";
    let Some(mut row) = tx.first(sql, args![attempt.id]).await? else { return Ok(false) };
    let (state, lease, sent) = (row.word(CallbackState::parse)?, row.int()?, row.int()?);
    let kind = row.word(CallbackKind::parse)?;
    let (of, token): (Option<Id>, Option<Id>) = (row.opt_bytes()?, row.opt_bytes()?);
    let is_open = matches!(state, CallbackState::Waiting | CallbackState::Stopped);
    if !is_open || (lease != attempt.lease && attempt.end != CallbackEnd::Delivered) {
        return Ok(false);
    }
    let sql = "UPDATE callback SET status = $2, class = $3 WHERE id = $1";
    tx.execute(sql, args![attempt.id, attempt.status, attempt.class.as_deref()]).await?;
    match attempt.end {
        CallbackEnd::Again { due_at, may_have_arrived } => {
            let sql = "UPDATE callback SET due_at = $2, sent = sent - $3 WHERE id = $1";
            tx.execute(sql, args![attempt.id, due_at, !may_have_arrived]).await?;
        }
        CallbackEnd::Stopped => {
            let sql = "UPDATE callback SET state = $2, due_at = NULL WHERE id = $1";
            tx.execute(sql, args![attempt.id, CallbackState::Stopped]).await?;
        }
        CallbackEnd::Delivered => {
            close(tx, attempt.id, CallbackState::Delivered, attempt.now).await?;
            if let Some(of) = of {
                next(tx, of, attempt.now).await?;
            }
        }
        CallbackEnd::GivenUp { may_have_arrived } => {
            close(tx, attempt.id, CallbackState::Failed, attempt.now).await?;
            if let Some(of) = of {
                give_up(tx, of, kind, may_have_arrived || sent > 1, attempt.now).await?;
            }
            debug_assert!(of.is_some() || token.is_some(), "a callback is about a session or a token");
        }
    }
    Ok(true)
}

/// A callback that is done with: what it says is wiped.
async fn close(tx: &mut Tx, id: Id, state: CallbackState, now: i64) -> Result<()> {
    let sql = "UPDATE callback SET state = $2, due_at = NULL, ended_at = $3, sealed = NULL WHERE id = $1";
    tx.execute(sql, args![id, state, now]).await.map(drop)
}

/// The next callback of a session becomes due.
async fn next(tx: &mut Tx, session: Id, now: i64) -> Result<()> {
    let sql = "UPDATE callback SET due_at = $2 WHERE session = $1 AND state = 'waiting' AND position = \
               (SELECT min(position) FROM callback WHERE session = $1 AND (state = 'waiting' OR state = 'stopped'))";
    tx.execute(sql, args![session, now]).await.map(drop)
}

/// The hub will not be told: for it the session is over, and so it is here. A token that it cannot have got is revoked; where it
/// may have got it all the same, it is told that the token is over.
pub(super) async fn give_up(tx: &mut Tx, of: Id, kind: CallbackKind, may_have_arrived: bool, now: i64) -> Result<()> {
    drop_callbacks(tx, of, now).await?;
    let Some(session) = session(tx, of).await? else { return Ok(()) };
    if !session.state.is_end() {
        return end_session(tx, &session, SessionState::Failed, now).await;
    }
    if session.state != SessionState::Succeeded || kind != CallbackKind::Success {
        return Ok(());
    }
    let sql = "UPDATE session SET state = $2 WHERE id = $1";
    tx.execute(sql, args![session.id, SessionState::Failed]).await?;
    if session.kind == SessionKind::Refresh || !end_token(tx, session.token, now).await? {
        return Ok(());
    }
    if may_have_arrived {
        tell_revoked(tx, session.token, now).await?;
    }
    Ok(())
}
