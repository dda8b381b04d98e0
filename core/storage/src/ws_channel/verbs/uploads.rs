//! The upload journal: nothing acknowledged is lost, nothing is processed twice.

use super::bank_pauses::pause_now;
use super::files::content_values;
use crate::engine::{ColumnValue, Result, StoreError, StoredRow, args, sql};
use crate::ws_channel::{
    FileScope, JournalledUpload, NewUpload, UploadEnd, UploadOutcome, UploadState, VerbOutcome, WsChannelStore,
    WsChannelTx,
};
use futures_util::future::BoxFuture;

/// How long one instance has to tell a customer the ends that it has taken.
pub const TELLING_MS: i64 = 60_000;

const SELECT: &str = sql!("SELECT ", JournalledUpload::COLUMNS, " FROM upload ");

impl WsChannelStore {
    /// Journals an upload in state `received`. Call it before the upload is sent to the bank or acknowledged to the
    /// caller.
    ///
    /// # Errors
    /// Environment faults; [`StoreError::Misuse`] for content or an id that breaks the rules.
    pub fn record_upload(&self, upload: NewUpload) -> BoxFuture<'_, Result<UploadOutcome>> {
        self.write(upload, |tx, upload| Box::pin(record(tx, upload)))
    }

    /// Ends an upload that is in state `received`, or one that is unknown and of which the bank's own answer has come after
    /// all, and removes its stored bytes. `None` when it is in another state or absent; otherwise the content to hand to
    /// [`WsChannelStore::discard_content`].
    pub fn finish_upload(&self, id: &str, end: UploadEnd, now: i64) -> BoxFuture<'_, Result<Option<Vec<String>>>> {
        self.write((id.to_owned(), end, now), |tx, (id, end, now)| Box::pin(finish(tx, id, end, *now)))
    }

    /// Settles an upload whose outcome is unknown, as a person has found out; the customer is told the reason. False when
    /// it is in another state.
    pub fn settle_unknown(&self, id: &str, state: UploadState, reason: &str, now: i64) -> BoxFuture<'_, Result<bool>> {
        self.write((id.to_owned(), state, reason.to_owned(), now), |tx, (id, state, reason, now)| {
            Box::pin(async move { settle(tx, id, *state, reason, *now).await })
        })
    }

    /// Allows the bytes of an upload whose outcome is unknown to be sent once more; it stays unknown. False when it is in
    /// another state.
    pub fn allow_repeat(&self, id: &str) -> BoxFuture<'_, Result<bool>> {
        self.write(id.to_owned(), |tx, id| {
            Box::pin(async move {
                let sql = "UPDATE upload SET may_repeat = 1 WHERE id = $1 AND state = $2";
                Ok(tx.execute(sql, args![id, UploadState::Unknown]).await? == 1)
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
                let mut rows: Vec<(String, UploadState, i64)> = tx.all(sql, values).await?;
                let (Some((id, state, received)), true) = (rows.pop(), rows.is_empty()) else {
                    return Ok(SettledByReport(None));
                };
                if state != UploadState::Unknown || received >= *before {
                    return Ok(SettledByReport(None));
                }
                settle(tx, &id, UploadState::Accepted, "a status report of the bank names it", *now).await?;
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
                let sql = sql!(SELECT, "WHERE state = $1 AND (CAST($2 AS TEXT) = '' OR bank = $2) AND (received > $3 OR (received = $3 AND id > $4)) \
                     AND (CAST($5 AS BIGINT) = 0 OR (path IS NULL AND content IS NULL)) ORDER BY received, id LIMIT $6"
                );
                let values = args![*state, &*bank, *received, &*id, *without_content, *limit];
                tx.all(sql, values).await
            })
        })
        .await
    }

    /// The newest uploads that an account has made to a bank, oldest first.
    pub fn uploads_of(&self, account: &FileScope, limit: i64) -> BoxFuture<'_, Result<Vec<JournalledUpload>>> {
        self.database().read((account.clone(), limit), |tx, (account, limit)| {
            Box::pin(async move {
                let sql =
                    sql!(SELECT, "WHERE api_key = $1 AND email = $2 AND bank = $3 ORDER BY received DESC LIMIT $4");
                let values = args![&account.api_key, &account.email, &account.bank, *limit];
                let mut all: Vec<JournalledUpload> = tx.all(sql, values).await?;
                all.reverse();
                Ok(all)
            })
        })
    }

    /// Takes uploads of whose state the customer is to be told now. Each is given out again after [`TELLING_MS`], unless
    /// [`note_told`](Self::note_told) says that it was told.
    pub async fn take_untold(&self, now: i64, limit: i64) -> Result<Vec<JournalledUpload>> {
        // Looked for outside the writer: mostly there is none.
        let due = self.database().read(now, |tx, now| {
            Box::pin(async move { tx.number("SELECT count(*) FROM upload WHERE tell_at <= $1", args![*now]).await })
        });
        if due.await? == 0 {
            return Ok(Vec::new());
        }
        self.write((now, limit), |tx, (now, limit)| {
            Box::pin(async move {
                let sql = sql!(SELECT, "WHERE tell_at <= $1 ORDER BY tell_at, id LIMIT $2");
                let all: Vec<JournalledUpload> = tx.all(sql, args![*now, *limit]).await?;
                for upload in &all {
                    let sql = "UPDATE upload SET tell_at = $2 WHERE id = $1";
                    tx.execute(sql, args![&upload.id, *now + TELLING_MS]).await?;
                }
                Ok(all)
            })
        })
        .await
    }

    /// Records that the customer was told of an upload's state, which was taken at this time. False if its state has
    /// changed since: it is told again.
    pub fn note_told(&self, id: &str, taken: i64) -> BoxFuture<'_, Result<bool>> {
        self.write((id.to_owned(), taken), |tx, (id, taken)| {
            Box::pin(async move {
                let sql = "UPDATE upload SET tell_at = NULL WHERE id = $1 AND tell_at = $2";
                Ok(tx.execute(sql, args![id, *taken + TELLING_MS]).await? == 1)
            })
        })
    }

    /// One upload.
    pub fn upload(&self, id: &str) -> BoxFuture<'_, Result<Option<JournalledUpload>>> {
        self.database().read(id.to_owned(), |tx, id| {
            Box::pin(async move {
                let sql = sql!(SELECT, "WHERE id = $1");
                tx.one(sql, args![id]).await
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
    if let Some(pause) = pause_now(tx, &u.scope.bank).await? {
        return Ok(UploadOutcome::Paused(pause));
    }
    if u.content.is_none() && !u.send_anyway {
        // Of this uploader, or over this connection: in either case the same money.
        let sql = "SELECT id, may_repeat FROM upload WHERE sha256 = $1 AND bank = $2 AND api_key = $3 \
                   AND (email = $4 OR connection = $5) \
                   AND (state = $6 OR (state = $7 AND path IS NULL AND content IS NULL)) ORDER BY received DESC, id DESC";
        let (unknown, received) = (UploadState::Unknown, UploadState::Received);
        let values = args![u.sha256, &u.scope.bank, &u.scope.api_key, &u.email, &u.scope.email, unknown, received];
        let mut allowed = Vec::new();
        for (of, may_repeat) in tx.all::<(String, bool)>(sql, values).await? {
            if !may_repeat {
                return Ok(UploadOutcome::Unsettled { of });
            }
            allowed.push(of);
        }
        // The operator's word was for one.
        for id in allowed {
            tx.execute("UPDATE upload SET may_repeat = 0 WHERE id = $1", args![&id]).await?;
        }
    }
    if let Some(since) = u.no_duplicate_since {
        let sql = "SELECT id FROM upload WHERE api_key = $1 AND email = $2 AND sha256 = $3 AND received > $4 AND bank = $5 \
                   AND state <> $6 ORDER BY received DESC LIMIT 1";
        let values = args![&u.scope.api_key, &u.email, u.sha256, since, &u.scope.bank, UploadState::Failed];
        if let Some(of) = tx.one(sql, values).await? {
            return Ok(UploadOutcome::Duplicate { of });
        }
    }
    let (path, content) = u.content.as_ref().map_or(Ok((ColumnValue::Null, ColumnValue::Null)), content_values)?;
    let sql = "INSERT INTO upload (id, api_key, email, connection, bank, file_type, file_name, sha256, size, signers, state, detail, \
               received, finished, path, content, message_id, customer_id, request_id, request_timestamp) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '', $12, NULL, $13, $14, $15, $16, $17, $18) \
               ON CONFLICT (id) DO NOTHING";
    let at_bank = u.at_bank.as_ref();
    let values: [ColumnValue; 18] = [
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
        (&at_bank.map(|at| at.customer_id.clone())).into(),
        (&at_bank.map(|at| at.request_id.clone())).into(),
        (&at_bank.map(|at| at.request_timestamp.clone())).into(),
    ];
    if tx.execute(sql, &values).await? == 0 {
        return Err(StoreError::misuse("an upload with this id exists; ids are unique"));
    }
    Ok(UploadOutcome::Recorded)
}

pub(super) async fn finish(tx: &mut WsChannelTx, id: &str, end: &UploadEnd, now: i64) -> Result<Option<Vec<String>>> {
    let sql = "SELECT path, state FROM upload WHERE id = $1";
    let Some((path, state)) = tx.one::<(Option<String>, UploadState)>(sql, args![id]).await? else { return Ok(None) };
    let was_unknown = state == UploadState::Unknown;
    let settles = was_unknown && matches!(end.state, UploadState::Accepted | UploadState::Failed);
    if state != UploadState::Received && !settles {
        return Ok(None);
    }
    let tell_at = (end.is_to_be_told || settles).then_some(now);
    let sql = "UPDATE upload SET state = $2, detail = $3, finished = $4, path = NULL, content = NULL, message = $5, \
               tell_at = $6 WHERE id = $1";
    tx.execute(sql, args![id, end.state, &end.detail, now, &end.message, tell_at]).await?;
    Ok(Some(path.into_iter().collect()))
}

/// Ends an upload that is unknown; the customer is to be told.
async fn settle(tx: &mut WsChannelTx, id: &str, state: UploadState, reason: &str, now: i64) -> Result<bool> {
    let sql = "UPDATE upload SET state = $2, detail = $3, message = $3, finished = $4, tell_at = $4 WHERE id = $1 AND state = $5";
    Ok(tx.execute(sql, args![id, state, reason, now, UploadState::Unknown]).await? == 1)
}
