//! Counts rows for an operator: reads only.

use crate::engine::Result;
use crate::salt_edge_connector::{ConnectorSample, ConnectorStore};
use futures_util::future::BoxFuture;

impl ConnectorStore {
    /// Counts what an operator watches.
    pub fn sample(&self) -> BoxFuture<'_, Result<ConnectorSample>> {
        Box::pin(async move {
            let sample = self.read_snapshot((), |tx, ()| {
                Box::pin(async move {
                    let callbacks = "SELECT state, COUNT(*), MIN(created_at) FROM callback \
                                     WHERE state IN ('waiting', 'stopped') GROUP BY state ORDER BY state";
                    Ok(ConnectorSample {
                        sessions: tx.number("SELECT COUNT(*) FROM session WHERE ended_at IS NULL", &[]).await?,
                        tokens: tx.all("SELECT state, COUNT(*) FROM token GROUP BY state ORDER BY state", &[]).await?,
                        tasks: tx.number("SELECT COUNT(*) FROM task", &[]).await?,
                        oldest_task: tx.one::<Option<i64>>("SELECT MIN(due_at) FROM task", &[]).await?.flatten(),
                        callbacks: tx.all(callbacks, &[]).await?,
                        server_time: None,
                    })
                })
            });
            Ok(ConnectorSample { server_time: self.server_time().await?, ..sample.await? })
        })
    }
}
