//! Input files of a command, and their message types.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use bankchannel_foundation::open_regular;
use bankchannel_foundation::shown;
use bankchannel_iso20022::{
    MessageFile, MessageFileKind,
    cash::{MAX_HELD, ReadOptions},
    is_in_its_encoding, message_file_kind, other_file,
    payment::{self, PaymentFile, each_transaction},
    read_message_file,
    status::{self, StatusFile},
    tables::{self, TableRow},
};

use crate::exit::{CommandFailure, CommandOutcome};

/// The largest file that is read completely, bytes.
const MAX_BYTES: u64 = 1024 * 1024 * 1024;

/// The reason for leaving out a file of another type.
const NOT_READ: &str = "it is not a payment file, status report, statement or notification";

/// The files of these names, and those in these folders in the order of their names; each with a flag whether it was
/// named directly.
pub(super) fn listed<'a>(names: impl Iterator<Item = &'a String>) -> CommandOutcome<Vec<(PathBuf, bool)>> {
    let mut files = Vec::new();
    for name in names {
        let path = Path::new(name);
        let unreadable = |why: std::io::Error| CommandFailure::usage(shown::unreadable_content(path, &why));
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

/// The encoding of files that declare none or a wrong one.
#[derive(Clone, Copy)]
pub(super) struct NamedEncoding<'a> {
    name: Option<&'a str>,
    /// Whether it takes precedence over the file's own declaration.
    overrides: bool,
}

impl<'a> NamedEncoding<'a> {
    /// The encoding that was named for these files. A single file is read in it, whatever it declares; of several files
    /// and in a folder, only those that are not valid in their declared encoding.
    pub(super) fn new(name: Option<&'a str>, files: &[(PathBuf, bool)]) -> Self {
        Self { name, overrides: matches!(files, [(_, true)]) }
    }

    /// The encoding in which a file is read in place of its own.
    fn of(self, open: impl FnOnce() -> io::Result<fs::File>) -> io::Result<Option<&'a str>> {
        match self.name {
            Some(_) if !self.overrides && is_in_its_encoding(open()?) => Ok(None),
            name => Ok(name),
        }
    }
}

/// A file that can be read here.
pub(super) struct FoundFile {
    path: PathBuf,
    pub(super) kind: MessageFileKind,
    /// The encoding in place of the file's own.
    pub(super) encoding: Option<String>,
}

/// Looks into a file, or says why it is left out; the reason does not name the file.
pub(super) fn find(path: &Path, encoding: NamedEncoding<'_>) -> Result<FoundFile, String> {
    let open = || open_regular(path).map(|(file, _)| file);
    let unreadable = |why: io::Error| format!("cannot be read: {why}");
    let encoding = encoding.of(open).map_err(unreadable)?;
    match message_file_kind(open().map_err(unreadable)?, encoding).map_err(|problem| problem.to_string())? {
        Some(kind) => Ok(FoundFile { path: path.to_owned(), kind, encoding: encoding.map(str::to_owned) }),
        None => Err(not_read(open().map_err(unreadable)?, encoding)),
    }
}

/// The kind of a file that is left out.
fn not_read(file: impl Read, encoding: Option<&str>) -> String {
    other_file(file, encoding).map_or_else(|| NOT_READ.to_owned(), |other| other.to_string())
}

impl FoundFile {
    /// The file from its beginning.
    pub(super) fn reader(&self) -> Result<impl Read + use<>, String> {
        open_regular(&self.path).map(|(file, _)| file).map_err(|why| format!("cannot be read: {why}"))
    }

    /// The rows of the transactions of a payment file, collected as they are read: with their number, and the file without
    /// its batches. `new` begins a collection.
    pub(super) fn payment_rows<R>(
        &self,
        new: impl Fn() -> R,
        add: impl Fn(&mut R, &TableRow<'_>),
    ) -> Result<(R, u64, PaymentFile), String> {
        let (mut rows, mut number) = (new(), 0);
        let read = each_transaction(self.reader()?, self.encoding.as_deref(), &mut |header, batch, one| {
            number += 1;
            add(&mut rows, &tables::of_transaction((header, batch), number, &one));
        });
        if let Some(read) = read.map_err(|fault| fault.to_string())? {
            return Ok((rows, number, read));
        }
        rows = new();
        let read = self.payment()?;
        tables::of_payment(&read).for_each(|row| add(&mut rows, &row));
        Ok((rows, number, read))
    }

    /// The whole payment file.
    pub(super) fn payment(&self) -> Result<PaymentFile, String> {
        payment::read_with_encoding(self.reader()?, self.encoding.as_deref()).map_err(|fault| fault.to_string())
    }

    /// The whole status reports.
    pub(super) fn reports(&self) -> Result<StatusFile, String> {
        status::read_with_encoding(self.reader()?, self.encoding.as_deref()).map_err(|fault| fault.to_string())
    }

    /// How its statements are read.
    pub(super) fn options(&self) -> ReadOptions {
        ReadOptions { encoding: self.encoding.clone(), ..ReadOptions::default() }
    }
}

/// Reads a file, or says why it is left out; the reason does not name the file.
pub(super) fn read(path: &Path, encoding: NamedEncoding<'_>) -> Result<MessageFile, String> {
    let unreadable = |why: io::Error| format!("cannot be read: {why}");
    let bytes = bytes(path).map_err(unreadable)?;
    let encoding = encoding.of(|| open_regular(path).map(|(file, _)| file)).map_err(unreadable)?;
    let read = read_message_file(&bytes, encoding, MAX_HELD).map_err(|problem| problem.to_string())?;
    read.ok_or_else(|| not_read(bytes.as_slice(), encoding))
}

/// The bytes of a file.
pub(super) fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    bytes_of(open_regular(path)?.0)
}

/// All bytes of a source, within the limit.
pub(super) fn bytes_of(source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::other(format!("it is larger than {MAX_BYTES} bytes")));
    }
    Ok(bytes)
}
