//! Machine-readable statements (TITO), record by record.

use std::collections::VecDeque;

use bankchannel_xml::XmlFault;

use super::fields::RecordFields;
use super::item::{self, StatementItem};
use super::records::{RawRecord, RecordEncoding};
use super::statement::{self, inform};
use crate::cash::{CashItem, Entry, MAX_DETAILS, OpenStatement};
use crate::data::keep;
use crate::rules::{Finding, Rule};

/// The statement that is being read, and its entry.
pub(super) struct TitoReader {
    encoding: RecordEncoding,
    pub(super) run: Option<OpenStatement>,
    entry: Option<OpenEntry>,
    notification: Option<StatementItem>,
    /// The number of statements so far.
    pub(super) statements: u64,
}

struct OpenEntry {
    own: StatementItem,
    items: Vec<StatementItem>,
    /// The items that are itemised themselves and around the next one: their levels and archive ids.
    headings: Vec<(u8, Option<String>)>,
    /// Where it begins.
    place: (u64, u64),
}

impl TitoReader {
    pub(super) fn new(encoding: RecordEncoding) -> Self {
        Self { encoding, run: None, entry: None, notification: None, statements: 0 }
    }

    /// Where the entry that is not complete begins.
    pub(super) fn open_place(&self) -> Option<(u64, u64)> {
        self.entry.as_ref().map(|entry| entry.place)
    }

    /// Takes the next record, or the end of the file; gives it back if something before it had to end first, which is
    /// then among the items.
    pub(super) fn take(
        &mut self,
        record: Option<RawRecord>,
        messages: u64,
        items: &mut VecDeque<CashItem>,
    ) -> Result<Option<RawRecord>, XmlFault> {
        let kind = record.as_ref().map(|record| kind_of(&record.bytes).to_owned());
        let kind = kind.as_deref();
        let level =
            record.as_ref().and_then(|record| record.bytes.get(187)).map_or(0, |byte| byte.saturating_sub(b'0'));
        let goes_on = match kind {
            // A line that is no record is a problem, and ends nothing.
            Some("T11" | "") => true,
            Some("T10") => (1..=9).contains(&level) && self.entry.is_some(),
            _ => false,
        };
        if !goes_on && let Some(entry) = self.end_entry() {
            items.push_back(CashItem::Entry(Box::new(entry)));
            return Ok(record);
        }
        if kind != Some("T81") {
            self.end_notification();
        }
        let Some(record) = record else {
            self.end_statement(items);
            return Ok(None);
        };
        if kind == Some("T00") {
            if self.end_statement(items) {
                return Ok(Some(record));
            }
            self.begin(&record, messages, items);
            return Ok(None);
        }
        let fields = self.fields(&record);
        let Some(run) = &mut self.run else {
            return Err(XmlFault::new("the file has a record before its first T00", "ask the bank for the right file")
                .on_line(record.line));
        };
        let currency = run.statement.account.currency.clone().unwrap_or_default();
        match kind.unwrap_or_default() {
            "T10" => {
                let place = (record.position, record.line);
                let item = StatementItem::read(fields, &currency, run);
                match &mut self.entry {
                    Some(entry) if item.level > 0 => entry.add(item, run)?,
                    _ if item.level > 0 => {
                        let message = "is an item without an entry before it: its amount does not count";
                        let found = Finding::warning(Rule::Value, message, "ask the bank for the right file");
                        keep(vec![found.line(record.line).path("/T00/T10")], &mut run.statement.problems);
                    }
                    _ => self.entry = Some(OpenEntry { own: item, items: Vec::new(), headings: Vec::new(), place }),
                }
            }
            "T11" => match &mut self.entry {
                Some(OpenEntry { own, items, .. }) => items.last_mut().unwrap_or(own).add(fields, &currency, run)?,
                None => run.unread.count(["T00", "T11"].into_iter(), record.line),
            },
            "T40" => statement::balances(fields, run),
            "T50" => statement::sums(fields, run),
            "T60" | "T70" => inform(&mut run.information, fields.lines(10, 80)),
            "T80" => self.notification = Some(StatementItem::read(fields, &currency, run)),
            "T81" => match &mut self.notification {
                Some(notification) => notification.add(fields, &currency, run)?,
                None => run.unread.count(["T00", "T81"].into_iter(), record.line),
            },
            kind if record.fault.is_none() => run.unread.count(["T00", kind].into_iter(), record.line),
            _ => keep(fields.problems, &mut run.statement.problems),
        }
        Ok(None)
    }

    fn fields<'r>(&self, record: &'r RawRecord) -> RecordFields<'r> {
        let kind = kind_of(&record.bytes);
        let number = self.run.as_ref().map_or(1, OpenStatement::next_number);
        let path = match kind {
            "T00" => "/T00".to_owned(),
            "T10" => format!("/T00/T10[{number}]"),
            "T11" => format!("/T00/T10[{number}]/T11"),
            "" => "/T00".to_owned(),
            kind => format!("/T00/{kind}"),
        };
        RecordFields::new(record, self.encoding, path)
    }

    fn begin(&mut self, record: &RawRecord, messages: u64, items: &mut VecDeque<CashItem>) {
        let mut run = statement::header(self.fields(record));
        self.statements += 1;
        (run.statement.message_number, run.statement.number) = (messages, self.statements);
        items.push_back(CashItem::Statement(Box::new(run.statement.clone())));
        self.run = Some(run);
    }

    fn end_entry(&mut self) -> Option<Entry> {
        let OpenEntry { own, items, .. } = self.entry.take()?;
        let run = self.run.as_mut()?;
        let has_items = !items.is_empty();
        let (entry, own) = own.into_entry(items);
        let mut entry = run.add(entry);
        if has_items {
            item::finish_items(&mut entry, own);
        }
        Some(entry)
    }

    /// Whether there was one.
    fn end_statement(&mut self, items: &mut VecDeque<CashItem>) -> bool {
        let Some(run) = self.run.take() else { return false };
        items.push_back(CashItem::End(Box::new(run.end(|_| "/T00/T40".to_owned()))));
        true
    }

    fn end_notification(&mut self) {
        if let Some((notification, run)) = self.notification.take().zip(self.run.as_mut()) {
            inform(&mut run.information, [notification.in_words()]);
        }
    }
}

impl OpenEntry {
    /// Adds an item. One that is itemised again gives way to its own items.
    fn add(&mut self, mut item: StatementItem, run: &mut OpenStatement) -> Result<(), XmlFault> {
        if self.items.len() >= MAX_DETAILS {
            let message = format!("an entry has more than {MAX_DETAILS} transactions");
            return Err(XmlFault::new(message, "ask the bank for smaller batches"));
        }
        while self.headings.pop_if(|(level, _)| *level >= item.level).is_some() {}
        if let Some(last) = self.items.pop_if(|last| last.level < item.level) {
            self.headings.push((last.level, self.own.take_heading(last, run)));
        }
        item.set_heading(self.headings.last().and_then(|(_, id)| id.as_ref()));
        self.items.push(item);
        Ok(())
    }
}

/// The kind of a record, such as `T10`; empty for none.
fn kind_of(bytes: &[u8]) -> &str {
    let is_kind = bytes.len() >= 6 && bytes[0] == b'T' && bytes[1..6].iter().all(u8::is_ascii_digit);
    bytes.get(..3).filter(|_| is_kind).and_then(|kind| std::str::from_utf8(kind).ok()).unwrap_or_default()
}
