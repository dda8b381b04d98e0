//! A bank's connector to Salt Edge: it receives and answers the hub's requests, and reports the results to the hub.
//!
//! ```text
//!   settings ──► SaltEdgeConnector ──► exchange: data ─► JWT, signed again for each attempt ─► Salt Edge
//!                     │
//!                     ├──► operations that only compute: receive a request, answer it, verify and sign JWTs
//!                     └──► flows over a store: handle requests, ask the bank, report to the hub
//! ```

mod bank_at_url;
mod commands;
mod dispatch;
mod engine;
mod flows;
mod settings;
mod store;

use std::sync::Arc;

pub use bank_at_url::BankAtUrl;
use bankchannel_crypto::pem;
use bankchannel_foundation::{CallOutcome, ClientCache, Error, Result, operation::Exchange};
use bankchannel_salt_edge::model::keys::ClientKey;
pub use bankchannel_salt_edge::{
    ReportAfterwards, SaltEdgeTerms, ServingSide, TokenUse, class, client_jwt,
    codec::{HubCredentials, SaltEdge},
    connector::{CATALOGUE, PROTOCOL, TERMS, errors, questions, terms},
    envelope, receive,
};
// For what goes through all operations, such as tests.
#[doc(hidden)]
pub use bankchannel_salt_edge::{connector::operations, for_each_connector_operation as for_each_operation};
use bankchannel_storage::salt_edge_connector::{ConnectorStore, SchemaUse, SchemaVersions};
pub use engine::SaltEdgeBank;
pub use settings::SaltEdgeConnectorSettings;
use tokio::sync::watch;

use crate::{
    CallOptions,
    client::ProtocolClient,
    protocols::{ClientKind, CommandPlacement, Protocol},
    salt_edge::SaltEdgeSender,
};
use settings::ReadyConnector;

// The types of the requests and answers.
pub use bankchannel_foundation::message::HeaderField;
#[allow(ambiguous_glob_reexports)]
pub use bankchannel_salt_edge::model::*;
#[allow(ambiguous_glob_reexports)]
pub use dispatch::{of_flows::*, of_operations::*};
pub use flows::{SessionEnd, SessionView, SessionViewKind, SessionViewState};

/// The protocol description of the connector's side of Salt Edge.
pub(crate) static DESCRIPTOR: Protocol = Protocol {
    name: PROTOCOL,
    module: "salt_edge_connector",
    class: "SaltEdgeConnector",
    what: "a bank's connector, which Salt Edge asks for its customers' accounts",
    operations: &[dispatch::OPERATIONS, dispatch::FLOWS],
    errors: errors::ROWS,
    interfaces: &[&questions::BANK],
    commands: CommandPlacement::InGroup("salt-edge"),
    groups: commands::GROUPS,
    sessions: None,
    client: Some(ClientKind::for_client::<SaltEdgeConnector>()),
};

/// A bank's connector. It caches the keys that it has read, so reuse it.
///
/// Cloning is cheap; a clone is the same client.
///
/// ```
/// use bankchannel::salt_edge_connector::*;
///
/// # fn main() -> bankchannel::Result<()> {
/// let client = SaltEdgeConnector::new(SaltEdgeConnectorSettings::builder().provider_code("demobank").build()?)?;
/// let refused = client.answer_error(
///     AnswerErrorRequest::builder().error_class("TokenNotFound").error_message("there is no such token"),
/// )?;
/// assert_eq!(refused.status, 404);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SaltEdgeConnector(Arc<ConnectorInner>);

struct ConnectorInner {
    ready: Arc<ReadyConnector>,
    /// Present if the settings name a hub.
    sender: Option<SaltEdgeSender>,
    cache: ClientCache,
    key: ClientKey,
    store: store::StoreHandle,
    /// Changes when work may be due.
    due: watch::Sender<u64>,
}

impl ConnectorInner {
    /// Wakes the work of this client that is running.
    fn is_due(&self) {
        self.due.send_modify(|count| *count += 1);
    }

    /// The error when a hub is needed and none is configured.
    fn no_hub(&self) -> Error {
        Error::invalid_setting("base_url", "is missing: it names Salt Edge, such as https://priora.saltedge.com")
    }
}

impl SaltEdgeConnector {
    /// Makes a client. Files named in the settings are read now; nothing is sent.
    ///
    /// # Errors
    /// `configuration.invalid` for settings that cannot be used, each naming its field.
    pub fn new(settings: SaltEdgeConnectorSettings) -> Result<Self> {
        Self::from_ready(Arc::new(ReadyConnector::from_settings(settings)?))
    }

    fn from_ready(ready: Arc<ReadyConnector>) -> Result<Self> {
        let sender = ready.sender()?;
        let key = ClientKey(Box::new(ready.key.clone()));
        Ok(Self(Arc::new(ConnectorInner {
            ready,
            sender,
            cache: ClientCache::default(),
            key,
            store: store::StoreHandle::default(),
            due: watch::Sender::new(0),
        })))
    }

    /// The public half of the client's key as PEM text, for Salt Edge's dashboard; `None` if the client has no key.
    #[must_use]
    pub fn public_key(&self) -> Option<String> {
        self.0.ready.key.signer.as_ref().map(|signer| pem::encode("PUBLIC KEY", signer.spki_der()))
    }

    /// Opens the store if it is not open yet. A service calls this before it accepts requests.
    ///
    /// # Errors
    /// `configuration.invalid` if no store is configured or its key is unusable; `resource.storage`.
    pub async fn open_store(&self) -> Result<()> {
        self.0.store.open(&self.0.ready).await.map(drop)
    }

    /// The open store, for the service, which says what may be done to its tables while it opens, and tells of its load.
    ///
    /// # Errors
    /// As [`open_store`](Self::open_store).
    #[doc(hidden)]
    pub async fn opened_store(&self, tables: SchemaUse) -> Result<ConnectorStore> {
        Ok(self.0.store.open_to(&self.0.ready, tables).await?.store.clone())
    }

    /// Looks whether the store opens and which version it has, and changes nothing in it.
    ///
    /// # Errors
    /// As [`open_store`](Self::open_store).
    #[doc(hidden)]
    pub async fn look_at_store(&self) -> Result<SchemaVersions> {
        self.0.store.check_store(&self.0.ready).await
    }

    /// Carries out one exchange with the hub.
    ///
    /// # Errors
    /// Any error; each has its outcome and names the operation.
    pub async fn exchange<O>(&self, request: O::Request, options: &CallOptions) -> Result<O::Response>
    where
        O: Exchange<Codec = SaltEdge>,
    {
        match &self.0.sender {
            Some(sender) => sender.exchange::<O>(request, options).await,
            None => {
                let error = self.0.no_hub().with_outcome(CallOutcome::NotSent);
                Err(options.add_request_id(error.in_operation(const { O::DECLARATION.name })))
            }
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
        Self::from_ready(Arc::clone(&self.0.ready))
    }

    fn peer(&self) -> Option<&str> {
        self.0.sender.as_ref().map(|sender| sender.transport.base_url())
    }
}

bankchannel_foundation::redacted_debug!(SaltEdgeConnector, |it| base_url: ProtocolClient::peer(it));

/// Compiles the programs of the reference.
#[cfg(doctest)]
#[doc = include_str!("../../../../docs/reference/salt-edge-connector.md")]
struct SaltEdgeConnectorReference;
