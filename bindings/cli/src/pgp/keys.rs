//! Keys and passphrases from files.

use std::{fs::File, io::Read};

use bankchannel_foundation::shown;
use bankchannel_openpgp::{
    OpenPgpPrivateKey, OpenPgpPublicKey, PublicKeyLimits, limits::MAX_PRIVATE_KEY_BYTES, without_leading_text,
};
use clap::ArgMatches;
use zeroize::Zeroizing;

use super::failure_in_file;
use crate::{
    exit::{CommandFailure, CommandOutcome},
    options::{passphrase, read_text, stdin},
};

/// Reads a private key and unlocks it: with the passphrase file, or by asking.
pub(super) fn private(path: &str, matches: &ArgMatches) -> CommandOutcome<OpenPgpPrivateKey> {
    let text = Zeroizing::new(read_text("--private-key", path, MAX_PRIVATE_KEY_BYTES as u64)?);
    let mut key =
        OpenPgpPrivateKey::from_armored(without_leading_text(text.as_bytes())).map_err(failure_in_file(path))?;
    if key.is_locked() {
        key.unlock(&passphrase::of_locked(path, matches, false)?).map_err(failure_in_file(path))?;
    }
    Ok(key)
}

/// Reads a public key, or the public half of a private one.
pub(super) fn public(path: &str) -> CommandOutcome<OpenPgpPublicKey> {
    let text = Zeroizing::new(read_text("--public-key", path, MAX_PRIVATE_KEY_BYTES as u64)?);
    let armor = without_leading_text(text.as_bytes());
    match OpenPgpPublicKey::from_armored(armor, PublicKeyLimits::default()) {
        Err(bankchannel_openpgp::OpenPgpError::PrivateKeyMaterial) => {
            OpenPgpPrivateKey::from_armored(armor).map(|key| key.public()).map_err(failure_in_file(path))
        }
        found => found.map_err(failure_in_file(path)),
    }
}

/// The signed document: a file, or stdin for `-`. It is streamed, never held.
pub(super) fn document(path: &str) -> CommandOutcome<Box<dyn Read + Send>> {
    if path == "-" {
        return Ok(Box::new(stdin::reader("FILE")?));
    }
    let file = File::open(path).map_err(|why| CommandFailure::usage(shown::unreadable_content(path.as_ref(), &why)))?;
    Ok(Box::new(file))
}
