//! The options of a test authority.

use zeroize::Zeroizing;

use super::Psd2Role;

const YEAR_S: i64 = 365 * 86_400;
const HOUR_S: i64 = 3_600;

/// The options of a new authority. An empty text is left out of its name.
#[derive(Debug, Clone)]
pub struct AuthorityOptions {
    /// Common name.
    pub common_name: String,
    /// Organisation.
    pub organization: String,
    /// Organisation identifier, such as `NTRNO-000000000`.
    pub organization_identifier: String,
    /// Locality.
    pub locality: String,
    /// Country, two capital letters.
    pub country: String,
    /// Serial number, 1 to 20 bytes; random if absent.
    pub serial: Option<Vec<u8>>,
    /// Start of the validity, Unix seconds.
    pub not_before_s: i64,
    /// End of the validity, Unix seconds.
    pub not_after_s: i64,
    /// Bits of the RSA key: 2048, 3072 or 4096.
    pub key_bits: usize,
}

impl AuthorityOptions {
    /// An authority with this name, valid for twenty years from an hour before `now_s`.
    #[must_use]
    pub fn new(common_name: &str, now_s: i64) -> Self {
        Self {
            common_name: common_name.to_owned(),
            organization: "Sandbox Trust AS".to_owned(),
            organization_identifier: "NTRNO-000000000".to_owned(),
            locality: "Trondheim".to_owned(),
            country: "NO".to_owned(),
            serial: None,
            not_before_s: now_s - HOUR_S,
            not_after_s: now_s + 20 * YEAR_S,
            key_bits: 2048,
        }
    }
}

/// The purpose of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateKind {
    /// Signing requests.
    Qseal,
    /// TLS connections.
    Qwac,
}

/// The key of a new certificate.
#[derive(Clone)]
pub enum NewCertificateKey {
    /// A new RSA key of 2048, 3072 or 4096 bits.
    Rsa(usize),
    /// A new EC key on P-256, which verifiers of request signatures must refuse.
    EcP256,
    /// An existing RSA key, PEM.
    Given(Zeroizing<String>),
}

/// A deliberate defect, for testing verifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlantedDefect {
    /// No qcStatements.
    NoQc,
    /// The PSD2 statement alone, without the list around it.
    BareQc,
    /// Each role with the number of another.
    WrongRoleOid,
    /// Expired a day ago.
    Expired,
    /// Valid from tomorrow.
    NotYet,
    /// CA:TRUE.
    CaTrue,
    /// No organisation identifier.
    NoOrgId,
    /// Signed with SHA-1.
    Sha1,
}

impl PlantedDefect {
    /// All defects.
    pub const ALL: [Self; 8] = [
        Self::NoQc,
        Self::BareQc,
        Self::WrongRoleOid,
        Self::Expired,
        Self::NotYet,
        Self::CaTrue,
        Self::NoOrgId,
        Self::Sha1,
    ];

    /// The name on a command line: `no-qc`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoQc => "no-qc",
            Self::BareQc => "bare-qc",
            Self::WrongRoleOid => "wrong-role-oid",
            Self::Expired => "expired",
            Self::NotYet => "not-yet",
            Self::CaTrue => "ca-true",
            Self::NoOrgId => "no-orgid",
            Self::Sha1 => "sha1",
        }
    }
}

/// The options of a new certificate.
#[derive(Clone)]
pub struct IssueOptions {
    /// Seal or connection certificate.
    pub kind: CertificateKind,
    /// Common name of the third party.
    pub common_name: String,
    /// Organisation of the third party.
    pub organization: String,
    /// Country of third party and authority, two capital letters.
    pub country: String,
    /// The roles of the third party.
    pub roles: Vec<Psd2Role>,
    /// Name of the authority that authorised the third party.
    pub nca_name: String,
    /// The authority in the organisation identifier, such as `FSA`.
    pub authority: String,
    /// The authorisation number.
    pub authorisation_number: String,
    /// The authority in the PSD2 statement, such as `NO-FSA`; by default it is built from the fields above.
    pub nca_id: Option<String>,
    /// Serial number, 1 to 20 bytes; random if absent.
    pub serial: Option<Vec<u8>>,
    /// The reference time for defects of the validity, Unix seconds.
    pub now_s: i64,
    /// Start of the validity, Unix seconds.
    pub not_before_s: i64,
    /// End of the validity, Unix seconds.
    pub not_after_s: i64,
    /// The key.
    pub key: NewCertificateKey,
    /// Host names and IP addresses of a connection certificate.
    pub dns_names: Vec<String>,
    /// Deliberate defects.
    pub defects: Vec<PlantedDefect>,
}

impl IssueOptions {
    /// A valid certificate with a new RSA-2048 key, for a year from an hour before `now_s`, for a third party that
    /// reads accounts and initiates payments.
    #[must_use]
    pub fn new(kind: CertificateKind, now_s: i64) -> Self {
        Self {
            kind,
            common_name: "Example TPP AS (test)".to_owned(),
            organization: "Example TPP AS".to_owned(),
            country: "NO".to_owned(),
            roles: vec![Psd2Role::Ai, Psd2Role::Pi],
            nca_name: "Finanstilsynet (sandbox)".to_owned(),
            authority: "FSA".to_owned(),
            authorisation_number: "987654321".to_owned(),
            nca_id: None,
            serial: None,
            now_s,
            not_before_s: now_s - HOUR_S,
            not_after_s: now_s + YEAR_S,
            key: NewCertificateKey::Rsa(2048),
            dns_names: if kind == CertificateKind::Qwac { vec!["tpp.example".to_owned()] } else { Vec::new() },
            defects: Vec::new(),
        }
    }

    /// The organisation identifier, such as `PSDNO-FSA-987654321`.
    #[must_use]
    pub fn organization_identifier(&self) -> String {
        format!("PSD{}-{}-{}", self.country, self.authority, self.authorisation_number)
    }

    /// The identifier of the authority in the PSD2 statement.
    #[must_use]
    pub fn nca_id(&self) -> String {
        self.nca_id.clone().unwrap_or_else(|| format!("{}-{}", self.country, self.authority))
    }
}
