//! Settlements: the bank's results for a session, committed together with the callback that reports them.

use super::ending::{end_session, fail_session, session, tell};
use super::tokens::TOKEN_REVOKED;
use crate::engine::{Result, args};
use crate::salt_edge_connector::{
    ConnectorSession, ConnectorSessionState, ConnectorStore, ConnectorTx, Digest, GrantedToken, SessionChange,
    SessionKind, SessionSettlement, SettledSession, SettlementSource, TokenState,
};
use futures_util::future::BoxFuture;

/// The error class reported for a renewal that came too late.
const CANNOT_RECONNECT: &str = "CannotReconnectToken";

impl ConnectorStore {
    /// Commits the bank's result for a session, with the callback that reports it. Of several settlements that end a
    /// session only one takes effect.
    pub fn settle(&self, settlement: SessionSettlement) -> BoxFuture<'_, Result<SettledSession>> {
        self.write(settlement, |tx, settlement| Box::pin(settle(tx, settlement)))
    }
}

async fn settle(tx: &mut ConnectorTx, asked: &SessionSettlement) -> Result<SettledSession> {
    let Some(session) = session(tx, asked.session).await? else { return Ok(SettledSession::NotFound) };
    if session.state.is_end() {
        return Ok(SettledSession::Ended(session.state));
    }
    if session.expires_at <= asked.now {
        // The next cleanup reports it.
        return Ok(SettledSession::Ended(ConnectorSessionState::Expired));
    }
    if let Some(holder) = &asked.holder
        && !is_of(tx, &session, holder).await?
    {
        return Ok(SettledSession::OtherCustomer);
    }
    if let SettlementSource::Task { id, lease } = asked.by {
        // The first answer counts, also if others have taken the task since.
        let sql = "SELECT count(*) FROM task WHERE id = $1 AND lease >= $2 AND session = $3";
        if tx.number(sql, args![id, lease, session.id]).await? == 0 {
            return Ok(SettledSession::Lost);
        }
    }
    tx.execute("DELETE FROM task WHERE session = $1", args![session.id]).await?;
    match &asked.change {
        SessionChange::Wait { state, sealed, expires_at, update } => {
            let said = update.as_ref().and_then(|update| update.sealed.as_deref());
            let sql = "UPDATE session SET state = $2, sealed = $3, expires_at = $4, last_update = COALESCE($5, last_update), \
                       holder = COALESCE($6, holder) WHERE id = $1";
            tx.execute(sql, args![session.id, *state, sealed, *expires_at, said, asked.holder]).await?;
            if session.kind == SessionKind::Reconnect {
                let sql = "UPDATE token SET state = $2 WHERE id = $1 AND state = $3";
                tx.execute(sql, args![session.token, TokenState::Unconfirmed, TokenState::Confirmed]).await?;
            }
            if let Some(update) = update {
                tell(tx, &session, update, asked.now).await?;
            }
        }
        SessionChange::Succeed { sealed, granted, callback } => {
            if let Some(granted) = granted
                && !grant(tx, &session, granted).await?
            {
                let reason = if session.kind == SessionKind::Reconnect { CANNOT_RECONNECT } else { TOKEN_REVOKED };
                fail_session(tx, &session, reason, asked.now).await?;
                return Ok(SettledSession::TokenRevoked);
            }
            tx.execute("UPDATE session SET sealed = $2 WHERE id = $1", args![session.id, sealed]).await?;
            end_session(tx, &session, ConnectorSessionState::Succeeded, asked.now).await?;
            tell(tx, &session, callback, asked.now).await?;
        }
        SessionChange::Fail { callback } => {
            end_session(tx, &session, ConnectorSessionState::Failed, asked.now).await?;
            tell(tx, &session, callback, asked.now).await?;
        }
    }
    Ok(SettledSession::Done)
}

/// Whether a customer is the one of the session: the one it has named, and the holder of the token that it is about.
async fn is_of(tx: &mut ConnectorTx, session: &ConnectorSession, holder: &Digest) -> Result<bool> {
    let sql = "SELECT count(*) FROM session LEFT JOIN token ON token.id = session.token WHERE session.id = $1 \
               AND (session.holder IS NULL OR session.holder = $2) AND (token.holder IS NULL OR token.holder = $2)";
    Ok(tx.number(sql, args![session.id, *holder]).await? == 1)
}

/// Stores the granted token as the session's token; false if the token was revoked or renewed meanwhile. Until the hub
/// has received a renewal, the former token is valid too.
async fn grant(tx: &mut ConnectorTx, session: &ConnectorSession, granted: &GrantedToken) -> Result<bool> {
    if session.kind == SessionKind::Reconnect {
        let sql = "UPDATE token SET former = access_token, former_expires_at = expires_at, former_sealed = sealed \
                   WHERE id = $1 AND former IS NULL AND generation = $2 AND state <> $3";
        let args = args![session.token, granted.generation - 1, TokenState::Revoked];
        if tx.execute(sql, args).await? == 0 {
            return Ok(false);
        }
    }
    let sql = "UPDATE token SET state = $2, access_token = $3, holder = $4, expires_at = $5, sealed = $6, generation = $8, granted_by = $9 \
               WHERE id = $1 AND state <> $7 AND generation = $8 - 1";
    let args = args![
        session.token,
        TokenState::Confirmed,
        granted.access_token,
        granted.holder,
        granted.expires_at,
        &granted.sealed,
        TokenState::Revoked,
        granted.generation,
        session.id
    ];
    Ok(tx.execute(sql, args).await? == 1)
}
