//! Certificates of third parties.

pub mod inspect_certificate;
pub mod make_certificates;
