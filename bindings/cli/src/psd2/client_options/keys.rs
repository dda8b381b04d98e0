//! The signing key of a third party: from a file, PEM or PKCS#12, or in a token.

use bankchannel::{
    KeySources,
    nextgen_psd2::{NextGenPsd2Settings, Pkcs11Settings},
};
use bankchannel_crypto::pkcs12::Pkcs12Keystore;
use bankchannel_foundation::Secret;
use clap::{ArgMatches, Command};
use zeroize::Zeroizing;

use crate::options::certificates::SEQUENCE;
use crate::{
    exit::{CommandFailure, CommandOutcome},
    options::{MAX_SETTINGS, file, passphrase, read_bytes, text},
    output::prompt,
};

/// The variable that the PIN is taken from.
const PIN_VARIABLE: &str = "BANKCHANNEL_PKCS11_PIN";
const TOKEN: &str = "A key in an HSM or on a smart card";

/// Adds the options of a key in a token, as an alternative to `--private-key`.
pub(crate) fn token_arguments(command: Command) -> Command {
    let module = file("pkcs11-module", "The PKCS#11 library of the token's vendor, in place of --private-key");
    let own = [
        text("pkcs11-token", "LABEL", "The token's label or slot number"),
        text("pkcs11-key", "LABEL", "The key's label or hexadecimal id"),
        file(
            "pkcs11-pin-file",
            "A file with the token's PIN [default: the variable BANKCHANNEL_PKCS11_PIN, else the command asks]",
        ),
    ];
    let own = own.map(|argument| argument.requires("pkcs11-module"));
    let all = own.into_iter().chain([module.requires_all(["pkcs11-token", "pkcs11-key"])]);
    command.args(all.map(|argument| argument.conflicts_with("key").help_heading(TOKEN)))
}

/// Puts the given key into the settings, replacing theirs; and the certificate of a PKCS#12 file, if `--certificate`
/// names none.
pub(crate) fn give_keys(settings: &mut NextGenPsd2Settings, matches: &ArgMatches) -> CommandOutcome {
    if let Some(module) = matches.try_get_one::<String>("pkcs11-module").ok().flatten() {
        settings.key.pkcs11 = Some(token(module, matches)?);
    }
    let Some(path) = matches.get_one::<String>("key") else { return Ok(()) };
    let noninteractive = matches.try_get_one::<bool>("noninteractive").ok().flatten().copied().unwrap_or_default();
    let locked = || passphrase::of_locked(path, matches, noninteractive);
    let bytes = Zeroizing::new(read_bytes("--private-key", path, MAX_SETTINGS)?);
    (settings.private_key, settings.key) = (None, KeySources::default());
    if is_pkcs12(path, &bytes)? {
        let keystore = Pkcs12Keystore::read(&bytes, &locked()?)
            .map_err(|fault| CommandFailure::usage(format!("--private-key: {path}: {fault}")))?;
        settings.private_key = Some(keystore.private_key_pem().as_str().into());
        if matches.get_one::<String>("certificate").is_none()
            && let Some(own) = keystore.certificate_pem()
        {
            (settings.certificate, settings.certificate_file) = (Some(own), None);
        }
        return Ok(());
    }
    let pem = std::str::from_utf8(&bytes)
        .map_err(|_| CommandFailure::usage(format!("--private-key: {path} is neither PEM nor PKCS#12 (DER)")))?;
    // The head of both forms of a locked key shows that it is locked.
    if pem.contains("ENCRYPTED") {
        settings.key.passphrase = Some(locked()?.as_str().into());
    }
    settings.private_key = Some(pem.into());
    Ok(())
}

/// Whether these bytes of `--private-key` are a PKCS#12 file and not PEM text. A DER key is neither.
fn is_pkcs12(path: &str, bytes: &[u8]) -> CommandOutcome<bool> {
    let [SEQUENCE, length, ..] = bytes else { return Ok(false) };
    // The octets of the length: if the highest bit is set, the lower bits count further octets.
    let further = if *length > 0x80 { usize::from(length & 0x7f) } else { 0 };
    match bytes.get(2 + further..).unwrap_or_default() {
        // PKCS#12 has version 3; PKCS#8 and PKCS#1 have 0 or 1; a locked PKCS#8 key and a certificate begin
        // differently.
        [0x02, 0x01, 0 | 1, ..] | [SEQUENCE, ..] => Err(CommandFailure::usage(format!(
            "--private-key: {path} is DER but not PKCS#12: convert a DER key with `openssl pkey -inform DER -in {path} -out key.pem`"
        ))),
        _ => Ok(true),
    }
}

fn token(module: &str, matches: &ArgMatches) -> CommandOutcome<Pkcs11Settings> {
    let text = |name: &str| matches.get_one::<String>(name).cloned().unwrap_or_default();
    let token = text("pkcs11-token");
    Ok(Pkcs11Settings { module: module.to_owned(), pin: pin(&token, matches)?, token, key: text("pkcs11-key") })
}

/// The PIN from its file, from the variable, or from the user; none if there is none, for a reader with its own keypad.
fn pin(token: &str, matches: &ArgMatches) -> CommandOutcome<Option<Secret>> {
    if let Some(path) = matches.get_one::<String>("pkcs11-pin-file") {
        return passphrase::line_of("--pkcs11-pin-file", path).map(|pin| Some(Secret::new(pin.as_str())));
    }
    if let Some(pin) = std::env::var(PIN_VARIABLE).ok().filter(|pin| !pin.is_empty()) {
        return Ok(Some(Secret::new(pin)));
    }
    if !prompt::possible(false) {
        return Ok(None);
    }
    let typed = Zeroizing::new(prompt::secret(&format!("PIN of {token} (empty to type it on the reader)"))?);
    Ok(Some(Secret::new(typed.as_str())).filter(|pin| !pin.expose().is_empty()))
}
