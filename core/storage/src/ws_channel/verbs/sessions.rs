//! Sessions: created by login, looked up by every protected call, revoked at once.

use super::account_orders::is_disabled;
use super::lockouts::{clear, events_since, take};
use crate::engine::{Result, StoredRow, args, sql};
use crate::ws_channel::{
    AccountSession, Digest, LockKey, LockPolicy, NewAccountSession, StoredMode, WsChannelStore, WsChannelTx,
};
use futures_util::future::BoxFuture;

/// Counter of sources from which a user has logged in.
pub(super) const SOURCE_SCOPE: &str = "source.known";
/// How long such a source is remembered, ms.
pub(super) const SOURCE_KNOWN_MS: i64 = 30 * DAY_MS;
const DAY_MS: i64 = 24 * 3_600_000;

impl WsChannelStore {
    /// Creates a session and clears the given lockouts. False, and nothing changed, when the user no longer exists, its
    /// account is disabled, or its password is no longer the verified one: a reset leaves no session of the old password.
    pub fn create_session(
        &self,
        session: NewAccountSession,
        clear_failures: Vec<LockKey>,
    ) -> BoxFuture<'_, Result<bool>> {
        self.write((session, clear_failures), |tx, (session, keys)| {
            Box::pin(async move {
                if !still_holds(tx, &session.email, session.mode, session.verified_hash.as_deref()).await? {
                    return Ok(false);
                }
                insert_session(tx, session).await?;
                clear(tx, keys).await?;
                Ok(true)
            })
        })
    }

    /// Whether this user has logged in from this source within 30 days.
    pub fn has_logged_in_from(&self, email: &str, source: &str, now: i64) -> BoxFuture<'_, Result<bool>> {
        self.database().read((source_key(email, source), now), |tx, (key, now)| {
            Box::pin(async move { Ok(events_since(tx, key, *now - SOURCE_KNOWN_MS).await? > 0) })
        })
    }

    /// The live session of a token with the state of its account, user and tenant.
    pub fn session(&self, token: &Digest, now: i64) -> BoxFuture<'_, Result<Option<AccountSession>>> {
        self.database()
            .read((*token, now), |tx, (token, now)| Box::pin(async move { tx.one(LOOKUP, args![*token, *now]).await }))
    }

    /// Records the last use of a session (for an idle timeout). False when it no longer exists.
    pub fn touch_session(&self, token: &Digest, now: i64) -> BoxFuture<'_, Result<bool>> {
        self.write((*token, now), |tx, (token, now)| {
            Box::pin(async move {
                let sql = "UPDATE session SET last_used = $2 WHERE token = $1 AND last_used < $2";
                tx.execute(sql, args![*token, *now]).await?;
                Ok(tx.number("SELECT count(*) FROM session WHERE token = $1", args![*token]).await? == 1)
            })
        })
    }

    /// Logout (docs/protocols/ws-channel.md §2.12): revokes every session, MFA session and access token of the user
    /// that was issued up to `up_to`, Unix ms. Returns the number of sessions.
    pub fn revoke_all(&self, email: &str, mode: StoredMode, up_to: i64) -> BoxFuture<'_, Result<i64>> {
        self.write((email.to_owned(), mode, up_to), |tx, (email, mode, up_to)| {
            Box::pin(revoke_tokens(tx, email, *mode, *up_to))
        })
    }
}

/// Whether the user exists, its account is in use, and its password is still the verified one.
pub(super) async fn still_holds(
    tx: &mut WsChannelTx,
    email: &str,
    mode: StoredMode,
    verified_hash: Option<&str>,
) -> Result<bool> {
    if is_disabled(tx, email).await? {
        return Ok(false);
    }
    let found = match verified_hash {
        None => {
            let sql = "SELECT count(*) FROM mode_user WHERE email = $1 AND mode = $2";
            tx.number(sql, args![email, mode]).await?
        }
        Some(hash) => {
            let sql = "SELECT count(*) FROM mode_user WHERE email = $1 AND mode = $2 AND password_hash = $3";
            tx.number(sql, args![email, mode, hash]).await?
        }
    };
    Ok(found == 1)
}

pub(super) async fn insert_session(tx: &mut WsChannelTx, s: &NewAccountSession) -> Result<()> {
    let sql = "INSERT INTO session (token, email, mode, api_key, auth_time, factor, expires, last_used) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $5)";
    tx.execute(sql, args![s.token, &s.email, s.mode, &s.api_key, s.auth_time, s.factor, s.expires]).await?;
    if let Some(source) = &s.source {
        note_source(tx, &s.email, source, s.auth_time).await?;
    }
    Ok(())
}

/// Records the source of a successful login, once a day.
async fn note_source(tx: &mut WsChannelTx, email: &str, source: &str, now: i64) -> Result<()> {
    let once_a_day = LockPolicy { limit: 1, window: DAY_MS, duration: 0 };
    take(tx, &source_key(email, source), once_a_day, now).await.map(drop)
}

fn source_key(email: &str, source: &str) -> LockKey {
    LockKey::new(SOURCE_SCOPE, format!("{email} {source}"))
}

pub(super) async fn revoke_tokens(tx: &mut WsChannelTx, email: &str, mode: StoredMode, up_to: i64) -> Result<i64> {
    let sql = "DELETE FROM session WHERE email = $1 AND mode = $2 AND auth_time <= $3";
    let sessions = tx.execute(sql, args![email, mode, up_to]).await?;
    let sql = "DELETE FROM pending_auth WHERE email = $1 AND mode = $2 AND issued <= $3";
    tx.execute(sql, args![email, mode, up_to]).await?;
    tx.touch_auth();
    Ok(i64::try_from(sessions).unwrap_or(i64::MAX))
}

const LOOKUP: &str = sql!(
    "SELECT ",
    AccountSession::COLUMNS,
    " FROM session s \
     LEFT JOIN account a ON a.email = s.email AND a.api_key = s.api_key \
     LEFT JOIN mode_user u ON u.email = s.email AND u.mode = s.mode \
     LEFT JOIN tenant t ON t.api_key = s.api_key \
     WHERE s.token = $1 AND s.expires > $2"
);
