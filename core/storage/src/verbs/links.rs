//! Sharing of certificates (WS Channel sheet §6.5).

use crate::driver::{Tx, args};
use crate::entities::link::{Links, ShareOutcome, UnshareOutcome};
use crate::error::{Result, StoreError};
use crate::store::Store;

impl Store {
    /// Lets `target` use the certificates of `owner`. Both must be under `api_key`; a target has one owner.
    ///
    /// # Errors
    /// Environment faults only.
    pub async fn share_certs(
        &self,
        api_key: &str,
        owner: &str,
        target: &str,
    ) -> std::result::Result<ShareOutcome, StoreError> {
        self.write((api_key.to_owned(), owner.to_owned(), target.to_owned()), |tx, (api_key, owner, target)| {
            Box::pin(async move {
                if owner == target {
                    return Ok(ShareOutcome::SameAccount);
                }
                let sql = "SELECT linked_to FROM account WHERE email = $1 AND api_key = $2";
                let owner_is_here = tx.first(sql, args![owner, api_key]).await?.is_some();
                let (true, Some(mut row)) = (owner_is_here, tx.first(sql, args![target, api_key]).await?) else {
                    return Ok(ShareOutcome::NoUser);
                };
                if row.opt_text()?.is_some_and(|linked| linked != *owner) {
                    return Ok(ShareOutcome::OtherOwner);
                }
                tx.execute("UPDATE account SET linked_to = $2 WHERE email = $1", args![target, owner]).await?;
                touch(tx, target);
                Ok(ShareOutcome::Shared(select(tx, owner).await?))
            })
        })
        .await
    }

    /// Ends a share, at once.
    ///
    /// # Errors
    /// Environment faults only.
    pub async fn unshare_certs(
        &self,
        api_key: &str,
        owner: &str,
        target: &str,
    ) -> std::result::Result<UnshareOutcome, StoreError> {
        self.write((api_key.to_owned(), owner.to_owned(), target.to_owned()), |tx, (api_key, owner, target)| {
            Box::pin(async move {
                let sql = "UPDATE account SET linked_to = NULL WHERE email = $1 AND api_key = $2 AND linked_to = $3";
                if tx.execute(sql, args![target, api_key, owner]).await? == 0 {
                    return Ok(UnshareOutcome::NoUser);
                }
                touch(tx, target);
                Ok(UnshareOutcome::Unshared(select(tx, owner).await?))
            })
        })
        .await
    }

    /// The links of an account.
    ///
    /// # Errors
    /// Environment faults only.
    pub async fn links(&self, email: &str) -> std::result::Result<Links, StoreError> {
        self.read_snapshot(email.to_owned(), |tx, email| Box::pin(select(tx, email))).await
    }
}

fn touch(tx: &mut Tx, target: &str) {
    tx.touch_auth();
    tx.touch_files(target);
}

async fn select(tx: &mut Tx, email: &str) -> Result<Links> {
    let mut links = Links::default();
    if let Some(mut row) = tx.first("SELECT linked_to FROM account WHERE email = $1", args![email]).await? {
        links.from.extend(row.opt_text()?);
    }
    for mut row in tx.query("SELECT email FROM account WHERE linked_to = $1 ORDER BY email", args![email]).await? {
        links.to.push(row.text()?);
    }
    Ok(links)
}
