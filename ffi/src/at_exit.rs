//! What is left to do when the process ends.

use std::{ffi::c_int, sync::Once};

use bankchannel_bridge::remove_temporary_folders;

// SAFETY: as the C library declares it; it only keeps the pointer.
unsafe extern "C" {
    safe fn atexit(hook: extern "C" fn()) -> c_int;
}

/// Has the temporary data folders of servers that were not stopped removed when the process ends: they hold keys.
pub(crate) fn remove_folders_at_exit() {
    static ONCE: Once = Once::new();
    // Where no hook can be kept, the next server's start removes them.
    ONCE.call_once(|| {
        let _ = atexit(hook);
    });
}

extern "C" fn hook() {
    // No panic may leave it; there is nobody to tell.
    let _ = std::panic::catch_unwind(remove_temporary_folders);
}
