//! `demo sepa`: a company at three banks of SEPA Web Services, from payments to what became of each.
//!
//! ```text
//!   bank ─ a payment to each of three banks, the answer of one lost ─ reports and statements fetched
//!        ─ the lost one settled by its report ─ an answer that was changed on its way: refused, and explained
//!   two years ─ enrolled at each ─ renewed, the answer of one lost and asked for again ─ OP's authorities replaced
//! ```

mod renewal;
mod story;

use clap::{ArgMatches, Command};

use super::{steps::Steps, workspace};
use crate::{
    exit::{CommandFailure, CommandOutcome},
    options::{flag, text},
    output::{self, Format},
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
        .about("Run a company at three banks' own channel: payments, a lost answer, a changed one; certificates enrolled and renewed")
        .after_help(EXAMPLES)
        .arg(text(
            "keep",
            "DIR",
            "Keep all files in a new folder: certificates, keys, what was fetched, the bank's data",
        ))
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
    bankchannel_bridge::serving_runtime()?.block_on(story::tell(&folder, steps, summary))?;
    if let Some(kept) = folder.kept() {
        steps.say(&format!("\nEverything is kept in {}", kept.display()));
    }
    Ok(())
}
