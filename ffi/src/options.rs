//! The options of a call.

use std::{
    ffi::c_char,
    mem::{offset_of, size_of},
    path::PathBuf,
    ptr,
};

use ::bytes::Bytes;
use bankchannel_bridge::{CallParameters, ContentTransfer};

use crate::{
    BankchannelCancel, BankchannelContent, BankchannelError, BankchannelStatus,
    guard::{EntryFailure, guard, misuse},
    input::{buffer, place},
    platform::path_of,
};

/// The options of a call. Fill them with `bankchannel_call_options_init`, then set the members that differ. Later
/// versions have more members at the end; `size` tells which of them a program knows.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct BankchannelCallOptions {
    /// `sizeof(BankchannelCallOptions)`.
    pub size: usize,
    /// The timeout in milliseconds: −1 for the operation's own limit, 0 for one that has already expired.
    pub timeout_ms: i64,
    /// Stops the call; may be NULL.
    pub cancel: *const BankchannelCancel,
    /// The kind of `content`, for the request: one of `BankchannelContent`.
    pub content_kind: u32,
    /// The destination of the response's content: one of `BankchannelContent`.
    pub destination_kind: u32,
    /// The bytes, or the path; needed during `bankchannel_call_begin` only.
    pub content: *const c_char,
    /// The size of `content` in bytes.
    pub content_size: usize,
    /// The path; needed during `bankchannel_call_begin` only.
    pub destination: *const c_char,
    /// The size of `destination` in bytes.
    pub destination_size: usize,
    /// 1 keeps log records of the call for `bankchannel_call_log`, 0 keeps none.
    pub log: u32,
    /// 1 makes `bankchannel_call_resume` also report the progress (`BANKCHANNEL_STATUS_PROGRESS`), 0 does not. Only for
    /// resumed calls.
    pub progress: u32,
    /// An id for the call, sent as `X-Request-ID` with its exchanges: 1 to 100 characters, each an ASCII letter, a
    /// digit or one of `-._~:`; for NextGenPSD2 a UUID in lower case. NULL for none. Needed during
    /// `bankchannel_call_begin` only.
    pub request_id: *const c_char,
    /// The size of `request_id` in bytes.
    pub request_id_size: usize,
    /// The maximum number of repetitions of each exchange, 0 to 10; −1 for the client's setting.
    pub retries: i32,
    /// 1 makes the response an object `{"response": …, "exchanges": […]}`: `exchanges` has `method`, `status`, `headers`,
    /// `request_id` and `duration_s` of each answer to an exchange of the call. 0 gives the response itself.
    pub with_response: u32,
    /// 1 makes `bankchannel_call_resume` also report each request and each answer (`BANKCHANNEL_STATUS_EXCHANGE`), 0 does
    /// not. Only for resumed calls.
    pub hooks: u32,
    /// Not used; 0.
    pub reserved: u32,
    /// The trace that the call belongs to, as `traceparent` of W3C Trace Context; it goes along if the setting
    /// `send_traceparent` allows it. NULL for none. Needed during `bankchannel_call_begin` only.
    pub traceparent: *const c_char,
    /// The size of `traceparent` in bytes.
    pub traceparent_size: usize,
}

impl Default for BankchannelCallOptions {
    fn default() -> Self {
        Self {
            size: size_of::<Self>(),
            timeout_ms: -1,
            cancel: ptr::null(),
            content_kind: BankchannelContent::Default as u32,
            destination_kind: BankchannelContent::Default as u32,
            content: ptr::null(),
            content_size: 0,
            destination: ptr::null(),
            destination_size: 0,
            log: 0,
            progress: 0,
            request_id: ptr::null(),
            request_id_size: 0,
            retries: -1,
            with_response: 0,
            hooks: 0,
            reserved: 0,
            traceparent: ptr::null(),
            traceparent_size: 0,
        }
    }
}

/// Fills options with the defaults: the operation's own time limit, no content, a response's content into memory.
/// `size` is `sizeof(BankchannelCallOptions)`; the library fills no more than that.
///
/// # Safety
/// `options` is NULL or has `size` bytes that may be written; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bankchannel_call_options_init(
    options: *mut BankchannelCallOptions,
    size: usize,
    error: *mut *mut BankchannelError,
) -> BankchannelStatus {
    let body = || {
        place("options", options)?;
        known_size(size)?;
        let defaults = BankchannelCallOptions { size, ..BankchannelCallOptions::default() };
        let known = size.min(size_of::<BankchannelCallOptions>());
        // SAFETY: the caller promises `size` bytes, and no more are written; members of later versions are zero, which
        // means that they are not set.
        unsafe {
            options.cast::<u8>().write_bytes(0, size);
            ptr::copy_nonoverlapping((&raw const defaults).cast::<u8>(), options.cast::<u8>(), known);
        }
        Ok(BankchannelStatus::Ok)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, body) }
}

/// The options of the first version end where `log` begins; programs compiled with them are still supported.
const SIZE_MIN: usize = offset_of!(BankchannelCallOptions, log);

/// A size larger than the options of any later version is uninitialised.
const SIZE_MAX: usize = 4096;

fn known_size(size: usize) -> Result<(), EntryFailure> {
    if (SIZE_MIN..=SIZE_MAX).contains(&size) {
        Ok(())
    } else {
        Err(misuse("options", "size must be sizeof(BankchannelCallOptions)"))
    }
}

/// Reads the caller's options; NULL means the defaults. Content bytes are copied here.
///
/// # Safety
/// `options` is NULL, or has as many bytes as its `size` says, and its pointers are as its members say.
pub(crate) unsafe fn read(options: *const BankchannelCallOptions) -> Result<CallParameters, EntryFailure> {
    if options.is_null() {
        return Ok(CallParameters { timeout_ms: -1, ..CallParameters::default() });
    }
    // SAFETY: the caller promises the whole struct, which starts with its size.
    let size = unsafe { options.cast::<usize>().read_unaligned() };
    known_size(size)?;
    // Members that an older program does not know keep their defaults.
    let mut given = BankchannelCallOptions::default();
    let known = size.min(size_of::<BankchannelCallOptions>());
    // SAFETY: the caller's struct has `size` bytes, and ours has room for `known` of them; every bit pattern is a value.
    unsafe { ptr::copy_nonoverlapping(options.cast::<u8>(), (&raw mut given).cast::<u8>(), known) };
    // SAFETY: the bytes from `known` to `size` belong to the caller's struct.
    let later = unsafe { buffer("options", options.cast::<c_char>().wrapping_add(known), size - known) }?;
    if later.iter().any(|byte| *byte != 0) {
        return Err(misuse("options", "set a member that this version of the library does not know"));
    }
    if given.timeout_ms < -1 {
        return Err(misuse("options", "timeout_ms must be -1, 0 or more"));
    }
    if given.log > 1 {
        return Err(misuse("log", "must be 0 or 1"));
    }
    if given.progress > 1 {
        return Err(misuse("progress", "must be 0 or 1"));
    }
    if given.hooks > 1 {
        return Err(misuse("hooks", "must be 0 or 1"));
    }
    if given.reserved != 0 {
        return Err(misuse("reserved", "must be 0"));
    }
    if given.with_response > 1 {
        return Err(misuse("with_response", "must be 0 or 1"));
    }
    if given.retries < -1 {
        return Err(misuse("retries", "must be -1, 0 or more"));
    }
    // SAFETY: the caller promises that the members are valid.
    unsafe {
        let cancel = given.cancel.as_ref().map(BankchannelCancel::token).transpose()?;
        Ok(CallParameters {
            timeout_ms: given.timeout_ms,
            cancel: cancel.cloned(),
            content: content(&given)?,
            destination: destination(&given)?,
            log: given.log == 1,
            progress: given.progress == 1,
            hooks: given.hooks == 1,
            request_id: text("request_id", given.request_id, given.request_id_size)?,
            traceparent: text("traceparent", given.traceparent, given.traceparent_size)?,
            retries: u32::try_from(given.retries).ok(),
            with_response: given.with_response == 1,
            // A C program checks the question itself, and replies BANKCHANNEL_FAIL.
            asks_nobody: false,
        })
    }
}

/// # Safety
/// `content` has `content_size` bytes.
unsafe fn content(given: &BankchannelCallOptions) -> Result<ContentTransfer, EntryFailure> {
    let (data, size) = (given.content, given.content_size);
    match BankchannelContent::from_number(given.content_kind) {
        Some(BankchannelContent::Default) => Ok(ContentTransfer::Default),
        Some(BankchannelContent::Bytes) => {
            // SAFETY: as the caller promises.
            let bytes = unsafe { buffer("content", data, size) }?;
            Ok(ContentTransfer::Bytes(Bytes::copy_from_slice(bytes)))
        }
        // SAFETY: as the caller promises.
        Some(BankchannelContent::Path) => Ok(ContentTransfer::Path(unsafe { path("content", data, size) }?)),
        Some(BankchannelContent::Pieces) => Ok(ContentTransfer::Pieces),
        Some(BankchannelContent::Replace) => {
            Err(misuse("content_kind", "REPLACE is for the destination of a response"))
        }
        None => Err(misuse("content_kind", "is not a value of BankchannelContent")),
    }
}

/// # Safety
/// `destination` has `destination_size` bytes.
unsafe fn destination(given: &BankchannelCallOptions) -> Result<ContentTransfer, EntryFailure> {
    let (data, size) = (given.destination, given.destination_size);
    match BankchannelContent::from_number(given.destination_kind) {
        Some(BankchannelContent::Default) => Ok(ContentTransfer::Default),
        // SAFETY: as the caller promises.
        Some(BankchannelContent::Path) => Ok(ContentTransfer::Path(unsafe { path("destination", data, size) }?)),
        // SAFETY: as the caller promises.
        Some(BankchannelContent::Replace) => Ok(ContentTransfer::Replace(unsafe { path("destination", data, size) }?)),
        Some(BankchannelContent::Pieces) => Ok(ContentTransfer::Pieces),
        Some(BankchannelContent::Bytes) => Err(misuse("destination_kind", "BYTES is for the content of a request")),
        None => Err(misuse("destination_kind", "is not a value of BankchannelContent")),
    }
}

/// Reads a text, which the call itself checks.
///
/// # Safety
/// `data` has `size` bytes.
unsafe fn text(member: &'static str, data: *const c_char, size: usize) -> Result<Option<String>, EntryFailure> {
    // SAFETY: as the caller promises.
    let bytes = unsafe { buffer(member, data, size) }?;
    Ok((!data.is_null()).then(|| String::from_utf8_lossy(bytes).into_owned()))
}

/// A path: bytes, as the operating system has them; UTF-8 on Windows.
///
/// # Safety
/// `data` has `size` bytes.
unsafe fn path(argument: &str, data: *const c_char, size: usize) -> Result<PathBuf, EntryFailure> {
    // SAFETY: as the caller promises.
    let path = unsafe { buffer(argument, data, size) }?;
    if path.is_empty() || path.contains(&0) {
        return Err(misuse(argument, "must be a path: not empty and without NUL"));
    }
    path_of(path).ok_or_else(|| misuse(argument, "must be UTF-8"))
}
