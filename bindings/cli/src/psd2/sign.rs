//! `psd2 sign`: a request file becomes the signed request, ready for the wire.

use std::path::PathBuf;

use bankchannel::{
    Clock as _, SystemClock,
    nextgen_psd2::{
        http::Request,
        signing::{self, Signed},
    },
};
use bankchannel_crypto::{random::uuid_v4, signature::SigningKey};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{certificates, request, signing_options};
use crate::{
    exit::{Failure, Outcome},
    options::{add_common, format, passphrase, read_text},
    output::{self, Format, files},
};

/// The largest key file that is read, in bytes.
const MAX_KEY: u64 = 64 * 1024;
/// The permissions of a signed request: its headers may say who the user is.
const MODE: u32 = 0o600;

const EXAMPLES: &str = "Examples:
  bankchannel psd2 sign --key certs/tpp1-qseal.key --certificate certs/tpp1-qseal.pem request.http > signed.http
  bankchannel psd2 sign --key qseal.key --certificate qseal.pem --dialect bg --explain - < request.http > signed.http
  bankchannel psd2 sign --key qseal.key --certificate qseal.pem --json request.http | jq -r .signing_string | base64 -d

Date, Digest and X-Request-ID are added where they are missing; PSU-ID, PSU-Corporate-ID and TPP-Redirect-URI are signed when they
are there. Head lines end in CRLF; the body is as it was, byte for byte: send both as they are, and sign anew for each attempt.";

/// The command.
pub(super) fn command() -> Command {
    let file = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("FILE").value_hint(ValueHint::FilePath).help(help)
    };
    let command = add_common(Command::new("sign"))
        .about("Sign a request to a bank")
        .after_help(EXAMPLES)
        .arg(file("key", "The private key of the QSEAL certificate, PEM: PKCS#8 or PKCS#1").required(true))
        .arg(file("certificate", "The QSEAL certificate, PEM").required(true))
        .arg(passphrase::argument("The passphrase of a locked key; left out, it is asked for"))
        .arg(file("output", "Where the signed request goes, a new file of mode 0600 [default: stdout]").short('o'))
        .arg(
            Arg::new("explain")
                .long("explain")
                .action(ArgAction::SetTrue)
                .help("Show on stderr what is signed, with offsets, and the key id"),
        )
        .arg(request::argument("The request; - for stdin"));
    signing_options::arguments(command)
}

/// Signs.
pub(super) fn run(matches: &ArgMatches) -> Outcome {
    let text = |name: &str| matches.get_one::<String>(name).map(String::as_str).unwrap_or_default();
    let target = matches.get_one::<String>("output").filter(|path| *path != "-").map(PathBuf::from);
    files::check_new(target.as_deref())?;
    let profile = signing_options::read(matches)?.profile()?;
    let certificate = certificates::first("--certificate", text("certificate"))?;
    let key = private_key(text("key"), matches)?;
    let request = request::read(matches)?;
    let now_s = SystemClock::default().now_s();
    let (request, signed) = signing::sign(request, &certificate, &key, &profile, now_s, &uuid_v4())
        .map_err(|fault| Failure::usage(fault.to_string()))?;
    if matches.get_flag("explain") {
        explain(&signed);
    }
    if let Some(path) = &target {
        files::write_new(path, MODE, &request.to_bytes())?;
    }
    match (format(matches), target) {
        (Format::Json, _) => output::json(&as_json(&request, &signed)),
        (Format::Table, Some(path)) => output::note(&format!("written to {}", path.display())),
        (Format::Table, None) => output::bytes(&request.to_bytes()),
    }
    Ok(())
}

fn private_key(path: &str, matches: &ArgMatches) -> Outcome<SigningKey> {
    let text = Zeroizing::new(read_text("--key", path, MAX_KEY)?);
    // Both forms of a locked key say so in their head.
    let passphrase = if text.contains("ENCRYPTED") { Some(passphrase::of_locked(path, matches, false)?) } else { None };
    SigningKey::from_pem(&text, passphrase.as_deref().map(String::as_str))
        .map_err(|fault| Failure::usage(format!("--key: {path}: {fault}")))
}

fn as_json(request: &Request, signed: &Signed) -> Value {
    let headers = request
        .headers
        .iter()
        .map(|header| json!({ "name": header.name, "value": String::from_utf8_lossy(header.trimmed()) }));
    json!({
        "headers": headers.collect::<Vec<_>>(),
        "signing_string": STANDARD.encode(&signed.signing_string.bytes),
        "key_id": signed.key_id,
    })
}

/// What is signed, line by line, with the offsets of its bytes.
fn explain(signed: &Signed) {
    let string = &signed.signing_string;
    output::note(&format!("signing string, {} bytes; a line feed between lines, none at the end:", string.bytes.len()));
    for line in &string.lines {
        let text = String::from_utf8_lossy(string.bytes.get(line.start..line.end).unwrap_or_default());
        output::note(&format!("{:>5}..{:<5} {text}", line.start, line.end));
    }
    output::note(&format!("key id: {}", signed.key_id));
}
