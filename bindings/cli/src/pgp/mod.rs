//! `pgp sign`, `verify`, `generate`, `inspect`: OpenPGP on this machine.

mod generate;
mod inspect;
mod keys;
mod sign;
mod verify;

use crate::{exit::CommandFailure, operations::CommandCode};

/// Their group, which also has the operations on a service's keys.
const GROUP: &str = "pgp";

/// What its commands do of their own.
pub(crate) const CODES: &[CommandCode] = &[
    CommandCode::whole(GROUP, "sign", sign::arguments, sign::run),
    CommandCode::whole(GROUP, "verify", verify::arguments, verify::run),
    CommandCode::whole(GROUP, "generate", generate::arguments, generate::run),
    CommandCode::whole(GROUP, "inspect", inspect::arguments, inspect::run),
];

/// Adds the name of the file to an error of the OpenPGP library.
fn failure_in_file(file: &str) -> impl Fn(bankchannel_openpgp::OpenPgpError) -> CommandFailure + '_ {
    move |error| CommandFailure::usage(format!("{file}: {error}"))
}
