//! Certificates at banks: docs/protocols/ws-channel.md §2.13–§2.19, §6.

pub(crate) mod config_certs;
pub(crate) mod enroll_cert;
pub(crate) mod export_cert;
pub(crate) mod import_cert;
pub(crate) mod list_certs;
pub(crate) mod material;
pub(crate) mod retire_cert;
pub(crate) mod share_certs;
pub(crate) mod unshare_certs;

use bankchannel_storage::ws_channel::{AccountSession, FileScope};
use bankchannel_ws_channel::model::Bank;

/// The response text when there is nothing more specific (§1.7).
pub(super) const OK: &str = "OK";

/// The account's own scope at a bank.
pub(super) fn own_scope(session: &AccountSession, bank: Bank) -> FileScope {
    FileScope { api_key: session.api_key.clone(), email: session.email.clone(), bank: bank.as_str().to_owned() }
}
