//! Certificates from files.

use bankchannel_crypto::x509::{Certificate, CertificateFault};

use crate::{
    exit::{CommandFailure, CommandOutcome},
    options::read_bytes,
};

/// The largest file of certificates that is read, in bytes.
const MAX: u64 = 1024 * 1024;
/// The first byte of a DER sequence: certificates, keys, PKCS#12.
pub(crate) const SEQUENCE: u8 = 0x30;

/// The first certificate of a file, as PEM.
pub(crate) fn first(option: &str, path: &str) -> CommandOutcome<String> {
    let read = Certificate::from_pem(&pem(option, path)?);
    read.map(|read| read.to_pem()).map_err(|fault| unusable(option, path, &fault))
}

/// Every certificate of a file, as PEM.
pub(crate) fn all(option: &str, path: &str) -> CommandOutcome<String> {
    let read = Certificate::all_from_pem(&pem(option, path)?);
    let read = read.map_err(|fault| unusable(option, path, &fault))?;
    Ok(read.iter().map(Certificate::to_pem).collect())
}

/// A file's text; a DER certificate as PEM.
pub(crate) fn pem(option: &str, path: &str) -> CommandOutcome<String> {
    match String::from_utf8(read_bytes(option, path, MAX)?) {
        Ok(text) => Ok(text),
        Err(no_text) if no_text.as_bytes().first() == Some(&SEQUENCE) => Certificate::from_der(no_text.as_bytes())
            .map(|read| read.to_pem())
            .map_err(|fault| unusable(option, path, &fault)),
        Err(_) => Err(CommandFailure::usage(format!("{option}: {path} is neither PEM nor DER"))),
    }
}

fn unusable(option: &str, path: &str, fault: &CertificateFault) -> CommandFailure {
    CommandFailure::usage(format!("{option}: {path}: {fault}"))
}
