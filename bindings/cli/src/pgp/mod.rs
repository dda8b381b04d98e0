//! `pgp sign`, `verify`, `generate`, `inspect`: OpenPGP on this machine.

mod generate;
mod inspect;
mod keys;
mod sign;
mod verify;

use crate::{exit::CommandFailure, operations::Handwritten};

/// Their group, which also has the operations on a service's keys.
pub(crate) const GROUP: &str = "pgp";

/// The commands. The operation that declares a command of such a name does the same with its fields as options, under
/// its own name (`sign-file`).
pub(crate) const COMMANDS: &[Handwritten] = &[
    Handwritten { group: GROUP, name: "sign", command: sign::command, run: sign::run },
    Handwritten { group: GROUP, name: "verify", command: verify::command, run: verify::run },
    Handwritten { group: GROUP, name: "generate", command: generate::command, run: generate::run },
    Handwritten { group: GROUP, name: "inspect", command: inspect::command, run: inspect::run },
];

/// Adds the name of the file to an error of the OpenPGP library.
fn failure_in_file(file: &str) -> impl Fn(bankchannel_openpgp::OpenPgpError) -> CommandFailure + '_ {
    move |error| CommandFailure::usage(format!("{file}: {error}"))
}
