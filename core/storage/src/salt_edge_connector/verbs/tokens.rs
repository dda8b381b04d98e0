//! Tokens: presented, revoked by the hub or the bank, listed.

use super::ending::{end_token, fail_sessions_of, tell_revoked, tell_revoked_of_renewal};
use crate::engine::{Result, StoredRow, args, sql};
use crate::salt_edge_connector::{
    ConnectorStore, ConnectorToken, ConnectorTx, Digest, JudgedToken, NewTask, PresentedToken, RevokedToken, RowId,
    TokenFilter, TokenRefusal, TokenState,
};
use futures_util::future::BoxFuture;

/// The error class reported for a session whose token is revoked.
pub(super) const TOKEN_REVOKED: &str = "TokenRevoked";

impl ConnectorStore {
    /// The presented token, if it is valid.
    pub fn token(&self, presented: PresentedToken) -> BoxFuture<'_, Result<JudgedToken>> {
        Box::pin(async move {
            let before = self.commit_state();
            let known = before.and_then(|state| self.known.get(&presented.access_token, state));
            if known.is_some() {
                return Ok(judged(known, &presented));
            }
            let found = self.read(presented.access_token, |tx, token| Box::pin(find(tx, token))).await?;
            // No process has committed in between: the token was read in that state.
            if let (Some(token), Some(state)) = (&found, before.filter(|state| self.commit_state() == Some(*state))) {
                self.known.insert(presented.access_token, token.clone(), state);
            }
            Ok(judged(found, &presented))
        })
    }

    /// A token by its id, whatever its state.
    pub fn token_of_id(&self, id: RowId) -> BoxFuture<'_, Result<Option<ConnectorToken>>> {
        self.read(id, |tx, id| {
            Box::pin(async move {
                let sql = sql!("SELECT ", ConnectorToken::COLUMNS, " FROM token WHERE id = $1");
                tx.one(sql, args![*id]).await
            })
        })
    }

    /// Revokes the presented token at the hub's request. Its open sessions fail.
    pub fn revoke_presented(&self, presented: PresentedToken, notice: NewTask) -> BoxFuture<'_, Result<RevokedToken>> {
        self.write((presented, notice), |tx, (presented, notice)| {
            Box::pin(async move {
                let token = match of_client(find(tx, &presented.access_token).await?, presented) {
                    Err(refusal) => return Ok(RevokedToken::Refused(refusal)),
                    Ok(token) if token.state == TokenState::Revoked => return Ok(RevokedToken::Unchanged),
                    Ok(token) if is_over(&token, presented.now) => {
                        return Ok(RevokedToken::Refused(TokenRefusal::Expired));
                    }
                    Ok(token) => token,
                };
                end_token(tx, token.id, presented.now).await?;
                tell_revoked_of_renewal(tx, token.id, presented.now).await?;
                fail_sessions_of(tx, token.id, TOKEN_REVOKED, presented.now).await?;
                super::tasks::put(tx, notice, None, presented.now).await?;
                Ok(RevokedToken::Done)
            })
        })
    }

    /// Revokes a token at the bank's request. Its open sessions fail, and both are reported to the hub.
    pub fn revoke_token(&self, id: RowId, now: i64) -> BoxFuture<'_, Result<RevokedToken>> {
        self.write((id, now), |tx, (id, now)| {
            Box::pin(async move {
                let sql = "SELECT count(*) FROM token WHERE id = $1";
                if tx.number(sql, args![*id]).await? == 0 {
                    return Ok(RevokedToken::Refused(TokenRefusal::NotFound));
                }
                if !end_token(tx, *id, *now).await? {
                    return Ok(RevokedToken::Unchanged);
                }
                fail_sessions_of(tx, *id, TOKEN_REVOKED, *now).await?;
                tell_revoked(tx, *id, *now).await?;
                Ok(RevokedToken::Done)
            })
        })
    }

    /// Revokes a token that the hub itself lists as revoked. Its open sessions fail.
    pub fn revoke_listed(&self, access_token: Digest, now: i64) -> BoxFuture<'_, Result<RevokedToken>> {
        self.write((access_token, now), |tx, (access_token, now)| {
            Box::pin(async move {
                let sql = "SELECT id FROM token WHERE access_token = $1 OR former = $1";
                let Some(id) = tx.one::<RowId>(sql, args![*access_token]).await? else {
                    return Ok(RevokedToken::Refused(TokenRefusal::NotFound));
                };
                if !end_token(tx, id, *now).await? {
                    return Ok(RevokedToken::Unchanged);
                }
                tell_revoked_of_renewal(tx, id, *now).await?;
                fail_sessions_of(tx, id, TOKEN_REVOKED, *now).await?;
                Ok(RevokedToken::Done)
            })
        })
    }

    /// Tokens, oldest first.
    pub fn tokens(&self, filter: TokenFilter) -> BoxFuture<'_, Result<Vec<ConnectorToken>>> {
        self.read(filter, |tx, filter| {
            Box::pin(async move {
                let (age, id) = filter.after.unwrap_or((i64::MIN, [0; 16]));
                let sql = sql!(
                    "SELECT ",
                    ConnectorToken::COLUMNS,
                    " FROM token WHERE (created_at > $1 OR (created_at = $1 AND id > $2)) \
                     AND (CAST($3 AS TEXT) IS NULL OR state = $3) ORDER BY created_at, id LIMIT $4"
                );
                let of_holder = sql!(
                    "SELECT ",
                    ConnectorToken::COLUMNS,
                    " FROM token WHERE holder = $5 AND (created_at > $1 OR (created_at = $1 AND id > $2)) \
                     AND (CAST($3 AS TEXT) IS NULL OR state = $3) ORDER BY created_at, id LIMIT $4"
                );
                match filter.holder {
                    None => tx.all(sql, args![age, id, filter.state, filter.limit]).await,
                    Some(holder) => tx.all(of_holder, args![age, id, filter.state, filter.limit, holder]).await,
                }
            })
        })
    }

    /// The position up to which the hub's list of revoked tokens was read.
    pub fn read_so_far(&self) -> BoxFuture<'_, Result<Option<i64>>> {
        self.read((), |tx, ()| {
            Box::pin(async move { tx.one("SELECT next_id FROM reading WHERE list = 'revoked'", &[]).await })
        })
    }

    /// Stores the position of the last page with tokens of the hub's list of revoked tokens.
    pub fn have_read(&self, next_id: i64) -> BoxFuture<'_, Result<()>> {
        self.write(next_id, |tx, next_id| {
            Box::pin(async move {
                let sql = "INSERT INTO reading (list, next_id) VALUES ('revoked', $1) \
                           ON CONFLICT (list) DO UPDATE SET next_id = excluded.next_id";
                tx.execute(sql, args![*next_id]).await.map(drop)
            })
        })
    }
}

/// The presented token, if it is valid: known, this third party's, confirmed, not revoked, not expired.
pub(super) async fn judge(tx: &mut ConnectorTx, presented: &PresentedToken) -> Result<JudgedToken> {
    Ok(judged(find(tx, &presented.access_token).await?, presented))
}

fn judged(found: Option<ConnectorToken>, presented: &PresentedToken) -> JudgedToken {
    match of_client(found, presented) {
        Ok(token) if token.state == TokenState::Unconfirmed => Err(TokenRefusal::Unconfirmed),
        Ok(token) if token.state != TokenState::Confirmed => Err(TokenRefusal::Revoked),
        Ok(token) if is_over(&token, presented.now) => Err(TokenRefusal::Expired),
        found => found,
    }
}

fn of_client(found: Option<ConnectorToken>, presented: &PresentedToken) -> JudgedToken {
    found.filter(|token| token.client_id == presented.client_id).ok_or(TokenRefusal::NotFound)
}

async fn find(tx: &mut ConnectorTx, access_token: &Digest) -> Result<Option<ConnectorToken>> {
    let sql = sql!("SELECT ", ConnectorToken::COLUMNS, " FROM token WHERE access_token = $1");
    let mut found = tx.one(sql, args![*access_token]).await?;
    if found.is_none() {
        // Renewed, but the hub has not received the renewal yet.
        let sql = "SELECT id, client_id, state, created_at, former_expires_at, ended_at, former_sealed FROM token WHERE former = $1";
        found = tx.one(sql, args![*access_token]).await?;
    }
    Ok(found)
}

fn is_over(token: &ConnectorToken, now: i64) -> bool {
    token.expires_at.is_none_or(|end| end <= now)
}
