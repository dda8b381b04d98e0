//! Sessions as changed by the hub's requests: opened, answered, cancelled.

use super::ending::{drop_callbacks, end_session, fail_session, is_waiting, tell};
use super::tasks::put;
use super::tokens::judge;
use crate::engine::{Result, StoredRow, args, sql};
use crate::salt_edge_connector::{
    AnsweredSession, CallbackKind, CancelledSession, ConnectorSession, ConnectorSessionState, ConnectorStore,
    ConnectorTx, Digest, NewCallback, NewConnectorSession, NewTask, OpenedSession, PresentedToken, RowId, SessionKind,
    SessionToken2, StepAnswer, TokenRefusal, TokenState, UsedJwt,
};
use futures_util::future::BoxFuture;

/// The error class reported for a session with too many answers.
const WRONG_CODE: &str = "InvalidConfirmationCode";

impl ConnectorStore {
    /// Opens a session with its first task for the bank. A repeated request opens nothing.
    pub fn open_session(&self, new: NewConnectorSession) -> BoxFuture<'_, Result<OpenedSession>> {
        self.write(new, |tx, new| Box::pin(open(tx, new)))
    }

    /// Accepts a customer's answer to an interactive step.
    pub fn answer_step(&self, answer: StepAnswer) -> BoxFuture<'_, Result<AnsweredSession>> {
        self.write(answer, |tx, answer| Box::pin(take_answer(tx, answer)))
    }

    /// Cancels a session at the hub's request. A session that has ended is not changed.
    pub fn cancel_session(
        &self,
        secret: Digest,
        client_id: i64,
        notice: NewTask,
        now: i64,
    ) -> BoxFuture<'_, Result<CancelledSession>> {
        self.write((secret, client_id, notice, now), |tx, (secret, client_id, notice, now)| {
            Box::pin(async move {
                let Some(session) = by_secret(tx, secret).await? else { return Ok(CancelledSession::NotFound) };
                if session.client_id != *client_id {
                    return Ok(CancelledSession::OtherClient);
                }
                if session.state.is_end() {
                    return Ok(CancelledSession::Unchanged);
                }
                end_session(tx, &session, ConnectorSessionState::Cancelled, *now).await?;
                drop_callbacks(tx, session.id, *now).await?;
                put(tx, notice, None, *now).await?;
                Ok(CancelledSession::Done)
            })
        })
    }

    /// A session by its id.
    pub fn session(&self, id: RowId) -> BoxFuture<'_, Result<Option<ConnectorSession>>> {
        self.read(id, |tx, id| Box::pin(super::ending::session(tx, *id)))
    }

    /// A session by its secret.
    pub fn session_of(&self, secret: Digest) -> BoxFuture<'_, Result<Option<ConnectorSession>>> {
        self.read(secret, |tx, secret| Box::pin(by_secret(tx, secret)))
    }
}

async fn open(tx: &mut ConnectorTx, new: &NewConnectorSession) -> Result<OpenedSession> {
    // Before the session: without a valid token the caller learns nothing about sessions.
    let token = match &new.about {
        SessionToken2::New { id, .. } => *id,
        SessionToken2::Presented(access_token) => {
            let presented = PresentedToken { access_token: *access_token, client_id: new.client_id, now: new.now };
            match judge(tx, &presented).await? {
                Ok(token) => token.id,
                // A renewal in progress has suspended the token; a repeat of its own request is still accepted.
                Err(refusal) => {
                    return match by_secret(tx, &new.secret).await? {
                        Some(session) if is_repeat(&session, new) => again(tx, &session, new).await,
                        _ => Ok(OpenedSession::Token(refusal)),
                    };
                }
            }
        }
    };
    if let Some(session) = by_secret(tx, &new.secret).await? {
        return match () {
            () if session.client_id != new.client_id => Ok(OpenedSession::OtherClient),
            () if session.kind != new.kind => Ok(OpenedSession::OtherKind),
            () => again(tx, &session, new).await,
        };
    }
    if !use_jwt(tx, new.client_jwt, new.id).await? {
        return Ok(OpenedSession::UsedJwt);
    }
    if !new.may_begin {
        return Ok(OpenedSession::Token(TokenRefusal::Revoked));
    }
    if let SessionToken2::New { id, sealed } = &new.about {
        let sql = "INSERT INTO token (id, generation, client_id, state, created_at, expires_at, sealed) VALUES ($1, -1, $2, $3, $4, NULL, $5)";
        tx.execute(sql, args![*id, new.client_id, TokenState::Unconfirmed, new.now, sealed]).await?;
    }
    let sql = "INSERT INTO session (id, secret, client_id, kind, state, token, created_at, expires_at, tries, callbacks, sealed) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, $9)";
    let state = match new.kind {
        SessionKind::Refresh => ConnectorSessionState::Working,
        SessionKind::Enrolment | SessionKind::Reconnect => ConnectorSessionState::Received,
    };
    tx.execute(
        sql,
        args![new.id, new.secret, new.client_id, new.kind, state, token, new.now, new.expires_at, &new.sealed],
    )
    .await?;
    put(tx, &new.task, Some(new.id), new.now).await?;
    Ok(OpenedSession::New)
}

fn is_repeat(session: &ConnectorSession, new: &NewConnectorSession) -> bool {
    session.client_id == new.client_id && session.kind == new.kind
}

/// Handles a repeated request: if the session is open, the hub is sent its last update again.
async fn again(tx: &mut ConnectorTx, session: &ConnectorSession, new: &NewConnectorSession) -> Result<OpenedSession> {
    if session.state.is_end() {
        return Ok(OpenedSession::Repeated);
    }
    let sql = "SELECT last_update FROM session WHERE id = $1";
    let last = tx.one::<Option<Vec<u8>>>(sql, args![session.id]).await?.flatten();
    if last.is_some() && session.expires_at > new.now && !is_waiting(tx, session.id).await? {
        let kind = CallbackKind::Update;
        let update = NewCallback { kind, reason: None, sealed: last, expires_at: session.expires_at };
        tell(tx, session, &update, new.now).await?;
    }
    Ok(OpenedSession::Repeated)
}

async fn take_answer(tx: &mut ConnectorTx, answer: &StepAnswer) -> Result<AnsweredSession> {
    let session = by_secret(tx, &answer.secret).await?;
    if let Some(access_token) = answer.presented {
        let presented = PresentedToken { access_token, client_id: answer.client_id, now: answer.now };
        match judge(tx, &presented).await? {
            Err(refusal) => return Ok(AnsweredSession::Token(refusal)),
            Ok(token) if session.as_ref().is_some_and(|session| session.token != token.id) => {
                return Ok(AnsweredSession::NotFound);
            }
            Ok(_) => {}
        }
    }
    let Some(session) = session else { return Ok(AnsweredSession::NotFound) };
    if session.client_id != answer.client_id {
        return Ok(AnsweredSession::OtherClient);
    }
    if (session.kind == SessionKind::Refresh) != answer.presented.is_some() {
        return Ok(AnsweredSession::NotFound);
    }
    match session.state {
        ConnectorSessionState::AwaitingCode if session.expires_at > answer.now => {}
        ConnectorSessionState::Working => return Ok(AnsweredSession::Unchanged),
        ConnectorSessionState::Received | ConnectorSessionState::AwaitingRedirect => {
            return Ok(AnsweredSession::NotAwaited);
        }
        // It has ended, or will shortly.
        _ => return Ok(AnsweredSession::Unchanged),
    }
    let sql = "SELECT count(*) FROM session WHERE id = $1 AND last_answer = $2";
    if tx.number(sql, args![session.id, answer.answer]).await? == 1 {
        return Ok(AnsweredSession::Unchanged);
    }
    if !use_jwt(tx, answer.client_jwt, session.id).await? {
        return Ok(AnsweredSession::UsedJwt);
    }
    if session.tries >= answer.max_tries {
        fail_session(tx, &session, WRONG_CODE, answer.now).await?;
        return Ok(AnsweredSession::TooMany);
    }
    let sql = "UPDATE session SET state = $2, tries = tries + 1, last_answer = $3 WHERE id = $1";
    tx.execute(sql, args![session.id, ConnectorSessionState::Working, answer.answer]).await?;
    put(tx, &answer.task, Some(session.id), answer.now).await?;
    Ok(AnsweredSession::Taken)
}

/// Notes the session for which a JWT counts; false if it is another one.
async fn use_jwt(tx: &mut ConnectorTx, jwt: Option<UsedJwt>, session: RowId) -> Result<bool> {
    let Some(jwt) = jwt else { return Ok(true) };
    let sql = "INSERT INTO client_jwt (hash, session, expires_at) VALUES ($1, $2, $3) ON CONFLICT (hash) DO NOTHING";
    tx.execute(sql, args![jwt.hash, session, jwt.expires_at]).await?;
    let sql = "SELECT count(*) FROM client_jwt WHERE hash = $1 AND session = $2";
    Ok(tx.number(sql, args![jwt.hash, session]).await? == 1)
}

async fn by_secret(tx: &mut ConnectorTx, secret: &Digest) -> Result<Option<ConnectorSession>> {
    let sql = sql!("SELECT ", ConnectorSession::COLUMNS, " FROM session WHERE secret = $1");
    tx.one(sql, args![*secret]).await
}
