//! The PSD2 content of a certificate.

use super::{Certificate, CertificateFault, QcStatements, parse_qc};

/// The SHA-256 of the SubjectPublicKeyInfo of the specification's published test key (§2.10): anyone can sign with it.
const SPKI_SHA256: [u8; 32] = [
    0x9e, 0xa3, 0xac, 0x14, 0xdb, 0x9d, 0x34, 0xc4, 0xac, 0x3a, 0xc7, 0x98, 0xa8, 0xe0, 0xca, 0xd7, 0xd0, 0x0a, 0x5c,
    0xdc, 0x59, 0x29, 0x3b, 0x5f, 0xea, 0xee, 0x45, 0x53, 0xd1, 0xb4, 0x18, 0x3a,
];

/// The PSD2 content of a certificate.
pub trait Psd2Certificate {
    /// The issuer's statements; `None` if the extension is absent. Parsed on each call.
    ///
    /// # Errors
    /// [`CertificateFault`] if it cannot be parsed.
    fn qc(&self) -> Result<Option<QcStatements>, CertificateFault>;

    /// The parsed organisation identifier; `None` if it is absent or not that of a payment service provider.
    fn authorisation(&self) -> Option<OrganizationAuthorisation>;

    /// Whether its key is the published one, which must not be used with a real bank (S-17).
    fn has_published_key(&self) -> bool;
}

impl Psd2Certificate for Certificate {
    fn qc(&self) -> Result<Option<QcStatements>, CertificateFault> {
        self.qc_statements().map(parse_qc).transpose()
    }

    fn authorisation(&self) -> Option<OrganizationAuthorisation> {
        self.organization_identifier().and_then(OrganizationAuthorisation::parse)
    }

    fn has_published_key(&self) -> bool {
        self.key().is_ok_and(|key| key.spki_sha256() == SPKI_SHA256)
    }
}

/// The parsed organisation identifier of a payment service provider (§7.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationAuthorisation {
    /// Country of the authority, two capital letters.
    pub country: String,
    /// The authority, such as `FSA`.
    pub authority: String,
    /// The authority's number for the third party; it may have hyphens.
    pub number: String,
}

impl OrganizationAuthorisation {
    /// Parses `PSDNO-FSA-987654321`; `None` for any other form.
    #[must_use]
    pub fn parse(identifier: &str) -> Option<Self> {
        let mut parts = identifier.strip_prefix("PSD")?.splitn(3, '-');
        let (country, authority, number) = (parts.next()?, parts.next()?, parts.next()?);
        let capitals = |text: &str| text.bytes().all(|byte| byte.is_ascii_uppercase());
        let good = country.len() == 2 && (2..=8).contains(&authority.len()) && !number.is_empty();
        (good && capitals(country) && capitals(authority)).then(|| Self {
            country: country.to_owned(),
            authority: authority.to_owned(),
            number: number.to_owned(),
        })
    }

    /// The identifier of the authority in the PSD2 statement: `NO-FSA`.
    #[must_use]
    pub fn nca_id(&self) -> String {
        format!("{}-{}", self.country, self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::super::vectors::{CA1, LEAF1, LEAF2, certificate};
    use super::*;

    /// T-148, without the part that needs a client.
    #[test]
    fn the_sheets_own_certificates_are_known_and_others_are_not() {
        assert!(certificate(LEAF1).has_published_key() && certificate(LEAF2).has_published_key());
        assert!(!certificate(CA1).has_published_key());
    }
}
