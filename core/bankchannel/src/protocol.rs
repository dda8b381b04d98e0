//! A protocol as one value: everything that the library knows of it.
//!
//! ```text
//!   PROTOCOLS ─► Protocol ─┬─ operations   Callable: declaration, shapes, and the function that carries it out
//!                          ├─ errors       its rows of the error table
//!                          └─ client       ClientKind: class, settings, variables, how one is made; or none
//! ```

use std::any::Any;

use bankchannel_foundation::{
    Boundary as _, Content, Local, Result,
    error::Row,
    model::{Profile, Shape, Value},
    operation::{Entry, Operation},
};

use crate::{
    CallOptions, Settings,
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
    /// Its operations in groups, which follow each other in the catalogue.
    pub operations: &'static [&'static [Callable]],
    /// Its rows of the error table.
    pub errors: &'static [&'static Row],
    /// How its operations are reached on the command line.
    pub commands: Commands,
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
    /// Each is a command of its name, in the group of its subject.
    BySubject,
    /// By `call` alone; the protocol may have commands of its own.
    ByCall,
}

/// What is known of the clients of a protocol.
#[derive(Debug)]
#[non_exhaustive]
pub struct ClientKind {
    /// The class in every language, `WsChannel`.
    pub class: &'static str,
    /// What it does, in a few words.
    pub what: &'static str,
    /// The shape of the settings.
    pub settings: &'static Shape,
    /// The environment's variables that settings are read from, each with its setting.
    pub variables: &'static [(&'static str, &'static str)],
    /// Reads settings from their boundary form.
    pub(crate) read: fn(Value<'_>) -> Result<Settings>,
}

impl ClientKind {
    pub(crate) const fn of<C: ProtocolClient>(
        class: &'static str,
        what: &'static str,
        variables: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self { class, what, settings: C::Settings::SHAPE, variables, read: Settings::read_as::<C::Settings> }
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
