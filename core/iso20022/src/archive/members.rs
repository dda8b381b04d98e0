//! The files in an input: itself, or the members of an archive and of one inside it.

use std::cell::RefCell;
use std::io::{self, Cursor, Read, Seek as _};
use std::rc::Rc;

use bankchannel_xml::XmlFault;

use super::gzip::GzipContent;
use super::names::{GivenNames, gzip_label};
use super::packed::{ArchiveSource, CountedInput, UnpackState, ZipContent};
use super::zip::{ZipDirectory, ZipEntry};
use super::{MAX_INSIDE, UnpackLimits};
use crate::recognise::{FileFormat, HEAD, OtherFile, recognise, recognise_inside};

/// Bytes of an archive that need no temporary file.
const IN_MEMORY: usize = 1024 * 1024;

/// A file: plain, or in an archive.
pub(crate) struct FileMember<'a> {
    /// Its name in the archive, which no other file of it has; `None` for a plain file.
    pub(crate) name: Option<String>,
    /// Its number among the members of the file, from 1.
    pub(crate) number: u64,
    /// Its format, or the name of a kind of file that is not read, or its own fault.
    pub(crate) format: Result<FileFormat, OtherFile>,
    /// Its bytes from the beginning.
    pub(crate) content: Box<dyn Read + 'a>,
}

/// Gives the files of an input, one after the other.
pub(crate) struct FileMembers<'a> {
    /// A plain or gzip file that was not given yet.
    first: Option<FileMember<'a>>,
    /// The archives whose members are being given, the outer one first.
    open: Vec<OpenArchive<'a>>,
    state: UnpackState,
    is_archive: bool,
    given: u64,
    /// The names that were given.
    names: GivenNames,
    /// The member of a ZIP archive that was given last.
    last: Option<(ArchiveSource<'a>, ZipEntry, String)>,
    notes: Rc<RefCell<Vec<String>>>,
}

struct OpenArchive<'a> {
    /// What stands before the names of its members.
    prefix: String,
    source: ArchiveSource<'a>,
    entries: std::vec::IntoIter<ZipEntry>,
    /// How many archives there are around its members.
    depth: usize,
}

/// The first bytes of an input, and the input from its beginning.
fn peek<'a>(mut input: Box<dyn Read + 'a>) -> Result<(Vec<u8>, Box<dyn Read + 'a>), XmlFault> {
    let mut head = Vec::new();
    input.by_ref().take(HEAD as u64).read_to_end(&mut head).map_err(|error| XmlFault::of_input(&error).at(1, 1))?;
    let whole = Box::new(Cursor::new(head.clone()).chain(input));
    Ok((head, whole))
}

impl<'a> FileMembers<'a> {
    /// Looks at the beginning of an input.
    ///
    /// # Errors
    /// The input fails; an archive cannot be read.
    pub(crate) fn open(input: impl Read + 'a, limits: UnpackLimits) -> Result<Self, XmlFault> {
        let mut members = Self {
            first: None,
            open: Vec::new(),
            state: UnpackState::new(limits),
            is_archive: false,
            given: 0,
            names: GivenNames::default(),
            last: None,
            notes: Rc::default(),
        };
        let (head, content) = peek(Box::new(CountedInput::new(input, &members.state.taken)))?;
        let format = recognise(&head);
        members.is_archive = matches!(format, Ok(FileFormat::Zip | FileFormat::Gzip));
        members.first = match members.is_archive {
            true => members.look_into(None, format, content)?,
            false => Some(FileMember { name: None, number: 0, format, content }),
        };
        // A document of an office program is one file.
        members.is_archive &= members.first.as_ref().is_none_or(|first| first.name.is_some());
        Ok(members)
    }

    /// Whether the input is an archive.
    pub(crate) fn is_archive(&self) -> bool {
        self.is_archive
    }

    /// Remarks on the archive so far.
    pub(crate) fn notes(&self) -> Vec<String> {
        self.notes.borrow().clone()
    }

    /// The fault of the archive, if that is why the file given last could not be read: its reader may have stopped before its
    /// end, where the checksum is compared.
    pub(crate) fn failure(&mut self) -> Option<XmlFault> {
        if let (None, Some((source, entry, name))) = (self.state.failure(), self.last.take()) {
            let again = self.state.anew();
            if let Ok(mut content) = ZipContent::new(&source, &entry, &name, &again) {
                drop(io::copy(&mut content, &mut io::sink()));
            }
            if let Some(fault) = again.failure() {
                drop(self.state.fail(fault));
            }
        }
        self.state.failure()
    }

    /// The next file; `None` after the last.
    ///
    /// # Errors
    /// The archive cannot be read, or a limit ends it.
    pub(crate) fn next(&mut self) -> Result<Option<FileMember<'a>>, XmlFault> {
        if let Some(fault) = self.state.failure() {
            return Err(fault);
        }
        let found = match self.first.take() {
            Some(first) => Some(first),
            None => self.next_inside().inspect_err(|fault| drop(self.state.fail(fault.clone())))?,
        };
        Ok(found.map(|mut member| {
            self.given += 1;
            member.number = self.given;
            member
        }))
    }

    fn next_inside(&mut self) -> Result<Option<FileMember<'a>>, XmlFault> {
        while let Some(archive) = self.open.last_mut() {
            let Some(entry) = archive.entries.next() else {
                self.open.pop();
                continue;
            };
            if entry.is_skipped() {
                continue;
            }
            let name = self.names.distinct(format!("{}{}", archive.prefix, entry.name));
            let source = Rc::clone(&archive.source);
            let found = self.look_into_entry(&source, &entry, &name);
            self.last = Some((source, entry, name.clone()));
            match found {
                Ok(None) => {}
                Ok(found) => return Ok(found),
                Err(own) => {
                    return match self.state.failure() {
                        Some(of_archive) => Err(of_archive),
                        None => Ok(Some(FileMember::unread(Some(name), OtherFile::unread(own)))),
                    };
                }
            }
        }
        Ok(None)
    }

    /// A member of a ZIP archive; `None` if it is an archive, which is open then. A fault that the state does not keep is the
    /// member's own.
    fn look_into_entry(
        &mut self,
        source: &ArchiveSource<'a>,
        entry: &ZipEntry,
        name: &str,
    ) -> Result<Option<FileMember<'a>>, XmlFault> {
        let content = ZipContent::new(source, entry, name, &self.state)?;
        // The fault of a member has no line in it.
        let unread = |fault: XmlFault| XmlFault { line: None, column: None, ..fault };
        let (head, content) = peek(Box::new(content)).map_err(unread)?;
        self.look_into(Some(name.to_owned()), recognise_inside(&head), content)
    }

    /// A fault of the archive, which ends the reading.
    fn ends(&self, fault: XmlFault) -> XmlFault {
        drop(self.state.fail(fault.clone()));
        fault
    }

    /// A file, or what gzip packed in it; `None` if it is a ZIP archive, which is open then.
    fn look_into(
        &mut self,
        mut name: Option<String>,
        mut format: Result<FileFormat, OtherFile>,
        mut content: Box<dyn Read + 'a>,
    ) -> Result<Option<FileMember<'a>>, XmlFault> {
        let mut inside = self.open.last().map_or(0, |archive| archive.depth);
        loop {
            match format {
                Ok(FileFormat::Gzip) => {
                    if inside > MAX_INSIDE {
                        return Err(self.ends(too_deep(name.as_deref())));
                    }
                    let shown = name.clone().unwrap_or_else(|| "the file".to_owned());
                    let mut unpacked = GzipContent::new(content, &shown, &self.state, &self.notes);
                    // The decoder has the header once it was read from.
                    let mut head = Vec::new();
                    let read = unpacked.by_ref().take(HEAD as u64).read_to_end(&mut head);
                    read.map_err(|error| self.state.failure().unwrap_or_else(|| XmlFault::of_input(&error)))?;
                    let own = unpacked.own_name().map(gzip_label);
                    name = name.or(own).or_else(|| Some("content".to_owned()));
                    format = recognise_inside(&head);
                    content = Box::new(Cursor::new(head).chain(unpacked));
                    inside += 1;
                }
                Ok(FileFormat::Zip) => return self.open_zip(name, content, inside),
                format => return Ok(Some(FileMember { name, number: 0, format, content })),
            }
        }
    }

    /// Opens a ZIP archive, whose directory stands at its end: it goes through a temporary file. Gives it as a file if it is
    /// a document of an office program.
    fn open_zip(
        &mut self,
        name: Option<String>,
        content: Box<dyn Read + 'a>,
        inside: usize,
    ) -> Result<Option<FileMember<'a>>, XmlFault> {
        let mut file = tempfile::spooled_tempfile(IN_MEMORY);
        let most = self.state.limits.unpacked;
        let copied = io::copy(&mut content.take(most.saturating_add(1)), &mut file);
        let failed = |why: io::Error| {
            let of_member = why.get_ref().is_some_and(|inner| inner.is::<XmlFault>());
            self.state.failure().unwrap_or_else(|| match of_member {
                true => XmlFault::of_input(&why),
                false => self.ends(XmlFault::new(format!("the archive cannot be read: {why}"), "read it again")),
            })
        };
        if copied.map_err(failed)? > most {
            let message = format!("the archive is larger than {most} bytes, the limit of all files of an archive");
            return Err(self.ends(XmlFault::new(message, "unpack it with care, and give the files in it")));
        }
        file.rewind().map_err(failed)?;
        let source: ArchiveSource<'a> = Rc::new(RefCell::new(Box::new(file)));
        let of_member = |fault: XmlFault| match &name {
            Some(name) => XmlFault { message: format!("{name}: {}", fault.message), ..fault },
            None => fault,
        };
        let directory = ZipDirectory::read(&source, &self.state).map_err(|fault| self.ends(of_member(fault)))?;
        if directory.is_of_office() {
            return Ok(Some(FileMember::unread(name, OtherFile::of_office())));
        }
        if inside > MAX_INSIDE {
            return Err(self.ends(too_deep(name.as_deref())));
        }
        self.state.add_members(directory.entries.len() as u64);
        let shown =
            name.as_deref().map_or_else(|| "the archive".to_owned(), |name| format!("{name}, an archive inside,"));
        if directory.entries.iter().all(ZipEntry::is_skipped) {
            note(&self.notes, format!("{shown} is empty"));
        }
        if directory.has_trailing {
            note(&self.notes, format!("{shown} has bytes behind its end; they are not read"));
        }
        if directory.has_leading {
            note(&self.notes, format!("{shown} has bytes before its first file; they are not read"));
        }
        let prefix = name.map(|name| format!("{name}!")).unwrap_or_default();
        let entries = directory.entries.into_iter();
        self.open.push(OpenArchive { prefix, source, entries, depth: inside + 1 });
        Ok(None)
    }
}

impl FileMember<'_> {
    /// One that has no content for a reader.
    fn unread(name: Option<String>, other: OtherFile) -> Self {
        Self { name, number: 0, format: Err(other), content: Box::new(io::empty()) }
    }
}

fn too_deep(name: Option<&str>) -> XmlFault {
    let name = name.unwrap_or("the file");
    let message = format!("{name} is an archive inside an archive inside an archive: one inside is the limit");
    XmlFault::new(message, "unpack the outer ones, and give the files in them")
}

/// Adds a remark on an archive, within the limit of their number.
pub(super) fn note(notes: &RefCell<Vec<String>>, text: String) {
    const MAX_NOTES: usize = 100;
    let mut notes = notes.borrow_mut();
    if notes.len() < MAX_NOTES {
        notes.push(text);
    }
}
