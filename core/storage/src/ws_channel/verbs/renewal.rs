//! The daily renewal of certificates (docs/protocols/ws-channel.md §6.2): the old set is used until the new one is stored.

use super::certificates::{insert_set, select_sets};
use crate::engine::{Result, args};
use crate::ws_channel::{CertSet, CertState, DueRenewal, NewCertSet, WsChannelStore};
use futures_util::future::BoxFuture;

impl WsChannelStore {
    /// Sets whose earliest certificate expires before `expiring_before` and that were not tried since
    /// `attempted_before` (both Unix ms); a renewal left by a crash counts as untried once it is that old.
    ///
    /// # Errors
    /// Environment faults only.
    pub fn renewals_due(&self, expiring_before: i64, attempted_before: i64) -> BoxFuture<'_, Result<Vec<DueRenewal>>> {
        self.database().read((expiring_before, attempted_before), |tx, (expiring, attempted)| {
            Box::pin(async move {
                let sql = "SELECT a.api_key, s.email, s.bank, s.first_expiry FROM cert_set s JOIN account a ON a.email = s.email \
                           WHERE s.first_expiry < $1 AND s.attempted < $2 AND s.state IN ($3, $4) ORDER BY s.first_expiry";
                let values = args![*expiring, *attempted, CertState::Active, CertState::Renewing];
                let rows = tx.query(sql, values).await?;
                rows.into_iter()
                    .map(|mut row| {
                        Ok(DueRenewal { api_key: row.text()?, email: row.text()?, bank: row.text()?, first_expiry: row.int()? })
                    })
                    .collect()
            })
        })
    }

    /// Takes a due set for renewal: of several jobs one gets it, under a new ticket.
    ///
    /// # Errors
    /// Environment faults only.
    pub async fn begin_renewal(
        &self,
        email: &str,
        bank: &str,
        ticket: &str,
        now: i64,
        attempted_before: i64,
    ) -> Result<Option<CertSet>> {
        let args = (email.to_owned(), bank.to_owned(), ticket.to_owned(), now, attempted_before);
        self.write(args, |tx, (email, bank, ticket, now, attempted_before)| {
            Box::pin(async move {
                let sql = "UPDATE cert_set SET state = $3, ticket = $4, attempted = $5 \
                           WHERE email = $1 AND bank = $2 AND attempted < $6 AND state IN ($3, $7)";
                let values =
                    args![email, bank, CertState::Renewing, ticket, *now, *attempted_before, CertState::Active];
                if tx.execute(sql, values).await? == 0 {
                    return Ok(None);
                }
                Ok(select_sets(tx, Some(email), None).await?.into_iter().find(|set| set.bank == *bank))
            })
        })
        .await
    }

    /// Replaces the old certificates by the renewed ones. False when the set was retired or taken over meanwhile;
    /// nothing changed then.
    ///
    /// # Errors
    /// Environment faults only.
    pub fn complete_renewal(
        &self,
        email: &str,
        bank: &str,
        ticket: &str,
        set: NewCertSet,
        now: i64,
    ) -> BoxFuture<'_, Result<bool>> {
        self.write(
            (email.to_owned(), bank.to_owned(), ticket.to_owned(), set, now),
            |tx, (email, bank, ticket, set, now)| {
                Box::pin(async move {
                    // The old set may have expired during the bank's call: then the new one is needed all the more.
                    let sql =
                        "DELETE FROM cert_set WHERE email = $1 AND bank = $2 AND state IN ($3, $5) AND ticket = $4";
                    let values = args![email, bank, CertState::Renewing, ticket, CertState::Expired];
                    if tx.execute(sql, values).await? == 0 {
                        return Ok(false);
                    }
                    // It was tried now: a second job that still has the old expiry does not renew it again.
                    insert_set(tx, (email, bank), ticket, set, *now, *now).await?;
                    Ok(true)
                })
            },
        )
    }

    /// Ends a renewal that failed: the old set stays in use, the next try is a day later.
    ///
    /// # Errors
    /// Environment faults only.
    pub fn abandon_renewal(&self, email: &str, bank: &str, ticket: &str) -> BoxFuture<'_, Result<bool>> {
        self.write((email.to_owned(), bank.to_owned(), ticket.to_owned()), |tx, (email, bank, ticket)| {
            Box::pin(async move {
                let sql =
                    "UPDATE cert_set SET state = $5 WHERE email = $1 AND bank = $2 AND state = $3 AND ticket = $4";
                Ok(tx.execute(sql, args![email, bank, CertState::Renewing, ticket, CertState::Active]).await? == 1)
            })
        })
    }

    /// Marks expired sets; returns their number.
    ///
    /// # Errors
    /// Environment faults only.
    pub fn expire_certs(&self, now: i64) -> BoxFuture<'_, Result<i64>> {
        self.write(now, |tx, now| {
            Box::pin(async move {
                let sql = "UPDATE cert_set SET state = $2, changed = $1 WHERE first_expiry <= $1 AND state IN ($3, $4)";
                let changed =
                    tx.execute(sql, args![*now, CertState::Expired, CertState::Active, CertState::Renewing]).await?;
                if changed > 0 {
                    tx.touch_auth();
                }
                Ok(i64::try_from(changed).unwrap_or(i64::MAX))
            })
        })
    }
}
