//! `psd2 sign`: a request file becomes the signed request, ready for the wire.

use std::path::PathBuf;

use bankchannel::{
    Clock as _, SystemClock,
    nextgen_psd2::{
        http::Request,
        signing::{self, SignFault, Signed},
    },
};
use bankchannel_crypto::random::uuid_v4;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};
use serde_json::{Value, json};

use super::{request, signing_key, signing_options};
use crate::{
    exit::{Failure, Outcome},
    options::{add_common, format},
    output::{self, Format, files},
};

/// The permissions of a signed request: its headers may say who the user is.
const MODE: u32 = 0o600;

const EXAMPLES: &str = "Examples:
  bankchannel psd2 sign --key certs/tpp1-qseal.key --certificate certs/tpp1-qseal.pem request.http > signed.http
  bankchannel psd2 sign --key tpp.p12 --passphrase-file p12.pass request.http > signed.http
  bankchannel psd2 sign --pkcs11-module /usr/lib/softhsm/libsofthsm2.so --pkcs11-token tpp --pkcs11-key qseal \\
    --certificate qseal.pem request.http > signed.http
  bankchannel psd2 sign --key qseal.key --certificate qseal.pem --dialect bg --explain - < request.http > signed.http
  bankchannel psd2 sign --key qseal.key --certificate qseal.pem --json request.http | jq -r .signing_string | base64 -d

Date, Digest and X-Request-ID are added where they are missing; PSU-ID, PSU-Corporate-ID and TPP-Redirect-URI are signed when they
are there. Head lines end in CRLF; the body is as it was, byte for byte: send both as they are, and sign anew for each attempt.";

/// The command.
pub(super) fn command() -> Command {
    let command = add_common(Command::new("sign")).about("Sign a request to a bank").after_help(EXAMPLES);
    let command = signing_key::arguments(command)
        .arg(
            Arg::new("output")
                .long("output")
                .short('o')
                .value_name("FILE")
                .value_hint(ValueHint::FilePath)
                .help("Where the signed request goes, a new file of mode 0600 [default: stdout]"),
        )
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
    let target = matches.get_one::<String>("output").filter(|path| *path != "-").map(PathBuf::from);
    files::check_new(target.as_deref())?;
    let profile = signing_options::read(matches)?.profile()?;
    let (signer, certificate) = signing_key::read(matches)?;
    let request = request::read(matches)?;
    let refused = |fault: SignFault| Failure::usage(fault.to_string());
    let now_s = SystemClock::default().now_s();
    let prepared = signing::prepare(request, &certificate, &profile, now_s, &uuid_v4()).map_err(refused)?;
    let signature = signer.sign(profile.signature_hash, &prepared.signing_string.bytes)?;
    let signed = Signed { signing_string: prepared.signing_string.clone(), key_id: prepared.key_id.clone() };
    let request = prepared.finish(&signature, &certificate, &profile).map_err(refused)?;
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
