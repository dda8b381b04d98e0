//! `iso20022 show`, `make-payment`, `check`, `match`: payment files and statements on this machine.

mod check;
mod files;
mod make_payment;
mod matching;
mod show;
mod tables;

use clap::{ArgMatches, Command};

use crate::exit::Outcome;

/// Their group, which also has commands of the other operations.
pub(crate) const GROUP: &str = "iso20022";

/// Their names.
const COMMANDS: &[&str] = &["show", "make-payment", "check", "match"];

/// Whether this is one of them. If an operation has a command of that name, this one replaces it.
pub(crate) fn has(group: &str, name: &str) -> bool {
    group == GROUP && COMMANDS.contains(&name)
}

/// Adds them to the group.
pub(crate) fn commands(group: Command) -> Command {
    group
        .subcommand(make_payment::command())
        .subcommand(show::command())
        .subcommand(check::command())
        .subcommand(matching::command())
}

pub(crate) fn run(name: &str, matches: &ArgMatches) -> Outcome {
    match name {
        "show" => show::run(matches),
        "make-payment" => make_payment::run(matches),
        "check" => check::run(matches),
        _ => matching::run(matches),
    }
}
