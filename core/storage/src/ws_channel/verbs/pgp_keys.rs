//! PGP keys of an account (docs/protocols/ws-channel.md §7).

use crate::engine::{Result, StoredRow, args, sql};
use crate::ws_channel::{AddKeyOutcome, NewPgpKey, PgpPurpose, StoredPgpKey, WsChannelStore, WsChannelTx};
use futures_util::future::BoxFuture;

/// Limit of keys per account (docs/protocols/ws-channel.md §7).
pub const PGP_KEYS_PER_ACCOUNT: i64 = 20;

impl WsChannelStore {
    /// Adds a key.
    pub fn add_pgp_key(&self, new: NewPgpKey) -> BoxFuture<'_, Result<AddKeyOutcome>> {
        self.write(new, |tx, new| Box::pin(add(tx, new)))
    }

    /// The account's keys, oldest first.
    pub fn pgp_keys(&self, email: &str) -> BoxFuture<'_, Result<Vec<StoredPgpKey>>> {
        self.database().read(email.to_owned(), |tx, email| Box::pin(select(tx, email)))
    }

    /// Removes the key with this short id (case-insensitive); returns the remaining keys, or `None` when there is no
    /// such key.
    pub fn delete_pgp_key(&self, email: &str, short_id: &str) -> BoxFuture<'_, Result<Option<Vec<StoredPgpKey>>>> {
        self.write((email.to_owned(), short_id.to_ascii_uppercase()), |tx, (email, short_id)| {
            Box::pin(async move {
                let sql = "DELETE FROM pgp_key WHERE email = $1 AND short_id = $2";
                if tx.execute(sql, args![email, short_id]).await? == 0 {
                    return Ok(None);
                }
                tx.touch_auth();
                select(tx, email).await.map(Some)
            })
        })
    }
}

async fn add(tx: &mut WsChannelTx, new: &NewPgpKey) -> Result<AddKeyOutcome> {
    let key = &new.key;
    if tx.number("SELECT count(*) FROM account WHERE email = $1", args![&new.email]).await? == 0 {
        return Ok(AddKeyOutcome::NoAccount);
    }
    let sql = "SELECT fingerprint, purpose FROM pgp_key WHERE email = $1 AND (fingerprint = $2 OR short_id = $3) \
               ORDER BY CASE WHEN fingerprint = $2 THEN 0 ELSE 1 END";
    let same: Option<(String, PgpPurpose)> = tx.one(sql, args![&new.email, &key.fingerprint, &key.short_id]).await?;
    if let Some((fingerprint, purpose)) = same {
        return Ok(match (fingerprint == key.fingerprint, purpose == key.purpose) {
            (false, _) => AddKeyOutcome::ShortIdTaken,
            (true, true) => AddKeyOutcome::Unchanged,
            (true, false) => AddKeyOutcome::OtherPurpose,
        });
    }
    if tx.number("SELECT count(*) FROM pgp_key WHERE email = $1", args![&new.email]).await? >= PGP_KEYS_PER_ACCOUNT {
        return Ok(AddKeyOutcome::TooMany);
    }
    let sql =
        "INSERT INTO pgp_key (email, fingerprint, short_id, purpose, armored, added) VALUES ($1, $2, $3, $4, $5, $6)";
    tx.execute(sql, args![&new.email, &key.fingerprint, &key.short_id, key.purpose, &key.armored, key.added]).await?;
    tx.touch_auth();
    Ok(AddKeyOutcome::Added)
}

async fn select(tx: &mut WsChannelTx, email: &str) -> Result<Vec<StoredPgpKey>> {
    let sql = sql!("SELECT ", StoredPgpKey::COLUMNS, " FROM pgp_key WHERE email = $1 ORDER BY added, fingerprint");
    tx.all(sql, args![email]).await
}
