//! Errors with all their details.

use std::{
    ffi::{CString, c_char},
    ptr,
};

use bankchannel_bridge::Error;

use crate::{BankchannelCategory, guard::quietly};

/// An error with all its details. It never changes: any number of threads may read it.
#[derive(Debug)]
pub struct BankchannelError {
    code: CString,
    category: BankchannelCategory,
    message: CString,
    json: CString,
}

impl BankchannelError {
    pub(crate) fn new(error: &Error) -> Self {
        Self {
            code: terminated(error.code()),
            category: error.category().into(),
            message: terminated(error.message()),
            json: terminated(&error.to_json().to_string()),
        }
    }
}

/// C's text ends at the first NUL, so a NUL inside is shown as the replacement character.
fn terminated(text: &str) -> CString {
    CString::new(text.replace('\0', "\u{fffd}")).unwrap_or_default()
}

/// The stable code, such as `transport.connect_failed`. Valid as long as the error; NULL for NULL.
///
/// # Safety
/// `error` is NULL or an error of this library that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bankchannel_error_code(error: *const BankchannelError) -> *const c_char {
    // SAFETY: as the caller promises.
    unsafe { error.as_ref() }.map_or(ptr::null(), |error| error.code.as_ptr())
}

/// The party at fault; `BANKCHANNEL_CATEGORY_NONE` for NULL.
///
/// # Safety
/// As `bankchannel_error_code`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bankchannel_error_category(error: *const BankchannelError) -> BankchannelCategory {
    // SAFETY: as the caller promises.
    unsafe { error.as_ref() }.map_or(BankchannelCategory::None, |error| error.category)
}

/// What happened and what to do, for a person. Valid as long as the error; NULL for NULL.
///
/// # Safety
/// As `bankchannel_error_code`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bankchannel_error_message(error: *const BankchannelError) -> *const c_char {
    // SAFETY: as the caller promises.
    unsafe { error.as_ref() }.map_or(ptr::null(), |error| error.message.as_ptr())
}

/// The whole error as JSON: `code`, `category`, `message`, `retryable`, `operation`, `http_status`, `outcome`,
/// `retry_after_s`, `peer`, `context`. Valid as long as the error; NULL for NULL.
///
/// # Safety
/// As `bankchannel_error_code`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bankchannel_error_json(error: *const BankchannelError) -> *const c_char {
    // SAFETY: as the caller promises.
    unsafe { error.as_ref() }.map_or(ptr::null(), |error| error.json.as_ptr())
}

/// Frees an error. NULL is allowed.
///
/// # Safety
/// `error` is NULL or an error of this library that was not freed and that no other thread reads.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bankchannel_error_free(error: *mut BankchannelError) {
    quietly(|| {
        if !error.is_null() {
            // SAFETY: errors are made by `guard` with `Box::into_raw`, and the caller frees each once.
            drop(unsafe { Box::from_raw(error) });
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_inside_does_not_cut_the_text() {
        let error = BankchannelError::new(&Error::invalid_field("na\0me", "is bad"));
        assert_eq!(error.message.to_str(), Ok("na\u{fffd}me: is bad"));
        assert_eq!(error.category, BankchannelCategory::InvalidInput);
        assert!(error.json.to_str().is_ok_and(|json| json.contains(r"na\u0000me") && json.ends_with('}')));
    }
}
