//! Which certificates were found to be signed by which others: that one has signed the other stays true, whatever the time, so
//! a bank's signer costs the computation once, not with each message.

use std::{collections::VecDeque, sync::Mutex};

use super::Certificate;

/// The most pairs that are remembered.
const MOST: usize = 256;

/// Pairs of a certificate and its issuer, by their digests; the newest last.
static KNOWN: Mutex<VecDeque<[[u8; 32]; 2]>> = Mutex::new(VecDeque::new());

/// Whether a certificate is signed by the key of another: remembered, or computed. Only that it is, is remembered. Where the
/// memory cannot be had at once, as in a process that was forked while it was in use, it is computed.
pub(super) fn is_signed_by(certificate: &Certificate, issuer: &Certificate) -> bool {
    let pair = [certificate.sha256(), issuer.sha256()];
    if KNOWN.try_lock().is_ok_and(|known| known.contains(&pair)) {
        return true;
    }
    let is_signed = certificate.is_signed_by(issuer);
    if is_signed && let Ok(mut known) = KNOWN.try_lock() {
        if known.len() >= MOST {
            known.pop_front();
        }
        known.push_back(pair);
    }
    is_signed
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::{Timestamp, ToSpan as _};

    use super::*;
    use crate::{
        rsa::RsaPrivateKey,
        x509::{CertificateIssuer, CertificatePurpose, NewCertificate, SubjectAttribute},
    };

    #[test]
    fn what_was_found_once_is_remembered_and_another_key_of_the_name_is_not_the_issuer() {
        let now = Timestamp::now();
        let root = || {
            let end = now.checked_add(24.hours()).unwrap();
            let subject = [(SubjectAttribute::CommonName, "A Root")];
            let purpose = CertificatePurpose::Authority(0);
            let new = NewCertificate { purpose, ..NewCertificate::new(&subject, now, end) };
            let key = RsaPrivateKey::generate(2048).unwrap().to_pkcs8_pem();
            CertificateIssuer::self_signed(&new, &key).unwrap().certificate().clone()
        };
        let (own, other) = (root(), root());
        for _ in 0..2 {
            assert!(is_signed_by(&own, &own));
            assert!(!is_signed_by(&own, &other));
        }
        let pair = |issuer: &Certificate| [own.sha256(), issuer.sha256()];
        let known = KNOWN.lock().unwrap();
        assert!(known.contains(&pair(&own)) && !known.contains(&pair(&other)));
    }
}
