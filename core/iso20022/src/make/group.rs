//! Batches: the merged data of a transfer and the file, and which transfers share a batch.

use bankchannel_foundation::model::{Date, Timestamp};
use jiff::civil;
use sha2::{Digest as _, Sha256};

use super::banks::{NamedBank, PaymentBankDetails};
use super::digest::{HashedFields, id};
use super::model::{ChargeBearer, CreditTransfer, GroupData, PaymentParty, PaymentPriority, TransferKind};
use super::prepare::BatchTerms;
use crate::cash::DecimalSum;

/// The data of a transfer, with the file's as defaults.
pub(super) struct MergedTransfer<'a> {
    pub(super) debtor: Option<&'a PaymentParty>,
    pub(super) ultimate_debtor: Option<&'a PaymentParty>,
    pub(super) date: Option<Date>,
    pub(super) time: Option<&'a Timestamp>,
    pub(super) kind: TransferKind,
    pub(super) charge_bearer: Option<ChargeBearer>,
    pub(super) batch_booking: Option<bool>,
    pub(super) priority: Option<PaymentPriority>,
    pub(super) service_level: Option<&'a str>,
    pub(super) local_instrument: Option<&'a str>,
    pub(super) category: Option<&'a str>,
    pub(super) batch_id: Option<&'a str>,
    pub(super) currency: &'a str,
}

impl<'a> MergedTransfer<'a> {
    pub(super) fn new(transfer: &'a CreditTransfer, file: &'a GroupData, currency: &'a str) -> Self {
        let own = &transfer.group;
        let text = |own: &'a Option<String>, file: &'a Option<String>| own.as_deref().or(file.as_deref());
        // The more specific one wins, whether it is a day or a moment.
        let (date, time) = match (&own.execution_date, &own.execution_time) {
            (None, None) => (file.execution_date, file.execution_time.as_ref()),
            (date, time) => (*date, time.as_ref()),
        };
        let currency = transfer.currency.as_deref().unwrap_or(currency);
        let other = if currency == "EUR" { TransferKind::Sepa } else { TransferKind::National };
        Self {
            debtor: own.debtor.as_ref().or(file.debtor.as_ref()),
            ultimate_debtor: own.ultimate_debtor.as_ref().or(file.ultimate_debtor.as_ref()),
            date,
            time,
            kind: own.kind.or(file.kind).unwrap_or(other),
            charge_bearer: own.charge_bearer.or(file.charge_bearer),
            batch_booking: own.batch_booking.or(file.batch_booking),
            priority: own.priority.or(file.priority),
            service_level: text(&own.service_level, &file.service_level),
            local_instrument: text(&own.local_instrument, &file.local_instrument),
            category: text(&own.category, &file.category),
            batch_id: text(&own.batch_id, &file.batch_id),
            currency,
        }
    }

    /// The data that transfers of one batch have in common, for hashing.
    pub(super) fn key(&self, fields: &mut HashedFields) {
        fields.optional(self.batch_id);
        fields.optional(self.batch_booking.map(|once| if once { "true" } else { "false" }));
        fields.text(self.kind.as_str());
        fields.optional(self.service_level.filter(|level| *level != self.kind.service_level()));
        fields.optional(self.local_instrument);
        fields.optional(self.category);
        match self.time {
            Some(time) => fields.text(time.as_str()),
            None => fields.optional(self.date.map(|date| date.to_string()).as_deref()),
        }
        party(fields, self.debtor);
        party(fields, self.ultimate_debtor);
        // An explicit default hashes like an omitted value.
        let bearer = self.charge_bearer.filter(|bearer| *bearer != self.kind.charge_bearer());
        fields.optional(bearer.as_ref().map(ChargeBearer::as_str));
        fields.text(self.currency);
        later(fields, "priority", self.priority.as_ref().map(PaymentPriority::as_str));
    }

    /// The part of it that is written.
    pub(super) fn data(&self) -> GroupData {
        GroupData {
            debtor: self.debtor.cloned(),
            execution_date: self.date,
            execution_time: self.time.cloned(),
            kind: Some(self.kind),
            priority: self.priority,
            service_level: self.service_level.map(str::to_owned),
            local_instrument: self.local_instrument.map(str::to_owned),
            category: self.category.map(str::to_owned),
            batch_booking: self.batch_booking,
            charge_bearer: self.charge_bearer,
            ultimate_debtor: self.ultimate_debtor.cloned(),
            batch_id: self.batch_id.map(str::to_owned),
        }
    }

    /// The execution day that rules use; `today` if none is given, which is reported separately.
    pub(super) fn terms(&self, today: Date) -> BatchTerms {
        let day = |time: &Timestamp| time.as_str().get(..10)?.parse::<civil::Date>().ok().map(Date);
        let execution = self.time.and_then(day).or(self.date).unwrap_or(today);
        BatchTerms { kind: self.kind, execution }
    }
}

/// A batch under construction.
pub(super) struct TransferGroup {
    pub(super) data: GroupData,
    pub(super) terms: BatchTerms,
    pub(super) currency: String,
    /// Over its key and its transfers.
    pub(super) hash: Sha256,
    pub(super) count: u64,
    pub(super) sum: DecimalSum,
}

impl TransferGroup {
    pub(super) fn charge_bearer(&self) -> &'static str {
        match self.data.charge_bearer.unwrap_or(self.terms.kind.charge_bearer()) {
            ChargeBearer::Slev => "SLEV",
            ChargeBearer::Shar => "SHAR",
            ChargeBearer::Debt => "DEBT",
            ChargeBearer::Cred => "CRED",
        }
    }

    /// The id made from the key and the transfers.
    pub(super) fn derived_id(&self) -> String {
        id('P', &self.hash.clone().finalize().into())
    }
}

/// A party as it is hashed.
fn party(fields: &mut HashedFields, party: Option<&PaymentParty>) {
    let Some(party) = party else { return fields.count(0) };
    fields.count(1);
    fields.optional(party.name.as_deref());
    match &party.address {
        Some(address) => {
            fields.count(address.lines.as_ref().map_or(0, Vec::len) + 1);
            address.texts().for_each(|(_, text)| fields.optional(text));
        }
        None => fields.count(0),
    }
    // An organisation is the default.
    fields.optional(party.person.filter(|person| *person).map(|_| "person"));
    fields.optional(party.lei.as_deref());
    fields.optional(party.identifier.as_deref());
    fields.optional(party.identifier_scheme.as_deref());
    later(fields, "identifier_issuer", party.identifier_issuer.as_deref());
    fields.optional(party.iban.as_deref().map(crate::iban::compact).as_deref());
    fields.optional(party.account.as_deref());
    fields.optional(party.account_scheme.as_deref());
    fields.optional(party.account_currency.as_deref());
    compact(fields, party.bic.as_deref());
    bank(fields, &party.named_bank());
}

/// The details of a bank beside its BIC.
fn bank(fields: &mut HashedFields, named: &NamedBank<'_>) {
    later(fields, "bank_name", named.bank_name.as_deref());
    let Some(PaymentBankDetails { clearing_number, clearing_system, address }) = named.bank else { return };
    later(fields, "clearing_number", clearing_number.as_deref().map(compacted).as_deref());
    later(fields, "clearing_system", clearing_system.as_deref());
    for (element, text) in address.iter().flat_map(super::PostalAddress::texts) {
        later(fields, element, text);
    }
}

/// A field that data may have had no place for: hashed with its name, and only if it is given, so that data without it
/// keeps its ids. No text begins with a control character, so no other fields give the same bytes.
fn later(fields: &mut HashedFields, name: &str, text: Option<&str>) {
    if let Some(text) = text {
        fields.text(&format!("\u{1}{name}"));
        fields.text(text);
    }
}

/// A transfer as it is hashed, in the order of the schema.
pub(super) fn transfer(fields: &mut HashedFields, transfer: &CreditTransfer) {
    fields.optional(transfer.instruction_id.as_deref());
    fields.optional(transfer.end_to_end_id.as_deref());
    fields.optional(transfer.uetr.as_deref());
    fields.text(amount(transfer.amount.as_str()));
    party(fields, Some(&transfer.creditor));
    party(fields, transfer.ultimate_creditor.as_ref());
    fields.optional(transfer.creditor_bank_instruction.as_deref());
    fields.optional(transfer.debtor_bank_instruction.as_deref());
    fields.optional(transfer.purpose.as_deref());
    let reports = transfer.regulatory_reporting.as_deref().unwrap_or_default();
    fields.count(reports.len());
    for report in reports {
        fields.optional(report.code.as_deref());
        fields.optional(report.text.as_deref());
    }
    fields.optional(transfer.text.as_deref());
    let documents = transfer.documents.as_deref().unwrap_or_default();
    fields.count(documents.len());
    for document in documents {
        fields.text(document.kind.as_str());
        fields.optional(document.number.as_deref());
        fields.optional(document.date.map(|date| date.to_string()).as_deref());
        fields.optional(document.amount.as_ref().map(|value| amount(value.as_str())));
        compact(fields, document.reference.as_deref());
        fields.optional(document.reference_kind.as_ref().map(|kind| kind.as_str()));
    }
    compact(fields, transfer.reference.as_deref());
    fields.optional(transfer.reference_kind.as_ref().map(|kind| kind.as_str()));
    later(fields, "variable_symbol", transfer.variable_symbol.as_deref());
    later(fields, "specific_symbol", transfer.specific_symbol.as_deref());
    later(fields, "constant_symbol", transfer.constant_symbol.as_deref());
    for between in transfer.intermediary_banks.iter().flatten() {
        later(fields, "intermediary_bic", Some(&compacted(between.bic.as_deref().unwrap_or_default())));
        bank(fields, &between.named());
        later(fields, "iban", between.iban.as_deref().map(crate::iban::compact).as_deref());
        later(fields, "account", between.account.as_deref());
    }
}

/// References, BICs and clearing numbers are hashed without blanks and in capitals.
fn compact(fields: &mut HashedFields, text: Option<&str>) {
    fields.optional(text.map(compacted).as_deref());
}

fn compacted(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase()
}

/// An amount without redundant zeros: `1.50` and `01.5` are `1.5`.
fn amount(text: &str) -> &str {
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
    let short = text.trim_start_matches('0');
    let needs_zero = !short.starts_with(|c: char| c.is_ascii_digit());
    &text[text.len() - short.len() - usize::from(needs_zero && text.len() > short.len())..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_that_change_nothing_go() {
        for (text, wanted) in
            [("1.50", "1.5"), ("1.00", "1"), ("100", "100"), ("0", "0"), ("0.10", "0.1"), ("007", "7"), ("00.00", "0")]
        {
            assert_eq!(amount(text), wanted, "{text}");
        }
    }
}
