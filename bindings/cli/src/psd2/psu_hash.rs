//! `psd2 psu-hash`: the hash that is sent instead of a personal identifier.

use bankchannel::{Secret, nextgen_psd2::HashIdentifierRequest};
use bankchannel_foundation::model::write_boundary;
use clap::{Arg, ArgAction, ArgMatches, Command};
use zeroize::Zeroizing;

use super::client;
use crate::{
    exit::{CommandFailure, CommandOutcome},
    operations::Spec,
    options::{format, read_text},
    output::{self, Format, prompt},
};

/// The longest input that is read, in bytes.
const MAX: u64 = 4096;

pub(super) fn arguments(command: Command) -> Command {
    command
        // Refused by our own code: the parser would repeat the value in its message.
        .arg(Arg::new("refused").action(ArgAction::Append).num_args(0..).hide(true))
}

pub(super) fn run(_: &Spec, matches: &ArgMatches) -> CommandOutcome {
    if matches.contains_id("refused") {
        return Err(CommandFailure::usage(
            "the identifier is read from stdin, never from an argument: an argument is visible to other users and stays in the shell's history",
        ));
    }
    let text = Zeroizing::new(if prompt::possible(false) {
        prompt::secret("Personal identifier")?
    } else {
        read_text("the identifier", "-", MAX)?
    });
    let identifier = Secret::new(text.trim_end_matches(['\r', '\n']));
    let response = client()?.hash_identifier(HashIdentifierRequest::builder().personal_identifier(identifier))?;
    match format(matches) {
        Format::Json => output::json(&write_boundary(response)),
        Format::Table => output::line(response.psu_personal_identifier.expose()),
    }
    Ok(())
}
