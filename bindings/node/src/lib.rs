//! The Node addon: a thin layer over the bridge.
//!
//! The JavaScript around it provides typed methods; this crate has a client, a call that is resumed, a server, and the
//! queue through which all of them report events. Waiting is done on the bridge's one runtime: the event loop is never
//! blocked, no thread of libuv's pool is held, and no JavaScript runs on our threads.

#[path = "../../at_exit.rs"]
mod at_exit;
mod call;
mod client;
mod command;
mod events;
mod local;
mod names;
mod server;
mod text;

use std::{io::ErrorKind, path::Path};

use bankchannel_bridge as bridge;
use client::Client;
use napi::Error;
use napi_derive::napi;

/// The catalogue as JSON text.
#[napi(catch_unwind)]
pub fn catalogue() -> String {
    bridge::catalogue_json()
}

/// The version of the library.
#[napi(catch_unwind)]
pub fn version() -> String {
    bridge::VERSION.to_owned()
}

/// Writes a secret into a new file that only its owner can read; returns why it could not, as Node names it and in words.
#[napi(catch_unwind)]
pub fn save_secret(path: String, text: String) -> Option<Vec<String>> {
    let why = bridge::save_secret(Path::new(&path), &text).err()?;
    let code = match why.kind() {
        ErrorKind::AlreadyExists => "EEXIST",
        ErrorKind::NotFound => "ENOENT",
        ErrorKind::NotADirectory => "ENOTDIR",
        ErrorKind::PermissionDenied => "EACCES",
        ErrorKind::ReadOnlyFilesystem => "EROFS",
        ErrorKind::StorageFull => "ENOSPC",
        ErrorKind::QuotaExceeded => "EDQUOT",
        ErrorKind::InvalidInput | ErrorKind::InvalidFilename => "EINVAL",
        _ => "EIO",
    };
    Some(vec![code.to_owned(), why.to_string()])
}

/// An error whose message is its JSON form: the JavaScript around this makes the typed error from it.
fn thrown(error: &bridge::Error) -> Error {
    Error::from_reason(error.to_json().to_string())
}
