//! A protocol as one value: everything that the library knows of it.
//!
//! ```text
//!   PROTOCOLS ─► Protocol ─┬─ operations   Callable: declaration, shapes, and the function that carries it out
//!                          ├─ errors       its rows of the error table
//!                          ├─ sessions     what keeping one between runs takes; or none
//!                          └─ client       ClientKind: settings, variables, how one is made; or none
//! ```

use std::{any::Any, time::Instant};

use bankchannel_foundation::{
    Boundary as _, Content, Local, Result, Secret,
    error::Row,
    model::{Profile, Shape, Value},
    operation::{Entry, Operation},
    question::Interface,
};

use crate::{
    CallOptions, Client, Settings,
    by_name::{Done, Running},
    client::ProtocolClient,
    local,
};

/// Everything that the library knows of a protocol. The catalogue, the error table, clients, the generators of all languages
/// and the command line read it from here.
#[derive(Debug)]
#[non_exhaustive]
pub struct Protocol {
    /// `ws-channel`.
    pub name: &'static str,
    /// What stands before the names of its operations: `ws_channel`.
    pub module: &'static str,
    /// The class in every language that has its operations: of its clients, `WsChannel`, or of functions where it has none.
    pub class: &'static str,
    /// What that is, in a few words.
    pub what: &'static str,
    /// Its operations in groups, which follow each other in the catalogue.
    pub operations: &'static [&'static [Callable]],
    /// Its rows of the error table.
    pub errors: &'static [&'static Row],
    /// Objects of the program's own that its clients ask typed questions.
    pub interfaces: &'static [&'static Interface],
    /// How its operations are reached on the command line.
    pub commands: Commands,
    /// What keeping sessions takes; `None` where its clients have none.
    pub sessions: Option<Sessions>,
    /// Its client; `None` where every operation only computes.
    pub client: Option<ClientKind>,
}

impl Protocol {
    /// Its operations, in the catalogue's order.
    pub fn callables(&self) -> impl Iterator<Item = &'static Callable> + use<> {
        self.operations.iter().flat_map(|group| group.iter())
    }
}

/// How the operations of a protocol are reached on the command line, besides `call`, which reaches all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commands {
    /// Each is a command of its name, in the group of its subject, or as its declaration says.
    BySubject,
    /// By `call` alone; the protocol may have commands of its own.
    ByCall,
}

/// What a program has to know of a protocol whose clients have sessions, to keep one between its runs. Operations are given by
/// their names.
#[derive(Debug)]
#[non_exhaustive]
pub struct Sessions {
    /// What an operation wants of the session.
    pub needs: fn(&Entry) -> SessionNeed,
    /// The session that a client has; nothing in it for a client of another protocol.
    pub of: fn(&Client) -> KeptSession,
    /// The base URL that settings lead to, without a slash at its end: a session is of this service alone.
    pub service: fn(&Settings) -> Option<String>,
    /// Those that log in; the first is the whole login as one call.
    pub log_in: &'static [&'static str],
    /// The whole login in steps: what begins it, and what goes on with it.
    pub steps: [&'static str; 2],
    /// Ends the session.
    pub log_out: &'static str,
    /// Those after which the user's sessions are over.
    pub ended_by: &'static [&'static str],
    /// Those whose result is to be kept.
    pub kept_after: &'static [&'static str],
    /// The session has expired, as the program itself finds out.
    pub expired: &'static Row,
    /// The service no longer accepts the session.
    pub refused: &'static Row,
    /// There is no session.
    pub missing: &'static Row,
    /// The session is of another mode.
    pub wrong_mode: &'static Row,
    /// Kinds of questions, with the environment's variable for the answer: `PREFIX_CODE`, before it `PREFIX_MODE_CODE`.
    pub codes: &'static [(&'static str, &'static str)],
}

/// What an operation wants of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionNeed {
    /// None, or none in particular.
    Nothing,
    /// A session of any mode, or of the modes that the service itself checks.
    Session,
    /// An admin session.
    Admin,
}

/// A session as it is kept.
#[derive(Debug, Default)]
pub struct KeptSession {
    /// The token.
    pub token: Option<Secret>,
    /// Its mode.
    pub mode: Option<&'static str>,
    /// When it ends; `None` is not known.
    pub ends: Option<Instant>,
    /// The API key.
    pub api_key: Option<Secret>,
}

/// What is known of the clients of a protocol.
#[derive(Debug)]
#[non_exhaustive]
pub struct ClientKind {
    /// The shape of the settings.
    pub settings: &'static Shape,
    /// The environment's variables that settings are read from, each with its setting.
    pub variables: &'static [(&'static str, &'static str)],
    /// Reads settings from their boundary form.
    pub(crate) read: fn(Value<'_>) -> Result<Settings>,
}

impl ClientKind {
    pub(crate) const fn of<C: ProtocolClient>(variables: &'static [(&'static str, &'static str)]) -> Self {
        Self { settings: C::Settings::SHAPE, variables, read: Settings::read_as::<C::Settings> }
    }
}

/// An operation with the function that carries it out.
#[derive(Debug)]
pub struct Callable {
    /// Its declaration and shapes.
    pub entry: Entry,
    pub(crate) run: Run,
}

/// How an operation is carried out.
#[derive(Debug)]
pub(crate) enum Run {
    /// On the caller's own thread, without a client.
    Local(LocalFn),
    /// By a client of the protocol.
    ByClient(ClientFn),
}

type LocalFn = fn(Value<'_>, Option<Content>, Option<&dyn Profile>) -> Result<Done<Value<'static>>>;
type ClientFn = for<'a> fn(&'a AnyClient, Value<'static>, CallOptions) -> Running<'a>;

/// A client whose type only its own operations know.
pub(crate) type AnyClient = dyn Any + Send + Sync;

impl Callable {
    pub(crate) const fn local<O: Local>() -> Self {
        Self { entry: Entry::of::<O>(), run: Run::Local(local::carry_out::<O>) }
    }

    pub(crate) const fn by_client<O: Operation>(run: ClientFn) -> Self {
        Self { entry: Entry::of::<O>(), run: Run::ByClient(run) }
    }
}
