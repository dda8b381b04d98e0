//! Input files of a command, and their message types.

use std::{
    collections::HashSet,
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use bankchannel_foundation::open_regular;
use bankchannel_foundation::shown;
use bankchannel_iso20022::{
    MessageFile, MessageFileKind, RecognisedFile, XmlFault,
    cash::{MAX_HELD, ReadOptions},
    file_kind, files_in, is_in_its_encoding,
    payment::{self, PaymentFile, each_transaction},
    read_message_file,
    status::{self, StatusFile},
    tables::{self, TableRow},
};

use tempfile::TempPath;

use crate::{
    exit::{CommandFailure, CommandOutcome},
    output,
};

/// The largest file that is read completely, bytes.
const MAX_BYTES: u64 = 1024 * 1024 * 1024;

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
    fn of(self, path: &Path) -> Result<Option<&'a str>, String> {
        match self.name {
            Some(_) if !self.overrides && is_in_its_encoding(open(path)?) => Ok(None),
            name => Ok(name),
        }
    }
}

fn open(path: &Path) -> Result<fs::File, String> {
    open_regular(path).map(|(file, _)| file).map_err(|why| format!("cannot be read: {why}"))
}

/// Why a file is left out.
#[derive(Debug)]
pub(super) struct LeftOut {
    /// The reason, which does not name the file.
    pub(super) why: String,
    /// Whether something may be missing without it. That is not so of a document for people, unless it was named, or an
    /// archive was named that has nothing else.
    pub(super) is_failure: bool,
}

impl From<String> for LeftOut {
    fn from(why: String) -> Self {
        Self { why, is_failure: true }
    }
}

/// A file that can be read here: itself, or a file of an archive in a temporary one.
pub(super) struct FoundFile {
    path: PathBuf,
    pub(super) kind: MessageFileKind,
    /// The encoding in place of the file's own.
    pub(super) encoding: Option<String>,
    /// Removes the temporary file.
    _unpacked: Option<TempPath>,
}

/// Looks into a file, and into each file of an archive, and passes it on with its name; or the reason why it is left out.
/// `named` is whether the file was named, and not its folder.
///
/// # Errors
/// Those of `take`.
pub(super) fn each_in(
    (path, named): (&Path, bool),
    encoding: NamedEncoding<'_>,
    take: &mut dyn FnMut(&str, Result<FoundFile, LeftOut>) -> CommandOutcome,
) -> CommandOutcome {
    let name = shown::path(path).to_string();
    match found(path, encoding, None) {
        Ok(Some(file)) => take(&name, Ok(file)),
        Ok(None) => each_unpacked((path, named), &name, encoding, take),
        Err(LeftOut { why, is_failure }) => take(&name, Err(LeftOut { why, is_failure: is_failure || named })),
    }
}

/// A file; `None` for an archive.
fn found(path: &Path, encoding: NamedEncoding<'_>, unpacked: Option<TempPath>) -> Result<Option<FoundFile>, LeftOut> {
    let encoding = encoding.of(path)?;
    match file_kind(open(path)?, encoding).map_err(|problem| problem.to_string())? {
        RecognisedFile::Message(kind) => Ok(Some(FoundFile {
            path: path.to_owned(),
            kind,
            encoding: encoding.map(str::to_owned),
            _unpacked: unpacked,
        })),
        RecognisedFile::Archive => Ok(None),
        RecognisedFile::Document(document) => Err(LeftOut { why: document.to_string(), is_failure: false }),
        RecognisedFile::Other(other) => Err(other.to_string().into()),
    }
}

/// Each file of an archive; those that are left out come last.
fn each_unpacked(
    (path, named): (&Path, bool),
    name: &str,
    encoding: NamedEncoding<'_>,
    take: &mut dyn FnMut(&str, Result<FoundFile, LeftOut>) -> CommandOutcome,
) -> CommandOutcome {
    let archive = match open(path) {
        Ok(archive) => archive,
        Err(why) => return take(name, Err(why.into())),
    };
    let (mut outcome, mut is_any_taken, mut documents) = (Ok(()), false, HashSet::new());
    let read = files_in(archive, &mut |member, content| {
        let member = member.unwrap_or_default();
        let mut refused = |LeftOut { why, is_failure }: LeftOut| {
            if !is_failure {
                documents.insert(member.to_owned());
            }
            XmlFault::new(why, NOTHING_TO_CHANGE)
        };
        let mut content =
            content.map_err(|document| refused(LeftOut { why: document.without_advice(), is_failure: false }))?;
        let mut file =
            tempfile::NamedTempFile::new().map_err(|why| refused(format!("the temporary file: {why}").into()))?;
        io::copy(&mut content, &mut file).map_err(|why| XmlFault::of_input(&why))?;
        let file = file.into_temp_path();
        let unpacked = file.to_path_buf();
        let Some(file) = found(&unpacked, encoding, Some(file)).map_err(refused)? else { return Ok(()) };
        is_any_taken = true;
        if outcome.is_ok() {
            outcome = take(&format!("{name}!{member}"), Ok(file));
        }
        Ok(())
    });
    outcome?;
    let archive = match read {
        Ok(archive) => archive.unwrap_or_default(),
        Err(fault) => return take(name, Err(fault.to_string().into())),
    };
    archive.notes.iter().for_each(|note| output::print_note(&format!("{name}: {note}")));
    for member in &archive.members {
        if let Some(why) = &member.not_read {
            // No two files of an archive have one name.
            let is_failure = !documents.contains(&member.name) || named && !is_any_taken;
            take(&format!("{name}!{}", member.name), Err(LeftOut { why: why.clone(), is_failure }))?;
        }
    }
    Ok(())
}

/// The remedy of a fault that is shown without it.
const NOTHING_TO_CHANGE: &str = "";

impl FoundFile {
    /// The file from its beginning.
    pub(super) fn reader(&self) -> Result<impl Read + use<>, String> {
        open(&self.path)
    }

    /// Where it is on the disk.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The whole file, within the limit of bytes.
    pub(super) fn whole(&self) -> Result<MessageFile, String> {
        let bytes = bytes(&self.path).map_err(|why| format!("cannot be read: {why}"))?;
        read_message_file(&bytes, self.encoding.as_deref(), MAX_HELD, MAX_BYTES).map_err(|problem| problem.to_string())
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
