//! OpenAPI 3.1 of the counterparts' HTTP sides, from the declarations of their operations.

mod nextgen_psd2;
mod ws_channel;

use bankchannel_foundation::{
    Error, Result,
    operation::{Entry, Route},
};
use serde_json::Value;

/// The kinds of which there is a description.
pub const OPENAPI_KINDS: [&str; 2] = [bankchannel_ws_channel::PROTOCOL, nextgen_psd2::KIND];

/// The OpenAPI 3.1 description of a counterpart's HTTP operations: paths, parameters, headers, bodies, every status that it
/// sends, and who may call. `kind` is one of [`OPENAPI_KINDS`], as `bankchannel serve` names them.
///
/// # Errors
/// `input.invalid_field` for a kind that has no HTTP description.
pub fn openapi(kind: &str) -> Result<Value> {
    match kind {
        bankchannel_ws_channel::PROTOCOL => Ok(ws_channel::describe()),
        nextgen_psd2::KIND => Ok(nextgen_psd2::describe()),
        _ => Err(Error::invalid_field("kind", format!("must be {}", OPENAPI_KINDS.join(" or ")))),
    }
}

fn exchanges(protocol: &'static str) -> impl Iterator<Item = (&'static Entry, &'static Route)> {
    crate::catalogue()
        .filter(move |entry| entry.declaration.protocol == protocol)
        .filter_map(|entry| entry.declaration.route.as_ref().map(|route| (entry, route)))
}
