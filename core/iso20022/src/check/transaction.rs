//! Rules for each transaction.

use super::batch::{BatchCase, Scheme, charges, identifier_finding};
use super::findings::Findings;
use super::party::check_party;
use super::remittance;
use crate::data::Party;
use crate::payment::{PaymentBatch, PaymentTransaction};
use crate::rules::address::AddressOf;
use crate::rules::{Finding, Rule, country, iban, identifier, money};
use crate::text::quote;

/// The place of a transaction.
pub(super) struct Here<'p> {
    /// The path of its batch.
    pub(super) path: &'p str,
    /// Its number in the file, from 1.
    pub(super) number: u64,
    /// Its number in its batch, from 0.
    pub(super) index: usize,
    /// Its line.
    pub(super) line: u64,
}

impl Here<'_> {
    /// Adds the place to a finding; `inner` is the path below the transaction, empty for the transaction itself.
    pub(super) fn place(&self, finding: Finding, inner: &str) -> Finding {
        let finding = if inner.is_empty() { finding } else { finding.path(inner) };
        let own = format!("{}/CdtTrfTxInf[{}]", self.path, self.index + 1);
        finding.line(self.line).transaction(self.number).path(&own)
    }
}

/// Applies all rules to a transaction.
pub(super) fn check(
    one: &PaymentTransaction,
    batch: &PaymentBatch,
    case: &BatchCase<'_>,
    here: &Here<'_>,
    findings: &mut Findings,
) {
    let scheme = if one.kind.service_levels.is_empty() && one.kind.local_instrument.is_none() {
        case.scheme
    } else {
        Scheme::of(&one.kind)
    };
    let mut add = |found: Finding| findings.add(here.place(found, ""));
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
        check_party(creditor, AddressOf::Creditor, "Cdtr", &case.party, &mut add);
    }
    check_account(creditor, batch.debtor.as_ref(), scheme, one, &mut add);
    for (party, element) in [(&one.ultimate_debtor, "UltmtDbtr"), (&one.ultimate_creditor, "UltmtCdtr")] {
        if let Some(party) = party {
            check_party(party, AddressOf::Other, element, &case.party, &mut add);
        }
    }
    remittance::check(one, scheme, case.party.options, &mut add);
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
