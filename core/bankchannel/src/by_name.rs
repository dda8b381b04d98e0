//! Operations by their names, with their boundary forms in and out: what the faces of all languages stand on.

use std::{future::Future, pin::Pin};

use bankchannel_foundation::{
    Boundary, Content, Error, Result,
    error::row,
    model::{Dialect, Profile, Value, Writer},
    shown,
};

use crate::{nextgen_psd2, ws_channel};

/// What a call by name gave.
#[derive(Debug)]
pub struct Done<R = serde_json::Value> {
    /// The response's boundary form.
    pub response: R,
    /// Its content, where it has one.
    pub content: Option<Content>,
}

/// A call by name, under way.
pub(crate) type Running<'a> = Pin<Box<dyn Future<Output = Result<Done<Value<'static>>>> + Send + 'a>>;

pub(crate) fn done<T: Boundary>(response: T) -> Done<Value<'static>> {
    let mut writer = Writer::new(Dialect::Boundary);
    let response = response.write(&mut writer);
    Done { response, content: writer.content() }
}

/// Carries out a local operation by its name: it only computes, on this thread, without a client.
///
/// # Errors
/// Those of the operation; `input.unknown_operation` for one that is not local.
pub fn call_local(name: &str, request: serde_json::Value, content: Option<Content>) -> Result<serde_json::Value> {
    call_local_values(name, request.into(), content, None).map(Into::into)
}

/// The same with values as the library itself has them. What the request leaves out is taken from the profile, which is asked
/// for nothing else.
///
/// # Errors
/// As [`call_local`].
pub fn call_local_values(
    name: &str,
    request: Value<'_>,
    content: Option<Content>,
    profile: Option<&dyn Profile>,
) -> Result<Value<'static>> {
    run_local(name, request, content, profile).map(|done| done.response)
}

/// Asks each protocol for the operation.
pub(crate) fn run_local(
    name: &str,
    request: Value<'_>,
    content: Option<Content>,
    profile: Option<&dyn Profile>,
) -> Result<Done<Value<'static>>> {
    let protocol = name.split_once('.').map_or(name, |(protocol, _)| protocol);
    let carried_out = match protocol {
        "nextgen_psd2" => nextgen_psd2::run_local(name, request, content, profile),
        _ => ws_channel::run_local(name, request, content, profile),
    };
    carried_out.unwrap_or_else(|| match crate::find(name) {
        None => Err(unknown(name)),
        Some(entry) => Err(Error::because(
            &row::UNKNOWN_OPERATION,
            format!("`{}` is not an operation that only computes: it needs a client", entry.declaration.name),
        )),
    })
}

/// What is said of a name that no operation has; what does not look like a name is not repeated.
#[must_use]
pub fn unknown(name: &str) -> Error {
    match shown::member(name) {
        Some(name) => Error::because(&row::UNKNOWN_OPERATION, format!("there is no operation `{name}`")),
        None => {
            Error::because(&row::UNKNOWN_OPERATION, format!("no operation has the name given ({} bytes)", name.len()))
        }
    }
}

/// An operation of another protocol than the client's.
pub(crate) fn not_of(name: &str, protocol: &str) -> Error {
    match crate::find(name) {
        None => unknown(name),
        Some(entry) => Error::because(
            &row::UNKNOWN_OPERATION,
            format!(
                "`{}` belongs to {}; this client speaks {protocol}",
                entry.declaration.name, entry.declaration.protocol
            ),
        ),
    }
}
