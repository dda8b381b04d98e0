//! A bank's requirements and their strictness.

use std::sync::Arc;

use crate::{
    certificates::{Certificate, DistinguishedName, Psd2Role},
    signing::SigningDialect,
};

/// The strictness of the checks (§3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VerificationMode {
    /// Deviations that other banks tolerate are refused.
    Strict,
    /// The assumed strictness of the specification's banks.
    #[default]
    Normal,
    /// Known deviations are accepted with a warning.
    Lenient,
}

/// The maximum difference between `Date` and now, in seconds (§3.1).
pub const MAX_SKEW_S: i64 = 300;

/// The requirements for a request, in addition to the trusted issuers.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The strictness.
    pub mode: VerificationMode,
    /// The bank's dialect.
    pub dialect: SigningDialect,
    /// Now, in seconds since 1970.
    pub now_s: i64,
    /// The maximum difference between `Date` and now, in seconds.
    pub max_skew_s: i64,
    /// Certificates that their issuers have revoked.
    pub revoked: Arc<[ListedCertificate]>,
    /// Certificates and organisations that the bank has blocked.
    pub blocked: Arc<[ListedCertificate]>,
    /// The client certificate of the TLS connection, if there is one. It is checked like the signing certificate (V22).
    pub tls_client: Option<Certificate>,
    /// The requirements of the addressed operation. Without them roles, bodies and redirects are not checked, and a
    /// warning reports that.
    pub endpoint: Option<EndpointRequirements>,
    /// Whether to stop after the first failure: for a bank that only answers and does not explain.
    pub stop_at_failure: bool,
}

impl Policy {
    /// The defaults for this time.
    #[must_use]
    pub fn at(now_s: i64, dialect: SigningDialect) -> Self {
        Self {
            mode: VerificationMode::Normal,
            dialect,
            now_s,
            max_skew_s: MAX_SKEW_S,
            revoked: Arc::default(),
            blocked: Arc::default(),
            tls_client: None,
            endpoint: None,
            stop_at_failure: false,
        }
    }
}

/// An entry of a list of revoked or blocked certificates.
#[derive(Debug, Clone)]
pub enum ListedCertificate {
    /// One certificate.
    Certificate {
        /// Its serial number, big-endian.
        serial: Vec<u8>,
        /// Its issuer.
        issuer: DistinguishedName,
    },
    /// Every certificate of an organisation, such as `PSDNO-FSA-987654321`.
    Organization(String),
}

impl ListedCertificate {
    /// Whether the entry matches a certificate.
    #[must_use]
    pub fn covers(&self, certificate: &Certificate) -> bool {
        match self {
            Self::Certificate { serial, issuer } => {
                // DER adds a zero before a number whose first bit is set; lists are copied from DER.
                let zeros = serial.iter().take_while(|&&byte| byte == 0).count();
                certificate.serial() == &serial[zeros..] && issuer.matches(certificate.issuer())
            }
            Self::Organization(id) => certificate.organization_identifier() == Some(id.as_str()),
        }
    }
}

/// The requirements of an operation beyond the signature (V33–V36).
#[derive(Debug, Clone, Copy)]
pub struct EndpointRequirements {
    /// The roles of which one is enough.
    pub roles: &'static [Psd2Role],
    /// Whether the operation has a JSON body.
    pub body: bool,
    /// Whether `TPP-Redirect-URI` is required.
    pub redirect: bool,
}

const INFORMATION: &[Psd2Role] = &[Psd2Role::Ai];
const INFORMATION_OR_PAYMENT: &[Psd2Role] = &[Psd2Role::Ai, Psd2Role::Pi];

impl EndpointRequirements {
    /// Finds the operation of the specification (§4.2) by method and path; any prefix before `/v1/` is accepted.
    #[must_use]
    pub fn for_request(method: &str, target: &str, dialect: SigningDialect) -> Option<Self> {
        let path = target.split('?').next().unwrap_or_default();
        let below = &path[path.find("/v1/")? + "/v1/".len()..];
        let is_era = dialect == SigningDialect::Era;
        let (roles, body, redirect) = match (method, below) {
            ("POST", "user/verification") if is_era => (INFORMATION_OR_PAYMENT, true, false),
            ("POST", "consents" | "bank-offered-consents") if is_era => (INFORMATION, false, true),
            ("POST", "consents") => (INFORMATION, true, true),
            ("POST", below) if below.starts_with("consents/") && !is_era => (INFORMATION, false, false),
            ("GET" | "DELETE", below) if below.starts_with("consents/") && !is_era => (INFORMATION, false, false),
            ("GET", below) if below == "accounts" || below.starts_with("accounts/") => (INFORMATION, false, false),
            _ => return None,
        };
        Some(Self { roles, body, redirect })
    }
}
