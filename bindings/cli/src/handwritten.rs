//! Commands written by hand, in groups whose other commands come from the catalogue. If an operation has a command of
//! the same name, the one written by hand replaces it.

use crate::{iso20022, operations::GroupCommand, pgp, psd2, salt_edge, sepa};

/// All of them, in the order of each group's help.
pub(crate) fn all() -> impl Iterator<Item = &'static dyn GroupCommand> {
    let written = [pgp::COMMANDS, iso20022::COMMANDS, psd2::COMMANDS, salt_edge::COMMANDS, sepa::COMMANDS];
    let written = written.into_iter().flatten().map(|command| command as &dyn GroupCommand);
    written.chain(psd2::COMPUTING.iter().map(|command| command as _))
}

/// Those of a group.
pub(crate) fn of_group(group: &str) -> Vec<&'static dyn GroupCommand> {
    all().filter(|command| command.group() == group).collect()
}

/// Finds the command of this name.
pub(crate) fn find(group: &str, name: &str) -> Option<&'static dyn GroupCommand> {
    all().find(|command| command.group() == group && command.name() == name)
}
