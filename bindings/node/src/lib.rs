//! The Node addon: thin over the bridge.
//!
//! The JavaScript around it gives people typed methods; here are a client, a call that is resumed, and a server.
//! Waiting happens on the bridge's one runtime: a promise is settled from there through Node's own queue, so the
//! event loop is never blocked, no thread of libuv's pool is held, and no JavaScript runs on a thread of ours.

mod call;
mod server;

use bankchannel_bridge as bridge;
use napi::Error;
use napi_derive::napi;

/// A client handle.
#[napi]
pub struct Client(bridge::Client);

#[napi]
impl Client {
    /// Makes a client of a protocol from its settings as JSON.
    #[napi(constructor, catch_unwind)]
    pub fn new(protocol: String, settings: String) -> napi::Result<Self> {
        // There is one protocol yet; the name is asked for so that callers need not change when there are more.
        if protocol != "ws-channel" {
            return Err(thrown(&bridge::Error::invalid_field("protocol", "must be `ws-channel`")));
        }
        bridge::Client::new(settings.as_bytes()).map(Self).map_err(|error| thrown(&error))
    }
}

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

/// An error whose message is its JSON form: the JavaScript around this makes the typed error of it.
fn thrown(error: &bridge::Error) -> Error {
    Error::from_reason(error.to_json().to_string())
}
