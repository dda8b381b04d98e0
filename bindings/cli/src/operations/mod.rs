//! The commands that come from the catalogue: a new operation becomes a command without a change here.

mod answers;
mod bank;
mod call;
mod client;
mod help;
mod log;
mod program;
mod request;
mod result;
mod run;
mod signer;
mod spec;
mod waiting;

use clap::Command;

pub(crate) use answers::ask_bank_command;
pub(crate) use call::{call, call_command, carry_out_judged, carry_out_shown};
pub(crate) use client::{ClientCommands, client_settings};
pub(crate) use log::Log;
pub(crate) use program::{kill_programs, run as run_program};
pub(crate) use result::Reserved;
pub(crate) use run::run;
pub(crate) use spec::{Spec, force_argument, output_argument, spec_of, specs};

use crate::handwritten;

/// A group with its commands, or with `only` one of them.
pub(crate) fn group(name: &'static str, only: Option<&str>, specs: &[Spec]) -> Command {
    let is_wanted = |command: &str| only.is_none_or(|only| only == command);
    let mut group = Command::new(name).about(help::group(name)).subcommand_required(true).arg_required_else_help(true);
    if let Some(examples) = help::group_examples(name) {
        group = group.after_help(examples);
    }
    let of_group = specs.iter().filter(|spec| spec.group == name && is_wanted(&spec.name));
    for spec in of_group.filter(|spec| handwritten::find(name, &spec.name).is_none()) {
        group = group.subcommand(spec.command());
    }
    for written in handwritten::all().filter(|written| written.group() == name && is_wanted(written.name())) {
        group = group.subcommand(written.command());
    }
    group
}
