//! The commands that come from the catalogue: a new operation becomes a command without a change here.

mod answers;
mod bank;
mod call;
mod client;
mod group_command;
mod help;
mod log;
mod program;
pub(crate) mod psd2;
mod request;
mod result;
mod run;
mod signer;
mod spec;
mod waiting;
pub(crate) mod whole;

use clap::Command;

pub(crate) use answers::ask_bank_command;
pub(crate) use call::{call, call_command, carry_out_judged, carry_out_shown};
pub(crate) use client::client_settings;
pub(crate) use group_command::{GroupCommand, Handwritten};
pub(crate) use log::Log;
pub(crate) use program::run as run_program;
pub(crate) use result::Reserved;
pub(crate) use run::run;
pub(crate) use spec::{Spec, force_argument, output_argument, spec_of, specs};

/// A group with the commands of its operations, those written by hand in place of theirs, or with `only` one of them.
pub(crate) fn group(
    name: &'static str,
    only: Option<&str>,
    specs: &[Spec],
    handwritten: &[&'static dyn GroupCommand],
) -> Command {
    let is_wanted = |command: &str| only.is_none_or(|only| only == command);
    let mut group = Command::new(name).about(help::group(name)).subcommand_required(true).arg_required_else_help(true);
    if let Some(examples) = help::group_examples(name) {
        group = group.after_help(examples);
    }
    let of_group = specs.iter().filter(|spec| spec.group == name && is_wanted(&spec.name));
    for spec in of_group.filter(|spec| !handwritten.iter().any(|written| written.name() == spec.name)) {
        group = group.subcommand(spec.command());
    }
    for written in handwritten.iter().filter(|written| is_wanted(written.name())) {
        group = group.subcommand(written.command());
    }
    group
}
