//! Certificates from files.

use bankchannel::nextgen_psd2::certificates::{Certificate, Fault};
use clap::{Arg, ArgMatches, ValueHint};

use crate::{
    exit::{Failure, Outcome},
    options::read_text,
};

/// The largest file of certificates that is read, in bytes.
const MAX: u64 = 1024 * 1024;

/// The argument of a command about one certificate.
pub(super) fn argument() -> Arg {
    Arg::new("file")
        .value_name("FILE")
        .required(true)
        .value_hint(ValueHint::FilePath)
        .help("A certificate as PEM, or the value of a TPP-Signature-Certificate header; - for stdin")
}

/// The text of that argument, as the library wants it: lines mean PEM, one line a header's value.
pub(super) fn text(matches: &ArgMatches) -> Outcome<String> {
    let path = matches.get_one::<String>("file").map(String::as_str).unwrap_or_default();
    let text = read_text("FILE", path, MAX)?;
    let trimmed = text.trim();
    Ok(if trimmed.contains('\n') { text } else { trimmed.to_owned() })
}

/// The first certificate of a PEM file.
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

/// A PEM file's text.
pub(super) fn pem(option: &str, path: &str) -> Outcome<String> {
    read_text(option, path, MAX)
}

fn unusable(option: &str, path: &str, fault: &Fault) -> Failure {
    Failure::usage(format!("{option}: {path}: {fault}"))
}
