//! The client of a command whose protocol has no sessions: its settings are in a JSON file, completed by the environment
//! and, where the protocol has them, overridden by options.

use bankchannel::{Client, Settings};
use bankchannel_foundation::operation::CatalogueEntry;
use clap::{ArgMatches, Command};
use serde_json::{Value, json};

use crate::{
    exit::{CommandFailure, CommandOutcome},
    options::{optional, read_settings, settings_file},
};

/// Options that are settings of a protocol's client, on each of its commands.
pub(crate) struct ClientCommands {
    /// The protocol's name.
    pub(crate) protocol: &'static str,
    /// Adds the options.
    pub(crate) arguments: fn(Command) -> Command,
    /// The client for an operation, from the settings file's JSON and the options.
    pub(crate) client: fn(Value, &CatalogueEntry, &ArgMatches) -> CommandOutcome<Client>,
}

/// Whether the protocol of an operation has clients.
pub(super) fn exists_for(entry: &CatalogueEntry) -> bool {
    bankchannel::protocols::protocol(entry.declaration.protocol).is_some_and(|protocol| protocol.client.is_some())
}

/// Adds the options for the settings, with those of the protocol's own.
pub(super) fn arguments(command: Command, own: Option<&ClientCommands>) -> Command {
    let command = settings_file(command);
    match own {
        Some(own) => (own.arguments)(command),
        None => command,
    }
}

/// The client of a command.
pub(super) fn of_options(
    own: Option<&ClientCommands>,
    entry: &CatalogueEntry,
    matches: &ArgMatches,
) -> CommandOutcome<Client> {
    match own {
        Some(own) => (own.client)(filed(own.protocol, matches)?, entry, matches),
        None => Ok(Client::new(client_settings(entry.declaration.protocol, matches)?)?),
    }
}

/// The settings of `--settings` for clients of this protocol, completed from the environment.
pub(crate) fn client_settings(protocol: &str, matches: &ArgMatches) -> CommandOutcome<Settings> {
    let mut given = filed(protocol, matches)?;
    if let Some(members) = given.as_object_mut() {
        members.insert("protocol".to_owned(), protocol.into());
    }
    Ok(Settings::read_or_env(given.into())?)
}

/// The JSON of `--settings`. All languages use the same file, so it may name the protocol.
fn filed(protocol: &str, matches: &ArgMatches) -> CommandOutcome<Value> {
    let Some(path) = optional(matches, "settings") else { return Ok(json!({})) };
    let mut given = read_settings(&path)?;
    let named = given.as_object_mut().and_then(|members| members.remove("protocol"));
    if named.is_some_and(|named| !named.is_null() && named != protocol) {
        return Err(CommandFailure::usage(format!("--settings: protocol must be {protocol} or absent")));
    }
    Ok(given)
}
