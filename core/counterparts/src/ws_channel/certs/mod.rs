//! Certificates: WS Channel sheet §2.13–§2.20, §6.

pub(crate) mod list_certs;
pub(crate) mod config_certs;
pub(crate) mod share_certs;
pub(crate) mod unshare_certs;
pub(crate) mod export_cert;
pub(crate) mod enroll_cert;
pub(crate) mod import_cert;
pub(crate) mod retire_cert;
