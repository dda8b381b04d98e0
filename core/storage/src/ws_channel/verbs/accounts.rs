//! Accounts: read, listed for their owner, deleted.

use super::certificates::{read_retired, select_sets};
use super::leftovers::{ErasedAccount, erase_account, forget_counts};
use super::tenants::read_tenant;
use crate::engine::{Result, ResultRow, args};
use crate::ws_channel::{
    AccountListing, AccountRecord, AuthenticationFactor, DeleteOutcome, ModeState, StoredMode, UserCredential,
    WsChannelStore, WsChannelTx,
};
use futures_util::future::BoxFuture;
use std::collections::BTreeMap;

/// Columns that [`read_account`] takes.
pub(super) const ACCOUNT_COLUMNS_LEN: usize = 9;

const SELECT_ACCOUNT: &str = "SELECT a.email, a.api_key, a.name, a.company, a.phone, a.export_allowed, a.linked_to, a.created, \
    CASE WHEN t.owner_email = a.email THEN 1 ELSE 0 END FROM account a JOIN tenant t ON t.api_key = a.api_key WHERE a.email = $1";

const SELECT_CREDENTIAL: &str = "SELECT a.email, a.api_key, a.name, a.company, a.phone, a.export_allowed, a.linked_to, a.created, \
    CASE WHEN t.owner_email = a.email THEN 1 ELSE 0 END, \
    u.password_hash, u.phone_verified, u.email_verified, u.totp_secret, u.totp_last_step, u.preferred_factor, \
    t.api_key, t.owner_email, t.minted_by_operator, t.enabled, t.transfer_enabled, t.waiver, t.rate_class, t.created \
    FROM mode_user u JOIN account a ON a.email = u.email JOIN tenant t ON t.api_key = a.api_key WHERE u.email = $1 AND u.mode = $2";

const SELECT_ACCOUNTS: &str = "SELECT a.email, a.api_key, a.name, a.company, a.phone, a.export_allowed, a.linked_to, a.created, \
    CASE WHEN t.owner_email = a.email THEN 1 ELSE 0 END FROM account a JOIN tenant t ON t.api_key = a.api_key \
    WHERE a.api_key = $1 ORDER BY a.email";

impl WsChannelStore {
    /// One account.
    pub fn account(&self, email: &str) -> BoxFuture<'_, Result<Option<AccountRecord>>> {
        self.database().read(email.to_owned(), |tx, email| {
            Box::pin(async move {
                tx.first(SELECT_ACCOUNT, args![email]).await?.map(|mut row| read_account(&mut row)).transpose()
            })
        })
    }

    /// The data of a mode user that Login, InitPasswordReset and LoginMFA need.
    pub fn credential(&self, email: &str, mode: StoredMode) -> BoxFuture<'_, Result<Option<UserCredential>>> {
        self.database().read((email.to_owned(), mode), |tx, (email, mode)| {
            Box::pin(
                async move { tx.first(SELECT_CREDENTIAL, args![email, *mode]).await?.map(read_credential).transpose() },
            )
        })
    }

    /// ConfigCerts (docs/protocols/ws-channel.md §2.14): forbids export forever. False when there is no such account.
    pub fn disable_export(&self, email: &str) -> BoxFuture<'_, Result<bool>> {
        self.write(email.to_owned(), |tx, email| {
            Box::pin(async move {
                tx.touch_auth();
                Ok(tx.execute("UPDATE account SET export_allowed = 0 WHERE email = $1", args![email]).await? == 1)
            })
        })
    }

    /// ListAccounts (docs/protocols/ws-channel.md §2.24): all accounts of a key by address, the owner included.
    pub fn list_accounts(&self, api_key: &str) -> BoxFuture<'_, Result<Vec<AccountListing>>> {
        self.database().read_snapshot(api_key.to_owned(), |tx, api_key| Box::pin(list(tx, api_key)))
    }

    /// DeleteAccount (docs/protocols/ws-channel.md §2.25): erases users, certificates, keys, files, links in both
    /// directions and, last, the record. Borrowers of its certificates lose them.
    pub fn delete_account(&self, api_key: &str, email: &str) -> BoxFuture<'_, Result<DeleteOutcome>> {
        self.write((api_key.to_owned(), email.to_owned()), |tx, (api_key, email)| Box::pin(delete(tx, api_key, email)))
    }
}

async fn list(tx: &mut WsChannelTx, api_key: &str) -> Result<Vec<AccountListing>> {
    let mut listings = BTreeMap::new();
    for mut row in tx.query(SELECT_ACCOUNTS, args![api_key]).await? {
        let account = read_account(&mut row)?;
        let (admin, data) = (ModeState::default(), ModeState::default());
        let listing = AccountListing { account, admin, data, certs: Vec::new(), retired: Vec::new() };
        listings.insert(listing.account.email.clone(), listing);
    }
    let sql = "SELECT u.email, u.mode, u.phone_verified * u.email_verified FROM mode_user u \
               JOIN account a ON a.email = u.email WHERE a.api_key = $1";
    for mut row in tx.query(sql, args![api_key]).await? {
        let (email, mode, active) = (row.text()?, row.word(StoredMode::parse)?, row.bool()?);
        if let Some(listing) = listings.get_mut(&email) {
            let state = ModeState { registered: true, active };
            match mode {
                StoredMode::Admin => listing.admin = state,
                StoredMode::Data => listing.data = state,
            }
        }
    }
    for set in select_sets(tx, None, Some(api_key)).await?.into_iter().filter(|set| set.signing.is_some()) {
        if let Some(listing) = listings.get_mut(&set.email) {
            listing.certs.push(set);
        }
    }
    let sql = "SELECT r.email, r.name, r.bank, r.purpose, r.pem, r.subject, r.issuer, r.serial, r.not_after, r.retired_at \
               FROM retired_certificate r JOIN account a ON a.email = r.email WHERE a.api_key = $1 \
               ORDER BY r.email, r.retired_at, r.name, r.purpose DESC";
    for row in tx.query(sql, args![api_key]).await? {
        let retired = read_retired(row)?;
        if let Some(listing) = listings.get_mut(&retired.email) {
            listing.retired.push(retired);
        }
    }
    Ok(listings.into_values().collect())
}

async fn delete(tx: &mut WsChannelTx, api_key: &str, email: &str) -> Result<DeleteOutcome> {
    let sql = "SELECT CASE WHEN t.owner_email = a.email THEN 1 ELSE 0 END \
               FROM account a JOIN tenant t ON t.api_key = a.api_key WHERE a.email = $1 AND a.api_key = $2";
    let Some(mut row) = tx.first(sql, args![email, api_key]).await? else {
        return Ok(DeleteOutcome::Absent);
    };
    if row.bool()? {
        return Ok(DeleteOutcome::Owner);
    }
    tx.execute("DELETE FROM invite WHERE email = $1 AND api_key = $2", args![email, api_key]).await?;
    forget_counts(tx, email).await?;
    let ErasedAccount { admin, data, account, content } = erase_account(tx, api_key, email).await?;
    Ok(DeleteOutcome::Deleted { admin, data, account, content })
}

/// Reads [`ACCOUNT_COLUMNS_LEN`] columns.
pub(super) fn read_account(row: &mut ResultRow) -> Result<AccountRecord> {
    Ok(AccountRecord {
        email: row.text()?,
        api_key: row.text()?,
        name: row.text()?,
        company: row.text()?,
        phone: row.text()?,
        export_allowed: row.bool()?,
        linked_to: row.opt_text()?,
        created: row.int()?,
        is_owner: row.bool()?,
    })
}

fn read_credential(mut row: ResultRow) -> Result<UserCredential> {
    Ok(UserCredential {
        account: read_account(&mut row)?,
        password_hash: row.text()?,
        phone_verified: row.bool()?,
        email_verified: row.bool()?,
        totp_secret: row.opt_blob()?,
        totp_last_step: row.int()?,
        preferred_factor: row.opt_word(AuthenticationFactor::parse)?,
        tenant: read_tenant(&mut row)?,
    })
}
