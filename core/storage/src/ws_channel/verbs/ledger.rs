//! The simulator's balances: payments are computed outside and booked only if no other change came first.

use super::files::insert_files;
use super::uploads::finish;
use crate::engine::{Result, StoredRow, args, sql};
use crate::ws_channel::{
    BookOutcome, FileScope, NewLedger, ProcessedUpload, SimulatorLedger, UploadEnd, WsChannelStore, WsChannelTx,
};
use futures_util::future::BoxFuture;

impl WsChannelStore {
    /// All balances of a connection, by IBAN.
    pub fn ledgers(&self, scope: &FileScope) -> BoxFuture<'_, Result<Vec<SimulatorLedger>>> {
        self.database().read(scope.clone(), |tx, s| {
            Box::pin(async move {
                let sql = sql!(
                    "SELECT ",
                    SimulatorLedger::COLUMNS,
                    " FROM ledger WHERE api_key = $1 AND email = $2 AND bank = $3 ORDER BY iban"
                );
                tx.all(sql, args![&s.api_key, &s.email, &s.bank]).await
            })
        })
    }

    /// Whether a processed payment file of this connection has this message id.
    pub fn has_message(&self, scope: &FileScope, message_id: &str) -> BoxFuture<'_, Result<bool>> {
        self.database().read((scope.clone(), message_id.to_owned()), |tx, (scope, id)| {
            Box::pin(async move { has_message_id(tx, scope, id).await })
        })
    }

    /// Adds a bank account with a balance, or sets the balance of an existing one (its statement number stays).
    pub fn fund_ledger(&self, scope: &FileScope, ledger: NewLedger) -> BoxFuture<'_, Result<()>> {
        self.write((scope.clone(), ledger), |tx, (scope, ledger)| Box::pin(upsert(tx, scope, ledger)))
    }

    /// Adds a connection's first bank account; nothing changes if it has any, or if there is no such account.
    pub fn open_ledger(&self, scope: &FileScope, ledger: NewLedger) -> BoxFuture<'_, Result<()>> {
        self.write((scope.clone(), ledger), |tx, (s, ledger)| {
            Box::pin(async move {
                let sql = "SELECT count(*) FROM account WHERE email = $1 AND api_key = $2";
                if tx.number(sql, args![&s.email, &s.api_key]).await? == 0 {
                    return Ok(());
                }
                let sql = "SELECT count(*) FROM ledger WHERE api_key = $1 AND email = $2 AND bank = $3";
                if tx.number(sql, args![&s.api_key, &s.email, &s.bank]).await? > 0 {
                    return Ok(());
                }
                upsert(tx, s, ledger).await
            })
        })
    }

    /// Books a processed upload: journal, balances and files in one transaction, once.
    ///
    /// # Errors
    /// Environment faults; [`StoreError::Misuse`](crate::engine::StoreError::Misuse) for a taken reference or oversized content.
    pub fn book(&self, booking: ProcessedUpload) -> BoxFuture<'_, Result<BookOutcome>> {
        self.write(booking, |tx, b| {
            Box::pin(async move {
                // Checked before anything changes: a verb with the result "nothing changed" must not have written.
                let sql = "SELECT version FROM ledger WHERE api_key = $1 AND email = $2 AND bank = $3 AND iban = $4";
                for change in &b.changes {
                    let values = args![&b.scope.api_key, &b.scope.email, &b.scope.bank, &change.iban];
                    if tx.one(sql, values).await? != Some(change.expected_version) {
                        return Ok(BookOutcome::Stale);
                    }
                }
                if let Some(id) = &b.message_id
                    && has_message_id(tx, &b.scope, id).await?
                {
                    return Ok(BookOutcome::Stale);
                }
                if finish(tx, &b.upload_id, &UploadEnd::answered(b.state, &*b.detail, ""), b.now).await?.is_none() {
                    return Ok(BookOutcome::NotWaiting);
                }
                if let Some(id) = &b.message_id {
                    let sql = "UPDATE upload SET message_id = $2 WHERE id = $1";
                    tx.execute(sql, args![&b.upload_id, id]).await?;
                }
                for change in &b.changes {
                    let sql = "UPDATE ledger SET balance_cents = $5, statement = $6, version = version + 1 \
                               WHERE api_key = $1 AND email = $2 AND bank = $3 AND iban = $4";
                    let s = &b.scope;
                    let values =
                        args![&s.api_key, &s.email, &s.bank, &change.iban, change.balance_cents, change.statement];
                    tx.execute(sql, values).await?;
                }
                insert_files(tx, &b.scope, &b.files).await?;
                Ok(BookOutcome::Booked)
            })
        })
    }
}

async fn has_message_id(tx: &mut WsChannelTx, s: &FileScope, message_id: &str) -> Result<bool> {
    let sql = "SELECT count(*) FROM upload WHERE api_key = $1 AND connection = $2 AND bank = $3 AND message_id = $4";
    Ok(tx.number(sql, args![&s.api_key, &s.email, &s.bank, message_id]).await? > 0)
}

/// A new enrolment starts with new balances.
pub(super) async fn reset_ledgers(tx: &mut WsChannelTx, s: &FileScope, ledgers: &[NewLedger]) -> Result<()> {
    let sql = "DELETE FROM ledger WHERE api_key = $1 AND email = $2 AND bank = $3";
    tx.execute(sql, args![&s.api_key, &s.email, &s.bank]).await?;
    for ledger in ledgers {
        upsert(tx, s, ledger).await?;
    }
    Ok(())
}

async fn upsert(tx: &mut WsChannelTx, s: &FileScope, ledger: &NewLedger) -> Result<()> {
    let sql = "INSERT INTO ledger (api_key, email, bank, iban, balance_cents, statement, version) VALUES ($1, $2, $3, $4, $5, $6, 1) \
               ON CONFLICT (api_key, email, bank, iban) DO UPDATE SET balance_cents = excluded.balance_cents, \
               version = ledger.version + 1";
    let values = args![&s.api_key, &s.email, &s.bank, &ledger.iban, ledger.balance_cents, ledger.statement];
    tx.execute(sql, values).await?;
    Ok(())
}
