//! Runs a demo, and shows how it ended.

use clap::ArgMatches;
use serde_json::{Map, Value};

use super::{steps::Steps, workspace::Folder};
use crate::{
    exit::{self, CommandFailure, CommandOutcome},
    output::{self, Format},
};

/// The results that a demo has reached so far.
pub(super) trait DemoSummary: Default {
    /// The protocol's name in the object of `--json`; none for the main demo.
    const PROTOCOL: Option<&'static str>;

    /// The results by their names in that object, null for each that was not reached.
    fn results(self) -> Vec<(&'static str, Value)>;
}

/// Tells a demo; its story is true if all went well. With `--json` it always prints one object, which has the completed steps.
pub(super) fn tell<S: DemoSummary>(
    matches: &ArgMatches,
    story: impl FnOnce(&mut Steps, &mut S) -> CommandOutcome<bool>,
) -> CommandOutcome {
    let format = crate::options::format(matches);
    let (mut steps, mut summary) = (Steps::new(format), S::default());
    let result = story(&mut steps, &mut summary);
    if format == Format::Json {
        let mut out = Map::new();
        out.insert("ok".into(), matches!(result, Ok(true)).into());
        out.extend(S::PROTOCOL.map(|protocol| ("protocol".to_owned(), protocol.into())));
        out.insert("steps".into(), steps.to_json());
        out.extend(summary.results().into_iter().map(|(name, value)| (name.to_owned(), value)));
        let failure = result.as_ref().err().and_then(CommandFailure::json);
        out.extend(failure.and_then(|failure| Some(("error".to_owned(), failure.get("error")?.clone()))));
        output::json(&Value::Object(out));
    }
    match result {
        Ok(true) => Ok(()),
        Ok(false) => Err(CommandFailure::Told),
        Err(failure) => {
            if let Some(text) = failure.text() {
                output::print_note(&text);
            }
            Err(if failure.code() == exit::FAILED { CommandFailure::Told } else { failure })
        }
    }
}

/// Tells a demo whose files are in a folder: a temporary one, or that of `--keep`.
pub(super) fn tell_in_folder<S: DemoSummary>(
    matches: &ArgMatches,
    story: impl AsyncFnOnce(&Folder, &mut Steps, &mut S) -> CommandOutcome<bool>,
) -> CommandOutcome {
    tell(matches, |steps, summary| {
        let folder = Folder::open(matches.get_one::<String>("keep").map(String::as_str))?;
        let went_well = bankchannel_bridge::serving_runtime()?.block_on(story(&folder, steps, summary))?;
        if let Some(kept) = folder.kept() {
            steps.say(&format!("\nEverything is kept in {}", kept.display()));
        }
        Ok(went_well)
    })
}
