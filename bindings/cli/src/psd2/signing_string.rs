//! `psd2 signing-string`: what a signature of a request covers, byte for byte.

use bankchannel::Content;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::json;

use super::request;
use crate::{
    exit::{Failure, Outcome},
    options::{add_common, format},
    output::{self, Format},
};

const EXAMPLES: &str = "Examples:
  bankchannel psd2 signing-string signed.http | sha256sum
  bankchannel psd2 signing-string --headers date,digest,x-request-id request.http | openssl dgst -sha256 -sign key.pem | base64 -w0

The bytes are printed as they are, without a line end after the last line: none belongs there. With --json they are base64.";

/// The command.
pub(super) fn command() -> Command {
    add_common(Command::new("signing-string"))
        .about("Print what a request's signature covers")
        .after_help(EXAMPLES)
        .arg(
            Arg::new("headers")
                .long("headers")
                .value_name("NAME,…")
                .action(ArgAction::Append)
                .value_delimiter(',')
                .help("The signed headers in their order [default: those that the request's Signature header lists]"),
        )
        .arg(request::argument("The request, signed or not; - for stdin"))
}

/// Prints it.
pub(super) fn run(matches: &ArgMatches) -> Outcome {
    let content = Content::from(request::bytes(matches)?);
    let names: Option<Vec<&String>> = matches.get_many("headers").map(Iterator::collect);
    let response =
        bankchannel::call_local("nextgen_psd2.signing_string", json!({ "signed_headers": names }), Some(content))?;
    if format(matches) == Format::Json {
        output::json(&response);
        return Ok(());
    }
    let text = response.get("signing_string").and_then(|text| text.as_str()).unwrap_or_default();
    let bytes = STANDARD.decode(text).map_err(|_| Failure::usage("the signing string cannot be shown; try --json"))?;
    if output::is_terminal() {
        // Nobody counts bytes there, and what a request holds must not steer it.
        output::line(&String::from_utf8_lossy(&bytes));
    } else {
        output::bytes(&bytes);
    }
    Ok(())
}
