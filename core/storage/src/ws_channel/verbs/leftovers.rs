//! Data stored under an address: erased with its account, cleared before a new account takes the address, and removed
//! when it has no account.

use super::links;
use super::maintenance::HOUSEKEEPING_LIMIT;
use super::registration::remove_user;
use super::sessions::SOURCE_SCOPE;
use crate::engine::{Result, args};
use crate::ws_channel::{StoredMode, WsChannelStore, WsChannelTx};

/// Tables with rows that name an account by tenant and address without a foreign key.
const OWNERS: &[&str] = &[
    "SELECT DISTINCT o.api_key, o.email FROM bank_file o \
     WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.email = o.email AND a.api_key = o.api_key)",
    "SELECT DISTINCT o.api_key, o.email FROM ledger o \
     WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.email = o.email AND a.api_key = o.api_key)",
    "SELECT DISTINCT o.api_key, o.email FROM upload o \
     WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.email = o.email AND a.api_key = o.api_key)",
    "SELECT DISTINCT o.api_key, o.connection FROM upload o \
     WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.email = o.connection AND a.api_key = o.api_key)",
];

/// Counters whose subject is an address followed by more text.
const COUNTED_UNDER_MORE: &[&str] = &["code.tries.verify_phone", "code.tries.password_reset", SOURCE_SCOPE];

impl WsChannelStore {
    /// Removes files, uploads and balances of accounts that do not exist. Returns the content files that no row names
    /// any more: hand them to [`WsChannelStore::discard_content`].
    pub async fn remove_leftovers(&self) -> Result<Vec<String>> {
        // Searched outside the writer: this reads whole tables.
        let found = self
            .database()
            .read_snapshot((), |tx, ()| {
                Box::pin(async move {
                    tx.allow(HOUSEKEEPING_LIMIT).await?;
                    find(tx).await
                })
            })
            .await?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        self.write(found, |tx, found| {
            Box::pin(async move {
                tx.allow(HOUSEKEEPING_LIMIT).await?;
                let mut content = Vec::new();
                for (api_key, email) in found {
                    let sql = "SELECT count(*) FROM account WHERE email = $1 AND api_key = $2";
                    if tx.number(sql, args![email, api_key]).await? == 0 {
                        content.append(&mut clear_bank(tx, api_key, email).await?);
                    }
                }
                Ok(content)
            })
        })
        .await
    }
}

async fn find(tx: &mut WsChannelTx) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for sql in OWNERS {
        for owner in tx.all(sql, &[]).await? {
            if !found.contains(&owner) {
                found.push(owner);
            }
        }
    }
    Ok(found)
}

/// The result of [`erase_account`].
pub(super) struct ErasedAccount {
    pub(super) admin: bool,
    pub(super) data: bool,
    pub(super) account: bool,
    /// Content files that no row names any more.
    pub(super) content: Vec<String>,
}

/// Erases an account and all its data; its record last. Links to it are removed.
pub(super) async fn erase_account(tx: &mut WsChannelTx, api_key: &str, email: &str) -> Result<ErasedAccount> {
    let admin = remove_user(tx, email, StoredMode::Admin).await?;
    let data = remove_user(tx, email, StoredMode::Data).await?;
    links::cut(tx, email).await?;
    tx.execute("DELETE FROM pgp_key WHERE email = $1", args![email]).await?;
    tx.execute("DELETE FROM cert_set WHERE email = $1", args![email]).await?;
    tx.execute("DELETE FROM retired_certificate WHERE email = $1", args![email]).await?;
    let content = clear_bank(tx, api_key, email).await?;
    let account = tx.execute("DELETE FROM account WHERE email = $1", args![email]).await? == 1;
    Ok(ErasedAccount { admin, data, account, content })
}

/// Clears wrong tries and quotas that are counted under an address.
pub(super) async fn forget_counts(tx: &mut WsChannelTx, email: &str) -> Result<()> {
    let subjects = [
        email.to_owned(),
        format!("{email} {}", StoredMode::Admin.as_str()),
        format!("{email} {}", StoredMode::Data.as_str()),
    ];
    for subject in subjects {
        tx.execute("DELETE FROM attempt WHERE subject = $1", args![&subject]).await?;
        tx.execute("DELETE FROM lockout WHERE subject = $1", args![&subject]).await?;
    }
    // Subjects with an address and more: addresses contain no space, and `!` follows the space in the order of bytes.
    let (first, end) = (format!("{email} "), format!("{email}!"));
    for scope in COUNTED_UNDER_MORE {
        let sql = "DELETE FROM attempt WHERE scope = $1 AND subject >= $2 AND subject < $3";
        tx.execute(sql, args![*scope, &first, &end]).await?;
    }
    Ok(())
}

/// Removes files and uploads that are older than the account: an earlier account with the address left them. Their
/// content files are removed with later leftovers.
pub(super) async fn clear_older(tx: &mut WsChannelTx, api_key: &str, email: &str) -> Result<()> {
    for sql in [
        "DELETE FROM bank_file WHERE api_key = $1 AND email = $2 \
         AND created < (SELECT a.created FROM account a WHERE a.email = $2)",
        "DELETE FROM upload WHERE api_key = $1 AND (email = $2 OR connection = $2) \
         AND received < (SELECT a.created FROM account a WHERE a.email = $2)",
    ] {
        if tx.execute(sql, args![api_key, email]).await? > 0 {
            tx.touch_files(email);
        }
    }
    Ok(())
}

/// Removes files, uploads and balances under an address that an earlier account may have left.
pub(super) async fn clear_bank(tx: &mut WsChannelTx, api_key: &str, email: &str) -> Result<Vec<String>> {
    let mut content = Vec::new();
    for sql in [
        "SELECT path FROM bank_file WHERE api_key = $1 AND email = $2 AND path IS NOT NULL",
        "SELECT path FROM upload WHERE api_key = $1 AND (email = $2 OR connection = $2) AND path IS NOT NULL",
    ] {
        content.extend(tx.all::<String>(sql, args![api_key, email]).await?);
    }
    for sql in [
        "DELETE FROM bank_file WHERE api_key = $1 AND email = $2",
        "DELETE FROM upload WHERE api_key = $1 AND (email = $2 OR connection = $2)",
        "DELETE FROM ledger WHERE api_key = $1 AND email = $2",
    ] {
        tx.execute(sql, args![api_key, email]).await?;
    }
    tx.touch_files(email);
    Ok(content)
}
