//! Certificates at banks.

pub mod config_certs;
pub mod enroll_cert;
pub mod export_cert;
pub mod import_cert;
pub mod list_certs;
pub mod retire_cert;
pub mod share_certs;
pub mod unshare_certs;
