//! A client handle: settings shared by all processes, and separate connections for each process.

use std::{sync::Arc, time::Duration};

use bankchannel::{Content, Error, Result, Settings};
use bankchannel_foundation::{
    ClientResources,
    model::{Profile, Value},
};

use crate::{operations, panics, per_process::PerProcess};

/// A client of a protocol. Cheap to clone, safe to use from many threads, usable after a fork.
#[derive(Clone)]
pub struct BridgeClient(Arc<BridgeClientInner>);

struct BridgeClientInner {
    settings: Settings,
    clients: PerProcess<bankchannel::Client>,
}

/// The name under which [`BridgeClient::local`] gives what [`BridgeClient::described`] does, for languages that have no
/// other way to it. It is no operation: the catalogue does not have it.
const DESCRIBED: &str = "client.described";

impl BridgeClient {
    /// Makes a client from its settings. The member `protocol` names the protocol: `ws-channel` (the default), `nextgen-psd2`,
    /// `salt-edge-connector` or `salt-edge-hub`. Nothing is sent, and no thread is started.
    ///
    /// The member `"from_env": true` means [`from_env`](Self::from_env). `"from_env": {NAME: TEXT}` gives variables
    /// instead of the environment, for languages whose environment is not the process's.
    ///
    /// # Errors
    /// `input.*` and `configuration.invalid`.
    pub fn new(mut settings: Value<'_>) -> Result<Self> {
        panics::inside(|| {
            let asked = settings.as_object_mut().and_then(|given| given.remove("from_env"));
            match asked {
                None | Some(Value::Null | Value::Bool(false)) => Self::from_settings(Settings::read(settings)?),
                Some(Value::Bool(true)) => Self::of_env(settings),
                Some(Value::Object(variables)) => {
                    let text = |text: &Value<'_>| text.as_str().map(str::to_owned);
                    let listed = variables.iter().filter_map(|(name, value)| Some((name.to_string(), text(value)?)));
                    Self::from_settings(Settings::read_or_listed(settings, &listed.collect())?)
                }
                Some(_) => Err(Error::invalid_field("from_env", "must be true, false or an object of variables")),
            }
        })
    }

    /// Makes a client like [`new`](Self::new); omitted settings are taken from the protocol's variables of the
    /// environment, such as `ISECURE_BASE_URL`.
    ///
    /// # Errors
    /// `input.*` and `configuration.invalid`, also for a variable that cannot be used.
    pub fn from_env(settings: Value<'_>) -> Result<Self> {
        panics::inside(|| Self::of_env(settings))
    }

    fn of_env(settings: Value<'_>) -> Result<Self> {
        Self::from_settings(Settings::read_or_env(settings)?)
    }

    fn from_settings(settings: Settings) -> Result<Self> {
        let client = Self(Arc::new(BridgeClientInner { settings, clients: PerProcess::new() }));
        client.in_this_process()?;
        Ok(client)
    }

    /// Runs an operation that only computes, on the caller's own thread, with minimal overhead. Fields omitted from the
    /// request are taken from the settings and the session.
    ///
    /// # Errors
    /// Those of the operation; `input.unknown_operation` for one that is not local.
    pub fn local(&self, name: &str, request: Value<'_>, content: Option<Content>) -> Result<Value<'static>> {
        if name == DESCRIBED {
            let members = self.described().into_iter().map(|(name, text)| (name.into(), Value::String(text.into())));
            return Ok(Value::Object(members.collect()));
        }
        operations::call_local(Some(self), name, request, content)
    }

    /// The default timeout of an exchange: the settings' limit or the operation's own. `None` for an operation without
    /// a limit, and for an unknown name.
    #[must_use]
    pub fn limit(&self, name: &str) -> Option<Duration> {
        let own = operations::find(name)?.declaration.route.as_ref()?.timeout_s;
        Some(self.0.settings.limit(own))
    }

    /// The description of the client that a program's output may show: settings that are neither secret nor personal, and the peer's
    /// address.
    #[must_use]
    pub fn described(&self) -> Vec<(&'static str, String)> {
        /// The library accepts only listed names for them.
        const OPEN: [&str; 4] = ["bank", "mode", "dialect", "environment"];
        let Ok(client) = self.in_this_process() else { return Vec::new() };
        let text = |name: &'static str| Some((name, client.value(name)?.as_str()?.to_owned()));
        // The setting that gives the address is the first of its kind: `base_url`, `file_url`.
        let kind = client.protocol().client.as_ref();
        let fields = kind.map_or(&[][..], |kind| kind.settings.fields());
        let setting = fields.iter().map(|field| field.name).find(|name| name.ends_with("_url")).unwrap_or("base_url");
        let address = client.base_url().map(|address| (setting, address.to_owned()));
        OPEN.into_iter().filter_map(text).chain(address).collect()
    }

    /// This process's client.
    ///
    /// # Errors
    /// `configuration.invalid`.
    pub fn in_this_process(&self) -> Result<&bankchannel::Client> {
        self.0.clients.get_or_make(|parent| {
            let settings = self.0.settings.clone();
            match parent {
                Some(parent) => parent.in_child(settings),
                None => bankchannel::Client::new(settings),
            }
        })
    }
}

/// Getting the process id is a system call, so it is done only if a request omits something or the operation uses the
/// cache.
impl Profile for BridgeClient {
    fn value(&self, field: &str) -> Option<Value<'static>> {
        self.in_this_process().ok()?.value(field)
    }

    fn resources(&self) -> Option<ClientResources<'_>> {
        self.in_this_process().ok()?.resources()
    }
}
