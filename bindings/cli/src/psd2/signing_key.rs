//! The private key of `psd2 sign`: from a file, PEM or PKCS#12, or in a token; and the certificate that comes with it.

use bankchannel::nextgen_psd2::{Pkcs11Settings, Signer, Token, certificates::Certificate};
use bankchannel_crypto::{
    pkcs12::{self, Keystore},
    signature::SigningKey,
};
use bankchannel_foundation::Secret;
use clap::{Arg, ArgMatches, Command, ValueHint};
use zeroize::Zeroizing;

use super::certificates::{self, SEQUENCE};
use crate::{
    exit::{Failure, Outcome},
    options::{passphrase, read_bytes},
    output::prompt,
};

/// The variable that the PIN is taken from.
const PIN_VARIABLE: &str = "BANKCHANNEL_PKCS11_PIN";

/// Adds the options.
pub(super) fn arguments(command: Command) -> Command {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let file = |name: &'static str, help: &'static str| option(name, "FILE", help).value_hint(ValueHint::FilePath);
    let token = |arg: Arg| {
        arg.requires("pkcs11-module").conflicts_with("key").help_heading("A key in an HSM or on a smart card")
    };
    command
        .arg(
            file("key", "The private key of the QSEAL certificate: PEM (PKCS#8 or PKCS#1), or PKCS#12 with both")
                .required_unless_present("pkcs11-module"),
        )
        .arg(file("certificate", "The QSEAL certificate, PEM [default: that of the PKCS#12 file or of the token]"))
        .arg(passphrase::argument("The passphrase of a locked key or of a PKCS#12 file; left out, it is asked for"))
        .arg(
            file("pkcs11-module", "The PKCS#11 library of the token's maker, in place of --key")
                .conflicts_with("key")
                .requires_all(["pkcs11-token", "pkcs11-key"])
                .help_heading("A key in an HSM or on a smart card"),
        )
        .arg(token(option("pkcs11-token", "LABEL", "The token's label, or the number of its slot")))
        .arg(token(option("pkcs11-key", "LABEL", "The key's label, or its id in hex")))
        .arg(token(file(
            "pkcs11-pin-file",
            "The token's PIN; left out, the variable BANKCHANNEL_PKCS11_PIN, else it is asked for",
        )))
}

/// What signs, and the certificate: of `--certificate`, else the one that comes with the key.
pub(super) fn read(matches: &ArgMatches) -> Outcome<(Signer, Certificate)> {
    let text = |name: &str| matches.get_one::<String>(name).map(String::as_str);
    // A PIN is not spent where the certificate cannot be read.
    let given = text("certificate").map(|path| certificates::first("--certificate", path)).transpose()?;
    let (signer, own) = match text("pkcs11-module") {
        Some(module) => in_token(module, matches)?,
        None => in_file(text("key").unwrap_or_default(), matches)?,
    };
    let certificate = match (given, own) {
        (Some(certificate), _) => certificate,
        (None, Some(pem)) => Certificate::from_pem(&pem)
            .map_err(|fault| Failure::usage(format!("the certificate that comes with the key: {fault}")))?,
        (None, None) => return Err(Failure::usage("no certificate comes with the key: give --certificate")),
    };
    if signer.spki_der() != certificate.spki_der() {
        return Err(Failure::usage("the private key does not belong to the certificate"));
    }
    Ok((signer, certificate))
}

/// Whether these bytes of `--key` are a PKCS#12 file and no PEM text. A key in DER is neither.
pub(super) fn is_pkcs12(path: &str, bytes: &[u8]) -> Outcome<bool> {
    let [SEQUENCE, length, ..] = bytes else { return Ok(false) };
    // The length's own octets: the lower bits count further ones where the highest is set.
    let further = if *length > 0x80 { usize::from(length & 0x7f) } else { 0 };
    match bytes.get(2 + further..).unwrap_or_default() {
        // PKCS#12 has version 3; PKCS#8 and PKCS#1 have 0 or 1, a locked PKCS#8 key and a certificate begin otherwise.
        [0x02, 0x01, 0 | 1, ..] | [SEQUENCE, ..] => Err(Failure::usage(format!(
            "--key: {path} is DER and no PKCS#12 file: convert a DER key with `openssl pkey -inform DER -in {path} -out key.pem`"
        ))),
        _ => Ok(true),
    }
}

/// What the PKCS#12 file of `--key` holds.
pub(super) fn keystore(path: &str, bytes: &[u8], passphrase: &str) -> Outcome<Keystore> {
    Keystore::read(bytes, passphrase).map_err(|fault| Failure::usage(format!("--key: {path}: {fault}")))
}

fn in_file(path: &str, matches: &ArgMatches) -> Outcome<(Signer, Option<String>)> {
    let unusable = |fault: bankchannel_crypto::Error| Failure::usage(format!("--key: {path}: {fault}"));
    let bytes = Zeroizing::new(read_bytes("--key", path, pkcs12::MAX_BYTES as u64)?);
    if is_pkcs12(path, &bytes)? {
        let keystore = keystore(path, &bytes, &passphrase::of_locked(path, matches, false)?)?;
        let key = keystore.signing_key().map_err(unusable)?;
        return Ok((Signer::Key(key), keystore.certificate_pem()));
    }
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| Failure::usage(format!("--key: {path} is neither PEM nor PKCS#12 (DER)")))?;
    // Both forms of a locked key say so in their head.
    let passphrase = if text.contains("ENCRYPTED") { Some(passphrase::of_locked(path, matches, false)?) } else { None };
    let key = SigningKey::from_pem(text, passphrase.as_deref().map(String::as_str)).map_err(unusable)?;
    Ok((Signer::Key(key), None))
}

fn in_token(module: &str, matches: &ArgMatches) -> Outcome<(Signer, Option<String>)> {
    let text = |name: &str| matches.get_one::<String>(name).cloned().unwrap_or_default();
    let token = text("pkcs11-token");
    let settings =
        Pkcs11Settings { module: module.to_owned(), pin: pin(&token, matches)?, token, key: text("pkcs11-key") };
    let token = Token::open(&settings).map_err(|fault| Failure::usage(fault.to_string()))?;
    let certificate = token.certificate_pem();
    Ok((Signer::Token(token), certificate))
}

/// The PIN from its file, from the variable, or from the person; none where none can be had, for a reader with keys of its own.
fn pin(token: &str, matches: &ArgMatches) -> Outcome<Option<Secret>> {
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
