//! Files at a bank stored by this service: the simulator's, and later those cached by a channel.

use crate::engine::{ColumnValue, Result, StoreError, StoredRow, args, sql};
use crate::ws_channel::{
    BankFile, BankFileContent, FileContent, FileFilter, FileScope, NewBankFile, WsChannelStore, WsChannelTx,
};
use futures_util::future::BoxFuture;

/// Limit of content stored in its row, bytes.
pub const INLINE_LIMIT: usize = 64 * 1024;
/// Descriptors in one listing; the newest are kept (docs/protocols/ws-channel.md §5.1).
pub const LIST_CAP: i64 = 10_000;

impl WsChannelStore {
    /// Adds files, all at the same moment. Content that is not inline was written and synced before.
    ///
    /// # Errors
    /// Environment faults; [`StoreError::Misuse`] for oversized inline content, a wrong path or a taken reference.
    pub fn put_files(&self, scope: &FileScope, files: Vec<NewBankFile>) -> BoxFuture<'_, Result<()>> {
        self.write((scope.clone(), files), |tx, (scope, files)| Box::pin(insert_files(tx, scope, files)))
    }

    /// ListFiles: oldest first, equal times by reference; only the newest [`LIST_CAP`] if there are more.
    pub fn list_files(&self, scope: &FileScope, filter: &FileFilter) -> BoxFuture<'_, Result<Vec<BankFile>>> {
        self.database().read((scope.clone(), filter.clone()), |tx, (scope, filter)| Box::pin(list(tx, scope, filter)))
    }

    /// One file with its content; its type must match.
    pub fn file(
        &self,
        scope: &FileScope,
        file_type: &str,
        reference: &str,
    ) -> BoxFuture<'_, Result<Option<BankFileContent>>> {
        self.database().read((scope.clone(), file_type.to_owned(), reference.to_owned()), |tx, (s, file_type, reference)| {
            Box::pin(async move {
                let sql = sql!(
                    "SELECT ",
                    BankFileContent::COLUMNS,
                    " FROM bank_file WHERE api_key = $1 AND email = $2 AND bank = $3 AND reference = $4 AND file_type = $5"
                );
                tx.one(sql, args![&s.api_key, &s.email, &s.bank, reference, file_type]).await
            })
        })
    }

    /// Marks a file downloaded: `NEW` becomes `DLD`, other statuses stay. True when it was `NEW`.
    pub fn mark_downloaded(&self, scope: &FileScope, reference: &str) -> BoxFuture<'_, Result<bool>> {
        self.write((scope.clone(), reference.to_owned()), |tx, (s, reference)| {
            Box::pin(async move {
                let sql = "UPDATE bank_file SET status = 'DLD' \
                           WHERE api_key = $1 AND email = $2 AND bank = $3 AND reference = $4 AND status = 'NEW'";
                let changed = tx.execute(sql, args![&s.api_key, &s.email, &s.bank, reference]).await? == 1;
                if changed {
                    tx.touch_files(&s.email);
                }
                Ok(changed)
            })
        })
    }

    /// DeleteFile. `None` when there is no such file; otherwise the content that no row names any more, to hand to
    /// [`WsChannelStore::discard_content`].
    pub fn delete_file(
        &self,
        scope: &FileScope,
        file_type: &str,
        reference: &str,
    ) -> BoxFuture<'_, Result<Option<Vec<String>>>> {
        self.write((scope.clone(), file_type.to_owned(), reference.to_owned()), |tx, (s, file_type, reference)| {
            Box::pin(async move {
                let sql = "DELETE FROM bank_file WHERE api_key = $1 AND email = $2 AND bank = $3 AND reference = $4 \
                           AND file_type = $5 RETURNING path";
                let values = args![&s.api_key, &s.email, &s.bank, reference, file_type];
                let Some(path) = tx.one::<Option<String>>(sql, values).await? else { return Ok(None) };
                tx.touch_files(&s.email);
                Ok(Some(path.into_iter().collect()))
            })
        })
    }
}

pub(super) async fn insert_files(tx: &mut WsChannelTx, s: &FileScope, files: &[NewBankFile]) -> Result<()> {
    for f in files {
        let (path, content) = content_values(&f.content)?;
        let sql = "INSERT INTO bank_file (api_key, email, bank, reference, file_type, status, created, service_id, target_id, size, \
                   path, content) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
                   ON CONFLICT (api_key, email, bank, reference) DO NOTHING";
        let values: [ColumnValue; 12] = [
            (&s.api_key).into(),
            (&s.email).into(),
            (&s.bank).into(),
            (&f.reference).into(),
            (&f.file_type).into(),
            (&f.status).into(),
            f.created.into(),
            (&f.service_id).into(),
            (&f.target_id).into(),
            f.content.size().into(),
            path,
            content,
        ];
        if tx.execute(sql, &values).await? == 0 {
            return Err(StoreError::misuse("a file with this reference exists; references are unique in their scope"));
        }
    }
    if !files.is_empty() {
        tx.touch_files(&s.email);
    }
    Ok(())
}

// One statement per combination of filters, so that each uses its own index.
const LIST: &str =
    sql!("SELECT ", BankFile::COLUMNS, " FROM bank_file WHERE api_key = $1 AND email = $2 AND bank = $3 ");
const NEWEST: &str = "ORDER BY created DESC, reference DESC LIMIT $4";
const LIST_ALL: &str = sql!(LIST, NEWEST);
const LIST_BY_TYPE: &str = sql!(LIST, "AND file_type = $5 ", NEWEST);
const LIST_BY_STATUS: &str = sql!(LIST, "AND status = $5 ", NEWEST);
const LIST_BY_BOTH: &str = sql!(LIST, "AND file_type = $5 AND status = $6 ", NEWEST);

async fn list(tx: &mut WsChannelTx, s: &FileScope, filter: &FileFilter) -> Result<Vec<BankFile>> {
    let mut files: Vec<BankFile> = match (&filter.file_type, &filter.status) {
        (None, None) => tx.all(LIST_ALL, args![&s.api_key, &s.email, &s.bank, LIST_CAP]).await?,
        (Some(kind), None) => tx.all(LIST_BY_TYPE, args![&s.api_key, &s.email, &s.bank, LIST_CAP, kind]).await?,
        (None, Some(status)) => tx.all(LIST_BY_STATUS, args![&s.api_key, &s.email, &s.bank, LIST_CAP, status]).await?,
        (Some(kind), Some(status)) => {
            tx.all(LIST_BY_BOTH, args![&s.api_key, &s.email, &s.bank, LIST_CAP, kind, status]).await?
        }
    };
    files.reverse();
    Ok(files)
}

/// The two columns for content, checked.
pub(super) fn content_values(content: &FileContent) -> Result<(ColumnValue, ColumnValue)> {
    match content {
        FileContent::Inline(bytes) if bytes.len() > INLINE_LIMIT => Err(StoreError::misuse(format!(
            "inline content of {} bytes; {INLINE_LIMIT} are allowed, write a file",
            bytes.len()
        ))),
        FileContent::Inline(bytes) => Ok((ColumnValue::Null, bytes.into())),
        FileContent::External { path, .. } if !is_safe_path(path) => {
            Err(StoreError::misuse("a content path has empty, dotted or foreign segments"))
        }
        FileContent::External { path, .. } => Ok((path.into(), ColumnValue::Null)),
    }
}

/// Whether the path stays below the folder that it is joined to.
pub(super) fn is_safe_path(path: &str) -> bool {
    let safe = |segment: &str| {
        !segment.is_empty()
            && !segment.starts_with('.')
            && segment.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    };
    path.split('/').all(safe)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Ten files among a hundred thousand must cost as much as ten among ten: every listing is one index range in the
    /// right order.
    #[tokio::test]
    async fn every_listing_reads_its_own_index_and_sorts_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = WsChannelStore::open_sqlite(folder.path()).await.unwrap();
        let plans = [
            (LIST_ALL, "bank_file_by_time"),
            (LIST_BY_TYPE, "bank_file_by_type"),
            (LIST_BY_STATUS, "bank_file_by_status"),
            (LIST_BY_BOTH, "bank_file_by_both"),
        ];
        for (sql, index) in plans {
            let explain: &'static str = format!("EXPLAIN QUERY PLAN {sql}").leak();
            let verb: crate::ws_channel::WsChannelVerb<&'static str, Vec<String>> = |tx, sql| {
                Box::pin(async move {
                    let rows: Vec<(i64, i64, i64, String)> = tx.all(sql, args!["k", "e", "b", 1, "t", "s"]).await?;
                    Ok(rows.into_iter().map(|row| row.3).collect())
                })
            };
            let plan = store.database().read(explain, verb).await.unwrap();
            assert_eq!(plan.len(), 1, "{plan:?}");
            assert!(plan[0].starts_with("SEARCH") && plan[0].contains(&format!("{index} (")), "{plan:?}");
        }
    }

    #[test]
    fn content_paths_stay_in_their_folder() {
        for good in ["a", "ab/cd.bin", "0-9_x/1"] {
            assert!(is_safe_path(good), "{good}");
        }
        for bad in ["", "/a", "a/", "a//b", "..", "a/../b", ".hidden", "a\\b", "a b", "ä"] {
            assert!(!is_safe_path(bad), "{bad}");
        }
    }
}
