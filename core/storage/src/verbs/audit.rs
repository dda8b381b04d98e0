//! The audit trail: a chain in which each record's hash covers the one before.

use crate::driver::{Row, Tx, Verb, args};
use crate::entities::audit::{AuditEntry, AuditFilter, AuditRecord, AuditVerdict};
use crate::entities::common::Digest;
use crate::error::{Result, StoreError};
use crate::outcome::Outcome;
use crate::store::Store;
use std::sync::Arc;
use std::time::Duration;

/// The entry that goes with a verb, if any.
pub(crate) type AuditSlot = Option<Arc<AuditEntry>>;

/// What the first record's hash covers in place of a predecessor.
pub(crate) const CHAIN_START: Digest = [0; 32];

const PAGE: i64 = 1000;
/// How long reading and checking a page may take.
const PAGE_LIMIT: Duration = Duration::from_secs(60);

impl Store {
    /// Records something that belongs to no verb, e.g. a refused request.
    ///
    /// # Errors
    /// Environment faults only.
    pub async fn append_audit(&self, entry: AuditEntry) -> std::result::Result<(), StoreError> {
        self.with_audit(entry).write((), |_, ()| Box::pin(async { Ok(()) })).await
    }

    /// Reads records in the order in which they were written.
    ///
    /// # Errors
    /// Environment faults only.
    pub async fn read_audit(&self, filter: AuditFilter) -> std::result::Result<Vec<AuditRecord>, StoreError> {
        self.read(filter, |tx, filter| Box::pin(select(tx, filter))).await
    }

    /// Recomputes the whole chain.
    ///
    /// # Errors
    /// Environment faults only; a broken chain is an answer.
    pub async fn verify_audit(&self) -> std::result::Result<AuditVerdict, StoreError> {
        self.read_snapshot((), |tx, ()| Box::pin(verify(tx))).await
    }
}

/// Runs a verb and, when it succeeds, appends its audit entry in the same transaction.
pub(crate) async fn run_audited<A, T: Outcome>(
    tx: &mut Tx,
    args: &A,
    verb: Verb<A, T>,
    audit: &AuditSlot,
) -> Result<T> {
    let value = verb(tx, args).await?;
    if let Some(entry) = audit
        && value.is_recorded()
    {
        append(tx, entry, value.outcome()).await?;
    }
    Ok(value)
}

/// The end of the chain as a transaction has it: read once, written once before the COMMIT, however many records come
/// between.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    seq: i64,
    hash: Digest,
    is_stored: bool,
}

/// Stores the end of the chain where the transaction has moved it. Belongs before every COMMIT.
pub(crate) async fn store_head(tx: &mut Tx) -> Result<()> {
    let Some(Head { seq, hash, is_stored: false }) = tx.audit_head else { return Ok(()) };
    tx.execute("UPDATE audit_head SET seq = $1, hash = $2 WHERE id = 1", args![seq, hash]).await?;
    tx.audit_head = Some(Head { seq, hash, is_stored: true });
    Ok(())
}

async fn head(tx: &mut Tx) -> Result<Head> {
    if let Some(head) = tx.audit_head {
        return Ok(head);
    }
    let row = tx.first("SELECT seq, hash FROM audit_head WHERE id = 1", &[]).await?;
    let mut row = row.ok_or_else(|| StoreError::internal("the head of the audit chain is missing"))?;
    Ok(Head { seq: row.int()?, hash: row.digest()?, is_stored: true })
}

async fn append(tx: &mut Tx, entry: &AuditEntry, outcome: &str) -> Result<()> {
    let Head { seq, hash: previous, .. } = head(tx).await?;
    let seq = seq + 1;
    let outcome = if entry.outcome.is_empty() { outcome } else { &entry.outcome };
    let hash = chain_hash(&previous, seq, entry, outcome);
    let sql = "INSERT INTO audit (seq, at, request_id, api_key, email, mode, operation, outcome, object, detail, hash) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
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
        hash
    ];
    tx.execute(sql, values).await?;
    tx.audit_head = Some(Head { seq, hash, is_stored: false });
    Ok(())
}

/// Every field with its length before it, so that no two records have the same bytes.
fn chain_hash(previous: &Digest, seq: i64, entry: &AuditEntry, outcome: &str) -> Digest {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    context.update(previous);
    context.update(&seq.to_be_bytes());
    context.update(&entry.at.to_be_bytes());
    let e = entry;
    for field in [&*e.request_id, &*e.api_key, &*e.email, &*e.mode, &*e.operation, outcome, &*e.object, &*e.detail] {
        context.update(&(field.len() as u64).to_be_bytes());
        context.update(field.as_bytes());
    }
    let mut hash = CHAIN_START;
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// The last that fit, read from the end.
const NEWEST: &str = "SELECT seq, at, request_id, api_key, email, mode, operation, outcome, object, detail, hash FROM audit \
    WHERE seq > $1 AND at >= COALESCE($2, at) AND at < COALESCE($3, at + 1) AND api_key = COALESCE($4, api_key) \
    AND email = COALESCE($5, email) AND operation = COALESCE($6, operation) AND outcome = COALESCE($7, outcome) \
    ORDER BY seq DESC LIMIT $8";

const COLUMNS: &str = "SELECT seq, at, request_id, api_key, email, mode, operation, outcome, object, detail, hash FROM audit \
    WHERE seq > $1 AND at >= COALESCE($2, at) AND at < COALESCE($3, at + 1) AND api_key = COALESCE($4, api_key) \
    AND email = COALESCE($5, email) AND operation = COALESCE($6, operation) AND outcome = COALESCE($7, outcome) \
    ORDER BY seq LIMIT $8";

async fn select(tx: &mut Tx, f: &AuditFilter) -> Result<Vec<AuditRecord>> {
    let limit = if f.limit > 0 { f.limit } else { PAGE };
    let values = args![f.after_seq, f.from, f.until, &f.api_key, &f.email, &f.operation, &f.outcome, limit];
    let mut rows = tx.query(if f.newest { NEWEST } else { COLUMNS }, values).await?;
    if f.newest {
        rows.reverse();
    }
    rows.into_iter().map(read_record).collect()
}

fn read_record(mut row: Row) -> Result<AuditRecord> {
    let seq = row.int()?;
    let entry = AuditEntry {
        at: row.int()?,
        request_id: row.text()?,
        api_key: row.text()?,
        email: row.text()?,
        mode: row.text()?,
        operation: row.text()?,
        outcome: row.text()?,
        object: row.text()?,
        detail: row.text()?,
    };
    Ok(AuditRecord { seq, entry, hash: row.digest()? })
}

async fn verify(tx: &mut Tx) -> Result<AuditVerdict> {
    let (mut seq, mut head) = (0, CHAIN_START);
    loop {
        tx.allow(PAGE_LIMIT).await?;
        let page = select(tx, &AuditFilter { after_seq: seq, ..AuditFilter::default() }).await?;
        if page.is_empty() {
            break;
        }
        for record in page {
            let expected = chain_hash(&head, seq + 1, &record.entry, &record.entry.outcome);
            if record.seq != seq + 1 || record.hash != expected {
                return Ok(AuditVerdict::Broken { seq: seq + 1 });
            }
            (seq, head) = (record.seq, record.hash);
        }
    }
    let stored = match tx.first("SELECT seq, hash FROM audit_head WHERE id = 1", &[]).await? {
        Some(mut row) => Some((row.int()?, row.digest()?)),
        None => None,
    };
    if stored == Some((seq, head)) {
        return Ok(AuditVerdict::Intact { records: seq, head });
    }
    Ok(AuditVerdict::Broken { seq: seq + 1 })
}
