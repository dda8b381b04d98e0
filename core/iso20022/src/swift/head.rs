//! The fields of a message before its entries.

use crate::cash::{CashKind, Direction, Statement, StatementAccount, StatementBalance, TransactionSummary};
use crate::data::{Code, Moment, Money, UnreadTally, placeholder};
use crate::meaning;
use crate::rules::{Finding, Rule};

use super::account;
use super::tags::{SwiftMessage, Tag};
use super::values::{WrittenDate, amount, is_currency};

const ASK: &str = "ask the bank for the file again";

/// Maximum length of the information about a statement, in bytes.
const MAX_INFORMATION: usize = 64 * 1024;

/// What of a message is read before its first entry or its closing balance.
#[derive(Debug, Default)]
pub(super) struct MessageHead {
    pub(super) line: u64,
    pub(super) message: Option<SwiftMessage>,
    pub(super) reference: Option<String>,
    pub(super) account: Option<StatementAccount>,
    /// The number of the statement, and of its page.
    pub(super) number: Option<String>,
    pub(super) page: Option<u64>,
    pub(super) created: Option<Moment>,
    pub(super) opening: Option<StatementBalance>,
    /// Whether the opening balance is that of a page.
    pub(super) is_page: bool,
    pub(super) has_floor: bool,
    pub(super) information: Option<String>,
    pub(super) problems: Vec<Finding>,
    /// The fields that are in no field of the result, by the tag with which each begins.
    pub(super) unread: UnreadTally,
}

impl MessageHead {
    /// Adds a field; `false` if it belongs behind the header.
    pub(super) fn field(&mut self, tag: Tag, text: &str, line: u64) -> bool {
        match tag {
            Tag::Reference => self.reference = Some(one_line(text)).filter(|text| !text.is_empty()),
            Tag::Related => {
                if !placeholder(text.trim()) {
                    self.unread.count([tag.name()].into_iter(), line);
                }
            }
            Tag::Account | Tag::AccountWithBic => {
                self.account = Some(account::read(text, tag == Tag::AccountWithBic));
            }
            Tag::Number => self.number(text.trim()),
            Tag::Created => {
                self.created = created(text.trim());
                if self.created.is_none() {
                    self.problem(tag, text, line, "is not a date and time such as 2612011730+0200");
                }
            }
            Tag::Floor => {
                self.has_floor = true;
                add_information(&mut self.information, &format!("{}{}", tag.name(), text.trim()));
                // `EUR0,00` says the currency where there is no balance.
                self.set_currency(text.get(..3));
            }
            Tag::Opening | Tag::PageOpening => {
                self.is_page = tag == Tag::PageOpening;
                let kind = if self.is_page { "ITBD" } else { "OPBD" };
                self.opening = balance(tag, kind, text, line, &mut self.problems);
                // The amounts need its currency, whatever else is wrong with it.
                if self.opening.is_none() {
                    let rest =
                        text.trim().trim_start_matches(['C', 'D']).trim_start_matches(|one: char| one.is_ascii_digit());
                    self.set_currency(rest.get(..3));
                }
            }
            Tag::Information | Tag::NonSwift => {
                if let Some(account) = self.account.as_mut().filter(|account| account.iban.is_none()) {
                    account.iban = account::named_iban(text);
                }
                add_information(&mut self.information, text);
            }
            Tag::Line
            | Tag::Closing
            | Tag::PageClosing
            | Tag::Available
            | Tag::Forward
            | Tag::Debits
            | Tag::Credits
            | Tag::Message(_) => return false,
        }
        true
    }

    /// The currency of the account, unless it is known.
    fn set_currency(&mut self, text: Option<&str>) {
        if let Some((currency, account)) = text.filter(|text| is_currency(text)).zip(self.account.as_mut()) {
            account.currency.get_or_insert_with(|| currency.to_owned());
        }
    }

    /// `statement[/page]`.
    fn number(&mut self, text: &str) {
        let (number, page) = text.split_once('/').unwrap_or((text, ""));
        self.number = Some(number.trim().to_owned()).filter(|number| !number.is_empty());
        let digits = page.trim();
        self.page = Some(digits).filter(|page| page.len() <= 9).and_then(|page| page.parse().ok());
    }

    fn problem(&mut self, tag: Tag, value: &str, line: u64, message: &str) {
        self.problems.push(problem(tag, value, message).line(line));
    }

    /// The type of the message: by the file's words, otherwise by its fields.
    pub(super) fn message_type(&self) -> SwiftMessage {
        let is_report = self.opening.is_none() && (self.has_floor || self.created.is_some());
        self.message.unwrap_or(if is_report { SwiftMessage::Mt942 } else { SwiftMessage::Mt940 })
    }

    /// Whether it goes on with a statement whose last page ended with this number and page.
    pub(super) fn continues(&self, statement: &Statement, pages: u64) -> bool {
        let account = self.account.as_ref();
        let is_same = account.is_some_and(|account| {
            (&account.iban, &account.account) == (&statement.account.iban, &statement.account.account)
        });
        let currency = self.opening.as_ref().and_then(|opening| opening.money.as_ref()).map(|money| &money.currency);
        let next = statement.page.map(|page| page + pages);
        self.is_page
            && is_same
            && self.number == statement.sequence
            && currency == statement.account.currency.as_ref()
            && (self.page.is_none() || self.page == next)
    }

    /// The statement with these fields.
    pub(super) fn into_statement(self, kind: CashKind) -> (Statement, Option<String>) {
        let mut account = self.account.unwrap_or_default();
        if let Some(money) = self.opening.as_ref().and_then(|opening| opening.money.as_ref()) {
            account.currency.get_or_insert_with(|| money.currency.clone());
        }
        let statement = Statement {
            line: self.line,
            kind,
            id: self.reference,
            sequence: self.number,
            created: self.created,
            page: self.page,
            account,
            balances: self.opening.clone().into_iter().collect(),
            opening: self.opening,
            summary: TransactionSummary::default(),
            problems: self.problems,
            ..Statement::default()
        };
        (statement, self.information)
    }
}

/// Adds a text to the information about a statement, as far as there is room.
pub(super) fn add_information(information: &mut Option<String>, text: &str) {
    let text = text.trim_end();
    let all = information.get_or_insert_default();
    if !text.is_empty() && all.len() + text.len() < MAX_INFORMATION {
        if !all.is_empty() {
            all.push('\n');
        }
        for (at, line) in text.split('\n').enumerate() {
            all.push_str(if at > 0 { "\n" } else { "" });
            all.push_str(line.trim_end());
        }
    }
    if all.is_empty() {
        *information = None;
    }
}

/// A field that cannot be read.
pub(super) fn problem(tag: Tag, value: &str, message: &str) -> Finding {
    Finding::warning(Rule::Value, message, ASK).value(value).path(tag.name())
}

/// `D` or `C`, date, currency and amount.
pub(super) fn balance(
    tag: Tag,
    kind: &str,
    text: &str,
    line: u64,
    problems: &mut Vec<Finding>,
) -> Option<StatementBalance> {
    let text = text.trim();
    let mut fault = |message: &str| {
        problems.push(problem(tag, text, message).line(line));
        None
    };
    let is_debit = match text.as_bytes().first() {
        Some(b'D') => true,
        Some(b'C') => false,
        _ => return fault("is no balance: it begins neither with C nor with D"),
    };
    let (Some(day), Some(currency), Some(size)) = (text.get(1..7), text.get(7..10), text.get(10..)) else {
        return fault("is no balance such as C261201EUR1450,05");
    };
    if !day.bytes().all(|byte| byte.is_ascii_digit()) {
        return fault("is no balance: behind C or D stands no date of six digits");
    }
    if !is_currency(currency) {
        return fault("the currency is not a code of three capital letters");
    }
    let size = match amount(size, currency) {
        Ok(size) => size,
        Err(message) => return fault(message),
    };
    let date = WrittenDate::read(day);
    if let Some(found) = date.problem("date", day) {
        problems.push(found.path(tag.name()).line(line));
    }
    let meaning = meaning::balance(kind).map(str::to_owned);
    Some(StatementBalance {
        kind: Some(Code { meaning, ..Code::new(kind) }),
        money: Some(Money::new(size, currency).directed(is_debit)),
        direction: Some(if is_debit { Direction::Debit } else { Direction::Credit }),
        date: date.date.map(Moment::on),
        ..StatementBalance::default()
    })
}

/// `90D` and `90C`: a count, a currency and a sum.
pub(super) fn counted(tag: Tag, text: &str, line: u64, summary: &mut TransactionSummary, problems: &mut Vec<Finding>) {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let currency = text.get(digits..digits + 3).filter(|currency| is_currency(currency));
    let sum = currency.zip(text.get(digits + 3..)).and_then(|(currency, sum)| amount(sum, currency).ok());
    let count = text[..digits].parse().ok().filter(|_| digits < 16);
    if sum.is_none() || count.is_none() {
        problems.push(problem(tag, text, "is not a count and a sum such as 2EUR160,00").line(line));
    }
    match tag {
        Tag::Debits => (summary.debits, summary.debit_sum) = (count, sum),
        _ => (summary.credits, summary.credit_sum) = (count, sum),
    }
}

/// `YYMMDDHHMM` and an offset, or without one.
fn created(text: &str) -> Option<Moment> {
    let date = WrittenDate::read(text.get(..6)?).date?;
    let digits = |from: usize| text.get(from..from + 2).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    let Some((hours, minutes)) = digits(6).zip(digits(8)) else {
        return (text.len() == 6).then(|| Moment::on(date));
    };
    let offset = match text.as_bytes().get(10) {
        None => String::new(),
        Some(sign @ (b'+' | b'-')) => format!("{}{}:{}", char::from(*sign), digits(11)?, digits(13)?),
        Some(_) => return None,
    };
    crate::data::read_moment(&format!("{}T{hours}:{minutes}:00{offset}", date.0))
}

fn one_line(text: &str) -> String {
    text.split('\n').map(str::trim).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn balances_and_sums() {
        let mut problems = Vec::new();
        let read = balance(Tag::Opening, "OPBD", "D261201EUR12,5", 3, &mut problems).unwrap();
        assert_eq!(read.money.unwrap().amount.as_str(), "-12.50");
        for wrong in ["", "X261201EUR1,", "C2612", "C261201eur1,", "C261201EURx", "C26120é1EUR1,"] {
            assert_eq!(balance(Tag::Opening, "OPBD", wrong, 3, &mut problems), None, "{wrong}");
        }
        assert_eq!(problems.len(), 6);
        let mut summary = TransactionSummary::default();
        counted(Tag::Debits, "1EUR4,00", 1, &mut summary, &mut problems);
        counted(Tag::Credits, "EUR4,00", 1, &mut summary, &mut problems);
        assert_eq!((summary.debits, summary.credits, problems.len()), (Some(1), None, 7));
    }

    #[test]
    fn times() {
        let time = |text: &str| created(text).map(|read| read.instant.map(|at| at.as_str().to_owned()));
        assert_eq!(time("2612011730+0200"), Some(Some("2026-12-01T17:30:00+02:00".to_owned())));
        assert_eq!(time("2612011730-0330"), Some(Some("2026-12-01T17:30:00-03:30".to_owned())));
        assert_eq!((time("2612011730"), time("261201")), (Some(None), Some(None)));
        assert_eq!((time("26120117"), time("2612011730Z"), time("")), (None, None, None));
    }
}
