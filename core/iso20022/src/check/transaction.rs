//! Rules for each transaction.

use bankchannel_xml::XmlElement;

use super::batch::{BatchCase, BatchScheme, CATEGORY, category, identifier_finding, is_in};
use super::party::{CLEARING_NUMBER, check_party, clearing_finding};
use super::place::line_at;
use super::remittance;
use crate::data::{Party, StructuredRemittance};
use crate::iban;
use crate::payment::{PaymentBatch, PaymentTransaction};
use crate::rules::address::AddressOf;
use crate::rules::payee::{self, ForeignPayee};
use crate::rules::{Finding, Rule, charges, identifier, money};
use crate::text::quote;

/// The place of a transaction.
pub(super) struct TransactionPlace<'p> {
    /// The path of its batch.
    batch: &'p str,
    element: XmlElement<'p>,
    /// Its number in the file, from 1.
    number: u64,
    /// Its number in its batch, from 1.
    in_batch: u64,
}

impl<'p> TransactionPlace<'p> {
    /// The place of an element: its number in the file, and in the batch at this path.
    pub(super) fn new(batch: &'p str, element: XmlElement<'p>, (number, in_batch): (u64, u64)) -> Self {
        Self { batch, element, number, in_batch }
    }

    /// Its line.
    pub(super) fn line(&self) -> u64 {
        self.element.line()
    }

    /// Adds the place to a finding whose path is below the transaction; without a path it is about the transaction.
    pub(super) fn place(&self, finding: Finding) -> Finding {
        let line = finding.path.as_deref().map_or(self.line(), |path| line_at(self.element, path));
        let own = format!("{}/CdtTrfTxInf[{}]", self.batch, self.in_batch);
        finding.line(line).transaction(self.number).path(&own)
    }
}

/// Applies all rules to a transaction.
pub(super) fn check(
    one: &PaymentTransaction,
    batch: &PaymentBatch,
    case: &BatchCase<'_>,
    here: &TransactionPlace<'_>,
    add: &mut dyn FnMut(Finding),
) {
    let scheme = if one.kind.service_levels.is_empty() && one.kind.local_instrument.is_none() {
        case.scheme
    } else {
        BatchScheme::for_kind(&one.kind)
    };
    let mut add = |found: Finding| add(here.place(found));
    let party_case = case.party(one);
    for (id, element) in [(&one.instruction_id, "InstrId"), (&one.end_to_end_id, "EndToEndId")] {
        if let Some(found) = identifier_finding(id.as_deref()) {
            add(found.path(&format!("PmtId/{element}")));
        }
    }
    if let Some(uetr) = one.uetr.as_deref().filter(|uetr| !identifier::is_uetr(uetr)) {
        let found = Finding::error(Rule::Uetr, "the UETR is not a version 4 UUID in lower case", "let it be generated");
        add(found.value(uetr).path("PmtId/UETR"));
    }
    check_amount(one, scheme, &mut add);
    if let Some(found) = charges::check(one.charge_bearer.as_deref(), scheme.charges(), is_in(one, "EUR")) {
        add(found.path("ChrgBr"));
    }
    if let Some(found) = category(&one.kind) {
        add(found.path(CATEGORY));
    }
    if scheme.sepa && !one.creditor_bank_instructions.is_empty() {
        add(payee::instruction_in_sepa().path("InstrForCdtrAgt"));
    }
    if scheme.sepa && !one.intermediary_banks.is_empty() {
        add(payee::intermediary_in_sepa().path("IntrmyAgt1"));
    }
    for (number, bank) in one.intermediary_banks.iter().enumerate() {
        if let Some(found) = clearing_finding(bank) {
            add(found.path(&format!("IntrmyAgt{}/{CLEARING_NUMBER}", number + 1)));
        }
    }
    let creditor = one.creditor.as_deref();
    let is_marked =
        creditor.is_some_and(|party| party.bic.is_some() || party.bank_name.is_some() || party.bank.is_some());
    if party_case.options.profile.marks_absent_bank && !is_marked && one.cheque.is_none() {
        add(payee::unmarked_bank().path("CdtrAgt"));
    }
    if creditor.is_none_or(|party| party.name.is_none()) && scheme.sepa {
        let found = Finding::error(Rule::Name, "the creditor has no name", "give it in <Cdtr><Nm>");
        add(found.reason("BE22").path("Cdtr"));
    }
    if let Some(creditor) = creditor {
        check_party(creditor, AddressOf::Creditor, "Cdtr", &party_case, &mut add);
    }
    check_account(creditor, batch.debtor.as_ref(), scheme, one, &mut add);
    for (party, element) in [(&one.ultimate_debtor, "UltmtDbtr"), (&one.ultimate_creditor, "UltmtCdtr")] {
        if let Some(party) = party {
            check_party(party, AddressOf::Other, element, &party_case, &mut add);
        }
    }
    let debtor_iban = batch.debtor.as_ref().and_then(|party| party.iban.as_deref());
    remittance::check(one, (scheme, debtor_iban), party_case.options, &mut add);
}

fn check_amount(one: &PaymentTransaction, scheme: BatchScheme, add: &mut dyn FnMut(Finding)) {
    let Some(money) = &one.money else { return };
    if scheme.sepa && money.currency != "EUR" {
        let found = Finding::error(
            Rule::Currency,
            "SEPA payments are in EUR",
            "pay in EUR, or leave out the service level SEPA",
        );
        add(found.reason("CURR").value(&money.currency).path("Amt/InstdAmt"));
    }
    if let Some(found) = money::check_currency(&money.currency) {
        let message = format!("the currency {}", found.message);
        add(Finding { message, ..found }.path("Amt/InstdAmt"));
        return;
    }
    if let Some(found) = money::check(&money.amount, &money.currency, scheme.sepa) {
        add(found.path("Amt/InstdAmt"));
    }
}

fn check_account(
    creditor: Option<&Party>,
    debtor: Option<&Party>,
    scheme: BatchScheme,
    one: &PaymentTransaction,
    add: &mut dyn FnMut(Finding),
) {
    let Some(number) = creditor.and_then(|party| party.iban.as_deref()) else {
        let other = creditor.is_some_and(|party| party.account.is_some() || party.proxy.is_some());
        let cheque = one.cheque.is_some();
        if scheme.sepa || !(other || cheque) {
            add(payee::without_iban().path("CdtrAcct"));
        }
        foreign_payee(creditor, scheme, add);
        return;
    };
    let path = "CdtrAcct/Id/IBAN";
    if let Err(error) = iban::check(number) {
        let message = format!("the creditor account, {}, {error}", quote(number));
        let found = Finding::error(Rule::Account, message, "compare it with the invoice or contract");
        add(found.reason("AC01").value(number).path(path));
        return;
    }
    if let Some(found) = payee::outside_sepa(number).filter(|_| scheme.sepa) {
        add(found.path(path));
    }
    let is_qr = |part: &StructuredRemittance| part.reference_kind.as_ref().is_some_and(|kind| kind.code == "QRR");
    if let Some(found) = payee::qr(number, one.remittance.structured.iter().any(is_qr)) {
        add(found.path(path));
    }
    foreign_payee(creditor, scheme, add);
    if debtor.and_then(|party| party.iban.as_deref()) == Some(number) {
        let found = Finding::warning(
            Rule::SameAccount,
            "debtor and creditor are the same account",
            "check whether it is intended",
        );
        add(found.value(number).path(path));
    }
}

/// A payee outside the European Economic Area, in other payments than SEPA.
fn foreign_payee(creditor: Option<&Party>, scheme: BatchScheme, add: &mut dyn FnMut(Finding)) {
    let Some(creditor) = creditor.filter(|_| !scheme.sepa) else { return };
    let found = payee::foreign(ForeignPayee {
        iban: creditor.iban.as_deref(),
        country: creditor.address.as_ref().and_then(|address| address.country.as_deref()),
        has_address: creditor.address.is_some(),
        has_bank: creditor.names_bank(),
    });
    for (found, path) in found.into_iter().zip(["Cdtr/PstlAdr", "CdtrAgt"]) {
        if let Some(found) = found {
            add(found.path(path));
        }
    }
}
