//! Finnish records (TITO, KTL) as statements: `tests/data/payment-breadth`, docs/protocols/iso20022.md §13.
#![allow(clippy::unwrap_used, clippy::panic)]

mod additions;
mod payments;
mod problems;

use std::path::PathBuf;

use bankchannel_iso20022::cash::{
    self, AmountKind, BalanceCheck, CashFile, CashKind, Cursor, Direction, Entry, ReadOptions, Statement,
};
use bankchannel_iso20022::data::Moment;
use bankchannel_iso20022::{MessageFileKind, RecognisedFile, file_kind, read_statement};

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/payment-breadth").join(name)).unwrap()
}

fn read(name: &str) -> CashFile {
    let bytes = bytes(name);
    assert_eq!(file_kind(bytes.as_slice(), None), Ok(RecognisedFile::Message(MessageFileKind::Cash)), "{name}");
    read_statement(bytes.as_slice()).unwrap()
}

fn amount(entry: &Entry) -> &str {
    entry.money.as_ref().map_or("", |money| money.amount.as_str())
}

fn day(moment: Option<&Moment>) -> String {
    moment.map(|moment| moment.date.0.to_string()).unwrap_or_default()
}

fn check(statement: &Statement) -> BalanceCheck {
    statement.end.as_ref().unwrap().balance_check
}

fn balance(statement: &Statement, code: &str) -> String {
    let of = |one: &&cash::StatementBalance| one.kind.as_ref().is_some_and(|kind| kind.code == code);
    statement.balances.iter().find(of).unwrap().money.as_ref().unwrap().amount.as_str().to_owned()
}

#[test]
fn fin_01_a_statement_of_all_kinds_of_records() {
    let file = read("tito/tito-all-kinds.to");
    let [statement] = file.statements.as_slice() else { panic!("one statement") };
    let account = &statement.account;
    assert_eq!(
        (account.iban.as_deref(), account.currency.as_deref(), account.owner.as_deref(), account.bic.as_deref()),
        (Some("FI2112345600000785"), Some("EUR"), Some("TESTI OY"), Some("TESTFIHH"))
    );
    assert_eq!(
        (statement.kind, statement.id.as_deref(), statement.sequence.as_deref()),
        (CashKind::Statement, Some("044"), Some("044"))
    );
    assert_eq!(
        (balance(statement, "OPBD"), balance(statement, "CLBD"), balance(statement, "CLAV")),
        ("1000.00".into(), "917.52".into(), "917.52".into())
    );
    assert_eq!(day(statement.opening.as_ref().unwrap().date.as_ref()), "2026-11-30");
    assert_eq!(day(statement.from.as_ref()), "2026-12-01");
    assert_eq!(check(statement), BalanceCheck::Consistent);
    assert_eq!(statement.problems, [], "counts and sums fit");
    let amounts: Vec<&str> = statement.entries.iter().map(amount).collect();
    assert_eq!(amounts, ["-179.90", "49.00", "300.00", "-49.00", "-21.50", "-202.58", "21.50"]);
    assert!(statement.entries.iter().all(|entry| entry.booked && entry.problems.is_empty()));
    let reversals: Vec<bool> = statement.entries.iter().map(|entry| entry.reversal).collect();
    assert_eq!(reversals, [false, false, false, true, false, false, true]);

    let rent = &statement.entries[0];
    let detail = &rent.details[0];
    assert_eq!(rent.booking_date.unwrap().0.to_string(), "2026-12-01");
    assert_eq!(rent.value_date.unwrap().0.to_string(), "2026-12-01");
    assert_eq!(day(detail.accepted.as_deref()), "2026-12-01");
    let code = rent.bank_code.as_ref().unwrap();
    assert_eq!(code.proprietary.as_deref(), Some("702 OTTO TILISIIRTO"));
    assert_eq!((code.issuer.as_deref(), code.meaning.as_deref()), (Some("FFFS"), Some("bills paid")));
    assert_eq!(rent.information.as_deref(), Some("OTTO TILISIIRTO"));
    let payee = rent.counterparty.as_ref().unwrap();
    assert_eq!((payee.name.as_deref(), payee.iban.as_deref()), (Some("VUOKRA OY"), Some("FI7944052020036082")));
    assert_eq!(payee.bic.as_deref(), Some("TESTFIHHXXX"));
    assert!(detail.creditor.is_some() && detail.debtor.is_none());
    assert_eq!(rent.text.as_deref(), Some("VUOKRAT 2026-12\nKIITOS"));
    assert_eq!(detail.information.as_deref(), Some("SALARY 12/2026"));
    assert_eq!(rent.creditor_reference.as_deref(), Some("RF18539007547034"));
    assert_eq!(rent.end_to_end_id.as_deref(), Some("E2E-9"));
    assert_eq!(rent.servicer_reference.as_deref(), Some("261201PANK00000000"));

    let deposit = &statement.entries[1];
    assert_eq!(
        (deposit.creditor_reference.as_deref(), deposit.direction.as_ref()),
        (Some("1232"), Some(&Direction::Credit))
    );
    assert_eq!(deposit.counterparty.as_ref().unwrap().name.as_deref(), Some("VIRTANEN LIISA"));
    assert_eq!(deposit.value_date.unwrap().0.to_string(), "2026-12-02");

    let itemised = &statement.entries[2];
    assert_eq!(itemised.batches[0].count, Some(3));
    let items: Vec<_> = itemised
        .details
        .iter()
        .map(|one| (one.money.as_ref().unwrap().amount.as_str(), one.creditor_reference.as_deref().unwrap()))
        .collect();
    assert_eq!(items, [("100.00", "12344"), ("120.00", "123453"), ("80.00", "1234561")]);
    assert_eq!(itemised.details[0].counterparty.as_ref().unwrap().name.as_deref(), Some("A OY"));
    assert_eq!(
        (itemised.details_sum.as_ref().unwrap().as_str(), itemised.details_difference.as_ref().unwrap().as_str()),
        ("300.00", "0.00")
    );

    let corrected = &statement.entries[3];
    assert_eq!(corrected.details[0].other_references["corrects"], "261201PANK00000000");
    assert_eq!(corrected.counterparty.as_ref().unwrap().name.as_deref(), Some("VIRTANEN LIISA"));
    assert!(corrected.details[0].debtor.is_some(), "the payer of what is corrected");
    let card = statement.entries[4].details[0].card.as_ref().unwrap();
    assert_eq!(
        (card.number.as_deref(), card.sale_reference.as_deref()),
        (Some("4920291234567891"), Some("0606039875421"))
    );

    let abroad = &statement.entries[5];
    assert_eq!(abroad.information.as_deref(), Some("MAKSUMÄÄRÄYS"));
    let detail = &abroad.details[0];
    let original = &detail.amounts[0];
    assert_eq!((original.money.amount.as_str(), original.money.currency.as_str()), ("240.00", "USD"));
    assert_eq!((original.rate.as_ref().unwrap().as_str(), &original.kind), ("1.1847000", &AmountKind::Instructed));
    let purpose = detail.purpose.as_ref().unwrap();
    assert_eq!((purpose.code.as_str(), purpose.meaning.as_deref()), ("150", Some("PALVELUMAKSU")));
    assert_eq!(detail.information.as_deref(), Some("ALTMANNSTR 999\nLISÄPALKKIO\nIBAN PUUTTUU"));
    let information = statement.end.as_ref().unwrap().information.clone().unwrap();
    for part in ["OMA TIETUE", "PANKIN TIEDOTE ASIAKKAILLE", "Y-TUNNUS 1234567-1"] {
        assert!(information.contains(part), "{part}: {information}");
    }
    assert_eq!((statement.summary.credits, statement.summary.debits), (Some(3), Some(4)));
    assert!(
        statement.unread.iter().any(|one| one.path == "/T00/T10/delivery" && one.count == 10),
        "{:?}",
        statement.unread
    );
}

#[test]
fn fin_02_statements_without_line_ends() {
    let file = read("tito/tito-no-line-ends.to");
    let [first, second] = file.statements.as_slice() else { panic!("two statements") };
    assert_eq!((first.id.as_deref(), second.id.as_deref()), (Some("045"), Some("046")));
    assert_eq!((balance(first, "OPBD"), balance(first, "CLBD")), ("917.52".into(), "927.52".into()));
    assert_eq!((balance(second, "OPBD"), balance(second, "CLBD")), ("927.52".into(), "927.52".into()));
    assert_eq!((amount(&first.entries[0]), second.entries.len()), ("10.00", 0));
    let seven_bit = ReadOptions { encoding: Some("ISO646-FI".to_owned()), ..ReadOptions::default() };
    let again = cash::read_all(bytes("tito/tito-no-line-ends.to").as_slice(), &seven_bit).unwrap();
    let name = |file: &CashFile| file.statements[0].entries[0].counterparty.as_ref().unwrap().name.clone().unwrap();
    assert_eq!(name(&again), "ÄKKILäINEN äIJÄ ÖLJY");
    assert_ne!(name(&file), name(&again), "never guessed");
    assert!([first, second].iter().all(|statement| check(statement) == BalanceCheck::Consistent));
}

#[test]
fn fin_03_notifications_are_no_entries() {
    let file = read("tito/tito-notifications.to");
    let [statement] = file.statements.as_slice() else { panic!("one statement") };
    assert_eq!((statement.entries.len(), check(statement)), (0, BalanceCheck::Consistent));
    let information = statement.end.as_ref().unwrap().information.clone().unwrap();
    assert!(information.contains("55.00 EUR") && information.contains("2 payments"), "{information}");
}

/// A statement of two days, with a balance for each.
#[test]
fn fin_04_the_last_balance_is_the_closing_one() {
    let text = String::from_utf8_lossy(&bytes("tito/tito-notifications.to")).into_owned();
    let day = "T40050261203+000000000000050000+000000000000050000\r\nT40050261204";
    let read = read_statement(text.replace("T40050261204", day).as_bytes()).unwrap();
    let statement = &read.statements[0];
    assert_eq!((balance(statement, "ITBD"), balance(statement, "CLBD")), ("500.00".into(), "927.52".into()));
    assert_eq!(statement.closing.as_ref().unwrap().money.as_ref().unwrap().amount.as_str(), "927.52");
}

/// Padding may be cut or added, and lines may end otherwise.
#[test]
fn fin_05_padding_and_line_ends_change_nothing() {
    let whole = read("tito/tito-all-kinds.to").statements;
    let text = String::from_utf8(
        bytes("tito/tito-all-kinds.to").iter().map(|byte| if byte.is_ascii() { *byte } else { b'A' }).collect(),
    )
    .unwrap();
    let plain = read_statement(text.as_bytes()).unwrap().statements;
    let lines: Vec<&str> = text.lines().collect();
    let trimmed: Vec<String> = lines.iter().map(|line| line.trim_end().to_owned()).collect();
    let padded: Vec<String> = lines.iter().map(|line| format!("{line}      ")).collect();
    for changed in [trimmed.join("\n"), padded.join("\r\n"), lines.join("\n"), lines.join("\r")] {
        let mut read = read_statement(changed.as_bytes()).unwrap().statements;
        // A lone carriage return is no line for the numbers of lines.
        for statement in &mut read {
            statement.entries.iter_mut().zip(&plain[0].entries).for_each(|(one, own)| {
                one.line = own.line;
                one.details.iter_mut().zip(&own.details).for_each(|(one, own)| one.line = own.line);
            });
            statement.unread.clone_from(&plain[0].unread);
        }
        assert_eq!(read, plain);
    }
    assert_eq!(whole[0].entries.len(), plain[0].entries.len());
}

/// Reads page by page, and compares with the whole.
fn pages_hold_the_same(bytes: &[u8]) {
    let whole = read_statement(bytes).unwrap();
    let (mut statements, mut cursor) = (Vec::<Statement>::new(), None::<Cursor>);
    loop {
        let from = cursor.as_ref().map_or(0, |cursor| usize::try_from(cursor.position).unwrap());
        let page = cash::read_page(&bytes[from..], &ReadOptions::default(), cursor.take(), 1).unwrap();
        for mut statement in page.statements {
            if let Some(mut last) = statements.pop_if(|last| last.number == statement.number) {
                last.entries.append(&mut statement.entries);
                statement.entries = last.entries;
            }
            statements.push(statement);
        }
        let Some(next) = page.next else { break };
        cursor = Some(next);
    }
    assert_eq!(whole.statements, statements);
}

#[test]
fn pages_of_records_hold_the_same_as_the_whole() {
    for name in [
        "tito/tito-all-kinds.to",
        "tito/tito-no-line-ends.to",
        "tito/tito-notifications.to",
        "ktl/ktl-two-batches.svm",
        "ktl/ktl-no-batches.svm",
    ] {
        pages_hold_the_same(&bytes(name));
    }
}
