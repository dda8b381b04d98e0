//! What a bank demands, and how strictly.

use std::sync::Arc;

use crate::{
    certificates::{Certificate, Name, Role},
    signing::SigningDialect,
};

/// How strictly requests are read (§3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// What is tolerated elsewhere is refused.
    Strict,
    /// As the specification's banks are thought to be.
    #[default]
    Normal,
    /// Known deviations are accepted with a warning.
    Lenient,
}

/// Seconds that `Date` may be away from now, either side (§3.1).
pub const MAX_SKEW_S: i64 = 300;

/// What a request is checked against, besides the trusted issuers.
#[derive(Debug, Clone)]
pub struct Policy {
    /// How strictly.
    pub mode: Mode,
    /// The bank's dialect.
    pub dialect: SigningDialect,
    /// Now, in seconds since 1970.
    pub now_s: i64,
    /// Seconds that `Date` may be away from now.
    pub max_skew_s: i64,
    /// Certificates that their issuers have revoked.
    pub revoked: Arc<[Listed]>,
    /// Certificates and organisations that the bank has blocked.
    pub blocked: Arc<[Listed]>,
    /// The client certificate of the TLS connection, where there is one. It is checked as the signing one (V22).
    pub tls_client: Option<Certificate>,
    /// What the addressed operation asks for; without it roles, bodies and redirects are not
    /// checked, and a warning says so.
    pub endpoint: Option<Endpoint>,
    /// Whether nothing more is checked after the first failure: for a bank that only answers, and does not explain.
    pub stop_at_failure: bool,
}

impl Policy {
    /// The defaults at this time.
    #[must_use]
    pub fn at(now_s: i64, dialect: SigningDialect) -> Self {
        Self {
            mode: Mode::Normal,
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
pub enum Listed {
    /// One certificate.
    Certificate {
        /// Its serial number, big-endian.
        serial: Vec<u8>,
        /// Its issuer.
        issuer: Name,
    },
    /// Every certificate of an organisation, such as `PSDNO-FSA-987654321`.
    Organization(String),
}

impl Listed {
    /// Whether a certificate is meant.
    #[must_use]
    pub fn covers(&self, certificate: &Certificate) -> bool {
        match self {
            Self::Certificate { serial, issuer } => {
                // DER writes a zero before a number whose first bit is set; lists are copied from it.
                let zeros = serial.iter().take_while(|&&byte| byte == 0).count();
                certificate.serial() == &serial[zeros..] && issuer.matches(certificate.issuer())
            }
            Self::Organization(id) => certificate.organization_identifier() == Some(id.as_str()),
        }
    }
}

/// What an operation asks of a request beyond its signature (V33–V36).
#[derive(Debug, Clone, Copy)]
pub struct Endpoint {
    /// Any of these roles will do.
    pub roles: &'static [Role],
    /// Whether a JSON body belongs to it.
    pub body: bool,
    /// Whether `TPP-Redirect-URI` is needed.
    pub redirect: bool,
}

const INFORMATION: &[Role] = &[Role::Ai];
const INFORMATION_OR_PAYMENT: &[Role] = &[Role::Ai, Role::Pi];

impl Endpoint {
    /// The operations of the specification (§4.2) by method and path; the path may have anything before `/v1/`.
    #[must_use]
    pub fn of(method: &str, target: &str, dialect: SigningDialect) -> Option<Self> {
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
