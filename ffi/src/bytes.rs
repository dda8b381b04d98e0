//! Memory that the library returns to the caller.

use std::{ffi::c_char, ptr};

use ::bytes::Bytes;

use crate::guard::quietly;

/// Keeps the memory of a `BankchannelBytes` alive.
pub struct BankchannelOwner {
    owned: Owned,
}

/// The returned content.
pub(crate) enum Owned {
    /// JSON.
    Text(String),
    /// A file's content.
    Content(Bytes),
}

/// Bytes that belong to the caller: UTF-8 text (JSON) or a file's content, not terminated by NUL. Free them with
/// `bankchannel_bytes_free`. No bytes at all are all zero; empty content has `size` 0 and a `data` that is not NULL.
#[repr(C)]
#[derive(Debug)]
pub struct BankchannelBytes {
    /// The bytes; read-only.
    pub data: *const c_char,
    /// The number of bytes.
    pub size: usize,
    /// Keeps them alive; for the library only.
    pub owner: *mut BankchannelOwner,
}

impl From<String> for Owned {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Bytes> for Owned {
    fn from(content: Bytes) -> Self {
        Self::Content(content)
    }
}

impl BankchannelBytes {
    /// Nothing.
    pub const NOTHING: Self = Self { data: ptr::null(), size: 0, owner: ptr::null_mut() };

    /// Hands bytes over to the caller, without copying.
    pub(crate) fn new(owned: impl Into<Owned>) -> Self {
        let owned = owned.into();
        let bytes = match &owned {
            Owned::Text(text) => text.as_bytes(),
            Owned::Content(content) => content,
        };
        let (data, size) = (bytes.as_ptr().cast(), bytes.len());
        Self { data, size, owner: Box::into_raw(Box::new(BankchannelOwner { owned })) }
    }
}

/// Frees bytes returned by the library, and sets the struct to all zero, so that freeing it again is harmless. NULL is
/// allowed.
///
/// # Safety
/// `bytes` is NULL, or points to bytes that the library wrote or to zeroes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bankchannel_bytes_free(bytes: *mut BankchannelBytes) {
    if bytes.is_null() {
        return;
    }
    // SAFETY: not NULL, and the caller promises that the library wrote its content, or that it is zeroes.
    let taken = unsafe { bytes.replace(BankchannelBytes::NOTHING) };
    if taken.owner.is_null() {
        return;
    }
    // SAFETY: the owner was made by `BankchannelBytes::of` and is taken out only here.
    let owner = unsafe { Box::from_raw(taken.owner) };
    match owner.owned {
        // Nothing in it can panic.
        Owned::Text(text) => drop(text),
        Owned::Content(content) => quietly(|| drop(content)),
    }
}
