//! Incoming reference payments (KTL).

use bankchannel_iso20022::cash::CashKind;
use bankchannel_iso20022::read_statement;

use super::{amount, bytes, day, pages_hold_the_same, read};

#[test]
fn fin_10_each_batch_of_reference_payments_is_a_notification() {
    let file = read("ktl/ktl-two-batches.svm");
    let [first, second] = file.statements.as_slice() else { panic!("two batches") };
    assert_eq!(
        (first.kind, first.id.as_deref(), second.id.as_deref()),
        (CashKind::Notification, Some("012345678"), Some("012345679"))
    );
    let created = first.created.as_ref().unwrap();
    assert_eq!((day(Some(created)).as_str(), created.time.as_deref()), ("2026-12-05", Some("19:46:00")));
    assert_eq!(first.account.iban.as_deref(), Some("FI2112345600000785"));
    assert_eq!(first.entries.iter().map(amount).collect::<Vec<_>>(), ["49.00", "151.25", "-49.00", "10.00"]);
    let names: Vec<_> =
        first.entries.iter().map(|entry| entry.counterparty.as_ref().unwrap().name.clone().unwrap()).collect();
    assert_eq!(names, ["KATAJAINEN J", "ÄYRÄS OY", "KATAJAINEN J", "LASKU OY"]);
    let references: Vec<_> = first.entries.iter().map(|entry| entry.creditor_reference.as_deref().unwrap()).collect();
    assert_eq!(references, ["1232", "12344", "1232", "123453"]);
    assert_eq!(first.entries[0].booking_date.unwrap().0.to_string(), "2026-12-05");
    assert_eq!(day(first.entries[0].details[0].accepted.as_deref()), "2026-12-04");
    assert_eq!(first.entries.iter().map(|entry| entry.reversal).collect::<Vec<_>>(), [false, false, true, false]);
    assert_eq!(first.entries[3].bank_code.as_ref().unwrap().meaning.as_deref(), Some("direct debit collected"));
    let summary = &first.summary;
    let money = |amount: &Option<_>| {
        amount.as_ref().map(|one: &bankchannel_foundation::model::Decimal| one.as_str().to_owned()).unwrap()
    };
    assert_eq!(
        (money(&summary.credit_sum), money(&summary.debit_sum), money(&summary.net)),
        ("210.25".into(), "49.00".into(), "161.25".into())
    );
    assert_eq!((summary.credits, summary.debits), (Some(3), Some(1)));
    assert!(first.problems.is_empty() && second.problems.is_empty(), "{:?}", first.problems);
    assert_eq!((amount(&second.entries[0]), second.account.iban.as_deref()), ("0.01", Some("FI7944052020036082")));
}

#[test]
fn fin_11_nothing_came() {
    let file = read("ktl/ktl-no-batches.svm");
    let [batch] = file.statements.as_slice() else { panic!("one batch") };
    assert!(batch.entries.is_empty() && batch.problems.is_empty() && batch.end.is_some());
}

#[test]
fn fin_12_sums_that_differ_are_problems() {
    let text: Vec<u8> = bytes("ktl/ktl-two-batches.svm");
    let changed =
        String::from_utf8(text.iter().map(|byte| if byte.is_ascii() { *byte } else { b'A' }).collect()).unwrap();
    let read = read_statement(
        changed.replace("90000030000002102500000100000004900", "90000040000002102400000100000004900").as_bytes(),
    )
    .unwrap();
    let found: Vec<_> =
        read.statements[0].problems.iter().map(|one| (one.rule.as_str(), one.line, one.message.clone())).collect();
    assert!(
        found.iter().any(|(rule, line, message)| (*rule, *line) == ("control_sum", Some(6))
            && message.contains("210.24")
            && message.contains("210.25")),
        "{found:?}"
    );
    assert!(found.iter().any(|(rule, _, message)| *rule == "count" && message.contains('4')), "{found:?}");
    assert_eq!(read.statements[1].problems, []);
}

/// A batch with payments to two accounts: a statement for each, and the sums are those of both.
#[test]
fn payments_to_several_accounts_are_statements_of_their_own() {
    let (account, other) = ("12345600000785", "44052020036082");
    let payment = |account: &str, number: u8| {
        format!("3{account}2612052612042588WWRV02120{number:03}00000000000000001232KATAJAINEN J1A00000049000A0")
    };
    let sums = format!("9{:06}{:011}{:06}{:011}", 3, 14_700, 0, 0);
    let file =
        ["02612051946470123456781".to_owned(), payment(account, 1), payment(other, 2), payment(account, 3), sums];
    for end in ["\n", "\r\n"] {
        let read = read_statement(file.join(end).as_bytes()).unwrap();
        let ibans: Vec<_> = read.statements.iter().map(|one| one.account.iban.as_deref().unwrap()).collect();
        assert_eq!(ibans, ["FI2112345600000785", "FI7944052020036082", "FI2112345600000785"]);
        assert!(
            read.statements.iter().all(|one| one.problems.is_empty() && one.entries.len() == 1),
            "{:?}",
            read.statements
        );
    }
    // Without line ends each record has its 90 characters.
    let fixed: String = file.iter().map(|record| format!("{record:<90}")).collect();
    assert_eq!(read_statement(fixed.as_bytes()).unwrap().statements.len(), 3);
    pages_hold_the_same(fixed.as_bytes());
    pages_hold_the_same(file.join("\n").as_bytes());
    // One whose amount cannot be read is counted all the same.
    let cut = [file[0].as_str(), &file[1][..80], &file[2], &file[3], &file[4]].join("\n");
    let read = read_statement(cut.as_bytes()).unwrap();
    assert!(read.statements.iter().flat_map(|one| &one.problems).all(|one| one.rule == "control_sum"), "{read:?}");
    pages_hold_the_same(cut.as_bytes());
}
