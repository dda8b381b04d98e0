//! Cleanup when the process exits.

use std::{ffi::c_int, sync::Once};

use bankchannel_bridge::remove_temporary_folders;

// SAFETY: as declared by the C library; it only stores the pointer.
unsafe extern "C" {
    safe fn atexit(hook: extern "C" fn()) -> c_int;
}

/// Removes, when the process exits, the temporary data folders of servers that were not stopped: they contain keys.
pub(crate) fn remove_folders_at_exit() {
    static ONCE: Once = Once::new();
    // If the hook cannot be registered, the next server's start removes them.
    ONCE.call_once(|| {
        let _ = atexit(hook);
    });
}

extern "C" fn hook() {
    // No panic may leave it; there is no caller to report to.
    let _ = std::panic::catch_unwind(remove_temporary_folders);
}
