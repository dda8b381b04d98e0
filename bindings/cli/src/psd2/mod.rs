//! `bankchannel psd2`: requests of a third party to NextGenPSD2 banks: sent, or signed, verified and explained on this machine.
//!
//! ```text
//!   make_certificates   an authority and third parties for tests
//!   sign                request file ─► signed request           keys, signing_options: how banks differ
//!   verification        signed request ─► verdict and reasons
//!   exchange            an operation at a bank, signed and sent
//!   computing           single parts: signing string, digest, key id, …; psu_hash
//!   fields              options that are fields of the library's requests and settings
//! ```

mod certificates;
mod computing;
mod exchange;
mod fields;
mod keys;
mod make_certificates;
mod psu_hash;
mod request;
mod sign;
mod signing_options;
mod verification;

use bankchannel::nextgen_psd2::{NextGenPsd2, NextGenPsd2Settings};
use clap::{ArgMatches, Command};
use computing::{COMMANDS, Computing};

use crate::exit::{CommandFailure, CommandOutcome};

/// The group.
pub(crate) const GROUP: &str = "psd2";

const EXAMPLES: &str = "Examples:
  bankchannel psd2 make-certificates certs
  bankchannel psd2 sign --private-key certs/tpp1-qseal.key --certificate certs/tpp1-qseal.pem request.http > signed.http
  bankchannel psd2 verify --ca certs/ca.pem signed.http
  bankchannel psd2 explain --ca certs/ca.pem signed.http

A request file holds the request as it is sent: request line, headers, an empty line, the body. Lines of the head may end
in a line feed only. Content-Length gives the size of the body; without it the body is every byte after the empty line,
including a last line end that an editor adds.

At a bank, here the sandbox bank of `bankchannel serve nextgen-psd2-bank --data bank`:
  bankchannel psd2 verify-user --settings tpp1.json --psu-id psu-7f3a91 --psu-personal-identifier @hash.txt
  bankchannel psd2 update-bank-offered-consents --settings tpp1.json --redirect-uri https://tpp.example/cb
with tpp1.json: {\"base_url\": \"https://127.0.0.1:8443/api\", \"ca_file\": \"bank/ca.pem\", \"certificate_file\": \"bank/certificates/tpp1-qseal.pem\",
  \"private_key\": {\"file\": \"bank/certificates/tpp1-qseal.key\"}, \"client_certificate_file\": \"bank/certificates/tpp1-qwac.pem\",
  \"client_key\": {\"file\": \"bank/certificates/tpp1-qwac.key\"}}

Every operation of the library can also be called by its own name: `bankchannel call nextgen_psd2.sign_request …`.";

/// The group with its commands.
pub(crate) fn command() -> Command {
    Command::new(GROUP)
        .about("Requests of a third party to PSD2 banks: send, sign, verify, explain; certificates for tests")
        .after_help(EXAMPLES)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(make_certificates::command())
        .subcommand(sign::command())
        .subcommand(verification::verify_command())
        .subcommand(verification::explain_command())
        .subcommands(COMMANDS.iter().map(Computing::command))
        .subcommand(psu_hash::command())
        .subcommands(exchange::commands())
}

pub(crate) fn run(matches: &ArgMatches) -> CommandOutcome {
    let Some((name, inner)) = matches.subcommand() else { return Err(CommandFailure::usage("a command is missing")) };
    match name {
        "make-certificates" => make_certificates::run(inner),
        "sign" => sign::run(inner),
        "verify" => verification::verify(inner),
        "explain" => verification::explain(inner),
        "psu-hash" => psu_hash::run(inner),
        _ => match COMMANDS.iter().find(|command| command.name == name) {
            Some(command) => command.run(inner),
            None => exchange::run(name, inner)
                .unwrap_or_else(|| Err(CommandFailure::usage(format!("there is no command `{GROUP} {name}`")))),
        },
    }
}

/// A client without settings: every command passes all values itself.
fn client() -> CommandOutcome<NextGenPsd2> {
    Ok(NextGenPsd2::new(NextGenPsd2Settings::default())?)
}
