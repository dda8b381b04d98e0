//! Certificates of third parties: QSEAL signs requests, QWAC opens the connection (§7).
//!
//! | file | content |
//! |---|---|
//! | [`Certificate`] | one certificate, read once, strictly: serial, names, key (in core/crypto) |
//! | [`Psd2Certificate`] | roles, authorisation number |
//! | [`DistinguishedName`] | the distinguished name of a subject or issuer, as text in every style that key ids use |
//! | [`QcStatements`] | the authority's statements: seal or web, roles, the authority |
//! | [`certificate_header`], [`read_certificate_header`] | `TPP-Signature-Certificate` |
//! | [`trusted_issuer`] | selects a trusted issuer of a certificate |
//! | [`TestAuthority`] | certificates for tests and for sandboxes, valid and defective |

mod fixtures;
mod header;
mod issue;
mod issue_options;
mod issue_statements;
mod psd2_certificate;
mod psd2_roles;
mod qc;
mod qc_parser;

pub(crate) use bankchannel_crypto::x509::why_unissued;
pub use bankchannel_crypto::x509::{
    Certificate, CertificateFault, CertificateHash, DistinguishedName, KeyUsage, NameAttribute, NameFault, NameStyle,
    Rdn, trusted_issuer,
};
pub use fixtures::{CertificateFixture, FIXTURES, PARTS};
pub use header::{CertForm, ReadHeader, certificate_header, read_certificate_header};
pub use issue::{IssuedCertificate, TestAuthority};
pub use issue_options::{AuthorityOptions, CertificateKind, IssueOptions, NewCertificateKey, PlantedDefect};
pub(crate) use psd2_certificate::psd2_oddities;
pub use psd2_certificate::{OrganizationAuthorisation, Psd2Certificate};
pub use qc::{Psd2Role, Psd2Statement, QcOddity, QcStatementKind, QcStatements, QcTolerance, QcType};
pub use qc_parser::parse_qc;

#[cfg(test)]
mod certificate_tests;
#[cfg(test)]
mod trust_tests;
#[cfg(test)]
pub(crate) mod vectors;
