//! Commands written by hand, in groups whose other commands come from the catalogue. If an operation has a command of
//! the same name, the one written by hand replaces it.

use clap::{ArgMatches, Command};

use crate::{CommandOutcome, iso20022, pgp, psd2, salt_edge, sepa};

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

/// All of them, in the order of each group's help.
pub(crate) fn all() -> impl Iterator<Item = &'static dyn GroupCommand> {
    let written = [pgp::COMMANDS, iso20022::COMMANDS, psd2::COMMANDS, salt_edge::COMMANDS, sepa::COMMANDS];
    let written = written.into_iter().flatten().map(|command| command as &dyn GroupCommand);
    written.chain(psd2::COMPUTING.iter().map(|command| command as _))
}

/// Finds the command of this name.
pub(crate) fn find(group: &str, name: &str) -> Option<&'static dyn GroupCommand> {
    all().find(|command| command.group() == group && command.name() == name)
}
