//! `salt-edge verify` and `sign`: single JWTs.

use bankchannel::{
    Secret, Timestamp,
    model::JsonObject,
    salt_edge_connector::{
        SaltEdgeConnector, SaltEdgeConnectorSettings, SignJwtRequest, VerifyJwtRequest, envelope::after_bearer,
    },
};
use bankchannel_foundation::{
    json,
    model::{read_boundary, write_boundary},
};
use clap::{ArgMatches, Command, value_parser};

use crate::{
    exit::{CommandFailure, CommandOutcome},
    operations::Spec,
    options::{MAX_SETTINGS, file, file_argument, flag, format, passphrase, read_text, text},
    output::{self, Format},
};

/// The deepest nesting of parameters.
const MAX_DEPTH: usize = 30;

pub(super) fn verify_arguments(command: Command) -> Command {
    command
        .arg(
            file("key", "A PEM file with one or several public keys of the signer")
                .long("public-key")
                .visible_alias("key")
                .required(true),
        )
        .arg(text("at", "INSTANT", "The time of the check: RFC 3339 or Unix seconds [default: now]"))
        .arg(text("issuer", "TEXT", "The required value of iss, if the JWT has iss [default: any value]"))
        .arg(
            text("leeway", "SECONDS", "The allowed time after exp, in seconds [default: 30]")
                .value_parser(value_parser!(u32)),
        )
        .arg(flag("allow-short-key", "Accept keys of 1024 bits or more [default: 2048 bits or more]"))
        .arg(file_argument("file", "The JWT; - for stdin"))
}

pub(super) fn sign_arguments(command: Command) -> Command {
    command
        .arg(file("key", "The private key, PEM").long("private-key").visible_alias("key").required(true))
        .arg(passphrase::argument("A file with the passphrase of a locked key"))
        .arg(
            text("expires-in", "SECONDS", "The JWT's lifetime in seconds [default: 60]")
                .value_parser(value_parser!(u32)),
        )
        .arg(file_argument("file", "The parameters, a JSON object; - for stdin"))
}

/// Exit code 0 if the JWT is accepted.
pub(super) fn verify(_: &Spec, matches: &ArgMatches) -> CommandOutcome {
    let jwt = read_text("the JWT", argument(matches, "file"), MAX_SETTINGS)?;
    let jwt = jwt.trim();
    let request = VerifyJwtRequest::builder()
        .jwt(after_bearer(jwt).map_or(jwt, str::trim))
        .public_key(read_text("--public-key", argument(matches, "key"), MAX_SETTINGS)?)
        .issuer(matches.get_one::<String>("issuer").cloned())
        .leeway_s(matches.get_one::<u32>("leeway").copied())
        .allow_short_key(matches.get_flag("allow-short-key"))
        .at(matches.get_one::<String>("at").map(|at| instant(at)).transpose()?);
    let response = client()?.verify_jwt(request)?;
    let accepted = response.accepted;
    match (format(matches), response) {
        (Format::Json, response) => output::json(&write_boundary(response)),
        (Format::Table, response) => match response.data {
            Some(data) => output::json(&write_boundary(data)),
            None => {
                let [class, text] = [response.error_class, response.text].map(Option::unwrap_or_default);
                output::line(&format!("REFUSED: {class}: {text}"));
            }
        },
    }
    if accepted { Ok(()) } else { Err(CommandFailure::Told) }
}

/// Prints the JWT.
pub(super) fn sign(_: &Spec, matches: &ArgMatches) -> CommandOutcome {
    let key = read_text("--private-key", argument(matches, "key"), MAX_SETTINGS)?;
    let data = read_text("the parameters", argument(matches, "file"), MAX_SETTINGS)?;
    let data =
        json::parse_text(&data, MAX_DEPTH).map_err(|why| CommandFailure::usage(format!("the parameters: {why}")))?;
    let data: JsonObject =
        read_boundary(data).map_err(|_| CommandFailure::usage("the parameters must be a JSON object"))?;
    let request = SignJwtRequest::builder()
        .data(data)
        .expires_in_s(matches.get_one::<u32>("expires-in").copied())
        .private_key(Secret::new(key))
        .passphrase(passphrase::given(matches)?.map(|text| Secret::new(text.as_str())));
    let response = client()?.sign_jwt(request)?;
    match format(matches) {
        Format::Json => output::json(&write_boundary(response)),
        Format::Table => output::line(response.jwt.expose()),
    }
    Ok(())
}

/// RFC 3339, or Unix seconds.
fn instant(text: &str) -> CommandOutcome<Timestamp> {
    let seconds = text.parse::<i64>().ok().and_then(|seconds| seconds.checked_mul(1000)).map(Timestamp::from_ms);
    seconds
        .or_else(|| Timestamp::new(text).ok())
        .ok_or_else(|| CommandFailure::usage("--at must be a time, such as 2026-11-20T08:00:00Z, or Unix seconds"))
}

fn argument<'m>(matches: &'m ArgMatches, name: &str) -> &'m str {
    matches.get_one::<String>(name).map_or("-", String::as_str)
}

/// A client without settings: each command passes all values itself.
fn client() -> CommandOutcome<SaltEdgeConnector> {
    Ok(SaltEdgeConnector::new(SaltEdgeConnectorSettings::default())?)
}
