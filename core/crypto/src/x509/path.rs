//! The path from a certificate to an anchor: through intermediates that anybody may supply, at an instant.

use std::fmt;

use super::{Certificate, CertificateHash, signed_before};
use crate::rsa::MIN_BITS;

/// Maximum number of certificates in a path, the anchor included.
pub const MAX_PATH_CERTIFICATES: usize = 5;
/// Maximum number of issuers that are tried: certificates of one name with many keys cost a signature check each.
const MAX_TRIED: usize = 64;

/// The rules of a path.
#[derive(Debug, Clone, Copy)]
pub struct PathRules {
    /// The instant, Unix seconds: each certificate of the path, the anchor too, is valid then.
    pub at_s: i64,
    /// Whether the first certificate itself may be signed with SHA-1. Those of authorities never may.
    pub allows_sha1_leaf: bool,
}

/// Why there is no path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathFault {
    /// No certificate that leads to an anchor has the name of the issuer.
    NoIssuer {
        /// The name that is missing.
        issuer: String,
    },
    /// A certificate has that name, but its key did not make the signature.
    NotSigned {
        /// The issuer's name.
        issuer: String,
    },
    /// A certificate of the path may not stand there.
    Unfit {
        /// Its subject.
        subject: String,
        /// The reason, as a phrase behind the subject.
        why: &'static str,
    },
    /// The path has more than five certificates, or too many candidates were tried.
    TooLong,
}

impl PathFault {
    /// How near to a path it was: the fault to report of several.
    fn progress(&self) -> u8 {
        match self {
            Self::NoIssuer { .. } => 0,
            Self::TooLong => 1,
            Self::NotSigned { .. } => 2,
            Self::Unfit { .. } => 3,
        }
    }
}

impl fmt::Display for PathFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoIssuer { issuer } => {
                write!(
                    f,
                    "no trusted certificate authority is behind it: {issuer} is neither an anchor nor issued by one"
                )
            }
            Self::NotSigned { issuer } => {
                write!(f, "a certificate named {issuer} is there, but its key did not make the signature")
            }
            Self::Unfit { subject, why } => write!(f, "the certificate of {subject} {why}"),
            Self::TooLong => write!(f, "the path to an anchor is longer than {MAX_PATH_CERTIFICATES} certificates"),
        }
    }
}

impl std::error::Error for PathFault {}

/// The path from a certificate to one of the anchors, both included (RFC 5280 §6.1, without policies and names): each
/// is signed by the next with RSA of 2048 bits or more and SHA-256 or longer, and valid at the instant; each issuer is
/// an authority that may sign certificates, with no more authorities below it than it allows; no critical extension is
/// unknown. The first may sign, if it says what it may. An anchor's own signature is not checked. Intermediates are
/// used, never trusted; a certificate that is an anchor itself has a path of one.
///
/// # Errors
/// [`PathFault`]: of several, that of the path that came nearest.
pub fn certificate_path(
    first: &Certificate,
    intermediates: &[Certificate],
    anchors: &[Certificate],
    rules: PathRules,
) -> Result<Vec<Certificate>, PathFault> {
    check_first(first, rules)?;
    let mut search = PathSearch { intermediates, anchors, rules, tried: 0, fault: None };
    let mut path = vec![first.clone()];
    if anchors.contains(first) || search.extend(&mut path) {
        return Ok(path);
    }
    Err(search.fault.unwrap_or_else(|| PathFault::NoIssuer { issuer: first.issuer().display() }))
}

struct PathSearch<'c> {
    intermediates: &'c [Certificate],
    anchors: &'c [Certificate],
    rules: PathRules,
    tried: usize,
    fault: Option<PathFault>,
}

impl PathSearch<'_> {
    /// Extends a path to an anchor; leaves it as it was if it cannot.
    fn extend(&mut self, path: &mut Vec<Certificate>) -> bool {
        let Some(last) = path.last().cloned() else { return false };
        let (anchors, intermediates) = (self.anchors, self.intermediates);
        let candidates = anchors.iter().map(|one| (one, true)).chain(intermediates.iter().map(|one| (one, false)));
        let mut is_named = false;
        for (issuer, is_anchor) in candidates.filter(|(issuer, _)| last.names_issuer(issuer)) {
            if path.contains(issuer) {
                continue;
            }
            is_named = true;
            self.tried += 1;
            if self.tried > MAX_TRIED || path.len() >= MAX_PATH_CERTIFICATES {
                self.note_fault(PathFault::TooLong);
                return false;
            }
            let subject = || issuer.subject().display();
            if !self.signed(&last, issuer, path.len() == 1) {
                self.note_fault(PathFault::NotSigned { issuer: subject() });
                continue;
            }
            // The authorities between this one and the first certificate; one that issued itself again does not count.
            let below = path.iter().skip(1).filter(|one| one.subject_der() != one.issuer_der()).count();
            if let Some(why) = self.unfit(issuer, below) {
                self.note_fault(PathFault::Unfit { subject: subject(), why });
                continue;
            }
            path.push(issuer.clone());
            if is_anchor || self.extend(path) {
                return true;
            }
            path.pop();
        }
        if !is_named {
            self.note_fault(PathFault::NoIssuer { issuer: last.issuer().display() });
        }
        false
    }

    fn signed(&self, certificate: &Certificate, issuer: &Certificate, is_first: bool) -> bool {
        signed_before::is_signed_by(certificate, issuer)
            || (is_first && self.rules.allows_sha1_leaf && certificate.is_signed_with_sha1_by(issuer))
    }

    /// Why a certificate cannot be an issuer with this many authorities below it; `None` if it can.
    fn unfit(&self, issuer: &Certificate, below: usize) -> Option<&'static str> {
        if !issuer.is_ca() {
            return Some("is not an authority's (CA:TRUE is missing)");
        }
        if !issuer.key_usage().is_none_or(|usage| usage.key_cert_sign) {
            return Some("may not sign certificates (keyCertSign is missing)");
        }
        if issuer.path_length().is_some_and(|max| (max as usize) < below) {
            return Some("allows fewer authorities below it (pathlen)");
        }
        unfit_anywhere(issuer, self.rules)
    }

    fn note_fault(&mut self, fault: PathFault) {
        if self.fault.as_ref().is_none_or(|known| known.progress() < fault.progress()) {
            self.fault = Some(fault);
        }
    }
}

/// Why a certificate's uses do not allow it to sign messages; `None` if they do.
fn not_for_signing(certificate: &Certificate) -> Option<&'static str> {
    let may_sign = certificate.key_usage().is_none_or(|usage| usage.digital_signature || usage.non_repudiation);
    (!may_sign).then_some("may not sign messages (digitalSignature and nonRepudiation are missing)")
}

impl Certificate {
    /// Why a customer cannot sign messages with this certificate, as a phrase behind its name; `None` if nothing speaks
    /// against it. One that begins later is fit.
    #[must_use]
    pub fn why_unfit_to_sign(&self, at_s: i64) -> Option<&'static str> {
        if at_s > self.not_after_s() {
            return Some("has ended");
        }
        if self.is_ca() {
            return Some("is that of an authority, not of a customer");
        }
        not_for_signing(self)
    }

    /// Why nothing can be encrypted for a holder of this certificate, in the same way.
    #[must_use]
    pub fn why_unfit_to_encrypt(&self, at_s: i64) -> Option<&'static str> {
        if at_s > self.not_after_s() {
            return Some("has ended");
        }
        if self.is_ca() {
            return Some("is that of an authority, not of a customer");
        }
        let uses = self.key_usage();
        let may = uses.is_none_or(|uses| uses.key_encipherment || uses.data_encipherment || uses.key_agreement);
        (!may).then_some("may not encrypt (keyEncipherment and dataEncipherment are missing)")
    }
}

fn check_first(first: &Certificate, rules: PathRules) -> Result<(), PathFault> {
    let why = if let Some(why) = not_for_signing(first) {
        Some(why)
    } else if first.is_signed_with_sha1() && !rules.allows_sha1_leaf {
        Some("is signed with SHA-1, which is broken and not permitted here")
    } else if matches!(first.signature_hash(), CertificateHash::Other(_)) && !first.is_signed_with_sha1() {
        Some("is signed with an algorithm other than RSA with SHA-256, 384 or 512")
    } else {
        unfit_anywhere(first, rules)
    };
    why.map_or(Ok(()), |why| Err(PathFault::Unfit { subject: first.subject().display(), why }))
}

/// What no certificate of a path may be.
fn unfit_anywhere(certificate: &Certificate, rules: PathRules) -> Option<&'static str> {
    if !certificate.key().is_ok_and(|key| key.bits() >= MIN_BITS) {
        return Some("has no RSA key of 2048 bits or more");
    }
    if certificate.unknown_critical_extension().is_some() {
        return Some("has a critical extension that is not understood here (such as nameConstraints)");
    }
    if certificate.is_reserved_for_others() {
        return Some("may not sign messages (its critical extendedKeyUsage is for something else)");
    }
    if rules.at_s < certificate.not_before_s() {
        return Some("is not yet valid");
    }
    (rules.at_s > certificate.not_after_s()).then_some("has expired")
}
