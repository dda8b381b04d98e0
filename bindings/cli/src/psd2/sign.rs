//! `psd2 sign`: a request file becomes the signed request, ready for the wire.

use std::path::PathBuf;

use bankchannel::{
    Content, Error,
    message::Request,
    nextgen_psd2::{NextGenPsd2, NextGenPsd2Settings, SigningOptions, errors},
};
use bankchannel_foundation::model::read_boundary;
use bankchannel_private_files::FileAccess;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::{ArgMatches, Command};
use serde_json::{Map, Value};

use super::{
    client_options::{keys, signing_options},
    request,
};
use crate::{
    exit::{CommandFailure, CommandOutcome},
    operations::Spec,
    options::{certificates, file, flag, format, passphrase},
    output::{self, Format, files},
};

pub(super) fn arguments(command: Command) -> Command {
    let command = command
        .arg(
            file(
                "key",
                "The private key of the QSEAL certificate: PEM (PKCS#8 or PKCS#1), or PKCS#12 with key and certificate",
            )
            .long("private-key")
            .visible_alias("key")
            .required_unless_present("pkcs11-module"),
        )
        .arg(file("certificate", "The QSEAL certificate, PEM [default: that of the PKCS#12 file or of the token]"))
        .arg(passphrase::argument(
            "A file with the passphrase of a locked key or of a PKCS#12 file [default: the command asks]",
        ));
    let command = keys::token_arguments(command)
        .arg(file("output", "A new file of mode 0600 for the signed request [default: stdout]").short('o'))
        .arg(flag("explain", "Show the signed bytes, with offsets, and the key id on stderr"));
    signing_options::arguments(command)
}

pub(super) fn run(_: &Spec, matches: &ArgMatches) -> CommandOutcome {
    let target = matches.get_one::<String>("output").filter(|path| *path != "-").map(PathBuf::from);
    files::check_new(target.as_deref())?;
    let client = client(matches)?;
    let (mut request, text) = request::read(matches)?;
    let response = bankchannel::call_local_values(
        "nextgen_psd2.sign_request",
        Value::Object(Map::new()).into(),
        Some(Content::from(text)),
        Some(&client),
    );
    let response: Value = response.map_err(refused)?.into();
    add_headers(&mut request, &response);
    if matches.get_flag("explain") {
        explain(&response)?;
    }
    if let Some(path) = &target {
        // Its headers may identify the user.
        files::write_new(path, FileAccess::Owner, &request.to_bytes())?;
    }
    match (format(matches), target) {
        (Format::Json, _) => output::json(&response),
        (Format::Table, Some(path)) => output::print_note(&format!("written to {}", path.display())),
        (Format::Table, None) => output::bytes(&request.to_bytes()),
    }
    Ok(())
}

/// A client with the key, the certificate and the signing options.
fn client(matches: &ArgMatches) -> CommandOutcome<NextGenPsd2> {
    let signing: SigningOptions = read_boundary(Value::Object(signing_options::ROWS.read(matches)?))?;
    signing.profile()?;
    // No PIN attempt is used if the certificate cannot be read.
    let given = matches.get_one::<String>("certificate").map(|path| certificates::first("--certificate", path));
    let mut settings =
        NextGenPsd2Settings { certificate: given.transpose()?, signing: Some(signing), ..Default::default() };
    keys::give_keys(&mut settings, matches)?;
    let client = NextGenPsd2::new(settings).map_err(refused)?;
    if client.certificate().is_none() {
        return Err(CommandFailure::usage("the key comes without a certificate: give --certificate"));
    }
    if let (Some(path), Err(fault)) = (matches.get_one::<String>("key"), client.signer()) {
        return Err(CommandFailure::usage(format!("--private-key: {path}: {}", fault.message())));
    }
    Ok(client)
}

/// Adds the headers that signing has added or replaced. The others stay byte for byte.
fn add_headers(request: &mut Request, response: &Value) {
    request.headers.remove("Signature");
    for field in response.get("headers").and_then(Value::as_array).into_iter().flatten() {
        let [Some(name), Some(value)] = ["name", "value"].map(|member| field.get(member).and_then(Value::as_str))
        else {
            continue;
        };
        if !request.headers.named(name).any(|held| held.trimmed() == value.as_bytes()) {
            request.headers.set(name, value.to_owned());
        }
    }
}

/// The signed text, line by line, with the offsets of its bytes.
fn explain(response: &Value) -> CommandOutcome {
    let text = |name: &str| response.get(name).and_then(Value::as_str).unwrap_or_default();
    let string = STANDARD.decode(text("signing_string"));
    let string = string.map_err(|_| CommandFailure::usage("the signing string cannot be shown; try --json"))?;
    output::print_note(&format!("signing string, {} bytes; a line feed between lines, none at the end:", string.len()));
    let mut start = 0;
    for line in string.split(|byte| *byte == b'\n') {
        let end = start + line.len();
        output::print_note(&format!("{start:>5}..{end:<5} {}", String::from_utf8_lossy(line)));
        start = end + 1;
    }
    output::print_note(&format!("key id: {}", text("key_id")));
    Ok(())
}

/// An error of the operation in terms of this command, whose fields are files and header lines.
fn refused(error: Error) -> CommandFailure {
    let message = error.message();
    if error.code() == errors::TOKEN_FAILED.code {
        return CommandFailure::Error(error);
    }
    CommandFailure::usage(match message.strip_prefix("headers.") {
        Some(why) => format!("the request cannot be signed: {why}"),
        None => message.strip_prefix("pkcs11: ").unwrap_or(message).to_owned(),
    })
}
