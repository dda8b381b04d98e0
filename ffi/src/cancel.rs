//! Stops calls, from any thread.

use std::mem::ManuallyDrop;

use bankchannel_bridge::{Cancel, Error, row};

use crate::{
    BankchannelError, BankchannelStatus,
    guard::{EntryFailure, guard, quietly},
    input::{handle, place},
};

/// Stops the calls that were started with it. Any number of threads may use it at once, and any number of calls share
/// it. It belongs to the process that made it: in the child of a fork every function except `bankchannel_cancel_free`
/// fails with `configuration.forked`.
#[derive(Debug)]
pub struct BankchannelCancel {
    token: ManuallyDrop<Cancel>,
    process: u32,
}

impl BankchannelCancel {
    fn new() -> Self {
        Self { token: ManuallyDrop::new(Cancel::new()), process: std::process::id() }
    }

    /// The token. In the child of a fork it may be locked for ever, by a thread that the child does not have.
    pub(crate) fn token(&self) -> Result<&Cancel, EntryFailure> {
        if self.process == std::process::id() {
            Ok(&self.token)
        } else {
            Err(Error::because(&row::FORKED, "this cancel token was made by the parent process").into())
        }
    }
}

impl Drop for BankchannelCancel {
    fn drop(&mut self) {
        if self.process == std::process::id() {
            // SAFETY: the token is dropped only here, and not used afterwards.
            unsafe { ManuallyDrop::drop(&mut self.token) };
        }
    }
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
        let made = Box::into_raw(Box::new(BankchannelCancel::new()));
        // SAFETY: not NULL, and the caller promises that it may be written.
        unsafe { cancel.write(made) };
        Ok(BankchannelStatus::Ok)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, body) }
}

/// Stops every call that was started with the token, now and later: each ends with the error `cancelled`, whose outcome
/// tells whether the peer may already have acted.
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
        unsafe { handle("cancel", cancel) }?.token()?.cancel();
        Ok(BankchannelStatus::Ok)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, body) }
}

/// Frees a token. Calls that were started with it continue. NULL is allowed.
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
