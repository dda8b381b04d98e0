//! Steps shared by several verbs: ending sessions and tokens, queueing callbacks.

use crate::engine::{Result, StoredRow, args, sql};
use crate::salt_edge_connector::{
    CallbackKind, CallbackState, ConnectorSession, ConnectorSessionState, ConnectorTx, NewCallback,
    RANK_OF_REVOCATIONS, RowId, SessionKind, TokenState, callback_rank,
};
use aws_lc_rs::digest::{SHA256, digest};

/// How long after a session's end its failure may be reported.
pub(super) const REPORT_MS: i64 = 60 * 60 * 1000;
/// How long the end of a token is reported.
pub(super) const REVOKE_MS: i64 = 24 * 60 * 60 * 1000;

pub(super) async fn session(tx: &mut ConnectorTx, id: RowId) -> Result<Option<ConnectorSession>> {
    let sql = sql!("SELECT ", ConnectorSession::COLUMNS, " FROM session WHERE id = $1");
    tx.one(sql, args![id]).await
}

/// Queues a callback of a session. It is due at once if no other callback of the session waits.
pub(super) async fn tell(tx: &mut ConnectorTx, of: &ConnectorSession, callback: &NewCallback, now: i64) -> Result<()> {
    let (position, due_at) = place(tx, of.id, now).await?;
    let sql = "INSERT INTO callback (id, session, position, token, generation, kind, rank, ends_session, state, due_at, expires_at, created_at, lease, sent, reason, sealed) \
               VALUES ($1, $2, $3, NULL, 0, $4, $5, $6, 'waiting', $7, $8, $9, 0, 0, $10, $11)";
    tx.execute(
        sql,
        args![
            callback_id(of.id, position),
            of.id,
            position,
            callback.kind,
            callback_rank(of.kind),
            callback.kind.ends_session(),
            due_at,
            callback.expires_at,
            now,
            callback.reason,
            callback.sealed.as_deref()
        ],
    )
    .await
    .map(drop)
}

/// The next position in a session's queue, and the due time if it is the first.
async fn place(tx: &mut ConnectorTx, session: RowId, now: i64) -> Result<(i64, Option<i64>)> {
    let sql = "UPDATE session SET callbacks = callbacks + 1 WHERE id = $1 RETURNING callbacks";
    let position = tx.number(sql, args![session]).await?;
    let is_first = !is_waiting(tx, session).await?;
    Ok((position, is_first.then_some(now)))
}

/// Whether any callback of a session waits.
pub(super) async fn is_waiting(tx: &mut ConnectorTx, session: RowId) -> Result<bool> {
    let sql = "SELECT count(*) FROM callback WHERE session = $1 AND (state = 'waiting' OR state = 'stopped')";
    Ok(tx.number(sql, args![session]).await? > 0)
}

/// Ends an open session and removes its tasks.
pub(super) async fn end_session(
    tx: &mut ConnectorTx,
    of: &ConnectorSession,
    state: ConnectorSessionState,
    now: i64,
) -> Result<()> {
    let sql = "UPDATE session SET state = $2, ended_at = $3, last_update = NULL WHERE id = $1";
    tx.execute(sql, args![of.id, state, now]).await?;
    tx.execute("DELETE FROM task WHERE session = $1", args![of.id]).await?;
    if state == ConnectorSessionState::Succeeded {
        return Ok(());
    }
    give_back_token(tx, of, now).await
}

/// Updates the token of a session that did not succeed: a new token is revoked, one to be renewed stays as it was.
async fn give_back_token(tx: &mut ConnectorTx, of: &ConnectorSession, now: i64) -> Result<()> {
    match of.kind {
        SessionKind::Enrolment => end_token(tx, of.token, now).await.map(drop),
        SessionKind::Reconnect => {
            // Another renewal of the token may be waiting for the customer.
            let sql = "UPDATE token SET state = $2 WHERE id = $1 AND state = $3 AND NOT EXISTS \
                       (SELECT 1 FROM session WHERE token = $1 AND kind = $4 AND ended_at IS NULL \
                        AND (state = 'awaiting_code' OR state = 'awaiting_redirect'))";
            let args = args![of.token, TokenState::Confirmed, TokenState::Unconfirmed, SessionKind::Reconnect];
            tx.execute(sql, args).await.map(drop)
        }
        SessionKind::Refresh => Ok(()),
    }
}

/// Ends a session as failed, and queues the report for the hub.
pub(super) async fn fail_session(
    tx: &mut ConnectorTx,
    of: &ConnectorSession,
    reason: &'static str,
    now: i64,
) -> Result<()> {
    end_session(tx, of, ConnectorSessionState::Failed, now).await?;
    tell(tx, of, &failure(reason, now), now).await
}

/// The report of a failure with only its class.
pub(super) fn failure(reason: &'static str, now: i64) -> NewCallback {
    NewCallback { kind: CallbackKind::Fail, reason: Some(reason), sealed: None, expires_at: now + REPORT_MS }
}

/// Revokes a token; false if it was revoked before.
pub(super) async fn end_token(tx: &mut ConnectorTx, id: RowId, now: i64) -> Result<bool> {
    let sql = "UPDATE token SET state = $2, ended_at = $3 WHERE id = $1 AND state <> $2";
    Ok(tx.execute(sql, args![id, TokenState::Revoked, now]).await? == 1)
}

/// Queues reports of a revocation for the hub: one for each token of the row that the hub has or may get. A token that
/// the hub has not received yet is reported first.
pub(super) async fn tell_revoked(tx: &mut ConnectorTx, token: RowId, now: i64) -> Result<()> {
    let sql = "SELECT generation, granted_by, former FROM token WHERE id = $1 AND access_token IS NOT NULL";
    let row: Option<(i64, Option<RowId>, Option<Vec<u8>>)> = tx.one(sql, args![token]).await?;
    let Some((generation, granted_by, former)) = row else { return Ok(()) };
    if former.is_some() {
        put_revocation(tx, token, generation - 1, None, now).await?;
    }
    put_revocation(tx, token, generation, granted_by, now).await
}

/// As [`tell_revoked`], if the hub itself has revoked the token: only the end of a renewal that it has not received yet
/// is reported.
pub(super) async fn tell_revoked_of_renewal(tx: &mut ConnectorTx, token: RowId, now: i64) -> Result<()> {
    let sql = "SELECT generation, granted_by FROM token WHERE id = $1 AND former IS NOT NULL";
    let row: Option<(i64, Option<RowId>)> = tx.one(sql, args![token]).await?;
    let Some((generation, granted_by)) = row else { return Ok(()) };
    put_revocation(tx, token, generation, granted_by, now).await
}

async fn put_revocation(
    tx: &mut ConnectorTx,
    token: RowId,
    generation: i64,
    behind: Option<RowId>,
    now: i64,
) -> Result<()> {
    let behind = match behind {
        Some(session) if is_waiting(tx, session).await? => Some(session),
        _ => None,
    };
    let (position, due_at) = match behind {
        Some(session) => place(tx, session, now).await?,
        None => (0, Some(now)),
    };
    let sql = "INSERT INTO callback (id, session, position, token, generation, kind, rank, ends_session, state, due_at, expires_at, created_at, lease, sent) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 'waiting', $8, $9, $10, 0, 0) ON CONFLICT (id) DO NOTHING";
    // Positions in sessions' queues are positive.
    let id = callback_id(token, -1 - generation);
    let (kind, rank) = (CallbackKind::Revoke, RANK_OF_REVOCATIONS);
    let args = args![id, behind, position, token, generation, kind, rank, due_at, now + REVOKE_MS, now];
    tx.execute(sql, args).await.map(drop)
}

/// Fails every open session of a revoked token, and queues the reports for the hub.
pub(super) async fn fail_sessions_of(tx: &mut ConnectorTx, token: RowId, reason: &'static str, now: i64) -> Result<()> {
    let sql = sql!("SELECT ", ConnectorSession::COLUMNS, " FROM session WHERE token = $1 AND ended_at IS NULL");
    for session in tx.all::<ConnectorSession>(sql, args![token]).await? {
        fail_session(tx, &session, reason, now).await?;
    }
    Ok(())
}

/// Drops the waiting callbacks of a session. One that may be in transit keeps its position and is not sent again.
/// Reports of revocations stay.
pub(super) async fn drop_callbacks(tx: &mut ConnectorTx, session: RowId, now: i64) -> Result<()> {
    let sql = "UPDATE callback SET state = $2, due_at = NULL, ended_at = $3, sealed = NULL \
               WHERE session = $1 AND kind <> $4 AND (state = 'stopped' OR (state = 'waiting' AND (due_at IS NULL OR due_at <= $3 OR lease = 0)))";
    tx.execute(sql, args![session, CallbackState::Failed, now, CallbackKind::Revoke]).await?;
    let sql = "UPDATE callback SET expires_at = $2 WHERE session = $1 AND kind = $3 AND state = 'waiting'";
    tx.execute(sql, args![session, now, CallbackKind::Update]).await.map(drop)
}

/// Makes the first waiting callback of a session due, unless it is being sent.
pub(super) async fn next(tx: &mut ConnectorTx, session: RowId, now: i64) -> Result<()> {
    let sql = "UPDATE callback SET due_at = $2 WHERE session = $1 AND state = 'waiting' AND due_at IS NULL AND position = \
               (SELECT min(position) FROM callback WHERE session = $1 AND (state = 'waiting' OR state = 'stopped'))";
    tx.execute(sql, args![session, now]).await.map(drop)
}

/// The id of a callback: determined by its queue and position, so that no callback can be queued twice at the same
/// position.
pub(super) fn callback_id(subject: RowId, position: i64) -> RowId {
    let mut text = Vec::with_capacity(40);
    text.extend_from_slice(b"callback");
    text.extend_from_slice(&subject);
    text.extend_from_slice(&position.to_be_bytes());
    let hash = digest(&SHA256, &text);
    let mut id = [0; 16];
    id.copy_from_slice(&hash.as_ref()[..16]);
    id
}
