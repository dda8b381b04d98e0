//! A counterpart as one value: everything that is known of an embedded server before it runs.

use std::{fmt, time::Duration};

use bankchannel_foundation::{
    Boundary, Result,
    model::{self, Field, Representation, Shape, Value, Writer},
};
use futures_util::future::BoxFuture;
use serde::Serialize;

use crate::http::{orders, server::Server};

/// Everything that is known of a kind of embedded server. The bridge, the generators of all languages and the command line read it
/// from here.
#[derive(Debug)]
#[non_exhaustive]
pub struct Counterpart {
    /// What it is called where one is started: `ws-channel`.
    pub kind: &'static str,
    /// The protocol whose other end it is.
    pub protocol: &'static str,
    /// Its class in Python and Node, `Service`.
    pub class: &'static str,
    /// Its class in PHP, below the namespace of the protocol's client.
    pub short_class: &'static str,
    /// What it is, in a few words.
    pub what: &'static str,
    /// The shape of the options that it is started with.
    pub options: &'static Shape,
    /// The members of its readiness line, besides `kind`. A client takes those as settings that it has settings of the same name
    /// for.
    pub readiness: &'static [Field],
    /// The OpenAPI 3.1 description of its HTTP operations: paths, parameters, headers, bodies, every status that it sends, and who
    /// may call.
    pub openapi: fn() -> serde_json::Value,
    /// Looks at everything that a start with these options would need, without serving; `None` where nothing is looked at.
    pub check: Option<CheckFn>,
    start: StartFn,
}

/// See [`Counterpart::check`]. Options that cannot be read are an error.
pub type CheckFn = for<'a> fn(Value<'a>) -> Result<BoxFuture<'static, Vec<Finding>>>;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// `configuration`, `listen`, `bank_interface_listen`, `bank`, `data`, `store`, `keys` or `files`.
    pub subject: &'static str,
    /// Whether a start would get past it.
    pub ok: bool,
    /// What was found, and what to do.
    pub text: String,
}

impl Finding {
    /// A start would get past this.
    pub(crate) fn good(subject: &'static str, text: impl Into<String>) -> Self {
        Self { subject, ok: true, text: text.into() }
    }

    /// A start would fail here.
    pub(crate) fn bad(subject: &'static str, text: impl Into<String>) -> Self {
        Self { subject, ok: false, text: text.into() }
    }
}

type StartFn = for<'a> fn(&'static Counterpart, Value<'a>) -> Result<Starting>;

/// A counterpart that is being started.
pub type Starting = BoxFuture<'static, Result<RunningCounterpart>>;

/// What every embedded server is.
pub(crate) trait Serves: Sized + Send + Sync + 'static {
    /// How it is started.
    type Options: Boundary;
    /// What it says when it is ready.
    type Readiness: Boundary;
    /// See [`Counterpart::check`].
    const CHECK: Option<CheckFn> = None;

    /// Opens the data folder, binds the address and begins to serve.
    ///
    /// # Errors
    /// `configuration.invalid` for options that cannot be used, `resource.storage` for a data folder that cannot.
    fn begin(options: Self::Options) -> BoxFuture<'static, Result<Self>>;

    /// What it says when it is ready.
    fn ready(&self) -> Self::Readiness;

    /// What serves its requests and takes its orders.
    fn server(&self) -> &Server;

    /// Stops: no new requests, running ones get some time to finish.
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

    /// Starts one with its options in their boundary form, on the runtime that drives what this gives.
    ///
    /// # Errors
    /// `input.*` for options that cannot be read. Starting: `configuration.invalid`, `resource.storage`.
    pub fn start(&'static self, options: Value<'_>) -> Result<Starting> {
        (self.start)(self, options)
    }

    /// What the readiness line of this one says: its kind, and each member, `null` where it is absent.
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
    Ok(Box::pin(async move { Ok(RunningCounterpart { counterpart, server: Box::new(starting.await?) }) }))
}

/// A counterpart that runs.
pub struct RunningCounterpart {
    counterpart: &'static Counterpart,
    server: Box<dyn Erased>,
}

/// A server whose type is forgotten.
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

impl RunningCounterpart {
    /// What kind of counterpart it is.
    #[must_use]
    pub fn counterpart(&self) -> &'static Counterpart {
        self.counterpart
    }

    /// What the readiness line says.
    #[must_use]
    pub fn readiness(&self) -> serde_json::Value {
        self.server.readiness(self.counterpart)
    }

    /// Says for so long that it is not ready (`GET /readyz`), while requests are still answered: what a stop begins with where a
    /// load balancer stands before it.
    pub fn drain(&self, time: Duration) -> BoxFuture<'_, ()> {
        self.server.drain(time)
    }

    /// Puts data in, for tests and demonstrations; whether it was started with `control` or not. What it takes and answers is on
    /// the server's page in `docs/`, under `POST seed`.
    pub fn seed(&self, data: serde_json::Value) -> BoxFuture<'static, Result<serde_json::Value>> {
        self.control(orders::SEED, data)
    }

    /// Carries out an order of the control interface, by its path: `seed`, `reset`, `clock`, `fail_next`, `limits`, `outbox`,
    /// `transcript`, or one that only this kind of server has (`sandbox/` before it may be left out). Every order but `seed` needs a server that was started with `control`.
    /// What an order takes and answers is on the server's page in `docs/`.
    ///
    /// The future may be awaited after the server was stopped; the order is then refused or has no effect.
    pub fn control(&self, order: &str, request: serde_json::Value) -> BoxFuture<'static, Result<serde_json::Value>> {
        self.server.control(order.strip_prefix("sandbox/").unwrap_or(order).to_owned(), request)
    }

    /// Stops: no new requests, running ones get some time to finish.
    pub fn stop(self) -> BoxFuture<'static, ()> {
        self.server.end()
    }
}

impl fmt::Debug for RunningCounterpart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningCounterpart").field("kind", &self.counterpart.kind).finish_non_exhaustive()
    }
}
