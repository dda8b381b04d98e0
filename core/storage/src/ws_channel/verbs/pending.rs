//! Pending steps of a login: opened, exchanged, answered; each token has one winner.

use super::codes::{same_digest, store_code};
use super::lockouts::{clear, count_failure, lock_end};
use super::sessions::{insert_session, still_holds};
use crate::engine::{Result, StoredRow, args, sql};
use crate::ws_channel::{
    AuthenticationFactor, CodePurpose, CodeSend, ConfirmTotp, Digest, FactorSelection, MfaAnswer, MfaChallenge,
    MfaOutcome, MfaProof, NewCode, NewPending, PendingKind, PendingToken, SelectOutcome, TotpOutcome, WsChannelStore,
    WsChannelTx,
};
use futures_util::future::BoxFuture;

impl WsChannelStore {
    /// Opens a pending step, with its code. When the code may not be sent, nothing is stored; this includes
    /// [`CodeSend::TooSoon`]: open the step again without a code, the earlier one is still valid. [`CodeSend::Stale`]
    /// when the conditions of the step no longer hold.
    pub fn open_pending(&self, pending: NewPending, code: Option<NewCode>) -> BoxFuture<'_, Result<CodeSend>> {
        self.write((pending, code), |tx, (pending, code)| {
            Box::pin(async move {
                if !still_holds(tx, &pending.email, pending.mode, pending.verified_hash.as_deref()).await? {
                    return Ok(CodeSend::Stale);
                }
                if let Some(code) = code {
                    let sent = store_code(tx, code).await?;
                    if sent != CodeSend::Send {
                        return Ok(sent);
                    }
                }
                insert_pending(tx, pending).await?;
                Ok(CodeSend::Send)
            })
        })
    }

    /// A live token.
    pub fn pending(&self, token: &Digest, now: i64) -> BoxFuture<'_, Result<Option<PendingToken>>> {
        self.database().read((*token, now), |tx, (token, now)| Box::pin(find(tx, token, *now)))
    }

    /// SelectMFA (docs/protocols/ws-channel.md §2.10): of any number of callers with the same old token one wins.
    pub fn select_mfa(&self, request: FactorSelection) -> BoxFuture<'_, Result<SelectOutcome>> {
        self.write(request, |tx, r| {
            Box::pin(async move {
                let alive = find(tx, &r.old, r.new.now).await?;
                let fits =
                    |p: &PendingToken| p.kind == PendingKind::Mfa && p.email == r.new.email && p.mode == r.new.mode;
                let is_fit = alive.as_ref().is_some_and(fits);
                if !is_fit || !still_holds(tx, &r.new.email, r.new.mode, None).await? {
                    return Ok(SelectOutcome::Gone);
                }
                if let Some(code) = &r.code {
                    match store_code(tx, code).await? {
                        CodeSend::Send | CodeSend::Kept => {}
                        CodeSend::TooSoon { retry_at } | CodeSend::TooMany { retry_at } => {
                            return Ok(SelectOutcome::TooMany { retry_at });
                        }
                        CodeSend::Stale => return Ok(SelectOutcome::Gone),
                    }
                }
                kill(tx, &r.old).await?;
                insert_pending(tx, &r.new).await?;
                Ok(SelectOutcome::Selected)
            })
        })
    }

    /// LoginMFA (docs/protocols/ws-channel.md §2.9): a right answer removes the token, consumes the code or TOTP step
    /// and stores the grant; a wrong one counts on the token and on the account.
    pub fn answer_mfa(&self, answer: MfaAnswer) -> BoxFuture<'_, Result<MfaOutcome>> {
        self.write(answer, |tx, answer| Box::pin(check_answer(tx, answer)))
    }

    /// VerifyTOTP (docs/protocols/ws-channel.md §2.11).
    pub fn confirm_totp(&self, request: ConfirmTotp) -> BoxFuture<'_, Result<TotpOutcome>> {
        self.write(request, |tx, r| {
            Box::pin(async move {
                let found = find(tx, &r.token, r.now).await?;
                let Some(pending) = found.filter(|p| p.kind == PendingKind::TotpEnrol && p.email == r.email) else {
                    return Ok(TotpOutcome::NoToken);
                };
                if !still_holds(tx, &pending.email, pending.mode, None).await? {
                    return Ok(TotpOutcome::NoToken);
                }
                let (Some(step), Some(secret)) = (r.step, &pending.secret) else {
                    count_try(tx, &r.token, pending.tries, r.max_tries).await?;
                    return Ok(TotpOutcome::Wrong);
                };
                let sql = "UPDATE mode_user SET totp_secret = $3, totp_last_step = $4, preferred_factor = $5 \
                           WHERE email = $1 AND mode = $2";
                tx.execute(sql, args![&pending.email, pending.mode, secret, step, AuthenticationFactor::Totp]).await?;
                kill(tx, &r.token).await?;
                Ok(TotpOutcome::Enabled)
            })
        })
    }
}

async fn check_answer(tx: &mut WsChannelTx, a: &MfaAnswer) -> Result<MfaOutcome> {
    let (lock_key, lock_policy) = &a.lock;
    if let Some(until) = lock_end(tx, lock_key, a.now).await? {
        return Ok(MfaOutcome::Locked { until });
    }
    let Some(pending) = find(tx, &a.token, a.now).await?.filter(|p| p.kind == PendingKind::Mfa) else {
        return Ok(MfaOutcome::Expired);
    };
    // A password reset or the removal of the user invalidates the token too: a grant must not be stored then.
    if let Some(session) = &a.grant.session
        && !still_holds(tx, &session.email, session.mode, session.verified_hash.as_deref()).await?
    {
        return Ok(MfaOutcome::Expired);
    }
    let right = if pending.email != a.email || pending.mode != a.mode {
        false
    } else {
        match (&a.proof, pending.challenge) {
            (MfaProof::Sms(hash), Some(MfaChallenge::Sms)) => match check_sms(tx, a, hash).await? {
                None => return Ok(MfaOutcome::Expired),
                Some(right) => right,
            },
            (MfaProof::Totp(step), Some(MfaChallenge::Totp)) => use_step(tx, a, *step).await?,
            _ => return Ok(MfaOutcome::OtherChallenge),
        }
    };
    if !right {
        count_try(tx, &a.token, pending.tries, a.max_tries).await?;
        count_failure(tx, lock_key, *lock_policy, a.now).await?;
        return Ok(MfaOutcome::Wrong);
    }
    kill(tx, &a.token).await?;
    clear(tx, std::slice::from_ref(lock_key)).await?;
    if let Some(session) = &a.grant.session {
        insert_session(tx, session).await?;
    }
    if let Some(next) = &a.grant.pending {
        insert_pending(tx, next).await?;
    }
    Ok(MfaOutcome::Granted)
}

/// Whether the code is the current one, which is then consumed; `None` if it has expired.
async fn check_sms(tx: &mut WsChannelTx, a: &MfaAnswer, hash: &Digest) -> Result<Option<bool>> {
    let sql = "SELECT hash, expires FROM code WHERE email = $1 AND mode = $2 AND purpose = $3";
    let row = tx.one::<(Digest, i64)>(sql, args![&a.email, a.mode, CodePurpose::Mfa]).await?;
    let Some((stored, expires)) = row else { return Ok(Some(false)) };
    if expires <= a.now {
        return Ok(None);
    }
    if !same_digest(&stored, hash) {
        return Ok(Some(false));
    }
    let sql = "DELETE FROM code WHERE email = $1 AND mode = $2 AND purpose = $3";
    tx.execute(sql, args![&a.email, a.mode, CodePurpose::Mfa]).await?;
    Ok(Some(true))
}

/// Each TOTP step counts once per user: only a step after the last used one is accepted.
async fn use_step(tx: &mut WsChannelTx, a: &MfaAnswer, step: Option<i64>) -> Result<bool> {
    let Some(step) = step else {
        return Ok(false);
    };
    let sql = "UPDATE mode_user SET totp_last_step = $3 \
               WHERE email = $1 AND mode = $2 AND totp_secret IS NOT NULL AND totp_last_step < $3";
    Ok(tx.execute(sql, args![&a.email, a.mode, step]).await? == 1)
}

async fn find(tx: &mut WsChannelTx, token: &Digest, now: i64) -> Result<Option<PendingToken>> {
    let sql = sql!("SELECT ", PendingToken::COLUMNS, " FROM pending_auth WHERE token = $1 AND expires > $2");
    tx.one(sql, args![token, now]).await
}

async fn insert_pending(tx: &mut WsChannelTx, p: &NewPending) -> Result<()> {
    let sql = "INSERT INTO pending_auth (token, kind, email, mode, challenge, secret, tries, issued, expires) \
               VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8)";
    tx.execute(sql, args![p.token, p.kind, &p.email, p.mode, p.challenge, &p.secret, p.now, p.expires]).await?;
    Ok(())
}

async fn count_try(tx: &mut WsChannelTx, token: &Digest, tries: i64, max_tries: i64) -> Result<()> {
    if tries + 1 >= max_tries {
        return kill(tx, token).await;
    }
    tx.execute("UPDATE pending_auth SET tries = tries + 1 WHERE token = $1", args![token]).await?;
    Ok(())
}

async fn kill(tx: &mut WsChannelTx, token: &Digest) -> Result<()> {
    tx.execute("DELETE FROM pending_auth WHERE token = $1", args![token]).await?;
    Ok(())
}
