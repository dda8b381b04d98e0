//! Files at banks: docs/protocols/ws-channel.md §2.20–§2.23, §5.

pub(crate) mod content;
pub(crate) mod delete_file;
pub(crate) mod download_file;
pub(crate) mod list_files;
pub(crate) mod list_uploads;
pub(crate) mod listings;
pub(crate) mod settling;
pub(crate) mod signatures;
pub(crate) mod telling;
mod upload_exchange;
pub(crate) mod upload_file;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bankchannel_storage::ws_channel::{AccountSession, RequiredRight};
use bankchannel_ws_channel::service_texts;

use super::{fault::HandlerFault, service::ServiceCall};

/// Caches of the file operations.
#[derive(Default)]
pub(crate) struct FileCaches {
    /// Cached listings.
    pub(crate) listings: listings::ListingCache,
    /// Cached PGP keys.
    pub(crate) keys: signatures::ReadKeys,
}

/// The caller, if its API key may transfer files (§4).
pub(super) fn may_transfer(call: &ServiceCall) -> Result<&AccountSession, HandlerFault> {
    let session = call.caller()?;
    call.rely_on(RequiredRight::Transfer);
    if session.transfer_enabled { Ok(session) } else { Err((&service_texts::API_KEY_FORBIDDEN).into()) }
}

/// The service's clock in the form that the OpenPGP code needs.
pub(crate) fn at(now_ms: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(now_ms).unwrap_or_default())
}
