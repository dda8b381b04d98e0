//! Reading of statements, reports and notifications of every format, one entry at a time, also those in an archive.
//!
//! ```text
//!  input ─► FileMembers ─► StatementSource: XML, SWIFT, records ─► CashItem, CashItem, …
//! ```

use std::io::{self, Read};

use super::xml_reader::XmlCashReader;
use super::{CashFile, CashMessage, Cursor, Entry, Statement};
use crate::archive::{ArchiveContent, ArchiveMember, FileMember, FileMembers, UnpackLimits, none_of};
use crate::data::UnreadElement;
use crate::finnish::RecordStatements;
use crate::recognise::FileFormat;
use crate::swift::SwiftReader;
use bankchannel_xml::XmlFault;

/// Maximum number of transactions behind one entry.
pub const MAX_DETAILS: usize = 100_000;

/// Maximum number of messages, and of statements, on one page: a cursor can only follow an entry.
const MAX_STATEMENTS: usize = 100_000;

pub(crate) const FOREIGN_CURSOR: &str = "the cursor does not belong to this file";
pub(crate) const READ_AGAIN: &str = "read the file from its beginning";

/// How a file is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// The encoding of the file, such as `ISO-8859-15`, for files that declare none or a wrong one.
    pub encoding: Option<String>,
    /// Whether reversals are written with the direction of the reversed entry, as some banks do.
    pub reversal_flips: bool,
    /// Whether each entry has its XML.
    pub with_xml: bool,
    /// The most bytes that may come out of an archive; if left out, [`crate::archive::MAX_UNPACKED`].
    pub max_unpacked: Option<u64>,
}

/// The next part of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CashItem {
    /// A message begins.
    Message(Box<CashMessage>),
    /// A statement begins: its account and balances, without entries.
    Statement(Box<Statement>),
    /// An entry of the statement that began last.
    Entry(Box<Entry>),
    /// The statement ends: the same statement, with the results that follow the entries, still without the entries.
    End(Box<Statement>),
    /// A file of an archive that cannot be read, or not to its end: items that were given of it do not count.
    NotRead(Box<ArchiveMember>),
}

/// What of a file came before a part of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Before {
    /// The number of messages.
    pub(crate) messages: u64,
    /// The unread parts outside of headers and statements.
    pub(crate) unread: Vec<UnreadElement>,
}

/// The statements of one file, of any format.
pub(crate) trait StatementSource {
    /// The next item; `None` at the end, also after a fault.
    fn next_item(&mut self) -> Option<Result<CashItem, XmlFault>>;

    /// The start of the next item; `None` unless it follows an entry.
    fn cursor(&mut self) -> Option<Cursor>;

    /// The parts outside of headers and statements that are in no field, so far.
    fn unread(&self) -> Vec<UnreadElement>;

    /// The parts of the current statement that are in no field, so far.
    fn unread_of_statement(&self) -> Vec<UnreadElement>;

    /// The number of messages so far.
    fn messages(&self) -> u64;
}

/// Reads a file item by item; its memory does not grow with the file.
pub struct CashReader<'a> {
    files: FileMembers<'a>,
    options: ReadOptions,
    /// The statements of the current file.
    source: Option<Box<dyn StatementSource + 'a>>,
    /// The current file, if it is in an archive: its number and its name.
    member: Option<(u64, String)>,
    before: Before,
    /// The files of an archive so far.
    archive: ArchiveContent,
    finished: bool,
}

impl<'a> CashReader<'a> {
    /// Reads a file from its beginning.
    ///
    /// # Errors
    /// It is another kind of file, the encoding is not supported, or the input fails.
    pub fn open(input: impl Read + 'a, options: &ReadOptions) -> Result<Self, XmlFault> {
        let mut reader = Self::over(input, options)?;
        // A plain file that is none from its first bytes on is refused at once.
        if !reader.files.is_archive()
            && let Some(file) = reader.files.next()?
        {
            reader.source = Some(reader.source_of(file)?);
        }
        Ok(reader)
    }

    /// Continues at the end of a page. The input is at [`Cursor::position`], or at its beginning if the cursor is in a file
    /// of an archive.
    ///
    /// # Errors
    /// The cursor's encoding is not supported, or the cursor is not inside a statement.
    pub fn resume(input: impl Read + 'a, options: &ReadOptions, cursor: Cursor) -> Result<Self, XmlFault> {
        let foreign = || XmlFault::new(FOREIGN_CURSOR, READ_AGAIN);
        let Some(number) = cursor.member else {
            let mut reader = Self::over(io::empty(), options)?;
            reader.source = Some(resumed(Box::new(input), options, cursor)?);
            return Ok(reader);
        };
        let mut reader = Self::over(input, options)?;
        reader.archive = cursor.archive.as_deref().cloned().unwrap_or_default();
        reader.before.messages = cursor.messages;
        loop {
            let FileMember { name, number: this, mut content, .. } = reader.files.next()?.ok_or_else(foreign)?;
            if this < number {
                continue;
            }
            let skipped = io::copy(&mut content.by_ref().take(cursor.position), &mut io::sink());
            if skipped.map_err(|error| reader.files.failure().unwrap_or_else(|| XmlFault::of_input(&error)))?
                != cursor.position
            {
                return Err(foreign());
            }
            reader.member = Some((number, name.ok_or_else(foreign)?));
            reader.source = Some(resumed(content, options, cursor)?);
            return Ok(reader);
        }
    }

    fn over(input: impl Read + 'a, options: &ReadOptions) -> Result<Self, XmlFault> {
        let limits = options.max_unpacked.map_or_else(UnpackLimits::default, |unpacked| UnpackLimits { unpacked });
        Ok(Self {
            files: FileMembers::open(input, limits)?,
            options: options.clone(),
            source: None,
            member: None,
            before: Before::default(),
            archive: ArchiveContent::default(),
            finished: false,
        })
    }

    /// The statements of a file.
    fn source_of(&self, file: FileMember<'a>) -> Result<Box<dyn StatementSource + 'a>, XmlFault> {
        let FileMember { format, content, .. } = file;
        let before = self.before.clone();
        Ok(match format? {
            FileFormat::Swift => Box::new(SwiftReader::open(content, self.options.encoding.as_deref(), before)?),
            format @ (FileFormat::Tito | FileFormat::ReferencePayments) => {
                Box::new(RecordStatements::open(content, format, &self.options, before)?)
            }
            FileFormat::Xml | FileFormat::Zip | FileFormat::Gzip => {
                Box::new(XmlCashReader::open(content, &self.options, before)?)
            }
        })
    }

    /// Reads on until this many entries and details were read, or to the end.
    ///
    /// # Errors
    /// As [`super::read_statement`].
    pub fn page(&mut self, entries: usize) -> Result<CashFile, XmlFault> {
        let mut file = CashFile::default();
        let mut held = 0;
        // How much there was before the current file of an archive.
        let mut before = (0, 0);
        while let Some(item) = self.next() {
            if file.messages.len().max(file.statements.len()) > MAX_STATEMENTS {
                let what = if file.statements.len() > MAX_STATEMENTS { "statements" } else { "messages" };
                let message = format!("there are more than {MAX_STATEMENTS} {what} with few entries between them");
                return Err(XmlFault::new(message, "split the file into several"));
            }
            match item? {
                CashItem::Message(message) => {
                    if file.messages.last().is_none_or(|last| last.member != message.member) {
                        before = (file.messages.len(), file.statements.len());
                    }
                    file.messages.push(*message);
                }
                CashItem::Statement(statement) => file.statements.push(*statement),
                CashItem::Entry(entry) => {
                    held += 1 + entry.details.len();
                    if let Some(statement) = file.statements.last_mut() {
                        statement.entries.push(*entry);
                    }
                    if held >= entries {
                        file.next = self.cursor();
                        if let Some((statement, source)) = file.statements.last_mut().zip(self.source.as_ref()) {
                            statement.unread = source.unread_of_statement();
                        }
                        break;
                    }
                }
                CashItem::End(ended) => {
                    if let Some(statement) = file.statements.last_mut() {
                        let entries = std::mem::take(&mut statement.entries);
                        *statement = Statement { entries, ..*ended };
                    }
                }
                CashItem::NotRead(member) => {
                    if file.messages.last().is_some_and(|last| last.member.as_ref() == Some(&member.name)) {
                        file.messages.truncate(before.0);
                        file.statements.truncate(before.1);
                    }
                }
            }
        }
        file.unread = self.unread();
        file.archive = self.archive();
        Ok(file)
    }

    /// The elements outside of headers and statements that are in no field, so far.
    pub fn unread(&self) -> Vec<UnreadElement> {
        self.source.as_ref().map_or_else(|| self.before.unread.clone(), |source| source.unread())
    }

    /// The files of the archive so far; `None` if the file is none.
    pub fn archive(&self) -> Option<Box<ArchiveContent>> {
        let is_archive = self.files.is_archive() || self.member.is_some();
        is_archive.then(|| {
            let mut archive = self.archive.clone();
            for note in self.files.notes() {
                if !archive.notes.contains(&note) {
                    archive.notes.push(note);
                }
            }
            Box::new(archive)
        })
    }

    /// The start of the next item; `None` unless it follows an entry.
    pub fn cursor(&mut self) -> Option<Cursor> {
        let cursor = self.source.as_mut()?.cursor()?;
        let Some((number, _)) = &self.member else { return Some(cursor) };
        Some(Cursor { member: Some(*number), archive: self.archive(), ..cursor })
    }

    /// Goes on with the next file; `false` after the last.
    fn next_file(&mut self) -> Result<bool, XmlFault> {
        let Some(file) = self.files.next()? else {
            // Files without a statement are no archive of statements; an empty one says so in its notes.
            let is_wrong = self.archive.is_all_unread();
            return if is_wrong {
                Err(none_of(Some(&self.archive), "statement, report or notification"))
            } else {
                Ok(false)
            };
        };
        if let Some(name) = &file.name {
            self.member = Some((file.number, name.clone()));
            self.archive.members.push(ArchiveMember { name: name.clone(), not_read: None });
        }
        self.source = Some(self.source_of(file)?);
        Ok(true)
    }

    /// The current file has ended.
    fn end_file(&mut self) {
        if let Some(ended) = self.source.take() {
            self.before = Before { messages: ended.messages(), unread: ended.unread() };
        }
    }

    /// A fault of the archive or of a plain file ends the reading; one of a file in an archive is told.
    fn judge(&mut self, fault: XmlFault) -> Result<CashItem, XmlFault> {
        if let Some(own) = self.files.failure() {
            return Err(own);
        }
        let Some((member, (_, name))) = self.archive.members.last_mut().zip(self.member.as_ref()) else {
            return Err(fault);
        };
        if member.name != *name || member.not_read.is_some() {
            return Err(fault);
        }
        member.not_read = Some(fault.without_advice());
        Ok(CashItem::NotRead(Box::new(member.clone())))
    }

    fn of_member(&self, item: CashItem) -> CashItem {
        match (item, &self.member) {
            (CashItem::Message(mut message), Some((_, name))) => {
                message.member = Some(name.clone());
                CashItem::Message(message)
            }
            (item, _) => item,
        }
    }
}

fn resumed<'a>(
    input: Box<dyn Read + 'a>,
    options: &ReadOptions,
    cursor: Cursor,
) -> Result<Box<dyn StatementSource + 'a>, XmlFault> {
    if SwiftReader::is_place(&cursor) {
        return Ok(Box::new(SwiftReader::resume(input, cursor)?));
    }
    match RecordStatements::format_of(&cursor) {
        Some(format) => Ok(Box::new(RecordStatements::resume(input, format, options, cursor)?)),
        None => Ok(Box::new(XmlCashReader::resume(input, options, cursor)?)),
    }
}

impl Iterator for CashReader<'_> {
    type Item = Result<CashItem, XmlFault>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.finished {
                return None;
            }
            let fault = match &mut self.source {
                Some(source) => match source.next_item() {
                    Some(Ok(item)) => return Some(Ok(self.of_member(item))),
                    Some(Err(fault)) => fault,
                    None => {
                        self.end_file();
                        // A plain file has no other behind it.
                        self.finished = self.member.is_none();
                        continue;
                    }
                },
                None => match self.next_file() {
                    Ok(true) => continue,
                    Ok(false) => {
                        self.finished = true;
                        continue;
                    }
                    Err(fault) => fault,
                },
            };
            let judged = self.judge(fault);
            self.finished = judged.is_err();
            // Its messages are not counted: those of the next file have their numbers.
            self.source = None;
            return Some(judged);
        }
    }
}
