//! Commands written by hand, in groups whose other commands come from the catalogue. If an operation has a command of
//! the same name, the one written by hand replaces it.

use clap::{ArgMatches, Command};

use crate::{exit::CommandOutcome, iso20022, pgp};

/// A command written by hand.
pub(crate) struct Handwritten {
    pub(crate) group: &'static str,
    pub(crate) name: &'static str,
    /// Its arguments and help.
    pub(crate) command: fn() -> Command,
    pub(crate) run: fn(&ArgMatches) -> CommandOutcome,
}

/// All of them, in the order of each group's help.
pub(crate) fn all() -> impl Iterator<Item = &'static Handwritten> {
    pgp::COMMANDS.iter().chain(iso20022::COMMANDS)
}

/// Finds the command of this name.
pub(crate) fn find(group: &str, name: &str) -> Option<&'static Handwritten> {
    all().find(|command| command.group == group && command.name == name)
}
