//! `demo nextgen-psd2`: a third party at a sandbox bank, from its certificates to a refusal with its explanation.
//!
//! ```text
//!   certificates + bank ─ verify a user ─ offer a consent ─ the customer approves ─ accounts ─ a consent of their own
//!                       ─ a broken signature ─ the bank's refusal ─ which byte differs, and why
//! ```

mod broken;
mod customer;
mod story;

use clap::{ArgMatches, Command};

use super::telling;
use crate::{
    CommandOutcome,
    options::{flag, text},
};

const EXAMPLES: &str = "Examples:
  bankchannel demo nextgen-psd2
  bankchannel demo nextgen-psd2 --json | jq .explanation.hypotheses
  bankchannel demo nextgen-psd2 --keep demo-files

Nothing leaves this machine.";

/// The command's name.
pub(super) const NAME: &str = "nextgen-psd2";

pub(super) fn command() -> Command {
    Command::new(NAME)
        .about(
            "Run a third party against a sandbox bank: certificates, consents, the explanation of a broken signature",
        )
        .after_help(EXAMPLES)
        .arg(text("keep", "DIR", "Keep all files in a new folder: certificates, keys, the bank's data"))
        .arg(flag("json", "Print one JSON object; the steps go to stderr"))
}

pub(super) fn run(matches: &ArgMatches) -> CommandOutcome {
    telling::tell_in_folder(matches, story::tell)
}
