//! The revocation lists of the authorities behind a bank's signers (§10.5).

use std::sync::Arc;

use bankchannel_crypto::x509::{Certificate, RevocationList, RevokedEntry};
use jiff::Timestamp;

use super::VerificationRules;

/// How long a list holds that does not say when the next one comes, seconds.
const ENDLESS_S: i64 = 31 * 86_400;

/// A revocation list, and the authority that has signed it.
#[derive(Debug)]
pub struct BelievedRevocationList {
    list: RevocationList,
    issuer: Certificate,
}

impl BelievedRevocationList {
    /// Reads a list, DER or PEM, that one of these authorities has signed. Whether they are trusted shows the path in which
    /// the list is used.
    ///
    /// # Errors
    /// Why it is not believed, as a sentence without its full stop.
    pub fn read(bytes: &[u8], authorities: &[Certificate], allows_sha1: bool) -> Result<Self, String> {
        let list = RevocationList::from_pem_or_der(bytes).map_err(|fault| fault.to_string())?;
        let mut why = None;
        let name = list.issuer().display();
        for issuer in authorities {
            match list.is_signed_by(issuer, allows_sha1) {
                Ok(()) => return Ok(Self { list, issuer: issuer.clone() }),
                Err(fault) if issuer.subject().display() == name => why = Some(fault.to_string()),
                Err(_) => {}
            }
        }
        Err(why
            .unwrap_or_else(|| format!("the revocation list is that of {name}, none of the bank's authorities here")))
    }

    /// The list.
    #[must_use]
    pub fn list(&self) -> &RevocationList {
        &self.list
    }

    /// The authority that has signed it.
    #[must_use]
    pub fn issuer(&self) -> &Certificate {
        &self.issuer
    }

    /// Whether the list's own time has not ended. One without an end holds for 31 days.
    #[must_use]
    pub fn holds_at(&self, at_s: i64) -> bool {
        at_s < self.list.next_update_s().unwrap_or_else(|| self.list.this_update_s().saturating_add(ENDLESS_S))
    }

    /// The entry of a certificate. A serial number of this issuer is revoked whatever the list's distribution point.
    fn entry(&self, certificate: &Certificate) -> Option<RevokedEntry> {
        self.list.find(certificate.serial()).filter(|_| certificate.names_issuer(&self.issuer))
    }

    /// Whether the list would name a certificate of this issuer, if it were revoked.
    fn covers(&self, certificate: &Certificate, issuer: &Certificate) -> bool {
        issuer.spki_der() == self.issuer.spki_der() && self.list.find_certificate(certificate).is_ok()
    }

    /// Why a certificate of the list's issuer does not hold any more, as a phrase behind its name; `None` if the list does not
    /// name it.
    #[must_use]
    pub fn why_revoked(&self, certificate: &Certificate) -> Option<String> {
        self.entry(certificate).map(revoked)
    }
}

/// A revoked certificate's entry, as a phrase behind its name.
fn revoked(entry: RevokedEntry) -> String {
    let on = Timestamp::from_second(entry.revoked_s).map(|at| at.strftime("%Y-%m-%d").to_string()).unwrap_or_default();
    match entry.reason {
        Some(reason) => format!("was revoked by its issuer on {on} ({})", reason.name()),
        None => format!("was revoked by its issuer on {on}"),
    }
}

impl VerificationRules {
    /// Checks the certificates of a path against the lists. A revoked one is not believed whatever the time of the message:
    /// whoever has the key writes any time. Returns whether a list has the issuer of the first.
    pub(super) fn check_revocation(&self, path: &[Certificate]) -> Result<bool, String> {
        let lists = &self.revocation_lists;
        for certificate in path {
            if let Some(why) = lists.iter().find_map(|applied| applied.list.why_revoked(certificate)) {
                return Err(format!("the certificate of {} {why}", certificate.subject().display()));
            }
        }
        let is_covered = match path {
            [first, issuer, ..] => lists.iter().any(|applied| applied.is_current && applied.list.covers(first, issuer)),
            _ => false,
        };
        if self.requires_revocation_list && !is_covered && path.len() > 1 {
            let issuer = path[1].subject().display();
            return Err(format!("no revocation list of {issuer} is known here, and `crl_check` is hard_fail"));
        }
        Ok(is_covered)
    }
}

/// A list as it is applied now.
#[derive(Debug, Clone)]
pub struct AppliedRevocationList {
    /// The list.
    pub list: Arc<BelievedRevocationList>,
    /// Whether it says which certificates are not revoked, too: it is not too old.
    pub is_current: bool,
}

/// The lists that are known.
pub type RevocationLists = Vec<AppliedRevocationList>;
