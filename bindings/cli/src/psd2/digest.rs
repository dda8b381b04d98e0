//! `psd2 digest`: the Digest header of a body.

use bankchannel::{
    Content,
    nextgen_psd2::{http::MAX_BODY, model::BodyDigest},
};
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};
use serde_json::json;

use super::names;
use crate::{
    exit::Outcome,
    options::{add_common, format, read_bytes},
    output::{self, Format},
};

const EXAMPLES: &str = "Examples:
  bankchannel psd2 digest body.json
  printf '%s' \"$BODY\" | bankchannel psd2 digest -

Every byte counts: an editor's line end after the last line is part of the body, where it is sent.";

/// The command.
pub(super) fn command() -> Command {
    add_common(Command::new("digest"))
        .about("Print the Digest header's value for a body")
        .after_help(EXAMPLES)
        .arg(
            Arg::new("digest")
                .long("digest")
                .value_name("NAME")
                .value_parser(names::values::<BodyDigest>())
                .help("The hash [default: SHA-256]"),
        )
        .arg(
            Arg::new("lower-case")
                .long("lower-case")
                .action(ArgAction::SetTrue)
                .help("Write the hash's name in lower case, sha-256="),
        )
        .arg(
            Arg::new("file")
                .value_name("FILE")
                .required(true)
                .value_hint(ValueHint::FilePath)
                .help("The body alone, without headers; - for stdin"),
        )
}

/// Prints it.
pub(super) fn run(matches: &ArgMatches) -> Outcome {
    let path = matches.get_one::<String>("file").map(String::as_str).unwrap_or_default();
    let body = read_bytes("FILE", path, MAX_BODY as u64)?;
    let request = json!({
        "digest": matches.get_one::<String>("digest"),
        "digest_lower_case": matches.get_flag("lower-case"),
    });
    let response = bankchannel::call_local("nextgen_psd2.compute_digest", request, Some(Content::from(body)))?;
    match format(matches) {
        Format::Json => output::json(&response),
        Format::Table => output::line(response.get("value").and_then(|value| value.as_str()).unwrap_or_default()),
    }
    Ok(())
}
