//! Rules for each transaction.

use bankchannel_xml::XmlElement;

use super::batch::{
    BatchCase, BatchScheme, CATEGORY, category, end_to_end_finding, identifier_finding, is_in, purpose_finding,
};
use super::party::{CLEARING_NUMBER, account_place, check_party, clearing_finding};
use super::place::line_at;
use super::remittance::{self, PaidTransactionCase};
use crate::data::{Party, StructuredRemittance};
use crate::iban;
use crate::payment::{PaymentBatch, PaymentTransaction};
use crate::rules::address::AddressOf;
use crate::rules::payee::{self, PayeePlace};
use crate::rules::{Finding, Rule, charges, identifier, money, national_account};
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
    let party_case = case.party(one, scheme);
    let debtor = batch.debtor.as_ref();
    let debtor_iban = debtor.and_then(|party| party.iban.as_deref());
    let payer_country = debtor.and_then(|party| account_place(party).account_country());
    let profile = &party_case.options.profile;
    if let Some(found) = identifier_finding(one.instruction_id.as_deref()) {
        add(found.path("PmtId/InstrId"));
    }
    if let Some(found) = end_to_end_finding(one.end_to_end_id.as_deref(), payer_country) {
        add(found.path("PmtId/EndToEndId"));
    }
    if profile.wants_instruction_id && one.instruction_id.is_none() {
        add(payee::without_instruction_id().path("PmtId"));
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
    if let Some(found) = purpose_finding(one.purpose.as_ref()) {
        add(found.path("Purp/Cd"));
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
    if let Some(party) = creditor.filter(|party| is_marked && !party.names_bank())
        && debtor_iban.is_some_and(iban::is_swiss)
    {
        add(payee::unnamed_swiss_bank(party.iban.as_deref()).path("CdtrAgt"));
    }
    if profile.marks_bank(debtor_iban) && !is_marked && one.cheque.is_none() {
        add(payee::unmarked_bank().path("CdtrAgt"));
    }
    if creditor.is_none_or(|party| party.name.is_none()) && scheme.sepa {
        let found = Finding::error(Rule::Name, "the creditor has no name", "give it in <Cdtr><Nm>");
        add(found.reason("BE22").path("Cdtr"));
    }
    if let Some(creditor) = creditor {
        check_party(creditor, AddressOf::Creditor, "Cdtr", &party_case, &mut add);
    }
    let place = creditor.map_or_else(PayeePlace::default, account_place);
    let currency = one.money.as_ref().map(|money| money.currency.as_str());
    let place = PayeePlace { currency, payer_country, ..place };
    check_account((creditor, place), debtor, scheme, one, &mut add);
    for (party, element) in [(&one.ultimate_debtor, "UltmtDbtr"), (&one.ultimate_creditor, "UltmtCdtr")] {
        if let Some(party) = party {
            check_party(party, AddressOf::Other, element, &party_case, &mut add);
        }
    }
    let paid = PaidTransactionCase { scheme, debtor_iban, creditor_country: place.account_country() };
    remittance::check(one, paid, party_case.options, &mut add);
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
    (creditor, place): (Option<&Party>, PayeePlace<'_>),
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
        } else if let Some(found) = creditor
            .and_then(|party| party.account.as_deref())
            .and_then(|number| national_account::check(number, place.scheme, place.account_country()))
        {
            add(found.reason("AC03").path("CdtrAcct/Id/Othr/Id"));
        }
        foreign_payee((creditor, place), scheme, add);
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
    foreign_payee((creditor, place), scheme, add);
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
fn foreign_payee(
    (creditor, place): (Option<&Party>, PayeePlace<'_>),
    scheme: BatchScheme,
    add: &mut dyn FnMut(Finding),
) {
    if creditor.is_none() || scheme.sepa {
        return;
    }
    for (found, path) in payee::foreign(place).into_iter().zip(["Cdtr/PstlAdr", "CdtrAgt"]) {
        if let Some(found) = found {
            add(found.path(path));
        }
    }
}
