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

use super::{steps::Steps, workspace};
use crate::{
    exit::{CommandFailure, CommandOutcome},
    options::{flag, text},
    output::{self, Format},
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
    super::ended(result)
}

fn tell(matches: &ArgMatches, steps: &mut Steps, summary: &mut story::Summary) -> CommandOutcome<bool> {
    let folder = workspace::Folder::open(matches.get_one::<String>("keep").map(String::as_str))?;
    let passed = bankchannel_bridge::serving_runtime()?.block_on(story::tell(&folder, steps, summary))?;
    if let Some(kept) = folder.kept() {
        steps.say(&format!("\nEverything is kept in {}", kept.display()));
    }
    Ok(passed)
}
