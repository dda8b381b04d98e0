//! Operations by name.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bankchannel::{Content, Error, Result, operation::OperationKind};
pub use bankchannel::{catalogue as all, catalogue_json as catalogue, find};
use bankchannel_foundation::{
    error::row,
    model::{Profile, Value},
};

use crate::panics;

/// Whether the operation with this name only computes.
#[must_use]
pub fn is_local(name: &str) -> bool {
    find(name).is_some_and(|entry| entry.declaration.kind == OperationKind::Local)
}

/// Whether the response of the operation with this name has content.
#[must_use]
pub fn gives_content(name: &str) -> bool {
    find(name).is_some_and(|entry| entry.response.content_field().is_some())
}

/// The program's object that the operation with this name may ask: the interface's option, such as `bank`.
#[must_use]
pub fn asks_program(name: &str) -> Option<&'static str> {
    find(name)?.declaration.asks_object()
}

/// Runs a local operation; fields omitted from the request are taken from the profile. A panic becomes an error:
/// nothing was sent, and of shared data the operation only reads settings and a session.
pub(crate) fn call_local(
    profile: Option<&dyn Profile>,
    name: &str,
    request: Value<'_>,
    content: Option<Content>,
) -> Result<Value<'static>> {
    let work = || bankchannel::call_local_values(name, request, content, profile);
    catch_unwind(AssertUnwindSafe(|| panics::inside(work)))
        .unwrap_or_else(|_| Err(Error::because(&row::INTERNAL, "a defect inside bankchannel stopped the computation")))
}
