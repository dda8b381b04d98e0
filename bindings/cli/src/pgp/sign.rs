//! `pgp sign`: a detached, armored signature over a file's bytes.

use std::{path::PathBuf, time::SystemTime};

use bankchannel_openpgp::{HashAlgorithm, UnlockedSigner, sign_detached};
use bankchannel_private_files::FileAccess;
use clap::{ArgAction, ArgMatches, Command};
use serde_json::json;

use super::{failure_in_file, keys};
use crate::{
    exit::{CommandFailure, CommandOutcome},
    operations::Spec,
    options::{file, file_argument, passphrase, text},
    output::{self, Format, files},
};

pub(super) fn arguments(command: Command) -> Command {
    command
        .arg(
            file("key", "The armored private key; several keys sign one after the other")
                .long("private-key")
                .visible_alias("key")
                .required(true)
                .action(ArgAction::Append),
        )
        .arg(
            text(
                "output",
                "SIG",
                "The file for the signature, - for stdout [default: FILE.asc; stdout when stdin is signed]",
            )
            .short('o'),
        )
        .arg(passphrase::argument("A file with the passphrase of a locked key [default: the command asks]"))
        .arg(file_argument("file", "The file to sign; - for stdin"))
}

pub(super) fn run(_: &Spec, matches: &ArgMatches) -> CommandOutcome {
    let path = matches.get_one::<String>("file").map(String::as_str).unwrap_or_default();
    let now = SystemTime::now();
    let mut signers: Vec<UnlockedSigner> = Vec::new();
    for key in matches.get_many::<String>("key").into_iter().flatten() {
        signers.push(keys::private(key, matches)?.signer(now).map_err(failure_in_file(key))?);
    }
    let output = matches.get_one::<String>("output").cloned().unwrap_or_else(|| match path {
        "-" => "-".to_owned(),
        _ => format!("{path}.asc"),
    });
    let target = PathBuf::from(&output);
    if output != "-" && target.exists() {
        return Err(CommandFailure::usage(format!(
            "{output} exists already and was not changed; name another file with --output"
        )));
    }
    let file = keys::document(path)?;
    let signers: Vec<&UnlockedSigner> = signers.iter().collect();
    let signature = sign_detached(&signers, file, HashAlgorithm::Sha256, now).map_err(failure_in_file(path))?;
    let format = crate::options::format(matches);
    if output == "-" && format == Format::Table {
        output::bytes(signature.as_bytes());
        return Ok(());
    }
    if output != "-" {
        // A signature is meant to be shared.
        files::write_new(&target, FileAccess::Readable, signature.as_bytes())?;
    }
    let fingerprints: Vec<&str> = signers.iter().map(|signer| signer.primary_fingerprint()).collect();
    match format {
        Format::Json => output::json(
            &json!({ "signature": signature, "output": (output != "-").then_some(&output), "signed_by": fingerprints }),
        ),
        Format::Table => output::print_note(&format!("signed by {}: {output}", fingerprints.join(", "))),
    }
    Ok(())
}
