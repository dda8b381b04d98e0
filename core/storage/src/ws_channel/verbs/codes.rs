//! One-time codes: stored as hashes, one per purpose, each used once.

use super::account_orders::is_disabled;
use super::lockouts::{clear, take, take_all};
use super::sessions::revoke_tokens;
use crate::engine::{Result, args};
use crate::ws_channel::{
    CodeCheck, CodePurpose, CodeSend, Digest, EmailConfirmation, LockKey, LockPolicy, NewCode, PasswordReplacement,
    PendingKind, PhoneConfirmation, QuotaState, StoredMode, WsChannelStore, WsChannelTx,
};
use futures_util::future::BoxFuture;

/// Prefix of the counters of tries without a stored code; the purpose follows.
pub(super) const TRIES_SCOPE: &str = "code.tries.";

impl WsChannelStore {
    /// Stores a code that replaces the earlier one, if the gap and all quotas allow it. Send it only on
    /// [`CodeSend::Send`].
    pub fn put_code(&self, code: NewCode) -> BoxFuture<'_, Result<CodeSend>> {
        self.write(code, |tx, code| Box::pin(store_code(tx, code)))
    }

    /// VerifyPhone (docs/protocols/ws-channel.md §2.3): a right code makes the phone verified.
    pub fn verify_phone(&self, request: PhoneConfirmation) -> BoxFuture<'_, Result<CodeCheck>> {
        self.write(request, |tx, r| {
            Box::pin(async move {
                let sql = "SELECT count(*) FROM account WHERE email = $1 AND phone = $2";
                let purpose = CodePurpose::VerifyPhone;
                if tx.number(sql, args![&r.email, &r.phone]).await? == 0 {
                    let of = format!("{} {} {}", r.email, r.mode.as_str(), r.phone);
                    return try_without_code(tx, purpose, of, r.max_tries, r.now).await;
                }
                let check = use_code(tx, &r.email, r.mode, purpose, &r.hash, r.max_tries, r.now).await?;
                if check == CodeCheck::Right {
                    let sql = "UPDATE mode_user SET phone_verified = 1 WHERE email = $1 AND mode = $2";
                    tx.execute(sql, args![&r.email, r.mode]).await?;
                    tx.touch_auth();
                }
                Ok(check)
            })
        })
    }

    /// VerifyEmail (docs/protocols/ws-channel.md §2.4): a right code makes the address verified and removes the token.
    pub fn verify_email(&self, request: EmailConfirmation) -> BoxFuture<'_, Result<CodeCheck>> {
        self.write(request, |tx, r| {
            Box::pin(async move {
                let sql = "SELECT count(*) FROM pending_auth WHERE token = $1 AND kind = $2 AND email = $3 AND mode = $4 AND expires > $5";
                let live = tx.number(sql, args![r.token, PendingKind::VerifyEmail, &r.email, r.mode, r.now]).await?;
                if live == 0 {
                    return Ok(CodeCheck::NoToken);
                }
                let check = use_code(tx, &r.email, r.mode, CodePurpose::VerifyEmail, &r.hash, r.max_tries, r.now).await?;
                if check == CodeCheck::Right {
                    tx.execute("DELETE FROM pending_auth WHERE token = $1", args![r.token]).await?;
                    let sql = "UPDATE mode_user SET email_verified = 1 WHERE email = $1 AND mode = $2";
                    tx.execute(sql, args![&r.email, r.mode]).await?;
                    tx.touch_auth();
                }
                Ok(check)
            })
        })
    }

    /// PasswordReset (docs/protocols/ws-channel.md §2.6).
    pub fn reset_password(&self, request: PasswordReplacement) -> BoxFuture<'_, Result<CodeCheck>> {
        self.write(request, |tx, r| {
            Box::pin(async move {
                let purpose = CodePurpose::PasswordReset;
                let check = use_code(tx, &r.email, r.mode, purpose, &r.hash, r.max_tries, r.now).await?;
                if check == CodeCheck::Right {
                    let sql = "UPDATE mode_user SET password_hash = $3 WHERE email = $1 AND mode = $2";
                    tx.execute(sql, args![&r.email, r.mode, &r.password_hash]).await?;
                    // Whatever their age: a login with the old password may have created a session after this request
                    // arrived.
                    revoke_tokens(tx, &r.email, r.mode, i64::MAX).await?;
                    clear(tx, &r.clear).await?;
                }
                Ok(check)
            })
        })
    }

    /// Removes a code that could not be delivered, or makes it impossible to guess. Its quotas stay used.
    pub fn drop_code(&self, email: &str, mode: StoredMode, purpose: CodePurpose) -> BoxFuture<'_, Result<bool>> {
        self.write((email.to_owned(), mode, purpose), |tx, (email, mode, purpose)| {
            Box::pin(async move {
                let key = args![email, *mode, *purpose];
                if *purpose == CodePurpose::PasswordReset {
                    // It stays as one that cannot be guessed: the requester must learn nothing, not even from the next
                    // response.
                    let sql = "SELECT hash FROM code WHERE email = $1 AND mode = $2 AND purpose = $3";
                    let Some(hash) = tx.one(sql, key).await? else { return Ok(false) };
                    let hash = unguessable(&hash);
                    let sql = "UPDATE code SET hash = $4 WHERE email = $1 AND mode = $2 AND purpose = $3";
                    return Ok(tx.execute(sql, args![email, *mode, *purpose, hash]).await? == 1);
                }
                let sql = "DELETE FROM code WHERE email = $1 AND mode = $2 AND purpose = $3";
                Ok(tx.execute(sql, key).await? == 1)
            })
        })
    }
}

pub(super) async fn store_code(tx: &mut WsChannelTx, code: &NewCode) -> Result<CodeSend> {
    let is_disabled = is_disabled(tx, &code.email).await?;
    if is_disabled && code.purpose != CodePurpose::PasswordReset {
        return Ok(CodeSend::Stale);
    }
    let sql = "SELECT sent_at FROM code WHERE email = $1 AND mode = $2 AND purpose = $3";
    if let Some(sent_at) = tx.one::<i64>(sql, args![&code.email, code.mode, code.purpose]).await? {
        let retry_at = sent_at + code.min_gap;
        if code.now < retry_at {
            return Ok(CodeSend::TooSoon { retry_at });
        }
    }
    if let Some(retry_at) = take_all(tx, &code.quotas, code.now).await? {
        return Ok(CodeSend::TooMany { retry_at });
    }
    // A disabled account gets none, and whoever asked for it cannot tell.
    let is_sent = take_all(tx, &code.sending, code.now).await?.is_none() && !is_disabled;
    let hash = if is_sent { code.hash } else { unguessable(&code.hash) };
    let sql = "INSERT INTO code (email, mode, purpose, hash, expires, tries, sent_at) VALUES ($1, $2, $3, $4, $5, 0, $6) \
               ON CONFLICT (email, mode, purpose) DO UPDATE SET hash = excluded.hash, expires = excluded.expires, \
               tries = 0, sent_at = excluded.sent_at";
    tx.execute(sql, args![&code.email, code.mode, code.purpose, hash, code.expires, code.now]).await?;
    Ok(if is_sent { CodeSend::Send } else { CodeSend::Kept })
}

/// A digest whose code is not known to anyone.
fn unguessable(hash: &Digest) -> Digest {
    hash.map(|byte| !byte)
}

/// Counts a try if there is no code that could be right, and responds as if there were one.
async fn try_without_code(
    tx: &mut WsChannelTx,
    purpose: CodePurpose,
    subject: String,
    max_tries: i64,
    now: i64,
) -> Result<CodeCheck> {
    let key = LockKey::new(format!("{TRIES_SCOPE}{}", purpose.as_str()), subject);
    let policy = LockPolicy { limit: max_tries, window: purpose.lifetime_ms(), duration: 0 };
    Ok(match take(tx, &key, policy, now).await? {
        QuotaState::Exhausted { .. } => CodeCheck::TooMany,
        QuotaState::Taken { .. } => CodeCheck::Wrong,
    })
}

/// Consumes the code if it is right; counts a wrong try otherwise.
async fn use_code(
    tx: &mut WsChannelTx,
    email: &str,
    mode: StoredMode,
    purpose: CodePurpose,
    hash: &Digest,
    max_tries: i64,
    now: i64,
) -> Result<CodeCheck> {
    let sql = "SELECT hash, expires, tries FROM code WHERE email = $1 AND mode = $2 AND purpose = $3";
    let row: Option<(Digest, i64, i64)> = tx.one(sql, args![email, mode, purpose]).await?;
    let Some((stored, expires, tries)) = row else {
        return try_without_code(tx, purpose, format!("{email} {}", mode.as_str()), max_tries, now).await;
    };
    let is_right = same_digest(&stored, hash) && !is_disabled(tx, email).await?;
    // Only a client with the right code learns that it has expired: for others an expired code does not exist.
    match (is_right, expires <= now) {
        (true, true) => return Ok(CodeCheck::Expired),
        (false, true) => {
            return try_without_code(tx, purpose, format!("{email} {}", mode.as_str()), max_tries, now).await;
        }
        (_, false) if tries >= max_tries => return Ok(CodeCheck::TooMany),
        (false, false) => {
            let sql = "UPDATE code SET tries = tries + 1 WHERE email = $1 AND mode = $2 AND purpose = $3";
            tx.execute(sql, args![email, mode, purpose]).await?;
            return Ok(CodeCheck::Wrong);
        }
        (true, false) => {}
    }
    tx.execute("DELETE FROM code WHERE email = $1 AND mode = $2 AND purpose = $3", args![email, mode, purpose]).await?;
    Ok(CodeCheck::Right)
}

/// Compares in constant time, without stopping at the first difference.
pub(super) fn same_digest(a: &Digest, b: &Digest) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(a, b).is_ok()
}
