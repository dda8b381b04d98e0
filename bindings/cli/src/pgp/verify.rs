//! `pgp verify`: exit 0 for a good signature, 1 with the reason for any other.

use std::time::SystemTime;

use bankchannel_openpgp::{OpenPgpPublicKey, SignatureResult, VerifyPolicy, verify_detached, without_leading_text};
use clap::{ArgAction, ArgMatches, Command};
use serde_json::{Value, json};

use super::{failure_in_file, keys};
use crate::{
    exit::{CommandFailure, CommandOutcome},
    operations::Spec,
    options::{file, file_argument, format, read_text, text},
    output::{self, Format},
};

/// The largest signature file that is read, bytes: the armor may be inside a mail.
const MAX_SIGNATURE_FILE: u64 = 256 * 1024;

pub(super) fn arguments(command: Command) -> Command {
    command
        .arg(
            file("key", "An armored public or private key; may be given several times")
                .long("public-key")
                .visible_alias("key")
                .required(true)
                .action(ArgAction::Append),
        )
        .arg(text("signature", "SIG", "One or several armored signatures").required(true))
        .arg(file_argument("file", "The signed file; - for stdin"))
}

pub(super) fn run(_: &Spec, matches: &ArgMatches) -> CommandOutcome {
    let given = |name: &str| matches.get_one::<String>(name).map(String::as_str).unwrap_or_default();
    let (path, signature) = (given("file"), given("signature"));
    let keys: Vec<OpenPgpPublicKey> = matches
        .get_many::<String>("key")
        .into_iter()
        .flatten()
        .map(|path| keys::public(path))
        .collect::<CommandOutcome<_>>()?;
    let armored = read_text("--signature", signature, MAX_SIGNATURE_FILE)?;
    let armored = without_leading_text(armored.as_bytes());
    let file = keys::document(path)?;
    let keys: Vec<&OpenPgpPublicKey> = keys.iter().collect();
    let verdict = verify_detached(armored, &keys, file, SystemTime::now(), &VerifyPolicy::default())
        .map_err(failure_in_file(signature))?;
    match format(matches) {
        Format::Json => {
            let results: Vec<Value> = verdict.results.iter().map(as_json).collect();
            output::json(&json!({ "good": verdict.is_good(), "signatures": results }));
        }
        Format::Table => verdict.results.iter().for_each(|result| output::line(&as_text(result))),
    }
    if verdict.is_good() { Ok(()) } else { Err(CommandFailure::Told) }
}

fn as_text(result: &SignatureResult) -> String {
    match result {
        SignatureResult::Good { fingerprint, created, .. } => {
            format!("GOOD signature by {fingerprint}, made {}", time(*created))
        }
        SignatureResult::UnknownIssuer { issuers } => {
            format!("BAD signature: made by {}, not by a given key", listed(issuers))
        }
        SignatureResult::Bad { fingerprint, reason } => format!("BAD signature in the name of {fingerprint}: {reason}"),
    }
}

fn as_json(result: &SignatureResult) -> Value {
    match result {
        SignatureResult::Good { fingerprint, signing_key, created } => {
            json!({ "good": true, "fingerprint": fingerprint, "signing_key": signing_key, "created": time(*created), "reason": null })
        }
        SignatureResult::UnknownIssuer { issuers } => {
            json!({ "good": false, "fingerprint": null, "issuers": issuers, "reason": "made by none of the keys" })
        }
        SignatureResult::Bad { fingerprint, reason } => {
            json!({ "good": false, "fingerprint": fingerprint, "reason": reason.to_string() })
        }
    }
}

fn listed(issuers: &[String]) -> String {
    if issuers.is_empty() { "an unnamed key".to_owned() } else { issuers.join(", ") }
}

fn time(time: SystemTime) -> String {
    jiff::Timestamp::try_from(time).map_or_else(|_| "at an unknown time".to_owned(), |time| time.to_string())
}
