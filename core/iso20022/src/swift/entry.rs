//! From `:61:` and what stands behind it to an entry.

use crate::cash::{
    AmountDetail, AmountKind, BankTransactionCode, Batch, Charge, Direction, Entry, EntryDetail, ReturnInformation,
};
use crate::data::{
    Address, BankDetails, Code, Money, Party, Remittance, SharedParty, StructuredRemittance, placeholder,
};
use crate::meaning;
use crate::rules::{Finding, Rule};

use super::details::{OwnBank, Particulars, slash_values};
use super::line::StatementLine;
use super::values::{amount, money};
use crate::iban;

/// The keys of the further lines of `:61:`.
const KEYS: &[&str] = &["OCMT", "CHGS", "TRCD", "OGB", "EXCH"];

const ASK: &str = "ask the bank for the file again";

/// The text of an entry: `:61:`, all `:86:` and all `:NS:` behind it.
#[derive(Debug, Default)]
pub(super) struct EntryText {
    pub(super) line: u64,
    pub(super) statement_line: String,
    pub(super) information: String,
    pub(super) non_swift: String,
}

/// An entry, and the keys of what of it is in no field.
pub(super) struct ReadEntry {
    pub(super) entry: Entry,
    pub(super) unread: Vec<String>,
}

impl EntryText {
    /// Reads the entry of a statement in this currency.
    pub(super) fn read(&self, currency: &str, bank: OwnBank) -> ReadEntry {
        let mut found = Particulars::read(&self.information, &self.non_swift, bank);
        let mut entry = Entry { line: self.line, ..Entry::default() };
        let line = StatementLine::read(&self.statement_line);
        let mut detail = EntryDetail { line: self.line, ..EntryDetail::default() };
        match &line {
            Some(line) => entry_line(line, currency, &mut entry, &mut detail, &mut found),
            None => {
                let message = "is no entry: date, mark (C, D, RC, RD) or amount are missing";
                entry
                    .problems
                    .push(Finding::warning(Rule::Value, message, ASK).value(&self.statement_line).line(self.line));
            }
        }
        codes(line.as_ref(), bank, &mut found, &mut entry, &mut detail);
        let is_debit = entry.direction == Some(Direction::Debit);
        let original_is_debit = is_debit != (entry.reversal || found.return_reason.is_some());
        amounts(&mut found, currency, &mut entry, &mut detail);
        let batch = found.batch_id.take();
        let count = found.count.take().and_then(|count| count.parse().ok());
        if batch.is_some() || count.is_some() {
            detail.payment_id.clone_from(&batch);
            entry.batches.push(Batch { payment_id: batch, count, ..Batch::default() });
        }
        parties(&mut found, original_is_debit, &mut detail);
        detail.end_to_end_id = found.end_to_end_id.take();
        detail.instruction_id = found.instruction_id.take();
        detail.mandate_id = found.mandate_id.take();
        detail.transaction_id = found.transaction_id.take();
        let others = std::mem::take(&mut found.others);
        detail.other_references.extend(others.into_iter().map(|(kind, value)| (kind.to_owned(), value)));
        for (kind, value) in [("creditor_id", found.creditor_id.take()), ("debtor_id", found.debtor_id.take())] {
            detail.other_references.extend(value.map(|value| (kind.to_owned(), value)));
        }
        let placeholders = std::mem::take(&mut found.placeholders);
        detail.placeholders.extend(placeholders.into_iter().map(|(kind, value)| (kind.to_owned(), value)));
        detail.purpose = found
            .purpose_code
            .take()
            .map(|code| Box::new(Code { meaning: meaning::purpose(&code).map(str::to_owned), ..Code::new(code) }));
        detail.returned = found.return_reason.take().map(|code| {
            let reason = Code { meaning: meaning::reason(&code).map(str::to_owned), ..Code::new(code) };
            Box::new(ReturnInformation { reason: Some(reason), ..ReturnInformation::default() })
        });
        detail.remittance = remittance(&mut found);
        detail.creditor_reference = detail.remittance.reference().map(str::to_owned);
        let free = found.free.take();
        detail.text = detail.remittance.text().or_else(|| free.clone());
        entry.information = found.posting.take().or(free);
        if detail.text.is_none() {
            detail.text.clone_from(&detail.information);
        }
        entry.details.reserve_exact(1);
        entry.details.push(detail);
        ReadEntry { entry, unread: found.unread }
    }
}

/// Reads the parts of `:61:`.
fn entry_line(
    line: &StatementLine<'_>,
    currency: &str,
    entry: &mut Entry,
    detail: &mut EntryDetail,
    found: &mut Particulars,
) {
    entry.direction = Some(if line.is_debit { Direction::Debit } else { Direction::Credit });
    detail.direction.clone_from(&entry.direction);
    entry.reversal = line.is_reversal;
    let status = if line.is_expected { "PDNG" } else { "BOOK" };
    entry.status = Some(Code { meaning: meaning::entry_status(status).map(str::to_owned), ..Code::new(status) });
    entry.booked = !line.is_expected;
    match amount(line.amount, currency) {
        Ok(_) if currency.is_empty() => entry.problems.push(without_currency(line.amount).line(entry.line)),
        Ok(size) => entry.money = Some(Money::new(size, currency).directed(line.is_debit)),
        Err(message) => {
            entry.problems.push(Finding::warning(Rule::Value, message, ASK).value(line.amount).line(entry.line));
        }
    }
    let (value, booking) = line.dates();
    (entry.value_date, entry.booking_date) = (value.date, booking.and_then(|date| date.date));
    entry.problems.extend(value.problem("value date", line.value_date).map(|found| found.line(entry.line)));
    let of_booking = booking.zip(line.booking_day).and_then(|(date, day)| date.problem("booking date", day));
    entry.problems.extend(of_booking.map(|found| found.line(entry.line)));
    reference("reference", line.customer_reference, &mut entry.reference, detail);
    reference("servicer_reference", line.bank_reference, &mut entry.servicer_reference, detail);
    if let Some(text) = line.supplementary {
        supplementary(text, detail, found);
    }
}

/// An amount is left out if nothing before it says its currency.
fn without_currency(amount: &str) -> Finding {
    Finding::warning(Rule::Currency, "the amount is left out: nothing before it says its currency", ASK).value(amount)
}

/// Adds a reference of `:61:`. Some values mean that there is none, others that it stands in `:86:`.
fn reference(kind: &str, text: &str, field: &mut Option<String>, detail: &mut EntryDetail) {
    match text {
        "" | "EREF" | "EREF+" | "KREF" | "KREF+" | "MREF" | "MREF+" | "MARF" | "PREF" => {}
        text if placeholder(text) => {
            detail.placeholders.insert(kind.to_owned(), text.to_owned());
        }
        text => *field = Some(text.to_owned()),
    }
}

/// Reads the further lines of `:61:`.
fn supplementary(text: &str, detail: &mut EntryDetail, found: &mut Particulars) {
    let text = text.trim_end();
    if text.starts_with('/') {
        let joined: String = text.split('\n').map(str::trim_end).collect();
        let mut values = slash_values(&joined, KEYS).peekable();
        if let Some((first, _)) = values.peek() {
            let before = joined.find(&format!("/{first}/")).unwrap_or_default();
            let mut rest = joined[..before].trim().to_owned();
            for (key, value) in values {
                let value = value.trim_matches('/').trim();
                let (money, behind) = cut_behind_amount(value);
                match key {
                    _ if value.is_empty() => {}
                    "OCMT" => replace(&mut found.original_amount, money, key, &mut found.unread),
                    "CHGS" => replace(&mut found.charge, money, key, &mut found.unread),
                    "TRCD" => {
                        let mut code = found.bank_code.take().map(|(code, _)| code);
                        replace(&mut code, value, key, &mut found.unread);
                        found.bank_code = code.zip(Some("ING"));
                    }
                    _ => rest.push_str(&format!("/{key}/{value}")),
                }
                if matches!(key, "OCMT" | "CHGS") {
                    rest.push_str(behind.trim_end_matches('/'));
                }
            }
            detail.information = Some(rest).filter(|rest| !rest.is_empty());
            return;
        }
    }
    match iban::read(text).filter(|own| found.iban.as_ref().is_none_or(|there| there == own)) {
        Some(own) => found.iban = Some(own),
        None if text.is_empty() => {}
        None => detail.information = Some(text.to_owned()),
    }
}

/// Puts a text into a field; another one that was there, of `:86:`, is named.
fn replace(field: &mut Option<String>, text: &str, key: &str, unread: &mut Vec<String>) {
    if field.replace(text.to_owned()).is_some_and(|before| before != text) {
        unread.push(key.to_owned());
    }
}

/// An amount, which may have a slash before its digits, and what stands behind it from the next slash on.
fn cut_behind_amount(text: &str) -> (&str, &str) {
    let digits = text.find(|letter: char| letter.is_ascii_digit()).unwrap_or(text.len());
    let end = text[digits..].find('/').map_or(text.len(), |at| digits + at);
    (text[..end].trim_end(), &text[end..])
}

/// The code of the booking: the bank's, or the kind in `:61:` with the three digits, the journal's number and the
/// text-key extension, as German banks write it in `camt.053`.
fn codes(
    line: Option<&StatementLine<'_>>,
    bank: OwnBank,
    found: &mut Particulars,
    entry: &mut Entry,
    detail: &mut EntryDetail,
) {
    let code = |proprietary: String, issuer: Option<&str>| {
        Box::new(BankTransactionCode {
            proprietary: Some(proprietary),
            issuer: issuer.map(str::to_owned),
            ..BankTransactionCode::default()
        })
    };
    let kind = line.and_then(|line| line.kind);
    let Some(digits) = found.code.take() else {
        let of_swift = kind.map(|kind| code(kind.to_owned(), Some("SWIFT")));
        match found.bank_code.take() {
            Some((own, issuer)) => (entry.bank_code, detail.bank_code) = (Some(code(own, Some(issuer))), of_swift),
            None => entry.bank_code = of_swift,
        }
        found.unread.extend(found.primanota.take().map(|_| "?10".to_owned()));
        return;
    };
    let primanota = found.primanota.take();
    let extension = found.extension.take().filter(|extension| extension.bytes().any(|byte| byte != b'0'));
    let mut parts = vec![kind.unwrap_or_default().to_owned(), digits];
    if primanota.is_some() || extension.is_some() {
        parts.push(primanota.unwrap_or_default());
    }
    parts.extend(extension);
    entry.bank_code = Some(code(parts.join("+"), bank.is_german.then_some("DK")));
}

/// Original amount and charge.
fn amounts(found: &mut Particulars, currency: &str, entry: &mut Entry, detail: &mut EntryDetail) {
    let line = entry.line;
    let mut read = |text: Option<String>| {
        let text = text?;
        let found = match money(&text, currency) {
            Some(money) if money.currency.is_empty() => without_currency(&text),
            Some(money) => return Some(money),
            None => Finding::warning(Rule::Value, "is not an amount such as EUR1450,05", ASK).value(&text),
        };
        entry.problems.push(found.line(line));
        None
    };
    let original = read(found.original_amount.take());
    detail.amounts.extend(original.map(|money| AmountDetail::new(AmountKind::Instructed, money)));
    if let Some(charge) = read(found.charge.take()) {
        detail.charges.push(Charge {
            money: charge.directed(true),
            included: None,
            kind: None,
            bearer: None,
            bic: None,
            bank_name: None,
            rate: None,
            tax_rate: None,
            tax: None,
        });
    }
}

/// The parties: the other side is the creditor of a payment, also of one that comes back.
fn parties(found: &mut Particulars, original_is_debit: bool, detail: &mut EntryDetail) {
    let (name, account, bank_number) = (found.name.take(), found.account.take(), found.bank_number.take());
    let (town, address, id) = (found.town.take(), found.address.take(), found.party_id.take());
    // The creditor of a debit is named by its id.
    let id = id.or_else(|| if original_is_debit { found.creditor_id.clone() } else { None });
    let address = (town.is_some() || address.is_some())
        .then(|| Box::new(Address { town, lines: address.into_iter().collect(), ..Address::default() }));
    let party = Party {
        name,
        iban: found.iban.take(),
        account,
        bic: found.bic.take(),
        bank: bank_number
            .map(|number| Box::new(BankDetails { clearing_number: Some(number), ..BankDetails::default() })),
        identifier: id,
        address,
        ..Party::default()
    };
    let party = (party != Party::default()).then(|| SharedParty::from(party));
    match original_is_debit {
        true => detail.creditor = party,
        false => detail.debtor = party,
    }
    let named =
        |name: Option<String>| name.map(|name| SharedParty::from(Party { name: Some(name), ..Party::default() }));
    detail.ultimate_debtor = named(found.ultimate_debtor.take());
    detail.ultimate_creditor = named(found.ultimate_creditor.take());
}

/// The purpose of the payment: texts and a reference.
fn remittance(found: &mut Particulars) -> Remittance {
    let mut remittance = Remittance { lines: std::mem::take(&mut found.purpose), structured: Vec::new() };
    if let Some(reference) = found.reference.take() {
        let kind = found.reference_kind.take().unwrap_or_else(|| "SCOR".to_owned());
        let meaning = meaning::document(&kind).map(str::to_owned);
        remittance.structured.push(StructuredRemittance {
            reference: Some(reference),
            reference_kind: Some(Code { meaning, issuer: found.reference_issuer.take(), ..Code::new(kind) }),
            ..StructuredRemittance::default()
        });
    }
    remittance
}
