//! The lives of certificates: asked for, in use, replaced. The caller that changes a life holds its set, one at a time
//! among all instances; each step is stored before it is taken (docs/protocols/ws-channel.md §6.2).

use super::bank_codes;
use super::certificates::{account_is_there, select_sets, touch};
use super::files::insert_files;
use super::ledger::reset_ledgers;
use super::leftovers::clear_older;
use crate::engine::{Result, StoredRow, args, sql};
use crate::ws_channel::outcome::outcomes;
use crate::ws_channel::{
    CertMaterial, CertSet, CertState, CodeAttemptState, DueCertSet, EnrolOutcome, EnrolmentBegin, FileScope,
    HeldCertSet, KeyPurpose, LifeStep, NewKeyRequest, StoredPairKey, UploadState, WsChannelStore, WsChannelTx,
};
use futures_util::future::BoxFuture;

/// How long a set is held at most, milliseconds: longer than key, bank and trial take. A crashed holder's sets are free
/// then.
pub const HOLD_MS: i64 = 15 * 60 * 1000;

/// The condition that a set is free at `$now`. A hold that ends later than any can was noted under a clock that was
/// ahead.
macro_rules! free_at {
    ($now:literal) => {
        concat!("(held_until <= ", $now, " OR held_until > ", $now, " + 900000)")
    };
}

outcomes!(HeldCertSet { _ => "held" });

impl WsChannelStore {
    /// Holds the set of (account, bank) for an enrolment: a new one, or a free one with the same user id. Of several
    /// callers one wins. The caller decides whether a found set may go on: it [releases](Self::release_set) one that it
    /// does not use.
    pub fn begin_enrol(&self, begin: EnrolmentBegin) -> BoxFuture<'_, Result<EnrolOutcome>> {
        self.write(begin, |tx, begin| {
            Box::pin(async move {
                let (email, bank) = (&*begin.scope.email, &*begin.scope.bank);
                if !account_is_there(tx, &begin.scope.api_key, email).await? {
                    return Ok(EnrolOutcome::NoAccount);
                }
                clear_older(tx, &begin.scope.api_key, email).await?;
                if !is_taken(tx, begin).await?
                    && let Some(limits) = begin.codes
                    && let Some(refused) = bank_codes::reserve(tx, begin, limits).await?
                {
                    return Ok(EnrolOutcome::CodeRefused(refused));
                }
                let until = begin.now + HOLD_MS;
                let sql = "INSERT INTO cert_set (email, bank, state, ticket, ws_user_id, company, target_id, first_expiry, changed, \
                           due, held_until) VALUES ($1, $2, $3, $4, $5, $6, NULL, 0, $7, NULL, $8) ON CONFLICT (email, bank) DO NOTHING";
                let values = args![
                    email,
                    bank,
                    CertState::Pending,
                    &begin.ticket,
                    &begin.ws_user_id,
                    &begin.company,
                    begin.now,
                    until
                ];
                if tx.execute(sql, values).await? == 0 {
                    let sql = concat!(
                        "UPDATE cert_set SET ticket = $3, held_until = $4, company = CASE WHEN state = $7 THEN $8 ELSE company END \
                         WHERE email = $1 AND bank = $2 AND ws_user_id = $5 AND ",
                        free_at!("$6")
                    );
                    let (ws_user_id, company) = (&begin.ws_user_id, &begin.company);
                    let values =
                        args![email, bank, &begin.ticket, until, ws_user_id, begin.now, CertState::Pending, company];
                    if tx.execute(sql, values).await? == 0 {
                        bank_codes::give_back(tx, &begin.ticket).await?;
                        let sql = "SELECT held_until FROM cert_set WHERE email = $1 AND bank = $2 AND ws_user_id = $3";
                        let own: Option<i64> = tx.one(sql, args![email, bank, ws_user_id]).await?;
                        return Ok(own.map_or(EnrolOutcome::Exists, |_| EnrolOutcome::AtWork));
                    }
                }
                let held = held(tx, &begin.scope.api_key, email, bank).await?;
                Ok(held.map_or(EnrolOutcome::Exists, |held| EnrolOutcome::Held(Box::new(held))))
            })
        })
    }

    /// Holds a set at which something is to be done: of several callers one gets it. `due`: only if that is so by now.
    pub fn hold_set(
        &self,
        email: &str,
        bank: &str,
        ticket: &str,
        due: bool,
        now: i64,
    ) -> BoxFuture<'_, Result<Option<HeldCertSet>>> {
        self.write(
            (email.to_owned(), bank.to_owned(), ticket.to_owned(), due, now),
            |tx, (email, bank, ticket, due, now)| {
                Box::pin(async move {
                    let sql = concat!(
                        "UPDATE cert_set SET ticket = $3, held_until = $4 WHERE email = $1 AND bank = $2 AND ",
                        free_at!("$5"),
                        " AND (CAST($6 AS BIGINT) = 0 OR due <= $5)"
                    );
                    if tx.execute(sql, args![email, bank, ticket, *now + HOLD_MS, *now, *due]).await? == 0 {
                        return Ok(None);
                    }
                    let api_key: Option<String> =
                        tx.one("SELECT api_key FROM account WHERE email = $1", args![email]).await?;
                    let Some(api_key) = api_key else { return Ok(None) };
                    held(tx, &api_key, email, bank).await
                })
            },
        )
    }

    /// Gives a held set back. One that has neither certificate nor request is removed.
    pub fn release_set(&self, email: &str, bank: &str, ticket: &str) -> BoxFuture<'_, Result<bool>> {
        self.write((email.to_owned(), bank.to_owned(), ticket.to_owned()), |tx, (email, bank, ticket)| {
            Box::pin(async move {
                bank_codes::give_back(tx, ticket).await?;
                let sql =
                    "DELETE FROM cert_set WHERE email = $1 AND bank = $2 AND ticket = $3 AND state = $4 AND life = ''";
                if tx.execute(sql, args![email, bank, ticket, CertState::Pending]).await? == 1 {
                    return Ok(true);
                }
                let sql = "UPDATE cert_set SET held_until = 0 WHERE email = $1 AND bank = $2 AND ticket = $3";
                Ok(tx.execute(sql, args![email, bank, ticket]).await? == 1)
            })
        })
    }

    /// Frees the sets that an earlier run of the only instance has held.
    pub fn free_held_sets(&self) -> BoxFuture<'_, Result<()>> {
        self.write((), |tx, ()| {
            Box::pin(async move {
                let sql = "DELETE FROM cert_set WHERE state = $1 AND life = ''";
                tx.execute(sql, args![CertState::Pending]).await?;
                tx.execute("DELETE FROM code_attempt WHERE state = $1", args![CodeAttemptState::Reserved]).await?;
                tx.execute("UPDATE cert_set SET held_until = 0 WHERE held_until > 0", &[]).await.map(drop)
            })
        })
    }

    /// Stores keys whose certificates are to be asked for. False when the set is held by another caller, or gone.
    pub fn add_key_requests(
        &self,
        email: &str,
        bank: &str,
        ticket: &str,
        new: Vec<NewKeyRequest>,
    ) -> BoxFuture<'_, Result<bool>> {
        self.write((email.to_owned(), bank.to_owned(), ticket.to_owned(), new), |tx, (email, bank, ticket, new)| {
            Box::pin(async move {
                if !holds(tx, email, bank, ticket).await? {
                    return Ok(false);
                }
                let sql = "INSERT INTO certificate_pair (email, bank, name, purpose, label, request, pem, subject, issuer, serial, \
                           not_after, sealed_key, key_id) VALUES ($1, $2, $3, $4, $5, $6, NULL, '', '', '', 0, $7, $8)";
                for new in new {
                    let NewKeyRequest { name, purpose, label, request, sealed_key, key_id } = new;
                    tx.execute(sql, args![email, bank, name, *purpose, label, request, sealed_key, key_id]).await?;
                }
                Ok(true)
            })
        })
    }

    /// Stores a step. False when the set is held by another caller, or gone: retired, or erased with its account. Nothing
    /// changed then.
    ///
    /// # Errors
    /// Environment faults; [`StoreError::Misuse`](crate::engine::StoreError::Misuse) for a file that is too large for a row.
    pub fn take_step(&self, scope: &FileScope, ticket: &str, step: LifeStep, now: i64) -> BoxFuture<'_, Result<bool>> {
        self.write((scope.clone(), ticket.to_owned(), step, now), |tx, (scope, ticket, step, now)| {
            Box::pin(async move {
                let (email, bank) = (&*scope.email, &*scope.bank);
                if !holds(tx, email, bank, ticket).await? {
                    return Ok(false);
                }
                if let Some(code) = step.code {
                    bank_codes::mark(tx, ticket, code).await?;
                }
                if step.is_over {
                    // Nothing is there that could be used, so no right ends by it.
                    let sql = "DELETE FROM cert_set WHERE email = $1 AND bank = $2 AND ticket = $3";
                    tx.execute(sql, args![email, bank, ticket]).await?;
                    return Ok(true);
                }
                apply(tx, scope, step, *now).await?;
                reset_ledgers_of(tx, scope, step).await?;
                insert_files(tx, scope, &step.files).await?;
                Ok(true)
            })
        })
    }

    /// A stored key of a pair.
    pub fn pair_key(
        &self,
        email: &str,
        bank: &str,
        name: &str,
        purpose: KeyPurpose,
    ) -> BoxFuture<'_, Result<Option<StoredPairKey>>> {
        let args = (email.to_owned(), bank.to_owned(), name.to_owned(), purpose);
        self.database().read(args, |tx, (email, bank, name, purpose)| {
            Box::pin(async move {
                const SQL: &str = sql!(
                    "SELECT ",
                    StoredPairKey::COLUMNS,
                    " FROM certificate_pair c WHERE c.email = $1 AND c.bank = $2 AND c.name = $3 AND c.purpose = $4"
                );
                tx.one(SQL, args![email, bank, name, *purpose]).await
            })
        })
    }

    /// The keys that decrypt, of the pair in use and of all others that are kept or asked for, the newest first.
    pub fn decrypting(&self, email: &str, bank: &str) -> BoxFuture<'_, Result<Vec<CertMaterial>>> {
        self.database().read((email.to_owned(), bank.to_owned()), |tx, (email, bank)| {
            Box::pin(async move {
                const SQL: &str = sql!(
                    "SELECT ",
                    CertMaterial::COLUMNS,
                    " FROM certificate_pair c WHERE c.email = $1 AND c.bank = $2 AND c.purpose = 'encryption' \
                     ORDER BY c.not_after DESC, c.name"
                );
                tx.all(SQL, args![email, bank]).await
            })
        })
    }

    /// Removes the key that signs of a replaced pair whose other key is kept. False when the set is held by another caller,
    /// or gone.
    pub fn remove_signing_key(&self, email: &str, bank: &str, ticket: &str, name: &str) -> BoxFuture<'_, Result<bool>> {
        let args = (email.to_owned(), bank.to_owned(), ticket.to_owned(), name.to_owned());
        self.write(args, |tx, (email, bank, ticket, name)| {
            Box::pin(async move {
                if !holds(tx, email, bank, ticket).await? {
                    return Ok(false);
                }
                let sql = "DELETE FROM certificate_pair WHERE email = $1 AND bank = $2 AND name = $3 AND purpose = 'signing' AND NOT \
                           EXISTS (SELECT 1 FROM cert_set s WHERE s.email = $1 AND s.bank = $2 AND s.pair = $3) AND EXISTS \
                           (SELECT 1 FROM certificate_pair o WHERE o.email = $1 AND o.bank = $2 AND o.name = $3 AND o.purpose = 'encryption')";
                tx.execute(sql, args![email, bank, name]).await?;
                Ok(true)
            })
        })
    }

    /// Removes a pair that does not sign. False when the set is held by another caller, or gone.
    pub fn remove_pair(&self, email: &str, bank: &str, ticket: &str, name: &str) -> BoxFuture<'_, Result<bool>> {
        let args = (email.to_owned(), bank.to_owned(), ticket.to_owned(), name.to_owned());
        self.write(args, |tx, (email, bank, ticket, name)| {
            Box::pin(async move {
                if !holds(tx, email, bank, ticket).await? {
                    return Ok(false);
                }
                let sql = "DELETE FROM certificate_pair WHERE email = $1 AND bank = $2 AND name = $3 AND NOT EXISTS \
                           (SELECT 1 FROM cert_set s WHERE s.email = $1 AND s.bank = $2 AND s.pair = $3)";
                tx.execute(sql, args![email, bank, name]).await?;
                Ok(true)
            })
        })
    }

    /// Free sets of one bank at which something is to be done by now, the longest due first.
    pub fn due_sets(&self, bank: &str, now: i64, limit: i64) -> BoxFuture<'_, Result<Vec<DueCertSet>>> {
        self.database().read((bank.to_owned(), now, limit), |tx, (bank, now, limit)| {
            Box::pin(async move {
                let sql = concat!(
                    "SELECT email, bank FROM cert_set WHERE bank = $1 AND due <= $2 AND ",
                    free_at!("$2"),
                    " ORDER BY due, email LIMIT $3"
                );
                tx.all(sql, args![bank, *now, *limit]).await
            })
        })
    }

    /// Has the sets of a bank looked at that had nothing to wait for: the bank may be reached only since. And those with a
    /// renewal under way that wait: the time of their wait may have been noted under a clock that was ahead.
    pub fn look_at_sets_again(&self, bank: &str, now: i64) -> BoxFuture<'_, Result<()>> {
        self.write((bank.to_owned(), now), |tx, (bank, now)| {
            Box::pin(async move {
                // A first request that is open goes on by its customer only.
                let sql = "UPDATE cert_set SET due = 0 WHERE bank = $1 AND (state <> $2 OR pair IS NOT NULL) AND (due IS NULL OR (due > $3 AND EXISTS \
                           (SELECT 1 FROM certificate_pair p WHERE p.email = cert_set.email AND p.bank = cert_set.bank \
                           AND p.purpose = 'signing' AND p.name <> cert_set.pair)))";
                tx.execute(sql, args![bank, CertState::Pending, *now]).await.map(drop)
            })
        })
    }

    /// All sets with their lives, by account and bank, those after (account, bank).
    pub fn all_lives(&self, after: (&str, &str), limit: i64) -> BoxFuture<'_, Result<Vec<HeldCertSet>>> {
        self.database().read((after.0.to_owned(), after.1.to_owned(), limit), |tx, (email, bank, limit)| {
            Box::pin(async move {
                let sql = "SELECT a.api_key, s.email, s.bank FROM cert_set s JOIN account a ON a.email = s.email \
                           WHERE s.email > $1 OR (s.email = $1 AND s.bank > $2) ORDER BY s.email, s.bank LIMIT $3";
                let mut all = Vec::new();
                for row in tx.all(sql, args![email, bank, *limit]).await? {
                    let (api_key, email, bank): (String, String, String) = row;
                    all.extend(held(tx, &api_key, &email, &bank).await?);
                }
                Ok(all)
            })
        })
    }

    /// Whether an upload over this connection is on its way to the bank.
    pub fn is_uploading(&self, email: &str, bank: &str) -> BoxFuture<'_, Result<bool>> {
        self.database().read((email.to_owned(), bank.to_owned()), |tx, (email, bank)| {
            Box::pin(async move {
                let sql = "SELECT count(*) FROM upload WHERE connection = $1 AND bank = $2 AND state = $3 AND path IS NULL \
                           AND content IS NULL";
                Ok(tx.number(sql, args![email, bank, UploadState::Received]).await? > 0)
            })
        })
    }

    /// Marks expired sets; returns their number.
    pub fn expire_certs(&self, now: i64) -> BoxFuture<'_, Result<i64>> {
        self.write(now, |tx, now| {
            Box::pin(async move {
                let sql = "UPDATE cert_set SET state = $2, changed = $1 WHERE first_expiry <= $1 AND state IN ($3, $4)";
                let [active, renewing] = CertSet::USABLE_STATES;
                let changed = tx.execute(sql, args![*now, CertState::Expired, active, renewing]).await?;
                if changed > 0 {
                    tx.touch_auth();
                }
                Ok(i64::try_from(changed).unwrap_or(i64::MAX))
            })
        })
    }
}

/// Whether an enrolment finds a set that another user id, or a caller that is at work, has.
async fn is_taken(tx: &mut WsChannelTx, begin: &EnrolmentBegin) -> Result<bool> {
    let sql = concat!(
        "SELECT count(*) FROM cert_set WHERE email = $1 AND bank = $2 AND NOT (ws_user_id = $3 AND ",
        free_at!("$4"),
        ")"
    );
    let values = args![&begin.scope.email, &begin.scope.bank, &begin.ws_user_id, begin.now];
    Ok(tx.number(sql, values).await? > 0)
}

/// Whether this ticket's holder has the set.
async fn holds(tx: &mut WsChannelTx, email: &str, bank: &str, ticket: &str) -> Result<bool> {
    // Takes the row: a retirement, or another holder, comes before or after.
    let sql = "UPDATE cert_set SET ticket = ticket WHERE email = $1 AND bank = $2 AND ticket = $3";
    Ok(tx.execute(sql, args![email, bank, ticket]).await? == 1)
}

/// A set with its life.
async fn held(tx: &mut WsChannelTx, api_key: &str, email: &str, bank: &str) -> Result<Option<HeldCertSet>> {
    let set = select_sets(tx, Some(email), None).await?.into_iter().find(|set| set.bank == bank);
    let life = tx.one("SELECT life FROM cert_set WHERE email = $1 AND bank = $2", args![email, bank]).await?;
    let (Some(set), Some(life)) = (set, life) else { return Ok(None) };
    Ok(Some(HeldCertSet { api_key: api_key.to_owned(), set, life }))
}

async fn apply(tx: &mut WsChannelTx, scope: &FileScope, step: &LifeStep, now: i64) -> Result<()> {
    let (email, bank) = (&*scope.email, &*scope.bank);
    for issued in &step.issued {
        let sql = "UPDATE certificate_pair SET pem = $4, subject = $5, issuer = $6, serial = $7, not_after = $8 \
                   WHERE email = $1 AND bank = $2 AND name = $3 AND purpose = $9";
        let values = args![
            email,
            bank,
            &issued.name,
            &issued.pem,
            &issued.subject,
            &issued.issuer,
            &issued.serial,
            issued.not_after,
            issued.purpose
        ];
        tx.execute(sql, values).await?;
    }
    let sql = "SELECT pair FROM cert_set WHERE email = $1 AND bank = $2";
    let before = tx.one::<Option<String>>(sql, args![email, bank]).await?.flatten();
    let sql = "UPDATE cert_set SET life = $3, state = COALESCE(CAST($4 AS TEXT), state), pair = $5, due = $6, changed = $7, \
               target_id = COALESCE(CAST($8 AS TEXT), target_id), first_expiry = COALESCE((SELECT min(c.not_after) \
               FROM certificate_pair c WHERE c.email = $1 AND c.bank = $2 AND c.name = CAST($5 AS TEXT)), 0) \
               WHERE email = $1 AND bank = $2";
    let state = step.state.map(CertState::as_str);
    let values = args![email, bank, &step.life, state, &step.pair, step.due, now, &step.target_id];
    tx.execute(sql, values).await?;
    if before != step.pair || step.target_id.is_some() || step.state == Some(CertState::Expired) {
        touch(tx, email);
    }
    Ok(())
}

async fn reset_ledgers_of(tx: &mut WsChannelTx, scope: &FileScope, step: &LifeStep) -> Result<()> {
    if step.ledgers.is_empty() { Ok(()) } else { reset_ledgers(tx, scope, &step.ledgers).await }
}
