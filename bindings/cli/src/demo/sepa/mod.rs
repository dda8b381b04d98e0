//! `demo sepa`: a company at four banks of SEPA Web Services, from payments to what became of each.
//!
//! ```text
//!   bank ─ a payment to each of four banks, the answer of one lost ─ reports and statements fetched
//!        ─ the lost one settled by its report ─ an answer that was changed on its way: refused, and explained
//!   two years ─ enrolled at each ─ renewed, the answer of one lost and asked for again ─ OP's authorities replaced
//! ```

mod renewal;
mod story;

use clap::{ArgMatches, Command};

use super::telling;
use crate::{
    exit::CommandOutcome,
    options::{flag, text},
};

const EXAMPLES: &str = "Examples:
  bankchannel demo sepa
  bankchannel demo sepa --json | jq .settled
  bankchannel demo sepa --keep demo-files

Nothing leaves this machine.";

/// The command's name.
pub(super) const NAME: &str = "sepa";

pub(super) fn command() -> Command {
    Command::new(NAME)
        .about("Run a company at four banks' own channel: payments, a lost answer, a changed one; certificates enrolled and renewed")
        .after_help(EXAMPLES)
        .arg(text(
            "keep",
            "DIR",
            "Keep all files in a new folder: certificates, keys, what was fetched, the bank's data",
        ))
        .arg(flag("json", "Print one JSON object; the steps go to stderr"))
}

pub(super) fn run(matches: &ArgMatches) -> CommandOutcome {
    telling::tell_in_folder(matches, story::tell)
}
