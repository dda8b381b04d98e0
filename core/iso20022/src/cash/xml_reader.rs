//! Statements, reports and notifications in XML (`camt.052` to `camt.054`), one entry at a time.

use std::collections::VecDeque;
use std::io::Read;

use super::details::EntryDetail;
use super::entry_xml::EntryXml;
use super::reader::{Before, FOREIGN_CURSOR, READ_AGAIN, StatementSource};
use super::totals::StatementTotals;
use super::{CashItem, CashKind, CashMessage, Cursor, Entry, MAX_DETAILS, ReadOptions, Statement};
use crate::data::{ElementValues, MessageSequence, Party, UnreadElement, UnreadTally, keep};
use bankchannel_xml::XmlFault;
use bankchannel_xml::{TagEdge, XmlRecord, XmlRefusal, XmlRules, XmlSource, XmlTokens, local, named_encoding};

/// The elements with the bank's additional information about a statement.
const INFORMATION: [&str; 3] = ["AddtlStmtInf", "AddtlRptInf", "AddtlNtfctnInf"];

/// Maximum number of problems of the headers of one message: a cursor carries them.
const MAX_HEADER_PROBLEMS: usize = 100;

/// The newest version whose fields are supported.
const NEWEST: u32 = 13;

/// Reads an XML file item by item; its memory does not grow with the file.
pub(super) struct XmlCashReader<'a> {
    file: MessageSequence<'a>,
    xml: Option<EntryXml>,
    options: ReadOptions,
    level: CashLevel,
    /// The part of the statement before its entries.
    around: XmlRecord,
    /// The current entry, or the current element between entries.
    record: XmlRecord,
    messages: u64,
    message: Option<CashMessage>,
    message_told: bool,
    statements: u64,
    statement: Option<Statement>,
    statement_told: bool,
    /// The bank's additional information about the statement.
    information: Option<String>,
    totals: StatementTotals,
    /// What of the statement is in no field.
    unread: UnreadTally,
    /// The unread parts outside of headers and statements.
    outside: UnreadTally,
    items: VecDeque<CashItem>,
    /// The problem that ended the reading; returned after the items that were read before it.
    failure: Option<XmlFault>,
    finished: bool,
}

/// The element that contains the next tag.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CashLevel {
    File,
    Message(CashKind),
    Statement(CashKind),
}

impl<'a> XmlCashReader<'a> {
    /// Reads a file from its beginning.
    ///
    /// # Errors
    /// The encoding is not supported, or the input fails.
    pub(super) fn open(input: impl Read + 'a, options: &ReadOptions, before: Before) -> Result<Self, XmlFault> {
        let mut reader = Self::over(MessageSequence::open(input, options.encoding.as_deref())?, options);
        (reader.messages, reader.outside) = (before.messages, UnreadTally::new(before.unread));
        Ok(reader)
    }

    /// Continues at the end of a page; the input is at [`Cursor::position`].
    ///
    /// # Errors
    /// The cursor's encoding is not supported, or the cursor is not inside a statement.
    pub(super) fn resume(input: impl Read + 'a, options: &ReadOptions, cursor: Cursor) -> Result<Self, XmlFault> {
        let inside = match cursor.open.as_slice() {
            [.., message, statement] => message_kind(local(message)).is_some() && is_statement(local(statement)),
            _ => false,
        };
        if !inside {
            return Err(XmlFault::new(FOREIGN_CURSOR, READ_AGAIN));
        }
        let source = XmlSource::at(input, named_encoding(&cursor.encoding)?, cursor.position, cursor.line);
        let tokens = XmlTokens::resume(source, options.encoding.is_some(), XmlRules::tolerant(), &cursor.open);
        let mut reader = Self::over(MessageSequence::over(tokens, true), options);
        reader.totals = StatementTotals::from_cursor(&cursor);
        reader.level = CashLevel::Statement(cursor.statement.kind);
        (reader.messages, reader.statements) = (cursor.messages, cursor.statement.number);
        reader.information = cursor.information;
        (reader.message_told, reader.statement_told) = (true, true);
        reader.items.push_back(CashItem::Message(Box::new(cursor.message.clone())));
        reader.items.push_back(CashItem::Statement(Box::new(cursor.statement.clone())));
        reader.unread = UnreadTally::new(cursor.statement.unread.clone());
        (reader.message, reader.statement) = (Some(cursor.message), Some(cursor.statement));
        Ok(reader)
    }

    fn over(mut file: MessageSequence<'a>, options: &ReadOptions) -> Self {
        let xml = options.with_xml.then(EntryXml::default);
        if let Some(xml) = &xml {
            file.watch(xml.watcher());
        }
        Self {
            file,
            xml,
            options: options.clone(),
            level: CashLevel::File,
            around: XmlRecord::default(),
            record: XmlRecord::default(),
            messages: 0,
            message: None,
            message_told: false,
            statements: 0,
            statement: None,
            statement_told: false,
            information: None,
            totals: StatementTotals::default(),
            unread: UnreadTally::default(),
            outside: UnreadTally::default(),
            items: VecDeque::new(),
            failure: None,
            finished: false,
        }
    }

    /// Reads on by one tag of the outer elements, or by one element inside.
    fn step(&mut self) -> Result<(), XmlFault> {
        if self.level == CashLevel::File {
            return self.next_message();
        }
        // Only a cursor that does not fit reaches the end of the file here.
        let Some(edge) = self.file.tokens.next_tag(&mut self.file.tag)? else {
            return Err(self.file.tokens.fault(FOREIGN_CURSOR, READ_AGAIN));
        };
        let tag = &self.file.tag;
        match (self.level, edge) {
            (CashLevel::File, _) => {}
            (CashLevel::Message(kind), TagEdge::Start) => match tag.name.as_str() {
                "GrpHdr" => self.header(kind)?,
                name if is_statement(name) => {
                    self.around.begin(&tag.name, tag.line);
                    self.tell_message();
                    self.statements += 1;
                    (self.statement, self.statement_told) = (None, false);
                    (self.totals, self.unread) = (StatementTotals::default(), UnreadTally::default());
                    self.level = CashLevel::Statement(kind);
                }
                _ => self.outside.skip(&mut self.file.tokens)?,
            },
            (CashLevel::Message(_), TagEdge::End) => {
                self.tell_message();
                self.level = CashLevel::File;
            }
            (CashLevel::Statement(kind), TagEdge::Start) if tag.name == "Ntry" => {
                self.tell_statement(kind);
                self.entry(kind)?;
            }
            (CashLevel::Statement(kind), TagEdge::Start) if self.statement_told => self.later(kind)?,
            (CashLevel::Statement(_), TagEdge::Start) => {
                self.around.read(&mut self.file.tokens, &self.file.tag, "", |_, _| Ok(()))?;
            }
            (CashLevel::Statement(kind), TagEdge::End) => {
                self.tell_statement(kind);
                self.end();
                self.level = CashLevel::Message(kind);
            }
        }
        Ok(())
    }

    fn next_message(&mut self) -> Result<(), XmlFault> {
        let none = ("statement, report or notification", "choose a file of type camt.052, camt.053 or camt.054");
        let Some(kind) = self.file.next_message(message_kind, none)? else {
            self.finished = true;
            return Ok(());
        };
        (self.level, self.statements, self.message_told) = (CashLevel::Message(kind), 0, false);
        self.messages += 1;
        self.message = Some(CashMessage {
            kind,
            message: self.file.name(),
            id: None,
            created: None,
            page: None,
            last_page: None,
            notes: self.file.notes(NEWEST),
            member: None,
            recipient: None,
            information: None,
            problems: Vec::new(),
            unread: Vec::new(),
        });
        Ok(())
    }

    fn header(&mut self, kind: CashKind) -> Result<(), XmlFault> {
        self.file.read(&mut self.record)?;
        let base = || format!("/Document/{}/GrpHdr", kind.names().0);
        let element = self.record.finish();
        let mut values = ElementValues::new(element, &base);
        if let Some(message) = &mut self.message {
            message.id = element.value("MsgId").map(str::to_owned);
            message.created = element.child("CreDtTm").and_then(|time| values.moment(time));
            message.page = values.count(element, "MsgPgntn/PgNb");
            message.last_page = values.flag(element, "MsgPgntn/LastPgInd");
            message.recipient = Party::read(element.child("MsgRcpt"), None, None).map(Box::new);
            message.information = element.value("AddtlInf").map(str::to_owned);
            let room = MAX_HEADER_PROBLEMS.saturating_sub(message.problems.len());
            message.problems.extend(values.problems.into_iter().take(room));
            let mut unread = UnreadTally::new(std::mem::take(&mut message.unread));
            unread.add(&["Document", kind.names().0], element);
            message.unread = unread.found();
        }
        self.tell_message();
        Ok(())
    }

    fn tell_message(&mut self) {
        if !std::mem::replace(&mut self.message_told, true) {
            self.items.extend(self.message.clone().map(Box::new).map(CashItem::Message));
        }
    }

    fn tell_statement(&mut self, kind: CashKind) {
        if std::mem::replace(&mut self.statement_told, true) {
            return;
        }
        let base = || path(kind, self.statements);
        let element = self.around.finish();
        let mut values = ElementValues::new(element, &base);
        let mut statement = Statement::read(element, kind, &mut values);
        statement.problems = values.problems;
        (statement.message_number, statement.number) = (self.messages, self.statements);
        if statement.created.is_none() {
            statement.created = self.message.as_ref().and_then(|message| message.created.clone());
        }
        self.information = INFORMATION.iter().find_map(|name| element.value(name)).map(str::to_owned);
        self.unread.add(&["Document", kind.names().0], element);
        statement.unread = self.unread.found();
        self.items.push_back(CashItem::Statement(Box::new(statement.clone())));
        self.statement = Some(statement);
    }

    /// Reads an element after the first entry. It is added to the statement at once, so that a cursor carries it.
    fn later(&mut self, kind: CashKind) -> Result<(), XmlFault> {
        self.file.read(&mut self.record)?;
        let element = self.record.finish();
        let Some(statement) = &mut self.statement else { return Ok(()) };
        if let name @ ("Bal" | "TxsSummry") = element.name() {
            let base = || format!("{}/{name}", path(kind, self.statements));
            let mut values = ElementValues::new(element, &base);
            statement.add(element, &mut values);
            values.move_to(&mut statement.problems);
        } else if self.information.is_none() && INFORMATION.contains(&element.name()) {
            self.information = Some(element.text().to_owned()).filter(|text| !text.is_empty());
        }
        let (message, statement) = kind.names();
        self.unread.add(&["Document", message, statement], element);
        Ok(())
    }

    fn entry(&mut self, kind: CashKind) -> Result<(), XmlFault> {
        let Self { file, record, statement, totals, statements, unread, xml, message: of, .. } = self;
        let (message, outer) = kind.names();
        let number = totals.entries + 1;
        let entry_path = || format!("{}/Ntry[{number}]", path(kind, *statements));
        let (mut details, mut problems) = (Vec::new(), Vec::new());
        record.clear();
        record.read(&mut file.tokens, &file.tag, "TxDtls", |_, element| {
            if details.len() >= MAX_DETAILS {
                let message = format!("an entry has more than {MAX_DETAILS} transactions");
                return Err(XmlRefusal::new(message, "ask the bank for smaller batches"));
            }
            let base = || format!("{}/NtryDtls/TxDtls[{}]", entry_path(), details.len() + 1);
            let mut values = ElementValues::new(element, &base);
            let detail = EntryDetail::read(element, &mut values);
            values.move_to(&mut problems);
            unread.add(&["Document", message, outer, "Ntry", "NtryDtls"], element);
            // Maximum number of entries have one, which must not take up memory for four.
            if details.is_empty() {
                details.reserve_exact(1);
            }
            details.push(detail);
            Ok(())
        })?;
        let element = record.finish();
        let account = statement.as_ref().and_then(|statement| statement.account.number());
        let mut values = ElementValues::new(element, &entry_path);
        values.problems = problems;
        let mut entry = Entry::read(element, details, (kind, account), self.options.reversal_flips, &mut values);
        entry.number = number;
        if let Some(digest) = entry.digest(account, self.options.reversal_flips) {
            let page = statement.as_ref().filter(|one| !one.is_single_page()).and_then(|one| one.page);
            entry.key = Some(totals.keys.key(&digest, number, page));
        }
        if let Some(xml) = xml {
            let namespace = namespace_of(of.as_ref());
            match xml.take(namespace) {
                Ok(xml) => entry.xml = Some(xml),
                Err(()) => values.note_fault(element, "", "has more than 16 MiB of XML, which is left out"),
            }
        }
        entry.problems = values.problems;
        unread.add(&["Document", message, outer], element);
        totals.add(&entry, statement.as_ref().and_then(Statement::currency));
        self.items.push_back(CashItem::Entry(Box::new(entry)));
        Ok(())
    }

    fn end(&mut self) {
        let Some(mut statement) = self.statement.take() else { return };
        statement.finish(&self.totals, self.information.take());
        let base = path(statement.kind, statement.number);
        let found = statement.contradictions(&self.totals);
        let line = statement.line;
        keep(found.into_iter().map(|one| one.line(line).path(&base)).collect(), &mut statement.problems);
        statement.unread = self.unread.found();
        self.items.push_back(CashItem::End(Box::new(statement)));
    }
}

impl StatementSource for XmlCashReader<'_> {
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
        let (position, line) = self.file.tokens.position();
        let statement = self.statement.clone().filter(|_| self.statement_told && self.items.is_empty())?;
        Some(self.totals.cursor(Cursor {
            position,
            line,
            encoding: self.file.tokens.encoding().name().to_owned(),
            open: self.file.tokens.open_names().map(str::to_owned).collect(),
            messages: self.messages,
            message: self.message.clone()?,
            statement: Statement { unread: self.unread.found(), ..statement },
            information: self.information.clone(),
            ..Cursor::default()
        }))
    }

    fn unread(&self) -> Vec<UnreadElement> {
        self.outside.found()
    }

    fn unread_of_statement(&self) -> Vec<UnreadElement> {
        self.unread.found()
    }

    fn messages(&self) -> u64 {
        self.messages
    }
}

/// The kind of message of an element with this name.
pub(crate) fn message_kind(name: &str) -> Option<CashKind> {
    // In version 1, names end with the version.
    match name.trim_end_matches("V01") {
        "BkToCstmrStmt" => Some(CashKind::Statement),
        "BkToCstmrAcctRpt" => Some(CashKind::Report),
        "BkToCstmrDbtCdtNtfctn" => Some(CashKind::Notification),
        _ => None,
    }
}

/// The namespace of a message; empty for none.
fn namespace_of(message: Option<&CashMessage>) -> &str {
    message.map_or("", |message| message.message.namespace.as_str())
}

fn is_statement(name: &str) -> bool {
    matches!(name, "Stmt" | "Rpt" | "Ntfctn")
}

impl CashKind {
    /// The message element and the element of one account.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Statement => ("BkToCstmrStmt", "Stmt"),
            Self::Report => ("BkToCstmrAcctRpt", "Rpt"),
            Self::Notification => ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
        }
    }
}

fn path(kind: CashKind, statement: u64) -> String {
    let (message, account) = kind.names();
    format!("/Document/{message}/{account}[{statement}]")
}
