//! A running counterpart of any kind, as programs use it.

use std::{fmt, time::Duration};

use bankchannel::{Content, Error, Result, model::Value};
use bankchannel_foundation::model::{Boundary as _, Representation, Writer, read_boundary};
use bankchannel_server::{
    configuration::ReloadReport,
    counterpart::{CLIENTS, Counterpart, RunningServer},
    orders::{self, ServerOrder},
};
use futures_util::future::BoxFuture;

/// A running embedded server: a bank, a service, a hub, in this process. It serves on the runtime that started it until
/// [`stop`](Self::stop), which lets running requests finish.
///
/// ```
/// use bankchannel::{Result, ws_channel::WsChannel};
/// use bankchannel_counterparts::EmbeddedServer;
/// use serde_json::json;
///
/// # #[tokio::main]
/// # async fn main() -> Result<()> {
/// let service = EmbeddedServer::start("ws-channel", json!({})).await?;
/// let client = WsChannel::from_json(service.client_settings())?;
/// assert_eq!(Some(client.base_url()), service.readiness()["base_url"].as_str());
/// service.stop().await;
/// # Ok(())
/// # }
/// ```
pub struct EmbeddedServer(Box<dyn RunningServer>);

impl EmbeddedServer {
    /// Starts a server: `ws-channel`, `sepa-bank`, `nextgen-psd2-bank`, `salt-edge-hub` or `salt-edge-connector`, with its
    /// start options as JSON. `{}` is a server with example data in a temporary folder, on a free port of loopback, both of
    /// which are given back when it stops.
    ///
    /// # Errors
    /// `input.*` for an unknown kind and for options that cannot be read; `configuration.invalid` for options that
    /// cannot be used; `resource.storage` for an unusable data folder.
    pub async fn start(kind: &str, options: serde_json::Value) -> Result<Self> {
        Self::begin(crate::counterpart(kind)?, options.into())?.await
    }

    /// Starts a server of this kind, with its options in their boundary form. They are read now, the rest is done by the
    /// result.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn begin(
        counterpart: &'static Counterpart,
        options: Value<'_>,
    ) -> Result<impl Future<Output = Result<Self>> + Send + use<>> {
        let starting = counterpart.start(options)?;
        Ok(async move { starting.await.map(Self) })
    }

    /// The settings of a client that reaches it: a part of the client's settings, as JSON. Add the user's own, and give all to
    /// the client's `from_json`.
    ///
    /// The client of a `salt-edge-connector` needs one more thing, which that server does not have: the private half of the
    /// hub's key that it was started with, as `private_key_file`.
    ///
    /// Null for a server that plays several peers, which `from_json` refuses: there take
    /// [`client_settings_of`](Self::client_settings_of).
    #[must_use]
    pub fn client_settings(&self) -> serde_json::Value {
        let readiness = self.readiness();
        if readiness.get(CLIENTS).is_some() {
            return serde_json::Value::Null;
        }
        let client =
            bankchannel::protocols::protocol(self.counterpart().protocol).and_then(|protocol| protocol.client.as_ref());
        let known = client.map_or(&[][..], |client| client.settings.fields());
        let serde_json::Value::Object(mut settings) = readiness else { return serde_json::Value::Null };
        settings.retain(|name, value| !value.is_null() && known.iter().any(|field| field.name == name.as_str()));
        settings.into()
    }

    /// The same for a server that plays several peers, such as the banks of `sepa-bank`: the settings of a client of the one
    /// with this name.
    ///
    /// # Errors
    /// `input.invalid_field` for an unknown name, which lists those there are.
    pub fn client_settings_of(&self, name: &str) -> Result<serde_json::Value> {
        let mut readiness = self.readiness();
        let clients = readiness.get_mut(CLIENTS).and_then(serde_json::Value::as_object_mut);
        let Some(clients) = clients else {
            let why = format!(
                "is not for a {}: it plays one peer, whose client has client_settings",
                self.counterpart().kind
            );
            return Err(Error::invalid_field("name", why));
        };
        if let Some(serde_json::Value::Object(mut settings)) = clients.remove(name) {
            settings.retain(|_, value| !value.is_null());
            return Ok(settings.into());
        }
        let known: Vec<&str> = clients.keys().map(String::as_str).collect();
        Err(Error::invalid_field("name", format!("must be one of {}", known.join(", "))))
    }

    /// The kind of counterpart.
    #[must_use]
    pub fn counterpart(&self) -> &'static Counterpart {
        self.0.counterpart()
    }

    /// The content of the readiness line.
    #[must_use]
    pub fn readiness(&self) -> serde_json::Value {
        self.0.readiness()
    }

    /// Reads the server's configuration and its TLS files again, with the checks of a start, and applies what can be applied
    /// while it runs; the report names what needs a restart. An error changes nothing. `None` for a kind that has nothing to
    /// reload: the sandboxes.
    pub fn reload(&self) -> Option<BoxFuture<'_, Result<ReloadReport>>> {
        self.0.reload()
    }

    /// Reports for this long that the server is not ready (`GET /readyz`), while requests are still answered: the first
    /// step of a stop behind a load balancer.
    pub fn drain(&self, time: Duration) -> BoxFuture<'_, ()> {
        self.0.drain(time)
    }

    /// Loads data, for tests and demonstrations, whether or not the server was started with `control`. The data and
    /// the result are described in `docs/reference/server-orders.md`.
    pub fn seed(&self, data: serde_json::Value) -> BoxFuture<'static, Result<serde_json::Value>> {
        self.control(orders::SEED, data)
    }

    /// Carries out an order of the control interface, given by its path: `seed`, `reset`, `clock`, `fail_next`,
    /// `limits`, `outbox`, `transcript`, or one that only this kind of server has (the prefix `sandbox/` may be
    /// omitted). Every order except `seed` needs a server that was started with `control`. What each takes
    /// and answers is in `docs/reference/server-orders.md`.
    ///
    /// The future may be awaited after the server was stopped; the order is then refused or has no effect.
    pub fn control(&self, order: &str, request: serde_json::Value) -> BoxFuture<'static, Result<serde_json::Value>> {
        self.0.control(order.strip_prefix("sandbox/").unwrap_or(order).to_owned(), request)
    }

    /// Carries out an order of the server's kind or of every server, with typed request and answer; the orders are in
    /// [`orders`](crate::orders). Every order except `seed` needs a server that was started with `control`.
    ///
    /// ```
    /// use bankchannel::Result;
    /// use bankchannel_counterparts::{
    ///     EmbeddedServer,
    ///     orders::{sepa_bank, server},
    /// };
    /// use serde_json::json;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<()> {
    /// let bank = EmbeddedServer::start("sepa-bank", json!({"control": true})).await?;
    /// let minute = server::ClockOrder::advance(61.0);
    /// let clock = bank.order::<server::SetServerClock>(minute).await?;
    /// assert!(clock.now.as_ms() > 0);
    /// let counted = bank.order::<sepa_bank::CountUploads>(server::PlainOrder).await?;
    /// assert!(counted.uploads.is_empty());
    /// bank.stop().await;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The future may be awaited after the server was stopped, as that of [`control`](Self::control).
    pub fn order<O: ServerOrder>(
        &self,
        request: O::Request,
    ) -> impl Future<Output = Result<O::Response>> + Send + use<O> {
        let mut writer = Writer::new(Representation::Boundary);
        let members = request.write(&mut writer);
        let answered = self.declared_order(O::DECLARATION.name, members.into(), writer.content());
        async move { read_boundary(answered.await?) }
    }

    /// The same by the order's name, such as `sepa_bank.uploads`, with request and answer in their boundary form.
    pub fn declared_order(
        &self,
        name: &'static str,
        request: serde_json::Value,
        content: Option<Content>,
    ) -> BoxFuture<'static, Result<serde_json::Value>> {
        self.0.declared_order(name, request, content)
    }

    /// How long [`stop`](Self::stop) takes at most: so much time a supervisor must give it.
    #[must_use]
    pub fn longest_stop(&self) -> Duration {
        self.0.longest_stop()
    }

    /// Stops: accepts no new requests, and gives running ones some time to finish.
    pub fn stop(self) -> BoxFuture<'static, ()> {
        self.0.stop()
    }
}

impl fmt::Debug for EmbeddedServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedServer").field("kind", &self.counterpart().kind).finish_non_exhaustive()
    }
}
