//! Sharing of certificates (docs/protocols/ws-channel.md §6.5).

use crate::engine::{Result, args};
use crate::ws_channel::{AccountLinks, LendingConsent, ShareOutcome, UnshareOutcome, WsChannelStore, WsChannelTx};
use futures_util::future::BoxFuture;

impl WsChannelStore {
    /// Lets `other` use the certificates of `caller`: at once, or after its acceptance. Both must be under `api_key`; a
    /// borrower has one lender.
    pub fn share_certs(
        &self,
        api_key: &str,
        caller: &str,
        other: &str,
        consent: LendingConsent,
    ) -> BoxFuture<'_, Result<ShareOutcome>> {
        let input = (api_key.to_owned(), caller.to_owned(), other.to_owned(), consent);
        self.write(input, |tx, (api_key, caller, other, consent)| Box::pin(share(tx, api_key, caller, other, *consent)))
    }

    /// Accepts an offer of `lender`: from then on `caller` uses its certificates.
    pub fn accept_certs(&self, api_key: &str, caller: &str, lender: &str) -> BoxFuture<'_, Result<ShareOutcome>> {
        self.write((api_key.to_owned(), caller.to_owned(), lender.to_owned()), |tx, (api_key, caller, lender)| {
            Box::pin(accept(tx, api_key, caller, lender))
        })
    }

    /// Ends a share or an offer at once: one given by `caller` to `other`, otherwise one given by `other` to `caller`;
    /// for the owner of the key also one given to `other` by any account.
    pub fn unshare_certs(&self, api_key: &str, caller: &str, other: &str) -> BoxFuture<'_, Result<UnshareOutcome>> {
        self.write((api_key.to_owned(), caller.to_owned(), other.to_owned()), |tx, (api_key, caller, other)| {
            Box::pin(unshare(tx, api_key, caller, other))
        })
    }

    /// The links of an account.
    pub fn links(&self, email: &str) -> BoxFuture<'_, Result<AccountLinks>> {
        self.database().read_snapshot(email.to_owned(), |tx, email| Box::pin(select(tx, email)))
    }
}

async fn share(
    tx: &mut WsChannelTx,
    api_key: &str,
    caller: &str,
    other: &str,
    consent: LendingConsent,
) -> Result<ShareOutcome> {
    if caller == other {
        return Ok(ShareOutcome::SameAccount);
    }
    let (Some(_), Some(lender)) = (lender_of(tx, api_key, caller).await?, lender_of(tx, api_key, other).await?) else {
        return Ok(ShareOutcome::NoUser);
    };
    let is_linked = lender.as_deref() == Some(caller);
    if consent == LendingConsent::Asked && !is_linked && !is_key_owner(tx, api_key, caller).await? {
        if !is_offered(tx, other, caller).await? {
            let sql = "INSERT INTO link_offer (borrower, lender) VALUES ($1, $2)";
            tx.execute(sql, args![other, caller]).await?;
        }
        return Ok(ShareOutcome::Offered(select(tx, caller).await?));
    }
    if lender.is_some() && !is_linked {
        return Ok(ShareOutcome::OtherOwner);
    }
    link(tx, other, caller).await?;
    Ok(ShareOutcome::Shared(select(tx, caller).await?))
}

async fn accept(tx: &mut WsChannelTx, api_key: &str, caller: &str, lender: &str) -> Result<ShareOutcome> {
    let (Some(own), Some(_)) = (lender_of(tx, api_key, caller).await?, lender_of(tx, api_key, lender).await?) else {
        return Ok(ShareOutcome::NoUser);
    };
    if !is_offered(tx, caller, lender).await? {
        return Ok(ShareOutcome::NoUser);
    }
    if own.is_some_and(|own| own != lender) {
        return Ok(ShareOutcome::OtherOwner);
    }
    link(tx, caller, lender).await?;
    Ok(ShareOutcome::Shared(select(tx, caller).await?))
}

/// The account whose certificates an account under this key uses; `None` if there is no such account.
async fn lender_of(tx: &mut WsChannelTx, api_key: &str, email: &str) -> Result<Option<Option<String>>> {
    let sql = "SELECT linked_to FROM account WHERE email = $1 AND api_key = $2";
    tx.one(sql, args![email, api_key]).await
}

async fn is_key_owner(tx: &mut WsChannelTx, api_key: &str, email: &str) -> Result<bool> {
    let sql = "SELECT count(*) FROM tenant WHERE api_key = $1 AND owner_email = $2";
    Ok(tx.number(sql, args![api_key, email]).await? == 1)
}

async fn is_offered(tx: &mut WsChannelTx, borrower: &str, lender: &str) -> Result<bool> {
    let sql = "SELECT count(*) FROM link_offer WHERE borrower = $1 AND lender = $2";
    Ok(tx.number(sql, args![borrower, lender]).await? == 1)
}

async fn link(tx: &mut WsChannelTx, borrower: &str, lender: &str) -> Result<()> {
    withdraw(tx, borrower, lender).await?;
    tx.execute("UPDATE account SET linked_to = $2 WHERE email = $1", args![borrower, lender]).await?;
    touch(tx, borrower);
    Ok(())
}

/// Removes an offer; returns whether there was one.
async fn withdraw(tx: &mut WsChannelTx, borrower: &str, lender: &str) -> Result<bool> {
    let sql = "DELETE FROM link_offer WHERE borrower = $1 AND lender = $2";
    Ok(tx.execute(sql, args![borrower, lender]).await? == 1)
}

/// Removes all links and offers between an account and others.
pub(super) async fn cut(tx: &mut WsChannelTx, email: &str) -> Result<()> {
    for borrower in tx.all::<String>("SELECT email FROM account WHERE linked_to = $1", args![email]).await? {
        tx.touch_files(&borrower);
    }
    tx.execute("UPDATE account SET linked_to = NULL WHERE linked_to = $1", args![email]).await?;
    tx.execute("DELETE FROM link_offer WHERE borrower = $1 OR lender = $1", args![email]).await?;
    Ok(())
}

async fn unshare(tx: &mut WsChannelTx, api_key: &str, caller: &str, other: &str) -> Result<UnshareOutcome> {
    let sql = "UPDATE account SET linked_to = NULL WHERE email = $1 AND api_key = $2 AND linked_to = $3";
    for (borrower, lender) in [(other, caller), (caller, other)] {
        if tx.execute(sql, args![borrower, api_key, lender]).await? == 1 {
            touch(tx, borrower);
            return Ok(UnshareOutcome::Unshared(select(tx, caller).await?));
        }
    }
    if is_key_owner(tx, api_key, caller).await? {
        let sql = "UPDATE account SET linked_to = NULL WHERE email = $1 AND api_key = $2 AND linked_to IS NOT NULL";
        if tx.execute(sql, args![other, api_key]).await? == 1 {
            touch(tx, other);
            return Ok(UnshareOutcome::Unshared(select(tx, caller).await?));
        }
    }
    let (own, others) = (withdraw(tx, other, caller).await?, withdraw(tx, caller, other).await?);
    if own || others { Ok(UnshareOutcome::Unshared(select(tx, caller).await?)) } else { Ok(UnshareOutcome::NoUser) }
}

fn touch(tx: &mut WsChannelTx, target: &str) {
    tx.touch_auth();
    tx.touch_files(target);
}

async fn select(tx: &mut WsChannelTx, email: &str) -> Result<AccountLinks> {
    let mut links = AccountLinks::default();
    let lender = tx.one::<Option<String>>("SELECT linked_to FROM account WHERE email = $1", args![email]).await?;
    links.from.extend(lender.flatten());
    links.to = tx.all("SELECT email FROM account WHERE linked_to = $1 ORDER BY email", args![email]).await?;
    let sql = "SELECT lender, borrower FROM link_offer WHERE lender = $1 OR borrower = $1 ORDER BY lender, borrower";
    for (lender, borrower) in tx.all::<(String, String)>(sql, args![email]).await? {
        if lender == email { links.offered_to.push(borrower) } else { links.offered_from.push(lender) }
    }
    Ok(links)
}
