//! The schema of the WS Channel service: its migrations and transaction hooks.

use super::verbs::audit::{AUDIT_ORIGIN, CHAIN_START, ChainHeads, store_heads};
use crate::engine::{self, Result, SchemaMigration, SqlDialect, StoreError, args};
use futures_util::future::BoxFuture;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::atomic::{AtomicU64, Ordering};

/// Listing changes are counted per group of accounts: enough to separate a busy account from most others.
const FILE_GROUPS: usize = 64;

/// The version that records which programs may use the tables.
const FLOOR_BEGINS: i64 = 12;

/// Records get their numbers from a sequence, which does not block transactions. Free space in the pages of chain ends
/// keeps updates away from the index, where they would conflict with transactions of other accounts.
const POSTGRES_AUDIT_CHAINS: &str = "CREATE SEQUENCE audit_seq; \
    SELECT setval('audit_seq', (SELECT COALESCE(MAX(seq), 0) + 1 FROM audit), false); \
    ALTER TABLE audit_chain SET (fillfactor = 50)";

pub(super) type WsChannelTx = engine::StorageTx<WsChannelSchema>;
pub(super) type WsChannelVerb<A, T> = engine::StorageVerb<WsChannelSchema, A, T>;

/// Counters that invalidate caches.
pub(super) struct WsChannelSchema {
    auth: AtomicU64,
    files: [AtomicU64; FILE_GROUPS],
}

/// Changes made by the verbs of a transaction.
#[derive(Default)]
pub(super) struct TransactionChanges {
    /// The ends of the audit trail's chains.
    pub(super) heads: ChainHeads,
    auth: bool,
    files: Vec<String>,
}

impl engine::StorageSchema for WsChannelSchema {
    const DATABASE_FILE: &'static str = "service.sqlite";

    const MIGRATIONS: &'static [SchemaMigration<Self>] = &[
        SchemaMigration::new(1, "initial", include_str!("migrations/0001_initial.sql")).then(begin_audit),
        SchemaMigration::new(2, "audit chains", include_str!("migrations/0002_audit_chains.sql")).then(number_audit),
        SchemaMigration::new(3, "installation", include_str!("migrations/0003_installation.sql")),
        SchemaMigration::new(4, "link offers", include_str!("migrations/0004_link_offers.sql")),
        SchemaMigration::new(5, "message ids", include_str!("migrations/0005_message_ids.sql")),
        SchemaMigration::new(6, "certificate lives", include_str!("migrations/0006_certificate_lives.sql")),
        SchemaMigration::new(7, "uploads at banks", include_str!("migrations/0007_uploads_at_banks.sql")),
        SchemaMigration::new(8, "bank codes", include_str!("migrations/0008_bank_codes.sql")),
        SchemaMigration::new(9, "accounts and banks", include_str!("migrations/0009_accounts_and_banks.sql")),
        SchemaMigration::new(10, "notices", include_str!("migrations/0010_notices.sql")),
        SchemaMigration::new(AUDIT_ORIGIN, "audit origin", include_str!("migrations/0011_audit_origin.sql")),
        // From here on, a step leaves the tables usable for the former version, unless it says what they need now.
        SchemaMigration::new(FLOOR_BEGINS, "schema floor", "").works_with(FLOOR_BEGINS),
    ];

    type State = TransactionChanges;

    /// Checks that the schema is readable and the audit trail's oldest end exists.
    fn check(tx: &mut WsChannelTx) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            if tx.number("SELECT count(*) FROM audit_sealed", &[]).await? == 1 {
                return Ok(());
            }
            Err(StoreError::Damaged {
                place: tx.place().to_owned(),
                reason: "the end of the sealed part of the audit trail is missing".to_owned(),
            })
        })
    }

    fn before_commit(tx: &mut WsChannelTx) -> BoxFuture<'_, Result<()>> {
        Box::pin(store_heads(tx))
    }

    fn committed(&self, state: &mut TransactionChanges) {
        if std::mem::take(&mut state.auth) {
            self.auth.fetch_add(1, Ordering::AcqRel);
        }
        for email in state.files.drain(..) {
            self.files[file_group(&email)].fetch_add(1, Ordering::AcqRel);
        }
    }
}

/// Byte literals differ between the two dialects, so the start of the chain is a parameter.
fn begin_audit(tx: &mut WsChannelTx) -> BoxFuture<'_, Result<()>> {
    Box::pin(async move {
        let sql = "INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, $1)";
        tx.execute(sql, args![CHAIN_START]).await.map(drop)
    })
}

fn number_audit(tx: &mut WsChannelTx) -> BoxFuture<'_, Result<()>> {
    Box::pin(async move {
        match tx.dialect() {
            SqlDialect::Sqlite => Ok(()),
            SqlDialect::Postgres => tx.script(POSTGRES_AUDIT_CHAINS.to_owned()).await,
        }
    })
}

impl WsChannelTx {
    /// Marks that sessions, accounts, tenants or entitlements which callers may have cached have changed.
    pub(super) fn touch_auth(&mut self) {
        self.state.auth = true;
    }

    /// Marks that the file listing of this account has changed.
    pub(super) fn touch_files(&mut self, email: &str) {
        self.state.files.push(email.to_owned());
    }
}

impl WsChannelSchema {
    /// See [`WsChannelStore::auth_generation`](super::Store::auth_generation).
    pub(super) fn auth_generation(&self) -> u64 {
        self.auth.load(Ordering::Acquire)
    }

    /// See [`WsChannelStore::files_generation`](super::Store::files_generation).
    pub(super) fn files_generation(&self, email: &str) -> u64 {
        self.files[file_group(email)].load(Ordering::Acquire)
    }
}

impl Default for WsChannelSchema {
    fn default() -> Self {
        Self { auth: AtomicU64::new(0), files: std::array::from_fn(|_| AtomicU64::new(0)) }
    }
}

fn file_group(email: &str) -> usize {
    let mut hasher = DefaultHasher::new();
    email.hash(&mut hasher);
    (hasher.finish() % FILE_GROUPS as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::additive::expect_additive_since;

    #[test]
    fn a_later_step_leaves_the_tables_usable_for_the_former_version() {
        expect_additive_since::<WsChannelSchema>(FLOOR_BEGINS);
    }
}
