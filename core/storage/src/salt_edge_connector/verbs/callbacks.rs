//! Callbacks: taken, sent, closed.

use super::ending::{drop_callbacks, end_session, end_token, next, session, tell_revoked};
use crate::engine::{Result, StoredRow, args, sql};
use crate::salt_edge_connector::{
    AttemptEnd, CALLBACK_RANKS, CallbackEnd, CallbackFilter, CallbackKind, CallbackRow, CallbackState,
    ConnectorSession, ConnectorSessionState, ConnectorStore, ConnectorTx, DueCallback, RowId, SessionKind, TokenState,
};
use futures_util::future::BoxFuture;

/// A due callback, and the sealed data of its session if it has no token.
type TakenCallback = (DueCallback, Option<Vec<u8>>);
const TAKEN: &str = sql!(
    DueCallback::COLUMNS,
    ", (SELECT sealed FROM session WHERE session.id = callback.session AND callback.token IS NULL)"
);

impl ConnectorStore {
    /// Takes due callbacks until `until`: after that others may take them. From now on each counts as sent. Those that a
    /// customer waits for go first.
    pub fn take_callbacks(&self, now: i64, until: i64, limit: i64) -> BoxFuture<'_, Result<Vec<DueCallback>>> {
        self.write((now, until, limit), |tx, (now, until, limit)| {
            Box::pin(async move {
                let sql = sql!(
                    "UPDATE callback SET lease = lease + 1, sent = sent + 1, due_at = $3 WHERE id IN \
                           (SELECT id FROM callback WHERE state = 'waiting' AND due_at IS NOT NULL AND rank = $1 AND due_at <= $2 \
                            ORDER BY due_at LIMIT $4) \
                           RETURNING ",
                    TAKEN
                );
                let mut due = Vec::new();
                for rank in CALLBACK_RANKS {
                    let left = *limit - i64::try_from(due.len()).unwrap_or(i64::MAX);
                    if left <= 0 {
                        break;
                    }
                    due.extend(tx.all(sql, args![rank, *now, *until, left]).await?.into_iter().map(taken));
                }
                Ok(due)
            })
        })
    }

    /// As [`take_callbacks`](Self::take_callbacks), for the due callback of one session.
    pub fn take_callback_of(&self, session: RowId, now: i64, until: i64) -> BoxFuture<'_, Result<Option<DueCallback>>> {
        self.write((session, now, until), |tx, (session, now, until)| {
            Box::pin(async move {
                let sql = sql!(
                    "UPDATE callback SET lease = lease + 1, sent = sent + 1, due_at = $3 WHERE id IN \
                           (SELECT id FROM callback WHERE session = $1 AND state = 'waiting' AND due_at IS NOT NULL AND due_at <= $2) \
                           RETURNING ",
                    TAKEN
                );
                Ok(tx.one(sql, args![*session, *now, *until]).await?.map(taken))
            })
        })
    }

    /// Stores the result of sending a callback. False if another worker has taken it meanwhile, or it is already
    /// closed; a delivery is stored in either case.
    pub fn end_attempt(&self, attempt: AttemptEnd) -> BoxFuture<'_, Result<bool>> {
        self.write(attempt, |tx, attempt| Box::pin(end_attempt(tx, attempt)))
    }

    /// Schedules a stopped callback again. False if it was not stopped.
    pub fn retry_callback(&self, id: RowId, now: i64) -> BoxFuture<'_, Result<bool>> {
        self.write((id, now), |tx, (id, now)| {
            Box::pin(async move {
                let sql = "UPDATE callback SET state = $2, due_at = $3 WHERE id = $1 AND state = $4";
                let args = args![*id, CallbackState::Waiting, *now, CallbackState::Stopped];
                Ok(tx.execute(sql, args).await? == 1)
            })
        })
    }

    /// Whether the hub has received the report of the end of a session.
    pub fn is_told(&self, session: RowId) -> BoxFuture<'_, Result<bool>> {
        self.read(session, |tx, session| {
            Box::pin(async move {
                let sql =
                    "SELECT count(*) FROM callback WHERE session = $1 AND ends_session = 1 AND state = 'delivered'";
                Ok(tx.number(sql, args![*session]).await? == 1)
            })
        })
    }

    /// Callbacks as shown to operators, oldest first.
    pub fn callbacks(&self, filter: CallbackFilter) -> BoxFuture<'_, Result<Vec<CallbackRow>>> {
        self.read(filter, |tx, filter| {
            Box::pin(async move {
                let (age, id) = filter.after.unwrap_or((i64::MIN, [0; 16]));
                let sql = sql!(
                    "SELECT ",
                    CallbackRow::COLUMNS,
                    " FROM callback WHERE (created_at > $1 OR (created_at = $1 AND id > $2)) \
                     AND (CAST($3 AS TEXT) IS NULL OR state = $3) ORDER BY created_at, id LIMIT $4"
                );
                tx.all(sql, args![age, id, filter.state, filter.limit]).await
            })
        })
    }
}

fn taken((callback, subject): TakenCallback) -> DueCallback {
    DueCallback { subject: subject.unwrap_or_default(), ..callback }
}

async fn end_attempt(tx: &mut ConnectorTx, attempt: &AttemptEnd) -> Result<bool> {
    if attempt.end == CallbackEnd::Delivered {
        return delivered(tx, attempt).await;
    }
    let sql = "SELECT state, lease, sent, kind, session FROM callback WHERE id = $1";
    let row: Option<(CallbackState, i64, i64, CallbackKind, Option<RowId>)> = tx.one(sql, args![attempt.id]).await?;
    let Some((state, lease, sent, kind, of)) = row else { return Ok(false) };
    let is_open = matches!(state, CallbackState::Waiting | CallbackState::Stopped);
    if !is_open || lease != attempt.lease {
        return Ok(false);
    }
    if attempt.class.is_some() {
        let sql = "UPDATE callback SET status = $2, class = $3 WHERE id = $1";
        tx.execute(sql, args![attempt.id, attempt.status, attempt.class.as_deref()]).await?;
    }
    // Sends of earlier tries that may have reached the hub.
    let earlier = sent - 1;
    match attempt.end {
        CallbackEnd::Again { due_at, may_have_arrived } => {
            let sql = "UPDATE callback SET due_at = $2, sent = sent - $3 WHERE id = $1";
            tx.execute(sql, args![attempt.id, due_at, !may_have_arrived]).await?;
        }
        CallbackEnd::Stopped => {
            let sql = "UPDATE callback SET state = $2, due_at = NULL, sent = sent - 1 WHERE id = $1";
            tx.execute(sql, args![attempt.id, CallbackState::Stopped]).await?;
        }
        // Handled above.
        CallbackEnd::Delivered => {}
        CallbackEnd::TooLate => {
            close(tx, attempt.id, CallbackState::Failed, attempt.now).await?;
            too_late(tx, of, kind, earlier > 0, attempt.now).await?;
        }
        CallbackEnd::OverThere => {
            close(tx, attempt.id, CallbackState::Failed, attempt.now).await?;
            if let Some(of) = of {
                over_there(tx, of, kind, earlier > 0, attempt.now).await?;
            }
        }
    }
    Ok(true)
}

/// Stores that the hub has received a callback. Most are the last of a session with one token: these take one
/// statement.
async fn delivered(tx: &mut ConnectorTx, attempt: &AttemptEnd) -> Result<bool> {
    let sql = "UPDATE callback SET state = $2, status = $3, class = $4, due_at = NULL, ended_at = $5, sealed = NULL \
               WHERE id = $1 AND (state = 'waiting' OR state = 'stopped') RETURNING session, kind, position, \
               (SELECT kind FROM session WHERE session.id = callback.session), \
               (SELECT callbacks FROM session WHERE session.id = callback.session)";
    let state = CallbackState::Delivered;
    let args = args![attempt.id, state, attempt.status, attempt.class.as_deref(), attempt.now];
    let row = tx.one::<(Option<RowId>, CallbackKind, i64, Option<SessionKind>, Option<i64>)>(sql, args).await?;
    let Some((of, kind, position, of_kind, last)) = row else { return Ok(false) };
    let Some(of) = of else { return Ok(true) };
    if kind == CallbackKind::Success && of_kind == Some(SessionKind::Reconnect) {
        forget_former(tx, of).await?;
    }
    if last.is_some_and(|last| last > position) {
        next(tx, of, attempt.now).await?;
    }
    Ok(true)
}

/// Closes a callback and erases its content.
pub(super) async fn close(tx: &mut ConnectorTx, id: RowId, state: CallbackState, now: i64) -> Result<()> {
    let sql = "UPDATE callback SET state = $2, due_at = NULL, ended_at = $3, sealed = NULL WHERE id = $1";
    tx.execute(sql, args![id, state, now]).await.map(drop)
}

/// Handles an expired callback of a session. An expired update has no consequence: the end of the session is reported
/// separately.
pub(super) async fn too_late(
    tx: &mut ConnectorTx,
    of: Option<RowId>,
    kind: CallbackKind,
    may_have_arrived: bool,
    now: i64,
) -> Result<()> {
    let Some(of) = of else { return Ok(()) };
    if kind == CallbackKind::Success
        && let Some(session) = session(tx, of).await?
    {
        take_back(tx, &session, may_have_arrived, now).await?;
    }
    next(tx, of, now).await
}

/// Ends a session here because the hub has ended it: no further reports about it are sent.
async fn over_there(
    tx: &mut ConnectorTx,
    of: RowId,
    kind: CallbackKind,
    may_have_arrived: bool,
    now: i64,
) -> Result<()> {
    drop_callbacks(tx, of, now).await?;
    let Some(session) = session(tx, of).await? else { return Ok(()) };
    if !session.state.is_end() {
        end_session(tx, &session, ConnectorSessionState::Failed, now).await?;
    } else {
        // A success queued after an update has not been sent.
        take_back(tx, &session, may_have_arrived && kind == CallbackKind::Success, now).await?;
    }
    next(tx, of, now).await
}

/// Fails a session that succeeded here but not at the hub. If the hub cannot have received the token, it is revoked,
/// and a renewed one returns to its former state; if the hub may have received it, the revocation is reported.
async fn take_back(tx: &mut ConnectorTx, of: &ConnectorSession, may_have_arrived: bool, now: i64) -> Result<()> {
    if of.state != ConnectorSessionState::Succeeded {
        return Ok(());
    }
    tx.execute("UPDATE session SET state = $2 WHERE id = $1", args![of.id, ConnectorSessionState::Failed]).await?;
    if of.kind == SessionKind::Refresh {
        return Ok(());
    }
    if of.kind == SessionKind::Reconnect && !may_have_arrived {
        let sql = "UPDATE token SET access_token = former, generation = generation - 1, expires_at = former_expires_at, \
                   sealed = former_sealed, former = NULL, former_expires_at = NULL, former_sealed = NULL, granted_by = NULL \
                   WHERE id = $1 AND granted_by = $2 AND former IS NOT NULL AND state <> $3";
        return tx.execute(sql, args![of.token, of.id, TokenState::Revoked]).await.map(drop);
    }
    let sql = "SELECT count(*) FROM token WHERE id = $1 AND granted_by = $2";
    if tx.number(sql, args![of.token, of.id]).await? == 1 && end_token(tx, of.token, now).await? && may_have_arrived {
        tell_revoked(tx, of.token, now).await?;
    }
    Ok(())
}

/// Removes the former token: the hub has received its renewal.
async fn forget_former(tx: &mut ConnectorTx, session: RowId) -> Result<()> {
    let sql = "UPDATE token SET former = NULL, former_expires_at = NULL, former_sealed = NULL \
               WHERE id = (SELECT token FROM session WHERE id = $1) AND granted_by = $1";
    tx.execute(sql, args![session]).await.map(drop)
}
