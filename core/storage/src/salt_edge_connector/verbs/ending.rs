//! What several verbs do: sessions end, tokens end, callbacks are put in line.

use crate::engine::{Result, args};
use crate::salt_edge_connector::{
    CallbackKind, CallbackState, Id, NewCallback, Session, SessionKind, SessionState, TokenState, Tx, session_columns,
};
use aws_lc_rs::digest::{SHA256, digest};

/// How long after a session's end its failure may still be reported.
pub(super) const REPORT_MS: i64 = 60 * 60 * 1000;
/// How long the hub is told that a token is over.
pub(super) const REVOKE_MS: i64 = 24 * 60 * 60 * 1000;

pub(super) async fn session(tx: &mut Tx, id: Id) -> Result<Option<Session>> {
    let sql = concat!("SELECT ", session_columns!(), " FROM session WHERE id = $1");
    tx.first(sql, args![id]).await?.map(|mut row| Session::read(&mut row)).transpose()
}

/// Puts a callback of a session in line. It is due when no other one of the session waits.
pub(super) async fn tell(tx: &mut Tx, of: &Session, callback: &NewCallback, now: i64) -> Result<()> {
    let sql = "UPDATE session SET callbacks = callbacks + 1 WHERE id = $1 RETURNING callbacks";
    let position = tx.number(sql, args![of.id]).await?;
    let sql = "SELECT count(*) FROM callback WHERE session = $1 AND (state = 'waiting' OR state = 'stopped')";
    let is_first = tx.number(sql, args![of.id]).await? == 0;
    let due_at = is_first.then_some(now);
    let sql = "INSERT INTO callback (id, session, position, token, kind, ends_session, state, due_at, expires_at, created_at, lease, sent, reason, sealed) \
               VALUES ($1, $2, $3, NULL, $4, $5, 'waiting', $6, $7, $8, 0, 0, $9, $10)";
    tx.execute(
        sql,
        args![
            callback_id(of.id, position),
            of.id,
            position,
            callback.kind,
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

/// Ends a session, which is open: no question of it is asked any more, and no update of it is sent.
pub(super) async fn end_session(tx: &mut Tx, of: &Session, state: SessionState, now: i64) -> Result<()> {
    let sql = "UPDATE session SET state = $2, ended_at = $3, last_update = NULL WHERE id = $1";
    tx.execute(sql, args![of.id, state, now]).await?;
    tx.execute("DELETE FROM task WHERE session = $1", args![of.id]).await?;
    if state == SessionState::Succeeded {
        return Ok(());
    }
    give_back_token(tx, of, now).await
}

/// A session that ends otherwise than well: a new token will not be; one that was to be renewed stays what it was.
async fn give_back_token(tx: &mut Tx, of: &Session, now: i64) -> Result<()> {
    match of.kind {
        SessionKind::Enrolment => end_token(tx, of.token, now).await.map(drop),
        SessionKind::Reconnect => {
            let sql = "UPDATE token SET state = $2 WHERE id = $1 AND state = $3";
            tx.execute(sql, args![of.token, TokenState::Confirmed, TokenState::Unconfirmed]).await.map(drop)
        }
        SessionKind::Refresh => Ok(()),
    }
}

/// Ends a session as failed, and has the hub told so.
pub(super) async fn fail_session(tx: &mut Tx, of: &Session, reason: &'static str, now: i64) -> Result<()> {
    end_session(tx, of, SessionState::Failed, now).await?;
    tell(tx, of, &failure(reason, now), now).await
}

/// The report of a failure of which only the class is known.
pub(super) fn failure(reason: &'static str, now: i64) -> NewCallback {
    NewCallback { kind: CallbackKind::Fail, reason: Some(reason), sealed: None, expires_at: now + REPORT_MS }
}

/// Revokes a token; false where it was before.
pub(super) async fn end_token(tx: &mut Tx, id: Id, now: i64) -> Result<bool> {
    let sql = "UPDATE token SET state = $2, ended_at = $3 WHERE id = $1 AND state <> $2";
    Ok(tx.execute(sql, args![id, TokenState::Revoked, now]).await? == 1)
}

/// Has the hub told that a token is over. Once is enough.
pub(super) async fn tell_revoked(tx: &mut Tx, token: Id, now: i64) -> Result<()> {
    let sql = "INSERT INTO callback (id, session, position, token, kind, ends_session, state, due_at, expires_at, created_at, lease, sent) \
               VALUES ($1, NULL, 0, $2, $3, 0, 'waiting', $4, $5, $4, 0, 0) ON CONFLICT (id) DO NOTHING";
    let args = args![callback_id(token, 0), token, CallbackKind::Revoke, now, now + REVOKE_MS];
    tx.execute(sql, args).await.map(drop)
}

/// Fails every open session of a token that is over, and has the hub told so.
pub(super) async fn fail_sessions_of(tx: &mut Tx, token: Id, reason: &'static str, now: i64) -> Result<()> {
    let sql = concat!("SELECT ", session_columns!(), " FROM session WHERE token = $1 AND ended_at IS NULL");
    for mut row in tx.query(sql, args![token]).await? {
        let session = Session::read(&mut row)?;
        fail_session(tx, &session, reason, now).await?;
    }
    Ok(())
}

/// Whatever still waits to be said of a session is not said.
pub(super) async fn drop_callbacks(tx: &mut Tx, session: Id, now: i64) -> Result<()> {
    let sql = "UPDATE callback SET state = $2, due_at = NULL, ended_at = $3, sealed = NULL \
               WHERE session = $1 AND (state = 'waiting' OR state = 'stopped')";
    tx.execute(sql, args![session, CallbackState::Failed, now]).await.map(drop)
}

/// The id of a callback: the same for the same place in the same line, so that none can be put there twice.
pub(super) fn callback_id(subject: Id, position: i64) -> Id {
    let mut text = Vec::with_capacity(40);
    text.extend_from_slice(b"callback");
    text.extend_from_slice(&subject);
    text.extend_from_slice(&position.to_be_bytes());
    let hash = digest(&SHA256, &text);
    let mut id = [0; 16];
    id.copy_from_slice(&hash.as_ref()[..16]);
    id
}
