//! Certificates for tests and sandboxes: an authority, seals and connection certificates, valid and defective (§7.2).
//!
//! These certificates must not be trusted outside of tests. Keys, and serial numbers that are not given, are random;
//! the clock is a parameter.

use std::time::Duration;

use bankchannel_crypto::asn1::tag;
use bankchannel_crypto::random;
use bankchannel_crypto::rsa::RsaPrivateKey;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, DnValue, ExtendedKeyUsagePurpose, IsCa, KeyIdMethod,
    KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, SanType, SerialNumber,
};
use zeroize::Zeroizing;

use super::issue_options::{AuthorityOptions, CertificateKind, IssueOptions, NewCertificateKey, PlantedDefect};
use super::{Certificate, CertificateFault, DistinguishedName, NameAttribute, issue_statements};

const ORGANIZATION_IDENTIFIER: [u64; 4] = [2, 5, 4, 97];
const CERTIFICATE_POLICIES: [u64; 4] = [2, 5, 29, 32];
const QC_STATEMENTS: [u64; 9] = [1, 3, 6, 1, 5, 5, 7, 1, 3];
/// The maximum length of a name's text, in characters.
const MAX_TEXT_CHARS: usize = 200;
/// The last second of the year 9999.
const END_OF_TIME_S: i64 = 253_402_300_799;
const DAY_S: i64 = 86_400;

/// An authority that issues test certificates.
pub struct TestAuthority {
    certificate: Certificate,
    issuer: rcgen::Issuer<'static, KeyPair>,
}

/// A certificate and its key.
pub struct IssuedCertificate {
    /// The certificate.
    pub certificate: Certificate,
    /// The certificate, PEM.
    pub certificate_pem: String,
    /// Its private key, PKCS#8 PEM. Secret.
    pub private_key_pem: Zeroizing<String>,
}

impl TestAuthority {
    /// Makes a new authority with an RSA key.
    ///
    /// # Errors
    /// [`CertificateFault`] for an invalid option.
    pub fn create(options: &AuthorityOptions) -> Result<Self, CertificateFault> {
        let mut params = CertificateParams::default();
        params.distinguished_name = name(&[
            (DnType::CountryName, &options.country),
            (DnType::LocalityName, &options.locality),
            (DnType::OrganizationName, &options.organization),
            (DnType::CustomDnType(ORGANIZATION_IDENTIFIER.into()), &options.organization_identifier),
            (DnType::CommonName, &options.common_name),
        ])?;
        validity(&mut params, options.not_before_s, options.not_after_s)?;
        params.serial_number = Some(serial(options.serial.as_deref())?);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = key_pair(&new_rsa(options.key_bits)?)?;
        let signed = params.self_signed(&key).map_err(|_| "signing the authority's certificate failed")?;
        Ok(Self { certificate: Certificate::from_der(signed.der())?, issuer: rcgen::Issuer::new(params, key) })
    }

    /// Loads a stored authority.
    ///
    /// # Errors
    /// [`CertificateFault`] if certificate and RSA key cannot be read, do not belong together, or do not belong to an authority.
    pub fn from_pem(certificate_pem: &str, private_key_pem: &str) -> Result<Self, CertificateFault> {
        let certificate = Certificate::from_pem(certificate_pem)?;
        let key = RsaPrivateKey::from_pem(private_key_pem)?;
        if !certificate.is_ca() {
            return Err("this is not the certificate of an authority (CA:TRUE is missing)".into());
        }
        if key.public().spki_der() != certificate.spki_der() {
            return Err("the private key is not that of the authority's certificate".into());
        }
        let mut params = CertificateParams::default();
        params.distinguished_name = same_name(certificate.subject())?;
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        if let Some(id) = certificate.subject_key_id() {
            params.key_identifier_method = KeyIdMethod::PreSpecified(id.to_vec());
        }
        let issuer = rcgen::Issuer::new(params, key_pair(&key.to_pkcs8_pem())?);
        Ok(Self { certificate, issuer })
    }

    /// The authority's certificate: a trust anchor.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The authority's private key, PKCS#8 PEM. Secret.
    #[must_use]
    pub fn private_key_pem(&self) -> Zeroizing<String> {
        Zeroizing::new(self.issuer.key().serialize_pem())
    }

    fn private_key(&self) -> Result<RsaPrivateKey, CertificateFault> {
        Ok(RsaPrivateKey::from_pem(&self.private_key_pem())?)
    }

    /// Issues a certificate.
    ///
    /// # Errors
    /// [`CertificateFault`] for an invalid option.
    pub fn issue(&self, options: &IssueOptions) -> Result<IssuedCertificate, CertificateFault> {
        let params = leaf(options)?;
        let (key, private_key_pem) = leaf_key(&options.key)?;
        let signed = params.signed_by(&key, &self.issuer).map_err(|_| "signing the certificate failed")?;
        let mut certificate = Certificate::from_der(signed.der())?;
        let fits = certificate.is_issued_by(&self.certificate);
        if options.defects.contains(&PlantedDefect::Sha1) {
            certificate = certificate.signed_with_sha1(&self.private_key()?)?;
        }
        if !fits {
            return Err("the authority's certificate does not fit what it issues".into());
        }
        Ok(IssuedCertificate { certificate_pem: certificate.to_pem(), certificate, private_key_pem })
    }
}

bankchannel_foundation::redacted_debug!(TestAuthority, certificate);

bankchannel_foundation::redacted_debug!(IssuedCertificate, certificate);

fn leaf(options: &IssueOptions) -> Result<CertificateParams, CertificateFault> {
    let has = |defect| options.defects.contains(&defect);
    let mut params = CertificateParams::default();
    let identifier = if has(PlantedDefect::NoOrgId) { String::new() } else { options.organization_identifier() };
    params.distinguished_name = name(&[
        (DnType::CountryName, &options.country),
        (DnType::OrganizationName, &options.organization),
        (DnType::CustomDnType(ORGANIZATION_IDENTIFIER.into()), &identifier),
        (DnType::CommonName, &options.common_name),
    ])?;
    let length = options.not_after_s.saturating_sub(options.not_before_s);
    let now = options.now_s;
    let (begin, end) = if has(PlantedDefect::Expired) {
        (now.saturating_sub(DAY_S).saturating_sub(length), now.saturating_sub(DAY_S))
    } else if has(PlantedDefect::NotYet) {
        (now.saturating_add(DAY_S), now.saturating_add(DAY_S).saturating_add(length))
    } else {
        (options.not_before_s, options.not_after_s)
    };
    validity(&mut params, begin, end)?;
    params.serial_number = Some(serial(options.serial.as_deref())?);
    params.is_ca =
        if has(PlantedDefect::CaTrue) { IsCa::Ca(BasicConstraints::Unconstrained) } else { IsCa::ExplicitNoCa };
    params.use_authority_key_identifier_extension = true;
    let second = match options.kind {
        CertificateKind::Qseal => KeyUsagePurpose::ContentCommitment,
        CertificateKind::Qwac => KeyUsagePurpose::KeyEncipherment,
    };
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, second];
    if options.kind == CertificateKind::Qwac {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth];
    }
    for host in &options.dns_names {
        params.subject_alt_names.push(match host.parse() {
            Ok(address) => SanType::IpAddress(address),
            Err(_) => SanType::DnsName(text(host)?.try_into().map_err(|_| "a DNS name is ASCII")?),
        });
    }
    let policies = issue_statements::policies(options.kind);
    params.custom_extensions.push(CustomExtension::from_oid_content(&CERTIFICATE_POLICIES, policies));
    if !has(PlantedDefect::NoQc) {
        text(&options.nca_name)?;
        let statements = issue_statements::statements(options);
        params.custom_extensions.push(CustomExtension::from_oid_content(&QC_STATEMENTS, statements));
    }
    Ok(params)
}

fn leaf_key(key: &NewCertificateKey) -> Result<(KeyPair, Zeroizing<String>), CertificateFault> {
    let pem = match key {
        NewCertificateKey::Rsa(bits) => new_rsa(*bits)?,
        NewCertificateKey::Given(pem) => RsaPrivateKey::from_pem(pem)?.to_pkcs8_pem(),
        NewCertificateKey::EcP256 => {
            let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|_| "making an EC key failed")?;
            let pem = Zeroizing::new(key.serialize_pem());
            return Ok((key, pem));
        }
    };
    Ok((key_pair(&pem)?, pem))
}

fn new_rsa(bits: usize) -> Result<Zeroizing<String>, CertificateFault> {
    let key = RsaPrivateKey::generate(bits)?;
    Ok(key.to_pkcs8_pem())
}

fn key_pair(pem: &str) -> Result<KeyPair, CertificateFault> {
    KeyPair::from_pkcs8_pem_and_sign_algo(pem, &PKCS_RSA_SHA256).map_err(|_| "the private key cannot be used".into())
}

/// A name with these parts; empty parts are left out.
fn name(parts: &[(DnType, &String)]) -> Result<rcgen::DistinguishedName, CertificateFault> {
    let mut name = rcgen::DistinguishedName::new();
    for (kind, value) in parts.iter().filter(|(_, value)| !value.is_empty()) {
        let value = text(value)?;
        let value = match kind {
            DnType::CountryName if value.len() == 2 && value.bytes().all(|byte| byte.is_ascii_uppercase()) => {
                printable(value)?
            }
            DnType::CountryName => return Err("a country is two capital letters".into()),
            _ => DnValue::Utf8String(value.to_owned()),
        };
        name.push(kind.clone(), value);
    }
    Ok(name)
}

/// A certificate's name, byte for byte.
fn same_name(name: &DistinguishedName) -> Result<rcgen::DistinguishedName, CertificateFault> {
    let mut out = rcgen::DistinguishedName::new();
    for rdn in &name.rdns {
        let [NameAttribute { oid, value, der }] = &rdn[..] else {
            return Err("the authority's name has a part with several values".into());
        };
        let arcs = oid.split('.').map(str::parse).collect::<Result<Vec<u64>, _>>();
        let kind = DnType::from_oid(&arcs.map_err(|_| "the authority's name cannot be used")?);
        if out.get(&kind).is_some() {
            return Err("the authority's name has a type twice".into());
        }
        let value = match der.first() {
            Some(&tag::UTF8) => DnValue::Utf8String(value.clone()),
            Some(&tag::PRINTABLE) => printable(value)?,
            Some(&tag::IA5) => {
                DnValue::Ia5String(value.as_str().try_into().map_err(|_| "the authority's name cannot be used")?)
            }
            _ => return Err("the authority's name has a value of an old string type".into()),
        };
        out.push(kind, value);
    }
    Ok(out)
}

fn printable(value: &str) -> Result<DnValue, CertificateFault> {
    let value = value.try_into().map_err(|_| "a value of the name is not printable")?;
    Ok(DnValue::PrintableString(value))
}

fn text(value: &str) -> Result<&str, CertificateFault> {
    let good = !value.is_empty() && value.chars().count() <= MAX_TEXT_CHARS && !value.contains(char::is_control);
    good.then_some(value).ok_or_else(|| "a text has 1 to 200 characters, none a control character".into())
}

fn validity(params: &mut CertificateParams, begin: i64, end: i64) -> Result<(), CertificateFault> {
    if begin < 0 || end < begin || end > END_OF_TIME_S {
        return Err("a validity begins after 1970 and ends later, before the year 10000".into());
    }
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    params.not_before = epoch + Duration::from_secs(begin.unsigned_abs());
    params.not_after = epoch + Duration::from_secs(end.unsigned_abs());
    Ok(())
}

/// The requested serial number, or a random one of 16 bytes.
fn serial(wanted: Option<&[u8]>) -> Result<SerialNumber, CertificateFault> {
    let Some(wanted) = wanted else {
        let mut bytes = random::bytes::<16>();
        bytes[0] = bytes[0] & 0x3f | 0x40;
        return Ok(SerialNumber::from_slice(&bytes));
    };
    if wanted.is_empty() || wanted.len() > 20 || wanted.iter().all(|&byte| byte == 0) {
        return Err("a serial number has 1 to 20 bytes and is not zero".into());
    }
    Ok(SerialNumber::from_slice(wanted))
}

#[cfg(test)]
#[path = "issue_tests.rs"]
mod tests;
