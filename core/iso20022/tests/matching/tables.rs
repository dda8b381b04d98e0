//! Typed results as rows and as CSV.

use bankchannel_iso20022::tables::{
    self, CsvOptions, CsvWriter, ENTRIES, EntryRows, OUTCOMES, STATUSES, TRANSACTIONS, TableCell, TableColumn, TableRow,
};

use super::*;

fn csv<'a>(options: CsvOptions, columns: &[TableColumn], rows: impl Iterator<Item = TableRow<'a>>) -> String {
    let mut csv = CsvWriter::new(Vec::new(), options, columns).unwrap();
    for row in rows {
        assert_eq!(row.len(), columns.len());
        csv.row(&row).unwrap();
    }
    String::from_utf8(csv.into_inner()).unwrap()
}

/// The cell of a row by the name of its column.
fn cell<'r>(columns: &[TableColumn], row: &'r [TableCell<'_>], name: &str) -> &'r str {
    row[columns.iter().position(|column| column.name == name).unwrap()].as_str()
}

#[test]
fn columns_have_names_and_documentation() {
    for columns in [ENTRIES, TRANSACTIONS, STATUSES, OUTCOMES] {
        let mut names: Vec<_> = columns.iter().map(|column| column.name).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(columns.iter().all(|column| column.documentation.ends_with('.')));
    }
}

#[test]
fn iso_119_no_text_is_a_formula() {
    let column = |name| TableColumn { name, documentation: "." };
    let columns = [column("name"), column("amount")];
    let texts = ["=HYPERLINK(\"x\")", "-5", "+358", "\t1", "@SUM", "\r1", "\0", "a,b", "plain", ""];
    let rows = || texts.iter().map(|text| vec![TableCell::Text((*text).into()), TableCell::Number("-5.00".into())]);
    let safe = csv(CsvOptions::default(), &columns, rows());
    assert_eq!(
        safe,
        "name,amount\n\"'=HYPERLINK(\"\"x\"\")\",-5.00\n'-5,-5.00\n'+358,-5.00\n'\t1,-5.00\n'@SUM,-5.00\n\"'\r1\",-5.00\n\
         '\0,-5.00\n\"a,b\",-5.00\nplain,-5.00\n,-5.00\n"
    );
    let options = CsvOptions { delimiter: b';', crlf: true, raw: true };
    let raw = csv(options, &columns, rows());
    assert!(raw.starts_with("name;amount\r\n\"=HYPERLINK(\"\"x\"\")\";-5.00\r\n-5;-5.00\r\n"), "{raw}");
}

#[test]
fn rows_of_entries() {
    let inside = of_payment("P1", "2")
        + &details("<Refs><EndToEndId>E2</EndToEndId></Refs><Amt Ccy=\"EUR\">250</Amt>")
        + &details("<Refs><EndToEndId>E3</EndToEndId></Refs><Amt Ccy=\"EUR\">75.5</Amt>");
    let statements = [statement(&[debit("325.50", &inside), debit("3.50", "")])];
    let details: Vec<_> = tables::of_statements(&statements, EntryRows::Details).collect();
    let shown: Vec<_> = details
        .iter()
        .map(|row| {
            ["entry", "detail", "amount", "entry_amount", "end_to_end_id", "payment_id"]
                .map(|name| cell(ENTRIES, row, name))
        })
        .collect();
    assert_eq!(
        shown,
        [
            ["1", "1", "-250", "-325.50", "E2", "P1"],
            ["1", "2", "-75.5", "-325.50", "E3", "P1"],
            ["2", "", "-3.50", "-3.50", "", ""]
        ]
    );
    let entries: Vec<_> = tables::of_statements(&statements, EntryRows::Entries).collect();
    assert_eq!(entries.len(), 2);
    let first = ["account", "kind", "booking_date", "status", "amount", "end_to_end_id"];
    assert_eq!(
        first.map(|name| cell(ENTRIES, &entries[0], name)),
        [IBAN, "statement", "2026-11-20", "BOOK", "-325.50", ""]
    );
}

#[test]
fn rows_of_entries_have_key_and_words() {
    let back = "<RtrInf><Rsn><Cd>NARR</Cd></Rsn><AddtlInf>account of the deceased</AddtlInf></RtrInf>";
    let own = "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>RRTN</SubFmlyCd></Fmly></Domn></BkTxCd>";
    let one = entry_of("1.00", "CRDT", "BOOK", &details(&format!("{own}{back}"))).replace(
        "</Ntry>",
        "<BkTxCd><Prtry><Cd>710</Cd></Prtry></BkTxCd><AddtlNtryInf>Return of a payment</AddtlNtryInf></Ntry>",
    );
    let unsaid = debit("3.00", "").replace("<Sts><Cd>BOOK</Cd></Sts>", "");
    let two = debit("4.00", &(details("") + &details("")));
    let statements = [statement(&[one, unsaid, two])];
    for rows in [EntryRows::Details, EntryRows::Entries] {
        let all: Vec<_> = tables::of_statements(&statements, rows).collect();
        let first = ["text", "information", "return_reason", "return_information"];
        assert_eq!(
            first.map(|name| cell(ENTRIES, &all[0], name)),
            ["Return of a payment", "Return of a payment", "NARR", "account of the deceased"],
            "{rows:?}"
        );
        assert!(cell(ENTRIES, &all[0], "bank_code").contains("return"), "{}", cell(ENTRIES, &all[0], "bank_code"));
        assert_eq!(["status", "booked"].map(|name| cell(ENTRIES, &all[1], name)), ["", "true"]);
        let key = |row: usize| cell(ENTRIES, &all[row], "key").to_owned();
        assert_eq!(Some(key(0)), statements[0].entries[0].key);
        let third = statements[0].entries[2].key.clone().unwrap();
        match rows {
            EntryRows::Entries => assert_eq!(key(2), third),
            EntryRows::Details => assert_eq!([key(2), key(3)], [format!("{third}/1"), format!("{third}/2")]),
        }
    }
}

#[test]
fn rows_of_payments_reports_and_outcomes() {
    let file = three();
    let rows: Vec<_> = tables::of_payment(&file).collect();
    let names = ["number", "payment_id", "execution_date", "debtor_account", "creditor", "amount", "currency"];
    let second = ["2", "P1", "2026-11-20", IBAN, "Creditor 1", "250.00", "EUR"];
    assert_eq!((rows.len(), names.map(|name| cell(TRANSACTIONS, &rows[1], name))), (3, second));

    let said = [report(&group_status("PART"), &of_batch("P1", "", &of_transaction("E1", "RJCT", &reason("AC04"))))];
    let rows: Vec<_> = tables::of_reports(&said).collect();
    let names = ["level", "payment_id", "status", "reasons", "reason_meanings", "end_to_end_id", "created"];
    let shown: Vec<_> = rows.iter().map(|row| names.map(|name| cell(STATUSES, row, name))).collect();
    let created = "2026-11-20T08:00:00";
    assert_eq!(
        shown,
        [
            ["file", "", "PART", "", "", "", created],
            ["transaction", "P1", "RJCT", "AC04", "account is closed", "E1", created]
        ]
    );

    let found = matched(&file, &said, &[statement(&[debit("325.50", &of_payment("P1", "2"))])]);
    let names = ["end_to_end_id", "outcome", "status_from", "reason", "again", "booking_date", "statement"];
    let shown: Vec<Vec<String>> = tables::of_matched(&found)
        .map(|row| names.iter().map(|name| cell(OUTCOMES, &row, name).to_owned()).collect())
        .collect();
    assert_eq!(shown[0], ["E1", "rejected", "transaction", "AC04", "clarify_first", "", ""]);
    assert_eq!(shown[1], ["E2", "paid_in_batch", "", "", "no", "2026-11-20", "S-053"]);
    let text = csv(CsvOptions::default(), OUTCOMES, tables::of_matched(&found));
    assert_eq!(text.lines().count(), 4);
}

#[test]
fn an_entry_of_several_transactions_says_why_each_came_back() {
    let back = |code: &str, words: &str| {
        let returned = format!("<RtrInf><Rsn><Cd>{code}</Cd></Rsn><AddtlInf>{words}</AddtlInf></RtrInf>");
        details(&returned)
    };
    let row = |inside: &str| {
        let found = [statement(&[entry_of("20.00", "CRDT", "BOOK", inside)])];
        let row = tables::of_statements(&found, EntryRows::Entries).next().unwrap();
        ["return_reason", "return_information"].map(|name| {
            let at = tables::ENTRIES.iter().position(|column| column.name == name).unwrap();
            row[at].as_str().to_owned()
        })
    };
    let many = [back("AC04", "closed"), details(""), back("AC04", "closed"), back("NARR", "payee died")].concat();
    assert_eq!(row(&many), ["AC04; NARR", "closed; payee died"]);
    assert_eq!(row(&back("AC04", "closed")), ["AC04", "closed"]);
    assert_eq!(row(&details("")), ["", ""]);
    let each: String = (0..25).map(|number| back("AC04", &format!("words {number}"))).collect();
    let [reason, words] = row(&each);
    assert!(reason == "AC04" && words.ends_with("words 19; …"), "{words}");
}
