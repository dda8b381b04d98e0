//! Erasing all data: for tests and demonstrations.

use crate::engine::Result;
use crate::ws_channel::{WsChannelStore, WsChannelTx};
use futures_util::future::BoxFuture;

/// Children before their parents. The audit trail stays and records the erasure.
const ERASE: &[&str] = &[
    "DELETE FROM code",
    "DELETE FROM attempt",
    "DELETE FROM lockout",
    "DELETE FROM used_challenge",
    "DELETE FROM pending_auth",
    "DELETE FROM session",
    "DELETE FROM bank_file",
    "DELETE FROM upload",
    "DELETE FROM ledger",
    "DELETE FROM pgp_key",
    "DELETE FROM code_attempt",
    "DELETE FROM code_alert",
    "DELETE FROM notice",
    "DELETE FROM alert",
    "DELETE FROM user_id_permit",
    "DELETE FROM certificate_pair",
    "DELETE FROM cert_set",
    "DELETE FROM retired_certificate",
    "DELETE FROM mode_user",
    "DELETE FROM link_offer",
    "UPDATE account SET linked_to = NULL",
    "DELETE FROM account",
    "DELETE FROM invite",
    "DELETE FROM entitlement",
    "DELETE FROM tenant",
    "DELETE FROM bank_pause",
];

impl WsChannelStore {
    /// Erases everything except the audit trail. Returns the content files that no row names any more: hand them to
    /// [`WsChannelStore::discard_content`].
    pub fn erase_all(&self) -> BoxFuture<'_, Result<Vec<String>>> {
        self.write((), |tx, ()| Box::pin(erase(tx)))
    }
}

async fn erase(tx: &mut WsChannelTx) -> Result<Vec<String>> {
    let sql =
        "SELECT path FROM bank_file WHERE path IS NOT NULL UNION ALL SELECT path FROM upload WHERE path IS NOT NULL";
    let content = tx.all(sql, &[]).await?;
    for email in tx.all::<String>("SELECT email FROM account", &[]).await? {
        tx.touch_files(&email);
    }
    for sql in ERASE {
        tx.execute(sql, &[]).await?;
    }
    tx.touch_auth();
    Ok(content)
}
