//! What a command does of its own, besides what its operation declares.

use clap::{ArgMatches, Command};
use serde_json::Value;

use super::Spec;
use crate::exit::CommandOutcome;

/// The code of a declared command.
pub(crate) struct CommandCode {
    pub(super) group: &'static str,
    pub(super) name: &'static str,
    /// Adds arguments that are no fields of the request.
    pub(super) arguments: fn(Command) -> Command,
    pub(super) work: CommandWork,
}

/// The part of the work that the code does.
#[derive(Clone, Copy)]
pub(super) enum CommandWork {
    /// All of it.
    Whole(fn(&Spec, &ArgMatches) -> CommandOutcome),
    /// It prints the response, and finds the exit code.
    Output(fn(&ArgMatches, Value) -> CommandOutcome),
}

impl CommandCode {
    /// The whole work of a command, with arguments of its own.
    pub(crate) const fn whole(
        group: &'static str,
        name: &'static str,
        arguments: fn(Command) -> Command,
        run: fn(&Spec, &ArgMatches) -> CommandOutcome,
    ) -> Self {
        Self { group, name, arguments, work: CommandWork::Whole(run) }
    }

    /// The output of a command.
    pub(crate) const fn output(
        group: &'static str,
        name: &'static str,
        show: fn(&ArgMatches, Value) -> CommandOutcome,
    ) -> Self {
        Self { group, name, arguments: no_arguments, work: CommandWork::Output(show) }
    }
}

/// For a command whose arguments are all declared.
pub(crate) fn no_arguments(command: Command) -> Command {
    command
}
