//! The PSD2 content of a certificate.

use super::{Certificate, CertificateFault, QcOddity, QcStatementKind, QcStatements, QcTolerance, parse_qc};

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

/// What of a certificate is not as ETSI TS 119 495 wants it (§7, V21): in its statements, in its organisation identifier,
/// and between both. A verifier and the inspection of a certificate both read this list.
pub(crate) fn psd2_oddities(
    certificate: &Certificate,
    statements: &Result<Option<QcStatements>, CertificateFault>,
) -> Vec<QcOddity> {
    let odd = |tolerance, text: String| QcOddity { statement: QcStatementKind::Psd2, tolerance, text };
    let refused = |text: &str| odd(QcTolerance::Nobody, text.to_owned());
    let mut found = Vec::new();
    let psd2 = match statements {
        Ok(Some(statements)) => {
            found.extend(statements.oddities.iter().cloned());
            if statements.psd2.is_none() && !statements.is_broken(QcStatementKind::Psd2) {
                found.push(refused("the certificate has no PSD2 statement (roles, authority)"));
            }
            statements.psd2.as_ref()
        }
        Ok(None) => {
            found.push(refused("the certificate has no QCStatements: it is not a PSD2 certificate"));
            None
        }
        Err(fault) => {
            found.push(refused(&format!("the certificate's QCStatements cannot be read: {fault}")));
            None
        }
    };
    let authorisation = certificate.authorisation();
    if authorisation.is_none() {
        found.push(refused(match certificate.organization_identifier() {
            Some(_) => "the subject's organizationIdentifier is not of the form PSDcc-AUTHORITY-NUMBER",
            None => "the subject has no organizationIdentifier: it must be of the form PSDcc-AUTHORITY-NUMBER",
        }));
    }
    let Some(psd2) = psd2 else { return found };
    if !is_nca_id(&psd2.nca_id) {
        let shown: String = psd2.nca_id.chars().filter(|character| !character.is_control()).take(40).collect();
        let text = format!(
            "the authority's identifier of the PSD2 statement, {shown:?}, is not of the form CC-AUTHORITY, with the \
             authority's country, such as NO-FSA"
        );
        found.push(odd(QcTolerance::UnlessStrict, text));
    } else if authorisation.is_some_and(|authorisation| authorisation.nca_id() != psd2.nca_id) {
        let text = "the authority of organizationIdentifier is not that of the PSD2 statement";
        found.push(odd(QcTolerance::UnlessStrict, text.to_owned()));
    }
    found
}

/// Whether a text is an authority's country, two capital letters, and the authority, 2 to 8 capital letters.
fn is_nca_id(text: &str) -> bool {
    let capitals = |text: &str| text.bytes().all(|byte| byte.is_ascii_uppercase());
    text.split_once('-').is_some_and(|(country, authority)| {
        country.len() == 2 && (2..=8).contains(&authority.len()) && capitals(country) && capitals(authority)
    })
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
