//! A call by name, whichever client carries it out.

use bankchannel_foundation::{
    Error, Result,
    error::row,
    model::{Profile, Value},
};

use crate::{
    CallOptions, by_name,
    by_name::Done,
    protocol::{AnyClient, Protocol, Run},
    protocols,
};

/// A client that calls by name are made with.
pub(crate) trait Caller: Profile + Clone + Send + Sync + 'static {
    /// The protocol that it speaks.
    fn speaks(&self) -> &'static Protocol;

    /// The client as its own operations know it.
    fn as_any(&self) -> &AnyClient;
}

/// Carries out an operation of the client's protocol, or any that only computes: that needs nothing but its request.
///
/// # Errors
/// Any; each with the operation's name.
pub(crate) async fn call(
    client: &impl Caller,
    name: &str,
    request: Value<'static>,
    options: CallOptions,
) -> Result<Done<Value<'static>>> {
    let (owner, callable) = protocols::find(name).ok_or_else(|| by_name::unknown(name))?;
    let name = callable.entry.declaration.name;
    match callable.run {
        Run::Local(run) => {
            // It may compute for seconds: not on a thread that drives connections.
            let client = client.clone();
            let work = tokio::task::spawn_blocking(move || run(request, options.content, Some(&client)));
            work.await.map_err(|_| Error::because(&row::INTERNAL, "the computation was aborted"))?
        }
        Run::ByClient(run) if std::ptr::eq(owner, client.speaks()) => {
            run(client.as_any(), request, options).await.map_err(|error| error.in_operation(name))
        }
        Run::ByClient(_) => Err(by_name::not_of(&callable.entry, client.speaks().name)),
    }
}
