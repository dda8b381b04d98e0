//! Certificates from files.

use bankchannel::nextgen_psd2::certificates::{Certificate, Fault};
use clap::{Arg, ArgMatches, ValueHint};

use crate::{
    exit::{Failure, Outcome},
    options::read_bytes,
};

/// The largest file of certificates that is read, in bytes.
pub(super) const MAX: u64 = 1024 * 1024;
/// What a value in DER begins with: certificates, keys, PKCS#12.
pub(super) const SEQUENCE: u8 = 0x30;

/// The argument of a command about one certificate.
pub(super) fn argument() -> Arg {
    Arg::new("file")
        .value_name("FILE")
        .required(true)
        .value_hint(ValueHint::FilePath)
        .help("A certificate as PEM or DER, or the value of a TPP-Signature-Certificate header; - for stdin")
}

/// The text of that argument, as the library wants it: lines mean PEM, one line a header's value.
pub(super) fn text(matches: &ArgMatches) -> Outcome<String> {
    let path = matches.get_one::<String>("file").map(String::as_str).unwrap_or_default();
    let text = pem("FILE", path)?;
    let trimmed = text.trim();
    Ok(if trimmed.contains('\n') { text } else { trimmed.to_owned() })
}

/// The first certificate of a file.
pub(super) fn first(option: &str, path: &str) -> Outcome<Certificate> {
    Certificate::from_pem(&pem(option, path)?).map_err(|fault| unusable(option, path, &fault))
}

/// Every certificate of every file of an option.
pub(super) fn all(matches: &ArgMatches, option: &str) -> Outcome<Vec<Certificate>> {
    let mut found = Vec::new();
    for path in matches.get_many::<String>(option).into_iter().flatten() {
        let option = format!("--{option}");
        let read = Certificate::all_from_pem(&pem(&option, path)?);
        found.extend(read.map_err(|fault| unusable(&option, path, &fault))?);
    }
    Ok(found)
}

/// A file's text; a DER certificate as PEM.
pub(super) fn pem(option: &str, path: &str) -> Outcome<String> {
    match String::from_utf8(read_bytes(option, path, MAX)?) {
        Ok(text) => Ok(text),
        Err(no_text) if no_text.as_bytes().first() == Some(&SEQUENCE) => Certificate::from_der(no_text.as_bytes())
            .map(|read| read.to_pem())
            .map_err(|fault| unusable(option, path, &fault)),
        Err(_) => Err(Failure::usage(format!("{option}: {path} is neither PEM nor DER"))),
    }
}

fn unusable(option: &str, path: &str, fault: &Fault) -> Failure {
    Failure::usage(format!("{option}: {path}: {fault}"))
}
