//! Files after public bug reports about other programs (`tests/data/cases`), each with the right result.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use bankchannel_foundation::json;
use bankchannel_foundation::model::{Timestamp, Value, read_boundary};
use bankchannel_iso20022::cash::{AmountKind, BalanceCheck, CashFile};
use bankchannel_iso20022::check::{CheckOptions, PaymentCheck, check};
use bankchannel_iso20022::make::{PaymentData, PaymentMaker};
use bankchannel_iso20022::matching::{Outcome, match_status};
use bankchannel_iso20022::rules::{Finding, Level};
use bankchannel_iso20022::tables::{self, EntryRows};
use bankchannel_iso20022::{read_payment, read_statement, read_status_report};

fn file(name: &str) -> Vec<u8> {
    std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/cases").join(name)).unwrap()
}

fn statement(name: &str) -> CashFile {
    read_statement(file(name).as_slice()).unwrap()
}

fn checked(name: &str) -> PaymentCheck {
    check(file(name).as_slice(), &CheckOptions::on("2026-11-25".parse().unwrap())).unwrap()
}

/// Subite-eu/camt-to-coda: a whole bank's statements.
#[test]
fn entries_of_a_statement_without_a_status_are_booked() {
    let read = statement("camt053-entries-without-sts.xml").statements.remove(0);
    assert!(read.entries.iter().all(|entry| entry.booked && entry.status.is_none()));
    let end = read.end.unwrap();
    assert_eq!((end.booked_sum.unwrap().as_str(), end.balance_check), ("6.00", BalanceCheck::Consistent));
}

/// `OCA/bank-statement-import` #233 #385 #707, `odoo/odoo` #69107.
#[test]
fn a_detail_s_money_is_in_the_currency_of_its_entry() {
    let entry = statement("detail-amount-in-foreign-currency.xml").statements.remove(0).entries.remove(0);
    let detail = &entry.details[0];
    let money = detail.money.as_ref().unwrap();
    assert_eq!((money.amount.as_str(), money.currency.as_str()), ("-579.21", "CHF"));
    let foreign = detail.amounts.iter().find(|one| one.money.currency == "EUR").unwrap();
    assert_eq!((foreign.money.amount.as_str(), &foreign.kind), ("522.39", &AmountKind::Other("Amt".to_owned())));
    assert_eq!(entry.details_sum.unwrap().as_str(), "-579.21");
}

#[test]
fn a_bank_without_a_bic_has_its_clearing_number() {
    let entry = statement("counterparty-bank-by-clearing-number.xml").statements.remove(0).entries.remove(0);
    let counterparty = entry.counterparty.unwrap();
    let bank = counterparty.bank.as_ref().unwrap();
    assert_eq!((bank.clearing_number.as_deref(), bank.clearing_system.as_deref()), (Some("9000"), Some("CHBCC")));
}

/// `firefly-iii/firefly-iii` #8408.
#[test]
fn the_header_says_whether_it_is_a_test() {
    let read = statement("group-header-test-flag.xml");
    assert_eq!(read.messages[0].information.as_deref(), Some("SPS/2.1/TEST"));
}

#[test]
fn a_detail_has_its_settlement_and_its_transaction_time() {
    let entry = statement("transaction-and-settlement-dates.xml").statements.remove(0).entries.remove(0);
    let detail = &entry.details[0];
    assert_eq!(detail.settlement_date.unwrap().0.to_string(), "2026-11-18");
    let time = detail.transaction_time.as_ref().unwrap();
    assert_eq!(time.instant.as_ref().unwrap().as_str(), "2026-11-17T19:51:45+01:00");
}

/// `OCA/bank-statement-import` #108.
#[test]
fn a_text_in_the_type_of_the_account_is_there() {
    let entry = statement("text-only-in-account-type.xml").statements.remove(0).entries.remove(0);
    let counterparty = entry.counterparty.unwrap();
    assert_eq!(counterparty.account_type.as_ref().unwrap().code, "Zakelijke spaarrekening");
}

#[test]
fn the_bank_of_an_account_has_its_name() {
    let read = statement("account-servicer-without-bic.xml").statements.remove(0);
    assert!(read.account.bank_name.is_some() && read.account.bic.is_none(), "{:?}", read.account);
}

/// `hbci4j/hbci4java` #132.
#[test]
fn noise_of_binary_numbers_is_said_and_makes_no_difference() {
    let read = statement("balance-with-float-noise.xml").statements.remove(0);
    assert_eq!(read.end.unwrap().balance_check, BalanceCheck::Consistent);
    assert!(read.problems.iter().any(|problem| problem.message.contains("decimals")), "{:?}", read.problems);
}

/// `OCA/bank-statement-import` #113 #231 #880; `frappe/erpnext` #48011.
#[test]
fn what_is_no_xml_is_named() {
    // Statements in an archive, and those of SWIFT, are read; a bank takes none as a payment.
    assert!(!statement("statements.zip").statements.is_empty());
    assert_eq!(statement("mt940.sta").statements[0].id.as_deref(), Some("STARTUMSE"));
    for (name, words) in [("statements.zip", "this is a ZIP archive; unpack it first"), ("mt940.sta", "MT940")] {
        let found = &checked(name).findings[0];
        assert!(found.to_string().contains(words), "{found}");
    }
    for (start, words) in [
        (&b"%PDF-1.7"[..], "PDF"),
        (b"<!doctype HTML><html>", "HTML"),
        (b"\n<HTML>", "HTML"),
        (b"{\"a\": 1}", "JSON"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"{1:F01NDEAFIHH}", "MT940"),
    ] {
        let refused = read_statement(start).unwrap_err().to_string();
        assert!(refused.contains(words), "{refused}");
    }
}

/// `OCA/account-payment` #235.
#[test]
fn reasons_of_direct_debits_have_a_meaning() {
    let read = statement("return-reasons-of-direct-debits.xml").statements.remove(0);
    for detail in read.entries.iter().flat_map(|entry| &entry.details) {
        let reason = detail.returned.as_ref().unwrap().reason.as_ref().unwrap();
        assert!(reason.meaning.is_some(), "{reason:?}");
    }
}

/// Collections that went back to their payers: ids, mandates, reasons and charges in the rows, in words of the right side.
#[test]
fn returned_direct_debits_say_what_came_back() {
    let read = statement("returned-direct-debits.xml");
    let rows: Vec<_> = tables::of_statements(&read.statements, EntryRows::Entries).collect();
    let names = ["end_to_end_id", "mandate_id", "return_reason", "charges", "entry_amount"];
    let places = names.map(|name| tables::ENTRIES.iter().position(|column| column.name == name).unwrap());
    let shown: Vec<_> = rows.iter().map(|row| places.map(|at| row[at].as_str())).collect();
    assert_eq!(shown, [["C-1", "M-1", "AM04", "", "-25.00"], ["C-2", "M-2", "MD06", "-3.50 EUR", "-28.50"]]);
    let text = String::from_utf8(file("returned-direct-debits.xml")).unwrap();
    for (code, debit, credit) in [
        ("MD07", "the payer is deceased", "the payee is deceased"),
        ("AC16", "account is in sequestration", "account is in sequestration"),
        ("AC17", "account is in liquidation", "account is in liquidation"),
        ("G004", "credit is pending: the funds are awaited", "credit is pending: the funds are awaited"),
    ] {
        for (direction, words) in [("DBIT", debit), ("CRDT", credit)] {
            let text = text.replace("AM04", code).replace("DBIT", direction);
            let entry = read_statement(text.as_bytes()).unwrap().statements.remove(0).entries.remove(0);
            let reason = entry.details[0].returned.as_ref().unwrap().reason.clone().unwrap();
            assert_eq!(reason.meaning.as_deref(), Some(words), "{code} {direction}");
        }
    }
}

/// `norkator/banking-ws`.
#[test]
fn version_2_names_its_reference_otherwise() {
    let read = read_payment(file("pain.001.001.02-reference.xml").as_slice()).unwrap();
    let reference = read.batches[0].transactions[0].remittance.reference().map(str::to_owned);
    assert_eq!(reference.as_deref(), Some("RF18539007547034"));
}

#[test]
fn a_time_of_execution_is_for_instant_payments() {
    let found = checked("check-execution-time-without-instant.xml").findings;
    let dates: Vec<_> = found.iter().filter(|one| one.rule == "date").collect();
    assert_eq!(dates.len(), 1, "{found:?}");
    assert!(dates[0].level == Level::Warning && dates[0].message.contains("instant"), "{dates:?}");
}

fn outcomes(folder: &str, others: &str) -> Vec<Outcome> {
    let payment = read_payment(file(&format!("{folder}/payment.xml")).as_slice()).unwrap();
    let bytes = file(&format!("{folder}/{others}"));
    let reports = read_status_report(bytes.as_slice()).map_or(Vec::new(), |read| read.reports);
    let statements = read_statement(bytes.as_slice()).map_or(Vec::new(), |read| read.statements);
    match_status(&payment, &reports, &statements).transactions.iter().map(|one| one.outcome).collect()
}

#[test]
fn amount_creditor_and_date_make_a_booking_probable() {
    assert_eq!(outcomes("match-without-remittance", "statement.xml"), [Outcome::Probable; 2]);
}

#[test]
fn a_placeholder_for_the_batch_hides_no_rejection() {
    assert_eq!(outcomes("match-report-with-placeholder-batch", "report.xml")[1], Outcome::Rejected);
}

#[test]
fn direct_debits_are_named() {
    let refused = read_payment(file("pain008.xml").as_slice()).unwrap_err().to_string();
    assert!(refused.contains("pain.008") && refused.contains("direct debits"), "{refused}");
    let found = &checked("pain008.xml").findings[0];
    assert!(found.message.contains("direct debits") && !found.change.contains("make the file"), "{found}");
}

/// The request of a file: the problems of a refused one, or the warnings of one that was made, which the check repeats.
fn made(name: &str) -> Result<Vec<String>, String> {
    let bytes = file(name);
    let Ok(Value::Object(mut request)) = json::parse(&bytes, 16) else { panic!("{name} is no object") };
    let Some(Value::Array(rows)) = request.remove("transactions") else { panic!("{name} has no transactions") };
    let data: PaymentData = read_boundary(Value::Object(request)).unwrap();
    let mut maker = PaymentMaker::new(data, &Timestamp::new("2026-11-25T10:00:00Z").unwrap());
    for row in rows {
        maker.add(read_boundary(row).unwrap()).unwrap();
    }
    let mut out = Vec::new();
    let made = maker.finish(&mut out).map_err(|error| error.detail("problems").unwrap().to_owned())?;
    let found = check(out.as_slice(), &CheckOptions::on("2026-11-25".parse().unwrap())).unwrap();
    assert_eq!(found.errors, 0, "{:?}", found.findings);
    let messages = |found: Vec<Finding>| {
        let mut messages: Vec<String> = found.into_iter().map(|one| one.message).collect();
        messages.sort();
        messages
    };
    let warned = messages(made.warnings);
    assert_eq!(messages(found.findings), warned);
    Ok(warned)
}

#[test]
fn a_currency_is_one_of_iso_4217() {
    let refused = made("make-currency-that-does-not-exist.json").unwrap_err();
    assert!(refused.contains("currency: is not a currency code") && refused.contains("ISO 4217"), "{refused}");
}

#[test]
fn date_and_time_name_one_day() {
    let refused = made("make-date-and-time-of-different-days.json").unwrap_err();
    assert!(refused.contains("name different days"), "{refused}");
}

#[test]
fn sepa_pays_to_ibans() {
    let refused = made("make-eur-to-account-without-iban.json").unwrap_err();
    assert!(refused.contains("creditor.account: the creditor account is not given as an IBAN"), "{refused}");
}

/// The number of the case fails the check of Estonian references, which the creditor's bank may not apply.
#[test]
fn an_estonian_invoice_is_paid_with_reference_and_text() {
    let warnings = made("make-estonian-reference-and-text.json").unwrap();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[0].contains("banks outside Estonia"), "{warnings:?}");
    assert!(warnings[1].contains("wrong check digits"), "{warnings:?}");
}

/// `hitobito/hitobito` #1109.
#[test]
fn a_qr_iban_needs_a_qr_reference() {
    let warnings = made("make-qr-iban-with-rf-reference.json").unwrap();
    assert_eq!(warnings, ["the account is a QR-IBAN, which needs a QR reference"]);
}
