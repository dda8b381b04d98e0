//! Builds a typed request from its boundary form, for any client.

use std::any::TypeId;

use bankchannel_foundation::{
    Error, Result,
    model::{Boundary, Content, IntoRequest, Reader, Representation, Value},
};
use tokio::runtime::{Handle, RuntimeFlavor};

use super::ProtocolClient;
use crate::local::content_is_used;

/// Reads a request, with separate content if there is any. Omitted fields are filled from the client's settings and
/// session.
///
/// # Errors
/// `input.*`, each naming its field.
pub(crate) fn read_request<R: Boundary + 'static>(
    client: &impl ProtocolClient,
    request: Value<'_>,
    content: Option<Content>,
) -> Result<R> {
    if !names_a_file(&request) {
        return read_here(client, request, content);
    }
    let (mut given, mut read) = (Some((request, content)), None);
    where_it_may_wait(&mut || {
        read = given.take().map(|(request, content)| read_here(client, request, content));
    });
    read.ok_or_else(|| Error::internal("a request was not read"))?
}

/// Runs work that reads files where it may block: a slow disk must not hold up a thread that drives other connections.
fn where_it_may_wait(work: &mut dyn FnMut()) {
    match Handle::try_current() {
        Ok(runtime) if runtime.runtime_flavor() == RuntimeFlavor::MultiThread => tokio::task::block_in_place(work),
        _ => work(),
    }
}

/// The request of a typed method; the client completes a partial one. `attached` is content given separately.
///
/// # Errors
/// `input.*`, each naming its field, with the operation's name.
pub(crate) fn take_request<R: Boundary + 'static>(
    client: &impl ProtocolClient,
    request: impl IntoRequest<R>,
    attached: Option<&Content>,
) -> Result<R> {
    request.into_request(|fields, content| read_request(client, fields, content.or_else(|| attached.cloned())))
}

fn read_here<R: Boundary + 'static>(
    client: &impl ProtocolClient,
    request: Value<'_>,
    content: Option<Content>,
) -> Result<R> {
    client.with_profile(TypeId::of::<R>(), |profile| {
        let mut reader = Reader::new(Representation::Boundary).with_content(content).with_profile(profile);
        let request = R::read(request, &mut reader)?;
        content_is_used(&reader)?;
        Ok(request)
    })
}

/// Whether a secret of the request is given as a file, which is read together with the request.
fn names_a_file(request: &Value<'_>) -> bool {
    let Some(fields) = request.as_object() else { return false };
    fields.iter().any(|(_, value)| value.get("file").is_some() || names_a_file(value))
}
