//! `iso20022 show`, `make-payment`, `check`, `match`: payment files and statements on this machine.

mod check;
mod files;
mod make_payment;
mod matching;
mod show;
mod tables;

use clap::{ArgMatches, Command};

use crate::exit::Outcome;

/// Their group, which also has the operations themselves.
pub(crate) const GROUP: &str = "iso20022";

/// Their names.
pub(crate) const COMMANDS: &[&str] = &["show", "make-payment", "check", "match"];

/// Adds them to the group; `make-payment` replaces the operation's own command.
pub(crate) fn commands(group: Command) -> Command {
    group
        .mut_subcommand("make-payment", |_| make_payment::command())
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
