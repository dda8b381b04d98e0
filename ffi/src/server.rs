//! An embedded counterpart.

use std::{
    ffi::c_char,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bankchannel_bridge::{BridgeServer, Error, parse_json, row};

use crate::{
    BankchannelBytes, BankchannelError, BankchannelStatus,
    at_exit::remove_folders_at_exit,
    guard::{EntryFailure, guard, quietly},
    input::{handle, place, text},
};

/// A running counterpart. Any number of threads may use it at once. It belongs to the process that started it: in the
/// child of a fork every function except `bankchannel_server_free` fails with `configuration.forked`.
pub struct BankchannelServer {
    server: Mutex<BridgeServer>,
    process: u32,
}

impl BankchannelServer {
    /// Waits until no other thread uses it. In the child of a fork it may be locked for ever, by a thread that the
    /// child does not have.
    fn server(&self) -> Result<MutexGuard<'_, BridgeServer>, EntryFailure> {
        if self.process != std::process::id() {
            return Err(Error::because(&row::FORKED, "this server was started by the parent process").into());
        }
        Ok(self.server.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Starts a server. `kind` is `ws-channel`, `sepa-bank`, `nextgen-psd2-bank`, `salt-edge-hub` or `salt-edge-connector`.
/// `options` is a
/// JSON object (`docs/reference`); without options the server takes a free port on loopback and a temporary data folder.
///
/// # Safety
/// `kind` and `options` have as many bytes as their sizes say; `server` and `error` are NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bankchannel_server_start(
    kind: *const c_char,
    kind_size: usize,
    options: *const c_char,
    options_size: usize,
    server: *mut *mut BankchannelServer,
    error: *mut *mut BankchannelError,
) -> BankchannelStatus {
    let body = || {
        place("server", server)?;
        // SAFETY: as the caller promises.
        let (kind, options) = unsafe { (text("kind", kind, kind_size)?, text("options", options, options_size)?) };
        let options = if options.is_empty() { "{}" } else { options };
        remove_folders_at_exit();
        let started = BridgeServer::start(kind, parse_json(options)?)?;
        let begun = BankchannelServer { server: Mutex::new(started), process: std::process::id() };
        let made = Box::into_raw(Box::new(begun));
        // SAFETY: not NULL, and the caller promises that it may be written.
        unsafe { server.write(made) };
        Ok(BankchannelStatus::Ok)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, body) }
}

/// The addresses and files that a client needs, as JSON: `kind`, `base_url`, `control_url`, and by kind:
///
/// - `ws-channel`: `public_key_file`;
/// - `sepa-bank`: `ca_file`, `families`, and in `clients` for each bank all settings of a client of it;
/// - `nextgen-psd2-bank`: `bg_base_url`, `ca_file`, `certificate_file`, `private_key_file`, `client_certificate_file`,
///   `client_key_file`, `certificates_dir`, `requests_url`;
/// - `salt-edge-hub`: `hub_public_key_file`, `app_id`, `app_secret_file`, `provider_code`, `private_key_file`,
///   `requests_url`;
/// - `salt-edge-connector`: `public_key_file`, `provider_code`, `bank_interface_url`, `bank_secret_file`.
///
/// # Safety
/// `server` is NULL or a server that was not freed; `json` and `error` are NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bankchannel_server_info(
    server: *const BankchannelServer,
    json: *mut BankchannelBytes,
    error: *mut *mut BankchannelError,
) -> BankchannelStatus {
    let body = || {
        place("json", json)?;
        // SAFETY: as the caller promises.
        let info = unsafe { handle("server", server) }?.server()?.info()?;
        // SAFETY: not NULL, and the caller promises that it may be written.
        unsafe { json.write(BankchannelBytes::new(info.to_json())) };
        Ok(BankchannelStatus::Ok)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, body) }
}

/// Runs an order of the control interface, and returns its answer as JSON. `seed` adds data; every other order
/// (`reset`, `clock`, `fail_next`, `limits`, `outbox`, `transcript`, …) needs a server that was started with `control`. The names
/// of all orders are `BANKCHANNEL_ORDER_…` in `bankchannel_operations.h`.
/// The server's page in `docs/` describes the requests and answers of the orders. `request` is a JSON object; without
/// one, `{}`.
///
/// # Safety
/// `server` is NULL or a server that was not freed; `order` and `request` have as many bytes as their sizes say; `json` and
/// `error` are NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bankchannel_server_control(
    server: *const BankchannelServer,
    order: *const c_char,
    order_size: usize,
    request: *const c_char,
    request_size: usize,
    json: *mut BankchannelBytes,
    error: *mut *mut BankchannelError,
) -> BankchannelStatus {
    let body = || {
        place("json", json)?;
        // SAFETY: as the caller promises.
        let (order, request) = unsafe { (text("order", order, order_size)?, text("request", request, request_size)?) };
        let request = if request.is_empty() { "{}" } else { request };
        // SAFETY: as the caller promises.
        let given = unsafe { handle("server", server) }?.server()?.control(order, parse_json(request)?)?;
        // Others may use the server while the order runs.
        let answer = given.wait()?;
        // SAFETY: not NULL, and the caller promises that it may be written.
        unsafe { json.write(BankchannelBytes::new(answer.to_json())) };
        Ok(BankchannelStatus::Ok)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, body) }
}

/// Stops it; requests in flight get some time to finish. The handle still has to be freed.
///
/// # Safety
/// `server` is NULL or a server that was not freed; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bankchannel_server_stop(
    server: *mut BankchannelServer,
    error: *mut *mut BankchannelError,
) -> BankchannelStatus {
    let body = || {
        // SAFETY: as the caller promises.
        unsafe { handle("server", server) }?.server()?.stop()?;
        Ok(BankchannelStatus::Ok)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, body) }
}

/// Frees a server; if it still runs, it is stopped. NULL is allowed.
///
/// # Safety
/// `server` is NULL or a server that was not freed and that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bankchannel_server_free(server: *mut BankchannelServer) {
    quietly(|| {
        if !server.is_null() {
            // SAFETY: servers are made with `Box::into_raw`, and the caller frees each once.
            drop(unsafe { Box::from_raw(server) });
        }
    });
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::{ffi::CStr, ptr};

    use super::*;
    use crate::{bankchannel_error_code, bankchannel_error_free};

    /// The state in the child of a fork while a thread of the parent uses the server.
    #[test]
    fn a_server_of_another_process_is_not_waited_for() {
        let started = BridgeServer::start("ws-channel", parse_json("{}").unwrap()).unwrap();
        let server = BankchannelServer { server: Mutex::new(started), process: std::process::id() + 1 };
        let _held = server.server.lock().unwrap();
        let (mut json, mut errors) = (BankchannelBytes::NOTHING, [ptr::null_mut(); 2]);
        let [of_info, of_stop] = &mut errors;
        // SAFETY: our own outputs, and a server that stays alive.
        unsafe {
            assert_eq!(bankchannel_server_info(&raw const server, &raw mut json, of_info), BankchannelStatus::Error);
            assert_eq!(bankchannel_server_stop((&raw const server).cast_mut(), of_stop), BankchannelStatus::Error);
            for error in errors {
                assert_eq!(CStr::from_ptr(bankchannel_error_code(error)).to_str(), Ok("configuration.forked"));
                bankchannel_error_free(error);
            }
        }
    }
}
