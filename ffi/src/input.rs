//! Inputs: NULL, size and UTF-8 are checked before anything is done with them.

use std::{ffi::c_char, slice};

use crate::guard::{EntryFailure, misuse};

/// A buffer of the caller's. NULL is allowed for zero bytes.
///
/// # Safety
/// `data` is NULL or has `size` bytes that do not change during `'a`.
pub(crate) unsafe fn buffer<'a>(argument: &str, data: *const c_char, size: usize) -> Result<&'a [u8], EntryFailure> {
    if size == 0 {
        return Ok(&[]);
    }
    if data.is_null() {
        return Err(misuse(argument, "must not be NULL when its size is not 0"));
    }
    if isize::try_from(size).is_err() {
        return Err(misuse(argument, "has a size that no buffer can have"));
    }
    // SAFETY: not NULL, a possible size, and the caller promises the rest.
    Ok(unsafe { slice::from_raw_parts(data.cast(), size) })
}

/// A buffer that must hold UTF-8 text.
///
/// # Safety
/// As [`buffer`].
pub(crate) unsafe fn text<'a>(argument: &str, data: *const c_char, size: usize) -> Result<&'a str, EntryFailure> {
    // SAFETY: as the caller promises.
    let bytes = unsafe { buffer(argument, data, size) }?;
    std::str::from_utf8(bytes).map_err(|_| misuse(argument, "must be UTF-8"))
}

/// A handle of the caller's.
///
/// # Safety
/// `handle` is NULL or came from this library, was not freed, and is not freed during `'a`.
pub(crate) unsafe fn handle<'a, T>(argument: &str, handle: *const T) -> Result<&'a T, EntryFailure> {
    // SAFETY: as the caller promises.
    unsafe { handle.as_ref() }.ok_or_else(|| misuse(argument, "must not be NULL"))
}

/// Checks that there is an output for a result.
pub(crate) fn place<T>(argument: &str, place: *mut T) -> Result<(), EntryFailure> {
    if place.is_null() { Err(misuse(argument, "must not be NULL: the result goes there")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;

    fn why(failure: EntryFailure) -> String {
        match failure {
            EntryFailure::Misuse(error) => error.message().to_owned(),
            EntryFailure::Failed(error) => panic!("not a misuse: {error}"),
        }
    }

    #[test]
    fn bad_input_is_named() {
        // SAFETY: NULL and literals of the right size.
        unsafe {
            assert_eq!(text("name", ptr::null(), 0).expect("nothing"), "");
            assert_eq!(
                why(text("name", ptr::null(), 3).expect_err("NULL")),
                "name: must not be NULL when its size is not 0"
            );
            assert_eq!(
                why(text("name", b"\xff\xfe".as_ptr().cast(), 2).expect_err("not UTF-8")),
                "name: must be UTF-8"
            );
            assert!(why(buffer("data", b"x".as_ptr().cast(), usize::MAX).expect_err("impossible")).contains("size"));
            assert_eq!(why(handle::<u8>("client", ptr::null()).expect_err("NULL")), "client: must not be NULL");
        }
        assert!(why(place::<u8>("json", ptr::null_mut()).expect_err("NULL")).starts_with("json: "));
    }
}
