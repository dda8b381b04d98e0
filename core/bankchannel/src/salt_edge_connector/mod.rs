//! A bank's connector towards Salt Edge: reads and answers what the hub asks, and tells the hub what came of it.
//!
//! ```text
//!   settings ──► SaltEdgeConnector ──► exchange: data ─► JWT, signed anew for each attempt ─► Salt Edge
//!                     │
//!                     ├──► operations that only compute: receive a request, answer it, verify and sign JWTs
//!                     └──► flows over a store: requests handled, the bank asked, the hub told
//! ```

mod bank_at_url;
mod dispatch;
mod engine;
pub mod flows;
mod method_docs;
mod settings;
mod store;

use std::sync::Arc;

pub use bank_at_url::BankAtUrl;
use bankchannel_crypto::pem;
use bankchannel_foundation::{ClientCache, Error, Exchange, Outcome, Result};
pub use bankchannel_salt_edge::{
    Afterwards, Class, Credentials, Issuer, Refusal, SaltEdge, Side, Terms, TokenUse, Verifier, class, client_jwt,
    connector::{CATALOGUE, PROTOCOL, TERMS, errors, operations, questions, terms},
    envelope, for_each_connector_operation as for_each_operation, model, receive,
};
pub use engine::SaltEdgeBank;
pub use settings::SaltEdgeConnectorSettings;

pub use crate::salt_edge::KeySettings;
use crate::{
    CallOptions, ClientKind, Commands, Protocol,
    client::ProtocolClient,
    salt_edge::{Sender, own},
};
use settings::Ready;

/// Every type of the requests and answers, to import from one place.
#[allow(ambiguous_glob_reexports)]
pub mod types {
    pub use super::{dispatch::of_flows::*, dispatch::of_operations::*, model::*};
}

#[doc(no_inline)]
#[allow(ambiguous_glob_reexports)]
pub use types::*;

/// The connector's side of Salt Edge, as the library knows it.
pub(crate) static DESCRIPTOR: Protocol = Protocol {
    name: PROTOCOL,
    module: "salt_edge_connector",
    class: "SaltEdgeConnector",
    what: "a bank's connector, which Salt Edge asks for its customers' accounts",
    operations: &[dispatch::OPERATIONS, dispatch::FLOWS],
    errors: errors::ROWS,
    interfaces: &[&questions::BANK],
    commands: Commands::ByCall,
    sessions: None,
    client: Some(ClientKind::of::<SaltEdgeConnector>(&[])),
};

/// A bank's connector. It keeps the keys that it has read, so keep it.
///
/// Cloning is cheap; a clone is the same client.
#[derive(Clone)]
pub struct SaltEdgeConnector(Arc<Inner>);

struct Inner {
    ready: Arc<Ready>,
    /// Present where the settings name a hub.
    sender: Option<Sender>,
    cache: ClientCache,
    store: store::StoreHandle,
}

impl Inner {
    /// What is said where a hub is needed and none is named.
    fn no_hub(&self) -> Error {
        Error::invalid_setting("base_url", "is missing: it names Salt Edge, such as https://priora.saltedge.com")
    }
}

impl SaltEdgeConnector {
    /// Makes a client. Files that the settings name are read now; nothing is sent.
    ///
    /// # Errors
    /// `configuration.invalid` for settings that cannot be used, each naming its field.
    pub fn new(settings: SaltEdgeConnectorSettings) -> Result<Self> {
        Self::of(Arc::new(Ready::of(settings)?))
    }

    fn of(ready: Arc<Ready>) -> Result<Self> {
        let sender = ready.sender()?;
        let cache = own(&ready.key);
        Ok(Self(Arc::new(Inner { ready, sender, cache, store: store::StoreHandle::default() })))
    }

    /// The public half of the client's key as PEM text, for the dashboard at Salt Edge; `None` where no key is here.
    #[must_use]
    pub fn public_key(&self) -> Option<String> {
        self.0.ready.key.signer.as_ref().map(|signer| pem::encode("PUBLIC KEY", signer.spki_der()))
    }

    /// Opens the store, where it is not open yet: what a service does before it takes requests.
    ///
    /// # Errors
    /// `configuration.invalid` where none is named, or its key is none; `resource.storage`.
    pub async fn open_store(&self) -> Result<()> {
        self.0.store.open(&self.0.ready).await.map(drop)
    }

    /// Carries out one exchange with the hub.
    ///
    /// # Errors
    /// Any; each with its outcome and the operation's name.
    pub async fn exchange<O>(&self, request: O::Request, options: &CallOptions) -> Result<O::Response>
    where
        O: Exchange<Codec = SaltEdge>,
    {
        match &self.0.sender {
            Some(sender) => sender.exchange::<O>(request, options).await,
            None => Err(self.0.no_hub().with_outcome(Outcome::NotSent).in_operation(const { O::DECLARATION.name })),
        }
    }
}

impl ProtocolClient for SaltEdgeConnector {
    type Settings = SaltEdgeConnectorSettings;

    fn protocol() -> &'static Protocol {
        &DESCRIPTOR
    }

    fn open(settings: SaltEdgeConnectorSettings) -> Result<Self> {
        Self::new(settings)
    }

    fn in_child(&self, _: &SaltEdgeConnectorSettings) -> Result<Self> {
        Self::of(Arc::clone(&self.0.ready))
    }

    fn peer(&self) -> Option<&str> {
        self.0.sender.as_ref().map(|sender| sender.transport.base_url())
    }
}

impl std::fmt::Debug for SaltEdgeConnector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SaltEdgeConnector").finish_non_exhaustive()
    }
}
