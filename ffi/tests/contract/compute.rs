//! `bankchannel_compute`: whose memory the answer is in.

use std::{
    ffi::{CStr, c_char},
    ptr,
};

use bankchannel_c::*;
use serde_json::{Value, json};

use super::{
    client,
    support::{take, take_error, text},
};

const REQUEST: &str = r#"{"secret":"JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}"#;

/// The answer, with what an earlier answer would have left, and what was returned.
fn computed(
    client: *const BankchannelClient,
    name: &str,
    request: &str,
    buffer: *mut c_char,
    buffer_size: usize,
) -> (*const c_char, BankchannelAnswer) {
    let left = ptr::dangling_mut();
    let json = BankchannelBytes { data: ptr::dangling(), size: 1, owner: ptr::dangling_mut() };
    let mut answer = BankchannelAnswer { buffer, buffer_size, json, error: left };
    let ((name, name_size), (request, size)) = (text(name), text(request));
    // SAFETY: our own texts and answer; what an earlier answer left is overwritten unread.
    let returned = unsafe { bankchannel_compute(client, name, name_size, request, size, &raw mut answer) };
    (returned, answer)
}

#[test]
fn an_answer_is_in_the_callers_buffer_if_it_fits() {
    let client = client();
    let mut buffer = [b'x'.cast_signed(); 64];
    for client in [ptr::null(), client.0.cast_const()] {
        let (returned, mut answer) = computed(client, "ws_channel.totp_code", REQUEST, ptr::null_mut(), 0);
        assert!(returned.is_null());
        let length = take(&mut answer.json).unwrap().len();
        for room in [64, length + 1] {
            let (returned, answer) = computed(client, "ws_channel.totp_code", REQUEST, buffer.as_mut_ptr(), room);
            assert!(ptr::eq(returned, buffer.as_ptr()) && answer.json.owner.is_null() && answer.error.is_null());
            // SAFETY: the library ended it with NUL.
            let told = unsafe { CStr::from_ptr(returned) }.to_str().unwrap();
            assert_eq!(serde_json::from_str::<Value>(told).unwrap()["code"].as_str().unwrap().len(), 6);
            assert_eq!((told.len(), buffer[63]), (length, b'x'.cast_signed()));
        }
        for room in [length, 1, 0] {
            let (returned, mut answer) = computed(client, "ws_channel.totp_code", REQUEST, buffer.as_mut_ptr(), room);
            assert!(returned.is_null() && answer.error.is_null(), "{room}");
            assert_eq!(take(&mut answer.json).unwrap().len(), length);
        }
    }
}

#[test]
fn a_failure_is_in_the_answer_too() {
    let refused = |name: &str, request: &str| {
        let (returned, answer) = computed(ptr::null(), name, request, ptr::null_mut(), 0);
        assert!(returned.is_null() && answer.json.owner.is_null());
        take_error(answer.error)["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(refused("ws_channel.totp_code", "{}"), "input.missing_field");
    assert_eq!(refused("ws_channel.list_files", "{}"), "input.unknown_operation");
    assert_eq!(refused("ws_channel.totp_code", "{\"secret\":"), "input.invalid_json");
    assert_eq!(refused("", ""), "input.unknown_operation");
}

/// For languages whose programs print a client, and have no other way to what may be shown of it.
#[test]
fn a_client_tells_its_address() {
    let client = client();
    let (_, mut answer) = computed(client.0, "client.described", "{}", ptr::null_mut(), 0);
    let told: Value = serde_json::from_slice(&take(&mut answer.json).unwrap()).unwrap();
    assert!(told["base_url"].as_str().is_some_and(|url| url.starts_with("http")), "{told}");
    let (_, answer) = computed(ptr::null(), "client.described", "{}", ptr::null_mut(), 0);
    assert_eq!(take_error(answer.error)["code"], "input.unknown_operation");
}

#[test]
fn what_cannot_be_used_is_named() {
    let (name, name_size) = text("ws_channel.totp_code");
    let (request, size) = text(REQUEST);
    let torn = b"\xc3\x28".as_ptr().cast();
    let misused = |argument: &str, name, name_size, request, size, buffer_size| {
        let (buffer, json, error) = (ptr::null_mut(), BankchannelBytes::NOTHING, ptr::null_mut());
        let mut answer = BankchannelAnswer { buffer, buffer_size, json, error };
        // SAFETY: NULL, and bytes that are no UTF-8, are tested; the rest is ours.
        assert!(unsafe { bankchannel_compute(ptr::null(), name, name_size, request, size, &raw mut answer) }.is_null());
        assert_eq!(take_error(answer.error)["context"]["field"], json!(argument));
    };
    misused("name", ptr::null(), 1, request, size, 0);
    misused("name", torn, 2, request, size, 0);
    misused("request", name, name_size, ptr::null(), 1, 0);
    misused("request", name, name_size, torn, 2, 0);
    misused("buffer", name, name_size, request, size, 1);
    // SAFETY: NULL is allowed.
    unsafe { assert!(bankchannel_compute(ptr::null(), name, name_size, request, size, ptr::null_mut()).is_null()) };
}
