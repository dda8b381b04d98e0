//! Checkpoints over the ends of all chains of the audit trail, and the check of the whole trail.

use super::audit::{CHAIN_START, OLDER_COLUMNS, record_hash, sealed_hash, store_heads};
use crate::engine::{Result, SqlDialect, StoreError, StoredRow, args, sql};
use crate::ws_channel::{AuditCheckpoint, AuditRecord, AuditVerdict, Digest, KnownHead, WsChannelStore, WsChannelTx};
use futures_util::future::BoxFuture;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

const CHECKPOINT: &[u8] = b"bankchannel audit checkpoint 1\0";
const PAGE: i64 = 1000;
/// The records from before each account had its own chain, and those since.
const SEALED: &str = " FROM audit WHERE seq > $1 AND seq <= $2 AND chain IS NULL ORDER BY seq LIMIT $3";
const CHAINED: &str = " FROM audit WHERE (chain, link) > ($1, $2) ORDER BY chain, link LIMIT $3";
/// Time limit for reading and checking a page.
const PAGE_LIMIT: Duration = Duration::from_secs(60);
/// Time limit for comparing all marks.
const MARKS_LIMIT: Duration = Duration::from_secs(3600);

impl WsChannelStore {
    /// Writes a checkpoint over the ends of all chains if the last one is at least `every` milliseconds old and
    /// something was recorded since. Of instances that do this at the same time only one writes. `None`: nothing was
    /// written.
    pub fn checkpoint_audit(&self, now: i64, every: i64) -> BoxFuture<'_, Result<Option<AuditCheckpoint>>> {
        self.write((now, every), |tx, (now, every)| Box::pin(checkpoint(tx, *now, *every)))
    }

    /// Recomputes all chains and checkpoints.
    ///
    /// # Errors
    /// Environment faults only; a broken chain is a result.
    pub async fn verify_audit(&self) -> Result<AuditVerdict> {
        self.verify_audit_against(Vec::new()).await
    }

    /// As [`verify_audit`](Self::verify_audit); the trail must also contain these heads, which were saved outside the
    /// database.
    ///
    /// # Errors
    /// As [`verify_audit`](Self::verify_audit).
    pub fn verify_audit_against(&self, known: Vec<KnownHead>) -> BoxFuture<'_, Result<AuditVerdict>> {
        self.database().read_snapshot((known, self.has_origins()), |tx, (known, has_origins)| {
            Box::pin(async move {
                match verify(tx, known, *has_origins).await {
                    Ok(intact) => Ok(intact),
                    Err(AuditFault::Broken(verdict)) => Ok(*verdict),
                    Err(AuditFault::Fault(why)) => Err(why),
                }
            })
        })
    }
}

pub(super) fn digest_of(context: aws_lc_rs::digest::Context) -> Digest {
    let mut digest = CHAIN_START;
    digest.copy_from_slice(context.finish().as_ref());
    digest
}

async fn checkpoint(tx: &mut WsChannelTx, now: i64, every: i64) -> Result<Option<AuditCheckpoint>> {
    if tx.dialect() == SqlDialect::Postgres {
        // Under SERIALIZABLE, reading all chains would make concurrent writers of chains conflict. Two simultaneous
        // checkpoints still conflict, by their number.
        tx.script("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ".to_owned()).await?;
    }
    tx.allow(PAGE_LIMIT).await?;
    // SQLite: the records of other verbs in this group.
    store_heads(tx).await?;
    let last = last_checkpoint(tx).await?;
    if last.as_ref().is_some_and(|last| (now - last.at).abs() < every) {
        return Ok(None);
    }
    let (sealed_length, sealed_head) = sealed(tx).await?;
    let (number, previous) = last.map_or((1, CHAIN_START), |last| (last.number + 1, last.hash));
    let sql = "INSERT INTO audit_mark (checkpoint, chain, length, hash) \
               SELECT CAST($1 AS BIGINT), c.chain, c.length, c.hash FROM audit_chain c \
               LEFT JOIN audit_marked m ON m.chain = c.chain WHERE m.length IS NULL OR m.length < c.length";
    let marks = tx.execute(sql, args![number]).await?;
    if marks == 0 && (number > 1 || sealed_length == 0) {
        return Ok(None);
    }
    let sql = "INSERT INTO audit_marked (chain, length) SELECT chain, length FROM audit_mark WHERE checkpoint = $1 \
               ON CONFLICT (chain) DO UPDATE SET length = excluded.length";
    tx.execute(sql, args![number]).await?;
    let hash = checkpoint_hash(tx, &previous, number, now, (sealed_length, sealed_head)).await?;
    tx.execute("INSERT INTO audit_checkpoint (number, at, hash) VALUES ($1, $2, $3)", args![number, now, hash]).await?;
    Ok(Some(AuditCheckpoint { number, at: now, hash }))
}

async fn last_checkpoint(tx: &mut WsChannelTx) -> Result<Option<AuditCheckpoint>> {
    let sql = sql!("SELECT ", AuditCheckpoint::COLUMNS, " FROM audit_checkpoint ORDER BY number DESC LIMIT 1");
    tx.one(sql, &[]).await
}

/// The number of records from before each account had its own chain, and the end of their chain.
async fn sealed(tx: &mut WsChannelTx) -> Result<(i64, Digest)> {
    let end = tx.one("SELECT seq, hash FROM audit_sealed WHERE id = 1", &[]).await?;
    end.ok_or_else(|| StoreError::internal("the end of the sealed part of the audit trail is missing"))
}

/// Covers the checkpoint before, the sealed part and the marks in the order of their chains.
async fn checkpoint_hash(
    tx: &mut WsChannelTx,
    previous: &Digest,
    number: i64,
    at: i64,
    (sealed_length, sealed_head): (i64, Digest),
) -> Result<Digest> {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    context.update(CHECKPOINT);
    context.update(previous);
    context.update(&number.to_be_bytes());
    context.update(&at.to_be_bytes());
    context.update(&sealed_length.to_be_bytes());
    context.update(&sealed_head);
    let mut after = (String::new(), -1);
    loop {
        let sql = "SELECT chain, length, hash FROM audit_mark \
                   WHERE checkpoint = $1 AND (chain, length) > ($2, $3) ORDER BY chain LIMIT $4";
        let page = tx.all::<(String, i64, Digest)>(sql, args![number, &after.0, after.1, PAGE]).await?;
        if page.is_empty() {
            return Ok(digest_of(context));
        }
        for (chain, length, hash) in page {
            context.update(&(chain.len() as u64).to_be_bytes());
            context.update(chain.as_bytes());
            context.update(&length.to_be_bytes());
            context.update(&hash);
            after = (chain, length);
        }
    }
}

/// Why a check ends early.
enum AuditFault {
    Broken(Box<AuditVerdict>),
    Fault(StoreError),
}

impl From<StoreError> for AuditFault {
    fn from(why: StoreError) -> Self {
        Self::Fault(why)
    }
}

fn audit_fault(seq: i64, account: Option<&str>, reason: &str) -> AuditFault {
    AuditFault::Broken(Box::new(AuditVerdict::Broken {
        seq,
        account: account.map(str::to_owned),
        reason: reason.to_owned(),
    }))
}

type AuditChecked<T> = std::result::Result<T, AuditFault>;

async fn verify(tx: &mut WsChannelTx, known: &[KnownHead], has_origins: bool) -> AuditChecked<AuditVerdict> {
    let sealed_records = verify_sealed(tx, known, has_origins).await?;
    let checkpoint = verify_checkpoints(tx, known).await?;
    let ends = verify_chains(tx, has_origins).await?;
    verify_marks(tx).await?;
    let records = sealed_records + ends.values().map(|(length, _)| length).sum::<i64>();
    let sql = "SELECT CAST(COALESCE(SUM(c.length - COALESCE(m.length, 0)), 0) AS BIGINT) FROM audit_chain c \
               LEFT JOIN audit_marked m ON m.chain = c.chain";
    let after_checkpoint = tx.number(sql, &[]).await?;
    Ok(AuditVerdict::Intact { records, chains: ends.len() as i64, checkpoint, after_checkpoint })
}

/// Checks the single chain from before each account had its own.
async fn verify_sealed(tx: &mut WsChannelTx, known: &[KnownHead], has_origins: bool) -> AuditChecked<i64> {
    let known: HashMap<i64, Digest> = known
        .iter()
        .filter_map(|head| match head {
            KnownHead::Sealed { records, hash } => Some((*records, *hash)),
            KnownHead::Checkpoint { .. } => None,
        })
        .collect();
    let end = sealed(tx).await?;
    let (mut seq, mut head) = (0, CHAIN_START);
    while seq < end.0 {
        tx.allow(PAGE_LIMIT).await?;
        let sql = if has_origins {
            sql!("SELECT ", AuditRecord::COLUMNS, SEALED)
        } else {
            sql!("SELECT ", OLDER_COLUMNS, SEALED)
        };
        let page: Vec<AuditRecord> = tx.all(sql, args![seq, end.0, PAGE]).await?;
        if page.is_empty() {
            return Err(audit_fault(seq + 1, None, "records are missing"));
        }
        for record in page {
            let expected = sealed_hash(&head, seq + 1, &record.entry, &record.entry.outcome);
            if record.seq != seq + 1 || record.hash != expected {
                return Err(audit_fault(seq + 1, None, "the record was changed, or it or one before it was removed"));
            }
            (seq, head) = (record.seq, record.hash);
            if known.get(&seq).is_some_and(|known| *known != head) {
                return Err(audit_fault(seq, None, "the trail up to this record is not the one that was written down"));
            }
        }
    }
    if (seq, head) != end || known.keys().any(|records| *records > seq) {
        return Err(audit_fault(seq + 1, None, "records were removed"));
    }
    tx.allow(MARKS_LIMIT).await?;
    if tx.number("SELECT count(*) FROM audit WHERE chain IS NULL", &[]).await? != seq {
        return Err(audit_fault(seq + 1, None, "a record that belongs to no chain was inserted"));
    }
    Ok(seq)
}

async fn verify_checkpoints(tx: &mut WsChannelTx, known: &[KnownHead]) -> AuditChecked<Option<AuditCheckpoint>> {
    let mut known: BTreeMap<i64, Vec<Digest>> = known.iter().fold(BTreeMap::new(), |mut all, head| {
        if let KnownHead::Checkpoint { number, hash } = head {
            all.entry(*number).or_default().push(*hash);
        }
        all
    });
    let sealed = sealed(tx).await?;
    let mut last: Option<AuditCheckpoint> = None;
    loop {
        tx.allow(PAGE_LIMIT).await?;
        let after = last.as_ref().map_or(0, |last| last.number);
        let sql = sql!(
            "SELECT ",
            AuditCheckpoint::COLUMNS,
            " FROM audit_checkpoint WHERE number > $1 ORDER BY number LIMIT $2"
        );
        let page: Vec<AuditCheckpoint> = tx.all(sql, args![after, PAGE]).await?;
        if page.is_empty() {
            break;
        }
        for found in page {
            let (before, previous) = last.as_ref().map_or((0, CHAIN_START), |last| (last.number, last.hash));
            let number = before + 1;
            let hash = checkpoint_hash(tx, &previous, number, found.at, sealed).await?;
            if found.number != number || found.hash != hash {
                return Err(audit_fault(0, None, &format!("checkpoint {number} or its marks were changed or removed")));
            }
            if known.remove(&number).is_some_and(|known| known.iter().any(|known| *known != hash)) {
                let reason = format!("checkpoint {number} is not the one that was written down");
                return Err(audit_fault(0, None, &reason));
            }
            last = Some(found);
        }
    }
    let newest = last.as_ref().map_or(0, |last| last.number);
    if let Some(number) = known.keys().find(|number| **number > newest) {
        return Err(audit_fault(0, None, &format!("checkpoint {number}, which was written down, was removed")));
    }
    if tx.number("SELECT count(*) FROM audit_mark WHERE checkpoint < 1 OR checkpoint > $1", args![newest]).await? > 0 {
        return Err(audit_fault(0, None, &format!("checkpoints after {newest} were removed")));
    }
    Ok(last)
}

/// Checks each chain from its first record; returns the length and last hash of each.
async fn verify_chains(tx: &mut WsChannelTx, has_origins: bool) -> AuditChecked<HashMap<String, (i64, Digest)>> {
    let mut ends: HashMap<String, (i64, Digest)> = HashMap::new();
    let (mut chain, mut link) = (String::new(), 0);
    loop {
        tx.allow(PAGE_LIMIT).await?;
        let sql = if has_origins {
            sql!("SELECT chain, link, ", AuditRecord::COLUMNS, CHAINED)
        } else {
            sql!("SELECT chain, link, ", OLDER_COLUMNS, CHAINED)
        };
        let page: Vec<(String, i64, AuditRecord)> = tx.all(sql, args![&chain, link, PAGE]).await?;
        if page.is_empty() {
            break;
        }
        for row in page {
            let AuditRecord { seq, entry, hash } = row.2;
            (chain, link) = (row.0, row.1);
            let (length, head) = ends.get(&chain).copied().unwrap_or((0, CHAIN_START));
            let expected = record_hash(&head, length + 1, seq, &entry, &entry.outcome);
            if link != length + 1 || hash != expected || entry.email != chain {
                let reason = "the record was changed, or one before it in its account's chain was removed";
                return Err(audit_fault(seq, Some(&chain), reason));
            }
            ends.insert(chain.clone(), (link, hash));
        }
    }
    let mut stored = 0;
    let mut after = (String::new(), -1);
    loop {
        tx.allow(PAGE_LIMIT).await?;
        let sql =
            "SELECT chain, length, hash FROM audit_chain WHERE (chain, length) > ($1, $2) ORDER BY chain LIMIT $3";
        let page = tx.all::<(String, i64, Digest)>(sql, args![&after.0, after.1, PAGE]).await?;
        if page.is_empty() {
            break;
        }
        for (chain, length, hash) in page {
            if ends.get(&chain) != Some(&(length, hash)) {
                return Err(audit_fault(0, Some(&chain), "the newest records of the account's chain were removed"));
            }
            stored += 1;
            after = (chain, length);
        }
    }
    if stored != ends.len() {
        return Err(audit_fault(0, None, "the end of a chain was removed"));
    }
    Ok(ends)
}

/// Checks that each mark names a record that still exists.
async fn verify_marks(tx: &mut WsChannelTx) -> AuditChecked<()> {
    tx.allow(MARKS_LIMIT).await?;
    let sql = "SELECT m.chain, m.checkpoint FROM audit_mark m LEFT JOIN audit a ON a.chain = m.chain AND a.link = m.length \
               WHERE a.hash IS NULL OR a.hash <> m.hash ORDER BY m.checkpoint LIMIT 1";
    if let Some((chain, checkpoint)) = tx.one::<(String, i64)>(sql, &[]).await? {
        let reason = format!("records that checkpoint {checkpoint} covers were removed or rewritten");
        return Err(audit_fault(0, Some(&chain), &reason));
    }
    Ok(())
}
