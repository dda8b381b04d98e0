//! Certificates of third parties: QSEAL signs requests, QWAC opens the connection (§7).
//!
//! | file | what |
//! |---|---|
//! | [`Certificate`] | one certificate, read once: serial, names, key, roles, authorisation number |
//! | [`Name`] | the distinguished name of a subject or issuer, as text in every style that key ids use |
//! | [`QcStatements`] | what the authority attests: seal or web, roles, who authorised |
//! | [`certificate_header`], [`read_certificate_header`] | `TPP-Signature-Certificate` |
//! | [`trusted_issuer`] | which of a certificate's issuers may vouch for it |
//! | [`TestAuthority`] | certificates for tests and for sandboxes, sound and defective |

mod certificate;
mod der;
mod extensions;
mod fault;
mod fixtures;
mod header;
mod issue;
mod issue_options;
mod issue_statements;
mod name;
mod name_text;
mod published;
mod qc;
mod structure;
mod trust;

pub use certificate::{Authorisation, Certificate, SignatureHash};
pub use extensions::KeyUsage;
pub use fault::Fault;
pub use fixtures::{FIXTURES, Fixture, PARTS};
pub use header::{CertForm, ReadHeader, certificate_header, read_certificate_header};
pub use issue::{Issued, TestAuthority};
pub use issue_options::{AuthorityOptions, Defect, IssueOptions, Kind, NewKey};
pub use name::{Attribute, Name, Rdn};
pub use name_text::{NameFault, NameStyle};
pub use qc::{Psd2, QcStatements, QcType, Role, parse_qc};
pub use trust::trusted_issuer;
pub(crate) use trust::why_unissued;
#[cfg(test)]
pub(crate) mod vectors;
