//! Accounts as their operator sees them, and the operator's orders about them. Nothing of an order lives in a process: every
//! instance judges what is stored, in the transaction that commits.

use super::accounts::{AccountDeleter, delete};
use super::codes::TRIES_SCOPE;
use super::lockouts::{clear, events_since, lock_end};
use super::rights::locking;
use super::sessions::revoke_tokens;
use crate::engine::{Result, SqlDialect, StoredRow, args, sql};
use crate::ws_channel::{
    AccountOrder, AccountOrderKind, AccountOrderOutcome, AccountPage, AccountRecord, AccountStanding, AccountState,
    CodePurpose, CountedTries, DeleteOutcome, LockPeriod, ModeStanding, ModeState, StoredMode, WsChannelStore,
    WsChannelTx,
};
use futures_util::future::BoxFuture;

/// The purposes of codes whose wrong tries are counted.
const PURPOSES: [CodePurpose; 4] =
    [CodePurpose::VerifyPhone, CodePurpose::VerifyEmail, CodePurpose::PasswordReset, CodePurpose::Mfa];
const ACCOUNT: &str =
    sql!(AccountRecord::COLUMNS, ", a.disabled_reason FROM account a JOIN tenant t ON t.api_key = a.api_key ");

impl WsChannelStore {
    /// A page of all accounts, by address.
    pub fn accounts(&self, page: AccountPage) -> BoxFuture<'_, Result<Vec<AccountState>>> {
        self.database().read_snapshot(page, |tx, page| Box::pin(select_page(tx, page)))
    }

    /// The standing of an address, which need not be registered.
    pub fn account_standing(
        &self,
        email: &str,
        locks: Vec<LockPeriod>,
        now: i64,
    ) -> BoxFuture<'_, Result<AccountStanding>> {
        self.database().read_snapshot((email.to_owned(), locks, now), |tx, (email, locks, now)| {
            Box::pin(standing(tx, email, locks, *now))
        })
    }

    /// Carries out an operator's order.
    pub fn order_account(&self, order: AccountOrder) -> BoxFuture<'_, Result<AccountOrderOutcome>> {
        self.write(order, |tx, order| Box::pin(carry_out(tx, order)))
    }
}

/// Whether the operator has disabled the account; if not, it is not disabled before the commit.
pub(super) async fn is_disabled(tx: &mut WsChannelTx, email: &str) -> Result<bool> {
    let sql = locking!(
        tx,
        "SELECT CASE WHEN a.disabled_at IS NULL THEN 0 ELSE 1 END FROM account a WHERE a.email = $1",
        " FOR SHARE OF a"
    );
    Ok(tx.one::<bool>(sql, args![email]).await?.unwrap_or(false))
}

async fn select_page(tx: &mut WsChannelTx, page: &AccountPage) -> Result<Vec<AccountState>> {
    let sql = sql!(
        "SELECT ",
        AccountRecord::COLUMNS,
        ", (SELECT count(*) FROM mode_user u WHERE u.email = a.email AND u.mode = 'admin'), \
         (SELECT count(*) FROM mode_user u WHERE u.email = a.email AND u.mode = 'admin' AND u.phone_verified * u.email_verified = 1), \
         (SELECT count(*) FROM mode_user u WHERE u.email = a.email AND u.mode = 'data'), \
         (SELECT count(*) FROM mode_user u WHERE u.email = a.email AND u.mode = 'data' AND u.phone_verified * u.email_verified = 1), \
         (SELECT count(*) FROM lockout l WHERE l.scope IN ($5, $6) AND l.subject IN (a.email || ' admin', a.email || ' data') \
          AND l.until > $7) \
         FROM account a JOIN tenant t ON t.api_key = a.api_key \
         WHERE a.email > $1 AND a.api_key = COALESCE($2, a.api_key) \
         AND (CAST($3 AS BIGINT) IS NULL OR CASE WHEN a.disabled_at IS NULL THEN 0 ELSE 1 END = CAST($3 AS BIGINT)) \
         ORDER BY a.email LIMIT $4"
    );
    let [first, second] = page.scopes;
    let disabled = page.disabled.map(i64::from);
    let values = args![&page.after, &page.api_key, disabled, page.limit, first, second, page.now];
    type Modes = (bool, bool, bool, bool, bool);
    let rows: Vec<(AccountRecord, Modes)> = tx.all(sql, values).await?;
    let state = |registered, active| ModeState { registered, active };
    let listed = rows.into_iter().map(|(account, (admin, admin_active, data, data_active, is_locked))| AccountState {
        account,
        admin: state(admin, admin_active),
        data: state(data, data_active),
        is_locked,
    });
    Ok(listed.collect())
}

async fn standing(tx: &mut WsChannelTx, email: &str, locks: &[LockPeriod], now: i64) -> Result<AccountStanding> {
    let found: Option<(AccountRecord, Option<String>)> =
        tx.one(sql!("SELECT ", ACCOUNT, "WHERE a.email = $1"), args![email]).await?;
    let (account, disabled_reason) = found.map_or((None, None), |(account, reason)| (Some(account), reason));
    let sql = sql!("SELECT ", ModeStanding::COLUMNS, " FROM mode_user u WHERE u.email = $1 ORDER BY u.mode");
    let users = tx.all(sql, args![email, now]).await?;
    let tries = counted(tx, email, locks, now).await?;
    let banks =
        tx.all("SELECT bank FROM cert_set WHERE email = $1 AND pair IS NOT NULL ORDER BY bank", args![email]).await?;
    Ok(AccountStanding { account, disabled_reason, users, tries, banks })
}

/// The wrong tries of an address that count.
async fn counted(tx: &mut WsChannelTx, email: &str, locks: &[LockPeriod], now: i64) -> Result<Vec<CountedTries>> {
    let mut all = Vec::new();
    for LockPeriod { key, mode, window } in locks {
        let locked_until = lock_end(tx, key, now).await?;
        let count = events_since(tx, key, now - window).await?;
        if count > 0 || locked_until.is_some() {
            all.push(CountedTries { what: key.scope.clone(), mode: *mode, count, locked_until });
        }
    }
    for purpose in PURPOSES {
        for mode in [StoredMode::Admin, StoredMode::Data] {
            let sql = "SELECT COALESCE(MAX(tries), 0) FROM code WHERE email = $1 AND mode = $2 AND purpose = $3 AND expires > $4";
            let of_code = tx.number(sql, args![email, mode, purpose, now]).await?;
            let (scope, [exact, first, end]) = tried_without_code(email, mode, purpose);
            let sql = "SELECT count(*) FROM attempt WHERE scope = $1 AND (subject = $2 OR (subject >= $3 AND subject < $4)) AND at > $5";
            let without = tx.number(sql, args![&scope, &exact, &first, &end, now - purpose.lifetime_ms()]).await?;
            if of_code + without > 0 {
                let what = format!("code {}", purpose.as_str());
                all.push(CountedTries { what, mode, count: of_code + without, locked_until: None });
            }
        }
    }
    Ok(all)
}

/// The counter of tries without a stored code, and its subjects: the user alone, and with more after it.
fn tried_without_code(email: &str, mode: StoredMode, purpose: CodePurpose) -> (String, [String; 3]) {
    let user = format!("{email} {}", mode.as_str());
    // `!` follows the space in the order of bytes.
    let subjects = [user.clone(), format!("{user} "), format!("{user}!")];
    (format!("{TRIES_SCOPE}{}", purpose.as_str()), subjects)
}

async fn carry_out(tx: &mut WsChannelTx, order: &AccountOrder) -> Result<AccountOrderOutcome> {
    let AccountOrder { email, kind, locks, describe, now } = order;
    let found = standing(tx, email, locks, *now).await?;
    let before = describe(&found);
    let Some(account) = &found.account else {
        // Unknown addresses are locked like others.
        if *kind != AccountOrderKind::Unlock || found.tries.is_empty() {
            return Ok(AccountOrderOutcome::Absent);
        }
        unlock(tx, email, locks).await?;
        let after = describe(&standing(tx, email, locks, *now).await?);
        return Ok(AccountOrderOutcome::Done { before, after, content: Vec::new() });
    };
    let mut content = Vec::new();
    match kind {
        AccountOrderKind::Unlock if found.tries.is_empty() => {
            return Ok(AccountOrderOutcome::Unchanged { now: before });
        }
        AccountOrderKind::Disable(_) if account.disabled_at.is_some() => {
            return Ok(AccountOrderOutcome::Unchanged { now: before });
        }
        AccountOrderKind::Enable if account.disabled_at.is_none() => {
            return Ok(AccountOrderOutcome::Unchanged { now: before });
        }
        AccountOrderKind::Unlock => unlock(tx, email, locks).await?,
        AccountOrderKind::EndSessions => end_all(tx, email).await?,
        AccountOrderKind::ResetMfa => {
            let sql = "UPDATE mode_user SET totp_secret = NULL, totp_last_step = -1, preferred_factor = NULL WHERE email = $1";
            tx.execute(sql, args![email]).await?;
            end_all(tx, email).await?;
        }
        AccountOrderKind::Disable(reason) => {
            let sql = "UPDATE account SET disabled_at = $2, disabled_reason = $3 WHERE email = $1";
            tx.execute(sql, args![email, *now, reason]).await?;
            // Sessions stay, so that their callers are told; a login that has begun does not go on.
            tx.execute("DELETE FROM pending_auth WHERE email = $1", args![email]).await?;
            tx.execute("DELETE FROM code WHERE email = $1", args![email]).await?;
            tx.touch_auth();
        }
        AccountOrderKind::Enable => {
            let sql = "UPDATE account SET disabled_at = NULL, disabled_reason = NULL WHERE email = $1";
            tx.execute(sql, args![email]).await?;
            tx.touch_auth();
        }
        AccountOrderKind::Delete => match delete(tx, (&account.api_key, email), AccountDeleter::Operator).await? {
            DeleteOutcome::Deleted { content: unnamed, .. } => content = unnamed,
            DeleteOutcome::Owner => return Ok(AccountOrderOutcome::Owner),
            DeleteOutcome::Absent | DeleteOutcome::Disabled => return Ok(AccountOrderOutcome::Absent),
        },
    }
    let after = describe(&standing(tx, email, locks, *now).await?);
    Ok(AccountOrderOutcome::Done { before, after, content })
}

/// Forgets all wrong passwords and codes. The counters against a flood of messages stay.
async fn unlock(tx: &mut WsChannelTx, email: &str, locks: &[LockPeriod]) -> Result<()> {
    let keys: Vec<_> = locks.iter().map(|period| period.key.clone()).collect();
    clear(tx, &keys).await?;
    tx.execute("UPDATE code SET tries = 0 WHERE email = $1", args![email]).await?;
    for purpose in PURPOSES {
        for mode in [StoredMode::Admin, StoredMode::Data] {
            let (scope, [exact, first, end]) = tried_without_code(email, mode, purpose);
            let sql = "DELETE FROM attempt WHERE scope = $1 AND (subject = $2 OR (subject >= $3 AND subject < $4))";
            tx.execute(sql, args![&scope, &exact, &first, &end]).await?;
        }
    }
    Ok(())
}

/// Ends the sessions of both users, and the logins that they have begun.
async fn end_all(tx: &mut WsChannelTx, email: &str) -> Result<()> {
    for mode in [StoredMode::Admin, StoredMode::Data] {
        revoke_tokens(tx, email, mode, i64::MAX).await?;
    }
    let sql = "DELETE FROM code WHERE email = $1 AND purpose = $2";
    tx.execute(sql, args![email, CodePurpose::Mfa]).await.map(drop)
}
