//! The files that a command is given, and what they are.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use bankchannel_foundation::shown;
use bankchannel_iso20022::{
    BankFile, Problem, cash::CashFile, payment::PaymentFile, read_bank_file, read_payment, status::StatusFile,
};

use bankchannel_transport::open_regular;

use crate::exit::{Failure, Outcome};

/// A file that was read.
pub(super) enum Read {
    /// `pain.001`.
    Payment(Box<PaymentFile>),
    /// `pain.002`.
    Status(StatusFile),
    /// `camt.052`, `camt.053` or `camt.054`.
    Cash(Box<CashFile>),
}

/// The largest file that is read whole, bytes.
const MAX_BYTES: u64 = 1024 * 1024 * 1024;
/// The most entries or transactions of a file.
const MAX_ENTRIES: usize = 1_000_000;

/// What is said of a file that is none of them.
pub(super) const NOT_READ: &str = "is no payment file, status report, statement or notification: left out";

/// The files of these names, and those in these folders in the order of their names; with each, whether it was named itself.
pub(super) fn listed<'a>(names: impl Iterator<Item = &'a String>) -> Outcome<Vec<(PathBuf, bool)>> {
    let mut files = Vec::new();
    for name in names {
        let path = Path::new(name);
        let unreadable = |why: std::io::Error| Failure::usage(shown::unreadable_content(path, &why));
        if !fs::metadata(path).map_err(unreadable)?.is_dir() {
            files.push((path.to_owned(), true));
            continue;
        }
        let mut inside: Vec<PathBuf> = Vec::new();
        for entry in fs::read_dir(path).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
            if !is_hidden && entry.file_type().map_err(unreadable)?.is_file() {
                inside.push(entry.path());
            }
        }
        inside.sort();
        files.extend(inside.into_iter().map(|path| (path, false)));
    }
    Ok(files)
}

/// Reads a file; `None` for one that is none of the messages that are read here.
pub(super) fn read(path: &Path) -> Outcome<Option<Read>> {
    let bytes = bytes(path)?;
    let told = |problem: Problem| Failure::usage(problem.to_string());
    match read_bank_file(&bytes, MAX_ENTRIES).map_err(told)? {
        Some(BankFile::Status(file)) => return Ok(Some(Read::Status(file))),
        Some(BankFile::Cash(file)) => return Ok(Some(Read::Cash(file))),
        None => {}
    }
    match read_payment(bytes.as_slice()) {
        Ok(file) => Ok(Some(Read::Payment(Box::new(file)))),
        Err(problem) if says_payment(&bytes) => Err(told(problem)),
        Err(_) => Ok(None),
    }
}

/// The bytes of a file.
pub(super) fn bytes(path: &Path) -> Outcome<Vec<u8>> {
    let unreadable = |why: std::io::Error| Failure::usage(shown::unreadable_content(path, &why));
    let (file, _) = open_regular(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Failure::usage(format!("the file is larger than {MAX_BYTES} bytes")));
    }
    Ok(bytes)
}

/// Whether a file that could not be read calls itself a payment file.
fn says_payment(bytes: &[u8]) -> bool {
    /// The element and the namespace stand at the beginning.
    const LOOKED_AT: usize = 4096;
    let beginning = &bytes[..bytes.len().min(LOOKED_AT)];
    String::from_utf8_lossy(beginning).contains("pain.001.")
}
