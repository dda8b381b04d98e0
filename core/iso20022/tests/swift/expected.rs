//! Each file with its expected values.

use serde_json::Value;

use bankchannel_iso20022::cash::{BalanceCheck, CashFile, CashKind, Entry, Statement, StatementBalance};
use bankchannel_iso20022::read_statement;

use super::{file, names};

fn amount(balance: Option<&StatementBalance>) -> Option<&str> {
    balance.and_then(|balance| balance.money.as_ref()).map(|money| money.amount.as_str())
}

/// The balances of a kind: date and amount.
fn balances(statement: &Statement, kind: &str) -> Vec<(String, String)> {
    let of_kind = statement.balances.iter().filter(|one| one.kind.as_ref().is_some_and(|code| code.code == kind));
    of_kind.map(|one| (one.date.as_ref().unwrap().date.0.to_string(), amount(Some(one)).unwrap().to_owned())).collect()
}

/// One value of a statement, as the expectation names it.
fn of_statement(key: &str, wanted: &Value, statement: &Statement, message: Option<&str>) {
    let text = wanted.as_str();
    let end = statement.end.as_ref().unwrap();
    let account = &statement.account;
    let information = end.information.as_deref();
    match key {
        "entries" | "note" | "pages" => {}
        "account" => {
            let own = account.account.as_deref().or(account.iban.as_deref());
            assert_eq!(own, text);
        }
        "iban" => assert_eq!(account.iban.as_deref(), text),
        "currency" => assert_eq!(account.currency.as_deref(), text),
        "opening" => assert_eq!(amount(statement.opening.as_ref()), text),
        "closing" => assert_eq!(amount(statement.closing.as_ref()), text),
        "available" => assert_eq!(balances(statement, "CLAV").last().map(|(_, amount)| amount.as_str()), text),
        "forward" => {
            let wanted: Vec<(String, String)> = serde_json::from_value(wanted.clone()).unwrap();
            assert_eq!(balances(statement, "FWAV"), wanted);
        }
        "information" => assert_eq!(information, text),
        "kind" => assert_eq!((statement.kind, text), (CashKind::Report, Some("report"))),
        "message" => assert_eq!(message, text),
        "created" => {
            let instant = statement.created.as_ref().unwrap().instant.as_ref().unwrap();
            assert_eq!(Some(instant.as_str()), text);
        }
        "floor_debit" | "floor_credit" => {
            let mark = if key == "floor_debit" { "D" } else { "C" };
            let line = format!(":34F:EUR{mark}{}", text.unwrap().replace('.', ","));
            assert!(information.unwrap().split('\n').any(|one| one == line), "{information:?}");
        }
        "debits" => {
            assert_eq!(wanted[0].as_u64(), statement.summary.debits);
            assert_eq!(wanted[1].as_str(), statement.summary.debit_sum.as_ref().map(|sum| sum.as_str()));
        }
        "credits" => {
            assert_eq!(wanted[0].as_u64(), statement.summary.credits);
            assert_eq!(wanted[1].as_str(), statement.summary.credit_sum.as_ref().map(|sum| sum.as_str()));
        }
        other => panic!("no such value of a statement: {other}"),
    }
}

/// One value of an entry, as the expectation names it.
fn of_entry(key: &str, wanted: &Value, entry: &Entry) {
    let text = wanted.as_str();
    let detail = &entry.details[0];
    let party = entry.counterparty.as_deref();
    let code = entry.bank_code.as_deref().and_then(|code| code.proprietary.as_deref());
    let part = |at: usize| code.and_then(|code| code.split('+').nth(at));
    match key {
        "amount" => assert_eq!(entry.money.as_ref().map(|money| money.amount.as_str()), text),
        "value" => assert_eq!(entry.value_date.map(|date| date.0.to_string()).as_deref(), text),
        "booking" => assert_eq!(entry.booking_date.map(|date| date.0.to_string()).as_deref(), text),
        "reversal" => assert_eq!(Some(entry.reversal), wanted.as_bool()),
        "code" => assert_eq!(part(0), text),
        "gvc" => assert_eq!(part(1), text),
        "primanota" => assert_eq!(part(2), text),
        "text_key_extension" => assert_eq!(part(3), text),
        // What says that it stands elsewhere is no reference.
        "customer_reference" if text == Some("KREF+") => assert_eq!(entry.reference, None),
        "customer_reference" => assert_eq!(entry.reference.as_deref(), text),
        "bank_reference" => assert_eq!(entry.servicer_reference.as_deref(), text),
        "supplementary" => assert_eq!(detail.information.as_deref(), text),
        "end_to_end_id" => assert_eq!(entry.end_to_end_id.as_deref(), text),
        "mandate" => assert_eq!(detail.mandate_id.as_deref(), text),
        "creditor_id" => assert_eq!(detail.other_references.get("creditor_id").map(String::as_str), text),
        "remittance" => assert_eq!(detail.remittance.text().as_deref(), text),
        "remittance_contains" => assert!(entry.text.as_deref().unwrap().contains(text.unwrap()), "{:?}", entry.text),
        "text" => assert_eq!(entry.text.as_deref(), text),
        "name" => assert_eq!(party.unwrap().name.as_deref(), text),
        "account" => assert_eq!(party.unwrap().iban.as_deref().or(party.unwrap().account.as_deref()), text),
        "bank" => assert_eq!(party.unwrap().bic.as_deref(), text),
        "town" => assert_eq!(party.unwrap().address.as_ref().unwrap().town.as_deref(), text),
        "posting" | "kind" => assert_eq!(entry.information.as_deref(), text),
        "bank_code" => assert_eq!(code, text),
        "batch_id" => assert_eq!((detail.payment_id.as_deref(), entry.batches[0].payment_id.as_deref()), (text, text)),
        "return_reason" => {
            let returned = detail.returned.as_ref().unwrap().reason.as_ref().unwrap();
            assert_eq!(Some(returned.code.as_str()), text);
            assert!(returned.meaning.is_some());
        }
        "reference" => assert_eq!(entry.creditor_reference.as_deref(), text),
        "reference_kind" => {
            let kind = detail.remittance.structured[0].reference_kind.as_ref().unwrap();
            assert_eq!((text, kind.issuer.as_deref()), (Some("dutch"), Some("CUR")));
        }
        "reference_and_continuation" => assert_eq!(entry.reference.as_deref(), text),
        "references" => {
            let all = wanted.as_object().unwrap();
            assert!(
                all.iter().all(|(kind, value)| detail.other_references.get(kind).map(String::as_str) == value.as_str())
            );
        }
        "original_amount" => {
            let money = &detail.amounts[0].money;
            assert_eq!(Some(format!("{} {}", money.amount.as_str(), money.currency).as_str()), text);
        }
        "charges" => {
            let money = &detail.charges[0].money;
            assert_eq!(
                Some(format!("{} {}", money.amount.as_str().trim_start_matches('-'), money.currency).as_str()),
                text
            );
        }
        "value_raw" => assert_eq!(entry.problems[0].value.as_deref(), text),
        "problem" => {
            let problem = &entry.problems[0];
            assert_eq!(Some(format!("{}; {}", problem.message, problem.change).as_str()), text);
        }
        "expected" => assert_eq!((entry.status.as_ref().unwrap().code.as_str(), entry.booked), ("PDNG", false)),
        "status" => assert!(entry.booked),
        other => panic!("no such value of an entry: {other}"),
    }
}

/// Joins the expectations of the pages of one statement.
fn joined(pages: &[Value]) -> Vec<Value> {
    let mut joined: Vec<Value> = Vec::new();
    for page in pages {
        let is_next = joined.last().is_some_and(|one| one["pages"].as_str().is_some_and(|text| text.ends_with("of 2")));
        let page = page.as_object().unwrap();
        match joined.last_mut().filter(|_| is_next) {
            Some(last) => {
                last.as_object_mut().unwrap().remove("pages");
                let entries = page["entries"].as_array().unwrap().clone();
                last["entries"].as_array_mut().unwrap().extend(entries);
                let others = page.iter().filter(|(key, _)| !matches!(key.as_str(), "entries" | "opening"));
                others.for_each(|(key, value)| last[key] = value.clone());
            }
            None => joined.push(Value::Object(page.clone())),
        }
    }
    joined
}

fn check(name: &str, wanted: &[Value], read: &CashFile) {
    assert_eq!(read.statements.len(), wanted.len(), "{name}");
    for (statement, wanted) in read.statements.iter().zip(wanted) {
        let message = &read.messages[usize::try_from(statement.message_number).unwrap() - 1];
        for (key, value) in wanted.as_object().unwrap() {
            of_statement(key, value, statement, message.message.name.as_deref());
        }
        let entries = wanted["entries"].as_array().unwrap();
        assert_eq!(statement.entries.len(), entries.len(), "{name}");
        for (entry, wanted) in statement.entries.iter().zip(entries) {
            wanted.as_object().unwrap().iter().for_each(|(key, value)| of_entry(key, value, entry));
        }
        let end = statement.end.as_ref().unwrap();
        let is_report = statement.kind == CashKind::Report;
        let wanted = if is_report { BalanceCheck::NotCheckable } else { BalanceCheck::Consistent };
        assert_eq!(end.balance_check, wanted, "{name}");
        assert!(statement.problems.is_empty(), "{name}: {:?}", statement.problems);
    }
}

/// Cases MTS-01 to MTS-25.
#[test]
fn each_file_has_its_expected_values() {
    let expected: Value = serde_json::from_slice(&file("expected.json")).unwrap();
    for name in names() {
        let wanted = joined(expected[&name].as_array().unwrap_or_else(|| panic!("{name} has no expectation")));
        check(&name, &wanted, &read_statement(file(&name).as_slice()).unwrap());
    }
}

/// Case MTS-30: line ends change nothing.
#[test]
fn all_line_ends_give_the_same() {
    for name in names() {
        let bytes = file(&name);
        let lf = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
        let wanted = read_statement(lf.as_bytes()).unwrap();
        for end in ["\r\n", "\r", "@@"] {
            // A file without a line end before its first tag shows no `@@` there.
            let other = read_statement(lf.replace('\n', end).as_bytes()).unwrap();
            assert_eq!(other, wanted, "{name} with {end:?}");
        }
    }
}
