//! A statement while it is read: its balances, its pages, and the places of its problems.

use super::account;
use super::details::OwnBank;
use super::head::{self, MessageHead};
use super::tags::{SwiftMessage, Tag};
use crate::cash::{CashKind, MAX_BALANCES, OpenStatement, Statement, StatementBalance};
use crate::data::{UnreadTally, keep};
use crate::rules::{Finding, Rule};

/// Maximum number of problems of a statement.
pub(super) const MAX_PROBLEMS: usize = 100;

/// A note on a statement that has no other end: PostFinance writes its last page so.
const ENDS_WITH_PAGE: &str = "note: it closes with the balance of a page (62M), which is taken as its closing balance";

/// A statement that is being read.
pub(super) struct SwiftStatement {
    pub(super) open: OpenStatement,
    /// How many messages it has so far.
    pub(super) pages: u64,
    pub(super) currency: String,
    pub(super) bank: OwnBank,
    /// The name of its message, such as `MT940`.
    name: &'static str,
    pub(super) state: StatementState,
    /// The closing balance of its page, if the next page may follow.
    pub(super) page_closing: Option<StatementBalance>,
}

/// How far a statement was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StatementState {
    /// Entries may follow.
    Open,
    /// Its closing balance was read: a mark may end its message.
    Closed,
    /// The message of its page has ended.
    Ended,
}

use StatementState::{Closed, Open};

pub(super) fn other_encoding(line: u64) -> Finding {
    let message = "this line is not UTF-8; it is read as windows-1252";
    Finding::warning(Rule::Encoding, message, "name the file's encoding, if it is another one").line(line)
}

/// The page in the keys of entries: of a statement that begins with the opening balance of a page.
pub(super) fn key_page(statement: &Statement) -> Option<u64> {
    let is_page = |balance: &StatementBalance| balance.kind.as_ref().is_some_and(|kind| kind.code == "ITBD");
    statement.opening.as_ref().filter(|opening| is_page(opening)).and(statement.page)
}

impl SwiftStatement {
    pub(super) fn new(open: OpenStatement, message: SwiftMessage) -> Self {
        let account = &open.statement.account;
        let (currency, bank) = (account.currency.clone().unwrap_or_default(), account::bank(account));
        Self { open, pages: 1, currency, bank, name: message.name(), state: Open, page_closing: None }
    }

    pub(super) fn is_report(&self) -> bool {
        self.open.statement.kind == CashKind::Report
    }

    /// The place of the statement in the file.
    pub(super) fn path(&self) -> String {
        format!("/{}[{}]", self.name, self.open.statement.message_number)
    }

    pub(super) fn unread(&mut self, tag: &str, key: Option<&str>, line: u64) {
        // A key such as `NS/19` is two names.
        let names = [self.name, tag].into_iter().chain(key.into_iter().flat_map(|key| key.split('/')));
        self.open.unread.count(names, line);
    }

    /// The fields of a message's head that have none in the result.
    pub(super) fn unread_of_head(&mut self, fields: &UnreadTally) {
        self.open.unread.append(self.name, fields);
    }

    /// Adds a balance that is neither the opening nor the closing one.
    pub(super) fn balance(&mut self, tag: Tag, kind: &str, text: &str, line: u64) {
        let of = &mut self.open.statement;
        if of.balances.len() < MAX_BALANCES {
            of.balances.extend(head::balance(tag, kind, text, line, &mut of.problems));
        }
    }

    /// Adds the closing balance, of the statement or of a page.
    pub(super) fn close(&mut self, tag: Tag, text: &str, line: u64) {
        let of = &mut self.open.statement;
        let is_last = tag == Tag::Closing;
        let closing = head::balance(tag, if is_last { "CLBD" } else { "ITBD" }, text, line, &mut of.problems);
        self.state = Closed;
        self.page_closing = None;
        if is_last {
            of.balances.extend(closing.clone().filter(|_| of.balances.len() < MAX_BALANCES));
            of.closing = closing;
        } else {
            self.page_closing = closing;
        }
        // The balance of a page does not say whether another page follows: some banks end the last one with it.
        of.last_page = (is_last && of.page.is_some()).then_some(true);
    }

    /// Goes on with the next page, if a message is one.
    pub(super) fn continue_with(&mut self, head: &MessageHead) -> bool {
        let Some(closing) = self.page_closing.take_if(|_| head.continues(&self.open.statement, self.pages)) else {
            return false;
        };
        self.pages += 1;
        self.state = Open;
        // As if the page stood alone.
        self.open.key_page = head.page;
        let of = &mut self.open.statement;
        (of.pages, of.last_page) = (Some(self.pages), None);
        let money = |balance: Option<&StatementBalance>| balance.and_then(|balance| balance.money.clone());
        let (before, after) = (money(Some(&closing)), money(head.opening.as_ref()));
        if before != after {
            let said = |money: Option<crate::data::Money>| {
                money.map_or_else(String::new, |one| one.amount.as_str().to_owned())
            };
            let message = format!("a page ends with {}, and the next one begins with {}", said(before), said(after));
            let change = "ask the bank for the right statement: a page may be missing";
            of.problems.push(Finding::warning(Rule::ControlSum, message, change).path(":60M:").line(head.line));
        }
        keep(head.problems.clone(), &mut of.problems);
        if let Some(information) = &head.information {
            head::add_information(&mut self.open.information, information);
        }
        self.unread_of_head(&head.unread);
        if head.reference != self.open.statement.id {
            self.unread(Tag::Reference.name(), None, head.line);
        }
        self.place_problems();
        true
    }

    /// Adds the place of the statement to the paths of its problems.
    pub(super) fn place_problems(&mut self) {
        self.open.statement.problems.truncate(MAX_PROBLEMS);
        if self.open.statement.problems.is_empty() {
            return;
        }
        let path = self.path();
        for problem in &mut self.open.statement.problems {
            problem.path = Some(match problem.path.take() {
                Some(inner) if inner.starts_with('/') => inner,
                Some(inner) => format!("{path}/{inner}"),
                None => path.clone(),
            });
        }
    }

    /// A statement without a closing balance is cut, or its end was taken for something else; so are entries without an
    /// account.
    fn note_what_is_missing(&mut self) {
        let is_cut = self.state == Open && !self.is_report();
        let has_entries = self.open.next_number() > 1;
        let of = &mut self.open.statement;
        let change = "ask the bank for the whole file again";
        if is_cut {
            let found = Finding::warning(Rule::Value, "the statement has no closing balance: it may be cut", change);
            of.problems.push(found.path(Tag::Closing.name()).line(of.line));
        }
        if has_entries && of.account.number().is_none() {
            let found = Finding::warning(Rule::Account, "the entries have no account", change);
            of.problems.push(found.path(Tag::Account.name()).line(of.line));
        }
    }

    /// The statement with the results that follow from its entries.
    pub(super) fn end(mut self) -> Statement {
        if let Some(closing) = self.page_closing.take() {
            let of = &mut self.open.statement;
            of.balances.push(closing.clone());
            of.closing = Some(closing);
            head::add_information(&mut self.open.information, ENDS_WITH_PAGE);
        }
        self.note_what_is_missing();
        self.place_problems();
        let path = self.path();
        self.open.end(|part| format!("{path}/{}", tag_of_part(part)))
    }
}

/// The tag that says what stands in this part of a statement of XML.
fn tag_of_part(part: &str) -> &'static str {
    match part {
        part if part.contains("TtlDbtNtries") => ":90D:",
        part if part.contains("TtlCdtNtries") => ":90C:",
        _ => ":62F:",
    }
}
