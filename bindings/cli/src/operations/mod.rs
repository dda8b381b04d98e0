//! The commands that come from the catalogue: a new operation becomes a command without a change here.

mod answers;
mod bank;
mod call;
mod client;
mod command_code;
mod formed;
mod log;
mod program;
mod request;
mod result;
mod run;
mod signer;
mod spec;
mod waiting;
pub(crate) mod whole;

use bankchannel::protocols::PROTOCOLS;
use bankchannel_foundation::operation::CommandGroup;
use clap::Command;

pub(crate) use answers::ask_bank_command;
pub(crate) use call::{call, call_command};
pub(crate) use client::{ClientCommands, client_settings};
pub(crate) use command_code::{CommandCode, no_arguments};
pub(crate) use log::Log;
pub(crate) use program::run as run_program;
pub(crate) use result::Reserved;
pub(crate) use run::{run, run_declared};
pub(crate) use spec::{Spec, specs};

/// A group with the commands of its operations, or with `only` one of them.
pub(crate) fn group(name: &'static str, only: Option<&str>, specs: &[Spec]) -> Command {
    let help = help_of(name);
    let mut of_group: Vec<&Spec> = specs.iter().filter(|spec| spec.group == name).collect();
    // Stable: the others keep their order, and come first.
    let last = help.map_or(&[][..], |help| help.last);
    of_group.sort_by_key(|spec| last.iter().position(|last| *last == spec.first_name()).map_or(0, |place| place + 1));
    let mut group = with_help(Command::new(name), help);
    for of_name in of_group.chunk_by(|one, next| one.first_name() == next.first_name()) {
        let first = of_name[0].first_name();
        if only.is_some_and(|only| only != first) {
            continue;
        }
        group = group.subcommand(match of_name {
            [one] if one.name == first => one.command(),
            several => {
                let above = with_help(Command::new(first.to_owned()), help_of(&format!("{name} {first}")));
                above.subcommands(several.iter().map(|spec| spec.command()))
            }
        });
    }
    group
}

fn with_help(command: Command, help: Option<&'static CommandGroup>) -> Command {
    let command = command.subcommand_required(true).arg_required_else_help(true);
    let Some(help) = help else { return command.about("Operations of this subject") };
    let command = command.about(help.about);
    let command = match help.doc {
        "" => command,
        doc => command.long_about(format!("{}.\n\n{doc}", help.about)),
    };
    if help.examples.is_empty() { command } else { command.after_help(help.examples) }
}

/// The help of a group, or of a command with commands below it.
fn help_of(name: &str) -> Option<&'static CommandGroup> {
    PROTOCOLS.iter().flat_map(|protocol| protocol.groups).find(|declared| declared.name == name)
}
