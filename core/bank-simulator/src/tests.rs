#![allow(clippy::unwrap_used)]

use bankchannel_foundation::model::Decimal;
use bankchannel_iso20022::cash::{CashFile, Statement, StatementBalance};
use bankchannel_iso20022::rules::PaymentVersion;
use bankchannel_iso20022::status::StatusReport;
use bankchannel_iso20022::{EXAMPLE_PAIN001, read_notification, read_statement, read_status_report};

use super::*;

fn now() -> Timestamp {
    "2026-11-20T07:00:00Z".parse().unwrap()
}

fn today() -> jiff::civil::Date {
    "2026-11-20".parse().unwrap()
}

fn ids() -> AnswerIds {
    AnswerIds::new("K7QF2M4XW5").unwrap()
}

fn run(file: &str, ledger: &BankLedger) -> BankDecision {
    decide(file.as_bytes(), ledger, Some(PaymentVersion::V09), now(), today(), &ids()).unwrap()
}

fn accepted(file: &str, ledger: &BankLedger) -> (StatusReport, CashFile, CashFile, BankLedger) {
    match run(file, ledger) {
        BankDecision::Accepted { pain002, camt054, camt053, new_ledger } => {
            let read = read_notification(camt054.as_slice()).unwrap();
            (report(&pain002), read, read_statement(camt053.as_slice()).unwrap(), new_ledger)
        }
        BankDecision::Rejected { pain002 } => {
            panic!("rejected: {}", String::from_utf8(pain002).unwrap())
        }
    }
}

fn rejected(file: &[u8], ledger: &BankLedger) -> StatusReport {
    match decide(file, ledger, Some(PaymentVersion::V09), now(), today(), &ids()).unwrap() {
        BankDecision::Rejected { pain002 } => report(&pain002),
        BankDecision::Accepted { .. } => panic!("accepted"),
    }
}

fn report(bytes: &[u8]) -> StatusReport {
    read_status_report(bytes).unwrap().reports.remove(0)
}

fn code(report: &StatusReport) -> &str {
    &report.reasons[0].code.as_ref().unwrap().code
}

fn balance<'s>(statement: &'s Statement, code: &str) -> &'s StatementBalance {
    let is = |balance: &&StatementBalance| balance.kind.as_ref().is_some_and(|kind| kind.code == code);
    statement.balances.iter().find(is).unwrap()
}

fn size(statement: &Statement, code: &str) -> String {
    balance(statement, code).money.as_ref().unwrap().amount.to_string()
}

fn cents(cents: i64) -> Decimal {
    Decimal::from_cents(cents)
}

/// The opened ledger of a fresh enrolment.
fn opened() -> BankLedger {
    opening_statement(&BankLedger::with_default_account(), DEFAULT_IBAN, now(), today(), &ids()).unwrap().1
}

#[test]
fn a_fresh_enrolment_gives_one_opening_statement() {
    let (bytes, ledger) =
        opening_statement(&BankLedger::with_default_account(), DEFAULT_IBAN, now(), today(), &ids()).unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(text.contains("urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"));
    let file = read_statement(bytes.as_slice()).unwrap();
    let statement = &file.statements[0];
    assert_eq!((statement.account.iban.as_deref(), statement.sequence.as_deref()), (Some(DEFAULT_IBAN), Some("1")));
    for code in ["OPBD", "CLBD"] {
        let balance = balance(statement, code);
        let money = balance.money.as_ref().unwrap();
        assert_eq!((money.amount.as_str(), money.currency.as_str()), ("10000000.00", "EUR"));
        assert_eq!(balance.direction.as_ref().unwrap().code(), "CRDT");
    }
    assert!(statement.entries.is_empty());
    assert_eq!(ledger.accounts[DEFAULT_IBAN].statement_seq, 1);
}

#[test]
fn the_example_is_booked_as_the_sheet_says() {
    let (status, notification, statement, ledger) = accepted(EXAMPLE_PAIN001, &opened());
    assert_eq!(status.original_message_id.as_deref(), Some("BANKCHANNEL-EXAMPLE-0001"));
    assert_eq!(status.original_message_name.as_deref(), Some("pain.001.001.09"));
    assert_eq!((status.original_count, status.original_sum.clone()), (Some(2), Some(cents(145_005))));
    assert_eq!(status.status.as_ref().unwrap().code, "ACCP");
    let transactions = &status.batches[0].transactions;
    let codes: Vec<_> = transactions.iter().map(|one| one.status.as_ref().unwrap().code.as_str()).collect();
    assert_eq!(codes, ["ACSC", "ACSC"]);
    assert_eq!(transactions[1].uetr.as_deref(), Some("6f9d3c52-8a41-4c1e-9b7d-2e5f0a716c38"));

    let account = &statement.statements[0];
    assert_eq!(account.sequence.as_deref(), Some("2"));
    assert_eq!((size(account, "OPBD"), size(account, "CLBD")), ("10000000.00".to_owned(), "9998549.95".to_owned()));
    assert_eq!(ledger.accounts[DEFAULT_IBAN].balance, cents(999_854_995));

    for entries in [&account.entries, &notification.statements[0].entries] {
        assert_eq!(entries.len(), 1);
        let entry = &entries[0];
        let money = entry.money.as_ref().unwrap();
        assert_eq!((money.amount.as_str(), money.currency.as_str(), entry.booked), ("-1450.05", "EUR", true));
        let code = entry.bank_code.as_ref().unwrap();
        let code = [&code.domain, &code.family, &code.sub_family].map(|part| part.as_deref().unwrap());
        assert_eq!(code, ["PMNT", "ICDT", "ESCT"]);
        let day = bankchannel_foundation::model::Date::new(2026, 11, 20).unwrap();
        assert_eq!((entry.booking_date, entry.value_date), (Some(day), Some(day)));
        assert!(entry.reference.is_some() && entry.servicer_reference.is_some());
        assert_eq!(entry.batches[0].count, Some(2));
        let first = &entry.details[0];
        assert_eq!(first.end_to_end_id.as_deref(), Some("SYNTH-E2E-0001"));
        assert_eq!(first.money.as_ref().unwrap().amount.as_str(), "-250.05");
        let creditor = first.creditor.as_ref().unwrap();
        assert_eq!(creditor.name.as_deref(), Some("Alpha Supplies Ab"));
        assert_eq!(creditor.iban.as_deref(), Some("EE382200221020145685"));
    }
    let again = accepted(EXAMPLE_PAIN001, &ledger);
    assert_eq!(size(&again.2.statements[0], "OPBD"), "9998549.95", "the same file is a new payment");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    assert_eq!(run(EXAMPLE_PAIN001, &opened()), run(EXAMPLE_PAIN001, &opened()));
}

#[test]
fn without_batch_booking_each_transaction_is_an_entry() {
    for file in [
        EXAMPLE_PAIN001.replace("<BtchBookg>true", "<BtchBookg>false"),
        EXAMPLE_PAIN001.replace("<BtchBookg>true</BtchBookg>", ""),
    ] {
        let (_, notification, statement, _) = accepted(&file, &opened());
        for entries in [&notification.statements[0].entries, &statement.statements[0].entries] {
            let amounts = entries.iter().map(|entry| entry.money.as_ref().unwrap().amount.as_str());
            assert_eq!(amounts.collect::<Vec<_>>(), ["-250.05", "-1200.00"]);
            assert!(entries.iter().all(|entry| entry.batches[0].count == Some(1) && entry.details.len() == 1));
        }
    }
}

#[test]
fn each_reason_has_its_code() {
    let poor = {
        let mut ledger = BankLedger::default();
        ledger.open(DEFAULT_IBAN, DEFAULT_OWNER, "EUR", cents(145_004));
        ledger
    };
    let rich = opened();
    let cases: [(&str, &str, &str, &BankLedger); 12] = [
        ("<CtrlSum>1450.05", "<CtrlSum>1450.06", "AM10", &rich),
        ("<NbOfTxs>2", "<NbOfTxs>3", "AM18", &rich),
        ("FI2112345600000785", "FI4250001510000023", "AC02", &rich),
        ("<IBAN>FI2112345600000785</IBAN>", "<Othr><Id>123456-785</Id></Othr>", "AC02", &rich),
        ("EE382200221020145685", "EE382200221020145686", "AC01", &rich),
        ("<IBAN>EE382200221020145685</IBAN>", "<Othr><Id>221020145685</Id></Othr>", "AC01", &rich),
        ("Ccy=\"EUR\">250.05", "Ccy=\"SEK\">250.05", "CURR", &rich),
        ("x", "x", "AM04", &poor),
        ("pain.001.001.09", "pain.001.001.03", "FF01", &rich),
        ("<PmtMtd>TRF</PmtMtd>", "", "FF01", &rich),
        (">250.05", ">9999999999999999999", "FF01", &rich),
        (">250.05", ">250.055", "AM10", &rich),
    ];
    for (from, to, wanted, ledger) in cases {
        let report = rejected(EXAMPLE_PAIN001.replacen(from, to, 1).as_bytes(), ledger);
        assert_eq!(
            (code(&report), report.status.as_ref().unwrap().code.as_str()),
            (wanted, "RJCT"),
            "{from} -> {to}: {:?}",
            report.reasons
        );
        assert!(!report.reasons[0].information.is_empty(), "{wanted} must say why");
        assert_eq!(report.original_message_id.as_deref(), Some("BANKCHANNEL-EXAMPLE-0001"), "{from} -> {to}");
    }
    // Exactly enough money is enough.
    let mut enough = BankLedger::default();
    enough.open(DEFAULT_IBAN, DEFAULT_OWNER, "EUR", cents(145_005));
    assert!(accepted(EXAMPLE_PAIN001, &enough).3.accounts[DEFAULT_IBAN].balance.is_zero());
}

/// The bank that takes every version books a file of 2009 as one of 2019, and its report names what it was.
#[test]
fn an_older_file_is_booked_by_a_bank_that_takes_it() {
    let lines = EXAMPLE_PAIN001.lines().filter(|line| !line.contains("UETR"));
    let older: String = lines.map(|line| line.replace("<Dt>", "").replace("</Dt>", "") + "\n").collect();
    let older = older.replace("pain.001.001.09", "pain.001.001.03").replace("BICFI>", "BIC>");
    let decided = decide(older.as_bytes(), &opened(), None, now(), today(), &ids()).unwrap();
    let BankDecision::Accepted { pain002, camt053, .. } = decided else { panic!("{decided:?}") };
    assert_eq!(report(&pain002).original_message_name.as_deref(), Some("pain.001.001.03"));
    assert_eq!(read_statement(camt053.as_slice()).unwrap().statements[0].entries.len(), 1);
}

#[test]
fn only_the_transaction_at_fault_carries_the_reason() {
    let report =
        rejected(EXAMPLE_PAIN001.replace("EE382200221020145685", "EE382200221020145686").as_bytes(), &opened());
    assert_eq!(codes(&report), ["AC01", "NARR"]);
    assert!(report.batches[0].transactions.iter().all(|one| one.status.as_ref().unwrap().code == "RJCT"));
}

#[test]
fn what_cannot_be_read_is_answered_too() {
    for file in [&b""[..], b"%PDF-1.7", b"<a", &[0xFF; 100], b"<Document/>"] {
        let report = rejected(file, &opened());
        assert_eq!(code(&report), "FF01");
        assert_eq!(report.original_message_id.as_deref(), Some("NOTPROVIDED"));
    }
}

/// Three parts, two accounts: made from the example by repeating its part.
fn three_parts(third_account: &str) -> String {
    let (head, rest) = EXAMPLE_PAIN001.split_once("    <PmtInf>").unwrap();
    let (part, tail) = rest.split_once("</PmtInf>\n").unwrap();
    let head = head.replace("<NbOfTxs>2", "<NbOfTxs>6").replace("1450.05", "4350.15");
    let part = format!("    <PmtInf>{part}</PmtInf>\n");
    format!(
        "{head}{part}{}{}{tail}",
        other(&part, "2").replace("FI2112345600000785", third_account),
        other(&part, "3").replace("BtchBookg>true", "BtchBookg>false")
    )
}

/// A part with ids and amounts' payees of its own: banks refuse doubles.
fn other(part: &str, number: &str) -> String {
    part.replace("SYNTH-PMT-2026-001", &format!("SYNTH-PMT-2026-00{number}"))
        .replace("SYNTH-E2E-000", &format!("SYNTH-E2E-{number}0"))
        .replace("6f9d3c52-8a41-4c1e-9b7d-2e5f0a716c38", &format!("6f9d3c52-8a41-4c1e-9b7d-2e5f0a716c3{number}"))
}

/// The code of the first reason of each transaction.
fn codes(report: &StatusReport) -> Vec<&str> {
    let transactions = report.batches.iter().flat_map(|batch| &batch.transactions);
    transactions.map(|one| one.reasons[0].code.as_ref().unwrap().code.as_str()).collect()
}

#[test]
fn several_accounts_are_booked_together_or_not_at_all() {
    const OTHER: &str = "FI4250001510000023";
    let mut ledger = opened();
    ledger.open(OTHER, "Second Oy", "EUR", cents(145_005));
    let (status, notification, statement, after) = accepted(&three_parts(OTHER), &ledger);
    assert_eq!(status.batches.len(), 3);
    let seen: Vec<_> = statement
        .statements
        .iter()
        .map(|one| (one.account.iban.as_deref().unwrap(), one.entries.len(), size(one, "CLBD")))
        .collect();
    assert_eq!(seen, [(DEFAULT_IBAN, 3, "9997099.90".to_owned()), (OTHER, 1, "0.00".to_owned())]);
    assert_eq!(notification.statements.len(), 2);
    let sequences: Vec<_> = statement.statements.iter().map(|one| one.sequence.as_deref().unwrap()).collect();
    assert_eq!(sequences, ["2", "1"]);
    assert!(after.accounts[OTHER].balance.is_zero());

    ledger.accounts.get_mut(OTHER).unwrap().balance = cents(145_004);
    let report = rejected(three_parts(OTHER).as_bytes(), &ledger);
    assert_eq!(code(&report), "AM04");
    assert_eq!(codes(&report), ["NARR", "NARR", "AM04", "AM04", "NARR", "NARR"]);
}

#[test]
fn every_fault_has_its_own_reason() {
    let file = EXAMPLE_PAIN001
        .replace("EE382200221020145685", "EE382200221020145686")
        .replace("<NbOfTxs>2", "<NbOfTxs>3")
        .replacen("Ccy=\"EUR\">250.05", "Ccy=\"SEK\">250.05", 1);
    let report = rejected(file.as_bytes(), &opened());
    let group: Vec<_> = report.reasons.iter().map(|reason| reason.code.as_ref().unwrap().code.as_str()).collect();
    assert_eq!(group, ["AM18", "AM20", "CURR", "AC01"], "in the order of the file");
    assert_eq!(codes(&report), ["CURR", "AM20"], "its own, else that of its batch");
}

#[test]
fn a_currency_other_than_the_account_s_is_refused_by_the_books() {
    let file = EXAMPLE_PAIN001
        .replace("<SvcLvl>\n          <Cd>SEPA</Cd>\n        </SvcLvl>", "<SvcLvl><Cd>NURG</Cd></SvcLvl>")
        .replace("<ChrgBr>SLEV", "<ChrgBr>SHAR")
        .replacen("Ccy=\"EUR\">250.05", "Ccy=\"SEK\">250.05", 1);
    let report = rejected(file.as_bytes(), &opened());
    assert_eq!((code(&report), codes(&report)), ("AM03", vec!["AM03", "NARR"]), "{:?}", report.reasons);
}

#[test]
fn currencies_with_other_decimals_are_booked_exactly() {
    let mut ledger = BankLedger::default();
    ledger.open(DEFAULT_IBAN, DEFAULT_OWNER, "KWD", Decimal::new("1450.055").unwrap());
    let file = EXAMPLE_PAIN001
        .replace("<SvcLvl>\n          <Cd>SEPA</Cd>\n        </SvcLvl>", "<SvcLvl><Cd>NURG</Cd></SvcLvl>")
        .replace("<ChrgBr>SLEV", "<ChrgBr>SHAR")
        .replace("Ccy=\"EUR\"", "Ccy=\"KWD\"")
        .replace(">250.05", ">250.051")
        .replace("1450.05", "1450.051");
    let (_, _, statement, after) = accepted(&file, &ledger);
    assert_eq!(after.accounts[DEFAULT_IBAN].balance, Decimal::new("0.004").unwrap());
    assert_eq!(size(&statement.statements[0], "CLBD"), "0.004");
}

#[test]
fn part_sums_and_counts_are_checked_too() {
    let second = |from: &str, to: &str| {
        let (head, tail) = EXAMPLE_PAIN001.split_once("<PmtInf>").unwrap();
        format!("{head}<PmtInf>{}", tail.replacen(from, to, 1))
    };
    assert_eq!(code(&rejected(second("<CtrlSum>1450.05", "<CtrlSum>1").as_bytes(), &opened())), "AM17");
    assert_eq!(code(&rejected(second("<NbOfTxs>2", "<NbOfTxs>1").as_bytes(), &opened())), "AM20");
}

#[test]
fn sums_beyond_what_can_be_stated_are_refused() {
    let big = "9999999999999999.99";
    let file = EXAMPLE_PAIN001.replace(">250.05", &format!(">{big}")).replace(">1200.00", &format!(">{big}"));
    let report = rejected(file.as_bytes(), &opened());
    let codes: Vec<_> = report.reasons.iter().map(|reason| reason.code.as_ref().unwrap().code.as_str()).collect();
    assert_eq!(codes, ["AM10", "AM17", "AM02"], "{:?}", report.reasons);
}

#[test]
fn ids_are_checked() {
    for bad in ["", "123456789012345678901", "a b", "ä"] {
        assert_eq!(AnswerIds::new(bad), Err(SimulatorError::BadIds), "{bad}");
    }
}

#[test]
fn a_malformed_account_in_the_ledger_is_not_blamed_on_the_customer() {
    let mut ledger = BankLedger::default();
    ledger.open("nonsense!", "", "EUR", cents(1));
    let error = opening_statement(&ledger, "nonsense!", now(), today(), &ids()).unwrap_err();
    assert!(matches!(error, SimulatorError::Answer(_)), "{error}");
    assert_eq!(opening_statement(&ledger, "FI00", now(), today(), &ids()).unwrap_err(), SimulatorError::NoAccount);
}
