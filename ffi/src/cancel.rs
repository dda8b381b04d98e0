//! Stops calls, from any thread.

use bankchannel_bridge::Cancel;

use crate::{
    BankchannelError, BankchannelStatus,
    guard::{guard, quietly},
    input::{handle, place},
};

/// Stops the calls that were begun with it. Any number of threads may use it at once, and any number of calls share it.
#[derive(Debug)]
pub struct BankchannelCancel {
    pub(crate) token: Cancel,
}

/// Makes a token that stops calls.
///
/// # Safety
/// `cancel` and `error` are NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bankchannel_cancel_new(
    cancel: *mut *mut BankchannelCancel,
    error: *mut *mut BankchannelError,
) -> BankchannelStatus {
    let body = || {
        place("cancel", cancel)?;
        let made = Box::into_raw(Box::new(BankchannelCancel { token: Cancel::new() }));
        // SAFETY: not NULL, and the caller promises that it may be written.
        unsafe { cancel.write(made) };
        Ok(BankchannelStatus::Ok)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, body) }
}

/// Stops every call that was begun with the token, now and later: each ends with the error `cancelled`, whose outcome
/// says whether the peer may have acted already.
///
/// # Safety
/// `cancel` is NULL or a token that was not freed; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bankchannel_cancel_now(
    cancel: *const BankchannelCancel,
    error: *mut *mut BankchannelError,
) -> BankchannelStatus {
    let body = || {
        // SAFETY: as the caller promises.
        unsafe { handle("cancel", cancel) }?.token.cancel();
        Ok(BankchannelStatus::Ok)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, body) }
}

/// Frees a token. The calls that were begun with it go on. NULL is allowed.
///
/// # Safety
/// `cancel` is NULL or a token that was not freed and that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bankchannel_cancel_free(cancel: *mut BankchannelCancel) {
    quietly(|| {
        if !cancel.is_null() {
            // SAFETY: tokens are made with `Box::into_raw`, and the caller frees each once.
            drop(unsafe { Box::from_raw(cancel) });
        }
    });
}
