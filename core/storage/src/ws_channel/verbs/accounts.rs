//! Accounts: read, listed for their owner, deleted.

use super::account_orders::is_disabled;
use super::certificates::{SELECT_RETIRED, select_sets};
use super::leftovers::{ErasedAccount, erase_account, forget_counts};
use crate::engine::{Result, StoredRow, args, sql};
use crate::ws_channel::{
    AccountListing, AccountRecord, DeleteOutcome, ModeState, RetiredCertificateRow, StoredMode, UserCredential,
    WsChannelStore, WsChannelTx,
};
use futures_util::future::BoxFuture;
use std::collections::BTreeMap;

const SELECT_ACCOUNT: &str =
    sql!("SELECT ", AccountRecord::COLUMNS, " FROM account a JOIN tenant t ON t.api_key = a.api_key ");

impl WsChannelStore {
    /// One account.
    pub fn account(&self, email: &str) -> BoxFuture<'_, Result<Option<AccountRecord>>> {
        self.database().read(email.to_owned(), |tx, email| {
            Box::pin(async move { tx.one(sql!(SELECT_ACCOUNT, "WHERE a.email = $1"), args![email]).await })
        })
    }

    /// The data of a mode user that Login, InitPasswordReset and LoginMFA need. A disabled account has none, as an unknown
    /// address: strangers cannot tell the two apart.
    pub fn credential(&self, email: &str, mode: StoredMode) -> BoxFuture<'_, Result<Option<UserCredential>>> {
        self.database().read((email.to_owned(), mode), |tx, (email, mode)| {
            Box::pin(async move {
                let sql = sql!(
                    "SELECT ",
                    UserCredential::COLUMNS,
                    " FROM mode_user u JOIN account a ON a.email = u.email JOIN tenant t ON t.api_key = a.api_key \
                     WHERE u.email = $1 AND u.mode = $2 AND a.disabled_at IS NULL"
                );
                tx.one(sql, args![email, *mode]).await
            })
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
        self.write((api_key.to_owned(), email.to_owned()), |tx, (api_key, email)| {
            Box::pin(delete(tx, (api_key, email), AccountDeleter::Owner))
        })
    }
}

async fn list(tx: &mut WsChannelTx, api_key: &str) -> Result<Vec<AccountListing>> {
    let mut listings = BTreeMap::new();
    let sql = sql!(SELECT_ACCOUNT, "WHERE a.api_key = $1 ORDER BY a.email");
    for account in tx.all::<AccountRecord>(sql, args![api_key]).await? {
        let (admin, data) = (ModeState::default(), ModeState::default());
        let listing = AccountListing { account, admin, data, certs: Vec::new(), retired: Vec::new() };
        listings.insert(listing.account.email.clone(), listing);
    }
    let sql = "SELECT u.email, u.mode, u.phone_verified * u.email_verified FROM mode_user u \
               JOIN account a ON a.email = u.email WHERE a.api_key = $1";
    for (email, mode, active) in tx.all::<(String, StoredMode, bool)>(sql, args![api_key]).await? {
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
    let sql = sql!(
        SELECT_RETIRED,
        "JOIN account a ON a.email = r.email WHERE a.api_key = $1 ORDER BY r.email, r.retired_at, r.name, r.purpose DESC"
    );
    for retired in tx.all::<RetiredCertificateRow>(sql, args![api_key]).await? {
        if let Some(listing) = listings.get_mut(&retired.email) {
            listing.retired.push(retired);
        }
    }
    Ok(listings.into_values().collect())
}

/// Who deletes an account.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum AccountDeleter {
    /// The owner of its key, who could register the address again: not an account that the operator has disabled.
    Owner,
    Operator,
}

pub(super) async fn delete(
    tx: &mut WsChannelTx,
    (api_key, email): (&str, &str),
    by: AccountDeleter,
) -> Result<DeleteOutcome> {
    let sql = "SELECT CASE WHEN t.owner_email = a.email THEN 1 ELSE 0 END \
               FROM account a JOIN tenant t ON t.api_key = a.api_key WHERE a.email = $1 AND a.api_key = $2";
    let Some(is_owner) = tx.one(sql, args![email, api_key]).await? else {
        return Ok(DeleteOutcome::Absent);
    };
    if is_owner {
        return Ok(DeleteOutcome::Owner);
    }
    if by == AccountDeleter::Owner && is_disabled(tx, email).await? {
        return Ok(DeleteOutcome::Disabled);
    }
    tx.execute("DELETE FROM invite WHERE email = $1 AND api_key = $2", args![email, api_key]).await?;
    forget_counts(tx, email).await?;
    let ErasedAccount { admin, data, account, content } = erase_account(tx, api_key, email).await?;
    Ok(DeleteOutcome::Deleted { admin, data, account, content })
}
