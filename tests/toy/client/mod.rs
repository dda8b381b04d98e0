//! The client of the toy protocol.

mod dispatch;
pub mod faults;
pub mod flows;
mod settings;

use std::sync::Arc;

use bankchannel_foundation::{
    CallOutcome, Error, Result,
    error::row,
    model::{Boundary as _, Profile, Representation, Value, Writer},
    operation::Exchange,
};
use bankchannel_toy::Plain;
pub use bankchannel_toy::{PROTOCOL, errors, for_each_operation, operations};
use bankchannel_transport::Transport;
pub use settings::ToySettings;

use crate::{
    CallOptions,
    client::{
        ProtocolClient,
        exchange::{ExchangeCall, ExchangeRules, named},
    },
    protocols::{ClientKind, CommandPlacement, Protocol},
};

/// Every type of the requests and answers, to import from one place.
#[allow(ambiguous_glob_reexports)]
mod types {
    pub use super::dispatch::{of_flows::*, of_operations::*};
}

#[doc(no_inline)]
#[allow(ambiguous_glob_reexports)]
pub use types::*;

/// The toy protocol, as the library knows it.
pub(crate) static DESCRIPTOR: Protocol = Protocol {
    name: PROTOCOL,
    module: "toy",
    class: "Toy",
    what: "a guest who asks hosts for greetings",
    operations: &[dispatch::OPERATIONS, dispatch::FLOWS, faults::FAULTS],
    errors: errors::ROWS,
    interfaces: &[],
    commands: CommandPlacement::BySubject,
    groups: &[],
    sessions: None,
    client: Some(ClientKind::for_client::<Toy>()),
};

/// A guest.
#[derive(Clone, Debug)]
pub struct Toy(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: ToySettings,
    transport: Option<Transport>,
}

impl Toy {
    /// Makes a client. Nothing is sent.
    ///
    /// # Errors
    /// `configuration.invalid` for a base URL that cannot be used.
    pub fn new(settings: ToySettings) -> Result<Self> {
        let open = |url: &String| Transport::new(&settings.connection.transport(url.clone())?);
        let transport = settings.base_url.as_ref().map(open).transpose()?;
        Ok(Self(Arc::new(Inner { settings, transport })))
    }

    /// Carries out one exchange with the host.
    ///
    /// # Errors
    /// Any; each with its outcome and the operation's name.
    pub async fn exchange<O>(&self, request: O::Request, options: &CallOptions) -> Result<O::Response>
    where
        O: Exchange<Codec = Plain>,
    {
        named::<O, _>(options, Self::REQUEST_ID, async {
            let transport = self.0.transport.as_ref().ok_or_else(|| {
                Error::because(&row::CONFIGURATION, "base_url is missing")
                    .with("field", "base_url")
                    .with_outcome(CallOutcome::NotSent)
            })?;
            let limit = self.0.settings.connection.exchange_limit();
            let mut call = ExchangeCall::begin(const { &O::DECLARATION }, options, limit)?;
            let mut message = O::encode_request(request, &())?;
            let mut run = call.run(transport, &mut message, ExchangeRules::default()).await?;
            let answer = run.unsealed(&message).await;
            run.keep(answer.and_then(O::decode_response)).await
        })
        .await
    }
}

impl ProtocolClient for Toy {
    type Settings = ToySettings;

    fn protocol() -> &'static Protocol {
        &DESCRIPTOR
    }

    fn open(settings: ToySettings) -> Result<Self> {
        Self::new(settings)
    }

    fn in_child(&self, settings: &ToySettings) -> Result<Self> {
        Self::new(settings.clone())
    }

    fn peer(&self) -> Option<&str> {
        self.0.transport.as_ref().map(Transport::base_url)
    }
}

impl Profile for Toy {
    fn value(&self, field: &str) -> Option<Value<'static>> {
        let name = self.0.settings.name.clone().filter(|_| field == "name")?;
        Some(name.write(&mut Writer::new(Representation::Boundary)))
    }
}
