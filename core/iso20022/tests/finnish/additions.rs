//! Additions to entries and items, and items of items.

use bankchannel_iso20022::cash::{BalanceCheck, CashFile};
use bankchannel_iso20022::read_statement;

use super::{amount, check, pages_hold_the_same};

/// A statement with these records between its header and its balance.
fn file(records: &[String], closing: u32) -> String {
    let header = format!(
        "T00322100{:<14}044261201261201{:<27}261130+{:018}{:06}EUR{:<223}",
        "12345600000785", "2612021200", 100_000, 0, ""
    );
    let balance = format!("T40050261201+{closing:018}+{closing:018}");
    let records: String = records.iter().map(|record| format!("{record}\r\n")).collect();
    format!("{header}\r\n{records}{balance}\r\n")
}

fn booking(id: &str, kind: char, cents: u32, name: &str, level: char) -> String {
    format!("T10188000001{id:<18}261201261201261201{kind}700{:<35}+{cents:018}  {name:<35}{:<44}{level}", "PANO", "")
}

fn addition(kind: &str, text: &str) -> String {
    format!("T11{:03}{kind}{text}", 8 + text.chars().count())
}

fn read(text: &str) -> CashFile {
    read_statement(text.as_bytes()).unwrap()
}

#[test]
fn an_item_of_items_is_no_money_and_its_texts_and_its_id_are_kept() {
    let records = [
        booking("A1", '1', 30_000, "X", '0'),
        booking("A2", '1', 30_000, "BATCH OY", '1'),
        addition("00", "VIESTI ERASTA"),
        booking("A3", '1', 10_000, "ONE", '2'),
        booking("A4", '1', 15_000, "TWO", '2'),
        booking("A5", '1', 5000, "THREE", '1'),
    ];
    let text = file(&records, 130_000);
    let read = read(&text);
    let [entry] = read.statements[0].entries.as_slice() else { panic!("{:?}", read.statements) };
    assert_eq!((amount(entry), check(&read.statements[0])), ("300.00", BalanceCheck::Consistent));
    assert_eq!(entry.information.as_deref(), Some("PANO\nPANO\nBATCH OY\nVIESTI ERASTA"));
    let items: Vec<_> =
        entry.details.iter().map(|one| one.other_references.get("item of").map(String::as_str)).collect();
    assert_eq!(items, [Some("A2"), Some("A2"), None]);
    assert!(!read.statements[0].unread.iter().any(|one| one.path.contains("itemised")));
    pages_hold_the_same(text.as_bytes());
    // What has no place is named.
    let mut records = records.to_vec();
    records.insert(3, addition("04", &format!("{:<18}", "A0")));
    let read = self::read(&file(&records, 130_000));
    let unread = read.statements[0].unread.iter().find(|one| one.path == "/T00/T10/itemised item").unwrap();
    assert_eq!((unread.count, unread.first_line), (1, 3));
}

#[test]
fn a_second_addition_of_a_kind_is_named() {
    let customer = |id: &str| addition("02", &format!("{id:<10} {:<15} 261201", "INV"));
    let corrects = |id: &str| addition("04", &format!("{id:<18}"));
    let card = |number: &str| addition("03", &format!("{number:<19} {:<14}", "SHOP"));
    let sepa = |id: &str| addition("11", &format!("{:<245}{id:<35}{:<35}", "", "ARCHIVE"));
    let records = [
        vec![booking("A1", '1', 1000, "X", '0')],
        ["1", "2"].map(customer).to_vec(),
        ["C1", "C2"].map(corrects).to_vec(),
        ["4000", "5000"].map(card).to_vec(),
        ["E1", "E2"].map(sepa).to_vec(),
    ];
    let read = read(&file(&records.concat(), 101_000));
    let statement = &read.statements[0];
    let (entry, detail) = (&statement.entries[0], &statement.entries[0].details[0]);
    let other = |name: &str| detail.other_references.get(name).map(String::as_str);
    assert_eq!(
        (other("customer"), other("corrects"), entry.end_to_end_id.as_deref()),
        (Some("1"), Some("C1"), Some("E1"))
    );
    assert_eq!(detail.card.as_ref().unwrap().number.as_deref(), Some("4000"));
    for (kind, line) in [("02", 4), ("04", 6), ("03", 8), ("11", 10)] {
        let path = format!("/T00/T10/T11/{kind}");
        let found: Vec<_> = statement.unread.iter().filter(|one| one.path == path).collect();
        assert!(matches!(found.as_slice(), [one] if one.count == 1 && one.first_line == line), "{kind}: {found:?}");
    }
}

#[test]
fn the_additions_to_an_entry_have_a_limit() {
    for kind in ["00", "02", "05"] {
        let mut records = vec![booking("A1", '1', 1000, "X", '0')];
        records.extend(std::iter::repeat_n(addition(kind, &"1".repeat(92)), 10_485));
        assert!(read_statement(file(&records, 101_000).as_bytes()).is_ok(), "{kind}");
        records.push(addition(kind, &"1".repeat(92)));
        let fault = read_statement(file(&records, 101_000).as_bytes()).unwrap_err();
        assert_eq!(
            (fault.line, fault.message.as_str()),
            (Some(10_488), "an entry has more than 1024 KiB of additions")
        );
    }
}
