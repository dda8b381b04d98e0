//! Rules for each transaction.

use bankchannel_xml::XmlElement;

use super::batch::{BatchCase, Scheme, charges, identifier_finding};
use super::party::check_party;
use super::place::line_at;
use super::remittance;
use crate::data::Party;
use crate::payment::{PaymentBatch, PaymentTransaction};
use crate::rules::address::AddressOf;
use crate::rules::{Finding, Rule, country, iban, identifier, money};
use crate::text::quote;

/// The place of a transaction.
pub(super) struct Here<'p> {
    /// The path of its batch.
    batch: &'p str,
    element: XmlElement<'p>,
    /// Its number in the file, from 1.
    number: u64,
    /// Its number in its batch, from 1.
    in_batch: u64,
}

impl<'p> Here<'p> {
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
    here: &Here<'_>,
    add: &mut dyn FnMut(Finding),
) {
    let scheme = if one.kind.service_levels.is_empty() && one.kind.local_instrument.is_none() {
        case.scheme
    } else {
        Scheme::of(&one.kind)
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
    if let Some(found) = charges(one.charge_bearer.as_deref(), scheme) {
        add(found.path("ChrgBr"));
    }
    let creditor = one.creditor.as_deref();
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
    remittance::check(one, scheme, party_case.options, &mut add);
}

fn check_amount(one: &PaymentTransaction, scheme: Scheme, add: &mut dyn FnMut(Finding)) {
    let Some(money) = &one.money else { return };
    if scheme.sepa && money.currency != "EUR" {
        let found = Finding::error(
            Rule::Currency,
            "SEPA payments are in EUR",
            "pay in EUR, or leave out the service level SEPA",
        );
        add(found.reason("CURR").value(&money.currency).path("Amt/InstdAmt"));
    }
    if let Some(found) = money::check(&money.amount, &money.currency, scheme.sepa) {
        add(found.path("Amt/InstdAmt"));
    }
}

fn check_account(
    creditor: Option<&Party>,
    debtor: Option<&Party>,
    scheme: Scheme,
    one: &PaymentTransaction,
    add: &mut dyn FnMut(Finding),
) {
    let Some(number) = creditor.and_then(|party| party.iban.as_deref()) else {
        let other = creditor.is_some_and(|party| party.account.is_some() || party.proxy.is_some());
        let cheque = one.cheque.is_some();
        if scheme.sepa || !(other || cheque) {
            let found =
                Finding::error(Rule::Account, "the creditor account is not given as an IBAN", "give it in <Id><IBAN>");
            add(found.reason("AC01").path("CdtrAcct"));
        }
        return;
    };
    let path = "CdtrAcct/Id/IBAN";
    if let Err(error) = iban::check(number) {
        let message = format!("the creditor account, {}, {error}", quote(number));
        let found = Finding::error(Rule::Account, message, "compare it with the invoice or contract");
        add(found.reason("AC01").value(number).path(path));
        return;
    }
    if scheme.sepa && !number.get(..2).is_some_and(country::in_sepa) {
        let found =
            Finding::warning(Rule::Kind, "the account's country is not in SEPA", "pay in another way than SEPA");
        add(found.reason("CNOR").value(number).path(path));
    }
    if iban::is_qr(number)
        && !one
            .remittance
            .structured
            .iter()
            .any(|part| part.reference_kind.as_ref().is_some_and(|kind| kind.code == "QRR"))
    {
        let found = Finding::warning(
            Rule::Reference,
            "the account is a QR-IBAN, which needs a QR reference",
            "give the reference of the invoice with the code QRR",
        );
        add(found.value(number).path(path));
    }
    if debtor.and_then(|party| party.iban.as_deref()) == Some(number) {
        let found = Finding::warning(
            Rule::SameAccount,
            "debtor and creditor are the same account",
            "check whether it is intended",
        );
        add(found.value(number).path(path));
    }
}
