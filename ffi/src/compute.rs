//! Operations that only compute, at the lowest cost: the answer is in memory of the calling thread.

use std::{
    cell::RefCell,
    ffi::c_char,
    hint, ptr,
    sync::atomic::{Ordering, compiler_fence},
};

use bankchannel_bridge::local_json;

use crate::{
    BankchannelClient, BankchannelError, BankchannelStatus,
    guard::{EntryFailure, guard, misuse},
    input::text,
};

/// A text that ends with NUL, and is wiped when it is dropped: it may be a key. Earlier copies of it are not wiped.
#[derive(Default)]
struct WipedText(Vec<u8>);

impl WipedText {
    fn new(text: String) -> Self {
        let mut bytes = text.into_bytes();
        if bytes.len() == bytes.capacity() {
            // Growing in place could move it and leave an unwiped copy.
            let mut larger = Vec::with_capacity(bytes.len() + 1);
            larger.extend_from_slice(&bytes);
            drop(Self(bytes));
            bytes = larger;
        }
        bytes.push(0);
        Self(bytes)
    }
}

impl Drop for WipedText {
    fn drop(&mut self) {
        if self.0.is_empty() {
            return;
        }
        self.0.fill(0);
        // Nothing reads them afterwards, so the compiler would remove the zeroing.
        hint::black_box(self.0.as_ptr());
        compiler_fence(Ordering::SeqCst);
    }
}

thread_local! {
    static ANSWER: RefCell<WipedText> = const { RefCell::new(WipedText(Vec::new())) };
}

/// Runs an operation that only computes, like `bankchannel_local`, and returns the response as JSON text that ends with
/// NUL; NULL if it failed. The text is in memory of the calling thread: it is valid until this thread calls this
/// function again, which always wipes it at its end, or until the thread ends. Fields omitted from the request are
/// taken from the settings of `client`, which may be NULL. Content, if the operation takes any, is in the request, as
/// `{"path": PATH}` or `{"base64": TEXT}`. To wipe an answer that is a key at once, call it without a name: that fails.
///
/// # Safety
/// `client` is NULL or was not freed; buffers have as many bytes as their sizes say; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bankchannel_compute(
    client: *const BankchannelClient,
    name: *const c_char,
    name_size: usize,
    request: *const c_char,
    request_size: usize,
    error: *mut *mut BankchannelError,
) -> *const c_char {
    let mut answered = ptr::null();
    let body = || {
        // The previous answer is dropped in any case, and last: the request may be inside it.
        let _last = place(WipedText::default())?;
        // SAFETY: as the caller promises.
        let (name, request) = unsafe { (text("name", name, name_size)?, text("request", request, request_size)?) };
        // SAFETY: as the caller promises.
        let client = unsafe { client.as_ref() }.map(|client| &client.client);
        let answer = WipedText::new(local_json(client, name, request)?);
        answered = answer.0.as_ptr().cast();
        place(answer)?;
        Ok(BankchannelStatus::Ok)
    };
    // SAFETY: as the caller promises.
    match unsafe { guard(error, body) } {
        BankchannelStatus::Ok => answered,
        _ => ptr::null(),
    }
}

/// Stores an answer as the thread's last one, and returns the previous one.
fn place(answer: WipedText) -> Result<WipedText, EntryFailure> {
    ANSWER
        .try_with(|place| place.replace(answer))
        .map_err(|_| misuse("thread", "is ending: its answer cannot be stored"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::ffi::CStr;

    use super::*;

    /// The answer, or the error's JSON.
    fn compute(name: &str, request: &str) -> Result<String, String> {
        let mut error = ptr::null_mut();
        let (name, name_size, request, size) =
            (name.as_ptr().cast(), name.len(), request.as_ptr().cast(), request.len());
        // SAFETY: our own texts and output; the answer is read before the next call.
        unsafe {
            let answer = bankchannel_compute(ptr::null(), name, name_size, request, size, &raw mut error);
            if answer.is_null() {
                let json = CStr::from_ptr(crate::bankchannel_error_json(error)).to_str().unwrap().to_owned();
                crate::bankchannel_error_free(error);
                return Err(json);
            }
            Ok(CStr::from_ptr(answer).to_str().unwrap().to_owned())
        }
    }

    #[test]
    fn each_thread_has_its_own_answer() {
        let code = |secret: &str| compute("ws_channel.totp_code", &format!("{{\"secret\":\"{secret}\"}}")).unwrap();
        let threads: Vec<_> = (0..4)
            .map(|_| std::thread::spawn(move || (0..50).all(|_| code("JBSWY3DPEHPK3PXP").starts_with("{\"code\":\""))))
            .collect();
        assert!(threads.into_iter().all(|thread| thread.join().unwrap()));
    }

    #[test]
    fn what_fails_leaves_no_answer() {
        let made = compute("ws_channel.generate_key", r#"{"name": "A", "email": "a@example.test"}"#).unwrap();
        assert!(made.contains("PRIVATE KEY") && made.ends_with('}'));
        assert!(compute("ws_channel.totp_code", "{}").unwrap_err().contains("input.missing_field"));
        assert!(compute("ws_channel.list_files", "{}").unwrap_err().contains("input.unknown_operation"));
        assert!(ANSWER.with(|answer| answer.borrow().0.is_empty()), "the key is gone too");
        assert!(compute("ws_channel.generate_key", r#"{"name": "A", "email": "a@example.test"}"#).is_ok());
        assert!(compute("", "").unwrap_err().contains("input.unknown_operation"));
        assert!(ANSWER.with(|answer| answer.borrow().0.is_empty()), "no name wipes");
    }

    #[test]
    fn an_answer_may_be_the_next_request() {
        let secret = compute("ws_channel.totp_code", r#"{"secret": "JBSWY3DPEHPK3PXP"}"#).unwrap();
        let name = "ws_channel.totp_code";
        let mut error = ptr::null_mut();
        // SAFETY: the request is inside the last answer, which exists until the function returns.
        unsafe {
            let request = ANSWER.with(|answer| answer.borrow().0.as_ptr().cast());
            let (name, size) = (name.as_ptr().cast(), name.len());
            let answer = bankchannel_compute(ptr::null(), name, size, request, secret.len(), &raw mut error);
            assert!(answer.is_null());
            let json = CStr::from_ptr(crate::bankchannel_error_json(error)).to_str().unwrap();
            // It was read unchanged: the answer's field is not one of the request.
            assert!(json.contains("input.missing_field") || json.contains("input.unknown_field"), "{json}");
            crate::bankchannel_error_free(error);
        }
    }

    #[test]
    fn a_text_that_fills_its_place_gets_its_nul() {
        for text in [String::new(), "x".repeat(64).into_boxed_str().into_string()] {
            let answer = WipedText::new(text.clone());
            assert_eq!(CStr::from_bytes_with_nul(&answer.0).unwrap().to_str().unwrap(), text);
        }
    }
}
