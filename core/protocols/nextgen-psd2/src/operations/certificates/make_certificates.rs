//! Makes test certificates (§7.2).

use bankchannel_crypto::{CryptoError as KeyFault, rsa::RsaPrivateKey};
use bankchannel_foundation::prelude::*;

use crate::{
    certificates::{
        AuthorityOptions, Certificate, CertificateFault, CertificateKind, IssueOptions, IssuedCertificate,
        NewCertificateKey, PlantedDefect, Psd2Role, TestAuthority, trusted_issuer,
    },
    declare, errors,
};

/// The maximum length of a name's text, in characters (X.520's upper bound for names).
const NAME_MAX: usize = 64;
/// The maximum validity, in days: 20 years.
const DAYS_MAX: u32 = 7305;

/// A role for which a third party is authorised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum TppRole {
    /// Account information: `PSP_AI`.
    #[boundary("AISP")]
    Aisp,
    /// Payment initiation: `PSP_PI`.
    #[boundary("PISP")]
    Pisp,
    /// Card-based instruments: `PSP_IC`.
    #[boundary("PIISP")]
    Piisp,
    /// Account servicing, a bank: `PSP_AS`.
    #[boundary("ASPSP")]
    Aspsp,
}

impl From<TppRole> for Psd2Role {
    fn from(role: TppRole) -> Self {
        match role {
            TppRole::Aisp => Self::Ai,
            TppRole::Pisp => Self::Pi,
            TppRole::Piisp => Self::Ic,
            TppRole::Aspsp => Self::As,
        }
    }
}

/// A deliberate defect, for testing verifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum CertificateDefect {
    /// No QCStatements.
    #[boundary("no-qc")]
    NoQc,
    /// The PSD2 statement alone, without the list around it.
    #[boundary("bare-qc")]
    BareQc,
    /// Each role with the number of another role.
    #[boundary("wrong-role-oid")]
    WrongRoleOid,
    /// Expired a day ago.
    #[boundary("expired")]
    Expired,
    /// Valid from tomorrow.
    #[boundary("not-yet")]
    NotYet,
    /// Claims to be a certification authority's.
    #[boundary("ca-true")]
    CaTrue,
    /// No organizationIdentifier.
    #[boundary("no-orgid")]
    NoOrgid,
    /// Signed with SHA-1.
    #[boundary("sha1")]
    Sha1,
}

impl From<CertificateDefect> for PlantedDefect {
    fn from(defect: CertificateDefect) -> Self {
        match defect {
            CertificateDefect::NoQc => Self::NoQc,
            CertificateDefect::BareQc => Self::BareQc,
            CertificateDefect::WrongRoleOid => Self::WrongRoleOid,
            CertificateDefect::Expired => Self::Expired,
            CertificateDefect::NotYet => Self::NotYet,
            CertificateDefect::CaTrue => Self::CaTrue,
            CertificateDefect::NoOrgid => Self::NoOrgId,
            CertificateDefect::Sha1 => Self::Sha1,
        }
    }
}

/// The third party and the test authority. Absent fields have defaults for tests.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct MakeCertificatesRequest {
    /// The certificate of an existing, valid test authority as PEM text. Without it a new authority is made.
    pub authority_certificate: Option<String>,
    /// The authority's private key as PEM text, without a passphrase.
    pub authority_key: Option<Secret>,
    /// The third party's name.
    pub common_name: Option<String>,
    /// The third party's organisation.
    pub organization: Option<String>,
    /// The country of third party and supervisor, two capital letters.
    pub country: Option<String>,
    /// The supervisor that authorised the third party, two to eight capital letters, such as `FSA`.
    pub supervisor: Option<String>,
    /// The supervisor's name.
    pub supervisor_name: Option<String>,
    /// The number of the authorisation.
    pub authorisation_number: Option<String>,
    /// The roles. Default: `AISP` and `PISP`.
    pub roles: Option<Vec<TppRole>>,
    /// The validity of the certificates in days, 1 to 7305. Default: 365.
    pub days: Option<u32>,
    /// Bits of the new keys: 2048, 3072 or 4096. Default: 2048.
    pub key_bits: Option<u32>,
    /// Deliberate defects.
    pub defects: Option<Vec<CertificateDefect>>,
}

/// The certificates and their private keys. They are for tests: only you trust them.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct MakeCertificatesResponse {
    /// The authority's certificate as PEM text, for the test bank's trusted issuers.
    pub authority_certificate: String,
    /// The authority's private key as PEM text, for making more certificates.
    pub authority_key: Secret,
    /// The certificate for signing requests.
    pub qseal_certificate: String,
    /// Its private key.
    pub qseal_key: Secret,
    /// The certificate for TLS.
    pub qwac_certificate: String,
    /// Its private key.
    pub qwac_key: Secret,
    /// The third party, such as `PSDNO-FSA-987654321`.
    pub organization_identifier: String,
}

/// Make a test authority and a third party's certificates.
///
/// Makes the two certificates of a third party, QSEAL and QWAC, with the statements that real ones have, and a
/// certification authority unless one is given. For tests and sandboxes only. Making keys takes up to some seconds.
#[derive(Debug, Operation)]
#[operation(MakeCertificatesRequest => MakeCertificatesResponse)]
#[declaration(commands: COMMANDS, takes_time: true, ..declare::local("nextgen_psd2.make_certificates"))]
#[errors(errors::{CERTIFICATE_UNUSABLE, KEY_UNUSABLE})]
pub struct MakeCertificates;

const EXAMPLES: &str = "Examples:
  bankchannel psd2 make-certificates certs
  bankchannel psd2 make-certificates --ca certs/ca.pem --ca-key certs/ca.key --prefix late --expired certs
  bankchannel psd2 make-certificates --prefix mine --name 'My Company AS' --number 123123123 --roles AISP mine

Writes ca.pem and ca.key, and for tpp1 (987654321, AISP and PISP), tpp2 (123456789, PISP) and tpp3 (555555555, AISP)
a certificate for signing and one for TLS: tpp1-qseal.pem, tpp1-qseal.key, tpp1-qwac.pem, tpp1-qwac.key and so on.
With --prefix, --roles, --number or --name it makes one third party. Keys have mode 0600; existing files are not changed.
The certificates are for tests: only you trust them.";

const COMMANDS: &[Command] = &[Command::named("make-certificates")
    .with_examples(EXAMPLES)
    .with_form(&CommandForm::new("Make a test authority and the certificates of third parties"))];

impl Local for MakeCertificates {
    fn run(asked: MakeCertificatesRequest, with: LocalContext<'_>) -> Result<MakeCertificatesResponse, Error> {
        let now_s = with.clock.now_s();
        let seal = options(&asked, CertificateKind::Qseal, now_s)?;
        let web = options(&asked, CertificateKind::Qwac, now_s)?;
        let authority = authority(&asked, now_s)?;
        let qseal = authority.issue(&seal).map_err(unusable)?;
        let qwac = authority.issue(&web).map_err(unusable)?;
        let key = |issued: &IssuedCertificate| Secret::new(issued.private_key_pem.as_str());
        Ok(MakeCertificatesResponse {
            authority_certificate: authority.certificate().to_pem(),
            authority_key: Secret::new(authority.private_key_pem().as_str()),
            qseal_key: key(&qseal),
            qseal_certificate: qseal.certificate_pem,
            qwac_key: key(&qwac),
            qwac_certificate: qwac.certificate_pem,
            organization_identifier: seal.organization_identifier(),
        })
    }
}

fn authority(asked: &MakeCertificatesRequest, now_s: i64) -> Result<TestAuthority, Error> {
    match (&asked.authority_certificate, &asked.authority_key) {
        (None, None) => {
            let options = AuthorityOptions {
                key_bits: bits(asked)?,
                country: asked.country.clone().unwrap_or_else(|| "NO".to_owned()),
                ..AuthorityOptions::new("Test Authority", now_s)
            };
            TestAuthority::create(&options).map_err(unusable)
        }
        (Some(certificate), Some(key)) => stored(certificate, key, now_s),
        (Some(_), None) => Err(Error::invalid_field("authority_key", "must be given with authority_certificate")),
        (None, Some(_)) => Err(Error::invalid_field("authority_certificate", "must be given with authority_key")),
    }
}

/// Loads the given authority and checks that verifiers accept its certificates.
fn stored(certificate: &str, key: &Secret, now_s: i64) -> Result<TestAuthority, Error> {
    let of_certificate =
        |why: String| Error::because(&errors::CERTIFICATE_UNUSABLE, why).with("field", "authority_certificate");
    let of_key = |why: String| Error::because(&errors::KEY_UNUSABLE, why).with("field", "authority_key");
    let read = Certificate::from_pem(certificate).map_err(|fault| of_certificate(fault.to_string()))?;
    let private = RsaPrivateKey::from_pem(key.expose()).map_err(|error| match error {
        KeyFault::EncryptedPem => {
            of_key("the key is encrypted: give it without a passphrase (openssl pkey)".to_owned())
        }
        error => of_key(error.to_string()),
    })?;
    trusted_issuer([&read], now_s).map_err(|why| of_certificate(why.to_owned()))?;
    if private.public().spki_der() != read.spki_der() {
        return Err(of_key("this is not the private key of authority_certificate".to_owned()));
    }
    TestAuthority::from_pem(certificate, key.expose()).map_err(|fault| of_certificate(fault.to_string()))
}

fn options(asked: &MakeCertificatesRequest, kind: CertificateKind, now_s: i64) -> Result<IssueOptions, Error> {
    let mut options = IssueOptions::new(kind, now_s);
    let named = |field: &'static str, given: &Option<String>, into: &mut String| {
        let Some(text) = given else { return Ok(()) };
        let usable = (1..=NAME_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if !usable {
            return Err(Error::invalid_field(field, "must be 1 to 64 characters, none of them a control character"));
        }
        into.clone_from(text);
        Ok(())
    };
    named("common_name", &asked.common_name, &mut options.common_name)?;
    named("organization", &asked.organization, &mut options.organization)?;
    named("supervisor_name", &asked.supervisor_name, &mut options.nca_name)?;
    named("authorisation_number", &asked.authorisation_number, &mut options.authorisation_number)?;
    if let Some(country) = &asked.country {
        options.country = capitals("country", country, 2..=2)?;
    }
    if let Some(supervisor) = &asked.supervisor {
        options.authority = capitals("supervisor", supervisor, 2..=8)?;
    }
    if let Some(roles) = &asked.roles {
        options.roles = roles.iter().copied().map(Psd2Role::from).collect();
    }
    if let Some(days) = asked.days {
        if !(1..=DAYS_MAX).contains(&days) {
            return Err(Error::invalid_field("days", "must be 1 to 7305"));
        }
        options.not_after_s = now_s + i64::from(days) * 86_400;
    }
    options.key = NewCertificateKey::Rsa(bits(asked)?);
    options.defects = asked.defects.iter().flatten().copied().map(PlantedDefect::from).collect();
    Ok(options)
}

fn bits(asked: &MakeCertificatesRequest) -> Result<usize, Error> {
    match asked.key_bits {
        None | Some(2048) => Ok(2048),
        Some(3072) => Ok(3072),
        Some(4096) => Ok(4096),
        Some(_) => Err(Error::invalid_field("key_bits", "must be 2048, 3072 or 4096")),
    }
}

fn capitals(field: &'static str, text: &str, count: std::ops::RangeInclusive<usize>) -> Result<String, Error> {
    if count.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
        Ok(text.to_owned())
    } else {
        Err(Error::invalid_field(field, format!("must be {} to {} capital letters", count.start(), count.end())))
    }
}

fn unusable(fault: CertificateFault) -> Error {
    Error::because(&errors::CERTIFICATE_UNUSABLE, fault.to_string())
}

#[cfg(test)]
#[path = "make_certificates_tests.rs"]
mod tests;
