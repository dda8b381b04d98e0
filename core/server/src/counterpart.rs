//! A counterpart as a value: the static description of a kind of embedded server, and one that runs.

use std::time::{Duration, Instant};

use bankchannel_foundation::{
    Result,
    model::{self, Boundary, Content, Field, Representation, Shape, Value, Writer},
    operation::CatalogueEntry,
};
use futures_util::future::BoxFuture;
use serde::Serialize;

use crate::{
    configuration::{ConfigurationForm, ReloadReport},
    http::server::RunningServers,
    log::LogSettings,
    migration::DataMigration,
    operator::CallableCommand,
    orders::{COMMON_ORDERS, CallableOrder},
};

/// The member of the readiness line of a server that plays several peers: for each of them the settings of its client.
pub const CLIENTS: &str = "clients";

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
    /// callers. `None` if its protocol is none that OpenAPI describes, as SOAP.
    pub openapi: Option<fn() -> serde_json::Value>,
    /// Checks everything that a start with these options would need, without serving; `None` if there is no check.
    pub check: Option<CheckFn>,
    /// Brings its stored data up to date, without serving; `None` if a command of its operator does that, or nothing.
    pub migrate: Option<MigrateFn>,
    /// How its configuration file is read, if it has one.
    pub configuration: Option<&'static ConfigurationForm>,
    /// How it logs, by its start options; `None` for a kind without such settings.
    pub logs: Option<LogsFn>,
    own_orders: &'static [&'static [CallableOrder]],
    operator: &'static [&'static [CallableCommand]],
    start: StartFn,
}

/// The longest stop of a server that waits for nothing but its own last answers.
const PLAIN_STOP: Duration = Duration::from_secs(20);

/// See [`Counterpart::check`]. Options that cannot be read are an error.
pub type CheckFn = for<'a> fn(Value<'a>) -> Result<BoxFuture<'static, Vec<ServerFinding>>>;

/// See [`Counterpart::migrate`]. Options that cannot be read are an error.
pub type MigrateFn = for<'a> fn(Value<'a>) -> Result<BoxFuture<'static, Result<DataMigration>>>;

/// See [`Counterpart::logs`].
pub type LogsFn = for<'a> fn(Value<'a>) -> Result<LogSettings>;

/// The result of checking one subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServerFinding {
    /// `configuration`, `banks`, `listen`, `bank_interface_listen`, `bank`, `data`, `store`, `keys` or `files`.
    pub subject: &'static str,
    /// Whether a start would succeed in this respect.
    pub ok: bool,
    /// The finding, and how to fix it.
    pub text: String,
}

impl ServerFinding {
    /// A start would succeed in this respect.
    pub fn good(subject: &'static str, text: impl Into<String>) -> Self {
        Self { subject, ok: true, text: text.into() }
    }

    /// A start would fail because of this.
    pub fn bad(subject: &'static str, text: impl Into<String>) -> Self {
        Self { subject, ok: false, text: text.into() }
    }
}

type StartFn = for<'a> fn(&'static Counterpart, Value<'a>) -> Result<StartingServer>;

/// A starting counterpart.
pub type StartingServer = BoxFuture<'static, Result<Box<dyn RunningServer>>>;

/// What each kind of server implements.
pub trait ServerKind: Sized + Send + Sync + 'static {
    /// Its start options.
    type Options: Boundary;
    /// The content of its readiness line.
    type Readiness: Boundary;
    /// See [`Counterpart::check`].
    const CHECK: Option<CheckFn> = None;
    /// See [`Counterpart::migrate`].
    const MIGRATE: Option<MigrateFn> = None;
    /// See [`Counterpart::logs`].
    const LOGS: Option<LogsFn> = None;
    /// The orders that only this kind has, the same as its control target's; none for a kind without control interface.
    const ORDERS: &'static [&'static [CallableOrder]] = &[];
    /// See [`Counterpart::configuration`].
    const CONFIGURATION: Option<&'static ConfigurationForm> = None;
    /// The commands of its operator.
    const OPERATOR: &'static [&'static [CallableCommand]] = &[];

    /// Opens the data folder, binds the address and begins to serve.
    ///
    /// # Errors
    /// `configuration.invalid` for unusable options, `resource.storage` for an unusable data folder.
    fn begin(options: Self::Options) -> BoxFuture<'static, Result<Self>>;

    /// The content of its readiness line.
    fn ready(&self) -> Self::Readiness;

    /// The server that answers its requests and carries out its orders.
    fn server(&self) -> &RunningServers;

    /// How long [`end`](Self::end) takes at most: what a supervisor must give it.
    fn longest_stop(&self) -> Duration {
        PLAIN_STOP
    }

    /// Reads its configuration again, with the checks of a start, and applies what can be applied while it runs. An error
    /// changes nothing. `None` for a kind that has nothing to reload.
    ///
    /// It may be dropped before its end: then nothing has changed either.
    fn reload(&self) -> Option<BoxFuture<'_, Result<ReloadReport>>> {
        None
    }

    /// Stops: accepts no new requests, and gives running ones some time to finish.
    fn end(self) -> BoxFuture<'static, ()>;
}

impl Counterpart {
    /// The counterpart that servers of the type `S` are.
    pub const fn declare<S: ServerKind>(
        kind: &'static str,
        protocol: &'static str,
        (class, short_class): (&'static str, &'static str),
        what: &'static str,
        openapi: Option<fn() -> serde_json::Value>,
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
            migrate: S::MIGRATE,
            configuration: S::CONFIGURATION,
            logs: S::LOGS,
            own_orders: S::ORDERS,
            operator: S::OPERATOR,
            start: start::<S>,
        }
    }

    /// The orders that a running one carries out: those that every server has, and its own; none without control interface.
    pub fn orders(&self) -> impl Iterator<Item = &'static CatalogueEntry> + use<> {
        let common = if self.own_orders.is_empty() { &[] } else { COMMON_ORDERS };
        common.iter().chain(self.own_orders.iter().copied().flatten()).map(|order| &order.entry)
    }

    /// The commands of a service's operator; none for a counterpart that needs no operator.
    pub fn operator_commands(&self) -> impl Iterator<Item = &'static CallableCommand> + use<> {
        self.operator.iter().copied().flatten()
    }

    /// Starts a counterpart with options in their boundary form, on the runtime that polls the result.
    ///
    /// # Errors
    /// `input.*` for options that cannot be read. Starting: `configuration.invalid`, `resource.storage`.
    pub fn start(&'static self, options: Value<'_>) -> Result<StartingServer> {
        (self.start)(self, options)
    }

    /// The readiness line: the kind and each member, `null` if absent.
    pub fn readiness_line(&self, ready: impl Boundary) -> serde_json::Value {
        let written = serde_json::Value::from(ready.write(&mut Writer::new(Representation::Boundary)));
        let mut line = serde_json::Map::new();
        line.insert("kind".to_owned(), self.kind.into());
        for member in self.readiness {
            let value = written.get(member.name).cloned().unwrap_or_default();
            line.insert(member.name.to_owned(), with_nulls(value, member.shape));
        }
        line.into()
    }
}

/// A value with `null` for each member that is absent, but for a list: one that is absent stays so.
pub(crate) fn with_nulls(value: serde_json::Value, shape: &Shape) -> serde_json::Value {
    use serde_json::Value;
    match (value, shape) {
        (Value::Object(mut members), Shape::Struct(of)) => {
            let is_left_out = |value: &Value, member: &Field| value.is_null() && matches!(member.shape, Shape::List(_));
            let take = |member: &Field| {
                let value = members.remove(member.name).unwrap_or_default();
                (!is_left_out(&value, member)).then(|| (member.name.to_owned(), with_nulls(value, member.shape)))
            };
            of.fields.iter().filter_map(take).collect()
        }
        (Value::Array(items), Shape::List(item)) => items.into_iter().map(|value| with_nulls(value, item)).collect(),
        (value, _) => value,
    }
}

/// A value without the members that its shape has not: what a peer of a later version adds.
pub(crate) fn only_known(value: serde_json::Value, shape: &Shape) -> serde_json::Value {
    use serde_json::Value;
    match (value, shape) {
        (Value::Object(mut members), Shape::Struct(of)) => {
            let take =
                |member: &Field| Some((member.name.to_owned(), only_known(members.remove(member.name)?, member.shape)));
            of.fields.iter().filter_map(take).collect()
        }
        (Value::Array(items), Shape::List(item)) => items.into_iter().map(|value| only_known(value, item)).collect(),
        (value, _) => value,
    }
}

fn start<S: ServerKind>(counterpart: &'static Counterpart, options: Value<'_>) -> Result<StartingServer> {
    let starting = S::begin(model::read_boundary(options)?);
    Ok(Box::pin(async move {
        let begun = Instant::now();
        let started = StartedServer { counterpart, server: starting.await? };
        let ready = started.readiness();
        tracing::info!(
            target: "bankchannel::life",
            kind = counterpart.kind,
            version = env!("CARGO_PKG_VERSION"),
            base_url = ready["base_url"].as_str(),
            operator_url = ready["operator_url"].as_str(),
            took_ms = milliseconds(begun),
            "started"
        );
        Ok(Box::new(started) as Box<dyn RunningServer>)
    }))
}

/// A running server of any kind.
pub trait RunningServer: Send + Sync {
    /// Its kind.
    fn counterpart(&self) -> &'static Counterpart;
    /// The content of the readiness line.
    fn readiness(&self) -> serde_json::Value;
    /// Reports for this long that the server is not ready, while requests are still answered.
    fn drain(&self, time: Duration) -> BoxFuture<'_, ()>;
    /// Carries out an order of the control interface, given by its path.
    fn control(&self, order: String, request: serde_json::Value) -> BoxFuture<'static, Result<serde_json::Value>>;
    /// Carries out an order by its declared name, with request and answer as declared; its content is beside the request.
    fn declared_order(
        &self,
        name: &'static str,
        request: serde_json::Value,
        content: Option<Content>,
    ) -> BoxFuture<'static, Result<serde_json::Value>>;
    /// How long [`stop`](Self::stop) takes at most.
    fn longest_stop(&self) -> Duration;
    /// See [`ServerKind::reload`].
    fn reload(&self) -> Option<BoxFuture<'_, Result<ReloadReport>>>;
    /// Stops: accepts no new requests, and gives running ones some time to finish.
    fn stop(self: Box<Self>) -> BoxFuture<'static, ()>;
}

/// A running server with the counterpart that it was started as.
struct StartedServer<S> {
    counterpart: &'static Counterpart,
    server: S,
}

impl<S: ServerKind> RunningServer for StartedServer<S> {
    fn counterpart(&self) -> &'static Counterpart {
        self.counterpart
    }

    fn readiness(&self) -> serde_json::Value {
        self.counterpart.readiness_line(self.server.ready())
    }

    fn drain(&self, time: Duration) -> BoxFuture<'_, ()> {
        self.server.server().drain(time)
    }

    fn control(&self, order: String, request: serde_json::Value) -> BoxFuture<'static, Result<serde_json::Value>> {
        self.server.server().order(order, request)
    }

    fn declared_order(
        &self,
        name: &'static str,
        request: serde_json::Value,
        content: Option<Content>,
    ) -> BoxFuture<'static, Result<serde_json::Value>> {
        self.server.server().declared_order(name, request, content)
    }

    fn longest_stop(&self) -> Duration {
        self.server.longest_stop()
    }

    fn reload(&self) -> Option<BoxFuture<'_, Result<ReloadReport>>> {
        self.server.reload()
    }

    fn stop(self: Box<Self>) -> BoxFuture<'static, ()> {
        let kind = self.counterpart.kind;
        Box::pin(async move {
            let begun = Instant::now();
            tracing::info!(target: "bankchannel::life", kind, "stopping");
            self.server.end().await;
            tracing::info!(target: "bankchannel::life", kind, took_ms = milliseconds(begun), "stopped");
        })
    }
}

fn milliseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
