//! Cleanup at the end of the process.

#![allow(unsafe_code)] // `atexit` is C: this is the one place that declares it.

use std::{ffi::c_int, sync::Once};

use bankchannel_bridge::remove_temporary_folders;

// SAFETY: as the C library declares it; it only keeps the pointer.
unsafe extern "C" {
    safe fn atexit(hook: extern "C" fn()) -> c_int;
}

/// Registers the removal of temporary data folders of servers that were not stopped, at the end of the process: they
/// contain keys.
pub(crate) fn remove_folders_at_exit() {
    static ONCE: Once = Once::new();
    // If no hook can be registered, the next server's start removes them.
    ONCE.call_once(|| {
        let _ = atexit(hook);
    });
}

extern "C" fn hook() {
    // No panic may leave it, and no caller could handle one.
    let _ = std::panic::catch_unwind(remove_temporary_folders);
}
