//! The client of the ISECure WS Channel.

mod dispatch;
mod session;
mod settings;

use std::sync::{Arc, Mutex, PoisonError};

use bankchannel_foundation::{
    Content, Error, Exchange, Outcome, Result,
    error::row,
    model::{Dialect, Reader, Value},
    operation::{Access, Entry, Route},
};
use bankchannel_transport::{Plan, Transport};
pub use bankchannel_ws_channel::{
    Credentials, Envelope, PROTOCOL, errors,
    model::*,
    operations,
};
pub use dispatch::Done;
pub use session::Session;
pub use settings::{Environment, WsChannelSettings};

use crate::CallOptions;

/// The operations that are composed of others.
pub static FLOWS: &[Entry] = &[];

/// A client of the WS Channel: settings, connections and the current session.
///
/// Cloning is cheap, and the clones share the session.
#[derive(Clone)]
pub struct WsChannel(Arc<Inner>);

struct Inner {
    settings: WsChannelSettings,
    transport: Transport,
    session: Mutex<Session>,
}

impl WsChannel {
    /// Makes a client. Nothing is sent yet.
    ///
    /// # Errors
    /// `configuration.invalid` for settings that cannot be used.
    pub fn new(settings: WsChannelSettings) -> Result<Self> {
        let transport = Transport::new(&settings.transport())?;
        let session = Session::from_settings(&settings);
        Ok(Self(Arc::new(Inner { settings, transport, session: Mutex::new(session) })))
    }

    /// Makes a client from settings as JSON.
    ///
    /// # Errors
    /// `input.*` and `configuration.invalid`.
    pub fn from_json(settings: Value) -> Result<Self> {
        Self::new(bankchannel_foundation::model::read_boundary(settings)?)
    }

    /// The settings it was made with.
    #[must_use]
    pub fn settings(&self) -> &WsChannelSettings {
        &self.0.settings
    }

    /// The current session.
    #[must_use]
    pub fn session(&self) -> Session {
        self.0.session.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes a session into use, in place of the current one.
    pub fn set_session(&self, session: Session) {
        *self.0.session.lock().unwrap_or_else(PoisonError::into_inner) = session;
    }

    /// Carries out one exchange.
    ///
    /// # Errors
    /// Any; each with its outcome and the operation's name.
    pub async fn exchange<O>(&self, request: O::Request, options: &CallOptions) -> Result<O::Response>
    where
        O: Exchange<Codec = Envelope>,
    {
        self.attempt::<O>(request, options).await.map_err(|error| error.in_operation(O::DECLARATION.name))
    }

    async fn attempt<O>(&self, request: O::Request, options: &CallOptions) -> Result<O::Response>
    where
        O: Exchange<Codec = Envelope>,
    {
        let route = route::<O>()?;
        let credentials = self.credentials(&route.access)?;
        let message = O::encode_request(request, &credentials)?;
        let mut sink = options.destination.sink();
        let plan = Plan {
            deadline: Some(options.deadline(self.0.settings.timeout_s.filter(|given| *given > 0).unwrap_or(route.timeout_s))),
            cancel: &options.cancel,
            repeat: route.repeat,
            response_content: route.response_content,
            sink: &mut sink,
        };
        let answer = self.0.transport.exchange(&message, plan).await?;
        let response = O::decode_response(answer)?;
        sink.commit().await.map_err(|error| error.with_outcome(Outcome::Accepted))?;
        Ok(response)
    }

    /// Reads the boundary form of a request, with what it leaves out taken from the settings.
    pub(crate) fn read_request<T: bankchannel_foundation::Boundary>(&self, value: Value, content: Option<Content>) -> Result<T> {
        let profile = settings::ProfileOf { settings: &self.0.settings, session: self.session() };
        let mut reader = Reader::new(Dialect::Boundary).with_content(content).with_profile(&profile);
        let request = T::read(value, &mut reader)?;
        if reader.has_content() {
            return Err(Error::invalid_field("content", "was given, but this operation takes none"));
        }
        Ok(request)
    }

    fn credentials(&self, access: &Access) -> Result<Credentials> {
        let session = self.session();
        if matches!(access, Access::Session { .. }) && session.is_expired() {
            return Err(Error::new(&errors::SESSION_EXPIRED).with("class", "auth").with_outcome(Outcome::NotSent));
        }
        Ok(session.credentials())
    }
}

fn route<O: Exchange>() -> Result<&'static Route> {
    let declaration = const { &O::DECLARATION };
    declaration.route.as_ref().ok_or_else(|| Error::because(&row::INTERNAL, "an exchange is declared without a route"))
}

impl std::fmt::Debug for WsChannel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WsChannel").field("base_url", &self.0.transport.base_url()).finish_non_exhaustive()
    }
}
