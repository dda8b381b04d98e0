//! A counterpart as a value: the static description of a kind of embedded server.

use std::{fmt, time::Duration};

use bankchannel_foundation::{
    Boundary, Result,
    model::{self, Field, Representation, Shape, Value, Writer},
};
use futures_util::future::BoxFuture;
use serde::Serialize;

use crate::http::{orders, server::Server};

/// The static description of a kind of embedded server. The bridge, the generators of all languages and the command
/// line read it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Counterpart {
    /// Its name when one is started: `ws-channel`.
    pub kind: &'static str,
    /// The protocol that its clients speak.
    pub protocol: &'static str,
    /// Its class in Python and Node, `Service`.
    pub class: &'static str,
    /// Its class in PHP, below the namespace of the protocol's client.
    pub short_class: &'static str,
    /// A short description.
    pub what: &'static str,
    /// The shape of its start options.
    pub options: &'static Shape,
    /// The members of its readiness line, in addition to `kind`. A client uses those that have the name of one of its
    /// settings as that setting.
    pub readiness: &'static [Field],
    /// The OpenAPI 3.1 description of its HTTP operations: paths, parameters, headers, bodies, all statuses and allowed
    /// callers.
    pub openapi: fn() -> serde_json::Value,
    /// Checks everything that a start with these options would need, without serving; `None` if there is no check.
    pub check: Option<CheckFn>,
    start: StartFn,
}

/// See [`Counterpart::check`]. Options that cannot be read are an error.
pub type CheckFn = for<'a> fn(Value<'a>) -> Result<BoxFuture<'static, Vec<Finding>>>;

/// The result of checking one subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// `configuration`, `listen`, `bank_interface_listen`, `bank`, `data`, `store`, `keys` or `files`.
    pub subject: &'static str,
    /// Whether a start would succeed in this respect.
    pub ok: bool,
    /// The finding, and how to fix it.
    pub text: String,
}

impl Finding {
    /// A start would succeed in this respect.
    pub(crate) fn good(subject: &'static str, text: impl Into<String>) -> Self {
        Self { subject, ok: true, text: text.into() }
    }

    /// A start would fail because of this.
    pub(crate) fn bad(subject: &'static str, text: impl Into<String>) -> Self {
        Self { subject, ok: false, text: text.into() }
    }
}

type StartFn = for<'a> fn(&'static Counterpart, Value<'a>) -> Result<Starting>;

/// A starting counterpart.
pub type Starting = BoxFuture<'static, Result<EmbeddedServer>>;

/// The common interface of embedded servers.
pub(crate) trait Serves: Sized + Send + Sync + 'static {
    /// Its start options.
    type Options: Boundary;
    /// The content of its readiness line.
    type Readiness: Boundary;
    /// See [`Counterpart::check`].
    const CHECK: Option<CheckFn> = None;

    /// Opens the data folder, binds the address and begins to serve.
    ///
    /// # Errors
    /// `configuration.invalid` for unusable options, `resource.storage` for an unusable data folder.
    fn begin(options: Self::Options) -> BoxFuture<'static, Result<Self>>;

    /// The content of its readiness line.
    fn ready(&self) -> Self::Readiness;

    /// The server that answers its requests and carries out its orders.
    fn server(&self) -> &Server;

    /// Stops: accepts no new requests, and gives running ones some time to finish.
    fn end(self) -> BoxFuture<'static, ()>;
}

impl Counterpart {
    pub(crate) const fn of<S: Serves>(
        kind: &'static str,
        protocol: &'static str,
        (class, short_class): (&'static str, &'static str),
        what: &'static str,
        openapi: fn() -> serde_json::Value,
    ) -> Self {
        Self {
            kind,
            protocol,
            class,
            short_class,
            what,
            options: S::Options::SHAPE,
            readiness: S::Readiness::SHAPE.fields(),
            openapi,
            check: S::CHECK,
            start: start::<S>,
        }
    }

    /// Starts a counterpart with options in their boundary form, on the runtime that polls the result.
    ///
    /// # Errors
    /// `input.*` for options that cannot be read. Starting: `configuration.invalid`, `resource.storage`.
    pub fn start(&'static self, options: Value<'_>) -> Result<Starting> {
        (self.start)(self, options)
    }

    /// The readiness line: the kind and each member, `null` if absent.
    pub(crate) fn readiness_line(&self, ready: impl Boundary) -> serde_json::Value {
        let written = serde_json::Value::from(ready.write(&mut Writer::new(Representation::Boundary)));
        let mut line = serde_json::Map::new();
        line.insert("kind".to_owned(), self.kind.into());
        for member in self.readiness {
            line.insert(member.name.to_owned(), written.get(member.name).cloned().unwrap_or_default());
        }
        line.into()
    }
}

fn start<S: Serves>(counterpart: &'static Counterpart, options: Value<'_>) -> Result<Starting> {
    let starting = S::begin(model::read_boundary(options)?);
    Ok(Box::pin(async move { Ok(EmbeddedServer { counterpart, server: Box::new(starting.await?) }) }))
}

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
pub struct EmbeddedServer {
    counterpart: &'static Counterpart,
    server: Box<dyn Erased>,
}

/// A type-erased server.
trait Erased: Send + Sync {
    fn readiness(&self, counterpart: &Counterpart) -> serde_json::Value;
    fn drain(&self, time: Duration) -> BoxFuture<'_, ()>;
    fn control(&self, order: String, request: serde_json::Value) -> BoxFuture<'static, Result<serde_json::Value>>;
    fn end(self: Box<Self>) -> BoxFuture<'static, ()>;
}

impl<S: Serves> Erased for S {
    fn readiness(&self, counterpart: &Counterpart) -> serde_json::Value {
        counterpart.readiness_line(self.ready())
    }

    fn drain(&self, time: Duration) -> BoxFuture<'_, ()> {
        self.server().drain(time)
    }

    fn control(&self, order: String, request: serde_json::Value) -> BoxFuture<'static, Result<serde_json::Value>> {
        self.server().order(order, request)
    }

    fn end(self: Box<Self>) -> BoxFuture<'static, ()> {
        Serves::end(*self)
    }
}

impl EmbeddedServer {
    /// Starts a server: `ws-channel`, `nextgen-psd2-bank`, `salt-edge-hub` or `salt-edge-connector`, with its start
    /// options as JSON. `{}` is a server with example data in a temporary folder, on a free port of loopback, both of
    /// which are given back when it stops.
    ///
    /// # Errors
    /// `input.*` for an unknown kind and for options that cannot be read; `configuration.invalid` for options that
    /// cannot be used; `resource.storage` for an unusable data folder.
    pub async fn start(kind: &str, options: serde_json::Value) -> Result<Self> {
        crate::counterpart(kind)?.start(options.into())?.await
    }

    /// What a client needs to reach it: a part of the client's settings, as JSON. Add the user's own, and give all to
    /// the client's `from_json`.
    #[must_use]
    pub fn client_settings(&self) -> serde_json::Value {
        let client = bankchannel::protocol(self.counterpart.protocol).and_then(|protocol| protocol.client.as_ref());
        let known = client.map_or(&[][..], |client| client.settings.fields());
        let serde_json::Value::Object(mut settings) = self.readiness() else { return serde_json::Value::Null };
        settings.retain(|name, value| !value.is_null() && known.iter().any(|field| field.name == name.as_str()));
        settings.into()
    }

    /// The kind of counterpart.
    #[must_use]
    pub fn counterpart(&self) -> &'static Counterpart {
        self.counterpart
    }

    /// The content of the readiness line.
    #[must_use]
    pub fn readiness(&self) -> serde_json::Value {
        self.server.readiness(self.counterpart)
    }

    /// Reports for this long that the server is not ready (`GET /readyz`), while requests are still answered: the first
    /// step of a stop behind a load balancer.
    pub fn drain(&self, time: Duration) -> BoxFuture<'_, ()> {
        self.server.drain(time)
    }

    /// Loads data, for tests and demonstrations, whether or not the server was started with `control`. The format of
    /// the data and of the result is on the server's page in `docs/`, under `POST seed`.
    pub fn seed(&self, data: serde_json::Value) -> BoxFuture<'static, Result<serde_json::Value>> {
        self.control(orders::SEED, data)
    }

    /// Carries out an order of the control interface, given by its path: `seed`, `reset`, `clock`, `fail_next`,
    /// `limits`, `outbox`, `transcript`, or one that only this kind of server has (the prefix `sandbox/` may be
    /// omitted). Every order except `seed` needs a server that was started with `control`. The format of each order and
    /// of its result is on the server's page in `docs/`.
    ///
    /// The future may be awaited after the server was stopped; the order is then refused or has no effect.
    pub fn control(&self, order: &str, request: serde_json::Value) -> BoxFuture<'static, Result<serde_json::Value>> {
        self.server.control(order.strip_prefix("sandbox/").unwrap_or(order).to_owned(), request)
    }

    /// Stops: accepts no new requests, and gives running ones some time to finish.
    pub fn stop(self) -> BoxFuture<'static, ()> {
        self.server.end()
    }
}

impl fmt::Debug for EmbeddedServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedServer").field("kind", &self.counterpart.kind).finish_non_exhaustive()
    }
}
