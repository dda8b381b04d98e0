//! Versions and catalogue of the library.

use std::ffi::{CStr, c_char};

use bankchannel_bridge::{ABI_VERSION, VERSION, catalogue_json};

use crate::{BankchannelBytes, BankchannelError, BankchannelStatus, guard::guard, input::place};

/// The version of the contract that this header describes. A library whose `bankchannel_abi_version` is the same or
/// larger implements it.
pub const BANKCHANNEL_ABI_VERSION: u32 = 1;

const _: () = assert!(BANKCHANNEL_ABI_VERSION == ABI_VERSION, "one contract, one number");

/// The library's version with the terminating NUL for C.
static VERSION_TEXT: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
    Ok(text) => text,
    Err(_) => panic!("a version holds no NUL"),
};

const _: () = assert!(VERSION.len() == VERSION_TEXT.to_bytes().len(), "one workspace, one version");

/// The version of the contract that the library implements; compare it with `BANKCHANNEL_ABI_VERSION` before anything
/// else.
#[unsafe(no_mangle)]
pub extern "C" fn bankchannel_abi_version() -> u32 {
    BANKCHANNEL_ABI_VERSION
}

/// The library's version, such as `0.1.0`. Valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn bankchannel_version() -> *const c_char {
    VERSION_TEXT.as_ptr()
}

/// All operations, as a JSON array: name, kind, documentation, schemas of request and response, error codes.
///
/// # Safety
/// `json` and `error` are NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bankchannel_catalogue(
    json: *mut BankchannelBytes,
    error: *mut *mut BankchannelError,
) -> BankchannelStatus {
    let body = || {
        place("json", json)?;
        let text = BankchannelBytes::new(catalogue_json());
        // SAFETY: not NULL, and the caller promises that it may be written.
        unsafe { json.write(text) };
        Ok(BankchannelStatus::Ok)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, body) }
}
