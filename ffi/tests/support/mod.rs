//! Shared by the tests of the C ABI: its functions wrapped in Rust types.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

pub mod c;

use std::{
    ffi::{CStr, c_char},
    path::PathBuf,
    process::Command,
    ptr, slice,
};

use bankchannel_c::*;
use serde_json::{Value, json};

/// The root of the project.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The shared library that was built together with this test.
pub fn library() -> PathBuf {
    built("libbankchannel_c.so")
}

/// A library that was built together with this test: cargo leaves it next to the test, or in the folder above.
pub fn built(name: &str) -> PathBuf {
    let deps = std::env::current_exe().unwrap().parent().unwrap().to_owned();
    let places = [deps.join(name), deps.parent().unwrap().join(name)];
    let age = |path: &PathBuf| path.metadata().and_then(|data| data.modified()).ok();
    places.into_iter().filter(|path| path.is_file()).max_by_key(age).unwrap_or_else(|| panic!("{name} is not built"))
}

/// Runs a program that must succeed; returns its output.
pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|why| panic!("{command:?}: {why}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A text as pointer and size, for the functions.
pub fn text(text: &str) -> (*const c_char, usize) {
    (text.as_ptr().cast(), text.len())
}

/// Takes bytes returned by the library; `None` if there are none.
pub fn take(bytes: &mut BankchannelBytes) -> Option<Vec<u8>> {
    let some = !bytes.owner.is_null();
    // SAFETY: the library wrote them.
    let copy = some.then(|| unsafe { slice::from_raw_parts(bytes.data.cast::<u8>(), bytes.size) }.to_vec());
    // SAFETY: as above; freeing twice must be harmless.
    unsafe {
        bankchannel_bytes_free(bytes);
        bankchannel_bytes_free(bytes);
    }
    assert!(bytes.data.is_null() && bytes.owner.is_null() && bytes.size == 0);
    copy
}

/// Takes an error returned by the library, as JSON; checks that its parts agree with it.
pub fn take_error(error: *mut BankchannelError) -> Value {
    assert!(!error.is_null(), "a failure gives an error");
    // SAFETY: returned by the library.
    unsafe {
        let read = |text: *const c_char| CStr::from_ptr(text).to_str().unwrap().to_owned();
        let json: Value = serde_json::from_str(&read(bankchannel_error_json(error))).unwrap();
        assert_eq!(json["code"], read(bankchannel_error_code(error)));
        assert_eq!(json["message"], read(bankchannel_error_message(error)));
        assert_ne!(bankchannel_error_category(error), BankchannelCategory::None);
        bankchannel_error_free(error);
        json
    }
}

/// The result of a function.
#[derive(Debug)]
pub struct Ended {
    pub status: BankchannelStatus,
    pub json: Value,
    pub content: Option<Vec<u8>>,
}

/// Converts the outputs of a function to values; on failure `json` is the error.
pub fn ended(
    status: BankchannelStatus,
    json: &mut BankchannelBytes,
    content: &mut BankchannelBytes,
    error: *mut BankchannelError,
) -> Ended {
    if matches!(status, BankchannelStatus::Error | BankchannelStatus::Misuse) {
        assert!(json.owner.is_null() && content.owner.is_null(), "outputs are written only on success");
        return Ended { status, json: take_error(error), content: None };
    }
    assert!(error.is_null());
    let json = take(json).map_or(Value::Null, |json| serde_json::from_slice(&json).unwrap());
    Ended { status, json, content: take(content) }
}

/// A client.
pub struct Client(pub *mut BankchannelClient);

// SAFETY: the contract allows sharing clients.
unsafe impl Send for Client {}
// SAFETY: as above.
unsafe impl Sync for Client {}

impl Client {
    pub fn new(settings: &Value) -> Result<Self, Value> {
        let settings = settings.to_string();
        let (mut client, mut error) = (ptr::null_mut(), ptr::null_mut());
        let (data, size) = text(&settings);
        // SAFETY: our own outputs and buffers.
        match unsafe { bankchannel_client_new(data, size, &raw mut client, &raw mut error) } {
            BankchannelStatus::Ok => Ok(Self(client)),
            _ => Err(take_error(error)),
        }
    }

    pub fn call(&self, name: &str, request: &Value, options: *const BankchannelCallOptions) -> Ended {
        let request = request.to_string();
        let ((name, name_size), (request, request_size)) = (text(name), text(&request));
        let (mut json, mut content, mut error) =
            (BankchannelBytes::NOTHING, BankchannelBytes::NOTHING, ptr::null_mut());
        // SAFETY: our own outputs and buffers.
        let status = unsafe {
            bankchannel_call(
                self.0,
                name,
                name_size,
                request,
                request_size,
                options,
                &raw mut json,
                &raw mut content,
                &raw mut error,
            )
        };
        ended(status, &mut json, &mut content, error)
    }

    pub fn begin(&self, name: &str, request: &Value, options: *const BankchannelCallOptions) -> Call {
        let request = request.to_string();
        let ((name, name_size), (request, request_size)) = (text(name), text(&request));
        let (mut call, mut error) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: our own outputs and buffers.
        let status = unsafe {
            bankchannel_call_begin(
                self.0,
                name,
                name_size,
                request,
                request_size,
                options,
                &raw mut call,
                &raw mut error,
            )
        };
        assert_eq!(status, BankchannelStatus::Ok);
        Call(call)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // SAFETY: last use.
        unsafe { bankchannel_client_free(self.0) };
    }
}

/// A resumable call.
pub struct Call(pub *mut BankchannelCall);

// SAFETY: the contract allows moving a call between threads, and two at once are refused.
unsafe impl Send for Call {}
// SAFETY: as above.
unsafe impl Sync for Call {}

impl Call {
    pub fn resume(&self, reply: BankchannelReply, data: &[u8]) -> Ended {
        let (mut json, mut content, mut error) =
            (BankchannelBytes::NOTHING, BankchannelBytes::NOTHING, ptr::null_mut());
        // SAFETY: our own outputs and buffers.
        let status = unsafe {
            bankchannel_call_resume(
                self.0,
                reply as u32,
                data.as_ptr().cast(),
                data.len(),
                &raw mut json,
                &raw mut content,
                &raw mut error,
            )
        };
        ended(status, &mut json, &mut content, error)
    }

    /// The log records since the last call.
    pub fn log(&self) -> Vec<Value> {
        let mut json = BankchannelBytes::NOTHING;
        // SAFETY: our own output.
        let status = unsafe { bankchannel_call_log(self.0, &raw mut json, ptr::null_mut()) };
        assert_eq!(status, BankchannelStatus::Ok);
        serde_json::from_slice(&take(&mut json).unwrap()).unwrap()
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        // SAFETY: last use.
        unsafe { bankchannel_call_free(self.0) };
    }
}

/// Default options, made as by a program.
pub fn options() -> BankchannelCallOptions {
    let mut options = std::mem::MaybeUninit::uninit();
    // SAFETY: our own output, of the size given.
    unsafe {
        let status =
            bankchannel_call_options_init(options.as_mut_ptr(), size_of::<BankchannelCallOptions>(), ptr::null_mut());
        assert_eq!(status, BankchannelStatus::Ok);
        options.assume_init()
    }
}

/// A service under test.
pub struct Service {
    pub handle: *mut BankchannelServer,
    pub info: Value,
}

// SAFETY: the contract allows sharing servers.
unsafe impl Send for Service {}
// SAFETY: as above.
unsafe impl Sync for Service {}

impl Service {
    pub fn start() -> Self {
        let options = json!({"verification_code": "123456", "no_limits": true, "control": true}).to_string();
        let ((kind, kind_size), (options, options_size)) = (text("ws-channel"), text(&options));
        let (mut handle, mut error) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: our own outputs and buffers.
        let status = unsafe {
            bankchannel_server_start(kind, kind_size, options, options_size, &raw mut handle, &raw mut error)
        };
        if status != BankchannelStatus::Ok {
            panic!("{}", take_error(error));
        }
        let mut service = Self { handle, info: Value::Null };
        service.info = service.ask_info().expect("it runs");
        service
    }

    pub fn ask_info(&self) -> Result<Value, Value> {
        let (mut json, mut error) = (BankchannelBytes::NOTHING, ptr::null_mut());
        // SAFETY: our own outputs.
        match unsafe { bankchannel_server_info(self.handle, &raw mut json, &raw mut error) } {
            BankchannelStatus::Ok => Ok(serde_json::from_slice(&take(&mut json).unwrap()).unwrap()),
            _ => Err(take_error(error)),
        }
    }

    /// A prepared account, with a certificate at the simulator, a PGP key and a file; and the settings of a client with
    /// its data session.
    pub fn seeded(&self, email: &str, public_key: &str, file: &[u8]) -> (Value, Value) {
        let account = json!({
            "email": email, "password": PASSWORD, "sessions": true, "certificates": ["simulator"],
            "pgp_keys": [{"key": public_key}],
            "files": [{"file_type": "KTL", "content": base64(file), "reference": "R1"}],
        });
        let seeded = self.control("seed", &json!({"accounts": [account]}))["accounts"][0].clone();
        let settings = json!({
            "base_url": self.info["base_url"], "public_key_file": self.info["public_key_file"], "bank": "simulator",
            "email": email, "mode": "data", "api_key": seeded["api_key"], "id_token": seeded["id_tokens"]["data"],
        });
        (seeded, settings)
    }

    /// Runs an order of the control interface.
    pub fn control(&self, order: &str, request: &Value) -> Value {
        let request = request.to_string();
        let (mut json, mut error) = (BankchannelBytes::NOTHING, ptr::null_mut());
        // SAFETY: our own outputs and texts, with their sizes.
        let status = unsafe {
            bankchannel_server_control(
                self.handle,
                order.as_ptr().cast(),
                order.len(),
                request.as_ptr().cast(),
                request.len(),
                &raw mut json,
                &raw mut error,
            )
        };
        match status {
            BankchannelStatus::Ok => serde_json::from_slice(&take(&mut json).unwrap()).unwrap(),
            _ => panic!("{}", take_error(error)),
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // SAFETY: last use.
        unsafe { bankchannel_server_free(self.handle) };
    }
}

/// The seeded accounts' password.
pub const PASSWORD: &str = "Correct-Horse-Battery-9!";

/// A PGP key pair made by the library: public and private, armored.
pub fn pgp_key() -> (String, String) {
    let made =
        local("ws_channel.generate_key", &json!({"name": "Test Person", "email": "test@example.test"}), &options());
    assert_eq!(made.status, BankchannelStatus::Ok, "{made:?}");
    let part = |name: &str| made.json[name].as_str().unwrap().to_owned();
    (part("public_key"), part("private_key"))
}

/// An operation that only computes.
pub fn local(name: &str, request: &Value, options: *const BankchannelCallOptions) -> Ended {
    let request = request.to_string();
    let ((name, name_size), (request, request_size)) = (text(name), text(&request));
    let (mut json, mut content, mut error) = (BankchannelBytes::NOTHING, BankchannelBytes::NOTHING, ptr::null_mut());
    // SAFETY: our own outputs and buffers.
    let status = unsafe {
        bankchannel_local(
            name,
            name_size,
            request,
            request_size,
            options,
            &raw mut json,
            &raw mut content,
            &raw mut error,
        )
    };
    ended(status, &mut json, &mut content, error)
}

/// Standard base64.
pub fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * at) & 63) as usize];
            out.push(if at <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    out
}
