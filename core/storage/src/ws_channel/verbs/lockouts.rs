//! Counted events: lockouts after failures, quotas of allowed events.

use crate::engine::{Result, args};
use crate::ws_channel::{EventQuota, LockKey, LockPolicy, LockState, QuotaState, WsChannelStore, WsChannelTx};
use futures_util::future::BoxFuture;

impl WsChannelStore {
    /// Counts a failure; at the limit the subject is locked for the policy's duration. To be strict against
    /// simultaneous guesses, count before checking a password, and call [`WsChannelStore::clear_failures`] after success.
    pub fn record_failure(&self, key: &LockKey, policy: LockPolicy, now: i64) -> BoxFuture<'_, Result<LockState>> {
        self.write((key.clone(), policy, now), |tx, (key, policy, now)| Box::pin(count_failure(tx, key, *policy, *now)))
    }

    /// End of the lockout, Unix ms; `None` if not locked.
    pub fn locked_until(&self, key: &LockKey, now: i64) -> BoxFuture<'_, Result<Option<i64>>> {
        self.database().read((key.clone(), now), |tx, (key, now)| Box::pin(lock_end(tx, key, *now)))
    }

    /// Clears failures and ends the lockouts.
    pub fn clear_failures(&self, keys: &[LockKey]) -> BoxFuture<'_, Result<()>> {
        self.write(keys.to_vec(), |tx, keys| Box::pin(clear(tx, keys)))
    }

    /// Counts an event if its quota has room (registrations per address, exports, …).
    pub fn take_quota(&self, key: &LockKey, policy: LockPolicy, now: i64) -> BoxFuture<'_, Result<QuotaState>> {
        self.write((key.clone(), policy, now), |tx, (key, policy, now)| Box::pin(take(tx, key, *policy, *now)))
    }
}

pub(super) async fn count_failure(
    tx: &mut WsChannelTx,
    key: &LockKey,
    policy: LockPolicy,
    now: i64,
) -> Result<LockState> {
    if let Some(until) = lock_end(tx, key, now).await? {
        return Ok(LockState::Locked { until });
    }
    count(tx, key, now).await?;
    let failures = events_since(tx, key, now - policy.window).await?;
    if failures < policy.limit {
        return Ok(LockState::Open { failures });
    }
    let until = now + policy.duration;
    let sql = "INSERT INTO lockout (scope, subject, until) VALUES ($1, $2, $3) \
               ON CONFLICT (scope, subject) DO UPDATE SET until = excluded.until";
    tx.execute(sql, args![&key.scope, &key.subject, until]).await?;
    // After the lockout, counting restarts at zero.
    tx.execute("DELETE FROM attempt WHERE scope = $1 AND subject = $2", args![&key.scope, &key.subject]).await?;
    Ok(LockState::Locked { until })
}

pub(super) async fn lock_end(tx: &mut WsChannelTx, key: &LockKey, now: i64) -> Result<Option<i64>> {
    let sql = "SELECT until FROM lockout WHERE scope = $1 AND subject = $2 AND until > $3";
    tx.one(sql, args![&key.scope, &key.subject, now]).await
}

pub(super) async fn clear(tx: &mut WsChannelTx, keys: &[LockKey]) -> Result<()> {
    for key in keys {
        tx.execute("DELETE FROM attempt WHERE scope = $1 AND subject = $2", args![&key.scope, &key.subject]).await?;
        tx.execute("DELETE FROM lockout WHERE scope = $1 AND subject = $2", args![&key.scope, &key.subject]).await?;
    }
    Ok(())
}

/// The room in a quota, without counting.
async fn quota(tx: &mut WsChannelTx, key: &LockKey, policy: LockPolicy, now: i64) -> Result<QuotaState> {
    let used = events_since(tx, key, now - policy.window).await?;
    if used < policy.limit {
        return Ok(QuotaState::Taken { left: policy.limit - used - 1 });
    }
    // There is room again when the oldest of the last `limit` events leaves the window.
    let sql = "SELECT at FROM attempt WHERE scope = $1 AND subject = $2 AND at > $3 ORDER BY at DESC LIMIT 1 OFFSET $4";
    let values = args![&key.scope, &key.subject, now - policy.window, (policy.limit - 1).max(0)];
    let oldest = tx.one::<i64>(sql, values).await?.unwrap_or(now);
    Ok(QuotaState::Exhausted { retry_at: oldest + policy.window })
}

/// Counts an event if there is room.
pub(super) async fn take(tx: &mut WsChannelTx, key: &LockKey, policy: LockPolicy, now: i64) -> Result<QuotaState> {
    let state = quota(tx, key, policy, now).await?;
    if matches!(state, QuotaState::Taken { .. }) {
        count(tx, key, now).await?;
    }
    Ok(state)
}

/// Counts an event against all of these quotas if each has room; otherwise against none, and returns when there is room
/// again.
pub(super) async fn take_all(tx: &mut WsChannelTx, quotas: &[EventQuota], now: i64) -> Result<Option<i64>> {
    for limit in quotas {
        if let QuotaState::Exhausted { retry_at } = quota(tx, &limit.key, limit.policy, now).await? {
            return Ok(Some(retry_at));
        }
    }
    for limit in quotas {
        count(tx, &limit.key, now).await?;
    }
    Ok(None)
}

async fn count(tx: &mut WsChannelTx, key: &LockKey, now: i64) -> Result<()> {
    tx.execute("INSERT INTO attempt (scope, subject, at) VALUES ($1, $2, $3)", args![&key.scope, &key.subject, now])
        .await?;
    Ok(())
}

pub(super) async fn events_since(tx: &mut WsChannelTx, key: &LockKey, since: i64) -> Result<i64> {
    let sql = "SELECT count(*) FROM attempt WHERE scope = $1 AND subject = $2 AND at > $3";
    tx.number(sql, args![&key.scope, &key.subject, since]).await
}
