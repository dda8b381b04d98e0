//! Records that are cut or wrong.

use bankchannel_iso20022::cash::BalanceCheck;
use bankchannel_iso20022::read_statement;

use super::{amount, bytes, check};

#[test]
fn fin_20_what_cannot_be_read_is_a_problem_and_the_rest_is_read() {
    let plain: Vec<u8> =
        bytes("tito/tito-all-kinds.to").iter().map(|byte| if byte.is_ascii() { *byte } else { b'A' }).collect();
    let text = String::from_utf8(plain).unwrap();
    // A letter in an amount.
    let read = read_statement(text.replacen("-000000000000017990", "-00000000000001799A", 1).as_bytes()).unwrap();
    let entries = &read.statements[0].entries;
    assert_eq!((entries.len(), entries[0].money.as_ref(), amount(&entries[1])), (7, None, "49.00"));
    let found = &entries[0].problems[0];
    assert_eq!(
        (found.line, found.path.as_deref(), found.value.as_deref()),
        (Some(2), Some("/T00/T10[1]/amount"), Some("00000000000001799A"))
    );
    assert_eq!(check(&read.statements[0]), BalanceCheck::NotCheckable);
    // A record that is cut in its amount.
    let cut = text.lines().map(|line| if line.starts_with("T10188000002") { &line[..95] } else { line });
    let read = read_statement(cut.collect::<Vec<_>>().join("\n").as_bytes()).unwrap();
    let entries = &read.statements[0].entries;
    assert!(
        entries.len() == 7
            && entries[1].money.is_none()
            && entries[1].problems.iter().any(|one| one.message.contains("cut") && one.line == Some(6))
    );
    // A reference with a wrong check digit is text.
    let read = read_statement(text.replacen("00000000000000001232", "00000000000000001233", 1).as_bytes()).unwrap();
    let entry = &read.statements[0].entries[1];
    assert_eq!(
        (entry.creditor_reference.as_deref(), entry.text.as_deref(), entry.problems.len()),
        (None, Some("1233"), 1)
    );
    // A line that is no record, and an item without an entry.
    let broken = text.replacen("T40050", "what is this\r\nT40050", 1);
    let read = read_statement(broken.as_bytes()).unwrap();
    assert!(
        read.statements[0].problems.iter().any(|one| one.message.contains("no record") && one.line == Some(23)),
        "{:?}",
        read.statements[0].problems
    );
    assert_eq!(check(&read.statements[0]), BalanceCheck::Consistent);

    let plain: Vec<u8> =
        bytes("ktl/ktl-two-batches.svm").iter().map(|byte| if byte.is_ascii() { *byte } else { b'A' }).collect();
    let text = String::from_utf8(plain).unwrap();
    let read = read_statement(text.replacen("1A00000151250J0", "1A000001512X0J0", 1).as_bytes()).unwrap();
    let entries = &read.statements[0].entries;
    assert_eq!((entries.len(), entries[1].money.as_ref(), entries[1].problems[0].line), (4, None, Some(3)));
    let cut = text.lines().map(|line| if line.contains("ÄYR") || line.contains("AYR") { &line[..50] } else { line });
    let read = read_statement(cut.collect::<Vec<_>>().join("\r\n").as_bytes()).unwrap();
    assert!(read.statements[0].entries[1].problems.iter().any(|one| one.message.contains("cut")));
    let factoring = text.replacen("\r\n5123", "\r\nS123456\r\n5123", 1);
    let read = read_statement(factoring.as_bytes()).unwrap();
    assert!(read.statements[0].problems.iter().any(|one| one.message.contains("factoring") && one.line == Some(5)));
    assert_eq!(read.statements[0].entries.len(), 4);
}

/// Every file cut at each byte: never a panic, and never a closing balance that was not read.
#[test]
fn cut_files_are_read_as_far_as_they_go() {
    for name in ["tito/tito-all-kinds.to", "tito/tito-no-line-ends.to", "ktl/ktl-two-batches.svm"] {
        let whole = bytes(name);
        for end in 0..whole.len() {
            let Ok(read) = read_statement(&whole[..end]) else { continue };
            for statement in &read.statements {
                let closing = statement.closing.as_ref().and_then(|closing| closing.money.as_ref());
                let ends = closing.is_none_or(|money| ["917.52", "927.52"].contains(&money.amount.as_str()));
                assert!(ends, "{name} cut at {end}: {closing:?}");
            }
        }
    }
}
