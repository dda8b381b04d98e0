//! Operations that only compute, at the least cost: the answer is in the caller's memory.

use std::{ffi::c_char, ptr};

use bankchannel_bridge::{local, parse_json};

use crate::{
    BankchannelBytes, BankchannelClient, BankchannelError, BankchannelStatus,
    guard::guard,
    input::{place, text},
};

/// The answer of `bankchannel_compute`. Before the first call set `buffer` and `buffer_size`, and the rest to zero.
#[repr(C)]
#[derive(Debug)]
pub struct BankchannelAnswer {
    /// The caller's memory for a response. May be NULL if `buffer_size` is 0.
    pub buffer: *mut c_char,
    /// The size of `buffer` in bytes.
    pub buffer_size: usize,
    /// A response that does not fit, to be freed with `bankchannel_bytes_free`; otherwise all zero.
    pub json: BankchannelBytes,
    /// The error, if there is no response, to be freed with `bankchannel_error_free`; otherwise NULL.
    pub error: *mut BankchannelError,
}

/// Runs an operation that only computes, as `bankchannel_local` does, for programs that do so very often. The settings of
/// `client`, which may be NULL, supply the fields that the request omits. A response shorter than `buffer_size` is a text
/// in the `buffer` of `answer`, which is returned, and ends with NUL. Otherwise NULL is returned: a longer response is in
/// `json` of `answer`, an error in `error`. NULL as `answer` gives NULL.
///
/// # Safety
/// `client` is NULL or was not freed; buffers have as many bytes as their sizes say; `answer` is NULL or may be written,
/// and neither it nor its buffer overlaps another buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bankchannel_compute(
    client: *const BankchannelClient,
    name: *const c_char,
    name_size: usize,
    request: *const c_char,
    request_size: usize,
    answer: *mut BankchannelAnswer,
) -> *const c_char {
    // SAFETY: as the caller promises.
    let Some(answer) = (unsafe { answer.as_mut() }) else { return ptr::null() };
    let (buffer, size) = (answer.buffer, answer.buffer_size);
    (answer.json, answer.error) = (BankchannelBytes::NOTHING, ptr::null_mut());
    let json = &mut answer.json;
    let body = || {
        if size > 0 {
            place("buffer", buffer)?;
        }
        // SAFETY: as the caller promises.
        let (name, request) = unsafe { (text("name", name, name_size)?, text("request", request, request_size)?) };
        let request = parse_json(request)?;
        // SAFETY: as the caller promises.
        let response = match unsafe { client.as_ref() } {
            Some(client) => client.client.local(name, request, None)?.to_json(),
            None => local(name, request, None)?.to_json(),
        };
        if response.len() >= size {
            *json = BankchannelBytes::new(response);
            return Ok(BankchannelStatus::Ok);
        }
        // SAFETY: there is room for the text and its NUL, as the caller promises.
        unsafe {
            buffer.copy_from_nonoverlapping(response.as_ptr().cast(), response.len());
            buffer.add(response.len()).write(0);
        }
        Ok(BankchannelStatus::Ok)
    };
    // SAFETY: the answer may be written.
    let status = unsafe { guard(&raw mut answer.error, body) };
    if status == BankchannelStatus::Ok && answer.json.owner.is_null() { buffer } else { ptr::null() }
}
