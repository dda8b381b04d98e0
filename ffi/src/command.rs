//! The command line, in the calling process.

use std::{
    ffi::{CStr, OsString, c_char},
    slice,
    sync::atomic::{AtomicBool, Ordering},
};

use bankchannel_bridge::{Error, row};

use crate::{
    BankchannelError, BankchannelStatus,
    guard::{EntryFailure, guard, misuse},
    input::place,
    platform::path_of,
};

/// Whether it was run: what it has begun, such as to watch signals, is for the whole life of a process.
static HAS_RUN: AtomicBool = AtomicBool::new(false);

/// Runs the command `bankchannel` to its end, as the program of that name does. `arguments` are those of `main`: the first one
/// names the program, each ends with NUL and is bytes, as the operating system has them, on Windows UTF-8. `exit_code` gets what
/// the process should end with: end it then, since a process runs the command once, and another time is `MISUSE`. The command
/// reads and writes the standard streams of the process (closed ones become the null device, reads and writes wait), ignores
/// SIGPIPE, takes the program's handlers of SIGINT, SIGTERM, SIGHUP and SIGQUIT away, and ends the process itself after a second
/// Ctrl-C, one at a prompt, or output that cannot be written.
///
/// # Safety
/// `arguments` is NULL or has `count` pointers, each NULL or to a text that ends with NUL; `exit_code` and `error` are NULL or may
/// be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bankchannel_command(
    arguments: *const *const c_char,
    count: usize,
    exit_code: *mut i32,
    error: *mut *mut BankchannelError,
) -> BankchannelStatus {
    let body = || {
        place("exit_code", exit_code)?;
        // SAFETY: as the caller promises.
        let given = unsafe { texts(arguments, count) }?;
        if HAS_RUN.swap(true, Ordering::SeqCst) {
            let why = "the command has run in this process, and it runs once in a process";
            return Err(EntryFailure::Misuse(Error::because(&row::CONFIGURATION, why)));
        }
        let code = bankchannel_command::run_command_in_library(given);
        // SAFETY: not NULL, and the caller promises that it may be written.
        unsafe { exit_code.write(code.into()) };
        Ok(BankchannelStatus::Ok)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, body) }
}

/// # Safety
/// As [`bankchannel_command`].
unsafe fn texts(arguments: *const *const c_char, count: usize) -> Result<Vec<OsString>, EntryFailure> {
    if arguments.is_null() || count == 0 {
        return Err(misuse("arguments", "must have the name of the program at least"));
    }
    // SAFETY: not NULL, and the caller promises the number.
    let pointers = unsafe { slice::from_raw_parts(arguments, count) };
    let text = |one: &*const c_char| {
        if one.is_null() {
            return Err(misuse("arguments", "must not have a NULL in it"));
        }
        // SAFETY: not NULL, and the caller promises that it ends with NUL.
        let bytes = unsafe { CStr::from_ptr(*one) }.to_bytes();
        path_of(bytes).map(OsString::from).ok_or_else(|| misuse("arguments", "must be UTF-8"))
    };
    pointers.iter().map(text).collect()
}
