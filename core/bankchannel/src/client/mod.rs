//! A client whose protocol is chosen at run time.

mod calling;
mod connection;
pub(crate) mod exchange;
pub(crate) mod keys;
mod layers;
mod methods;
pub(crate) mod pages;
pub(crate) mod reading;
pub(crate) mod request_id;
mod settings;
pub(crate) mod signer;
pub(crate) mod signing;
#[cfg(feature = "file-channels")]
pub(crate) mod source;
pub(crate) mod traceparent;
pub(crate) mod variables;

use std::{
    any::{Any, TypeId},
    fmt,
    future::Future,
    sync::Arc,
};

use bankchannel_foundation::{
    ClientResources, Result,
    model::{Profile, Value},
    operation::Operation,
};
pub(crate) use calling::{NamedCaller, call};
pub use connection::ConnectionSettings;
pub use keys::KeySources;
pub(crate) use methods::{client_methods, exchanges_and_local_operations, flows};
pub use pages::ItemStream;
pub(crate) use reading::{read_request, take_request};
pub use settings::Settings;
pub(crate) use settings::{ClientSettings, VariableSource, read_settings, variable};
pub(crate) use variables::client_settings;

use crate::{
    CallDone, CallOptions,
    protocol::{AnyClient, Protocol},
};

/// The common interface of all protocols' clients, so that one wrapper, [`Client`], serves them all.
pub(crate) trait ProtocolClient: Profile + Clone + fmt::Debug + Send + Sync + 'static {
    /// Its settings.
    type Settings: ClientSettings<Client = Self>;

    /// The protocol's rule for a call's request id.
    const REQUEST_ID: request_id::RequestIdRule = request_id::ANY;

    /// Its protocol.
    fn protocol() -> &'static Protocol;

    /// Makes a client. Nothing is sent.
    ///
    /// # Errors
    /// `configuration.invalid` for settings that cannot be used.
    fn open(settings: Self::Settings) -> Result<Self>;

    /// The same client in the child process of a fork: without the parent's connections, with its session, and with the
    /// files as they were read. Never waits for a lock that a thread of the parent may hold.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    fn in_child(&self, settings: &Self::Settings) -> Result<Self>;

    /// The peer's base URL; `None` for a client that only computes.
    fn peer(&self) -> Option<&str>;

    /// Calls `read` with the profile that fills the fields that a request of this type omits.
    fn with_profile<T>(&self, _request: TypeId, read: impl FnOnce(&dyn Profile) -> T) -> T {
        read(self)
    }
}

/// A flow: several exchanges of a client in one call.
pub(crate) trait Flow<C>: Operation {
    /// Runs the flow. A time limit in `options` applies to the whole flow; without it each exchange has its own limit.
    fn run(
        client: &C,
        request: Self::Request,
        options: &CallOptions,
    ) -> impl Future<Output = Result<Self::Response>> + Send;
}

/// A client of any protocol. Cheap to clone.
///
/// ```
/// use bankchannel::{Client, Settings};
/// use serde_json::json;
///
/// # fn main() -> bankchannel::Result<()> {
/// let settings = json!({"protocol": "ws-channel", "base_url": "https://files.example/v2"});
/// let client = Client::new(Settings::read(settings.into())?)?;
/// assert_eq!(client.base_url(), Some("https://files.example/v2"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Client(Arc<dyn ErasedClient>);

/// A client with its type erased.
trait ErasedClient: Profile + fmt::Debug + Send + Sync {
    fn protocol(&self) -> &'static Protocol;
    fn as_any(&self) -> &AnyClient;
    fn in_child(&self, settings: &Settings) -> Result<Client>;
    fn peer(&self) -> Option<&str>;
}

impl<C: ProtocolClient> ErasedClient for C {
    fn protocol(&self) -> &'static Protocol {
        C::protocol()
    }

    fn as_any(&self) -> &AnyClient {
        self
    }

    fn in_child(&self, settings: &Settings) -> Result<Client> {
        match settings.get::<C::Settings>() {
            Some(settings) => ProtocolClient::in_child(self, settings).map(Client::from_client),
            None => Client::new(settings.clone()),
        }
    }

    fn peer(&self) -> Option<&str> {
        ProtocolClient::peer(self)
    }
}

impl Client {
    /// Makes a client. Nothing is sent.
    ///
    /// # Errors
    /// `configuration.invalid` for settings that cannot be used.
    pub fn new(settings: Settings) -> Result<Self> {
        settings.open()
    }

    pub(crate) fn from_client(client: impl ProtocolClient) -> Self {
        Self(Arc::new(client))
    }

    /// The client's protocol.
    #[must_use]
    pub fn protocol(&self) -> &'static Protocol {
        self.0.protocol()
    }

    /// The typed client, if it has this type.
    #[must_use]
    pub fn get<C: Any>(&self) -> Option<&C> {
        self.0.as_any().downcast_ref()
    }

    /// The base URL of the peer, without a trailing slash; `None` for a client that only computes.
    #[must_use]
    pub fn base_url(&self) -> Option<&str> {
        self.0.peer()
    }

    /// Carries out an operation by name.
    ///
    /// # Errors
    /// Any error; each names the operation.
    pub async fn call_values(
        &self,
        name: &str,
        request: Value<'static>,
        options: CallOptions,
    ) -> Result<CallDone<Value<'static>>> {
        call(self, name, request, options).await
    }

    /// The same client in the child process of a fork: without the parent's connections, with its session, and with the
    /// files as they were read. Never waits for a lock that a thread of the parent may hold.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn in_child(&self, settings: Settings) -> Result<Self> {
        self.0.in_child(&settings)
    }
}

impl<C: ProtocolClient> NamedCaller for C {
    fn speaks(&self) -> &'static Protocol {
        C::protocol()
    }

    fn as_any(&self) -> &AnyClient {
        self
    }
}

impl NamedCaller for Client {
    fn speaks(&self) -> &'static Protocol {
        self.protocol()
    }

    fn as_any(&self) -> &AnyClient {
        self.0.as_any()
    }
}

impl Profile for Client {
    fn value(&self, field: &str) -> Option<Value<'static>> {
        self.0.value(field)
    }

    fn resources(&self) -> Option<ClientResources<'_>> {
        self.0.resources()
    }
}
