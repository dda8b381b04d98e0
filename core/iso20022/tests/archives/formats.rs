//! Statements of every format in one archive.

use bankchannel_iso20022::cash::CashKind;

use super::*;

fn data(name: &str) -> Vec<u8> {
    std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)).unwrap()
}

/// XML, SWIFT, SWIFT packed with gzip, Finnish records, and an interchange of EDIFACT.
fn of_every_format() -> Vec<u8> {
    fixture("every-format.zip")
}

#[test]
fn statements_of_every_format_are_read_in_the_order_of_the_archive() {
    let file = read_statement(of_every_format().as_slice()).unwrap();
    assert_eq!(
        names(&file),
        [
            "statement.xml",
            "statement.sta",
            "statement.sta.gz",
            "statement.to",
            "payments.svm",
            "report.sta",
            "interchange.edi"
        ]
    );
    let left_out = not_read(&file);
    assert!(matches!(left_out.as_slice(), [("interchange.edi", why)] if why.contains("EDIFACT")), "{left_out:?}");
    // The messages are numbered through, and each says which file it comes from.
    let numbers: Vec<_> = (1..).take(file.messages.len()).collect();
    let mut of_statements: Vec<_> = file.statements.iter().map(|one| one.message_number).collect();
    of_statements.dedup();
    assert_eq!(of_statements, numbers);
    let of = |member: &str| file.messages.iter().find(|one| one.member.as_deref() == Some(member)).unwrap();
    assert_eq!(of("statement.sta").message.name.as_deref(), Some("MT940"));
    assert_eq!((of("report.sta").message.name.as_deref(), of("report.sta").kind), (Some("MT942"), CashKind::Report));
    assert_eq!(of("payments.svm").kind, CashKind::Notification);
    // Each is as it would be alone.
    for name in
        ["cases/swift/de-structured.sta", "cases/swift/nl-abn-trtp.sta", "payment-breadth/tito/tito-all-kinds.to"]
    {
        for alone in read_statement(data(name).as_slice()).unwrap().statements {
            let same = file.statements.iter().find(|one| one.id == alone.id && one.account == alone.account).unwrap();
            assert_eq!(
                (&same.entries, &same.closing, &same.end),
                (&alone.entries, &alone.closing, &alone.end),
                "{name}"
            );
        }
    }
}

#[test]
fn pages_of_an_archive_of_every_format() {
    let bytes = of_every_format();
    let whole = read_statement(bytes.as_slice()).unwrap();
    assert_eq!((whole.statements, whole.archive), in_pages(&bytes));
    bankchannel_iso20022::cash::fuzz(&bytes);
}

#[test]
fn an_encoding_is_named_for_the_files_that_can_have_it() {
    // XML declares its own; a code page is one of SWIFT alone.
    let options = ReadOptions { encoding: Some("cp852".to_owned()), ..ReadOptions::default() };
    let bytes = zip(&[("a.xml", &plain("c53-stored.zip")), ("b.sta", &data("cases/swift/kind-sk-symbols.mt"))]);
    let file = cash::read_all(bytes.as_slice(), &options).unwrap();
    assert_eq!(file.messages.iter().map(|one| one.member.as_deref()).collect::<Vec<_>>(), [Some("b.sta")]);
    assert!(file.messages[0].notes.contains(&"the file is read as cp852".to_owned()));
    assert!(matches!(not_read(&file).as_slice(), [("a.xml", why)] if why.contains("cp852")));
}
