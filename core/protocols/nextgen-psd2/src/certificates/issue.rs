//! Certificates for tests and sandboxes: an authority, seals and connection certificates, valid and defective (§7.2).
//!
//! These certificates must not be trusted outside of tests. Keys, and serial numbers that are not given, are random;
//! the clock is a parameter.

use bankchannel_crypto::{
    rsa::RsaPrivateKey,
    x509::{
        CertificateIssuer, CertificatePurpose, NewCertificate,
        SubjectAttribute::{CommonName, Country, Locality, Organization, OrganizationIdentifier},
        new_p256_key,
    },
};
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::issue_options::{AuthorityOptions, CertificateKind, IssueOptions, NewCertificateKey, PlantedDefect};
use super::{Certificate, CertificateFault, issue_statements};

const CERTIFICATE_POLICIES: &[u64] = &[2, 5, 29, 32];
const QC_STATEMENTS: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 1, 3];
const DAY_S: i64 = 86_400;

/// An authority that issues test certificates.
#[derive(Debug)]
pub struct TestAuthority(CertificateIssuer);

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
        let subject = [
            (Country, checked_country(&options.country)?),
            (Locality, &options.locality),
            (Organization, &options.organization),
            (OrganizationIdentifier, &options.organization_identifier),
            (CommonName, &options.common_name),
        ];
        let new = NewCertificate::new(&subject, second(options.not_before_s)?, second(options.not_after_s)?);
        let (serial, purpose) = (options.serial.as_deref(), CertificatePurpose::Authority(0));
        let key = RsaPrivateKey::generate(options.key_bits)?.to_pkcs8_pem();
        Ok(Self(CertificateIssuer::self_signed(&NewCertificate { serial, purpose, ..new }, &key)?))
    }

    /// Loads a stored authority.
    ///
    /// # Errors
    /// [`CertificateFault`] if certificate and key cannot be read, do not belong together, or do not belong to an authority.
    pub fn from_pem(certificate_pem: &str, private_key_pem: &str) -> Result<Self, CertificateFault> {
        let key = RsaPrivateKey::from_pem(private_key_pem)?.to_pkcs8_pem();
        CertificateIssuer::from_pem(certificate_pem, &key).map(Self)
    }

    /// The authority's certificate: a trust anchor.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        self.0.certificate()
    }

    /// The authority's private key, PKCS#8 PEM. Secret.
    #[must_use]
    pub fn private_key_pem(&self) -> Zeroizing<String> {
        self.0.private_key_pem()
    }

    /// Issues a certificate.
    ///
    /// # Errors
    /// [`CertificateFault`] for an invalid option.
    pub fn issue(&self, options: &IssueOptions) -> Result<IssuedCertificate, CertificateFault> {
        let identifier = options.organization_identifier();
        let private_key_pem = match &options.key {
            NewCertificateKey::Rsa(bits) => RsaPrivateKey::generate(*bits)?.to_pkcs8_pem(),
            NewCertificateKey::Given(pem) => RsaPrivateKey::from_pem(pem)?.to_pkcs8_pem(),
            NewCertificateKey::EcP256 => new_p256_key()?,
        };
        let mut certificate = self.0.issue_for(&leaf(options, &identifier)?, &private_key_pem)?;
        let fits = certificate.is_issued_by(self.certificate());
        if options.defects.contains(&PlantedDefect::Sha1) {
            certificate = certificate.signed_with_sha1(&RsaPrivateKey::from_pem(&self.private_key_pem())?)?;
        }
        if !fits {
            return Err("the authority's certificate does not fit what it issues".into());
        }
        Ok(IssuedCertificate { certificate_pem: certificate.to_pem(), certificate, private_key_pem })
    }
}

bankchannel_foundation::redacted_debug!(IssuedCertificate, certificate);

fn leaf<'a>(options: &'a IssueOptions, identifier: &'a str) -> Result<NewCertificate<'a>, CertificateFault> {
    let has = |defect| options.defects.contains(&defect);
    let length = options.not_after_s.saturating_sub(options.not_before_s);
    let now = options.now_s;
    let (begin, end) = if has(PlantedDefect::Expired) {
        (now.saturating_sub(DAY_S).saturating_sub(length), now.saturating_sub(DAY_S))
    } else if has(PlantedDefect::NotYet) {
        (now.saturating_add(DAY_S), now.saturating_add(DAY_S).saturating_add(length))
    } else {
        (options.not_before_s, options.not_after_s)
    };
    let subject = [
        (Country, checked_country(&options.country)?),
        (Organization, &*options.organization),
        (OrganizationIdentifier, if has(PlantedDefect::NoOrgId) { "" } else { identifier }),
        (CommonName, &*options.common_name),
    ];
    let mut extensions = vec![(CERTIFICATE_POLICIES, issue_statements::policies(options.kind))];
    if !has(PlantedDefect::NoQc) {
        if options.nca_name.is_empty() || options.nca_name.contains(char::is_control) {
            return Err("the name of the authority is missing or has a control character".into());
        }
        extensions.push((QC_STATEMENTS, issue_statements::statements(options)));
    }
    Ok(NewCertificate {
        serial: options.serial.as_deref(),
        purpose: match options.kind {
            CertificateKind::Qseal => CertificatePurpose::Seal,
            CertificateKind::Qwac => CertificatePurpose::TlsClientAndServer,
        },
        hosts: options.dns_names.iter().map(String::as_str).collect(),
        extensions,
        claims_authority: has(PlantedDefect::CaTrue),
        ..NewCertificate::new(&subject, second(begin)?, second(end)?)
    })
}

/// The country, if it can be one. None is left out.
fn checked_country(country: &str) -> Result<&str, CertificateFault> {
    let is_country = matches!(country.len(), 0 | 2) && country.bytes().all(|byte| byte.is_ascii_uppercase());
    is_country.then_some(country).ok_or_else(|| "a country is two capital letters".into())
}

fn second(at_s: i64) -> Result<Timestamp, CertificateFault> {
    Timestamp::from_second(at_s).map_err(|_| "a validity ends before the year 10000".into())
}

#[cfg(test)]
#[path = "issue_tests.rs"]
mod tests;
