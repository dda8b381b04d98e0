//! Sharing of certificates (WS Channel sheet §6.5).

use crate::driver::{Tx, args};
use crate::entities::link::{Consent, Links, ShareOutcome, UnshareOutcome};
use crate::error::{Result, StoreError};
use crate::store::Store;
use futures_util::future::BoxFuture;

impl Store {
    /// Lets `other` use the certificates of `caller`: at once, or once it accepts, by a call of its own that names `caller`.
    /// Both must be under `api_key`; a borrower has one lender.
    ///
    /// # Errors
    /// Environment faults only.
    pub async fn share_certs(
        &self,
        api_key: &str,
        caller: &str,
        other: &str,
        consent: Consent,
    ) -> std::result::Result<ShareOutcome, StoreError> {
        let input = (api_key.to_owned(), caller.to_owned(), other.to_owned(), consent);
        self.write(input, |tx, (api_key, caller, other, consent)| Box::pin(share(tx, api_key, caller, other, *consent)))
            .await
    }

    /// Ends a share or an offer, at once: one that `caller` gave to `other`, else one that it has from `other`; for the owner of the key
    /// also one that `other` has from anybody.
    ///
    /// # Errors
    /// Environment faults only.
    pub fn unshare_certs(
        &self,
        api_key: &str,
        caller: &str,
        other: &str,
    ) -> BoxFuture<'_, std::result::Result<UnshareOutcome, StoreError>> {
        self.write((api_key.to_owned(), caller.to_owned(), other.to_owned()), |tx, (api_key, caller, other)| {
            Box::pin(unshare(tx, api_key, caller, other))
        })
    }

    /// The links of an account.
    ///
    /// # Errors
    /// Environment faults only.
    pub fn links(&self, email: &str) -> BoxFuture<'_, std::result::Result<Links, StoreError>> {
        self.read_snapshot(email.to_owned(), |tx, email| Box::pin(select(tx, email)))
    }
}

async fn share(tx: &mut Tx, api_key: &str, caller: &str, other: &str, consent: Consent) -> Result<ShareOutcome> {
    if caller == other {
        return Ok(ShareOutcome::SameAccount);
    }
    let sql = "SELECT linked_to FROM account WHERE email = $1 AND api_key = $2";
    let own = tx.first(sql, args![caller, api_key]).await?;
    let (Some(mut own), Some(mut row)) = (own, tx.first(sql, args![other, api_key]).await?) else {
        return Ok(ShareOutcome::NoUser);
    };
    let lender_of_other = row.opt_text()?;
    let is_linked = lender_of_other.as_deref() == Some(caller);
    let sql = "SELECT count(*) FROM tenant WHERE api_key = $1 AND owner_email = $2";
    if consent == Consent::Asked && !is_linked && tx.number(sql, args![api_key, caller]).await? == 0 {
        return if is_offered(tx, caller, other).await? {
            if own.opt_text()?.is_some_and(|lender| lender != other) {
                return Ok(ShareOutcome::OtherOwner);
            }
            link(tx, caller, other).await?;
            Ok(ShareOutcome::Accepted(select(tx, caller).await?))
        } else {
            if !is_offered(tx, other, caller).await? {
                let sql = "INSERT INTO link_offer (borrower, lender) VALUES ($1, $2)";
                tx.execute(sql, args![other, caller]).await?;
            }
            Ok(ShareOutcome::Offered(select(tx, caller).await?))
        };
    }
    if lender_of_other.is_some() && !is_linked {
        return Ok(ShareOutcome::OtherOwner);
    }
    link(tx, other, caller).await?;
    Ok(ShareOutcome::Shared(select(tx, caller).await?))
}

async fn is_offered(tx: &mut Tx, borrower: &str, lender: &str) -> Result<bool> {
    let sql = "SELECT count(*) FROM link_offer WHERE borrower = $1 AND lender = $2";
    Ok(tx.number(sql, args![borrower, lender]).await? == 1)
}

async fn link(tx: &mut Tx, borrower: &str, lender: &str) -> Result<()> {
    withdraw(tx, borrower, lender).await?;
    tx.execute("UPDATE account SET linked_to = $2 WHERE email = $1", args![borrower, lender]).await?;
    touch(tx, borrower);
    Ok(())
}

/// Whether there was such an offer.
async fn withdraw(tx: &mut Tx, borrower: &str, lender: &str) -> Result<bool> {
    let sql = "DELETE FROM link_offer WHERE borrower = $1 AND lender = $2";
    Ok(tx.execute(sql, args![borrower, lender]).await? == 1)
}

/// Cuts what ties an account that goes to others.
pub(super) async fn cut(tx: &mut Tx, email: &str) -> Result<()> {
    for mut row in tx.query("SELECT email FROM account WHERE linked_to = $1", args![email]).await? {
        let borrower = row.text()?;
        tx.touch_files(&borrower);
    }
    tx.execute("UPDATE account SET linked_to = NULL WHERE linked_to = $1", args![email]).await?;
    tx.execute("DELETE FROM link_offer WHERE borrower = $1 OR lender = $1", args![email]).await?;
    Ok(())
}

async fn unshare(tx: &mut Tx, api_key: &str, caller: &str, other: &str) -> Result<UnshareOutcome> {
    let sql = "UPDATE account SET linked_to = NULL WHERE email = $1 AND api_key = $2 AND linked_to = $3";
    for (borrower, lender) in [(other, caller), (caller, other)] {
        if tx.execute(sql, args![borrower, api_key, lender]).await? == 1 {
            touch(tx, borrower);
            return Ok(UnshareOutcome::Unshared(select(tx, caller).await?));
        }
    }
    if withdraw(tx, other, caller).await? || withdraw(tx, caller, other).await? {
        return Ok(UnshareOutcome::Unshared(select(tx, caller).await?));
    }
    let sql = "UPDATE account SET linked_to = NULL WHERE email = $1 AND api_key = $2 AND linked_to IS NOT NULL \
               AND EXISTS (SELECT 1 FROM tenant t WHERE t.api_key = $2 AND t.owner_email = $3)";
    if tx.execute(sql, args![other, api_key, caller]).await? == 0 {
        return Ok(UnshareOutcome::NoUser);
    }
    touch(tx, other);
    Ok(UnshareOutcome::Unshared(select(tx, caller).await?))
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
    let sql = "SELECT lender, borrower FROM link_offer WHERE lender = $1 OR borrower = $1 ORDER BY lender, borrower";
    for mut row in tx.query(sql, args![email]).await? {
        let (lender, borrower) = (row.text()?, row.text()?);
        if lender == email { links.offered_to.push(borrower) } else { links.offered_from.push(lender) }
    }
    Ok(links)
}
