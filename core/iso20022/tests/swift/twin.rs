//! A `camt.053` and its twin in SWIFT's form say the same.

use serde_json::Value;

use bankchannel_iso20022::cash::{BalanceCheck, CashFile, Entry};
use bankchannel_iso20022::read_statement;

use super::file;

/// The fields of an entry that both forms have.
fn typed(entry: &Entry) -> impl PartialEq + std::fmt::Debug + use<> {
    let detail = &entry.details[0];
    let party = entry.counterparty.as_deref().map(|party| {
        let names = (party.name.clone(), party.iban.clone(), party.bic.clone());
        // The twin names the creditor's id where a debit was paid.
        (names, party.identifier.clone())
    });
    (
        (entry.money.clone(), entry.direction.clone(), entry.reversal, entry.booked, entry.status.clone()),
        (entry.value_date, entry.booking_date, entry.reference.clone(), entry.servicer_reference.clone()),
        (entry.end_to_end_id.clone(), detail.mandate_id.clone(), detail.remittance.clone(), entry.bank_code.clone()),
        (detail.returned.clone(), detail.money.clone(), party),
    )
}

/// Case MTS-26.
#[test]
fn both_say_the_same() {
    let swift = read_statement(file("de-structured.sta").as_slice()).unwrap();
    let xml = read_statement(file("de-structured.pair.camt.053.001.08.xml").as_slice()).unwrap();
    let entries = |file: &CashFile| file.statements[0].entries.iter().map(typed).collect::<Vec<_>>();
    assert_eq!((swift.statements.len(), xml.statements.len()), (1, 1));
    assert_eq!(entries(&swift), entries(&xml));
    let (swift, xml) = (&swift.statements[0], &xml.statements[0]);
    assert_eq!(
        (&swift.id, &swift.opening, &swift.closing, &swift.balances),
        (&xml.id, &xml.opening, &xml.closing, &xml.balances)
    );
    assert_eq!(swift.end.as_ref().unwrap().booked_sum, xml.end.as_ref().unwrap().booked_sum);
    assert_eq!(swift.end.as_ref().unwrap().balance_check, BalanceCheck::Consistent);
    assert!(swift.unread.is_empty() && swift.problems.is_empty());
    assert_eq!((swift.pages, swift.page, swift.last_page), (Some(2), Some(1), Some(true)));
}

/// The same by the measured fields of the `camt.053`.
#[test]
fn the_fields_of_the_pair() {
    let wanted: Value = serde_json::from_slice(&file("pair.json")).unwrap();
    let swift = read_statement(file("de-structured.sta").as_slice()).unwrap();
    let entries = wanted["entries"].as_array().unwrap();
    assert_eq!(entries.len(), swift.statements[0].entries.len());
    for (entry, wanted) in swift.statements[0].entries.iter().zip(entries) {
        let text = |key: &str| wanted[key].as_str();
        let party = entry.counterparty.as_deref().unwrap();
        assert_eq!(entry.money.as_ref().unwrap().amount.as_str(), wanted["money"]["amount"]);
        assert_eq!(entry.servicer_reference.as_deref(), text("servicer_reference"));
        assert_eq!(entry.end_to_end_id.as_deref(), text("end_to_end_id"));
        assert_eq!(entry.details[0].remittance.text().as_deref(), text("text"));
        assert_eq!(entry.details[0].mandate_id.as_deref(), text("mandate_id"));
        assert_eq!(party.name.as_deref(), text("counterparty.name"));
        assert_eq!(
            (party.iban.as_deref(), party.bic.as_deref()),
            (text("counterparty.iban"), text("counterparty.bic"))
        );
        let code = entry.bank_code.as_deref().unwrap();
        assert_eq!(code.proprietary.as_deref(), wanted["bank_code"]["proprietary"].as_str());
        assert_eq!((code.issuer.as_deref(), code.meaning.as_deref()), (Some("DK"), None));
        let returned =
            entry.details[0].returned.as_ref().map(|returned| returned.reason.as_ref().unwrap().code.as_str());
        assert_eq!(returned, text("returned"));
    }
}
