//! Every entry point goes through here: it catches panics, hands errors over and returns a status.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bankchannel_bridge::{CallOutcome, Error, inside};

use crate::{BankchannelError, BankchannelStatus, platform};

/// Why an entry point failed.
#[derive(Debug)]
pub(crate) enum EntryFailure {
    /// The arguments are invalid; nothing was done.
    Misuse(Error),
    /// It was tried and failed.
    Failed(Error),
}

impl From<Error> for EntryFailure {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// An invalid argument.
pub(crate) fn misuse(argument: &str, why: &str) -> EntryFailure {
    EntryFailure::Misuse(Error::invalid_field(argument, why))
}

/// Runs an entry point's body. On failure the error object goes to `error`, unless that is NULL.
///
/// # Safety
/// `error` is NULL or may be written.
pub(crate) unsafe fn guard(
    error: *mut *mut BankchannelError,
    body: impl FnOnce() -> Result<BankchannelStatus, EntryFailure>,
) -> BankchannelStatus {
    platform::stay_loaded();
    // A panic leaves our own state no worse than an error does: what bodies change is behind mutexes that can be locked
    // again after a panic, or is dropped with the body.
    let result = catch_unwind(AssertUnwindSafe(|| inside(body))).unwrap_or_else(|_| Err(defect().into()));
    let (status, why) = match result {
        Ok(status) => return status,
        Err(EntryFailure::Misuse(why)) => (BankchannelStatus::Misuse, why),
        Err(EntryFailure::Failed(why)) => (BankchannelStatus::Error, why),
    };
    if !error.is_null() {
        let whole = Box::into_raw(Box::new(BankchannelError::new(&why)));
        // SAFETY: the caller of the entry promises that `error`, when not NULL, may be written.
        unsafe { error.write(whole) };
    }
    status
}

/// Runs the part of a body in which a request may be sent: after a panic the outcome is unknown.
pub(crate) fn exchanging<T>(work: impl FnOnce() -> Result<T, EntryFailure>) -> Result<T, EntryFailure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(defect().with_outcome(CallOutcome::Unknown).into()))
}

/// The panic's text is left out: it may contain the caller's data.
fn defect() -> Error {
    Error::internal("a defect inside bankchannel stopped this function")
}

/// Runs code that must not fail, such as freeing: a panic ends here.
pub(crate) fn quietly(body: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(|| inside(body)));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::{ffi::CStr, process::Command, ptr};

    use super::*;
    use crate::{bankchannel_error_code, bankchannel_error_free, bankchannel_error_json};

    #[test]
    fn a_panic_becomes_an_internal_error_without_the_panics_text() {
        let mut error = ptr::null_mut();
        // SAFETY: `error` is our own output.
        let status = unsafe { guard(&raw mut error, || panic!("my-password")) };
        assert_eq!(status, BankchannelStatus::Error);
        // SAFETY: the error was written by `guard`.
        unsafe {
            assert_eq!(CStr::from_ptr(bankchannel_error_code(error)).to_str().unwrap(), "internal");
            assert!(!CStr::from_ptr(bankchannel_error_json(error)).to_str().unwrap().contains("my-password"));
            bankchannel_error_free(error);
        }
    }

    #[test]
    fn a_panic_without_a_place_for_the_error_is_a_status() {
        // SAFETY: NULL is allowed.
        let status = unsafe { guard(ptr::null_mut(), || panic!("on demand")) };
        assert_eq!(status, BankchannelStatus::Error);
        quietly(|| panic!("on demand"));
    }

    /// Run by the test below in a separate process.
    #[test]
    #[ignore = "panics; run by the test below"]
    fn panics_in_entries() {
        // SAFETY: NULL is allowed.
        unsafe { guard(ptr::null_mut(), || panic!("my-password")) };
        quietly(|| panic!("my-password"));
    }

    #[test]
    fn the_text_of_a_panic_in_an_entry_is_not_printed() {
        let this = std::env::current_exe().unwrap();
        let arguments = ["--ignored", "--exact", "--nocapture", "guard::tests::panics_in_entries"];
        let ended = Command::new(this).args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success() && !said.contains("my-password"), "{said}");
        assert_eq!(said.matches("bankchannel: a defect at ").count(), 2, "{said}");
    }

    #[test]
    fn after_a_panic_in_an_exchange_the_outcome_is_unknown() {
        let Err(EntryFailure::Failed(error)) = exchanging::<()>(|| panic!("on demand")) else { panic!("no failure") };
        assert_eq!((error.code(), error.outcome()), ("internal", Some(CallOutcome::Unknown)));
        assert!(exchanging(|| Ok(1)).is_ok_and(|given| given == 1));
    }

    /// No entry point may work outside the guard: each exported function that can fail names it.
    #[test]
    fn every_exported_function_goes_through_the_guard() {
        let sources = [
            include_str!("bytes.rs"),
            include_str!("call.rs"),
            include_str!("cancel.rs"),
            include_str!("client.rs"),
            include_str!("command.rs"),
            include_str!("compute.rs"),
            include_str!("error.rs"),
            include_str!("library.rs"),
            include_str!("log.rs"),
            include_str!("options.rs"),
            include_str!("server.rs"),
        ];
        let mut seen = 0;
        for source in sources {
            for function in source.split("#[unsafe(no_mangle)]").skip(1) {
                let body = function.split("\n}\n").next().unwrap();
                let name = body.split("fn ").nth(1).unwrap().split('(').next().unwrap();
                seen += 1;
                // These read a constant or a field and cannot panic.
                let constant = ["bankchannel_abi_version", "bankchannel_version"].contains(&name)
                    || (name.starts_with("bankchannel_error_") && name != "bankchannel_error_free");
                assert!(constant || body.contains("guard(") || body.contains("quietly("), "{name}");
            }
        }
        assert!(seen >= 28, "{seen}");
    }
}
