//! `demo salt-edge`: a bank's connector and Salt Edge, from an enrolment to the checker's verdict.
//!
//! ```text
//!   hub + connector ─ enrolment on the bank's page ─ accounts ─ enrolment with a code ─ refresh
//!                   ─ the connector killed with a callback on its way, started again ─ revoked by Salt Edge, revoked at the bank ─ verdict
//! ```

mod http;
mod servers;
mod story;

use clap::{ArgMatches, Command};

use super::telling;
use crate::{
    CommandOutcome,
    options::{flag, text},
};

const EXAMPLES: &str = "Examples:
  bankchannel demo salt-edge
  bankchannel demo salt-edge --json | jq .verdict.counts
  bankchannel demo salt-edge --keep demo-files

Nothing leaves this machine.";

/// The command's name.
pub(super) const NAME: &str = "salt-edge";

pub(super) fn command() -> Command {
    Command::new(NAME)
        .about("Run a bank's connector and Salt Edge: enrolments, a crash, revocations, the checker's verdict")
        .after_help(EXAMPLES)
        .arg(text("keep", "DIR", "Keep all files in a new folder: keys, the connector's store"))
        .arg(flag("json", "Print one JSON object; the steps go to stderr"))
}

pub(super) fn run(matches: &ArgMatches) -> CommandOutcome {
    telling::tell_in_folder(matches, story::tell)
}
