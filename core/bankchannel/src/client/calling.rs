//! Calls by name on any client.

use bankchannel_foundation::{
    Result,
    model::{Profile, Value},
};
use bankchannel_transport::background;

use crate::{
    CallOptions, by_name,
    by_name::CallDone,
    protocol::{AnyClient, OperationRun, Protocol},
    protocols,
};

/// A client that carries out calls by name.
pub(crate) trait NamedCaller: Profile + Clone + Send + Sync + 'static {
    /// The client's protocol.
    fn speaks(&self) -> &'static Protocol;

    /// The client as its own operations see it.
    fn as_any(&self) -> &AnyClient;
}

/// Carries out an operation of the client's protocol, or any local operation that needs only its request.
///
/// # Errors
/// Any error; each names the operation.
pub(crate) async fn call(
    client: &impl NamedCaller,
    name: &str,
    request: Value<'static>,
    mut options: CallOptions,
) -> Result<CallDone<Value<'static>>> {
    let (owner, callable) = protocols::find(name).ok_or_else(|| by_name::unknown(name))?;
    let name = callable.entry.declaration.name;
    match callable.run {
        OperationRun::Local(run) => {
            // It may compute for seconds, so it must not run on a thread that drives connections.
            let (client, content) = (client.clone(), options.content.take());
            let computed = async {
                options.check_request_id().map_err(|error| error.in_operation(name))?;
                let work = background::blocking(move || run(request, content, Some(&client)));
                work.await.map_err(|why| why.error("the computation was aborted"))?
            };
            computed.await.map_err(|error| options.add_request_id(error))
        }
        OperationRun::ByClient(run) if std::ptr::eq(owner, client.speaks()) => {
            run(client.as_any(), request, options).await.map_err(|error| error.in_operation(name))
        }
        OperationRun::ByClient(_) => Err(by_name::not_of(&callable.entry, client.speaks().name)),
    }
}
