//! The audit trail: each account has a chain in which each record's hash covers the one before; records without an
//! account have a separate chain. `audit_check.rs` has the checkpoints over all chains.

use crate::engine::{Result, SqlDialect, StoreError, StoredRow, args, sql};
use crate::ws_channel::{AuditEntry, AuditFilter, AuditRecord, Digest, WsChannelStore, WsChannelTx};
use futures_util::future::BoxFuture;
use std::collections::HashMap;
use std::sync::Arc;

/// The audit entry of a verb, if any.
pub(crate) type AuditSlot = Option<Arc<AuditEntry>>;

/// The predecessor hash of the first record.
pub(crate) const CHAIN_START: Digest = [0; 32];

/// Domain separators of record hashes, of records without an origin and with one: records from before each account had its own
/// chain had none.
const RECORD: &[u8] = b"bankchannel audit record 2\0";
const RECORD_WITH_ORIGIN: &[u8] = b"bankchannel audit record 3\0";

/// The version of the tables in which records have an origin.
pub(crate) const AUDIT_ORIGIN: i64 = 11;
/// The columns of a record in older tables.
pub(super) const OLDER_COLUMNS: &str =
    "seq, at, request_id, api_key, email, mode, operation, outcome, object, detail, NULL, hash";

const PAGE: i64 = 1000;
/// Number of chain ends that the SQLite writer caches.
const REMEMBERED: usize = 4096;

impl WsChannelStore {
    /// Records an event without a verb, e.g. a refused request.
    pub async fn append_audit(&self, entry: AuditEntry) -> Result<()> {
        self.with_audit(entry).write((), |_, ()| Box::pin(async { Ok(()) })).await
    }

    /// Reads records in the order of their numbers, which is that of writing. With PostgreSQL, a record that is being
    /// committed may appear after one with a higher number.
    pub fn read_audit(&self, filter: AuditFilter) -> BoxFuture<'_, Result<Vec<AuditRecord>>> {
        self.database()
            .read((filter, self.has_origins()), |tx, (filter, has_origins)| Box::pin(select(tx, filter, *has_origins)))
    }

    /// Whether records have a column for their origin.
    pub(super) fn has_origins(&self) -> bool {
        !matches!(self.outdated(), Some(StoreError::SchemaOlder { found, .. }) if found < AUDIT_ORIGIN)
    }
}

/// The chain ends known to a transaction: each is read once, and written once before the COMMIT, however many records
/// are added in between. The SQLite writer keeps them across transactions; a rollback discards them.
#[derive(Debug, Default)]
pub(crate) struct ChainHeads {
    known: HashMap<String, ChainHead>,
    /// The number of the next record, if no other process assigns numbers.
    next: Option<i64>,
}

#[derive(Debug, Clone, Copy)]
struct ChainHead {
    length: i64,
    hash: Digest,
    is_stored: bool,
}

/// Stores the chain ends that the transaction has moved. Call before every COMMIT.
pub(crate) async fn store_heads(tx: &mut WsChannelTx) -> Result<()> {
    let heads = tx.state.heads.known.iter();
    let moved: Vec<(String, ChainHead)> =
        heads.filter(|(_, head)| !head.is_stored).map(|(chain, head)| (chain.clone(), *head)).collect();
    for (chain, head) in moved {
        let sql = "INSERT INTO audit_chain (chain, length, hash) VALUES ($1, $2, $3) \
                   ON CONFLICT (chain) DO UPDATE SET length = excluded.length, hash = excluded.hash";
        tx.execute(sql, args![&chain, head.length, head.hash]).await?;
        tx.state.heads.known.insert(chain, ChainHead { is_stored: true, ..head });
    }
    if tx.state.heads.known.len() > REMEMBERED {
        tx.state.heads.known.clear();
    }
    Ok(())
}

/// Appends the entry, with this outcome unless it has its own.
pub(super) async fn append(tx: &mut WsChannelTx, entry: &AuditEntry, outcome: &str) -> Result<()> {
    let chain = &entry.email;
    let (seq, head) = end_of(tx, chain).await?;
    let length = head.length + 1;
    let outcome = if entry.outcome.is_empty() { outcome } else { &entry.outcome };
    let hash = record_hash(&head.hash, length, seq, entry, outcome);
    let sql = "INSERT INTO audit (seq, at, request_id, api_key, email, mode, operation, outcome, object, detail, hash, chain, link, origin) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    let e = entry;
    let values = args![
        seq,
        e.at,
        &e.request_id,
        &e.api_key,
        &e.email,
        &e.mode,
        &e.operation,
        outcome,
        &e.object,
        &e.detail,
        hash,
        chain,
        length,
        &e.origin
    ];
    tx.execute(sql, values).await?;
    tx.state.heads.known.insert(chain.clone(), ChainHead { length, hash, is_stored: false });
    if tx.dialect() == SqlDialect::Sqlite {
        tx.state.heads.next = Some(seq + 1);
    }
    Ok(())
}

/// The number of the next record and the end of its chain, in one statement.
async fn end_of(tx: &mut WsChannelTx, chain: &str) -> Result<(i64, ChainHead)> {
    let known = tx.state.heads.known.get(chain).copied();
    if let (Some(next), Some(head)) = (tx.state.heads.next, known) {
        return Ok((next, head));
    }
    let sql = match tx.dialect() {
        SqlDialect::Sqlite => {
            "SELECT (SELECT COALESCE(MAX(seq), 0) + 1 FROM audit), c.length, c.hash \
             FROM (SELECT 1) AS one LEFT JOIN audit_chain c ON c.chain = $1"
        }
        // Numbers taken by a rolled back transaction are skipped.
        SqlDialect::Postgres => {
            "SELECT nextval('audit_seq'), c.length, c.hash \
             FROM (SELECT 1) AS one LEFT JOIN audit_chain c ON c.chain = $1"
        }
    };
    let row: Option<(i64, Option<(i64, Digest)>)> = tx.one(sql, args![chain]).await?;
    let (seq, end) = row.ok_or_else(|| StoreError::internal("a number for a record"))?;
    if let Some(head) = known {
        return Ok((seq, head));
    }
    let (length, hash) = end.unwrap_or((0, CHAIN_START));
    Ok((seq, ChainHead { length, hash, is_stored: true }))
}

/// The hash of a record in its account's chain.
pub(super) fn record_hash(previous: &Digest, link: i64, seq: i64, entry: &AuditEntry, outcome: &str) -> Digest {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    context.update(if entry.origin.is_some() { RECORD_WITH_ORIGIN } else { RECORD });
    context.update(previous);
    context.update(&link.to_be_bytes());
    context.update(&seq.to_be_bytes());
    finish_with(context, entry, outcome)
}

/// The hash of a record from before each account had its own chain.
pub(super) fn sealed_hash(previous: &Digest, seq: i64, entry: &AuditEntry, outcome: &str) -> Digest {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    context.update(previous);
    context.update(&seq.to_be_bytes());
    finish_with(context, entry, outcome)
}

/// Hashes every field with its length before it, so that no two records produce the same bytes.
fn finish_with(mut context: aws_lc_rs::digest::Context, e: &AuditEntry, outcome: &str) -> Digest {
    context.update(&e.at.to_be_bytes());
    for field in [&*e.request_id, &*e.api_key, &*e.email, &*e.mode, &*e.operation, outcome, &*e.object, &*e.detail] {
        context.update(&(field.len() as u64).to_be_bytes());
        context.update(field.as_bytes());
    }
    if let Some(origin) = &e.origin {
        context.update(&(origin.len() as u64).to_be_bytes());
        context.update(origin.as_bytes());
    }
    super::audit_check::digest_of(context)
}

const WANTED: &str = " FROM audit \
     WHERE seq > $1 AND at >= COALESCE($2, at) AND at < COALESCE($3, at + 1) AND api_key = COALESCE($4, api_key) \
     AND email = COALESCE($5, email) AND operation = COALESCE($6, operation) AND outcome = COALESCE($7, outcome) ";
const OLDEST: &str = sql!("SELECT ", AuditRecord::COLUMNS, WANTED, "ORDER BY seq LIMIT $8");
/// The last matching records, read from the end.
const NEWEST: &str = sql!("SELECT ", AuditRecord::COLUMNS, WANTED, "ORDER BY seq DESC LIMIT $8");
/// The same of older tables.
const OLDEST_OF_OLDER: &str = sql!("SELECT ", OLDER_COLUMNS, WANTED, "ORDER BY seq LIMIT $8");
const NEWEST_OF_OLDER: &str = sql!("SELECT ", OLDER_COLUMNS, WANTED, "ORDER BY seq DESC LIMIT $8");

async fn select(tx: &mut WsChannelTx, f: &AuditFilter, has_origins: bool) -> Result<Vec<AuditRecord>> {
    let limit = if f.limit > 0 { f.limit } else { PAGE };
    let values = args![f.after_seq, f.from, f.until, &f.api_key, &f.email, &f.operation, &f.outcome, limit];
    let sql = match (f.newest, has_origins) {
        (true, true) => NEWEST,
        (false, true) => OLDEST,
        (true, false) => NEWEST_OF_OLDER,
        (false, false) => OLDEST_OF_OLDER,
    };
    let mut rows = tx.all(sql, values).await?;
    if f.newest {
        rows.reverse();
    }
    Ok(rows)
}
