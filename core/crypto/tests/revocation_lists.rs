//! Revocation lists made by `openssl ca`, and lists that it does not make. All data is made here.
#![allow(clippy::unwrap_used)]

use bankchannel_crypto::asn1::{encode, tag};
use bankchannel_crypto::pem;
use bankchannel_crypto::signature::{Hash, SigningKey};
use bankchannel_crypto::x509::{Certificate, MAX_REVOCATION_LIST_BYTES, RevocationList, RevocationReasonCode};
use jiff::Timestamp;

mod support;
use support::Openssl;

/// An authority; the sections at the end are extensions of lists.
const CONFIGURATION: &str = "
[ca]
default_ca = authority
[authority]
database = index.txt
new_certs_dir = .
crlnumber = crlnumber.txt
certificate = ca.pem
private_key = ca.key
default_md = sha256
default_crl_days = 30
policy = any
unique_subject = no
crl_extensions = plain
[old]
database = old.txt
new_certs_dir = .
certificate = ca.pem
private_key = ca.key
default_md = sha256
default_crl_days = 30
policy = any
unique_subject = no
[any]
commonName = supplied
[plain]
authorityKeyIdentifier = keyid
[unknown]
1.2.3.4 = critical,ASN1:UTF8String:hello
[ignored]
1.2.3.4 = ASN1:UTF8String:hello
[delta]
2.5.29.27 = critical,ASN1:INTEGER:1
[named]
issuingDistributionPoint = critical,@named_point
[named_point]
fullname = URI:http://example.test/ca.crl
[users]
issuingDistributionPoint = critical,@users_point
[users_point]
fullname = URI:http://example.test/ca.crl
onlyuser = TRUE
[authorities]
issuingDistributionPoint = critical,@authorities_point
[authorities_point]
onlyCA = TRUE
[attributes]
issuingDistributionPoint = critical,@attributes_point
[attributes_point]
onlyAA = TRUE
[reasons]
issuingDistributionPoint = critical,@reasons_point
[reasons_point]
onlysomereasons = keyCompromise,superseded
[indirect]
issuingDistributionPoint = critical,@indirect_point
[indirect_point]
indirectCRL = TRUE
[relative]
issuingDistributionPoint = critical,@relative_point
[relative_point]
relativename = relative_name
[relative_name]
CN = part
";
/// The AlgorithmIdentifier of RSA with SHA-256.
const SHA256_WITH_RSA: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00";
/// 2026-01-01T00:00:00Z, and as a time of a list.
const NEW_YEAR_S: i64 = 1_767_225_600;
const NEW_YEAR: &str = "260101000000Z";
const DAY_S: i64 = 86_400;

const REASON_CODE: &[u8] = b"\x55\x1d\x15";
const INVALIDITY_DATE: &[u8] = b"\x55\x1d\x18";
const CERTIFICATE_ISSUER: &[u8] = b"\x55\x1d\x1d";

/// A folder with an authority (`ca.*`), its configuration, and a key for certificates (`leaf.key`).
struct TestAuthority {
    openssl: Openssl,
    certificate: Certificate,
    key: SigningKey,
}

impl TestAuthority {
    fn new() -> Option<Self> {
        let openssl = Openssl::new()?;
        openssl.write("ca.cnf", CONFIGURATION);
        openssl.write("index.txt", "");
        openssl.write("old.txt", "");
        openssl.write("crlnumber.txt", "01\n");
        openssl.run("genrsa -out leaf.key 2048");
        let usage = "-addext keyUsage=critical,keyCertSign,cRLSign";
        let new = "req -x509 -newkey rsa:2048 -noenc -days 3 -subj /CN=authority";
        openssl.run(&format!("{new} {usage} -keyout ca.key -out ca.pem"));
        let certificate = Certificate::from_pem(&openssl.read("ca.pem")).unwrap();
        let key = SigningKey::from_pem(&openssl.read("ca.key"), None).unwrap();
        Some(Self { openssl, certificate, key })
    }

    /// Issues a certificate, `leaf.pem`.
    fn issue(&self, serial: u32, options: &str) -> Certificate {
        let new = format!("req -x509 -new -key leaf.key -CA ca.pem -CAkey ca.key -days 3 -subj /CN=leaf{serial}");
        self.openssl.run(&format!("{new} -set_serial {serial} {options} -out leaf.pem"));
        Certificate::from_pem(&self.openssl.read("leaf.pem")).unwrap()
    }

    /// Revokes the last certificate that was issued.
    fn revoke(&self, options: &str) {
        self.openssl.run(&format!("ca -config ca.cnf {options} -revoke leaf.pem"));
    }

    /// Makes a list, `list.pem`, and reads it.
    fn list(&self, options: &str) -> Result<RevocationList, String> {
        self.openssl.run(&format!("ca -config ca.cnf -gencrl {options} -out list.pem"));
        read(self.openssl.read("list.pem").as_bytes())
    }

    /// A list made here, signed.
    fn signed(&self, parts: &ListParts) -> Vec<u8> {
        let this_update = time(NEW_YEAR);
        let entries = encode(tag::SEQUENCE, &parts.entries);
        let body = [
            &parts.version[..],
            SHA256_WITH_RSA,
            self.certificate.subject_der(),
            &this_update,
            &parts.next_update,
            &entries,
            &parts.extensions,
        ];
        let body = encode(tag::SEQUENCE, &body.concat());
        let signature = self.key.sign_pkcs1(Hash::Sha256, &body).unwrap();
        let signature = encode(0x03, &[&[0][..], &signature].concat());
        encode(tag::SEQUENCE, &[&body[..], SHA256_WITH_RSA, &signature].concat())
    }

    /// A list of version 2 with these entries.
    fn of(&self, entries: &[Vec<u8>]) -> Result<RevocationList, String> {
        read(&self.signed(&ListParts { entries: entries.concat(), ..ListParts::version_2() }))
    }
}

/// The parts of a list made here.
struct ListParts {
    version: Vec<u8>,
    next_update: Vec<u8>,
    entries: Vec<u8>,
    extensions: Vec<u8>,
}

impl ListParts {
    fn version_2() -> Self {
        let version = b"\x02\x01\x01".to_vec();
        Self { version, next_update: Vec::new(), entries: Vec::new(), extensions: Vec::new() }
    }
}

fn read(bytes: &[u8]) -> Result<RevocationList, String> {
    RevocationList::from_pem_or_der(bytes).map_err(|fault| fault.0)
}

fn time(text: &str) -> Vec<u8> {
    encode(tag::UTC_TIME, text.as_bytes())
}

/// An entry; `serial` is the content of its number.
fn entry(serial: &[u8], date: &str, extensions: &[Vec<u8>]) -> Vec<u8> {
    let all = if extensions.is_empty() { Vec::new() } else { encode(tag::SEQUENCE, &extensions.concat()) };
    encode(tag::SEQUENCE, &[encode(tag::INTEGER, serial), time(date), all].concat())
}

fn extension(id: &[u8], is_critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if is_critical { b"\x01\x01\xff" } else { b"" };
    let parts = [encode(tag::OID, id), critical.to_vec(), encode(tag::OCTET_STRING, value)];
    encode(tag::SEQUENCE, &parts.concat())
}

fn reason(code: u8) -> Vec<u8> {
    extension(REASON_CODE, false, &encode(tag::ENUMERATED, &[code]))
}

#[test]
fn lists_of_openssl_say_what_was_revoked_when_and_why() {
    let Some(authority) = TestAuthority::new() else { return };
    let openssl = &authority.openssl;
    let before_s = Timestamp::now().as_second();
    let mut revoked = Vec::new();
    for (serial, option, reason) in [
        (1_u32, "", None),
        (128, "-crl_reason unspecified", Some(RevocationReasonCode::Unspecified)),
        (255, "-crl_reason keyCompromise", Some(RevocationReasonCode::KeyCompromise)),
        (256, "-crl_reason CACompromise", Some(RevocationReasonCode::CaCompromise)),
        (65_535, "-crl_reason affiliationChanged", Some(RevocationReasonCode::AffiliationChanged)),
        (70_000, "-crl_reason superseded", Some(RevocationReasonCode::Superseded)),
        (70_001, "-crl_reason cessationOfOperation", Some(RevocationReasonCode::CessationOfOperation)),
        (4_000_000_000, "-crl_reason certificateHold", Some(RevocationReasonCode::CertificateHold)),
    ] {
        let certificate = authority.issue(serial, "");
        authority.revoke(option);
        revoked.push((certificate, reason));
    }
    let good = authority.issue(70_002, "");
    let after_s = Timestamp::now().as_second();
    let list = authority.list("-crl_lastupdate 20260101000000Z -crl_nextupdate 20600102000000Z").unwrap();
    openssl.run("crl -in list.pem -outform DER -out list.der");
    openssl.run("crl -in list.pem -text -out described.pem");
    let der = std::fs::read(openssl.path("list.der")).unwrap();
    for list in [&list, &read(&der).unwrap(), &read(openssl.read("described.pem").as_bytes()).unwrap()] {
        list.is_signed_by(&authority.certificate, false).unwrap();
        assert_eq!(list.der(), der);
        assert_eq!(list.issuer(), authority.certificate.subject());
        assert_eq!(list.this_update_s(), NEW_YEAR_S);
        // 34 years, nine of them leap years: a GeneralizedTime.
        assert_eq!(list.next_update_s(), Some(NEW_YEAR_S + (34 * 365 + 9) * DAY_S));
        assert_eq!((list.len(), list.is_empty()), (revoked.len(), false));
        for (certificate, reason) in &revoked {
            let found = list.find_certificate(certificate).unwrap().unwrap();
            assert!((before_s..=after_s).contains(&found.revoked_s), "{found:?}");
            assert_eq!(found.reason, *reason);
            assert_eq!(list.find(certificate.serial()), Some(found));
            assert_eq!(list.find(&[&[0, 0], certificate.serial()].concat()), Some(found));
        }
        assert_eq!(list.find_certificate(&good), Ok(None));
        assert_eq!((list.find(&[]), list.find(&[0]), list.find(&[0xff; 40])), (None, None, None));
        let shown = format!("{list:?}");
        assert!(shown.contains("CN=authority") && shown.len() < 200, "{shown}");
    }
    authority.issue(2, "");
    authority.revoke("-crl_reason removeFromCRL");
    assert!(authority.list("").unwrap_err().contains("removeFromCRL"));
}

#[test]
fn version_1_and_lists_without_entries_or_an_end() {
    let Some(authority) = TestAuthority::new() else { return };
    let empty = authority.list("").unwrap();
    empty.is_signed_by(&authority.certificate, false).unwrap();
    assert!(empty.is_empty() && empty.find(&[1]).is_none());
    let certificate = authority.issue(7, "");
    authority.revoke("-name old");
    let old = authority.list("-name old").unwrap();
    assert!(authority.openssl.text("crl -in list.pem -noout -text").contains("Version 1 "));
    old.is_signed_by(&authority.certificate, false).unwrap();
    assert_eq!(old.find_certificate(&certificate).unwrap().unwrap().reason, None);

    let entries = entry(&[5], NEW_YEAR, &[reason(1)]);
    let open = ListParts { entries: entries.clone(), ..ListParts::version_2() };
    let list = read(&authority.signed(&open)).unwrap();
    list.is_signed_by(&authority.certificate, false).unwrap();
    assert_eq!((list.next_update_s(), list.len()), (None, 1));
    assert_eq!(list.find(&[5]).unwrap().revoked_s, NEW_YEAR_S);
    for version in [&b""[..], b"\x02\x01\x00", b"\x02\x01\x02", b"\x02\x02\x01\x01"] {
        let parts = ListParts { version: version.to_vec(), entries: entries.clone(), ..ListParts::version_2() };
        let refused = read(&authority.signed(&parts)).unwrap_err();
        assert!(refused.contains("version"), "{version:02x?}: {refused}");
    }
    let extensions = encode(0xa0, &encode(tag::SEQUENCE, &extension(b"\x2a\x03", false, b"")));
    let parts = ListParts { version: Vec::new(), extensions, ..ListParts::version_2() };
    assert!(read(&authority.signed(&parts)).unwrap_err().contains("version 1"));
}

#[test]
fn signatures_of_every_kind() {
    let Some(authority) = TestAuthority::new() else { return };
    let issuer = &authority.certificate;
    for (options, is_good, with_sha1) in [
        ("-md sha256", true, true),
        ("-md sha384", true, true),
        ("-md sha512", true, true),
        ("-md sha1", false, true),
        ("-md sha224", false, false),
        ("-sigopt rsa_padding_mode:pss", false, false),
    ] {
        let list = authority.list(options).unwrap();
        assert_eq!(list.is_signed_by(issuer, false).is_ok(), is_good, "{options}");
        assert_eq!(list.is_signed_by(issuer, true).is_ok(), with_sha1, "{options}");
    }
    let refused = authority.list("-md sha1").unwrap().is_signed_by(issuer, false).unwrap_err();
    assert!(refused.0.contains("SHA-1"), "{refused}");
}

#[test]
fn other_issuers_are_refused() {
    let Some(authority) = TestAuthority::new() else { return };
    let list = authority.list("").unwrap();
    let openssl = &authority.openssl;
    for (subject, key, usage, wrong) in [
        ("/CN=authority", "-newkey rsa:2048 -noenc -keyout other.key", "cRLSign", "did not make"),
        ("/CN=another", "-new -key ca.key", "cRLSign", "another issuer"),
        ("/CN=authority", "-new -key ca.key", "keyCertSign", "cRLSign is missing"),
        ("/CN=authority", "-newkey rsa:1024 -noenc -keyout other.key", "cRLSign", "2048"),
        ("/CN=authority", "-new -key ca.key", "cRLSign", ""),
        // Compared without letter case, as issuers of certificates are.
        ("/CN=AUTHORITY", "-new -key ca.key", "cRLSign", ""),
    ] {
        openssl.run(&format!("req -x509 {key} -days 3 -subj {subject} -addext keyUsage={usage} -out other.pem"));
        let other = Certificate::from_pem(&openssl.read("other.pem")).unwrap();
        match list.is_signed_by(&other, false) {
            Ok(()) => assert_eq!(wrong, "", "{subject} {usage}"),
            Err(fault) => assert!(!wrong.is_empty() && fault.0.contains(wrong), "{subject} {usage}: {fault}"),
        }
    }
    openssl.run("req -x509 -new -key leaf.key -days 3 -subj /CN=another -out other.pem");
    let foreign = Certificate::from_pem(&openssl.read("other.pem")).unwrap();
    assert!(list.find_certificate(&foreign).unwrap_err().0.contains("another issuer"));
}

#[test]
fn every_change_and_every_cut_is_refused() {
    let Some(authority) = TestAuthority::new() else { return };
    authority.issue(300, "");
    authority.revoke("-crl_reason keyCompromise");
    let list = authority.list("-crlexts named").unwrap();
    list.is_signed_by(&authority.certificate, false).unwrap();
    let der = list.der();
    for at in 0..der.len() {
        for bit in [0x01, 0x80] {
            let mut changed = der.to_vec();
            changed[at] ^= bit;
            let believed = read(&changed).is_ok_and(|list| list.is_signed_by(&authority.certificate, true).is_ok());
            assert!(!believed, "byte {at} is not checked");
        }
        assert!(RevocationList::from_der(&der[..at]).is_err(), "cut after {at} bytes");
        assert!(read(&der[..at]).is_err(), "cut after {at} bytes");
    }
    for more in [&b"\0"[..], b"\x05\x00", der] {
        assert!(RevocationList::from_der(&[der, more].concat()).is_err());
    }
    let text = authority.openssl.read("list.pem");
    for at in 0..text.trim_end().len() {
        assert!(read(&text.as_bytes()[..at]).is_err(), "cut after {at} characters");
    }
}

#[test]
fn lists_that_are_not_complete_are_refused() {
    let Some(authority) = TestAuthority::new() else { return };
    for (section, wrong) in [
        ("unknown", "critical extension that is not understood here (1.2.3.4)"),
        ("delta", "deltaCRLIndicator"),
        ("users", "onlyContainsUserCerts"),
        ("authorities", "onlyContainsCACerts"),
        ("attributes", "onlyContainsAttributeCerts"),
        ("reasons", "onlySomeReasons"),
        ("indirect", "indirectCRL"),
        ("relative", "no full name"),
    ] {
        let refused = authority.list(&format!("-crlexts {section}")).unwrap_err();
        assert!(refused.contains(wrong), "{section}: {refused}");
    }
    for section in ["plain", "ignored", "named"] {
        let list = authority.list(&format!("-crlexts {section}")).unwrap();
        list.is_signed_by(&authority.certificate, false).unwrap();
    }
    let extensions = |all: &[Vec<u8>]| ListParts {
        extensions: encode(0xa0, &encode(tag::SEQUENCE, &all.concat())),
        ..ListParts::version_2()
    };
    let other = |n: u8| extension(&[0x2a, n], false, b"");
    assert!(read(&authority.signed(&extensions(&[other(1), other(2)]))).is_ok());
    assert!(read(&authority.signed(&extensions(&[other(1), other(1)]))).unwrap_err().contains("twice"));
    let many: Vec<Vec<u8>> = (0..65).map(other).collect();
    assert!(read(&authority.signed(&extensions(&many))).unwrap_err().contains("more than 64 extensions"));
    let large = extension(&[0x2a, 1], false, &[0; 20_000]);
    assert!(read(&authority.signed(&extensions(&[large]))).unwrap_err().contains("more than 16384 bytes"));
    let empty_point = extension(b"\x55\x1d\x1c", true, b"\x30\x00");
    assert!(read(&authority.signed(&extensions(&[empty_point]))).unwrap_err().contains("empty"));
}

#[test]
fn a_list_is_of_the_distribution_point_that_the_certificate_names() {
    let Some(authority) = TestAuthority::new() else { return };
    let point = |address: &str| format!("-addext crlDistributionPoints=URI:{address}");
    let unnamed = authority.issue(1, "");
    let other = authority.issue(2, &point("http://example.test/other.crl"));
    let named = authority.issue(3, &point("http://example.test/ca.crl"));
    authority.revoke("-crl_reason superseded");
    let list = authority.list("-crlexts named").unwrap();
    assert_eq!(list.find_certificate(&named).unwrap().unwrap().reason, Some(RevocationReasonCode::Superseded));
    assert_eq!(list.find_certificate(&unnamed), Ok(None));
    assert!(list.find_certificate(&other).unwrap_err().0.contains("another distribution point"));
    // A list that names no point has all certificates.
    let list = authority.list("").unwrap();
    assert!(list.find_certificate(&named).unwrap().is_some());
    assert_eq!(list.find_certificate(&other), Ok(None));
}

#[test]
fn entries_are_strict() {
    let Some(authority) = TestAuthority::new() else { return };
    let date = extension(INVALIDITY_DATE, false, &encode(tag::GENERALIZED_TIME, b"20250101000000Z"));
    let list = authority
        .of(&[
            entry(&[9], "260103000000Z", &[reason(6)]),
            entry(&[0x00, 0x80], NEW_YEAR, &[reason(9), date.clone()]),
            entry(&[9], "260102000000Z", &[reason(10)]),
            entry(&[0], NEW_YEAR, &[]),
            entry(&[0x7f; 20], NEW_YEAR, &[]),
        ])
        .unwrap();
    list.is_signed_by(&authority.certificate, false).unwrap();
    assert_eq!(list.len(), 5);
    assert_eq!(list.find(&[0x80]).unwrap().reason, Some(RevocationReasonCode::PrivilegeWithdrawn));
    assert!(list.find(&[0]).is_some() && list.find(&[0x7f; 20]).is_some() && list.find(&[0x7f; 19]).is_none());
    // Of two entries, the earlier.
    let twice = list.find(&[9]).unwrap();
    assert_eq!((twice.revoked_s, twice.reason), (NEW_YEAR_S + DAY_S, Some(RevocationReasonCode::AaCompromise)));
    let issuer = encode(tag::SEQUENCE, &encode(0xa4, authority.certificate.subject_der()));
    for (wrong, why) in [
        (entry(&[1], NEW_YEAR, &[extension(&[0x2a, 3, 4], true, b"")]), "not understood here (1.2.3.4)"),
        (entry(&[1], NEW_YEAR, &[extension(INVALIDITY_DATE, true, b"")]), "not understood here"),
        (entry(&[1], NEW_YEAR, &[extension(CERTIFICATE_ISSUER, true, &issuer)]), "certificateIssuer"),
        (entry(&[1], NEW_YEAR, &[reason(8)]), "removeFromCRL"),
        (entry(&[1], NEW_YEAR, &[reason(7)]), "unknown reason"),
        (entry(&[1], NEW_YEAR, &[reason(11)]), "unknown reason"),
        (entry(&[1], NEW_YEAR, &[extension(REASON_CODE, false, b"\x02\x01\x01")]), "another type"),
        (entry(&[1], NEW_YEAR, &[reason(1), reason(1)]), "twice"),
        (entry(&[0xff], NEW_YEAR, &[]), "negative"),
        (entry(&[0x01; 21], NEW_YEAR, &[]), "more than 20 bytes"),
        (entry(&[0, 1], NEW_YEAR, &[]), "not minimal"),
        (entry(&[1], "260101000060Z", &[]), "time"),
        (entry(&[1], "2601010000Z", &[]), "time"),
        (encode(tag::SEQUENCE, &encode(tag::INTEGER, &[1])), "too early"),
        (encode(tag::SEQUENCE, &[encode(tag::INTEGER, &[1]), time(NEW_YEAR), time(NEW_YEAR)].concat()), "another type"),
        (encode(tag::OCTET_STRING, &[1]), "another type"),
    ] {
        let refused = authority.of(&[entry(&[5], NEW_YEAR, &[]), wrong.clone()]).unwrap_err();
        assert!(refused.contains(why), "{wrong:02x?}: {refused}");
    }
}

#[test]
fn a_list_of_100_000_certificates() {
    const COUNT: u32 = 100_000;
    let Some(authority) = TestAuthority::new() else { return };
    // In no order: 100,003 is a prime number.
    let number = |index: u32| 0x0100_0000 + 2 * u32::try_from(u64::from(index) * 7919 % 100_003).unwrap();
    let one = |index: u32| {
        let extensions = if index.is_multiple_of(10) { vec![reason(4)] } else { Vec::new() };
        entry(&number(index).to_be_bytes(), NEW_YEAR, &extensions)
    };
    let entries: Vec<u8> = (0..COUNT).flat_map(one).collect();
    let der = authority.signed(&ListParts { entries, ..ListParts::version_2() });
    for list in [read(&der).unwrap(), read(pem::encode("X509 CRL", &der).as_bytes()).unwrap()] {
        list.is_signed_by(&authority.certificate, false).unwrap();
        assert_eq!(list.len(), COUNT as usize);
        for index in 0..COUNT {
            let found = list.find(&number(index).to_be_bytes()).unwrap();
            assert_eq!(found.revoked_s, NEW_YEAR_S);
            assert_eq!(found.reason.is_some(), index.is_multiple_of(10), "{index}");
            assert_eq!(list.find(&(number(index) + 1).to_be_bytes()), None, "{index}");
        }
    }
}

#[test]
fn only_revocation_lists_of_a_bounded_size_are_read() {
    let Some(authority) = TestAuthority::new() else { return };
    let entries = entry(&[5; 20], NEW_YEAR, &[]).repeat(120_000);
    let der = authority.signed(&ListParts { entries, ..ListParts::version_2() });
    assert!(der.len() > MAX_REVOCATION_LIST_BYTES);
    assert!(read(&der).unwrap_err().contains("4194304 bytes"));
    assert!(read(pem::encode("X509 CRL", &der).as_bytes()).unwrap_err().contains("4194304 bytes"));
    assert!(read(&vec![b' '; 5 * MAX_REVOCATION_LIST_BYTES]).is_err());
    let certificate = authority.openssl.read("ca.pem");
    assert!(read(certificate.as_bytes()).unwrap_err().contains("certificate"));
    assert!(read(authority.certificate.der()).unwrap_err().contains("not a revocation list"));
    for other in [&b""[..], b"hello", b"\xff\xfe", b"0", b"0\x00"] {
        assert!(read(other).is_err(), "{other:02x?}");
    }
    // Among other blocks.
    let list = authority.list("").unwrap();
    let bundle = format!("{certificate}{}", authority.openssl.read("list.pem"));
    assert_eq!(read(bundle.as_bytes()).unwrap().der(), list.der());
}
