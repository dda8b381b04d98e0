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

use super::{steps::Steps, workspace};
use crate::{
    exit::{CommandFailure, CommandOutcome},
    options::{flag, text},
    output::{self, Format},
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

/// Runs the demo. With `--json` it always prints an object that shows the completed steps.
pub(super) fn run(matches: &ArgMatches) -> CommandOutcome {
    let format = crate::options::format(matches);
    let mut steps = Steps::new(format);
    let mut summary = story::Summary::default();
    let result = tell(matches, &mut steps, &mut summary);
    if format == Format::Json {
        let failure = result.as_ref().err().and_then(CommandFailure::json);
        output::json(&summary.to_json(result.is_ok(), &steps, failure));
    }
    super::ended(result.map(|()| true))
}

fn tell(matches: &ArgMatches, steps: &mut Steps, summary: &mut story::Summary) -> CommandOutcome {
    let folder = workspace::Folder::open(matches.get_one::<String>("keep").map(String::as_str))?;
    bankchannel_bridge::runtime()?.block_on(story::tell(&folder, steps, summary))?;
    if let Some(kept) = folder.kept() {
        steps.say(&format!("\nEverything is kept in {}", kept.display()));
    }
    Ok(())
}
