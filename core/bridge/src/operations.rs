//! Operations by name.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bankchannel::{Content, Error, Result, operation::OperationKind};
pub use bankchannel::{
    catalogue as all, catalogue_json as catalogue, find, find_by_number, operation::CatalogueEntry,
    protocols::CallableOperation,
};
use bankchannel_foundation::{
    model::{Profile, Shape, Value},
    question::QuestionEntry,
};

use crate::{BridgeClient, panics};

/// Whether the operation with this name only computes.
#[must_use]
pub fn is_local(name: &str) -> bool {
    find(name).is_some_and(|entry| entry.declaration.kind == OperationKind::Local)
}

/// The shape of the request of the operation with this name; `None` if there is no such operation.
#[must_use]
pub fn request_shape(name: &str) -> Option<&'static Shape> {
    find(name).map(|entry| entry.request)
}

/// The shape of the settings of a protocol's clients; `None` if there is no such protocol, or it has no clients.
#[must_use]
pub fn settings_shape(protocol: &str) -> Option<&'static Shape> {
    let found = bankchannel::protocols::PROTOCOLS.iter().find(|one| one.name == protocol)?;
    Some(found.client.as_ref()?.settings)
}

/// The question with this name, such as `bank.list_accounts`.
#[must_use]
pub fn question(name: &str) -> Option<&'static QuestionEntry> {
    let interfaces = bankchannel::protocols::PROTOCOLS.iter().flat_map(|protocol| protocol.interfaces);
    interfaces.flat_map(|interface| interface.questions).find(|question| question.declaration.name == name)
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

/// Runs a local operation by its name; fields omitted from the request are taken from the profile.
pub(crate) fn call_local(
    profile: Option<&dyn Profile>,
    name: &str,
    request: Value<'_>,
    content: Option<Content>,
) -> Result<Value<'static>> {
    guarded(|| bankchannel::call_local_values(name, request, content, profile))
}

/// Runs a local operation on the calling thread; fields omitted from the request are taken from the client.
///
/// # Errors
/// Those of the operation; `input.unknown_operation` for one that is not local.
pub fn run_local(
    client: Option<&BridgeClient>,
    operation: &CallableOperation,
    request: Value<'_>,
    content: Option<Content>,
) -> Result<Value<'static>> {
    guarded(|| operation.run_local(request, content, client.map(|client| client as &dyn Profile)))
}

/// A panic becomes an error: nothing was sent, and of shared data the operation only reads settings and a session.
fn guarded(work: impl FnOnce() -> Result<Value<'static>>) -> Result<Value<'static>> {
    catch_unwind(AssertUnwindSafe(|| panics::inside(work)))
        .unwrap_or_else(|_| Err(Error::internal("a defect inside bankchannel stopped the computation")))
}
