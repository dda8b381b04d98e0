//! What differs between systems.

use std::path::PathBuf;

#[cfg(unix)]
pub(crate) fn path_of(bytes: &[u8]) -> Option<PathBuf> {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    Some(PathBuf::from(OsStr::from_bytes(bytes)))
}

/// None if it is not UTF-8: Windows has paths of characters.
#[cfg(windows)]
pub(crate) fn path_of(bytes: &[u8]) -> Option<PathBuf> {
    std::str::from_utf8(bytes).ok().map(PathBuf::from)
}

/// Keeps the library in memory until the process ends: its threads run on after a program has let go of it, as PHP does at
/// the end of each request. Elsewhere the linker has said so.
#[cfg(windows)]
pub(crate) fn stay_loaded() {
    use std::{ptr, sync::Once};

    use windows_sys::Win32::System::LibraryLoader::{
        GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_PIN, GetModuleHandleExW,
    };

    static PINNED: Once = Once::new();
    PINNED.call_once(|| {
        let own: fn() = stay_loaded;
        let mut module = ptr::null_mut();
        // SAFETY: the address is in this library; the handle is not used.
        unsafe {
            GetModuleHandleExW(
                GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                (own as *const ()).cast(),
                &raw mut module,
            )
        };
    });
}

/// On macOS, where the linker cannot say so.
#[cfg(target_vendor = "apple")]
pub(crate) fn stay_loaded() {
    use std::{mem::MaybeUninit, sync::Once};

    use libc::{Dl_info, RTLD_NODELETE, RTLD_NOLOAD, RTLD_NOW, dladdr, dlopen};

    static PINNED: Once = Once::new();
    PINNED.call_once(|| {
        let own: fn() = stay_loaded;
        let mut found = MaybeUninit::<Dl_info>::uninit();
        // SAFETY: the address is in this library; what was found is read only if something was. The handle is never closed.
        unsafe {
            if dladdr((own as *const ()).cast(), found.as_mut_ptr()) != 0 {
                dlopen(found.assume_init().dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
            }
        }
    });
}

#[cfg(not(any(windows, target_vendor = "apple")))]
pub(crate) const fn stay_loaded() {}
