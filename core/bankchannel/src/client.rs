//! A client of whichever protocol: for who learns only at run time which.

use std::time::Duration;

use bankchannel_foundation::{
    Error, Kept, Result,
    model::{self, Profile, Value},
};

use crate::{
    CallOptions, Done, call,
    nextgen_psd2::{self, NextGenPsd2, NextGenPsd2Settings},
    ws_channel::{self, WsChannel, WsChannelSettings},
};

/// A client of one of the protocols. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Client {
    /// Of the ISECure WS Channel.
    WsChannel(WsChannel),
    /// A third party towards NextGenPSD2 banks.
    NextGenPsd2(NextGenPsd2),
}

/// The settings of a client.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant)] // there is one for each client, and not many
pub enum Settings {
    /// Of the ISECure WS Channel.
    WsChannel(WsChannelSettings),
    /// Of a third party towards NextGenPSD2 banks.
    NextGenPsd2(NextGenPsd2Settings),
}

impl Settings {
    /// Reads settings from their boundary form. Its member `protocol` says whose they are; left out, `ws-channel`'s.
    ///
    /// # Errors
    /// `input.*`, each naming its field.
    pub fn read(mut value: Value<'_>) -> Result<Self> {
        let named = value.as_object_mut().and_then(|given| given.remove("protocol"));
        let known = "must be `ws-channel` or `nextgen-psd2`";
        match named {
            None | Some(Value::Null) => Ok(Self::WsChannel(model::read_boundary(value)?)),
            Some(named) => match named.as_str() {
                Some(ws_channel::PROTOCOL) => Ok(Self::WsChannel(model::read_boundary(value)?)),
                Some(nextgen_psd2::PROTOCOL) => Ok(Self::NextGenPsd2(model::read_boundary(value)?)),
                _ => Err(Error::invalid_field("protocol", known)),
            },
        }
    }

    /// How long an exchange may take whose own limit is `own_s` seconds.
    #[must_use]
    pub fn limit(&self, own_s: u32) -> Duration {
        let given = match self {
            Self::WsChannel(settings) => call::exchange_limit(settings.exchange_timeout_s, settings.timeout_s),
            Self::NextGenPsd2(settings) => call::exchange_limit(settings.exchange_timeout_s, settings.timeout_s),
        };
        call::limit(given, own_s)
    }

    /// These settings, and what they leave out from the environment's variables. Only the WS Channel has such.
    ///
    /// # Errors
    /// `configuration.invalid` for a variable that cannot be used; `input.invalid_field` for a protocol without variables.
    pub fn or_env(self) -> Result<Self> {
        self.or_variables(|name| std::env::var(name).ok())
    }

    /// The same from any source of variables.
    ///
    /// # Errors
    /// As [`or_env`](Self::or_env).
    pub fn or_variables(self, variable: impl Fn(&str) -> Option<String>) -> Result<Self> {
        match self {
            Self::WsChannel(given) => Ok(Self::WsChannel(given.or(WsChannelSettings::from_variables(variable)?))),
            Self::NextGenPsd2(_) => {
                Err(Error::invalid_field("from_env", "is for ws-channel: no variables belong to nextgen-psd2"))
            }
        }
    }
}

impl Client {
    /// Makes a client. Nothing is sent.
    ///
    /// # Errors
    /// `configuration.invalid` for settings that cannot be used.
    pub fn new(settings: Settings) -> Result<Self> {
        match settings {
            Settings::WsChannel(settings) => WsChannel::new(settings).map(Self::WsChannel),
            Settings::NextGenPsd2(settings) => NextGenPsd2::new(settings).map(Self::NextGenPsd2),
        }
    }

    /// Carries out an operation by its name.
    ///
    /// # Errors
    /// Any; each with the operation's name.
    pub async fn call_values(
        &self,
        name: &str,
        request: Value<'static>,
        options: CallOptions,
    ) -> Result<Done<Value<'static>>> {
        match self {
            Self::WsChannel(client) => client.call_values(name, request, options).await,
            Self::NextGenPsd2(client) => client.call_values(name, request, options).await,
        }
    }

    /// The same client in the child of a fork: without the parent's connections, with its session, and with the files as they
    /// were read. Never waits for what a thread of the parent may hold.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn in_child(&self, settings: Settings) -> Result<Self> {
        match (self, settings) {
            (Self::NextGenPsd2(client), _) => client.in_child().map(Self::NextGenPsd2),
            (Self::WsChannel(parent), settings) => {
                let own = Self::new(settings)?;
                if let (Self::WsChannel(own), Some(session)) = (&own, parent.try_session()) {
                    own.set_session(session);
                }
                Ok(own)
            }
        }
    }
}

impl Profile for Client {
    fn value(&self, field: &str) -> Option<Value<'static>> {
        match self {
            Self::WsChannel(client) => client.value(field),
            Self::NextGenPsd2(client) => client.value(field),
        }
    }

    fn kept(&self) -> Option<&Kept> {
        match self {
            Self::WsChannel(client) => client.kept(),
            Self::NextGenPsd2(client) => client.kept(),
        }
    }
}
