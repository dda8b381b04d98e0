//! `control`: orders to a server that runs with `--control`, from their declarations.

use bankchannel::Content;
use bankchannel_bridge::runtime;
use bankchannel_counterparts::{COUNTERPARTS, Counterpart, RemoteControl};
use bankchannel_foundation::{
    model::{Field, Shape, cited},
    operation::CatalogueEntry,
};
use clap::{Arg, ArgMatches, Command};
use serde_json::Map;

use crate::{
    exit::{CommandFailure, CommandOutcome},
    options::{add_common, format, kebab, option, option_value, read_bytes, sentence, text},
    output::Format,
};

const EXAMPLES: &str = "Examples:
  bankchannel serve sepa-bank --data bank --control             its readiness line has \"control_url\"
  bankchannel control sepa-bank uploads --control-url http://127.0.0.1:41234
  bankchannel control sepa-bank clock --control-url http://127.0.0.1:41234 --advance-s 61
  bankchannel control sepa-bank fail-next --control-url http://127.0.0.1:41234 --operation list_files --status 503
  bankchannel control sepa-bank seed --control-url http://127.0.0.1:41234 --files @files.json";

/// The option with the server's address. An order's own field may be called `url`.
const ADDRESS: &str = "control-url";

pub(crate) fn command() -> Command {
    let about = "Give an order to a server that runs with --control: its clock, faults, data for tests";
    let command = Command::new("control").about(about).after_help(EXAMPLES);
    kinds().fold(command.subcommand_required(true).arg_required_else_help(true), |command, counterpart| {
        let kind = Command::new(counterpart.kind).about(format!("Orders to: {}", counterpart.what));
        let orders = counterpart.orders().map(order_command);
        command.subcommand(kind.subcommand_required(true).arg_required_else_help(true).subcommands(orders))
    })
}

/// The servers that take orders.
fn kinds() -> impl Iterator<Item = &'static Counterpart> {
    COUNTERPARTS.iter().copied().filter(|counterpart| counterpart.orders().next().is_some())
}

fn order_command(order: &'static CatalogueEntry) -> Command {
    let declaration = order.declaration;
    let about = sentence(declaration.summary);
    let command = add_common(Command::new(kebab(order.short_name())))
        .long_about(format!("{about}.\n\n{}", cited(declaration.doc).text))
        .about(about)
        .arg(
            text(ADDRESS, "URL", "The address of the control interface: `control_url` of the readiness line")
                .required(true),
        );
    fields(order).map(order_option).fold(command, Command::arg)
}

/// The fields of an order that are sent. One that names a file of the server's machine is refused over a connection.
fn fields(order: &CatalogueEntry) -> impl Iterator<Item = &'static Field> {
    order.request.fields().iter().filter(|field| !field.opens_file)
}

fn order_option(field: &'static Field) -> Arg {
    let made = option(field, kebab(field.name)).required(!field.optional);
    if matches!(field.shape, Shape::Content) { made.hide(false).help(sentence(field.doc)) } else { made }
}

pub(crate) fn run(matches: &ArgMatches) -> CommandOutcome {
    let found = matches.subcommand().and_then(|(kind, inner)| {
        let counterpart = kinds().find(|counterpart| counterpart.kind == kind)?;
        let (name, inner) = inner.subcommand()?;
        Some((counterpart.orders().find(|order| kebab(order.short_name()) == name)?, inner))
    });
    let (order, matches) = found.ok_or_else(|| CommandFailure::usage("an order is missing"))?;
    let address = matches.get_one::<String>(ADDRESS).map(String::as_str).unwrap_or_default();
    let (mut request, mut content) = (Map::new(), None);
    for field in fields(order) {
        let name = kebab(field.name);
        let Some(value) = option_value(field, &name, matches)? else { continue };
        match (field.shape, value["path"].as_str()) {
            (Shape::Content, Some(path)) => {
                let largest = order.declaration.hosted.as_ref().map_or(0, |form| form.max_bytes);
                content = Some(Content::from(read_bytes(&format!("--{name}"), path, largest as u64)?));
            }
            _ => drop(request.insert(field.name.to_owned(), value)),
        }
    }
    let answer = runtime()?.block_on(RemoteControl::new(address)?.order(order, request, content))?;
    match format(matches) {
        Format::Table if answer.as_object().is_some_and(Map::is_empty) => {}
        format => format.show(&answer),
    }
    Ok(())
}
