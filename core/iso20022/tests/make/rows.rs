//! Rows of content: JSON lines and tables.

use std::io::{self, Read};

use bankchannel_foundation::Error;
use bankchannel_iso20022::make::{
    COLUMNS, MAX_REFUSED_ROWS, MadePayment, PaymentData, PaymentMaker, PaymentTable, RowFormat, example_csv,
};
use bankchannel_iso20022::read_payment;
use bankchannel_iso20022::rules::characters::Characters;
use bankchannel_iso20022::schema::MessageType;
use bankchannel_iso20022::tables::{CsvOptions, CsvWriter, TableCell, TableColumn};

use super::{data, finish, judge, lines, now};

fn rows(text: &[u8], format: RowFormat, table: &PaymentTable) -> Result<(String, MadePayment), Error> {
    let mut maker = PaymentMaker::new(data(), &now());
    maker.add_rows(text, format, table)?;
    finish(maker)
}

fn csv(text: &str) -> Result<(String, MadePayment), Error> {
    rows(text.as_bytes(), RowFormat::Csv, &PaymentTable::default())
}

fn json(text: &str) -> Result<(String, MadePayment), Error> {
    rows(text.as_bytes(), RowFormat::JsonLines, &PaymentTable::default())
}

/// The only problem of a table.
fn problem(text: &str) -> String {
    let found = lines(&csv(text).unwrap_err());
    assert_eq!(found.len(), 1, "{found:?}");
    found.into_iter().next().unwrap()
}

const HEADER: &str = "creditor_name,creditor_iban,amount,text\n";

/// ISO-122, first half: the example is made without problems.
#[test]
fn the_example_makes_a_file() {
    let (xml, made) = csv(&example_csv()).unwrap();
    judge(MessageType::Pain00100109, &xml);
    assert_eq!((made.transactions, made.control_sum.as_str()), (2, "1450.05"));
    assert_eq!((made.warnings.len(), made.changes.len()), (0, 0));
    let names: std::collections::HashSet<_> = COLUMNS.iter().map(|column| column.name).collect();
    assert_eq!(names.len(), COLUMNS.len());
}

#[test]
fn the_same_transfers_as_lines_and_as_a_table() {
    let table = "\u{feff}creditor_name,creditor_iban,amount,text,execution_date,kind,batch_booking,creditor_town,\
                 creditor_country,creditor_address_line_1\r\n\
                 \"Alpha, Supplies\",FI14 1009 3000 1234 58,10.50,Invoice 1,2026-11-24,urgent,true,Helsinki,FI,Kadunkulma\r\n\r\n\
                 Beta,EE382200221020145685,1,,,,,,,\n";
    let lines = concat!(
        r#"{"creditor": {"name": "Alpha, Supplies", "iban": "FI1410093000123458", "address": {"town": "Helsinki", "#,
        r#""country": "FI", "lines": ["Kadunkulma"]}}, "amount": "10.50", "text": "Invoice 1", "#,
        r#""execution_date": "2026-11-24", "kind": "urgent", "batch_booking": true}"#,
        "\n\n",
        r#"{"creditor": {"name": "Beta", "iban": "EE382200221020145685"}, "amount": "1.00"}"#,
    );
    let (from_table, from_lines) = (csv(table).unwrap().0, json(lines).unwrap().0);
    assert_eq!(from_table, from_lines);
    assert!(from_table.contains("<Nm>Alpha, Supplies</Nm>") && from_table.contains("<BtchBookg>true</BtchBookg>"));
}

/// ISO-119, ISO-120: the apostrophe before a formula is removed, and a formula stays a text.
#[test]
fn guards_are_taken_off() {
    let (xml, _) = csv(&format!("{HEADER}'+358 Oy,FI1410093000123458,1.00,'-5\n")).unwrap();
    assert!(xml.contains("<Nm>+358 Oy</Nm>") && xml.contains("<Ustrd>-5</Ustrd>"), "{xml}");
    let (xml, _) = csv(&format!("{HEADER}'T Hooft,FI1410093000123458,1.00,x\n")).unwrap();
    assert!(xml.contains("<Nm>'T Hooft</Nm>"), "{xml}");
    let found = problem(&format!("{HEADER}\"'=HYPERLINK(\"\"x\"\")\",FI1410093000123458,1.00,x\n"));
    assert!(found.contains("“=HYPERLINK("), "{found}");
}

/// ISO-121.
#[test]
fn amounts_are_never_guessed() {
    for (cell, words) in [
        ("\"1.234,50\"", "two amounts"),
        ("\"1,5\"", "decimal commas"),
        ("1 000", "is not an amount"),
        ("+5", "is not an amount"),
        ("1e3", "is not an amount"),
        ("2.500", "separate thousands"),
        ("", "is missing"),
    ] {
        let found = problem(&format!("{HEADER}A,FI1410093000123458,{cell},x\n"));
        assert!(found.starts_with("transaction 1, row 2, amount: ") && found.contains(words), "{cell}: {found}");
    }
    let comma = PaymentTable { delimiter: Some(";".to_owned()), decimal_comma: Some(true) };
    let of = |cell: &str| {
        let table = format!("creditor_name;creditor_iban;amount\nA;FI1410093000123458;{cell}\n");
        rows(table.as_bytes(), RowFormat::Csv, &comma)
    };
    assert!(of("1234,50").unwrap().0.contains(">1234.50<"));
    for cell in ["1.234,50", "1234.50", "1,2,3", "2,500"] {
        assert!(of(cell).is_err(), "{cell}");
    }
}

/// ISO-121, and the limits of rows and cells: each is reported with its row and, if there is one, its column.
#[test]
fn hostile_tables() {
    let (long, cell) = ("x".repeat(1024 * 1024), "x".repeat(5000));
    let good = "A,FI1410093000123458,1.00,x\n";
    for (rows, words) in [
        (format!("{good}A,FI1410093000123458,1.00,{long}\n"), "transaction 2, row 3, text: the row has more than"),
        (format!("{good}\"A\nB\",FI1410093000123458,1.00,{cell}\n"), "transaction 2, row 3, text: the cell has more"),
        (
            format!("\"A\nB\",FI1410093000123458,1.00,x\n{good}A,FI1410093000123458,\0,x\n"),
            "row 5, amount: the cell has control",
        ),
        ("A,FI1410093000123458,1.00\n".to_owned(), "row 2: the row has 3 cells, the header row 4"),
        ("A,FI1410093000123458,1.00,x,y\n".to_owned(), "has 5 cells"),
        (format!("\"A,FI1410093000123458,1.00,x\n{good}"), "has 1 cells"),
        (format!("{}\n", ",".repeat(200)), "more than 128 cells"),
        (format!("{good}A,FI1410093000123459,1.00,x\n"), "transaction 2, row 3, creditor_iban: the IBAN"),
    ] {
        let found = lines(&csv(&format!("{HEADER}{rows}")).unwrap_err());
        assert!(found.iter().any(|line| line.contains(words)), "{words}: {found:?}");
    }
    let bytes = [HEADER.as_bytes(), b"\xc4,FI1410093000123458,1.00,x\n"].concat();
    let found = lines(&rows(&bytes, RowFormat::Csv, &PaymentTable::default()).unwrap_err());
    assert!(found[0].contains("row 2, creditor_name: the cell is not UTF-8"), "{found:?}");
    for (header, words) in [
        ("", "the table is empty"),
        ("creditor_name,amuont\n", "write amount"),
        ("creditor_name;amount\n", "the delimiter"),
        ("creditor_name,creditor_name,amount\n", "there twice"),
        ("creditor_name\n", "the column amount is missing"),
    ] {
        let found = problem(header);
        assert!(found.contains(words), "{words}: {found}");
    }
    let wrong = PaymentTable { delimiter: Some("ab".to_owned()), ..PaymentTable::default() };
    assert_eq!(rows(b"", RowFormat::Csv, &wrong).unwrap_err().detail("field"), Some("table.delimiter"));
}

/// An unclosed quotation mark takes the following rows into its cell: they would be neither paid nor reported.
#[test]
fn cells_are_of_one_line() {
    let epc = PaymentData { characters: Some(Characters::Epc), ..data() };
    let next = "Beta Oy,EE382200221020145685,2.00,Invoice 2\n";
    for cell in ["\"Invoice 1\n", "\"Invoice 1\r\n", "\"Invoice 1\r"] {
        let table = format!("{HEADER}Alpha Oy,FI1410093000123458,10.00,{cell}{next}");
        let mut maker = PaymentMaker::new(epc.clone(), &now());
        maker.add_rows(table.as_bytes(), RowFormat::Csv, &PaymentTable::default()).unwrap();
        let found = lines(&finish(maker).unwrap_err());
        assert!(found.len() == 1 && found[0].starts_with("transaction 1, row 2, text: "), "{found:?}");
        assert!(found[0].contains("quotation mark that is not closed"), "{found:?}");
    }
}

/// ISO-120: a table of ours is read back as written, whatever its cells begin with.
#[test]
fn guards_round_trip() {
    let latin1 = PaymentData { characters: Some(Characters::Latin1), ..data() };
    let columns =
        ["creditor_name", "creditor_iban", "amount", "text"].map(|name| TableColumn { name, documentation: "." });
    for text in ["=A1", "'=A1", "''=A1", "-5", "'-5", "'x", "x", "+358"] {
        let mut table = CsvWriter::new(Vec::new(), CsvOptions::default(), &columns).unwrap();
        let cells = [text, "FI1410093000123458", "1.00", "x"].map(|text| TableCell::Text(text.into()));
        table.row(&cells).unwrap();
        let mut maker = PaymentMaker::new(latin1.clone(), &now());
        maker.add_rows(table.into_inner().as_slice(), RowFormat::Csv, &PaymentTable::default()).unwrap();
        let read = read_payment(finish(maker).unwrap().0.as_bytes()).unwrap();
        let creditor = read.batches[0].transactions[0].creditor.as_ref().unwrap();
        assert_eq!(creditor.name.as_deref(), Some(text));
    }
    for text in ["\n=1", "＝1", "＋1", "－1", "＠1", "'＝1"] {
        let mut table = CsvWriter::new(Vec::new(), CsvOptions::default(), &columns[..1]).unwrap();
        table.row(&[TableCell::Text(text.into())]).unwrap();
        let written = String::from_utf8(table.into_inner()).unwrap();
        assert!(written.contains(&format!("'{text}")), "{written}");
    }
}

/// Endless unreadable rows end the reading.
#[test]
fn endless_rows() {
    struct Endless(&'static [u8]);
    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let size = self.0.len().min(buffer.len());
            buffer[..size].copy_from_slice(&self.0[..size]);
            Ok(size)
        }
    }
    for (format, head, row) in [(RowFormat::Csv, HEADER, &b"x\n"[..]), (RowFormat::JsonLines, "", &b"{\n"[..])] {
        let mut maker = PaymentMaker::new(data(), &now());
        maker.add_rows(head.as_bytes().chain(Endless(row)), format, &PaymentTable::default()).unwrap();
        let error = finish(maker).unwrap_err();
        assert_eq!(error.detail("count"), Some(MAX_REFUSED_ROWS.to_string().as_str()));
    }
}

#[test]
fn hostile_lines() {
    let good = r#"{"creditor": {"name": "A", "iban": "FI1410093000123458"}, "amount": "1"}"#;
    let long = "x".repeat(300 * 1024);
    for (text, words) in [
        ("{", "transaction 1, row 1: not valid JSON"),
        ("[]", "must be an object"),
        (r#"{"amount": "1"}"#, "creditor"),
        (r#"{"creditor": {}, "amount": 1.5}"#, "amount"),
        (r#"{"creditor": {}, "amount": "1", "amount": "2"}"#, "same key twice"),
        (r#"{"creditor": {}, "amount": "1", "amuont": "2"}"#, "amuont"),
        (r#"{"creditor": {"name": "A"}, "amount": "1", "execution_date": "2026-02-30"}"#, "execution_date"),
        (&"[".repeat(100_000), "nested too deeply"),
        (&long, "more than 262144 bytes"),
    ] {
        let found = lines(&json(&format!("{text}\n{good}\n")).unwrap_err());
        assert!(found[0].contains(words) && found[0].len() < 600, "{words}: {found:?}");
    }
    let found = lines(&json(&format!("{good}\n\n{{\n{good}")).unwrap_err());
    assert!(found.len() == 1 && found[0].starts_with("transaction 2, row 3"), "{found:?}");
}

/// ISO-010: a source that fails ends the making.
#[test]
fn a_source_that_fails() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the cable is out"))
        }
    }
    let head = format!("{HEADER}A,FI1410093000123458,1.00,x\n");
    for format in [RowFormat::Csv, RowFormat::JsonLines] {
        let mut maker = PaymentMaker::new(data(), &now());
        let error = maker.add_rows(head.as_bytes().chain(Failing), format, &PaymentTable::default()).unwrap_err();
        assert_eq!(error.code(), "input.content_unreadable");
    }
}

/// As spreadsheet programs write tables: rows without content at the end, a first line with the delimiter, and headers
/// as people type them.
#[test]
fn tables_of_spreadsheets() {
    let empty = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/cases/table-with-empty-excel-rows.csv"));
    let (xml, made) = rows(&empty.unwrap(), RowFormat::Csv, &PaymentTable::default()).unwrap();
    assert_eq!((made.transactions, xml.matches("<CdtTrfTxInf>").count()), (1, 1));
    for start in ["sep=;\n", "\u{feff}sep=;\r\n", "SEP=;\r\n"] {
        let table = format!(
            "{start}Creditor Name;CREDITOR-IBAN; Amount ;text\n;;;\nAlpha Oy;FI1410093000123458;10.00;a, b\n ; ;;\n"
        );
        let (xml, made) = rows(table.as_bytes(), RowFormat::Csv, &PaymentTable::default()).unwrap();
        assert_eq!(made.transactions, 1, "{start:?}");
        assert!(xml.contains("<Ustrd>a, b</Ustrd>"), "{xml}");
        // Places are those of the file.
        let wrong = table.replace("10.00", "ten");
        let found = lines(&rows(wrong.as_bytes(), RowFormat::Csv, &PaymentTable::default()).unwrap_err());
        assert!(found[0].contains("transaction 1, row 4, amount"), "{found:?}");
    }
    // A given delimiter is the delimiter; what only looks like the line is a header.
    let given = PaymentTable { delimiter: Some("|".to_owned()), ..PaymentTable::default() };
    let table = "sep=;\ncreditor_name|creditor_iban|amount|text\nA|FI1410093000123458|1.00|x\n";
    assert_eq!(rows(table.as_bytes(), RowFormat::Csv, &given).unwrap().1.transactions, 1);
    for header in ["sep=x\n", "sep=;", "sep=;;\n", "sep"] {
        assert!(problem(header).contains("no column"), "{header}");
    }
}
