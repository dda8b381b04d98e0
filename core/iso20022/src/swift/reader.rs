//! Reading of a file, one entry at a time.

use std::collections::VecDeque;
use std::io::Read;

use bankchannel_xml::XmlFault;

use super::code_page::TextEncoding;
use super::entry::EntryText;
use super::fields::{DashMeaning, FieldReader, Part};
use super::head::{self, MessageHead};
use super::lines::LineReader;
use super::statement::StatementState::{Closed, Ended, Open};
use super::statement::{MAX_PROBLEMS, SwiftStatement, key_page, other_encoding};
use super::tags::{SwiftMessage, Tag};
use crate::cash::{
    Before, CashItem, CashKind, CashMessage, Cursor, CursorPlace, OpenStatement, Statement, StatementSource,
};
use crate::data::{MessageName, UnreadElement};

/// The mark of a cursor in such a file, in place of the names of open elements.
const PLACE: &str = ":61:";
/// The same in a file whose lines end with `@@`.
const PLACE_WITH_AT_ENDS: &str = ":61:@@";

/// Before the number of the page in the keys of entries, in a cursor's further names.
const PAGE: &str = "page ";

/// Maximum length of what stands behind an entry, in bytes.
const MAX_ENTRY: usize = 1024 * 1024;

/// Reads a file item by item; its memory does not grow with the file.
pub(crate) struct SwiftReader<'a> {
    fields: FieldReader<'a>,
    /// What came before, with the messages that were read since.
    before: Before,
    message: Option<CashMessage>,
    /// The header of a message that has not come to its entries.
    head: Option<MessageHead>,
    /// The statement whose entries are read, or whose next page may follow.
    statement: Option<SwiftStatement>,
    /// The text of the current entry.
    text: EntryText,
    items: VecDeque<CashItem>,
    /// The problem that ended the reading; returned after the items that were read before it.
    failure: Option<XmlFault>,
    finished: bool,
}

impl<'a> SwiftReader<'a> {
    /// Reads a file from its beginning.
    ///
    /// # Errors
    /// The encoding is not supported, or the input fails.
    pub(crate) fn open(input: impl Read + 'a, encoding: Option<&str>, before: Before) -> Result<Self, XmlFault> {
        Ok(Self::over(LineReader::open(input, encoding)?, before))
    }

    /// Whether a cursor is one of such a file.
    pub(crate) fn is_place(cursor: &Cursor) -> bool {
        matches!(cursor.open.as_slice(), [place, ..] if place == PLACE || place == PLACE_WITH_AT_ENDS)
    }

    /// Continues at the end of a page; the input is at [`Cursor::position`].
    ///
    /// # Errors
    /// The cursor's encoding is not supported.
    pub(crate) fn resume(input: impl Read + 'a, cursor: Cursor) -> Result<Self, XmlFault> {
        let encoding = match cursor.encoding.as_str() {
            // The file has not said which it has: each line shows it.
            "UTF-8" => TextEncoding::Auto,
            name => TextEncoding::named(name)?,
        };
        let has_at_ends = cursor.open.iter().any(|place| place == PLACE_WITH_AT_ENDS);
        let lines = LineReader::at(input, encoding, (cursor.position, cursor.line), has_at_ends);
        let mut reader = Self::over(lines, Before { messages: cursor.messages, unread: Vec::new() });
        let header = cursor.statement.clone();
        reader.items.push_back(CashItem::Message(Box::new(cursor.message.clone())));
        reader.items.push_back(CashItem::Statement(Box::new(header.clone())));
        let name = cursor.message.message.name.as_deref().and_then(SwiftMessage::named);
        let page = cursor.open.iter().find_map(|name| name.strip_prefix(PAGE)?.parse().ok());
        let open = OpenStatement::resume(&cursor, page);
        let mut statement = SwiftStatement::new(open, name.unwrap_or(SwiftMessage::Mt940));
        statement.pages = header.pages.unwrap_or(1);
        // What the file said last of the type holds for the next message too.
        reader.fields.message = cursor.open.iter().find_map(|name| SwiftMessage::named(name));
        reader.fields.dash = dash_in(statement.open.statement.kind);
        reader.statement = Some(statement);
        reader.message = Some(cursor.message);
        Ok(reader)
    }

    fn over(lines: LineReader<'a>, before: Before) -> Self {
        Self {
            fields: FieldReader::new(lines),
            before,
            message: None,
            head: None,
            statement: None,
            text: EntryText::default(),
            items: VecDeque::new(),
            failure: None,
            finished: false,
        }
    }

    /// A fault at the place that is read next.
    fn fault(&self, message: String, change: &str) -> XmlFault {
        self.fields.lines.fault(message, change)
    }

    /// Reads on by one field, or by one entry.
    fn step(&mut self) -> Result<(), XmlFault> {
        match self.fields.next()? {
            None => {
                self.begin_statement();
                self.end_statement(u64::MAX);
                if self.message.is_none() {
                    let change = "choose a file of type MT940, MT942, MT950, camt.052, camt.053 or camt.054";
                    return Err(self.fault("the file holds no statement".to_owned(), change));
                }
                self.finished = true;
            }
            Some(Part::Begin) => self.begin_message(),
            Some(Part::End) => self.end_message(),
            Some(Part::Field(tag)) => self.field(tag)?,
            Some(Part::Unknown) => {
                let (name, line) = (self.fields.text.as_str(), self.fields.line);
                match (&mut self.head, &mut self.statement) {
                    (Some(head), _) => head.unread.count([name].into_iter(), line),
                    (None, Some(statement)) => statement.unread(name, None, line),
                    (None, None) => {}
                }
            }
        }
        Ok(())
    }

    fn field(&mut self, tag: Tag) -> Result<(), XmlFault> {
        if self.begins_message(tag) {
            self.begin_message();
        }
        if self.head.is_none() && begins_head(tag) && self.statement.as_ref().is_none_or(|one| one.state == Ended) {
            self.new_head();
        }
        if let Some(head) = &mut self.head {
            if head.line == 0 {
                head.line = self.fields.line;
            }
            if head.field(tag, &self.fields.text, self.fields.line) {
                head.problems.truncate(MAX_PROBLEMS);
                return Ok(());
            }
            self.begin_statement();
        }
        if tag == Tag::Line {
            return self.entry();
        }
        let (line, text) = (self.fields.line, self.fields.text.as_str());
        let Some(statement) = &mut self.statement else { return Ok(()) };
        match tag {
            Tag::Closing | Tag::PageClosing => {
                statement.close(tag, text, line);
                self.fields.dash = DashMeaning::End;
            }
            Tag::Available => statement.balance(tag, "CLAV", text, line),
            Tag::Forward => statement.balance(tag, "FWAV", text, line),
            Tag::Debits | Tag::Credits => {
                let of = &mut statement.open.statement;
                head::counted(tag, text, line, &mut of.summary, &mut of.problems);
                // A report has no balance that would end its last page.
                of.last_page = of.last_page.or(of.page.map(|_| true));
            }
            Tag::Information | Tag::NonSwift => head::add_information(&mut statement.open.information, text),
            _ => statement.unread(tag.name(), None, line),
        }
        statement.place_problems();
        Ok(())
    }

    /// Whether a field begins another message than the current one.
    fn begins_message(&self, tag: Tag) -> bool {
        match (&self.head, &self.statement) {
            (Some(head), _) => match tag {
                Tag::Reference => head.reference.is_some() || head.account.is_some(),
                Tag::Account | Tag::AccountWithBic => head.account.is_some(),
                _ => false,
            },
            (None, Some(statement)) => match tag {
                Tag::Reference | Tag::Account | Tag::AccountWithBic => true,
                Tag::Opening | Tag::PageOpening => statement.state != Open,
                _ => false,
            },
            (None, None) => false,
        }
    }

    /// A message begins: what came before ends.
    fn begin_message(&mut self) {
        self.begin_statement();
        self.end_message();
        self.new_head();
    }

    fn new_head(&mut self) {
        self.head = Some(MessageHead { message: self.fields.message, ..MessageHead::default() });
        self.fields.dash = DashMeaning::Inside;
    }

    /// The entries of a message begin: it is a new statement, or the next page of the one before.
    fn begin_statement(&mut self) {
        let Some(mut head) = self.head.take().filter(|head| head.line > 0) else { return };
        head.message = head.message.or(self.fields.message);
        let kind = match head.message_type() {
            SwiftMessage::Mt942 => CashKind::Report,
            _ => CashKind::Statement,
        };
        if self.statement.as_mut().is_some_and(|statement| statement.continue_with(&head)) {
            return;
        }
        self.end_statement(head.line);
        self.fields.dash = dash_in(kind);
        self.before.messages += 1;
        let message_type = head.message_type();
        let (page, unread) = (head.page, std::mem::take(&mut head.unread));
        let (mut read, information) = head.into_statement(kind);
        (read.message_number, read.number) = (self.before.messages, 1);
        let message = self.cash_message(message_type, &read, page);
        self.items.push_back(CashItem::Message(Box::new(message.clone())));
        self.message = Some(message);
        if let Some(other) = self.fields.lines.take_other_encoding(u64::MAX) {
            read.problems.push(other_encoding(other));
        }
        let key_page = key_page(&read);
        let mut statement = SwiftStatement::new(OpenStatement::new(read, key_page), message_type);
        statement.place_problems();
        statement.open.information = information;
        statement.unread_of_head(&unread);
        self.items.push_back(CashItem::Statement(Box::new(statement.open.header())));
        self.statement = Some(statement);
    }

    fn cash_message(&self, message: SwiftMessage, statement: &Statement, page: Option<u64>) -> CashMessage {
        let encoding = self.fields.lines.encoding;
        let is_other = !matches!(encoding, TextEncoding::Auto | TextEncoding::Utf8);
        CashMessage {
            kind: statement.kind,
            message: MessageName { name: Some(message.name().to_owned()), version: None, namespace: String::new() },
            id: statement.id.clone(),
            created: statement.created.clone(),
            page,
            notes: is_other.then(|| format!("the file is read as {}", encoding.name())).into_iter().collect(),
            ..CashMessage::default()
        }
    }

    /// Reads the entry whose `:61:` was read last, and what stands behind it.
    fn entry(&mut self) -> Result<(), XmlFault> {
        let Self { fields, text, statement, items, .. } = self;
        let Some(statement) = statement else { return Ok(()) };
        text.line = fields.line;
        std::mem::swap(&mut text.statement_line, &mut fields.text);
        text.information.clear();
        text.non_swift.clear();
        while let Some(tag @ (Tag::Information | Tag::NonSwift)) = fields.following()? {
            fields.next()?;
            let whole = if tag == Tag::Information { &mut text.information } else { &mut text.non_swift };
            if !whole.is_empty() {
                whole.push('\n');
            }
            whole.push_str(&fields.text);
            if whole.len() > MAX_ENTRY {
                let message = format!("an entry has more than {} KiB", MAX_ENTRY / 1024);
                return Err(fields.lines.fault(message, "ask the bank for the file again"));
            }
        }
        let read = text.read(&statement.currency, statement.bank);
        let mut entry = read.entry;
        if let Some(other) = fields.lines.take_other_encoding(u64::MAX) {
            entry.problems.push(other_encoding(other));
        }
        if !entry.problems.is_empty() {
            let path = format!("{}/:61:[{}]", statement.path(), statement.open.next_number());
            entry.problems.iter_mut().for_each(|problem| problem.path = Some(path.clone()));
        }
        for key in &read.unread {
            statement.unread(Tag::Information.name(), Some(key), text.line);
        }
        items.push_back(CashItem::Entry(Box::new(statement.open.add(entry))));
        Ok(())
    }

    /// A mark of the end: the message ends, if it can.
    fn end_message(&mut self) {
        if let Some(statement) = &mut self.statement
            && (statement.is_report() || statement.state == Closed)
        {
            // Its next page may follow, and texts and balances that stand behind the mark.
            statement.state = Ended;
            self.fields.dash = DashMeaning::End;
        }
    }

    /// Ends the statement before a line.
    fn end_statement(&mut self, line: u64) {
        self.fields.dash = DashMeaning::Inside;
        if let Some(mut statement) = self.statement.take() {
            let other = self.fields.lines.take_other_encoding(line);
            statement.open.statement.problems.extend(other.map(other_encoding));
            self.items.push_back(CashItem::End(Box::new(statement.end())));
        }
    }
}

impl StatementSource for SwiftReader<'_> {
    fn next_item(&mut self) -> Option<Result<CashItem, XmlFault>> {
        loop {
            if let Some(item) = self.items.pop_front() {
                return Some(Ok(item));
            }
            if self.finished {
                return self.failure.take().map(Err);
            }
            self.failure = self.step().err();
            self.finished |= self.failure.is_some();
        }
    }

    fn cursor(&mut self) -> Option<Cursor> {
        let statement = self.statement.as_ref().filter(|one| self.items.is_empty() && one.state == Open)?;
        if self.head.is_some() || statement.open.next_number() == 1 {
            return None;
        }
        let lines = &self.fields.lines;
        let open = if lines.has_at_ends { PLACE_WITH_AT_ENDS } else { PLACE };
        let mut open = vec![open.to_owned()];
        open.extend(self.fields.message.map(|message| message.name().to_owned()));
        open.extend(statement.open.key_page.map(|page| format!("{PAGE}{page}")));
        let at = CursorPlace { place: lines.place(), encoding: lines.encoding.name(), open };
        Some(statement.open.cursor(at, self.before.messages, self.message.as_ref()?))
    }

    fn unread(&self) -> Vec<UnreadElement> {
        self.before.unread.clone()
    }

    fn unread_of_statement(&self) -> Vec<UnreadElement> {
        self.statement.as_ref().map(|statement| statement.open.unread.found()).unwrap_or_default()
    }

    fn messages(&self) -> u64 {
        self.before.messages
    }
}

/// What a dash means among the entries of a message.
fn dash_in(kind: CashKind) -> DashMeaning {
    if kind == CashKind::Report { DashMeaning::ByNextField } else { DashMeaning::Inside }
}

/// Whether a field may be the first one of a message.
fn begins_head(tag: Tag) -> bool {
    !matches!(
        tag,
        Tag::Information | Tag::NonSwift | Tag::Available | Tag::Forward | Tag::Debits | Tag::Credits | Tag::Message(_)
    )
}
