//! A cache of parsed certificates: their keys, statements and issuers do not change, nor do the checks that depend only
//! on them.

use std::{
    convert::Infallible,
    hash::{BuildHasher, DefaultHasher, Hasher, RandomState},
    sync::{Arc, RwLock},
};

use bankchannel_foundation::Cache;

use super::{
    VerificationMode,
    certificate::{self, QcResult},
    check::CheckFinding,
    connection, signature,
};
use crate::{
    certificates::{
        Certificate, CertificateFault, Psd2Certificate, Psd2Statement, read_certificate_header, why_unissued,
    },
    signing::KeyId,
};

/// The maximum number of certificates in a cache.
const MAX: u64 = 1024;
/// The maximum length of a cached key id, in bytes.
const MAX_KEY_ID: usize = 1024;

/// A certificate as parsed from a header, and the results of the checks that depend on nothing else.
#[derive(Debug)]
pub(super) struct KnownCertificate {
    pub(super) certificate: Certificate,
    /// The deviations that were tolerated when it was parsed.
    pub(super) warnings: Vec<String>,
    /// The indexes of the trusted issuers that signed it. Validity is checked separately, since it depends on the time.
    pub(super) issuers: Vec<usize>,
    /// The reason if there is no issuer.
    pub(super) unissued: &'static str,
    /// Roles and authority, if the certificate states them.
    pub(super) psd2_statement: Option<Psd2Statement>,
    /// V14, for the certificate's use.
    pub(super) key: CheckFinding,
    /// V20 and V21, for each mode.
    modes: [(CheckFinding, CheckFinding); 3],
    lenient: bool,
    /// The last key id that identified it without a warning.
    named_by: RwLock<Box<str>>,
}

impl KnownCertificate {
    fn read(value: &[u8], lenient: bool, anchors: &[Certificate]) -> Result<Self, CertificateFault> {
        let read = read_certificate_header(value, lenient)?;
        Ok(Self { warnings: read.warnings, lenient, ..Self::new(read.certificate, SEALING, anchors) })
    }

    fn new(certificate: Certificate, purpose: CertificateUse, anchors: &[Certificate]) -> Self {
        let issued = |anchor: &Certificate| certificate.is_issued_by(anchor);
        let issuers = anchors.iter().enumerate().filter(|(_, anchor)| issued(anchor)).map(|(at, _)| at).collect();
        let qc = certificate.qc();
        let of = |mode| ((purpose.fits)(&certificate, &qc, mode), certificate::psd2(&certificate, &qc, mode));
        let modes = [of(VerificationMode::Strict), of(VerificationMode::Normal), of(VerificationMode::Lenient)];
        Self {
            warnings: Vec::new(),
            issuers,
            unissued: why_unissued(&certificate, anchors),
            psd2_statement: qc.ok().flatten().and_then(|statements| statements.psd2),
            key: (purpose.key)(&certificate),
            modes,
            lenient: false,
            named_by: RwLock::default(),
            certificate,
        }
    }

    /// V20, for the certificate's use.
    pub(super) fn for_its_use(&self, mode: VerificationMode) -> CheckFinding {
        self.of_mode(mode).0.clone()
    }

    /// V21.
    pub(super) fn psd2(&self, mode: VerificationMode) -> CheckFinding {
        self.of_mode(mode).1.clone()
    }

    fn of_mode(&self, mode: VerificationMode) -> &(CheckFinding, CheckFinding) {
        match mode {
            VerificationMode::Strict => &self.modes[0],
            VerificationMode::Normal => &self.modes[1],
            VerificationMode::Lenient => &self.modes[2],
        }
    }

    /// V23. Parsing and comparing a name is slow; most signers always write it in the same form.
    pub(super) fn key_id(&self, text: &str) -> (Option<KeyId>, CheckFinding) {
        let is_known = self.named_by.try_read().is_ok_and(|named_by| **named_by == *text);
        if is_known && let Ok(parsed) = KeyId::parse(text) {
            return (Some(parsed), CheckFinding::Holds);
        }
        let (parsed, found) = signature::key_id(text, &self.certificate, self.lenient);
        if found == CheckFinding::Holds
            && text.len() <= MAX_KEY_ID
            && let Ok(mut named_by) = self.named_by.try_write()
        {
            *named_by = text.into();
        }
        (parsed, found)
    }
}

/// The checks V14 and V20 for one use of certificates.
#[derive(Clone, Copy)]
struct CertificateUse {
    key: fn(&Certificate) -> CheckFinding,
    fits: fn(&Certificate, &QcResult, VerificationMode) -> CheckFinding,
}

const SEALING: CertificateUse = CertificateUse { key: certificate::key, fits: certificate::for_sealing };
const CONNECTING: CertificateUse = CertificateUse { key: connection::key, fits: connection::for_connecting };

/// The parsed certificates.
#[derive(Debug)]
pub(super) struct CertificateCache {
    strictly: Held,
    leniently: Held,
    /// The certificates of connections, keyed by their DER.
    connections: Held,
}

type Held = Cache<Box<[u8]>, Arc<KnownCertificate>, ByTheEnd>;

/// Hashes only the end of a value, which holds the issuer's signature. Equal ends occur only by intent, and then cost
/// at most as many comparisons as there are cached certificates.
#[derive(Debug, Default)]
struct ByTheEnd(RandomState);

struct EndHasher(DefaultHasher);

/// The number of hashed bytes at the end of a value.
const END: usize = 64;

impl BuildHasher for ByTheEnd {
    type Hasher = EndHasher;

    fn build_hasher(&self) -> EndHasher {
        EndHasher(self.0.build_hasher())
    }
}

impl Hasher for EndHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.write(&bytes[bytes.len().saturating_sub(END)..]);
    }

    fn finish(&self) -> u64 {
        self.0.finish()
    }
}

impl Default for CertificateCache {
    fn default() -> Self {
        Self { strictly: Cache::new(MAX), leniently: Cache::new(MAX), connections: Cache::new(MAX) }
    }
}

impl CertificateCache {
    pub(super) fn read(
        &self,
        value: &[u8],
        lenient: bool,
        anchors: &[Certificate],
    ) -> Result<Arc<KnownCertificate>, CertificateFault> {
        let held = if lenient { &self.leniently } else { &self.strictly };
        held.get_or_make(value, || KnownCertificate::read(value, lenient, anchors).map(Arc::new))
    }

    /// The same for the client certificate of a connection.
    pub(super) fn of_connection(&self, certificate: &Certificate, anchors: &[Certificate]) -> Arc<KnownCertificate> {
        let make = || Ok::<_, Infallible>(Arc::new(KnownCertificate::new(certificate.clone(), CONNECTING, anchors)));
        match self.connections.get_or_make(certificate.der(), make) {
            Ok(known) => known,
            Err(never) => match never {},
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        certificates::{
            AuthorityOptions, CertForm, CertificateKind, IssueOptions, NameStyle, TestAuthority, certificate_header,
        },
        signing::SerialStyle,
    };

    const NOW: i64 = 1_772_532_930;

    fn certificates(count: usize) -> Vec<Certificate> {
        let authority = TestAuthority::create(&AuthorityOptions::new("Sandbox QSEAL CA", NOW)).unwrap();
        let issue = |_| authority.issue(&IssueOptions::new(CertificateKind::Qseal, NOW)).unwrap().certificate_pem;
        (0..count).map(issue).map(|pem| Certificate::from_pem(&pem).unwrap()).collect()
    }

    fn value(certificate: &Certificate) -> Vec<u8> {
        certificate_header(certificate, CertForm::DerBase64).into_bytes()
    }

    #[test]
    fn a_certificate_is_read_once_in_each_way() {
        let (cache, certificates) = (CertificateCache::default(), certificates(2));
        let read = |which: usize, lenient| cache.read(&value(&certificates[which]), lenient, &[]).unwrap();
        let first = read(0, false);
        assert!(Arc::ptr_eq(&first, &read(0, false)) && !Arc::ptr_eq(&first, &read(0, true)));
        assert_eq!((&first.certificate, &read(1, false).certificate), (&certificates[0], &certificates[1]));
        let qc = certificates[0].qc();
        for mode in [VerificationMode::Strict, VerificationMode::Normal, VerificationMode::Lenient] {
            assert_eq!(first.for_its_use(mode), certificate::for_sealing(&certificates[0], &qc, mode));
            assert_eq!(first.psd2(mode), certificate::psd2(&certificates[0], &qc, mode));
        }
    }

    #[test]
    fn values_with_the_same_end_are_told_apart() {
        let (cache, certificates) = (CertificateCache::default(), certificates(1));
        let good = value(&certificates[0]);
        let mut bad = good.clone();
        bad[0] = b'N';
        let (by, hash) = (ByTheEnd::default(), |by: &ByTheEnd, value: &[u8]| by.hash_one(value));
        assert_eq!(hash(&by, &good), hash(&by, &bad));
        assert!(cache.read(&good, false, &[]).is_ok() && cache.read(&bad, false, &[]).is_err());
        assert_ne!(hash(&by, &good), hash(&by, &good[..good.len() - 1]));
    }

    /// As in the child process of a fork whose parent was writing at that moment.
    #[test]
    fn a_lock_that_is_never_given_back_stops_nobody() {
        let (cache, certificates) = (CertificateCache::default(), certificates(1));
        let value = value(&certificates[0]);
        let one = cache.read(&value, false, &[]).unwrap();
        let text = KeyId::from_certificate(&one.certificate, SerialStyle::HexUpper, NameStyle::Rfc2253).to_text();
        let _writing = one.named_by.write();
        assert_eq!(one.key_id(&text).1, CheckFinding::Holds);
    }

    #[test]
    fn the_key_id_that_is_remembered_answers_for_itself_alone() {
        let (cache, certificates) = (CertificateCache::default(), certificates(2));
        let of = |certificate, serial| KeyId::from_certificate(certificate, serial, NameStyle::Rfc2253).to_text();
        let (good, other) = (of(&certificates[0], SerialStyle::HexUpper), of(&certificates[1], SerialStyle::HexUpper));
        let lower = of(&certificates[0], SerialStyle::HexLower);
        let known = cache.read(&value(&certificates[0]), false, &[]).unwrap();
        for _ in 0..2 {
            for text in [&good, &lower, &good] {
                let (parsed, found) = known.key_id(text);
                assert_eq!((parsed.map(|id| id.to_text()).as_ref(), found), (Some(text), CheckFinding::Holds));
                assert_eq!(known.named_by.read().ok().as_deref().map(|text| &**text), Some(text.as_str()));
            }
            for text in [other.as_str(), "", "SN=", "no key id", &good[..good.len() - 1], &format!("{good} ")] {
                let fresh = signature::key_id(text, &certificates[0], false);
                assert_eq!(known.key_id(text), fresh, "{text}");
            }
        }
        // A form that other modes accept with a warning is not cached as valid.
        let known = cache.read(&value(&certificates[0]), true, &[]).unwrap();
        let percent = good.replace(' ', "%20");
        for _ in 0..2 {
            assert!(matches!(known.key_id(&percent).1, CheckFinding::Warn(_)), "{percent}");
        }
        let long = format!("{}{}", good, " ".repeat(MAX_KEY_ID));
        let _ = known.key_id(&long);
        assert!(known.named_by.read().is_ok_and(|text| text.len() <= MAX_KEY_ID));
    }
}
