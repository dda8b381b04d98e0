//! Rules for remittance information and its references.

use super::CheckOptions;
use super::batch::BatchScheme;
use super::party::check_text;
use crate::cash::DecimalSum;
use crate::data::{Code, Party, Remittance, StructuredRemittance};
use crate::payment::PaymentTransaction;
use crate::rules::reference::TextPlace;
use crate::rules::written_reference::{self, WrittenReference};
use crate::rules::{Finding, Rule, payee};

/// The facts on a transaction on which the check of its remittance depends.
#[derive(Debug, Clone, Copy)]
pub(super) struct PaidTransactionCase<'p> {
    pub(super) scheme: BatchScheme,
    /// The account that pays.
    pub(super) debtor_iban: Option<&'p str>,
    /// The country of the account that is paid.
    pub(super) creditor_country: Option<&'p str>,
}

pub(super) fn check(
    one: &PaymentTransaction,
    PaidTransactionCase { scheme, debtor_iban, creditor_country }: PaidTransactionCase<'_>,
    options: &CheckOptions,
    add: &mut dyn FnMut(Finding),
) {
    let remittance = &one.remittance;
    let aos2 = options.profile.aos2;
    for (at, line) in remittance.lines.iter().enumerate() {
        check_text(line, &format!("RmtInf/Ustrd[{}]", at + 1), options, &mut *add);
    }
    if scheme.sepa {
        if remittance.lines.len() > 1 {
            let change = "join the texts, up to 140 characters";
            add(Finding::warning(Rule::Remittance, "SEPA forwards one text", change).path("RmtInf"));
        }
        if aos2 && !remittance.structured.is_empty() {
            check_aos2(one, &mut *add);
        } else if !remittance.lines.is_empty() && !remittance.structured.is_empty() {
            let place = match remittance.structured.as_slice() {
                [part] => {
                    written(part, creditor_country).and_then(|one| one.kind()?.text_place(creditor_country, true))
                }
                _ => None,
            };
            let found = if place == Some(TextPlace::Beside) {
                payee::estonian_text(debtor_iban)
            } else {
                let message = "there is a text and a structured reference, but SEPA allows only one of them";
                Some(Finding::error(Rule::Remittance, message, "keep the reference").reason("CH17"))
            };
            found.into_iter().for_each(|found| add(found.path("RmtInf")));
        }
        check_lengths(remittance, aos2, &mut *add);
    }
    if remittance.structured.len() > 1 && !aos2 {
        add(payee::several_parts().path("RmtInf"));
    }
    for (at, part) in remittance.structured.iter().enumerate() {
        if let Some(found) = written(part, creditor_country).and_then(written_reference::check) {
            add(found.path(&format!("RmtInf/Strd[{}]/CdtrRefInf/Ref", at + 1)));
        }
    }
}

fn check_lengths(remittance: &Remittance, aos2: bool, add: &mut dyn FnMut(Finding)) {
    let max = if aos2 { payee::AOS2_STRUCTURED } else { payee::STRUCTURED };
    for (at, part) in remittance.structured.iter().enumerate() {
        let length = length(part);
        if length > max {
            let message = format!("the structured part has {length} characters, but {max} are forwarded");
            let found = Finding::error(Rule::Remittance, message, "leave out what the payee does not need");
            add(found.reason("CH15").path(&format!("RmtInf/Strd[{}]", at + 1)));
        }
    }
}

/// The number of characters of a part, as far as it is read.
fn length(part: &StructuredRemittance) -> usize {
    let count = |text: Option<&String>| text.map_or(0, |text| text.chars().count());
    let name = |party: &Option<Box<Party>>| count(party.as_ref().and_then(|party| party.name.as_ref()));
    let code = |code: Option<&Code>| code.map_or(0, |code| code.code.chars().count() + count(code.issuer.as_ref()));
    let documents = part
        .documents
        .iter()
        .map(|one| code(one.kind.as_ref()) + count(one.number.as_ref()) + one.date.map_or(0, |_| "2026-11-20".len()));
    let documents: usize = documents.sum();
    let amounts: usize = part.amounts.iter().map(|one| one.money.amount.as_str().len()).sum();
    let texts: usize = part.information.iter().map(|text| text.chars().count()).sum();
    let reference = count(part.reference.as_ref()) + code(part.reference_kind.as_ref());
    reference + name(&part.invoicer) + name(&part.invoicee) + documents + amounts + texts
}

/// The Finnish extension: 2 to 9 invoices and credit notes, which add up to the amount.
fn check_aos2(one: &PaymentTransaction, add: &mut dyn FnMut(Finding)) {
    let parts = &one.remittance.structured;
    if parts.len() == 1 && parts[0].documents.is_empty() {
        return;
    }
    let is = |part: &StructuredRemittance, code: &str| {
        part.documents.iter().any(|document| document.kind.as_ref().is_some_and(|kind| kind.code == code))
    };
    let error = |message: &str, change: &str| Finding::error(Rule::Remittance, message, change).path("RmtInf");
    if !(2..=9).contains(&parts.len()) || !parts.iter().any(|part| is(part, "CREN")) {
        add(error(
            "AOS2 has 2 to 9 structured parts, at least one of them a credit note",
            "give invoices (CINV) and credit notes (CREN)",
        ));
        return;
    }
    let sum = parts.iter().try_fold(DecimalSum::default(), |sum, part| {
        let wanted = if is(part, "CREN") { "CdtNoteAmt" } else { "RmtdAmt" };
        let amount = part.amounts.iter().find(|amount| amount.kind == wanted)?;
        let amount = DecimalSum::from_decimal(&amount.money.amount)?;
        if wanted == "CdtNoteAmt" { sum.minus(amount) } else { sum.plus(amount) }
    });
    let amount = one.money.as_ref().and_then(|money| DecimalSum::from_decimal(&money.amount));
    let difference = sum.zip(amount).and_then(|(sum, amount)| sum.minus(amount));
    if !difference.is_some_and(DecimalSum::is_zero) {
        let message = match sum {
            Some(sum) => format!("invoices minus credit notes are {}, which is not the amount", sum.text()),
            None => "an invoice has no <RmtdAmt>, or a credit note no <CdtNoteAmt>".to_owned(),
        };
        add(error(&message, "correct the amounts"));
    }
}

/// The reference of a part.
fn written<'r>(part: &'r StructuredRemittance, creditor_country: Option<&'r str>) -> Option<WrittenReference<'r>> {
    let code = part.reference_kind.as_ref();
    Some(WrittenReference {
        text: part.reference.as_deref()?,
        code: code.map(|code| code.code.as_str()),
        proprietary: code.is_some_and(|code| code.proprietary),
        issuer: code.and_then(|code| code.issuer.as_deref()),
        creditor_country,
    })
}
