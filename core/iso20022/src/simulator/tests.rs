#![allow(clippy::unwrap_used)]

use super::*;
use crate::EXAMPLE_PAIN001;
use crate::camt::CashReport;
use crate::pain002::StatusReport;

fn now() -> Timestamp {
    "2026-11-20T07:00:00Z".parse().unwrap()
}

fn today() -> Date {
    "2026-11-20".parse().unwrap()
}

fn ids() -> Ids {
    Ids::new("K7QF2M4XW5").unwrap()
}

fn run(file: &str, ledger: &Ledger) -> Outcome {
    decide(file.as_bytes(), ledger, now(), today(), &ids()).unwrap()
}

fn accepted(file: &str, ledger: &Ledger) -> (StatusReport, CashReport, CashReport, Ledger) {
    match run(file, ledger) {
        Outcome::Accepted { pain002, camt054, camt053, new_ledger } => {
            (pain002::read(&pain002).unwrap(), camt::read(&camt054).unwrap(), camt::read(&camt053).unwrap(), new_ledger)
        }
        Outcome::Rejected { pain002 } => {
            panic!("rejected: {}", String::from_utf8(pain002).unwrap())
        }
    }
}

fn rejected(file: &[u8], ledger: &Ledger) -> StatusReport {
    match decide(file, ledger, now(), today(), &ids()).unwrap() {
        Outcome::Rejected { pain002 } => pain002::read(&pain002).unwrap(),
        Outcome::Accepted { .. } => panic!("accepted"),
    }
}

fn code(report: &StatusReport) -> &str {
    report.reasons[0].code.as_deref().unwrap()
}

/// The opened ledger of a fresh enrolment.
fn opened() -> Ledger {
    opening_statement(&Ledger::with_default_account(), DEFAULT_IBAN, now(), today(), &ids()).unwrap().1
}

#[test]
fn a_fresh_enrolment_gives_one_opening_statement() {
    let (bytes, ledger) =
        opening_statement(&Ledger::with_default_account(), DEFAULT_IBAN, now(), today(), &ids()).unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(text.contains("urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"));
    let statement = camt::read(&bytes).unwrap();
    let account = &statement.accounts[0];
    assert_eq!((account.account.as_str(), account.sequence.as_deref()), (DEFAULT_IBAN, Some("1")));
    for balance in ["OPBD", "CLBD"] {
        let balance = account.balance(balance).unwrap();
        assert_eq!((balance.amount.to_string().as_str(), balance.direction.code()), ("10000000.00 EUR", "CRDT"));
    }
    assert!(account.entries.is_empty());
    assert_eq!(ledger.accounts[DEFAULT_IBAN].statement_seq, 1);
}

#[test]
fn the_example_is_booked_as_the_sheet_says() {
    let (status, notification, statement, ledger) = accepted(EXAMPLE_PAIN001, &opened());
    assert_eq!(status.original_message_id, "BANKCHANNEL-EXAMPLE-0001");
    assert_eq!(status.original_message_name, "pain.001.001.09");
    assert_eq!(
        (status.original_transaction_count.as_deref(), status.original_control_sum.as_deref()),
        (Some("2"), Some("1450.05"))
    );
    assert_eq!(status.status.as_deref(), Some("ACCP"));
    let transactions = &status.payments[0].transactions;
    assert_eq!(transactions.iter().map(|t| t.status.as_deref().unwrap()).collect::<Vec<_>>(), ["ACSC", "ACSC"]);
    assert_eq!(transactions[1].uetr.as_deref(), Some("6f9d3c52-8a41-4c1e-9b7d-2e5f0a716c38"));
    assert!(status.is_accepted());

    let account = &statement.accounts[0];
    assert_eq!(account.sequence.as_deref(), Some("2"));
    assert_eq!(account.balance("OPBD").unwrap().amount.value, "10000000.00");
    assert_eq!(account.balance("CLBD").unwrap().amount.value, "9998549.95");
    assert_eq!(ledger.accounts[DEFAULT_IBAN].balance_cents, 999_854_995);

    for entries in [&account.entries, &notification.accounts[0].entries] {
        assert_eq!(entries.len(), 1);
        let entry = &entries[0];
        assert_eq!((entry.amount.to_string().as_str(), entry.direction.code()), ("1450.05 EUR", "DBIT"));
        assert_eq!((entry.status.as_str(), entry.bank_code.as_deref()), ("BOOK", Some("PMNT/ICDT/ESCT")));
        assert_eq!(
            (entry.booking_date.as_deref(), entry.value_date.as_deref()),
            (Some("2026-11-20"), Some("2026-11-20"))
        );
        assert!(entry.reference.is_some() && entry.servicer_reference.is_some());
        assert_eq!(entry.batch_count.as_deref(), Some("2"));
        let first = &entry.transactions[0];
        assert_eq!(first.end_to_end_id.as_deref(), Some("SYNTH-E2E-0001"));
        assert_eq!(first.amount.as_ref().unwrap().to_string(), "250.05 EUR");
        assert_eq!(
            (first.creditor.as_deref(), first.creditor_iban.as_deref()),
            (Some("Alpha Supplies Ab"), Some("EE382200221020145685"))
        );
    }
    let again = accepted(EXAMPLE_PAIN001, &ledger);
    assert_eq!(
        again.2.accounts[0].balance("OPBD").unwrap().amount.value,
        "9998549.95",
        "the same file is a new payment"
    );
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
        for entries in [&notification.accounts[0].entries, &statement.accounts[0].entries] {
            assert_eq!(entries.iter().map(|e| e.amount.value.as_str()).collect::<Vec<_>>(), ["250.05", "1200.00"]);
            assert!(entries.iter().all(|e| e.batch_count.as_deref() == Some("1") && e.transactions.len() == 1));
        }
    }
}

#[test]
fn each_reason_has_its_code() {
    let poor = {
        let mut ledger = Ledger::default();
        ledger.open(DEFAULT_IBAN, DEFAULT_OWNER, "EUR", 145_004);
        ledger
    };
    let rich = opened();
    let cases: [(&str, &str, &str, &Ledger); 12] = [
        ("<CtrlSum>1450.05", "<CtrlSum>1450.06", "AM10", &rich),
        ("<NbOfTxs>2", "<NbOfTxs>3", "AM18", &rich),
        ("FI2112345600000785", "FI4250001510000023", "AC02", &rich),
        ("<IBAN>FI2112345600000785</IBAN>", "<Othr><Id>123456-785</Id></Othr>", "AC02", &rich),
        ("EE382200221020145685", "EE382200221020145686", "AC01", &rich),
        ("<IBAN>EE382200221020145685</IBAN>", "<Othr><Id>221020145685</Id></Othr>", "AC01", &rich),
        ("Ccy=\"EUR\">250.05", "Ccy=\"SEK\">250.05", "AM03", &rich),
        ("x", "x", "AM04", &poor),
        ("pain.001.001.09", "pain.001.001.03", "FF01", &rich),
        ("<PmtMtd>TRF</PmtMtd>", "", "FF01", &rich),
        (">250.05", ">999999999999999999", "FF01", &rich),
        (">250.05", ">250.055", "FF01", &rich),
    ];
    for (from, to, wanted, ledger) in cases {
        let report = rejected(EXAMPLE_PAIN001.replacen(from, to, 1).as_bytes(), ledger);
        assert_eq!(
            (code(&report), report.status.as_deref()),
            (wanted, Some("RJCT")),
            "{from} -> {to}: {:?}",
            report.reasons
        );
        assert!(!report.reasons[0].information.is_empty(), "{wanted} must say why");
        assert_eq!(report.original_message_id, "BANKCHANNEL-EXAMPLE-0001", "{from} -> {to}");
        assert!(!report.is_accepted());
    }
    // Exactly enough money is enough.
    let mut enough = Ledger::default();
    enough.open(DEFAULT_IBAN, DEFAULT_OWNER, "EUR", 145_005);
    assert_eq!(accepted(EXAMPLE_PAIN001, &enough).3.accounts[DEFAULT_IBAN].balance_cents, 0);
}

#[test]
fn only_the_transaction_at_fault_carries_the_reason() {
    let report =
        rejected(EXAMPLE_PAIN001.replace("EE382200221020145685", "EE382200221020145686").as_bytes(), &opened());
    let codes: Vec<_> = report.payments[0].transactions.iter().map(|t| t.reasons[0].code.clone().unwrap()).collect();
    assert_eq!(codes, ["AC01", "NARR"]);
    assert!(report.payments[0].transactions.iter().all(|t| t.status.as_deref() == Some("RJCT")));
}

#[test]
fn what_cannot_be_read_is_answered_too() {
    for file in [&b""[..], b"%PDF-1.7", b"<a", &[0xFF; 100], b"<Document/>"] {
        let report = rejected(file, &opened());
        assert_eq!((code(&report), report.original_message_id.as_str()), ("FF01", "NOTPROVIDED"));
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
        part.replace("FI2112345600000785", third_account),
        part.replace("BtchBookg>true", "BtchBookg>false")
    )
}

#[test]
fn several_accounts_are_booked_together_or_not_at_all() {
    const OTHER: &str = "FI4250001510000023";
    let mut ledger = opened();
    ledger.open(OTHER, "Second Oy", "EUR", 145_005);
    let (status, notification, statement, after) = accepted(&three_parts(OTHER), &ledger);
    assert_eq!(status.payments.len(), 3);
    let seen: Vec<_> = statement
        .accounts
        .iter()
        .map(|a| (a.account.as_str(), a.entries.len(), a.balance("CLBD").unwrap().amount.value.as_str()))
        .collect();
    assert_eq!(seen, [(DEFAULT_IBAN, 3, "9997099.90"), (OTHER, 1, "0.00")]);
    assert_eq!(notification.accounts.len(), 2);
    assert_eq!(statement.accounts.iter().map(|a| a.sequence.as_deref().unwrap()).collect::<Vec<_>>(), ["2", "1"]);
    assert_eq!(after.accounts[OTHER].balance_cents, 0);

    ledger.accounts.get_mut(OTHER).unwrap().balance_cents = 145_004;
    let report = rejected(three_parts(OTHER).as_bytes(), &ledger);
    assert_eq!(code(&report), "AM04");
    let codes: Vec<_> = report.payments.iter().map(|p| p.transactions[0].reasons[0].code.as_deref().unwrap()).collect();
    assert_eq!(codes, ["NARR", "AM04", "NARR"]);
}

#[test]
fn part_sums_and_counts_are_checked_too() {
    let second = |from: &str, to: &str| {
        let (head, tail) = EXAMPLE_PAIN001.split_once("<PmtInf>").unwrap();
        format!("{head}<PmtInf>{}", tail.replacen(from, to, 1))
    };
    assert_eq!(code(&rejected(second("<CtrlSum>1450.05", "<CtrlSum>1").as_bytes(), &opened())), "AM10");
    assert_eq!(code(&rejected(second("<NbOfTxs>2", "<NbOfTxs>1").as_bytes(), &opened())), "AM18");
}

#[test]
fn sums_beyond_what_can_be_stated_are_refused() {
    let big = "9999999999999999.99";
    let file = EXAMPLE_PAIN001.replace(">250.05", &format!(">{big}")).replace(">1200.00", &format!(">{big}"));
    let report = rejected(file.as_bytes(), &opened());
    assert_eq!(code(&report), "FF01", "{:?}", report.reasons);
}

#[test]
fn ids_are_checked() {
    for bad in ["", "123456789012345678901", "a b", "ä"] {
        assert_eq!(Ids::new(bad), Err(SimulatorError::BadIds), "{bad}");
    }
}

#[test]
fn a_malformed_account_in_the_ledger_is_not_blamed_on_the_customer() {
    let mut ledger = Ledger::default();
    ledger.open("nonsense!", "", "EUR", 1);
    let error = opening_statement(&ledger, "nonsense!", now(), today(), &ids()).unwrap_err();
    assert!(matches!(error, SimulatorError::Answer(_)), "{error}");
    assert_eq!(opening_statement(&ledger, "FI00", now(), today(), &ids()).unwrap_err(), SimulatorError::NoAccount);
}
