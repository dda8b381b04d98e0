//! The replay cache of login challenges (docs/protocols/ws-channel.md §3.2, S1), shared by all instances.

use crate::engine::{Result, args};
use crate::ws_channel::WsChannelStore;
use futures_util::future::BoxFuture;

impl WsChannelStore {
    /// Marks a challenge as used. True for exactly one of any number of callers. It is kept until `expires` (Unix ms),
    /// which must be after the challenge's own expiry.
    pub fn consume_challenge(&self, uuid: &str, expires: i64) -> BoxFuture<'_, Result<bool>> {
        self.write((uuid.to_owned(), expires), |tx, (uuid, expires)| {
            Box::pin(async move {
                let sql = "INSERT INTO used_challenge (uuid, expires) VALUES ($1, $2) ON CONFLICT (uuid) DO NOTHING";
                let inserted = tx.execute(sql, args![uuid, *expires]).await?;
                Result::Ok(inserted == 1)
            })
        })
    }
}
