//! The revocation lists of the authorities behind a bank's signers (§10.5).

use std::sync::Arc;

use bankchannel_crypto::x509::{Certificate, RevocationList, RevokedEntry};
use jiff::Timestamp;

use super::VerificationRules;

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

    /// Whether the list's own time has not ended.
    #[must_use]
    pub fn holds_at(&self, at_s: i64) -> bool {
        self.list.next_update_s().is_none_or(|next_s| at_s < next_s)
    }

    /// What the list says of a certificate that its issuer has issued: the entry of a revoked one. `None`: it says nothing,
    /// as that is another issuer's.
    fn entry(&self, certificate: &Certificate, issuer: &Certificate) -> Option<Option<RevokedEntry>> {
        let is_of = issuer.spki_der() == self.issuer.spki_der();
        is_of.then(|| self.list.find_certificate(certificate).ok()).flatten()
    }

    /// Why a certificate of the list's issuer does not hold any more, as a phrase behind its name; `None` if the list does not
    /// name it. Whether that issuer has issued it was checked before.
    #[must_use]
    pub fn why_revoked(&self, certificate: &Certificate) -> Option<String> {
        self.entry(certificate, &self.issuer)?.map(revoked)
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
        let mut is_covered = false;
        for (at, pair) in path.windows(2).enumerate() {
            let [certificate, issuer] = pair else { continue };
            let said: Vec<_> =
                self.revocation_lists.iter().filter_map(|known| known.entry(certificate, issuer)).collect();
            if let Some(entry) = said.iter().flatten().next() {
                return Err(format!("the certificate of {} {}", certificate.subject().display(), revoked(*entry)));
            }
            is_covered |= at == 0 && !said.is_empty();
        }
        if self.requires_revocation_list && !is_covered && path.len() > 1 {
            let issuer = path[1].subject().display();
            return Err(format!("no revocation list of {issuer} is known here, and `crl_check` is hard_fail"));
        }
        Ok(is_covered)
    }
}

/// The lists that are known.
pub type RevocationLists = Vec<Arc<BelievedRevocationList>>;
