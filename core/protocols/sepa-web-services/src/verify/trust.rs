//! Whether a signer is trusted: its path to an anchor, and whether it is the bank.

use bankchannel_crypto::x509::{Certificate, NameStyle, PathRules, certificate_path};

use bankchannel_xml::text::quote;

use super::VerificationRules;
use crate::profile::SignatureLevel;

/// The object identifier of a common name.
const COMMON_NAME: &str = "2.5.4.3";

impl VerificationRules {
    /// The path of a signer to an anchor at the instant; the error says why there is none.
    pub(super) fn path(&self, signer: &Certificate, others: &[Certificate]) -> Result<String, String> {
        if self.anchors.is_empty() {
            return Err(
                "no certificate authority is trusted: name the bank, or give the authority's certificate".to_owned()
            );
        }
        let pool: Vec<Certificate> = self.intermediates.iter().chain(others).cloned().collect();
        let rules = PathRules { at_s: self.at_s, allows_sha1_leaf: self.allows_sha1 };
        let path = certificate_path(signer, &pool, &self.anchors, rules).map_err(|fault| fault.to_string())?;
        let is_covered = self.check_revocation(&path)?;
        let names: Vec<String> = path.iter().skip(1).map(|one| one.subject().to_text(NameStyle::Rfc2253)).collect();
        Ok(match (names.is_empty(), is_covered) {
            (true, _) => "the signer is an anchor itself".to_owned(),
            (false, true) => format!("issued by {}; not revoked", names.join(", by ")),
            (false, false) => format!("issued by {}", names.join(", by ")),
        })
    }

    fn is_issued_by_anchor(&self, signer: &Certificate) -> bool {
        let rules = PathRules { at_s: self.at_s, allows_sha1_leaf: self.allows_sha1 };
        certificate_path(signer, &[], &self.anchors, rules).is_ok()
    }

    /// Whether the signer of an answer is the bank: several authorities issue certificates to customers, too.
    pub(crate) fn is_bank(&self, signer: &Certificate, level: SignatureLevel) -> Result<String, String> {
        if self.own.iter().any(|own| own == signer) {
            return Err("the signer is our own certificate: nobody but us has signed this".to_owned());
        }
        let Some(patterns) = &self.signers else {
            return Ok("no bank is named, so any signer under the given authorities will do".to_owned());
        };
        if patterns.is_empty() {
            let why = "the profile does not say with which certificates this bank signs: give `signers` in a profile";
            return Err(why.to_owned());
        }
        let mut names = signer.subject().rdns.iter().flatten().filter(|attribute| attribute.oid == COMMON_NAME);
        let name = names.next().map(|attribute| attribute.value.as_str()).unwrap_or_default();
        if names.next().is_some() {
            return Err("the signer has more than one common name: it is not clear whose it is".to_owned());
        }
        let of_level = |one: SignatureLevel| one == level || one == SignatureLevel::Any;
        let mut here = patterns.iter().filter(|pattern| of_level(pattern.level));
        match here.find(|pattern| pattern.is_of(name)) {
            Some(pattern) if pattern.is_issued_by_anchor == Some(true) && !self.is_issued_by_anchor(signer) => {
                Err("the signer was not issued by the bank's root itself: it may be a customer of the same bank"
                    .to_owned())
            }
            Some(pattern) if pattern.is_whole_name == Some(true) => Ok(format!("its common name is {}", quote(name))),
            Some(pattern) => Ok(format!("its common name has “{}”", pattern.common_name_contains)),
            None => Err(format!(
                "{} is not a name that this bank signs with: it may be a customer of the same authority",
                quote(name)
            )),
        }
    }
}
