//! The upload journal: nothing acknowledged is lost, nothing is processed twice.

use super::files::{content_values, read_content};
use crate::engine::{ColumnValue, Result, ResultRow, StoreError, args};
use crate::ws_channel::{
    FileScope, JournalledUpload, NewUpload, UploadOutcome, UploadState, VerbOutcome, WsChannelStore, WsChannelTx,
};
use futures_util::future::BoxFuture;

impl WsChannelStore {
    /// Journals an upload in state `received`. Call it before the upload is sent to the bank or acknowledged to the
    /// caller.
    ///
    /// # Errors
    /// Environment faults; [`StoreError::Misuse`] for content or an id that breaks the rules.
    pub fn record_upload(&self, upload: NewUpload) -> BoxFuture<'_, Result<UploadOutcome>> {
        self.write(upload, |tx, upload| Box::pin(record(tx, upload)))
    }

    /// Ends an upload that is in state `received` and removes its stored bytes. `None` when it is in another state or
    /// unknown; otherwise the content to hand to [`WsChannelStore::discard_content`].
    pub fn finish_upload(
        &self,
        id: &str,
        state: UploadState,
        detail: &str,
        now: i64,
    ) -> BoxFuture<'_, Result<Option<Vec<String>>>> {
        self.write((id.to_owned(), state, detail.to_owned(), now), |tx, (id, state, detail, now)| {
            Box::pin(finish(tx, id, *state, detail, *now))
        })
    }

    /// Settles an upload whose outcome is unknown, as a person has found out. False when it is in another state.
    pub fn settle_unknown(&self, id: &str, state: UploadState, detail: &str, now: i64) -> BoxFuture<'_, Result<bool>> {
        self.write((id.to_owned(), state, detail.to_owned(), now), |tx, (id, state, detail, now)| {
            Box::pin(async move {
                let sql = "UPDATE upload SET state = $2, detail = $3, finished = $4 WHERE id = $1 AND state = $5";
                Ok(tx.execute(sql, args![id, *state, detail, *now, UploadState::Unknown]).await? == 1)
            })
        })
    }

    /// Settles as accepted the upload over this connection that a status report of the bank names, if its outcome is unknown and
    /// it was received before `received_before`, Unix ms. A message id that the connection has used more than once settles
    /// nothing (docs/protocols/sepa-web-services.md §6.5).
    pub fn settle_by_report(
        &self,
        scope: &FileScope,
        message_id: &str,
        received_before: i64,
        now: i64,
    ) -> BoxFuture<'_, Result<SettledByReport>> {
        self.write((scope.clone(), message_id.to_owned(), received_before, now), |tx, (scope, message_id, before, now)| {
            Box::pin(async move {
                let sql = "SELECT id, state, received FROM upload WHERE api_key = $1 AND connection = $2 AND bank = $3 \
                           AND message_id = $4";
                let values = args![&scope.api_key, &scope.email, &scope.bank, message_id];
                let mut rows = tx.query(sql, values).await?;
                let (Some(mut row), true) = (rows.pop(), rows.is_empty()) else { return Ok(SettledByReport(None)) };
                let (id, state, received) = (row.text()?, row.word(UploadState::parse)?, row.int()?);
                if state != UploadState::Unknown || received >= *before {
                    return Ok(SettledByReport(None));
                }
                let detail = "a status report of the bank names it";
                let sql = "UPDATE upload SET state = $2, detail = $3, finished = $4 WHERE id = $1 AND state = $5";
                tx.execute(sql, args![&id, UploadState::Accepted, detail, *now, UploadState::Unknown]).await?;
                Ok(SettledByReport(Some(id)))
            })
        })
    }

    /// Uploads in a state, oldest first: those that a restarted service still has to process or report.
    pub async fn uploads_in_state(&self, state: UploadState, limit: i64) -> Result<Vec<JournalledUpload>> {
        self.select_uploads(state, "", None, false, limit).await
    }

    /// As [`uploads_in_state`](Self::uploads_in_state), of one bank. With `after` (time of receipt and id of an
    /// upload), only those that follow it.
    pub async fn uploads_to_bank(
        &self,
        state: UploadState,
        bank: &str,
        after: Option<(i64, &str)>,
        limit: i64,
    ) -> Result<Vec<JournalledUpload>> {
        self.select_uploads(state, bank, after, false, limit).await
    }

    /// As [`uploads_to_bank`](Self::uploads_to_bank), of all banks, without those whose bytes are stored: the uploads
    /// that were in transit to a bank. `after` as in that method.
    pub async fn uploads_without_content(
        &self,
        state: UploadState,
        after: Option<(i64, &str)>,
        limit: i64,
    ) -> Result<Vec<JournalledUpload>> {
        self.select_uploads(state, "", after, true, limit).await
    }

    async fn select_uploads(
        &self,
        state: UploadState,
        bank: &str,
        after: Option<(i64, &str)>,
        without_content: bool,
        limit: i64,
    ) -> Result<Vec<JournalledUpload>> {
        let (received, id) = after.unwrap_or((i64::MIN, ""));
        let which = (state, bank.to_owned(), received, id.to_owned(), i64::from(without_content), limit);
        self.database().read(which, |tx, (state, bank, received, id, without_content, limit)| {
            Box::pin(async move {
                let sql = "SELECT id, api_key, connection, bank, email, file_type, file_name, sha256, size, signers, state, detail, \
                           received, finished, path, content FROM upload WHERE state = $1 \
                           AND (CAST($2 AS TEXT) = '' OR bank = $2) AND (received > $3 OR (received = $3 AND id > $4)) \
                           AND (CAST($5 AS BIGINT) = 0 OR (path IS NULL AND content IS NULL)) ORDER BY received, id LIMIT $6";
                let values = args![*state, &*bank, *received, &*id, *without_content, *limit];
                tx.query(sql, values).await?.into_iter().map(read_upload).collect()
            })
        })
        .await
    }

    /// One upload.
    pub fn upload(&self, id: &str) -> BoxFuture<'_, Result<Option<JournalledUpload>>> {
        self.database().read(id.to_owned(), |tx, id| {
            Box::pin(async move {
                let sql = "SELECT id, api_key, connection, bank, email, file_type, file_name, sha256, size, signers, state, detail, \
                           received, finished, path, content FROM upload WHERE id = $1";
                tx.first(sql, args![id]).await?.map(read_upload).transpose()
            })
        })
    }
}

/// The upload that a report has settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettledByReport(pub Option<String>);

impl VerbOutcome for SettledByReport {
    fn outcome(&self) -> &'static str {
        UploadState::Accepted.as_str()
    }

    fn is_recorded(&self) -> bool {
        self.0.is_some()
    }
}

async fn record(tx: &mut WsChannelTx, u: &NewUpload) -> Result<UploadOutcome> {
    if let Some(since) = u.no_duplicate_since {
        let sql = "SELECT id FROM upload WHERE api_key = $1 AND email = $2 AND sha256 = $3 AND received > $4 AND bank = $5 \
                   AND state <> $6 ORDER BY received DESC LIMIT 1";
        let values = args![&u.scope.api_key, &u.email, u.sha256, since, &u.scope.bank, UploadState::Failed];
        if let Some(mut row) = tx.first(sql, values).await? {
            return Ok(UploadOutcome::Duplicate { of: row.text()? });
        }
    }
    let (path, content) = u.content.as_ref().map_or(Ok((ColumnValue::Null, ColumnValue::Null)), content_values)?;
    let sql = "INSERT INTO upload (id, api_key, email, connection, bank, file_type, file_name, sha256, size, signers, state, detail, \
               received, finished, path, content, message_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '', $12, NULL, \
               $13, $14, $15) \
               ON CONFLICT (id) DO NOTHING";
    let values: [ColumnValue; 15] = [
        (&u.id).into(),
        (&u.scope.api_key).into(),
        (&u.email).into(),
        (&u.scope.email).into(),
        (&u.scope.bank).into(),
        (&u.file_type).into(),
        (&u.file_name).into(),
        u.sha256.into(),
        u.size.into(),
        u.signers.join(" ").into(),
        UploadState::Received.into(),
        u.now.into(),
        path,
        content,
        (&u.message_id).into(),
    ];
    if tx.execute(sql, &values).await? == 0 {
        return Err(StoreError::misuse("an upload with this id exists; ids are unique"));
    }
    Ok(UploadOutcome::Recorded)
}

pub(super) async fn finish(
    tx: &mut WsChannelTx,
    id: &str,
    state: UploadState,
    detail: &str,
    now: i64,
) -> Result<Option<Vec<String>>> {
    let sql = "SELECT path FROM upload WHERE id = $1 AND state = $2";
    let Some(mut row) = tx.first(sql, args![id, UploadState::Received]).await? else {
        return Ok(None);
    };
    let path = row.opt_text()?;
    let sql = "UPDATE upload SET state = $2, detail = $3, finished = $4, path = NULL, content = NULL WHERE id = $1";
    tx.execute(sql, args![id, state, detail, now]).await?;
    Ok(Some(path.into_iter().collect()))
}

fn read_upload(mut row: ResultRow) -> Result<JournalledUpload> {
    let id = row.text()?;
    let scope = FileScope { api_key: row.text()?, email: row.text()?, bank: row.text()? };
    let (email, file_type, file_name, sha256, size) =
        (row.text()?, row.text()?, row.text()?, row.digest()?, row.int()?);
    let signers = row.text()?.split_whitespace().map(str::to_owned).collect();
    let (state, detail) = (row.word(UploadState::parse)?, row.text()?);
    let (received, finished) = (row.int()?, row.opt_int()?);
    let content = read_content(size, row.opt_text()?, row.opt_blob()?);
    Ok(JournalledUpload {
        id,
        scope,
        email,
        file_type,
        file_name,
        sha256,
        size,
        signers,
        state,
        detail,
        received,
        finished,
        content,
    })
}
