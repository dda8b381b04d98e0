//! The settings of a client whose protocol is chosen at run time.

use std::{any::Any, collections::BTreeMap, ffi::OsString, fmt, sync::Arc, time::Duration};

use bankchannel_foundation::{
    Error, Result,
    model::{self, Boundary, Value},
};

use super::{Client, ConnectionSettings, ProtocolClient, variables};
use crate::{
    call,
    protocol::{ClientKind, Protocol},
    protocols::{PROTOCOLS, protocol},
};

/// The common interface of all protocols' client settings.
pub(crate) trait ClientSettings: Boundary + Clone + fmt::Debug + Send + Sync + 'static {
    /// The client that they make.
    type Client: ProtocolClient<Settings = Self>;

    /// The prefix of their environment variables, such as `ISECURE_`.
    const VARIABLE_PREFIX: &'static str;

    /// Variables with this prefix that other programs read, and that are no mistake beside these.
    const OTHERS_VARIABLES: &'static [&'static str] = &[];

    /// The connection to the peer.
    fn connection(&self) -> &ConnectionSettings;
}

/// Gives the text of a variable by its name.
pub(crate) type VariableSource<'a> = dyn Fn(&str) -> Option<OsString> + 'a;

/// The settings of a client of any protocol. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Settings(Arc<dyn ErasedSettings>);

/// Settings with their type erased.
trait ErasedSettings: fmt::Debug + Send + Sync {
    fn as_any(&self) -> &dyn Any;
    fn protocol(&self) -> &'static Protocol;
    fn connection(&self) -> &ConnectionSettings;
    fn open(&self) -> Result<Client>;
}

impl<S: ClientSettings> ErasedSettings for S {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn protocol(&self) -> &'static Protocol {
        S::Client::protocol()
    }

    fn connection(&self) -> &ConnectionSettings {
        ClientSettings::connection(self)
    }

    fn open(&self) -> Result<Client> {
        S::Client::open(self.clone()).map(Client::from_client)
    }
}

impl Settings {
    pub(crate) fn new(settings: impl ClientSettings) -> Self {
        Self(Arc::new(settings))
    }

    pub(crate) fn read_as<S: ClientSettings>(value: Value<'_>, variable: Option<&VariableSource<'_>>) -> Result<Self> {
        let read = match variable {
            Some(variable) => variables::merged::<S>(value, variable),
            None => read_settings::<S>(value),
        };
        read.map(Self::new)
    }

    /// Reads settings from their boundary form. The member `protocol` names their protocol; the default is the first
    /// one of [`PROTOCOLS`](crate::protocols::PROTOCOLS).
    ///
    /// # Errors
    /// `input.*`, each naming its field.
    pub fn read(value: Value<'_>) -> Result<Self> {
        let (kind, value) = kind_of(value)?;
        (kind.read)(value, None)
    }

    /// The same, completed from environment variables: settings of both sources are merged, then read once.
    ///
    /// # Errors
    /// `input.*`, each naming its field; `configuration.invalid` for a variable that cannot be used, and for one with the
    /// protocol's prefix that is no setting.
    pub fn read_or_env(value: Value<'_>) -> Result<Self> {
        let (kind, value) = kind_of(value)?;
        (kind.check_names)(&mut variables::names_set())?;
        (kind.read)(value, Some(&variable))
    }

    /// The same with these variables in place of the environment's.
    ///
    /// # Errors
    /// As [`read_or_env`](Self::read_or_env).
    pub fn read_or_listed(value: Value<'_>, listed: &BTreeMap<String, String>) -> Result<Self> {
        let (kind, value) = kind_of(value)?;
        let mut set = listed.iter().filter(|(_, text)| !text.is_empty()).map(|(name, _)| name.clone());
        (kind.check_names)(&mut set)?;
        (kind.read)(value, Some(&|name| listed.get(name).map(OsString::from)))
    }

    /// The same with any source of variables; which ones there are besides is not looked at.
    ///
    /// # Errors
    /// `input.*`, each naming its field; `configuration.invalid` for a variable that cannot be used.
    pub fn read_or_variables(value: Value<'_>, variable: impl Fn(&str) -> Option<OsString>) -> Result<Self> {
        let (kind, value) = kind_of(value)?;
        (kind.read)(value, Some(&variable))
    }

    /// Their protocol.
    #[must_use]
    pub fn protocol(&self) -> &'static Protocol {
        self.0.protocol()
    }

    /// The typed settings, if they have this type.
    #[must_use]
    pub fn get<S: Any>(&self) -> Option<&S> {
        self.0.as_any().downcast_ref()
    }

    /// The time limit of an exchange whose own limit is `own_s` seconds.
    #[must_use]
    pub fn limit(&self, own_s: u32) -> Duration {
        call::limit(self.0.connection().exchange_limit(), own_s)
    }

    pub(super) fn open(&self) -> Result<Client> {
        self.0.open()
    }
}

/// The client whose settings these are, and their members.
fn kind_of(mut value: Value<'_>) -> Result<(&'static ClientKind, Value<'_>)> {
    let named = value.as_object_mut().and_then(|given| given.remove("protocol"));
    let whose = match &named {
        None | Some(Value::Null) => PROTOCOLS.first().copied(),
        Some(named) => named.as_str().and_then(protocol),
    };
    match whose.and_then(|protocol| protocol.client.as_ref()) {
        Some(kind) => Ok((kind, value)),
        None => Err(Error::invalid_field("protocol", format!("must be {}", protocols_with_clients().join(" or ")))),
    }
}

/// A client's settings from their boundary form.
pub(crate) fn read_settings<S: ClientSettings>(value: Value<'_>) -> Result<S> {
    // Null, as from a failed lookup, would become a client of the defaults' peer.
    if matches!(value, Value::Null) {
        return Err(Error::invalid_field("settings", "are null, and must be an object"));
    }
    model::read_boundary(value)
}

/// A variable of the environment.
pub(crate) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// The names of the protocols that have clients, as code.
fn protocols_with_clients() -> Vec<String> {
    let with = PROTOCOLS.iter().filter(|protocol| protocol.client.is_some());
    with.map(|protocol| format!("`{}`", protocol.name)).collect()
}
