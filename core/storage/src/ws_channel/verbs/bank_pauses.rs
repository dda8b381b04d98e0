//! Banks to which the operator lets no upload go: judged where an upload is journalled, so that it holds for every instance from
//! the commit on.

use super::rights::locking;
use crate::engine::{Result, SqlDialect, StoredRow, args, sql};
use crate::ws_channel::{BankPause, BankPauseOrder, BankPauseOutcome, WsChannelStore, WsChannelTx};
use futures_util::future::BoxFuture;

const SELECT: &str = sql!("SELECT ", BankPause::COLUMNS, " FROM bank_pause WHERE since IS NOT NULL ");

impl WsChannelStore {
    /// The pause of a bank, if it is paused.
    pub fn bank_pause(&self, bank: &str) -> BoxFuture<'_, Result<Option<BankPause>>> {
        self.database().read(bank.to_owned(), |tx, bank| {
            Box::pin(async move { tx.one(sql!(SELECT, "AND bank = $1"), args![bank]).await })
        })
    }

    /// All banks that are paused, by name.
    pub fn bank_pauses(&self) -> BoxFuture<'_, Result<Vec<BankPause>>> {
        self.database().read((), |tx, ()| Box::pin(async move { tx.all(sql!(SELECT, "ORDER BY bank"), &[]).await }))
    }

    /// Pauses or resumes a bank. Uploads that are journalled go on.
    pub fn order_bank(&self, order: BankPauseOrder) -> BoxFuture<'_, Result<BankPauseOutcome>> {
        self.write(order, |tx, order| Box::pin(carry_out(tx, order)))
    }
}

/// The pause of a bank; if there is none, there will be none before the commit.
pub(super) async fn pause_now(tx: &mut WsChannelTx, bank: &str) -> Result<Option<BankPause>> {
    if tx.dialect() == SqlDialect::Postgres {
        // What is not there cannot be locked: each bank has a row from its first upload or pause on.
        let sql = "SELECT 1 FROM bank_pause WHERE bank = $1 FOR SHARE";
        if tx.first(sql, args![bank]).await?.is_none() {
            insert_row(tx, bank).await?;
        }
    }
    tx.one(sql!(SELECT, "AND bank = $1"), args![bank]).await
}

async fn carry_out(tx: &mut WsChannelTx, order: &BankPauseOrder) -> Result<BankPauseOutcome> {
    insert_row(tx, &order.bank).await?;
    let sql = locking!(tx, "SELECT 1 FROM bank_pause WHERE bank = $1", " FOR UPDATE");
    tx.first(sql, args![&order.bank]).await?;
    let now: Option<BankPause> = tx.one(sql!(SELECT, "AND bank = $1"), args![&order.bank]).await?;
    let in_words = |pause: Option<&BankPause>| pause.map_or("not paused".to_owned(), order.describe);
    match (&now, &order.pause) {
        (Some(now), Some(_)) => return Ok(BankPauseOutcome::Paused(now.clone())),
        (None, None) => return Ok(BankPauseOutcome::NotPaused),
        _ => {}
    }
    let pause = order.pause.as_ref();
    let (since, reason) = (pause.map(|pause| pause.since), pause.map(|pause| &*pause.reason).unwrap_or_default());
    let by_whom = pause.map(|pause| &*pause.by_whom).unwrap_or_default();
    let sql = "UPDATE bank_pause SET since = $2, reason = $3, by_whom = $4 WHERE bank = $1";
    tx.execute(sql, args![&order.bank, since, reason, by_whom]).await?;
    Ok(BankPauseOutcome::Done { before: in_words(now.as_ref()), after: in_words(pause) })
}

async fn insert_row(tx: &mut WsChannelTx, bank: &str) -> Result<()> {
    let sql =
        "INSERT INTO bank_pause (bank, since, reason, by_whom) VALUES ($1, NULL, '', '') ON CONFLICT (bank) DO NOTHING";
    tx.execute(sql, args![bank]).await.map(drop)
}
