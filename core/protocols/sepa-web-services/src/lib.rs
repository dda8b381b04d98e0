//! SEPA Web Services, the banks' own SOAP channel: profiles of banks, and their messages verified and explained. No I/O.
//!
//! ```text
//!   profile      a bank as data: addresses, ids, compression, file types, signers, anchors
//!      │
//!   verify       an envelope or the document in it: each check with its verdict (core/xml-signature, certificate paths)
//!      │
//!   request      a document and its envelope, written and signed while the content passes
//!   codec        requests and answers of the declarations ⇄ documents
//!   answer       an answer of the bank: believed, read, or an error with its outcome
//!
//!   operations   five exchanges with the file service, three with the certificate service; verify_message,
//!                explain_message, list_profiles, make_certificate_request
//! ```
//!
//! Section numbers (`§4.6`) and ids of checks (`V5`) are those of docs/protocols/sepa-web-services.md.

pub mod answer;
pub mod codec;
pub mod codes;
pub mod errors;
pub mod model;
mod names;
pub mod operations;
pub mod profile;
pub mod request;
pub mod verify;

pub use names::{DOCUMENT_NAMESPACE, FILE_MODEL_NAMESPACE, FILE_SERVICE_NAMESPACE};
pub use operations::{CATALOGUE, TERMS, terms};

/// The protocol's name in the catalogue.
pub const PROTOCOL: &str = "sepa-web-services";
