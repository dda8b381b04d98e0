//! A client that sends Salt Edge's requests to a connector, for a bank's own tests of its connector.
//!
//! ```text
//!   settings ──► SaltEdgeHub ──► exchange: headers, data ─► JWT, signed again for each attempt ─► connector
//! ```

mod dispatch;
mod settings;

use std::sync::Arc;

use bankchannel_foundation::{Result, operation::Exchange};
pub use bankchannel_salt_edge::{
    ReportAfterwards, SaltEdgeTerms, ServingSide, TokenUse, class,
    codec::SaltEdge,
    hub::{CATALOGUE, PROTOCOL, TERMS, errors, terms},
};
// For what goes through all operations, such as tests.
#[doc(hidden)]
pub use bankchannel_salt_edge::{for_each_hub_operation as for_each_operation, hub::operations};
pub use settings::SaltEdgeHubSettings;

use crate::{
    CallOptions,
    client::ProtocolClient,
    protocols::{ClientKind, CommandPlacement, Protocol},
    salt_edge::SaltEdgeSender,
};
use settings::ReadyHubClient;

// The types of the requests and answers.
#[allow(ambiguous_glob_reexports)]
pub use bankchannel_salt_edge::model::*;
#[allow(ambiguous_glob_reexports)]
pub use dispatch::of_operations::*;

/// The protocol description of Salt Edge's side.
pub(crate) static DESCRIPTOR: Protocol = Protocol {
    name: PROTOCOL,
    module: "salt_edge_hub",
    class: "SaltEdgeHub",
    what: "a client that asks a bank's connector as Salt Edge does, for the bank's own tests",
    operations: &[dispatch::OPERATIONS],
    errors: errors::ROWS,
    interfaces: &[],
    commands: CommandPlacement::ByCall,
    groups: &[],
    sessions: None,
    client: Some(ClientKind::for_client::<SaltEdgeHub>()),
};

/// A client that sends requests to a connector as Salt Edge does. It caches the key that it has read, so reuse it.
///
/// Cloning is cheap; a clone is the same client.
///
/// ```
/// use bankchannel::salt_edge_hub::*;
///
/// # fn main() -> bankchannel::Result<()> {
/// let settings = SaltEdgeHubSettings::builder().base_url("https://connector.bank.example");
/// let hub = SaltEdgeHub::new(settings.build()?)?;
/// // Without a key it cannot sign, and says so before anything is sent.
/// let error = hub.call_local("salt_edge_hub.no_such_operation", serde_json::json!({}), None).unwrap_err();
/// assert_eq!(error.code(), "input.unknown_operation");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SaltEdgeHub(Arc<SaltEdgeHubInner>);

struct SaltEdgeHubInner {
    ready: Arc<ReadyHubClient>,
    sender: SaltEdgeSender,
}

impl SaltEdgeHub {
    /// Makes a client. Files named in the settings are read now; nothing is sent.
    ///
    /// # Errors
    /// `configuration.invalid` for settings that cannot be used, each naming its field.
    pub fn new(settings: SaltEdgeHubSettings) -> Result<Self> {
        Self::from_ready(Arc::new(ReadyHubClient::from_settings(settings)?))
    }

    fn from_ready(ready: Arc<ReadyHubClient>) -> Result<Self> {
        let sender = ready.sender()?;
        Ok(Self(Arc::new(SaltEdgeHubInner { ready, sender })))
    }

    /// Carries out one exchange with the connector.
    ///
    /// # Errors
    /// Any error; each has its outcome and names the operation.
    pub async fn exchange<O>(&self, request: O::Request, options: &CallOptions) -> Result<O::Response>
    where
        O: Exchange<Codec = SaltEdge>,
    {
        self.0.sender.exchange::<O>(request, options).await
    }
}

impl ProtocolClient for SaltEdgeHub {
    type Settings = SaltEdgeHubSettings;

    fn protocol() -> &'static Protocol {
        &DESCRIPTOR
    }

    fn open(settings: SaltEdgeHubSettings) -> Result<Self> {
        Self::new(settings)
    }

    fn in_child(&self, _: &SaltEdgeHubSettings) -> Result<Self> {
        Self::from_ready(Arc::clone(&self.0.ready))
    }

    fn peer(&self) -> Option<&str> {
        Some(self.0.sender.transport.base_url())
    }
}

bankchannel_foundation::redacted_debug!(SaltEdgeHub, |it| base_url: ProtocolClient::peer(it));

/// Compiles the programs of the reference.
#[cfg(doctest)]
#[doc = include_str!("../../../../docs/reference/salt-edge-hub.md")]
struct SaltEdgeHubReference;
