//! An entry of a machine-readable statement (`T10`) with its additions (`T11`), or one item of its itemisation.

use bankchannel_foundation::model::Decimal;
use bankchannel_xml::XmlFault;

use super::codes;
use super::fields::RecordFields;
use crate::cash::{
    AmountDetail, AmountKind, BankTransactionCode, Batch, CardTransaction, Direction, Entry, EntryDetail, OpenStatement,
};
use crate::data::{Code, Moment, Money, Party, ReferredDocument, SharedParty, StructuredRemittance};
use crate::meaning;
use crate::rules::reference::{self, ReferenceKind};
use crate::rules::{Finding, Rule};

/// The most text of one item, in bytes: additions may repeat.
const MAX_TEXT: usize = 64 * 1024;
/// The most bytes of the additions to one item.
const MAX_ADDITIONS: usize = 1024 * 1024;
/// The kinds of additions whose fields an item has once.
const ONCE: [&str; 5] = ["01", "03", "04", "08", "11"];
/// The width of lines of text.
const LINE: usize = 35;

/// One record with its additions.
pub(super) struct StatementItem {
    /// 0 for an entry, 1 to 9 for an item of the one before with a smaller level.
    pub(super) level: u8,
    kind: char,
    money: Option<Money>,
    direction: Option<Direction>,
    detail: EntryDetail,
    party: Party,
    /// The bank's code and words on it.
    code: Option<BankTransactionCode>,
    words: Option<String>,
    booking: Option<bankchannel_foundation::model::Date>,
    value: Option<bankchannel_foundation::model::Date>,
    archive_id: Option<String>,
    count: Option<u64>,
    text: Vec<String>,
    information: Vec<String>,
    size: usize,
    /// The bytes of its additions.
    additions: usize,
    /// Which of [`ONCE`] it has.
    has: [bool; ONCE.len()],
    problems: Vec<Finding>,
}

impl StatementItem {
    /// Reads `T10`. Parts without a field are named in the statement's unread parts.
    pub(super) fn read(mut fields: RecordFields<'_>, currency: &str, run: &mut OpenStatement) -> Self {
        fields.expect_length(106);
        let money = fields.money(88, 106, currency, "amount");
        let code = fields.text(50, 52);
        let words = fields.text(53, 87);
        let proprietary = [code.as_deref(), words.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let mut detail = EntryDetail { line: fields.line(), ..EntryDetail::default() };
        detail.accepted = fields.date(43, "payment date").map(Moment::on).map(Box::new);
        let mut party = Party { name: fields.text(109, 143), ..Party::default() };
        party.account = fields.text(145, 158).filter(|number| number.bytes().any(|digit| digit != b'0'));
        party.account_scheme = party.account.as_ref().map(|_| "BBAN".to_owned());
        let mut item = Self {
            level: u8::try_from(fields.at(188).to_digit(10).unwrap_or_default()).unwrap_or_default(),
            kind: fields.at(49),
            direction: money.as_ref().map(|(_, direction)| direction.clone()),
            money: money.map(|(money, _)| money),
            detail,
            party,
            code: code.as_deref().map(|code| BankTransactionCode {
                meaning: codes::entry(code).map(str::to_owned),
                proprietary: Some(proprietary),
                issuer: Some(codes::ISSUER.to_owned()),
                ..BankTransactionCode::default()
            }),
            words,
            booking: fields.date(31, "booking date"),
            value: fields.date(37, "value date"),
            archive_id: fields.text(13, 30),
            count: None,
            text: Vec::new(),
            information: Vec::new(),
            size: 0,
            additions: 0,
            has: [false; ONCE.len()],
            problems: Vec::new(),
        };
        if !matches!(item.kind, '1'..='4' | '9') {
            fields.fault("kind", &item.kind.to_string(), "is no kind of entry: 1, 2, 3, 4 or 9");
        }
        item.set_reference(fields.text(160, 179), &mut fields);
        for (from, to, name) in [
            (107, 107, "receipt"),
            (108, 108, "delivery"),
            (144, 144, "source of the name"),
            (159, 159, "account changed"),
            (180, 187, "form"),
        ] {
            // That its items follow, they show themselves.
            let is_told = name == "receipt" && fields.at(from) == 'E';
            if !is_told && fields.text(from, to).is_some() {
                run.unread.count(["T00", "T10", name].into_iter(), fields.line());
            }
        }
        item.problems = fields.problems;
        item
    }

    /// A reference of the creditor: one with wrong check digits is text, and a problem.
    fn set_reference(&mut self, written: Option<String>, fields: &mut RecordFields<'_>) {
        let Some(written) = written.filter(|text| text.bytes().any(|byte| byte != b'0')) else { return };
        let kind = if written.starts_with("RF") { ReferenceKind::Rf } else { ReferenceKind::Finnish };
        match reference::parse(kind, &written) {
            Ok(checked) => self.detail.remittance.structured.push(structured(checked.text)),
            Err(_) => {
                fields.fault("reference", &written, "has wrong check digits: it is given as text");
                self.add_text(vec![written.trim_start_matches('0').to_owned()], false);
            }
        }
    }

    fn add_text(&mut self, lines: Vec<String>, is_information: bool) {
        for line in lines {
            self.size += line.len() + 1;
            if self.size > MAX_TEXT {
                return;
            }
            if is_information { self.information.push(line) } else { self.text.push(line) }
        }
    }

    /// Reads `T11`. A second one of a kind whose fields are taken is named in the statement's unread parts.
    ///
    /// # Errors
    /// There are too many.
    pub(super) fn add(
        &mut self,
        mut fields: RecordFields<'_>,
        currency: &str,
        run: &mut OpenStatement,
    ) -> Result<(), XmlFault> {
        self.additions += fields.length();
        if self.additions > MAX_ADDITIONS {
            let message = format!("an entry has more than {} KiB of additions", MAX_ADDITIONS / 1024);
            return Err(XmlFault::new(message, "ask the bank for the right file").on_line(fields.line()));
        }
        let kind = fields.text(7, 8);
        let mut is_kept = true;
        if let Some(at) = ONCE.iter().position(|once| kind.as_deref() == Some(once)) {
            is_kept = !std::mem::replace(&mut self.has[at], true);
        }
        let detail = &mut self.detail;
        let mut other = |name: &str, text: Option<String>| {
            let Some(text) = text else { return true };
            *detail.other_references.entry(name.to_owned()).or_insert_with(|| text.clone()) == text
        };
        match kind.as_deref() {
            _ if !is_kept => {}
            Some("00") => self.add_text(fields.lines(9, LINE).collect(), false),
            Some("06" | "07") => self.add_text(fields.lines(9, LINE).collect(), true),
            Some("01") => self.count = fields.count(9, 16, "count"),
            Some("02") => {
                is_kept = other("customer", fields.text(9, 18));
                let (number, date) = (fields.text(20, 34), fields.date(36, "invoice date"));
                if number.is_some() || date.is_some() {
                    let document = ReferredDocument { number, date, ..ReferredDocument::default() };
                    let part = StructuredRemittance { documents: vec![document], ..StructuredRemittance::default() };
                    detail.remittance.structured.push(part);
                }
            }
            Some("03") => {
                let card = CardTransaction { number: fields.text(9, 27), ..CardTransaction::default() };
                let card = CardTransaction { sale_reference: fields.text(29, 42), ..card };
                detail.card = (card != CardTransaction::default()).then(|| Box::new(card));
            }
            Some("04") => is_kept = other("corrects", fields.text(9, 26)),
            Some("05") => self.amount(&mut fields, currency),
            Some("08") => {
                let meaning = fields.text(13, 43);
                detail.purpose = fields.text(9, 11).map(|code| Box::new(Code { meaning, ..Code::own(code) }));
            }
            Some("09") => self.add_text(fields.text(9, 43).into_iter().collect(), true),
            Some("11") => self.sepa(&mut fields),
            _ => is_kept = false,
        }
        if !is_kept {
            let is_kind = |kind: &&str| kind.bytes().all(|byte| byte.is_ascii_digit());
            let kind = kind.as_deref().filter(is_kind).unwrap_or("without a kind");
            run.unread.count(["T00", "T10", "T11", kind].into_iter(), fields.line());
        }
        crate::data::keep(fields.problems, &mut self.problems);
        Ok(())
    }

    /// Takes the texts of an item that is itemised itself: its amount is that of its items. What else it has is named in
    /// the statement's unread parts. Returns its archive id.
    pub(super) fn take_heading(&mut self, mut item: Self, run: &mut OpenStatement) -> Option<String> {
        let lines = item.words.take().into_iter().chain(item.party.name.take());
        let lines = lines.chain(std::mem::take(&mut item.text)).chain(std::mem::take(&mut item.information));
        self.add_text(lines.collect(), true);
        crate::data::keep(item.problems, &mut self.problems);
        let told =
            EntryDetail { line: item.detail.line, accepted: item.detail.accepted.take(), ..EntryDetail::default() };
        item.detail.accepted.clone_from(&told.accepted);
        if item.detail != told || item.party != Party::default() || item.count.is_some() {
            run.unread.count(["T00", "T10", "itemised item"].into_iter(), told.line);
        }
        item.archive_id
    }

    /// Names the item whose itemisation it is part of.
    pub(super) fn set_heading(&mut self, archive_id: Option<&String>) {
        self.detail.other_references.extend(archive_id.map(|id| ("item of".to_owned(), id.clone())));
    }

    /// The amount in the payer's currency, and the exchange.
    fn amount(&mut self, fields: &mut RecordFields<'_>, own: &str) {
        let currency = fields.text(29, 31).unwrap_or_default();
        let Some((money, _)) = fields.money(9, 27, &currency, "original amount") else { return };
        let money = Money::new(money.amount.abs(), currency.clone());
        let rate: Option<Decimal> = fields.rate(33, 43, "rate");
        let exchange = rate.is_some();
        self.detail.amounts.push(AmountDetail {
            source_currency: exchange.then(|| own.to_owned()),
            target_currency: exchange.then_some(currency),
            rate,
            contract: fields.text(44, 49),
            ..AmountDetail::new(AmountKind::Instructed, money)
        });
    }

    /// The addition of a SEPA payment.
    fn sepa(&mut self, fields: &mut RecordFields<'_>) {
        if let Some(written) = fields.text(9, 43) {
            self.detail.remittance.structured.retain(|part| part.reference.is_none());
            self.set_reference(Some(written), fields);
        }
        if let Some(iban) = fields.text(44, 78) {
            (self.party.iban, self.party.account, self.party.account_scheme) = (Some(iban), None, None);
        }
        self.party.bic = fields.text(79, 113);
        for (name, from, to) in [("payee details", 114, 183), ("payer details", 184, 253)] {
            if let Some(text) = fields.text(from, to) {
                self.detail.other_references.insert(name.to_owned(), text);
            }
        }
        self.detail.end_to_end_id = fields.text(254, 288);
        if self.detail.end_to_end_id.as_deref().is_some_and(crate::data::placeholder) {
            let written = self.detail.end_to_end_id.take().unwrap_or_default();
            self.detail.placeholders.insert("EndToEndId".to_owned(), written);
        }
        self.detail.servicer_reference = fields.text(289, 323);
    }

    /// The transaction behind the entry.
    fn into_detail(mut self) -> EntryDetail {
        let debit = self.direction == Some(Direction::Debit);
        self.detail.direction = self.direction;
        self.detail.money = self.money.map(|money| Money::new(money.amount.abs(), money.currency));
        self.detail.remittance.lines = std::mem::take(&mut self.text);
        self.detail.creditor_reference = self.detail.remittance.reference().map(str::to_owned);
        self.detail.information = joined(&self.information);
        self.detail.text = self.detail.own_text();
        if self.detail.servicer_reference.is_none() && self.level > 0 {
            self.detail.servicer_reference = self.archive_id;
        }
        if self.party != Party::default() {
            let party = Some(SharedParty::from(self.party));
            // A correction has the sign of the account and the parties of the corrected entry.
            let is_payee = if matches!(self.kind, '3' | '4') { !debit } else { debit };
            *(if is_payee { &mut self.detail.creditor } else { &mut self.detail.debtor }) = party;
        }
        self.detail
    }

    /// The entry with its items, and its own transaction.
    pub(super) fn into_entry(mut self, items: Vec<Self>) -> (Entry, EntryDetail) {
        let mut entry = Entry {
            line: self.detail.line,
            money: self.money.clone(),
            direction: self.direction.clone(),
            reversal: matches!(self.kind, '3' | '4'),
            booked: self.kind != '9',
            status: Some(match self.kind {
                '9' => Code { meaning: Some("rejected: not booked".to_owned()), ..Code::own("9") },
                _ => Code { meaning: meaning::entry_status("BOOK").map(str::to_owned), ..Code::new("BOOK") },
            }),
            booking_date: self.booking,
            value_date: self.value,
            servicer_reference: self.archive_id.clone(),
            bank_code: self.code.take().map(Box::new),
            problems: std::mem::take(&mut self.problems),
            ..Entry::default()
        };
        entry.batches.extend(self.count.map(|count| Batch { count: Some(count), ..Batch::default() }));
        let mut lines: Vec<String> = self.words.take().into_iter().collect();
        if items.is_empty() {
            entry.information = joined(&lines);
            entry.details = vec![self.into_detail()];
            return (entry, EntryDetail::default());
        }
        lines.append(&mut self.text);
        lines.append(&mut self.information);
        entry.information = joined(&lines);
        for mut item in items {
            crate::data::keep(std::mem::take(&mut item.problems), &mut entry.problems);
            entry.details.push(item.into_detail());
        }
        (entry, self.into_detail())
    }

    /// Its text as a notification, which is no entry.
    pub(super) fn in_words(self) -> String {
        let amount = self.money.map(|money| format!("{} {}", money.amount.as_str(), money.currency));
        let count = self.count.map(|count| format!("{count} payments"));
        let code = self.code.and_then(|code| code.proprietary);
        let parts = [Some("notification".to_owned()), code, amount, count, self.party.name];
        parts.into_iter().flatten().chain(self.text).chain(self.information).collect::<Vec<_>>().join(", ")
    }
}

/// Adds the own particulars of an entry with items; a sum of the items that differs is a problem.
pub(super) fn finish_items(entry: &mut Entry, own: EntryDetail) {
    if entry.details.len() > 1 {
        entry.counterparty = own.debtor.or(own.creditor);
        entry.creditor_reference = own.creditor_reference;
    }
    if let Some(by) = entry.details_difference.as_ref().filter(|by| !by.is_zero()) {
        let message = format!("the items of the entry differ from its amount by {}", by.as_str());
        let found = Finding::warning(Rule::ControlSum, message, "ask the bank for the right file");
        entry.problems.push(found.value(by.as_str()).line(entry.line).path("/T00/T10/amount"));
    }
}

/// A structured remittance with a creditor's reference.
pub(super) fn structured(reference: String) -> StructuredRemittance {
    let reference_kind = Some(Code::new("SCOR"));
    StructuredRemittance { reference: Some(reference), reference_kind, ..StructuredRemittance::default() }
}

fn joined(lines: &[String]) -> Option<String> {
    (!lines.is_empty()).then(|| lines.join("\n"))
}
