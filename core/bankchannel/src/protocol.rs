//! A protocol as one value: everything that the library knows about it.
//!
//! ```text
//!   PROTOCOLS ─► Protocol ─┬─ operations   Callable: declaration, shapes, and the function that carries it out
//!                          ├─ errors       its rows of the error table
//!                          ├─ sessions     how a session is kept between runs; or none
//!                          └─ client       ClientKind: settings, variables, constructor; or none
//! ```

#[cfg(feature = "clients")]
use std::{any::Any, time::Instant};

use bankchannel_foundation::{
    Error, Result,
    error::{ErrorRow, row},
    model::{Content, Profile, Value},
    operation::{CatalogueEntry, Command, CommandGroup, Declaration, Local, OperationKind},
    question::Interface,
};

#[cfg(feature = "clients")]
use bankchannel_foundation::{
    Secret,
    model::{Boundary as _, Field, Shape},
    operation::Operation,
};

#[cfg(feature = "clients")]
use crate::{
    CallOptions, Client, Settings,
    by_name::RunningCall,
    client::{ClientSettings, ProtocolClient, VariableSource, variable, variables},
};
use crate::{by_name::CallDone, local};

/// Everything that the library knows about a protocol. The catalogue, the error table, the clients, the generators of
/// all languages and the command line are built from it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Protocol {
    /// `ws-channel`.
    pub name: &'static str,
    /// The prefix of its operations' names: `ws_channel`.
    pub module: &'static str,
    /// The class in every language that has its operations: the class of its clients, `WsChannel`, or a class of
    /// functions if it has no clients.
    pub class: &'static str,
    /// A short description of that class.
    pub what: &'static str,
    /// Its operations in groups, in the order of the catalogue.
    pub operations: &'static [&'static [CallableOperation]],
    /// Its rows of the error table.
    pub errors: &'static [&'static ErrorRow],
    /// Interfaces for the program's own objects that answer the typed questions of its clients.
    pub interfaces: &'static [&'static Interface],
    /// How its operations are reached on the command line.
    pub commands: CommandPlacement,
    /// The help of its groups of commands.
    pub groups: &'static [CommandGroup],
    /// How its sessions are kept; `None` if its clients have none.
    #[cfg(feature = "clients")]
    pub sessions: Option<SessionKeeping>,
    /// Its client; `None` if every operation only computes.
    #[cfg(feature = "clients")]
    pub client: Option<ClientKind>,
}

impl Protocol {
    /// Its operations, in the catalogue's order.
    pub fn callables(&self) -> impl Iterator<Item = &'static CallableOperation> + use<> {
        self.operations.iter().flat_map(|group| group.iter())
    }
}

/// How the operations of a protocol are reached on the command line, in addition to `call`, which reaches all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandPlacement {
    /// Each operation is a command with its name, in the group of its subject, or as its declaration specifies.
    BySubject,
    /// Each exchange and each flow is a command with its name, in this group. An operation that only computes has the
    /// commands that it declares.
    InGroup(&'static str),
    /// Only by `call`.
    ByCall,
}

impl CommandPlacement {
    /// The group of the commands that an operation declares; `None` if it is reached only by `call`.
    #[must_use]
    pub fn declared(self, declaration: &Declaration) -> Option<&'static str> {
        match self {
            Self::BySubject => Some(declaration.command_group()),
            Self::InGroup(group) => Some(group),
            Self::ByCall => None,
        }
    }

    /// The group of the command with an operation's own name; `None` if there is no such command.
    #[must_use]
    pub fn group(self, declaration: &Declaration) -> Option<&'static str> {
        let is_computed = matches!(self, Self::InGroup(_)) && declaration.kind == OperationKind::Local;
        self.declared(declaration).filter(|_| !is_computed)
    }

    /// The command of an operation, with its group: the declared one that does all that the one with the operation's own
    /// name does, else that one, else the first that is declared. `None` if the operation is reached only by `call`.
    #[must_use]
    pub fn command(self, entry: &CatalogueEntry) -> Option<String> {
        let (declaration, own) = (entry.declaration, self.group(entry.declaration));
        let mut declared = declaration.commands.iter().filter(|command| command.given.is_empty());
        let is_listed = |command: &&Command| own.is_none() || command.replaces();
        match (declared.find(is_listed), own) {
            (Some(command), _) => Some(format!("{} {}", self.declared(declaration)?, command.name)),
            (None, own) => Some(format!("{} {}", own?, entry.short_name().replace('_', "-"))),
        }
    }
}

#[cfg(feature = "clients")]
/// A program needs this to keep a protocol's session between its runs. Operations are given by name.
#[derive(Debug)]
#[non_exhaustive]
pub struct SessionKeeping {
    /// The session that an operation needs.
    pub needs: fn(&CatalogueEntry) -> SessionNeed,
    /// The current session of a client; empty for a client of another protocol.
    pub of: fn(&Client) -> KeptSession,
    /// The base URL in effect for settings, without a trailing slash: a session belongs to this service alone.
    pub service: fn(&Settings) -> Option<String>,
    /// Operations that log in; the first one is the whole login as one call.
    pub log_in: &'static [&'static str],
    /// The login in steps: the operations that begin and continue it.
    pub steps: [&'static str; 2],
    /// Says whether the session lives, and needs none.
    pub state: &'static str,
    /// Ends the session.
    pub log_out: &'static str,
    /// Operations that end the user's sessions.
    pub ended_by: &'static [&'static str],
    /// Operations whose resulting session is to be kept.
    pub kept_after: &'static [&'static str],
    /// The error when the program itself finds that the session has expired.
    pub expired: &'static ErrorRow,
    /// The error when the service no longer accepts the session.
    pub refused: &'static ErrorRow,
    /// The error when there is no session.
    pub missing: &'static ErrorRow,
    /// The error when the session has another mode.
    pub wrong_mode: &'static ErrorRow,
    /// Kinds of questions, each with the environment variable for the answer: `PREFIX_CODE`; `PREFIX_MODE_CODE` takes
    /// precedence.
    pub codes: &'static [(&'static str, &'static str)],
}

#[cfg(feature = "clients")]
/// The session that an operation needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionNeed {
    /// None, or no specific one.
    Nothing,
    /// A session of any mode; the service itself may check the mode.
    Session,
    /// An admin session.
    Admin,
}

#[cfg(feature = "clients")]
/// A session in the form in which it is kept.
#[derive(Debug, Default)]
pub struct KeptSession {
    /// The token.
    pub token: Option<Secret>,
    /// Its mode.
    pub mode: Option<&'static str>,
    /// Its end; `None` if not known.
    pub ends: Option<Instant>,
    /// The API key.
    pub api_key: Option<Secret>,
}

#[cfg(feature = "clients")]
/// A protocol's client.
#[derive(Debug)]
#[non_exhaustive]
pub struct ClientKind {
    /// The shape of the settings.
    pub settings: &'static Shape,
    /// The prefix of the environment variables for settings: `ISECURE_`.
    pub variable_prefix: &'static str,
    /// Reads settings from their boundary form, completed from variables, if there are some.
    pub(crate) read: fn(Value<'_>, Option<&VariableSource<'_>>) -> Result<Settings>,
    /// Checks the names of variables that are set.
    pub(crate) check_names: fn(&mut dyn Iterator<Item = String>) -> Result<()>,
}

#[cfg(feature = "clients")]
impl ClientKind {
    pub(crate) const fn for_client<C: ProtocolClient>() -> Self {
        let variable_prefix = <C::Settings as ClientSettings>::VARIABLE_PREFIX;
        Self {
            settings: C::Settings::SHAPE,
            variable_prefix,
            read: Settings::read_as::<C::Settings>,
            check_names: |mut set| variables::check_names::<C::Settings>(&mut set),
        }
    }

    /// Checks the environment's variables with the prefix of these settings, for a program that reads them itself.
    ///
    /// # Errors
    /// `configuration.invalid`, which names the variable: one that is no setting, or an address that is set and empty and
    /// that the program does not have from elsewhere.
    pub fn check_environment(&self, has: impl Fn(&str) -> bool) -> Result<()> {
        (self.check_names)(&mut variables::names_set())?;
        let fields = self.settings.fields().iter();
        let mut addresses = fields.filter(|field| variables::is_address(field) && !has(field.name));
        addresses.try_for_each(|field| variables::given(self.variable_prefix, field, variable).map(drop))
    }

    /// The environment variables for settings, each with its setting. Where two set the same, the first one counts.
    pub fn variables(&self) -> impl Iterator<Item = (String, &'static Field)> + use<> {
        let prefix = self.variable_prefix;
        self.settings
            .fields()
            .iter()
            .flat_map(move |field| variables::names(prefix, field).map(move |name| (name, field)))
    }
}

/// An operation with its implementation.
#[derive(Debug)]
pub struct CallableOperation {
    /// Its declaration and shapes.
    pub entry: CatalogueEntry,
    pub(crate) run: OperationRun,
}

/// The implementation of an operation.
#[derive(Debug)]
pub(crate) enum OperationRun {
    /// Runs on the caller's own thread, without a client.
    Local(LocalFn),
    /// Runs on a client of the protocol.
    #[cfg(feature = "clients")]
    ByClient(ClientFn),
}

type LocalFn = fn(Value<'_>, Option<Content>, Option<&dyn Profile>) -> Result<CallDone<Value<'static>>>;
#[cfg(feature = "clients")]
type ClientFn = for<'a> fn(&'a AnyClient, Value<'static>, CallOptions) -> RunningCall<'a>;

#[cfg(feature = "clients")]
/// A client whose type is known only to its own operations.
pub(crate) type AnyClient = dyn Any + Send + Sync;

impl CallableOperation {
    pub(crate) const fn local<O: Local>() -> Self {
        Self { entry: CatalogueEntry::for_operation::<O>(), run: OperationRun::Local(local::carry_out::<O>) }
    }

    #[cfg(feature = "clients")]
    pub(crate) const fn by_client<O: Operation>(run: ClientFn) -> Self {
        Self { entry: CatalogueEntry::for_operation::<O>(), run: OperationRun::ByClient(run) }
    }

    /// Carries out a local operation: see [`call_local_values`](crate::call_local_values).
    ///
    /// # Errors
    /// As [`call_local_values`](crate::call_local_values).
    pub fn run_local(
        &self,
        request: Value<'_>,
        content: Option<Content>,
        profile: Option<&dyn Profile>,
    ) -> Result<Value<'static>> {
        match self.run {
            OperationRun::Local(run) => run(request, content, profile).map(|done| done.response),
            #[cfg(feature = "clients")]
            OperationRun::ByClient(_) => Err(Error::because(
                &row::UNKNOWN_OPERATION,
                format!("`{}` is not a local operation: it needs a client", self.entry.declaration.name),
            )),
        }
    }
}
