//! `pgp sign`, `verify`, `generate`, `inspect`: OpenPGP on this machine.

mod generate;
mod inspect;
mod keys;
mod sign;
mod verify;

use clap::{ArgMatches, Command};

use crate::exit::{Failure, Outcome};

/// Their group, which also has the operations on a service's keys.
pub(crate) const GROUP: &str = "pgp";

/// Their names.
const COMMANDS: &[&str] = &["sign", "verify", "generate", "inspect"];

/// Whether this is one of them. The operation that declares a command of that name does the same with its fields as
/// options, under its own name (`sign-file`).
pub(crate) fn has(group: &str, name: &str) -> bool {
    group == GROUP && COMMANDS.contains(&name)
}

/// Adds them to the group.
pub(crate) fn commands(group: Command) -> Command {
    group
        .subcommand(sign::command())
        .subcommand(verify::command())
        .subcommand(generate::command())
        .subcommand(inspect::command())
}

pub(crate) fn run(name: &str, matches: &ArgMatches) -> Outcome {
    match name {
        "sign" => sign::run(matches),
        "verify" => verify::run(matches),
        "generate" => generate::run(matches),
        _ => inspect::run(matches),
    }
}

/// Adds the name of the file to an error of the OpenPGP library.
fn told(file: &str) -> impl Fn(bankchannel_openpgp::Error) -> Failure + '_ {
    move |error| Failure::usage(format!("{file}: {error}"))
}
