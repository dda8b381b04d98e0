//! Operations of a connector: a command for each exchange with the hub, and for each flow over the store.

use bankchannel::{
    Client,
    salt_edge_connector::{PROTOCOL, SaltEdgeConnector, SaltEdgeConnectorSettings},
};
use bankchannel_foundation::{
    model::{cited, read_boundary},
    operation::{Ask, CatalogueEntry, OperationKind},
};
use clap::{ArgMatches, Command};
use serde_json::json;

use super::work;
use crate::{
    exit::{CommandFailure, CommandOutcome},
    operations::{
        OperationArguments, bank_argument, carry_out_shown, force_argument, output_argument, request_of_options,
        signer_argument,
    },
    options::{Common, add_fields, kebab, read_settings, settings_file},
};

/// A command for every exchange and every flow.
pub(super) fn commands() -> impl Iterator<Item = Command> {
    entries().map(command)
}

/// Runs the command of this name; `None` if there is none.
pub(super) fn run(name: &str, matches: &ArgMatches) -> Option<CommandOutcome> {
    entries().find(|entry| kebab(entry.short_name()) == name).map(|entry| ask(entry, matches))
}

fn entries() -> impl Iterator<Item = &'static CatalogueEntry> {
    let of_connector = bankchannel::catalogue().filter(|entry| entry.declaration.protocol == PROTOCOL);
    of_connector.filter(|entry| matches!(entry.declaration.kind, OperationKind::Exchange | OperationKind::Flow))
}

fn command(entry: &'static CatalogueEntry) -> Command {
    let declaration = entry.declaration;
    let command = settings_file(Command::new(kebab(entry.short_name())))
        .mut_arg("settings", |settings| {
            settings.help("A JSON file with the client's settings, the same in every language").required(true)
        })
        .about(declaration.summary)
        .long_about(format!("{}.\n\n{}", declaration.summary, cited(declaration.doc).text));
    let signs = declaration.route.is_some() || declaration.asks.contains(&Ask::Signature { of: None });
    let command = if signs { command.arg(signer_argument()) } else { command };
    let command = if declaration.asks_object().is_some() { command.arg(bank_argument()) } else { command };
    let command = add_fields(command, &[entry]).arg(output_argument()).arg(force_argument());
    if is_work(entry) { work::with_options(command) } else { command }
}

fn is_work(entry: &CatalogueEntry) -> bool {
    entry.short_name() == "work"
}

fn ask(entry: &'static CatalogueEntry, matches: &ArgMatches) -> CommandOutcome {
    let settings = settings(matches)?;
    if is_work(entry) && work::is_meant(matches) {
        return work::run(settings, matches);
    }
    let common = Common::without_settings(matches);
    let client = Client::from(SaltEdgeConnector::new(settings)?);
    let OperationArguments { json, content } = request_of_options(entry, matches, &common)?;
    carry_out_shown(&client, entry, json, content, matches, &common)
}

/// The settings of `--settings`.
pub(super) fn settings(matches: &ArgMatches) -> CommandOutcome<SaltEdgeConnectorSettings> {
    let mut given = matches.get_one::<String>("settings").map_or_else(|| Ok(json!({})), |path| read_settings(path))?;
    if let Some(members) = given.as_object_mut() {
        // All languages use the same file, so it may name the protocol.
        if members.remove("protocol").is_some_and(|named| named != PROTOCOL) {
            return Err(CommandFailure::usage(format!("--settings: protocol must be {PROTOCOL} or absent")));
        }
    }
    Ok(read_boundary::<SaltEdgeConnectorSettings>(given)?.or(SaltEdgeConnectorSettings::from_env()?))
}
