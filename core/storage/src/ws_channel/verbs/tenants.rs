//! API keys, their switches and entitlements, set by the operator (docs/protocols/ws-channel.md §4).

use crate::engine::{Result, StoredRow, args, sql};
use crate::ws_channel::{ApiTenant, EntitlementState, NewTenant, TenantChange, TenantEntitlement, WsChannelStore};
use futures_util::future::BoxFuture;

const SELECT: &str = sql!("SELECT ", ApiTenant::COLUMNS, " FROM tenant t ");

impl WsChannelStore {
    /// Creates a key. False when it exists.
    pub fn mint_tenant(&self, tenant: NewTenant) -> BoxFuture<'_, Result<bool>> {
        self.write(tenant, |tx, t| {
            Box::pin(async move {
                let sql = "INSERT INTO tenant (api_key, owner_email, minted_by_operator, enabled, transfer_enabled, waiver, \
                           rate_class, created) VALUES ($1, $2, 1, 1, $3, $4, $5, $6) ON CONFLICT (api_key) DO NOTHING";
                let values = args![&t.api_key, &t.owner_email, t.transfer_enabled, t.waiver, &t.rate_class, t.now];
                Ok(tx.execute(sql, values).await? == 1)
            })
        })
    }

    /// One key.
    pub fn tenant(&self, api_key: &str) -> BoxFuture<'_, Result<Option<ApiTenant>>> {
        self.database().read(api_key.to_owned(), |tx, api_key| {
            Box::pin(async move { tx.one(sql!(SELECT, "WHERE t.api_key = $1"), args![api_key]).await })
        })
    }

    /// All keys, oldest first.
    pub fn tenants(&self) -> BoxFuture<'_, Result<Vec<ApiTenant>>> {
        self.database().read((), |tx, ()| {
            Box::pin(async move { tx.all(sql!(SELECT, "ORDER BY t.created, t.api_key"), &[]).await })
        })
    }

    /// Changes a key. False when it does not exist.
    pub fn change_tenant(&self, api_key: &str, change: TenantChange) -> BoxFuture<'_, Result<bool>> {
        self.write((api_key.to_owned(), change), |tx, (api_key, change)| {
            Box::pin(async move {
                tx.touch_auth();
                let changed = match change {
                    TenantChange::Enabled(on) => {
                        tx.execute("UPDATE tenant SET enabled = $2 WHERE api_key = $1", args![api_key, *on]).await?
                    }
                    TenantChange::TransferEnabled(on) => {
                        tx.execute("UPDATE tenant SET transfer_enabled = $2 WHERE api_key = $1", args![api_key, *on])
                            .await?
                    }
                    TenantChange::Waiver(on) => {
                        tx.execute("UPDATE tenant SET waiver = $2 WHERE api_key = $1", args![api_key, *on]).await?
                    }
                    TenantChange::RateClass(name) => {
                        tx.execute("UPDATE tenant SET rate_class = $2 WHERE api_key = $1", args![api_key, name]).await?
                    }
                    TenantChange::Owner(email) => {
                        tx.execute("UPDATE tenant SET owner_email = $2 WHERE api_key = $1", args![api_key, email])
                            .await?
                    }
                };
                Ok(changed == 1)
            })
        })
    }

    /// Grants, suspends or removes an entitlement. False when there is no such key.
    pub fn set_entitlement(
        &self,
        api_key: &str,
        product: &str,
        state: EntitlementState,
        now: i64,
    ) -> BoxFuture<'_, Result<bool>> {
        self.write((api_key.to_owned(), product.to_owned(), state, now), |tx, (api_key, product, state, now)| {
            Box::pin(async move {
                tx.touch_auth();
                if tx.number("SELECT count(*) FROM tenant WHERE api_key = $1", args![api_key]).await? == 0 {
                    return Ok(false);
                }
                if *state == EntitlementState::Missing {
                    tx.execute("DELETE FROM entitlement WHERE api_key = $1 AND product = $2", args![api_key, product]).await?;
                    return Ok(true);
                }
                let sql = "INSERT INTO entitlement (api_key, product, state, changed) VALUES ($1, $2, $3, $4) \
                           ON CONFLICT (api_key, product) DO UPDATE SET state = excluded.state, changed = excluded.changed";
                tx.execute(sql, args![api_key, product, *state, *now]).await?;
                Ok(true)
            })
        })
    }

    /// The entitlements of a key; a product that is not listed is missing.
    pub fn entitlements(&self, api_key: &str) -> BoxFuture<'_, Result<Vec<TenantEntitlement>>> {
        self.database().read(api_key.to_owned(), |tx, api_key| {
            Box::pin(async move {
                let sql = sql!(
                    "SELECT ",
                    TenantEntitlement::COLUMNS,
                    " FROM entitlement WHERE api_key = $1 ORDER BY product"
                );
                tx.all(sql, args![api_key]).await
            })
        })
    }

    /// Invites an address to register under a key (docs/protocols/ws-channel.md S13). False when there is no such key.
    pub fn invite(&self, api_key: &str, email: &str, now: i64) -> BoxFuture<'_, Result<bool>> {
        self.write((api_key.to_owned(), email.to_owned(), now), |tx, (api_key, email, now)| {
            Box::pin(async move {
                if tx.number("SELECT count(*) FROM tenant WHERE api_key = $1", args![api_key]).await? == 0 {
                    return Ok(false);
                }
                let sql = "INSERT INTO invite (api_key, email, created) VALUES ($1, $2, $3) ON CONFLICT (api_key, email) DO NOTHING";
                tx.execute(sql, args![api_key, email, *now]).await?;
                Ok(true)
            })
        })
    }
}
