//! Keys and passphrases from files.

use std::{
    fs::OpenOptions,
    io::{Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use bankchannel_openpgp::{Limits, PrivateKey, PublicKey, limits::MAX_PRIVATE_KEY_BYTES};
use clap::{Arg, ArgMatches};
use zeroize::Zeroizing;

use super::told;
use crate::{
    exit::{Failure, Outcome},
    output::prompt,
};

/// The longest passphrase file that is read, in bytes.
const MAX_PASSPHRASE: u64 = 4096;

/// `--passphrase-file`.
pub(super) fn passphrase_argument(help: &'static str) -> Arg {
    Arg::new("passphrase-file").long("passphrase-file").value_name("FILE").help(help)
}

/// The passphrase of `--passphrase-file`, less one final line break.
pub(super) fn passphrase(matches: &ArgMatches) -> Outcome<Option<Zeroizing<String>>> {
    let Some(path) = matches.get_one::<String>("passphrase-file") else { return Ok(None) };
    let text = Zeroizing::new(read(path, MAX_PASSPHRASE)?);
    let line = text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    Ok(Some(Zeroizing::new(line.to_owned())))
}

/// Reads a private key and unlocks it: with the passphrase file, or by asking.
pub(super) fn private(path: &str, matches: &ArgMatches) -> Outcome<PrivateKey> {
    let text = Zeroizing::new(read(path, MAX_PRIVATE_KEY_BYTES as u64)?);
    let mut key = PrivateKey::from_armored(text.as_bytes()).map_err(told(path))?;
    if key.is_locked() {
        let passphrase = match passphrase(matches)? {
            Some(passphrase) => passphrase,
            None if prompt::possible(false) => Zeroizing::new(prompt::secret(&format!("Passphrase of {path}"))?),
            None => return Err(Failure::usage(format!("{path} is locked: give --passphrase-file"))),
        };
        key.unlock(&passphrase).map_err(told(path))?;
    }
    Ok(key)
}

/// Reads a public key, or the public half of a private one.
pub(super) fn public(path: &str) -> Outcome<PublicKey> {
    let text = Zeroizing::new(read(path, MAX_PRIVATE_KEY_BYTES as u64)?);
    match PublicKey::from_armored(text.as_bytes(), Limits::default()) {
        Err(bankchannel_openpgp::Error::PrivateKeyMaterial) => {
            PrivateKey::from_armored(text.as_bytes()).map(|key| key.public()).map_err(told(path))
        }
        found => found.map_err(told(path)),
    }
}

/// Reads a small text file, or stdin for `-`.
pub(super) fn read(path: &str, limit: u64) -> Outcome<String> {
    let failed = |why: std::io::Error| Failure::usage(format!("{path} cannot be read: {why}"));
    let mut text = String::new();
    let size = match path {
        "-" => std::io::stdin().lock().take(limit + 1).read_to_string(&mut text).map_err(failed)?,
        _ => std::fs::File::open(path).map_err(failed)?.take(limit + 1).read_to_string(&mut text).map_err(failed)?,
    };
    if size as u64 > limit {
        return Err(Failure::usage(format!("{path} is larger than {limit} bytes")));
    }
    Ok(text)
}

/// Writes a new file; one that exists is never touched.
pub(super) fn write_new(path: &Path, mode: u32, bytes: &[u8]) -> Outcome {
    let failed = |why: std::io::Error| match why.kind() {
        std::io::ErrorKind::AlreadyExists => {
            Failure::usage(format!("{} exists already and is left alone", path.display()))
        }
        _ => Failure::usage(format!("{} cannot be written: {why}", path.display())),
    };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(failed)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    written.map_err(|why| {
        // Half a file would be taken for a whole one.
        let _ = std::fs::remove_file(path);
        failed(why)
    })
}
