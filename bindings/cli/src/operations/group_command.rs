//! Commands with their own arguments, in groups whose other commands come from the catalogue.

use clap::{ArgMatches, Command};

use crate::exit::CommandOutcome;

/// A command of a group, with its own arguments.
pub(crate) trait GroupCommand {
    fn group(&self) -> &'static str;
    fn name(&self) -> &'static str;
    /// Its arguments and help.
    fn command(&self) -> Command;
    fn run(&self, matches: &ArgMatches) -> CommandOutcome;
}

/// A command written by hand.
pub(crate) struct Handwritten {
    pub(crate) group: &'static str,
    pub(crate) name: &'static str,
    /// Its arguments and help.
    pub(crate) command: fn() -> Command,
    pub(crate) run: fn(&ArgMatches) -> CommandOutcome,
}

impl GroupCommand for Handwritten {
    fn group(&self) -> &'static str {
        self.group
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn command(&self) -> Command {
        (self.command)()
    }

    fn run(&self, matches: &ArgMatches) -> CommandOutcome {
        (self.run)(matches)
    }
}
