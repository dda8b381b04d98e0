//! Operations by name, with their boundary forms in and out: the base of the bindings for all languages.

#[cfg(feature = "clients")]
use std::{future::Future, pin::Pin};

use bankchannel_foundation::{
    Error, Result,
    error::row,
    model::{Boundary, Content, Profile, Representation, Value, Writer},
    shown,
};

use crate::protocols;

/// The result of a call by name.
#[derive(Debug)]
pub struct CallDone<R = serde_json::Value> {
    /// The response's boundary form.
    pub response: R,
    /// Its content, if it has any.
    pub content: Option<Content>,
}

#[cfg(feature = "clients")]
/// A running call by name.
pub(crate) type RunningCall<'a> = Pin<Box<dyn Future<Output = Result<CallDone<Value<'static>>>> + Send + 'a>>;

pub(crate) fn done<T: Boundary>(response: T) -> CallDone<Value<'static>> {
    let mut writer = Writer::new(Representation::Boundary);
    let response = response.write(&mut writer);
    CallDone { response, content: writer.content() }
}

/// Carries out a local operation by its name. It only computes, on this thread, without a client.
///
/// # Errors
/// The operation's errors; `input.unknown_operation` for an operation that is not local.
pub fn call_local(name: &str, request: serde_json::Value, content: Option<Content>) -> Result<serde_json::Value> {
    call_local_values(name, request.into(), content, None).map(Into::into)
}

/// The same with the library's own values. The profile fills the fields that the request omits, and has the cache of
/// keys and certificates.
///
/// # Errors
/// As [`call_local`].
pub fn call_local_values(
    name: &str,
    request: Value<'_>,
    content: Option<Content>,
    profile: Option<&dyn Profile>,
) -> Result<Value<'static>> {
    let (_, callable) = protocols::find(name).ok_or_else(|| unknown(name))?;
    callable.run_local(request, content, profile)
}

/// The error for an unknown operation name. Text that does not look like a name is not repeated.
#[must_use]
pub fn unknown(name: &str) -> Error {
    match shown::member(name) {
        Some(name) => Error::because(&row::UNKNOWN_OPERATION, format!("there is no operation `{name}`")),
        None => {
            Error::because(&row::UNKNOWN_OPERATION, format!("no operation has the given name ({} bytes)", name.len()))
        }
    }
}

#[cfg(feature = "clients")]
/// The error for an operation of another protocol than the client's.
pub(crate) fn not_of(entry: &bankchannel_foundation::operation::CatalogueEntry, protocol: &str) -> Error {
    let declaration = entry.declaration;
    let text = format!("`{}` belongs to {}; this client speaks {protocol}", declaration.name, declaration.protocol);
    Error::because(&row::UNKNOWN_OPERATION, text)
}

#[cfg(feature = "clients")]
/// The error for a client of the wrong type: a defect of the tables.
pub(crate) fn of_another_client<'a>() -> RunningCall<'a> {
    Box::pin(async { Err(Error::internal("the client belongs to another protocol than the operation")) })
}
