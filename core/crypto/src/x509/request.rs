//! Requests for certificates (PKCS#10, RFC 2986): made for an authority, and read by one.

use std::fmt;

use rcgen::{CertificateParams, DnType, DnValue};

use super::issuer::{key_pair, new_name, printable};
use super::{Certificate, CertificateFault, DistinguishedName, NameStyle};
use crate::asn1::{Asn1Element, Decode, Reader, SliceReader, element, integer, strict, tag, whole_bits};
use crate::rsa::{self, RsaPrivateKey};
use crate::signature::{Hash, VerifyingKey};
use crate::{CryptoError, Result, pem};

/// Largest request that is read, bytes.
const MAX_REQUEST_BYTES: usize = 16 * 1024;
const EXPECTED: &str = "request for a certificate (CERTIFICATE REQUEST)";
/// sha256WithRSAEncryption, sha384WithRSAEncryption, sha512WithRSAEncryption.
const SHA256_WITH_RSA: &str = "1.2.840.113549.1.1.11";
const SHA384_WITH_RSA: &str = "1.2.840.113549.1.1.12";
const SHA512_WITH_RSA: &str = "1.2.840.113549.1.1.13";

/// A part of a name: that a request asks for, or that a new certificate has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectAttribute {
    /// The country (C), two letters.
    Country,
    /// The place (L).
    Locality,
    /// The organisation (O).
    Organization,
    /// The organisation's number, such as `PSDNO-FSA-987654321` (ETSI EN 319 412-1).
    OrganizationIdentifier,
    /// The common name (CN).
    CommonName,
    /// The surname (SN).
    Surname,
    /// The serial number of the subject, not of the certificate.
    SerialNumber,
}

impl SubjectAttribute {
    /// Its number.
    #[must_use]
    pub fn oid(self) -> &'static str {
        match self {
            Self::Country => "2.5.4.6",
            Self::Locality => "2.5.4.7",
            Self::Organization => "2.5.4.10",
            Self::OrganizationIdentifier => "2.5.4.97",
            Self::CommonName => "2.5.4.3",
            Self::Surname => "2.5.4.4",
            Self::SerialNumber => "2.5.4.5",
        }
    }

    pub(super) fn kind(self) -> DnType {
        match self {
            Self::Country => DnType::CountryName,
            Self::Locality => DnType::LocalityName,
            Self::Organization => DnType::OrganizationName,
            Self::OrganizationIdentifier => DnType::CustomDnType(vec![2, 5, 4, 97]),
            Self::CommonName => DnType::CommonName,
            Self::Surname => DnType::CustomDnType(vec![2, 5, 4, 4]),
            Self::SerialNumber => DnType::CustomDnType(vec![2, 5, 4, 5]),
        }
    }
}

/// A request for a certificate, whose own signature holds. Cheap to compare, and nothing in it is secret.
#[derive(Clone)]
pub struct CertificateRequest {
    der: Box<[u8]>,
    subject: DistinguishedName,
    key: VerifyingKey,
}

impl CertificateRequest {
    /// Makes a request with these parts of a name in this order, signed with SHA-256. It has no attributes. Texts are
    /// PrintableString where their characters allow it, UTF8String otherwise.
    ///
    /// # Errors
    /// [`CryptoError::InvalidRequest`] for a part that is empty, too long or has control characters, or is there twice.
    pub fn make(subject: &[(SubjectAttribute, &str)], key: &RsaPrivateKey) -> Result<Self> {
        if subject.iter().any(|(_, text)| text.is_empty()) {
            return Err(CryptoError::InvalidRequest("a part of a name has no text"));
        }
        let text = |text: &str| printable(text).unwrap_or_else(|| DnValue::Utf8String(text.to_owned()));
        let name = new_name(subject, text)?;
        let mut params = CertificateParams::default();
        params.distinguished_name = name;
        let made = params.serialize_request(&key_pair(&key.to_pkcs8_pem())?);
        let made = made.map_err(|_| CryptoError::Internal("making a request for a certificate"))?;
        // Read as a bank reads it: its own signature is checked.
        Self::from_der(made.der()).map_err(|_| CryptoError::Internal("reading a new request"))
    }

    /// Reads a request, strict DER, and checks its own signature.
    ///
    /// # Errors
    /// [`CertificateFault`].
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateFault> {
        if der.len() > MAX_REQUEST_BYTES {
            return Err("the request has more than 16384 bytes".into());
        }
        let fields = RequestFields::read(der).map_err(|_| not_strict(der))?;
        let key = VerifyingKey::from_spki_der(fields.spki)?;
        let holds = match crate::asn1::dotted(fields.algorithm)?.as_str() {
            SHA256_WITH_RSA => key.verify_pkcs1(Hash::Sha256, fields.signed, fields.signature),
            SHA384_WITH_RSA => key.verify_pkcs1_sha384(fields.signed, fields.signature),
            SHA512_WITH_RSA => key.verify_pkcs1(Hash::Sha512, fields.signed, fields.signature),
            other => return Err(CertificateFault(format!("the request is signed with {other}, not RSA and SHA-2"))),
        };
        if !holds {
            return Err("the request's own signature does not hold, or its key is shorter than 2048 bits".into());
        }
        Ok(Self { der: der.into(), subject: DistinguishedName::from_der(fields.subject)?, key })
    }

    /// Reads the first `CERTIFICATE REQUEST` of a PEM text.
    ///
    /// # Errors
    /// [`CertificateFault`], which also names the block found instead.
    pub fn from_pem(text: &str) -> Result<Self, CertificateFault> {
        let blocks = pem::blocks(text, EXPECTED)?;
        let is_request = |label: &str| matches!(label, "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST");
        match blocks.iter().find(|block| is_request(&block.label)) {
            Some(block) => Self::from_der(&block.bytes),
            None => Err(blocks[0].unexpected(EXPECTED).into()),
        }
    }

    /// The request, DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The request as PEM.
    #[must_use]
    pub fn to_pem(&self) -> String {
        pem::encode("CERTIFICATE REQUEST", &self.der)
    }

    /// The name that it asks for.
    #[must_use]
    pub fn subject(&self) -> &DistinguishedName {
        &self.subject
    }

    /// Its key.
    #[must_use]
    pub fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// Whether a certificate is for this request's key. Authorities change names, so the name does not count.
    #[must_use]
    pub fn is_answered_by(&self, certificate: &Certificate) -> bool {
        certificate.spki_der() == self.key.spki_der()
    }

    /// Whether a private key is this request's.
    #[must_use]
    pub fn matches_private_key(&self, key: &RsaPrivateKey) -> bool {
        key.public().spki_der() == self.key.spki_der()
    }
}

impl fmt::Debug for CertificateRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = self.subject.to_text(NameStyle::Rfc2253);
        f.debug_struct("CertificateRequest").field("subject", &subject).field("key", &self.key).finish()
    }
}

/// The parts of a request.
struct RequestFields<'a> {
    signed: &'a [u8],
    subject: &'a [u8],
    spki: &'a [u8],
    /// The object identifier of the signature's algorithm.
    algorithm: &'a [u8],
    signature: &'a [u8],
}

impl<'a> RequestFields<'a> {
    fn read(der: &'a [u8]) -> der::Result<Self> {
        strict(der)?;
        let mut fields = SliceReader::new(crate::asn1::only(der, tag::SEQUENCE)?)?;
        let body = element(&mut fields, tag::SEQUENCE)?;
        let mut algorithm = SliceReader::new(element(&mut fields, tag::SEQUENCE)?.content)?;
        let algorithm = element(&mut algorithm, tag::OID)?.content;
        let signature = whole_bits(&mut fields)?;
        fields.finish()?;
        let mut inside = SliceReader::new(body.content)?;
        // The version: 0, the only one in use.
        integer(&mut inside)?;
        let subject = element(&mut inside, tag::SEQUENCE)?.whole;
        let spki = element(&mut inside, tag::SEQUENCE)?.whole;
        rsa::pkcs1_of_spki(spki).map_err(|_| inside.error(der::ErrorKind::Failed))?;
        // Attributes, which some programs leave out although they are mandatory; none is evaluated.
        if !inside.is_finished() {
            Asn1Element::decode(&mut inside)?;
        }
        inside.finish()?;
        Ok(Self { signed: body.whole, subject, spki, algorithm, signature })
    }
}

fn not_strict(der: &[u8]) -> CertificateFault {
    let why = match strict(der) {
        Err(error) => crate::asn1::problem(error),
        Ok(()) => "its parts are not those of a request with an RSA key",
    };
    CertificateFault(format!("this is not a request for a certificate in strict DER: {why}"))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::SubjectAttribute::{CommonName, Country, Organization, SerialNumber, Surname};
    use super::*;
    use crate::asn1::encode;

    fn key() -> RsaPrivateKey {
        RsaPrivateKey::generate(2048).unwrap()
    }

    #[test]
    fn t54_names_are_those_that_banks_want_byte_for_byte() {
        let key = key();
        let part = |oid: &[u8], tag: u8, value: &str| {
            let attribute = [encode(tag::OID, oid), encode(tag, value.as_bytes())].concat();
            encode(tag::SET, &encode(tag::SEQUENCE, &attribute))
        };
        let (c, o, cn, sn, serial) =
            (b"\x55\x04\x06", b"\x55\x04\x0a", b"\x55\x04\x03", b"\x55\x04\x04", b"\x55\x04\x05");
        for (subject, parts) in [
            // Nordea.
            (
                &[(Country, "FI"), (CommonName, "ESIMERKKI OY"), (SerialNumber, "7700112233")][..],
                vec![
                    part(c, tag::PRINTABLE, "FI"),
                    part(cn, tag::PRINTABLE, "ESIMERKKI OY"),
                    part(serial, tag::PRINTABLE, "7700112233"),
                ],
            ),
            // OP.
            (
                &[(Country, "FI"), (CommonName, "1000022211")],
                vec![part(c, tag::PRINTABLE, "FI"), part(cn, tag::PRINTABLE, "1000022211")],
            ),
            // A name that PrintableString cannot hold.
            (
                &[(Country, "FI"), (Organization, "Mäkelä & Co"), (CommonName, "a@b"), (Surname, "1")],
                vec![
                    part(c, tag::PRINTABLE, "FI"),
                    part(o, tag::UTF8, "Mäkelä & Co"),
                    part(cn, tag::UTF8, "a@b"),
                    part(sn, tag::PRINTABLE, "1"),
                ],
            ),
        ] {
            let request = CertificateRequest::make(subject, &key).unwrap();
            let fields = RequestFields::read(request.der()).unwrap();
            assert_eq!(fields.subject, encode(tag::SEQUENCE, &parts.concat()));
            // Version 0, the name, the key, and an empty set of attributes: no more.
            let body = [&b"\x02\x01\x00"[..], fields.subject, fields.spki, b"\xa0\x00"].concat();
            assert_eq!(fields.signed, encode(tag::SEQUENCE, &body));
            assert!(request.matches_private_key(&key) && request.key().bits() == 2048);
            assert_eq!(CertificateRequest::from_pem(&request.to_pem()).unwrap().der(), request.der());
        }
        for bad in [&[(CommonName, "")][..], &[(CommonName, "a\nb")], &[(CommonName, "a"), (CommonName, "b")]] {
            assert!(CertificateRequest::make(bad, &key).is_err());
        }
    }

    #[test]
    fn openssl_verifies_it_and_its_requests_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name).display().to_string();
        let run = |arguments: &[&str]| {
            let done = Command::new("openssl").args(arguments).output().expect("openssl is a tool of the tests");
            assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
            String::from_utf8(done.stdout).unwrap()
        };
        let request = CertificateRequest::make(&[(Country, "FI"), (CommonName, "1000022211")], &key()).unwrap();
        std::fs::write(file("ours.pem"), request.to_pem()).unwrap();
        let text = run(&["req", "-in", &file("ours.pem"), "-noout", "-verify", "-text"]);
        assert!(text.contains("sha256WithRSAEncryption") && text.contains("Version: 1 (0x0)"), "{text}");
        assert!(text.contains("C=FI, CN=1000022211") || text.contains("C = FI, CN = 1000022211"), "{text}");
        for (name, more) in
            [("plain", &[][..]), ("extended", &["-addext", "subjectAltName=DNS:a.example"]), ("sha512", &["-sha512"])]
        {
            let theirs = file(name);
            let mut arguments = vec![
                "req",
                "-new",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-subj",
                "/C=FI/CN=61234567",
                "-keyout",
                "/dev/null",
            ];
            arguments.extend(["-out", &theirs]);
            arguments.extend(more);
            run(&arguments);
            let read = CertificateRequest::from_pem(&std::fs::read_to_string(&theirs).unwrap()).unwrap();
            assert_eq!(read.subject().get("2.5.4.3").unwrap().value, "61234567", "{name}");
        }
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let good = CertificateRequest::make(&[(CommonName, "1")], &key()).unwrap();
        let der = good.der().to_vec();
        for at in [5, 20, der.len() / 2, der.len() - 1] {
            let mut spoilt = der.clone();
            spoilt[at] ^= 1;
            assert!(CertificateRequest::from_der(&spoilt).is_err(), "byte {at}");
        }
        for bytes in [&b""[..], b"0", &der[..der.len() - 1], &[&der[..], b"\x05\x00"].concat(), &[0x30; 20_000]] {
            assert!(CertificateRequest::from_der(bytes).is_err());
        }
        assert!(CertificateRequest::from_pem("no PEM").is_err());
        let wrong = CertificateRequest::from_pem(&crate::pem::encode("CERTIFICATE", &der)).unwrap_err();
        assert!(wrong.0.contains("certificate"), "{wrong}");
    }

    #[test]
    fn t94_a_short_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("short.pem").display().to_string();
        let arguments =
            ["req", "-new", "-newkey", "rsa:1024", "-nodes", "-subj", "/CN=1", "-keyout", "/dev/null", "-out"];
        let done = Command::new("openssl").args(arguments).arg(&file).output().expect("openssl is a tool of the tests");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let refused = CertificateRequest::from_pem(&std::fs::read_to_string(&file).unwrap()).unwrap_err();
        assert!(refused.0.contains("2048"), "{refused}");
    }
}
