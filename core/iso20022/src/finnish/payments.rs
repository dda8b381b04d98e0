//! Incoming reference payments (KTL, TL, SVM), record by record: each batch is a notification.

use std::collections::VecDeque;

use super::fields::RecordFields;
use super::item::structured;
use super::records::{RawRecord, RecordEncoding};
use crate::cash::{
    BankTransactionCode, CashItem, CashKind, Direction, Entry, EntryDetail, OpenStatement, Statement, StatementAccount,
    TransactionSummary,
};
use crate::data::{Code, Moment, Money, Party, SharedParty, keep};
use crate::rules::reference::{self, ReferenceKind};
use crate::rules::{Finding, Rule};
use crate::{iban, meaning};

/// The payments of a batch so far: those in and those corrected, in hundredths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct BatchSums {
    count: u64,
    cents: i64,
    corrections: u64,
    corrected_cents: i64,
    /// Whether they are to several accounts: then each statement has a part of them.
    is_split: bool,
}

impl BatchSums {
    /// As text, for the cursor of a page.
    pub(super) fn text(self) -> String {
        let split = u8::from(self.is_split);
        format!("{} {} {} {} {split}", self.count, self.cents, self.corrections, self.corrected_cents)
    }

    /// Reads the output of [`Self::text`].
    pub(super) fn read(text: &str) -> Self {
        let mut numbers = text.split(' ').map(|number| number.parse().unwrap_or(0_i64));
        let mut next = || numbers.next().unwrap_or_default();
        let (count, cents, corrections, corrected_cents) = (next(), next(), next(), next());
        let size = |number: i64| u64::try_from(number).unwrap_or_default();
        let is_split = next() == 1;
        Self { count: size(count), cents, corrections: size(corrections), corrected_cents, is_split }
    }

    fn add(&mut self, cents: i64, is_correction: bool) {
        let (count, sum) = match is_correction {
            true => (&mut self.corrections, &mut self.corrected_cents),
            false => (&mut self.count, &mut self.cents),
        };
        *count += 1;
        *sum = sum.saturating_add(cents);
    }
}

/// The batch that is being read.
pub(super) struct PaymentsReader {
    encoding: RecordEncoding,
    pub(super) run: Option<OpenStatement>,
    pub(super) sums: BatchSums,
    /// The header of a batch, which has no account.
    batch: Option<Statement>,
    /// The number of statements so far.
    pub(super) statements: u64,
}

impl PaymentsReader {
    pub(super) fn new(encoding: RecordEncoding) -> Self {
        Self { encoding, run: None, sums: BatchSums::default(), batch: None, statements: 0 }
    }

    /// Goes on inside a batch.
    pub(super) fn resume(encoding: RecordEncoding, run: OpenStatement, sums: &str) -> Self {
        let of_run = &run.statement;
        let batch = Statement {
            entries: Vec::new(),
            account: StatementAccount::default(),
            problems: Vec::new(),
            unread: Vec::new(),
            ..of_run.clone()
        };
        let statements = of_run.number;
        let sums = BatchSums::read(sums);
        Self { sums, batch: Some(batch), statements, run: Some(run), ..Self::new(encoding) }
    }

    /// Takes the next record, or the end of the file; gives it back if something before it had to end first.
    pub(super) fn take(
        &mut self,
        record: Option<RawRecord>,
        messages: u64,
        items: &mut VecDeque<CashItem>,
    ) -> Option<RawRecord> {
        let kind = record.as_ref().and_then(|record| record.bytes.first()).map(|byte| char::from(*byte));
        let Some(record) = record else {
            if let Some(mut run) = self.begun(None, messages, items) {
                let found = Finding::warning(Rule::Count, "the batch has no sums: its end is missing", CHANGE);
                let line = run.statement.line;
                keep(vec![found.line(line).path("/0")], &mut run.statement.problems);
                self.end(run, items);
            }
            return None;
        };
        let place = self.run.as_ref().map_or(1, OpenStatement::next_number);
        let path = kind.map_or_else(
            || "/0".to_owned(),
            |kind| match kind {
                '3' | '5' => format!("/0/{kind}[{place}]"),
                kind if kind.is_ascii_alphanumeric() => format!("/0/{kind}"),
                _ => "/0".to_owned(),
            },
        );
        let mut fields = RecordFields::new(&record, self.encoding, path);
        match kind {
            Some('0') => {
                if self.batch.is_some() {
                    // The batch before has no sums.
                    let mut ended = VecDeque::new();
                    self.take(None, messages, &mut ended);
                    items.append(&mut ended);
                    return Some(record);
                }
                self.batch = Some(header(fields));
                self.sums = BatchSums::default();
            }
            Some('3' | '5') => {
                let number = fields.text(2, 15);
                let iban = number.as_deref().and_then(iban::of_finnish_number);
                let account = StatementAccount {
                    account: number.filter(|_| iban.is_none()),
                    iban,
                    currency: Some("EUR".to_owned()),
                    ..StatementAccount::default()
                };
                if let Some(run) = self.run.take_if(|run| run.statement.account.number() != account.number()) {
                    self.sums.is_split = true;
                    self.end_part(run, items);
                    return Some(record);
                }
                let mut run = self.begun(Some(account), messages, items)?;
                if !items.is_empty() {
                    self.run = Some(run);
                    return Some(record);
                }
                let (entry, cents) = entry(&mut fields, kind == Some('5'), &mut run);
                self.sums.add(cents.unwrap_or_default(), entry.reversal);
                let entry = run.add(Entry { problems: fields.problems, ..entry });
                self.run = Some(run);
                items.push_back(CashItem::Entry(Box::new(entry)));
            }
            Some('9') => {
                let mut run = self.begun(None, messages, items)?;
                self.check(&mut fields, &mut run);
                self.end(run, items);
            }
            _ => {
                if kind == Some('S') {
                    fields.fault("", "", "is a record of factoring, which is not read");
                } else if record.fault.is_none() {
                    fields.fault("", "", "is no record of a batch, of a payment or of sums: it is left out");
                }
                let into = self.run.as_mut().map(|run| &mut run.statement).or(self.batch.as_mut());
                if let Some(statement) = into {
                    keep(fields.problems, &mut statement.problems);
                }
            }
        }
        None
    }

    /// The statement of the batch, which begins now if it has not yet; its item is among the items then.
    fn begun(
        &mut self,
        account: Option<StatementAccount>,
        messages: u64,
        items: &mut VecDeque<CashItem>,
    ) -> Option<OpenStatement> {
        if let Some(run) = self.run.take() {
            return Some(run);
        }
        let mut statement = match (&mut self.batch, &account) {
            (Some(batch), _) => {
                // The first statement has the problems of the header.
                let problems = std::mem::take(&mut batch.problems);
                Statement { problems, ..batch.clone() }
            }
            // A payment without a batch before it is read all the same.
            (None, Some(_)) => {
                let statement = Statement { kind: CashKind::Notification, line: 1, ..Statement::default() };
                self.batch.insert(statement).clone()
            }
            (None, None) => return None,
        };
        statement.account = account.unwrap_or_default();
        self.statements += 1;
        (statement.message_number, statement.number) = (messages, self.statements);
        items.push_back(CashItem::Statement(Box::new(statement.clone())));
        Some(OpenStatement::new(statement, None))
    }

    /// Ends a statement whose batch goes on with another account.
    fn end_part(&mut self, run: OpenStatement, items: &mut VecDeque<CashItem>) {
        items.push_back(CashItem::End(Box::new(run.end(|_| "/0".to_owned()))));
    }

    fn end(&mut self, run: OpenStatement, items: &mut VecDeque<CashItem>) {
        self.end_part(run, items);
        self.batch = None;
    }

    /// Compares the sums of the batch.
    fn check(&self, fields: &mut RecordFields<'_>, run: &mut OpenStatement) {
        let count = fields.count(2, 7, "count");
        let cents = fields.cents(8, 18, "sum");
        let corrections = fields.count(19, 24, "count of corrections");
        let corrected_cents = fields.cents(25, 35, "sum of corrections");
        let own = self.sums;
        for (name, said, found, is_money) in [
            ("count", count.and_then(|count| i64::try_from(count).ok()), i64::try_from(own.count).ok(), false),
            ("sum", cents, Some(own.cents), true),
            (
                "count of corrections",
                corrections.and_then(|count| i64::try_from(count).ok()),
                i64::try_from(own.corrections).ok(),
                false,
            ),
            ("sum of corrections", corrected_cents, Some(own.corrected_cents), true),
        ] {
            let Some((said, found)) = said.zip(found).filter(|(said, found)| said != found) else { continue };
            let shown = |number: i64| match is_money {
                true => bankchannel_foundation::model::Decimal::from_cents(number).as_str().to_owned(),
                false => number.to_string(),
            };
            let message = format!("the {name} of the batch is {}, but its payments give {}", shown(said), shown(found));
            let rule = if is_money { Rule::ControlSum } else { Rule::Count };
            let path = format!("/0/9/{name}");
            let found = Finding::warning(rule, message, CHANGE).value(&shown(said)).line(fields.line()).path(&path);
            keep(vec![found], &mut run.statement.problems);
        }
        if !own.is_split {
            let decimal = |cents: Option<i64>| cents.map(bankchannel_foundation::model::Decimal::from_cents);
            let net = cents.zip(corrected_cents).map(|(sum, corrected)| sum - corrected);
            run.statement.summary = TransactionSummary {
                entries: count.zip(corrections).map(|(count, corrections)| count + corrections),
                net: decimal(net),
                net_direction: net.map(|net| if net < 0 { Direction::Debit } else { Direction::Credit }),
                credits: count,
                credit_sum: decimal(cents),
                debits: corrections,
                debit_sum: decimal(corrected_cents),
                ..TransactionSummary::default()
            };
        }
        keep(std::mem::take(&mut fields.problems), &mut run.statement.problems);
    }
}

const CHANGE: &str = "ask the bank for the right file";

/// Reads a record `0`.
fn header(mut fields: RecordFields<'_>) -> Statement {
    fields.expect_length(23);
    let created = fields.moment(2, 8, "made");
    if !matches!(fields.at(23), '1' | ' ') {
        let other = fields.at(23).to_string();
        fields.fault("currency", &other, "is not the euro (1): the amounts are read as euros");
    }
    Statement {
        line: fields.line(),
        kind: CashKind::Notification,
        id: fields.text(14, 22),
        created,
        problems: std::mem::take(&mut fields.problems),
        ..Statement::default()
    }
}

/// Reads a record `3` or `5`; also gives its amount in hundredths.
fn entry(fields: &mut RecordFields<'_>, is_debit_collected: bool, run: &mut OpenStatement) -> (Entry, Option<i64>) {
    fields.expect_length(87);
    let is_correction = match fields.at(88) {
        '1' => true,
        '0' | ' ' => false,
        other => {
            fields.fault("correction", &other.to_string(), "is neither 0 nor 1: it is read as a payment");
            false
        }
    };
    let cents = fields.cents(78, 87, "amount");
    if !matches!(fields.at(76), '1' | ' ') {
        let other = fields.at(76).to_string();
        fields.fault("currency", &other, "is not the euro (1): the amount is read as euros");
    }
    let direction = if is_correction { Direction::Debit } else { Direction::Credit };
    let amount = |cents: i64| bankchannel_foundation::model::Decimal::from_cents(cents);
    let mut detail = EntryDetail { line: fields.line(), ..EntryDetail::default() };
    detail.money = cents.map(|cents| Money::new(amount(cents), "EUR"));
    detail.accepted = fields.date(22, "payment date").map(Moment::on).map(Box::new);
    let party = Party { name: fields.text(64, 75), ..Party::default() };
    detail.debtor = party.name.is_some().then(|| SharedParty::from(party));
    let written = fields.text(44, 63).filter(|text| text.bytes().any(|byte| byte != b'0'));
    if let Some(written) = written {
        match reference::parse(ReferenceKind::Finnish, &written) {
            Ok(checked) => detail.remittance.structured.push(structured(checked.text)),
            Err(_) => {
                fields.fault("reference", &written, "has wrong check digits: it is given as text");
                detail.remittance.lines.push(written.trim_start_matches('0').to_owned());
            }
        }
    }
    detail.creditor_reference = detail.remittance.reference().map(str::to_owned);
    detail.text = detail.own_text();
    let kind = if is_debit_collected { ("5", "direct debit collected") } else { ("3", "reference payment in") };
    for (place, name) in [(77, "source of the name"), (89, "delivery"), (90, "return")] {
        // A payment has `0` where a debit that came back has the reason.
        if !matches!((place, fields.at(place)), (_, ' ') | (90, '0')) {
            run.unread.count(["0", kind.0, name].into_iter(), fields.line());
        }
    }
    let entry = Entry {
        line: fields.line(),
        money: cents.map(|cents| Money::new(amount(if is_correction { -cents } else { cents }), "EUR")),
        direction: Some(direction),
        reversal: is_correction,
        booked: true,
        status: Some(Code { meaning: meaning::entry_status("BOOK").map(str::to_owned), ..Code::new("BOOK") }),
        booking_date: fields.date(16, "booking date"),
        servicer_reference: fields.text(28, 43),
        bank_code: Some(Box::new(BankTransactionCode {
            meaning: Some(kind.1.to_owned()),
            proprietary: Some(kind.0.to_owned()),
            issuer: Some("KTL".to_owned()),
            ..BankTransactionCode::default()
        })),
        details: vec![detail],
        ..Entry::default()
    };
    (entry, cents)
}
