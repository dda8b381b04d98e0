//! `psd2 explain`: which rule does not hold, which byte of what was signed differs, and what the sender most likely did.

use bankchannel::nextgen_psd2::{explain, http::check_of};
use clap::{ArgMatches, Command};

use super::checking::{self, Checked, file};
use crate::{
    exit::Outcome,
    options::format,
    output::{self, Format},
};

const EXAMPLES: &str = "Examples:
  bankchannel psd2 explain --ca certs/ca.pem signed.http
  bankchannel psd2 explain --ca certs/ca.pem --signing-string what-i-signed.txt signed.http
  bankchannel psd2 explain --ca certs/ca.pem --json - < signed.http | jq '.hypotheses[] | select(.matched)'

The exit code is 0 whatever the verdict; `verify` is for scripts. An RSA signature gives up the hash of what was signed, so that
each probable cause is proven or ruled out without the private key. The output shows the request's own values.";

/// The command.
pub(super) fn command() -> Command {
    checking::arguments(Command::new("explain"))
        .about("Explain why a bank refuses a request")
        .after_help(EXAMPLES)
        .arg(file("signing-string", "What the sender says it signed, byte for byte; - for stdin"))
}

/// Explains.
pub(super) fn run(matches: &ArgMatches) -> Outcome {
    let signed = matches.get_one::<String>("signing-string").map(String::as_str);
    let Checked { explanation, .. } = match checking::check(matches, signed)? {
        Ok(checked) => checked,
        Err(fault) => {
            match format(matches) {
                Format::Json => output::json(&explain::unreadable(&fault)),
                Format::Table => output::line(&format!("{} failed: {fault}.", check_of(&fault).unwrap_or_default())),
            }
            return Ok(());
        }
    };
    match format(matches) {
        Format::Json => output::json(&explanation.to_json()),
        Format::Table => output::line(explanation.text().trim_end()),
    }
    if explanation.verdict.is_some() {
        checking::note_without_ca(matches);
    }
    Ok(())
}
