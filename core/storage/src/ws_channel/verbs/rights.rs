//! The rights of a call with a session, checked in the transaction of its writes. Every writing verb of either database
//! goes through [`judge_and_run`]: none can skip it.
//!
//! On PostgreSQL the checked rows are locked in share mode until the commit: a change that ends a right waits for the
//! verb, or the verb waits for the change and then sees it. So nothing is committed after the end was acknowledged.

use super::audit::{AuditSlot, append};
use super::certificates::effective;
use crate::engine::{Result, SqlDialect, args};
use crate::ws_channel::{
    AuditEntry, CertSet, EntitlementState, LostRight, PgpPurpose, RequiredRight, SessionRights, WsChannelStore,
    WsChannelTx, WsChannelVerb, outcome::VerbOutcome,
};
use futures_util::future::BoxFuture;
use std::borrow::Cow;
use std::sync::Arc;

/// The rights of a verb, if any.
pub(crate) type RightsSlot = Option<Arc<SessionRights>>;

impl WsChannelStore {
    /// The same store, whose writing verbs each check these rights in their own transaction before anything else. If
    /// one has ended, they change nothing and return an error whose [`refusal`](crate::engine::StoreError::refusal) is
    /// the [`LostRight`]; the audit entry of [`with_audit`](Self::with_audit) is not written either.
    #[must_use]
    pub fn with_rights(&self, rights: SessionRights) -> Self {
        self.judging(Arc::new(rights))
    }

    /// Checks the rights of this handle without changing anything: before an action that no verb can undo.
    ///
    /// # Errors
    /// A [`LostRight`] as [`refusal`](crate::engine::StoreError::refusal); environment faults.
    pub async fn judge(&self) -> Result<()> {
        self.without_audit().write((), |_, ()| Box::pin(async { Ok(()) })).await
    }
}

/// A verb with its arguments, its rights and its audit entry.
pub(crate) struct RuledVerb<A, T> {
    pub(crate) args: A,
    pub(crate) verb: WsChannelVerb<A, T>,
    pub(crate) rights: RightsSlot,
    pub(crate) audit: AuditSlot,
}

/// Runs the verb, if the rights still hold, and appends its audit entry in the same transaction.
pub(crate) fn judge_and_run<'t, A, T>(
    tx: &'t mut WsChannelTx,
    ruled: &'t RuledVerb<A, T>,
) -> BoxFuture<'t, Result<std::result::Result<T, LostRight>>>
where
    A: Send + Sync,
    T: VerbOutcome + Send,
{
    Box::pin(async move {
        if let Some(rights) = &ruled.rights
            && let Some(lost) = judge(tx, rights).await?
        {
            return Ok(Err(lost));
        }
        let value = (ruled.verb)(tx, &ruled.args).await?;
        if let Some(entry) = &ruled.audit
            && value.is_recorded()
        {
            append(tx, &with_facts(entry, &value.facts()), value.outcome()).await?;
        }
        Ok(Ok(value))
    })
}

fn with_facts<'e>(entry: &'e AuditEntry, facts: &str) -> Cow<'e, AuditEntry> {
    if facts.is_empty() {
        return Cow::Borrowed(entry);
    }
    let detail = [&*entry.detail, facts].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ");
    Cow::Owned(AuditEntry { detail, ..entry.clone() })
}

/// A statement that on PostgreSQL also locks the rows that it reads.
macro_rules! locking {
    ($tx:expr, $sql:literal, $locks:literal) => {
        match $tx.dialect() {
            SqlDialect::Sqlite => $sql,
            SqlDialect::Postgres => concat!($sql, $locks),
        }
    };
}
pub(super) use locking;

/// The first right that does not hold, in the order in which a new request would be checked.
async fn judge(tx: &mut WsChannelTx, rights: &SessionRights) -> Result<Option<LostRight>> {
    let sql = locking!(
        tx,
        "SELECT s.email, s.api_key, t.transfer_enabled, a.export_allowed, \
         CASE WHEN t.owner_email = s.email THEN 1 ELSE 0 END FROM session s \
         JOIN tenant t ON t.api_key = s.api_key AND t.enabled = 1 \
         JOIN account a ON a.email = s.email AND a.api_key = s.api_key AND a.disabled_at IS NULL \
         JOIN mode_user u ON u.email = s.email AND u.mode = s.mode AND u.phone_verified * u.email_verified = 1 \
         WHERE s.token = $1 AND s.expires > $2",
        " FOR KEY SHARE OF s, u FOR SHARE OF t, a"
    );
    let row: Option<(String, String, bool, bool, bool)> = tx.one(sql, args![rights.token, rights.now]).await?;
    let Some((email, api_key, transfer, export, owner)) = row else {
        return why_not(tx, rights).await.map(Some);
    };
    for ground in &rights.grounds {
        let lost = match ground {
            RequiredRight::Transfer => (!transfer).then_some(LostRight::Transfer),
            RequiredRight::Owner => (!owner).then_some(LostRight::Owner),
            RequiredRight::Export => (!export).then_some(LostRight::Export),
            RequiredRight::Entitlement { product } => judge_entitlement(tx, &api_key, product).await?,
            RequiredRight::Connection { owner, bank, serial } => {
                judge_connection(tx, &email, (owner, bank, serial), rights.now).await?
            }
            RequiredRight::Certificate { bank, serial } => judge_certificate(tx, &email, bank, serial).await?,
            RequiredRight::PgpKeys { purpose, fingerprints, least } => {
                judge_pgp_keys(tx, &email, *purpose, fingerprints, *least).await?
            }
        };
        if lost.is_some() {
            return Ok(lost);
        }
    }
    Ok(None)
}

/// Finds the condition of the statement above that failed.
async fn why_not(tx: &mut WsChannelTx, rights: &SessionRights) -> Result<LostRight> {
    let sql = "SELECT COALESCE(t.enabled, 0), CASE WHEN a.email IS NULL THEN 0 ELSE 1 END, \
               CASE WHEN a.disabled_at IS NULL THEN 0 ELSE 1 END FROM session s \
               LEFT JOIN tenant t ON t.api_key = s.api_key \
               LEFT JOIN account a ON a.email = s.email AND a.api_key = s.api_key WHERE s.token = $1 AND s.expires > $2";
    let found: Option<(bool, bool, bool)> = tx.one(sql, args![rights.token, rights.now]).await?;
    Ok(match found {
        None => LostRight::Session,
        Some((false, ..)) => LostRight::Key,
        Some((true, false, _)) => LostRight::Account,
        Some((true, true, true)) => LostRight::Disabled,
        Some((true, true, false)) => LostRight::Verification,
    })
}

async fn judge_entitlement(tx: &mut WsChannelTx, api_key: &str, product: &str) -> Result<Option<LostRight>> {
    let sql =
        locking!(tx, "SELECT 1 FROM entitlement WHERE api_key = $1 AND product = $2 AND state = $3", " FOR SHARE");
    let found = tx.first(sql, args![api_key, product, EntitlementState::Active]).await?;
    Ok(found.is_none().then_some(LostRight::Entitlement))
}

async fn judge_connection(
    tx: &mut WsChannelTx,
    email: &str,
    (owner, bank, serial): (&str, &str, &str),
    now: i64,
) -> Result<Option<LostRight>> {
    let sql = locking!(
        tx,
        "SELECT 1 FROM cert_set s JOIN certificate_pair c ON c.email = s.email AND c.bank = s.bank AND c.name = s.pair AND c.purpose = 'signing' \
         WHERE s.email = $1 AND s.bank = $2 AND s.state IN ($3, $4) AND s.first_expiry > $5 AND (c.serial = $6 OR NOT EXISTS \
         (SELECT 1 FROM retired_certificate r WHERE r.email = s.email AND r.bank = s.bank AND r.serial = $6))",
        " FOR KEY SHARE OF s"
    );
    let [active, renewing] = CertSet::USABLE_STATES;
    let values = args![owner, bank, active, renewing, now, serial];
    let mut holds = tx.first(sql, values).await?.is_some();
    if holds && owner != email {
        let sql = locking!(
            tx,
            "SELECT 1 FROM account a JOIN account l ON l.email = a.linked_to AND l.disabled_at IS NULL \
             WHERE a.email = $1 AND a.linked_to = $2",
            " FOR SHARE OF l"
        );
        // A new own certificate takes precedence.
        let own = "SELECT count(*) FROM cert_set WHERE email = $1 AND bank = $2 AND pair IS NOT NULL";
        holds = tx.first(sql, args![email, owner]).await?.is_some() && tx.number(own, args![email, bank]).await? == 0;
    }
    if holds {
        return Ok(None);
    }
    Ok(Some(LostRight::Connection(Box::new(effective(tx, email, bank, now).await?))))
}

async fn judge_certificate(tx: &mut WsChannelTx, email: &str, bank: &str, serial: &str) -> Result<Option<LostRight>> {
    let sql = locking!(
        tx,
        "SELECT 1 FROM cert_set s JOIN certificate_pair c ON c.email = s.email AND c.bank = s.bank AND c.name = s.pair \
         WHERE s.email = $1 AND s.bank = $2 AND c.purpose = 'signing' AND c.serial = $3",
        " FOR SHARE OF s"
    );
    Ok(tx.first(sql, args![email, bank, serial]).await?.is_none().then_some(LostRight::Certificate))
}

async fn judge_pgp_keys(
    tx: &mut WsChannelTx,
    email: &str,
    purpose: PgpPurpose,
    fingerprints: &[String],
    least: usize,
) -> Result<Option<LostRight>> {
    let sql =
        locking!(tx, "SELECT 1 FROM pgp_key WHERE email = $1 AND purpose = $2 AND fingerprint = $3", " FOR KEY SHARE");
    let mut there = 0;
    for fingerprint in fingerprints {
        there += usize::from(tx.first(sql, args![email, purpose, fingerprint]).await?.is_some());
    }
    if there >= least {
        return Ok(None);
    }
    let sql = "SELECT count(*) FROM pgp_key WHERE email = $1 AND purpose = $2";
    let has_others = tx.number(sql, args![email, purpose]).await? > 0;
    Ok(Some(LostRight::PgpKeys { purpose, has_others }))
}
