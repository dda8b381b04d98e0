//! Counts rows for an operator: reads only, by indexes.

use crate::engine::{Result, SqlDialect, args};
use crate::ws_channel::{ServiceSample, WsChannelStore, WsChannelTx};
use futures_util::future::BoxFuture;

impl WsChannelStore {
    /// Counts what an operator watches. A set counts as overdue this many milliseconds after it was due.
    pub fn sample(&self, now: i64, tolerance: i64) -> BoxFuture<'_, Result<ServiceSample>> {
        self.database().read_snapshot((now, tolerance), |tx, (now, tolerance)| Box::pin(sample(tx, *now, *tolerance)))
    }
}

async fn sample(tx: &mut WsChannelTx, now: i64, tolerance: i64) -> Result<ServiceSample> {
    let uploads = "SELECT bank, state, COUNT(*), MIN(received), MAX(COALESCE(finished, received)) FROM upload WHERE state IN ('received', 'unknown') \
                   GROUP BY bank, state ORDER BY bank, state";
    let certificates =
        "SELECT bank, state, COUNT(*), MIN(first_expiry) FROM cert_set GROUP BY bank, state ORDER BY bank, state";
    let sessions = "SELECT mode, COUNT(*) FROM session WHERE expires > $1 GROUP BY mode ORDER BY mode";
    let overdue = "SELECT COUNT(*) FROM cert_set WHERE due IS NOT NULL AND due > 0 AND due < $1";
    let notices = "SELECT channel, COUNT(*), MIN(created) FROM notice GROUP BY channel ORDER BY channel";
    let checkpoint = "SELECT at FROM audit_checkpoint ORDER BY number DESC LIMIT 1";
    Ok(ServiceSample {
        accounts: tx.number("SELECT COUNT(*) FROM account", &[]).await?,
        sessions: tx.all(sessions, args![now]).await?,
        locked: tx.number("SELECT COUNT(*) FROM lockout WHERE until > $1", args![now]).await?,
        uploads: tx.all(uploads, &[]).await?,
        certificates: tx.all(certificates, &[]).await?,
        overdue: tx.number(overdue, args![now - tolerance]).await?,
        untold: tx
            .number("SELECT COUNT(*) FROM upload WHERE tell_at IS NOT NULL AND tell_at <= $1", args![now])
            .await?,
        notices: tx.all(notices, &[]).await?,
        checkpoint_at: tx.one(checkpoint, &[]).await?,
        server_time: match tx.dialect() {
            SqlDialect::Sqlite => None,
            SqlDialect::Postgres => Some(
                tx.number("SELECT CAST(floor(extract(epoch FROM clock_timestamp()) * 1000) AS BIGINT)", &[]).await?,
            ),
        },
    })
}
