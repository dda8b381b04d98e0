//! The passphrase of a locked private key: from a file, or from the user at the terminal.

use bankchannel_openpgp::OpenPgpPrivateKey;
use clap::{Arg, ArgMatches};
use zeroize::Zeroizing;

use super::{
    plain::file,
    value::{less_line_break, read_text},
};
use crate::{
    exit::{CommandFailure, CommandOutcome},
    output::prompt,
};

/// The longest passphrase file that is read, in bytes.
const MAX_PASSPHRASE: u64 = 4096;
const OPTION: &str = "passphrase-file";
/// The end of an armored private key.
const END: &str = "-----END PGP PRIVATE KEY BLOCK-----";

/// `--passphrase-file`.
pub(crate) fn argument(help: &'static str) -> Arg {
    file(OPTION, help)
}

/// The passphrase of `--passphrase-file`, without one final line break.
pub(crate) fn given(matches: &ArgMatches) -> CommandOutcome<Option<Zeroizing<String>>> {
    let Some(path) = matches.try_get_one::<String>(OPTION).ok().flatten() else { return Ok(None) };
    line_of("--passphrase-file", path).map(Some)
}

/// The secret in an option's file, without one final line break.
pub(crate) fn line_of(option: &str, path: &str) -> CommandOutcome<Zeroizing<String>> {
    let text = Zeroizing::new(read_text(option, path, MAX_PASSPHRASE)?);
    Ok(Zeroizing::new(less_line_break(&text).to_owned()))
}

/// The passphrase of a locked key: from the file, or asked for. `key` names the key.
pub(crate) fn of_locked(key: &str, matches: &ArgMatches, noninteractive: bool) -> CommandOutcome<Zeroizing<String>> {
    match given(matches)? {
        Some(passphrase) => Ok(passphrase),
        None if prompt::possible(noninteractive) => prompt::secret(&format!("Passphrase of {key}")).map(Zeroizing::new),
        None => Err(CommandFailure::usage(format!("{key} is locked: give --passphrase-file"))),
    }
}

/// Whether one of the keys of an armored text is locked. A text without a key is refused later by its reader.
pub(crate) fn is_locked(armored: &str) -> bool {
    armored
        .split_inclusive(END)
        .filter_map(|block| OpenPgpPrivateKey::from_armored(block.trim_start().as_bytes()).ok())
        .any(|key| key.is_locked())
}
