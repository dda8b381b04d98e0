//! `pgp generate`: a key pair that signs uploads, in the format that gpg 2.2 reads.

use std::{
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use bankchannel_foundation::shown;
use bankchannel_openpgp::{GeneratedAlgorithm, KeyGeneration, OpenPgpPrivateKey};
use bankchannel_private_files::{FileAccess, make_folders};
use clap::{ArgMatches, Command, builder::PossibleValuesParser, value_parser};
use serde_json::json;

use super::failure_in_file;
use crate::{
    exit::{CommandFailure, CommandOutcome},
    operations::Spec,
    options::{format, passphrase, text},
    output::{files, progress::ProgressLine},
};

/// The names that the published clients use (docs/protocols/ws-channel.md §8.1).
const PUBLIC: &str = "authorize-public.asc";
const PRIVATE: &str = "authorize-private.asc";
/// Who may use both files.
const ACCESS: FileAccess = FileAccess::Owner;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) fn arguments(command: Command) -> Command {
    command
        .arg(text("name", "NAME", "The name of the key's owner").required(true))
        .arg(text("email", "ADDRESS", "The e-mail address in the key").required(true))
        .arg(
            text("algorithm", "NAME", "The kind of key")
                .default_value("ed25519")
                .value_parser(PossibleValuesParser::new(["ed25519", "rsa3072", "rsa4096"])),
        )
        .arg(text("output-dir", "DIR", "The folder for the files; created with mode 0700 when absent").required(true))
        .arg(
            text("expires-days", "DAYS", "The key's lifetime [default: unlimited]")
                .value_parser(value_parser!(u32).range(1..=36_500)),
        )
        .arg(passphrase::argument("Lock the private key with the passphrase in this file [default: not locked]"))
}

pub(super) fn run(_: &Spec, matches: &ArgMatches) -> CommandOutcome {
    let given = |name: &str| matches.get_one::<String>(name).cloned().unwrap_or_default();
    let folder = PathBuf::from(given("output-dir"));
    let (public, private) = (folder.join(PUBLIC), folder.join(PRIVATE));
    if let Some(taken) = [&public, &private].into_iter().find(|path| path.exists()) {
        return Err(CommandFailure::usage(format!("{} exists already and was not changed", shown::path(taken))));
    }
    let now = SystemTime::now();
    let progress = ProgressLine::begin("making the key");
    let key = OpenPgpPrivateKey::generate(KeyGeneration {
        name: given("name"),
        email: given("email"),
        algorithm: algorithm(&given("algorithm")),
        created: now,
        expires: matches.get_one::<u32>("expires-days").map(|days| now + DAY * *days),
        passphrase: passphrase::given(matches)?,
    })
    .map_err(failure_in_file("the key"))?;
    drop(progress);
    make_folders(&folder)
        .map_err(|why| CommandFailure::usage(format!("{} cannot be made: {why}", shown::path(&folder))))?;
    // The private key first: a public key alone would be useless.
    files::write_new(&private, ACCESS, key.to_armored().map_err(failure_in_file("the key"))?.as_bytes())?;
    files::write_new(&public, ACCESS, key.public().to_armored().map_err(failure_in_file("the key"))?.as_bytes())?;
    format(matches).show(&json!({
        "fingerprint": key.fingerprint(),
        "pgp_key_id": key.public().short_id(),
        "algorithm": key.public().algorithm(),
        "public_key_file": path_text(&public),
        "private_key_file": path_text(&private),
    }));
    Ok(())
}

fn algorithm(name: &str) -> GeneratedAlgorithm {
    match name {
        "rsa3072" => GeneratedAlgorithm::Rsa3072,
        "rsa4096" => GeneratedAlgorithm::Rsa4096,
        _ => GeneratedAlgorithm::Ed25519,
    }
}

fn path_text(path: &Path) -> String {
    path.display().to_string()
}
