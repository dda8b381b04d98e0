//! A protocol's client.

use std::ffi::c_char;

use bankchannel_bridge::{BridgeClient, parse_json};

use crate::{
    BankchannelError, BankchannelStatus,
    guard::{guard, quietly},
    input::{place, text},
};

/// A client: settings, the current session, connections. Any number of threads may call through it at once. After a
/// fork, the child may continue to use it with its own connections.
pub struct BankchannelClient {
    pub(crate) client: BridgeClient,
}

/// Makes a client from its settings, a JSON object (`docs/reference`). The member `"protocol"` names the protocol:
/// `"ws-channel"` (the default), `"sepa-web-services"`, `"nextgen-psd2"`, `"salt-edge-connector"` or `"salt-edge-hub"`.
/// Nothing is sent, and no
/// thread is started.
///
/// With the member `"from_env": true` omitted settings are taken from the protocol's variables of the environment, such as
/// `ISECURE_BASE_URL` (`docs/reference`, settings); `{"NAME": "text"}` gives variables instead of the environment.
///
/// # Safety
/// `settings` has `settings_size` bytes; `client` and `error` are NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bankchannel_client_new(
    settings: *const c_char,
    settings_size: usize,
    client: *mut *mut BankchannelClient,
    error: *mut *mut BankchannelError,
) -> BankchannelStatus {
    let body = || {
        place("client", client)?;
        // SAFETY: as the caller promises.
        let settings = unsafe { text("settings", settings, settings_size) }?;
        let made = Box::into_raw(Box::new(BankchannelClient { client: BridgeClient::new(parse_json(settings)?)? }));
        // SAFETY: not NULL, and the caller promises that it may be written.
        unsafe { client.write(made) };
        Ok(BankchannelStatus::Ok)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, body) }
}

/// Frees a client. Calls that were started with it run to their end. NULL is allowed.
///
/// # Safety
/// `client` is NULL or a client that was not freed and that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bankchannel_client_free(client: *mut BankchannelClient) {
    quietly(|| {
        if !client.is_null() {
            // SAFETY: clients are made with `Box::into_raw`, and the caller frees each once.
            drop(unsafe { Box::from_raw(client) });
        }
    });
}
