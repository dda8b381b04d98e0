//! Certificate sets: import, retirement, and selection for file operations (docs/protocols/ws-channel.md
//! §6).

use super::leftovers::clear_older;
use crate::engine::{Result, StoredRow, args, sql};
use crate::ws_channel::{
    CertMaterial, CertSet, EffectiveCerts, FileScope, ImportOutcome, NewCertSet, RetireOutcome, RetiredCertificateRow,
    WsChannelStore, WsChannelTx,
};
use futures_util::future::BoxFuture;

impl WsChannelStore {
    /// ImportCert (docs/protocols/ws-channel.md §2.18): stores a set if there is none.
    pub fn import_certs(&self, scope: &FileScope, set: NewCertSet, now: i64) -> BoxFuture<'_, Result<ImportOutcome>> {
        self.write((scope.clone(), set, now), |tx, (scope, set, now)| {
            Box::pin(async move {
                if !account_is_there(tx, &scope.api_key, &scope.email).await? {
                    return Ok(ImportOutcome::NoAccount);
                }
                clear_older(tx, &scope.api_key, &scope.email).await?;
                let sql = "SELECT count(*) FROM cert_set WHERE email = $1 AND bank = $2";
                if tx.number(sql, args![&scope.email, &scope.bank]).await? > 0 {
                    return Ok(ImportOutcome::Exists);
                }
                insert_set(tx, (&scope.email, &scope.bank), set, *now).await?;
                Ok(ImportOutcome::Done)
            })
        })
    }

    /// RetireCert (docs/protocols/ws-channel.md §2.19, §6.6): the set becomes `BANK.REMOVED.SUFFIX` (suffix: 8 random
    /// hex digits), its private keys are erased, borrowers lose it at once. An enrolment in progress is not touched.
    pub fn retire_certs(&self, scope: &FileScope, suffix: &str, now: i64) -> BoxFuture<'_, Result<RetireOutcome>> {
        self.write((scope.clone(), suffix.to_owned(), now), |tx, (scope, suffix, now)| {
            Box::pin(async move {
                if !account_is_there(tx, &scope.api_key, &scope.email).await? {
                    return Ok(RetireOutcome::NoAccount);
                }
                let name = format!("{}.REMOVED.{suffix}", scope.bank);
                let sql = "INSERT INTO retired_certificate (email, name, purpose, bank, pem, subject, issuer, serial, not_after, \
                           retired_at) SELECT c.email, CAST($3 AS TEXT), c.purpose, c.bank, c.pem, c.subject, c.issuer, c.serial, \
                           c.not_after, CAST($4 AS BIGINT) FROM certificate_pair c JOIN cert_set s ON s.email = c.email AND s.bank = c.bank \
                           AND s.pair = c.name WHERE c.email = $1 AND c.bank = $2";
                if tx.execute(sql, args![&scope.email, &scope.bank, &name, *now]).await? == 0 {
                    return Ok(RetireOutcome::NothingActive);
                }
                tx.execute("DELETE FROM cert_set WHERE email = $1 AND bank = $2", args![&scope.email, &scope.bank]).await?;
                touch(tx, &scope.email);
                Ok(RetireOutcome::Retired { name })
            })
        })
    }

    /// The account's own sets by bank, pending ones included (they have no signing certificate).
    pub fn cert_sets(&self, email: &str) -> BoxFuture<'_, Result<Vec<CertSet>>> {
        self.database().read(email.to_owned(), |tx, email| Box::pin(select_sets(tx, Some(email), None)))
    }

    /// The account's retired certificates, oldest first.
    pub fn retired_certs(&self, email: &str) -> BoxFuture<'_, Result<Vec<RetiredCertificateRow>>> {
        self.database().read(email.to_owned(), |tx, email| {
            Box::pin(async move {
                let sql = sql!(SELECT_RETIRED, "WHERE r.email = $1 ORDER BY r.retired_at, r.name, r.purpose DESC");
                tx.all(sql, args![email]).await
            })
        })
    }

    /// The set that a file operation of `email` at `bank` uses: its own if it has one, usable or not, otherwise that of
    /// the account it is linked to. Usable: active or renewing, and not expired at `now`. Links are not followed
    /// further.
    pub fn effective_certs(&self, email: &str, bank: &str, now: i64) -> BoxFuture<'_, Result<EffectiveCerts>> {
        self.database().read_snapshot((email.to_owned(), bank.to_owned(), now), |tx, (email, bank, now)| {
            Box::pin(effective(tx, email, bank, *now))
        })
    }
}

/// The certificates that a file operation uses now, or why none can be used.
pub(super) async fn effective(tx: &mut WsChannelTx, email: &str, bank: &str, now: i64) -> Result<EffectiveCerts> {
    let usable = |set: &CertSet| set.is_usable(now);
    let own = select_sets(tx, Some(email), None).await?;
    // An enrolment in progress has no certificate yet.
    let own = own.into_iter().find(|set| set.bank == bank && set.signing.is_some());
    if let Some(set) = own.as_ref().filter(|set| usable(set)) {
        return Ok(EffectiveCerts::Usable { set: Box::new(set.clone()), shared: false });
    }
    let lender: Option<Option<String>> = tx.one("SELECT linked_to FROM account WHERE email = $1", args![email]).await?;
    let lender = lender.flatten();
    if own.is_some() {
        return Ok(EffectiveCerts::OwnUnusable { is_linked: lender.is_some() });
    }
    let Some(owner) = lender else {
        return Ok(EffectiveCerts::NotLinked);
    };
    let sql = "SELECT count(*) FROM account WHERE email = $1 AND disabled_at IS NOT NULL";
    let mut lent: Vec<CertSet> = match tx.number(sql, args![&owner]).await? {
        // The certificates of a disabled account are used by nobody.
        1.. => Vec::new(),
        _ => select_sets(tx, Some(&owner), None).await?.into_iter().filter(usable).collect(),
    };
    Ok(match lent.iter().position(|set| set.bank == bank) {
        Some(index) => EffectiveCerts::Usable { set: Box::new(lent.swap_remove(index)), shared: true },
        None if lent.is_empty() => EffectiveCerts::LinkedWithoutData,
        None => EffectiveCerts::LinkedWithoutBank,
    })
}

pub(super) async fn account_is_there(tx: &mut WsChannelTx, api_key: &str, email: &str) -> Result<bool> {
    Ok(tx.number("SELECT count(*) FROM account WHERE email = $1 AND api_key = $2", args![email, api_key]).await? == 1)
}

/// Inserts the set of (account, bank).
async fn insert_set(tx: &mut WsChannelTx, (email, bank): (&str, &str), set: &NewCertSet, now: i64) -> Result<()> {
    let first_expiry =
        set.encryption.as_ref().map_or(set.signing.not_after, |e| e.not_after.min(set.signing.not_after));
    let sql = "INSERT INTO cert_set (email, bank, state, ticket, ws_user_id, company, target_id, first_expiry, changed, \
               pair, life, due) VALUES ($1, $2, $3, '', $4, $5, $6, $7, $8, $9, $10, $11)";
    let values = args![
        email,
        bank,
        set.state,
        &set.ws_user_id,
        &set.company,
        &set.target_id,
        first_expiry,
        now,
        &set.pair,
        &set.life,
        set.due
    ];
    tx.execute(sql, values).await?;
    let pairs = [("signing", Some(&set.signing)), ("encryption", set.encryption.as_ref())];
    for (purpose, material) in pairs {
        let Some(m) = material else { continue };
        let sql = "INSERT INTO certificate_pair (email, bank, name, purpose, label, request, pem, subject, issuer, serial, \
                   not_after, sealed_key, key_id) VALUES ($1, $2, $3, $4, $5, NULL, $6, $7, $8, $9, $10, $11, $12)";
        let values = args![
            email,
            bank,
            &set.pair,
            purpose,
            &m.label,
            &m.pem,
            &m.subject,
            &m.issuer,
            &m.serial,
            m.not_after,
            &m.sealed_key,
            &m.key_id
        ];
        tx.execute(sql, values).await?;
    }
    touch(tx, email);
    Ok(())
}

/// Marks that the certificates in use have changed.
pub(super) fn touch(tx: &mut WsChannelTx, email: &str) {
    // Borrowers see another account's certificates, so every listing may be affected.
    tx.touch_auth();
    tx.touch_files(email);
}

const SELECT_SET: &str = sql!("SELECT ", CertSet::COLUMNS, ", c.purpose, ", CertMaterial::COLUMNS);
const SIGNING: &str = "LEFT JOIN certificate_pair c ON c.email = s.email AND c.bank = s.bank AND c.name = s.pair";
/// The SELECT of [`RetiredCertificateRow`].
pub(super) const SELECT_RETIRED: &str = sql!("SELECT ", RetiredCertificateRow::COLUMNS, " FROM retired_certificate r ");

/// Sets with their certificates, of one account or of one tenant.
pub(super) async fn select_sets(
    tx: &mut WsChannelTx,
    email: Option<&str>,
    api_key: Option<&str>,
) -> Result<Vec<CertSet>> {
    const OF_ACCOUNT: &str =
        sql!(SELECT_SET, " FROM cert_set s ", SIGNING, " WHERE s.email = $1 ORDER BY s.email, s.bank");
    const OF_TENANT: &str = sql!(
        SELECT_SET,
        " FROM account a JOIN cert_set s ON s.email = a.email ",
        SIGNING,
        " WHERE a.api_key = $1 ORDER BY s.email, s.bank"
    );
    let rows: Vec<(CertSet, Option<(String, CertMaterial)>)> = match (email, api_key) {
        (Some(email), _) => tx.all(OF_ACCOUNT, args![email]).await?,
        (None, Some(api_key)) => tx.all(OF_TENANT, args![api_key]).await?,
        (None, None) => Vec::new(),
    };
    let mut sets: Vec<CertSet> = Vec::new();
    for (set, material) in rows {
        if sets.last().is_none_or(|last| (&last.email, &last.bank) != (&set.email, &set.bank)) {
            sets.push(set);
        }
        if let (Some(set), Some((purpose, material))) = (sets.last_mut(), material) {
            let place = if purpose == "signing" { &mut set.signing } else { &mut set.encryption };
            *place = Some(material);
        }
    }
    Ok(sets)
}
