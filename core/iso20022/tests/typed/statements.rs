//! A whole file: messages, accounts, balances, dates.

use bankchannel_iso20022::cash::{
    BalanceCheck, CashKind, CashReader, Cursor, ReadOptions, Statement, read_all, read_page,
};
use bankchannel_iso20022::{read_notification, read_report, read_statement};

use crate::{account, amount, balance, document, entry, first, only, read, statement};

#[test]
fn iso_073_versions_2_and_8_give_the_same() {
    let new = format!(
        "{}{}",
        balance("OPBD", "10.00", "CRDT"),
        entry(
            "5.00",
            "CRDT",
            "<NtryDtls><TxDtls><Refs><EndToEndId>E1</EndToEndId></Refs><Amt Ccy=\"EUR\">5.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>\
             <RltdPties><Dbtr><Pty><Nm>P</Nm></Pty></Dbtr></RltdPties>\
             <RltdAgts><DbtrAgt><FinInstnId><BICFI>NDEAFIHH</BICFI></FinInstnId></DbtrAgt></RltdAgts></TxDtls></NtryDtls>"
        )
    );
    let old = new
        .replace("<Sts><Cd>BOOK</Cd></Sts>", "<Sts>BOOK</Sts>")
        .replace("<Pty><Nm>P</Nm></Pty>", "<Nm>P</Nm>")
        .replace("BICFI", "BIC");
    let (old, new) = (read(&statement("02", &old)), read(&statement("08", &new)));
    assert_eq!(old.statements, new.statements);
    assert_eq!((old.messages[0].message.version, new.messages[0].message.version), (Some(2), Some(8)));
}

#[test]
fn iso_075_a_newer_version_and_unknown_elements() {
    let file = statement(
        "13",
        &format!("<New1><A b=\"c\">x</A></New1>{}<SplmtryData><Ntry/></SplmtryData>", entry("5", "CRDT", "<New2/>")),
    );
    let newest = read(&file);
    assert_eq!((newest.statements[0].entries.len(), newest.messages[0].notes.len()), (1, 0));
    let newer = read(&file.replace("053.001.13", "053.001.14"));
    assert!(newer.messages[0].notes[0].contains("version 14"), "{:?}", newer.messages);
    for foreign in ["iso:20023:camt", "http://www.six-interbank-clearing.com/de/camt.053.001.04.ch.02.xsd"] {
        let read = read(&file.replace("urn:iso:std:iso:20022:tech:xsd:camt.053.001.13", foreign));
        assert_eq!((read.statements[0].entries.len(), read.messages[0].notes.len()), (1, 1), "{foreign}");
    }
}

#[test]
fn iso_076_any_of_the_three_is_read_and_says_what_it_is() {
    for (name, root, element, kind) in [
        ("camt.052.001.08", "BkToCstmrAcctRpt", "Rpt", CashKind::Report),
        ("camt.053.001.08", "BkToCstmrStmt", "Stmt", CashKind::Statement),
        ("camt.054.001.08", "BkToCstmrDbtCdtNtfctn", "Ntfctn", CashKind::Notification),
    ] {
        let file = document(name, root, &format!("<{element}>{}{}</{element}>", account(), entry("5", "CRDT", "")));
        for read in [read_statement(file.as_bytes()), read_report(file.as_bytes()), read_notification(file.as_bytes())]
        {
            let read = read.unwrap();
            assert_eq!((read.statements[0].kind, read.statements[0].entries.len()), (kind, 1));
            assert_eq!(read.messages[0].message.name.as_deref(), Some(name));
        }
    }
}

#[test]
fn iso_077_no_entries_at_all() {
    let file = statement("08", &(balance("OPBD", "10.00", "CRDT") + &balance("CLBD", "10.00", "CRDT")));
    let read = read(&file);
    assert!(read.statements[0].entries.is_empty());
    let end = read.statements[0].end.as_ref().unwrap();
    assert_eq!(
        (end.balance_check, end.balance_difference.as_ref().unwrap().as_str()),
        (BalanceCheck::Consistent, "0.00")
    );
    let empty = read_statement(document("camt.053.001.08", "BkToCstmrStmt", "").as_bytes()).unwrap();
    assert_eq!((empty.messages.len(), empty.statements.len()), (1, 0));
}

#[test]
fn iso_078_several_statements_are_not_mixed() {
    let second = "<Stmt><Id>S2</Id><Acct><Id><Othr><Id>77-1</Id></Othr></Id><Ccy>SEK</Ccy></Acct>\
        <Ntry><Amt Ccy=\"SEK\">7</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts></Ntry></Stmt>";
    let file = statement("08", &entry("5", "CRDT", "")).replace("</Stmt>", &format!("</Stmt>{second}"));
    let read = read(&file);
    let [one, two] = read.statements.as_slice() else { panic!("two") };
    assert_eq!((one.account.iban.as_deref(), one.account.currency.as_deref()), (Some(crate::IBAN), Some("EUR")));
    assert_eq!((two.account.account.as_deref(), two.account.currency.as_deref()), (Some("77-1"), Some("SEK")));
    assert_eq!((amount(two.entries[0].money.as_ref()), two.number, two.entries[0].number), (Some("-7"), 2, 1));
    assert_eq!(two.created.as_ref().unwrap().time.as_deref(), Some("08:00:00"), "the message's time stands in");
}

#[test]
fn iso_083_reversals_the_other_way() {
    let inside = format!(
        "{}{}{}",
        balance("OPBD", "100", "CRDT"),
        balance("CLBD", "90", "CRDT"),
        entry("10", "CRDT", "<RvslInd>true</RvslInd>")
    );
    let file = statement("08", &inside);
    let plain = read(&file).statements.remove(0);
    assert_eq!(amount(plain.entries[0].money.as_ref()), Some("10"));
    assert_eq!(plain.end.unwrap().balance_check, BalanceCheck::ConsistentWithReversalsFlipped);
    let options = ReadOptions { reversal_flips: true, ..ReadOptions::default() };
    let flipped = read_all(file.as_bytes(), &options).unwrap().statements.remove(0);
    assert_eq!(amount(flipped.entries[0].money.as_ref()), Some("-10"));
    assert_eq!(flipped.end.unwrap().balance_check, BalanceCheck::Consistent);
    // The details have the direction of their entry.
    let detail = "</RvslInd><NtryDtls><TxDtls><Amt Ccy=\"EUR\">10</Amt><CdtDbtInd>CRDT</CdtDbtInd></TxDtls></NtryDtls>";
    let flipped = read_all(file.replace("</RvslInd>", detail).as_bytes(), &options).unwrap().statements.remove(0);
    let entry = &flipped.entries[0];
    assert_eq!((amount(entry.details[0].money.as_ref()), &entry.details[0].direction), (Some("-10"), &entry.direction));
    assert_eq!([&entry.details_sum, &entry.details_difference].map(|sum| sum.as_ref().unwrap().as_str()), ["-10", "0"]);
}

#[test]
fn iso_084_only_booked_entries_count() {
    let pending = |code: &str| entry("5", "CRDT", "").replace("BOOK", code);
    let inside = format!("{}{}{}{}", entry("1", "CRDT", ""), pending("PDNG"), pending("INFO"), pending("FUTR"));
    let read = read(&statement("08", &inside)).statements.remove(0);
    let booked: Vec<_> = read.entries.iter().map(|entry| entry.booked).collect();
    assert_eq!(booked, [true, false, false, false]);
    assert_eq!(read.entries[1].status.as_ref().unwrap().meaning.as_deref(), Some("pending"));
    assert_eq!(read.end.unwrap().booked_sum.unwrap().as_str(), "1");
}

#[test]
fn iso_085_opening_and_closing() {
    let balances = |codes: &[&str]| {
        let all: String = codes.iter().map(|code| balance(code, "1", "CRDT")).collect();
        let read = read(&statement("08", &all)).statements.remove(0);
        [read.opening, read.closing].map(|found| found.map(|balance| balance.kind.unwrap().code))
    };
    let some = |code: &str| Some(code.to_owned());
    assert_eq!(balances(&["CLAV", "PRCD", "CLBD"]), [some("PRCD"), some("CLBD")]);
    assert_eq!(balances(&["ITBD"]), [None, some("ITBD")]);
    assert_eq!(balances(&["ITBD", "ITBD"]), [some("ITBD"), some("ITBD")]);
    assert_eq!(balances(&["CLAV", "FWAV"]), [None, None]);
    assert_eq!(balances(&["OPBD"]), [some("OPBD"), None]);
}

#[test]
fn iso_086_a_debit_balance_is_negative() {
    let read = read(&statement("08", &balance("OPBD", "12.50", "DBIT"))).statements.remove(0);
    assert_eq!(amount(read.balances[0].money.as_ref()), Some("-12.50"));
    assert_eq!(read.opening.unwrap().kind.unwrap().meaning.as_deref(), Some("opening booked"));
}

#[test]
fn balances_that_do_not_fit_and_other_currencies() {
    let ends = balance("OPBD", "10.00", "CRDT") + &balance("CLBD", "20.00", "CRDT");
    let foreign = entry("99", "CRDT", "").replace("EUR", "USD");
    let end = read(&statement("08", &format!("{ends}{}{foreign}", entry("7.5", "CRDT", ""))))
        .statements
        .remove(0)
        .end
        .unwrap();
    assert_eq!((end.balance_check, end.other_currency, end.entries), (BalanceCheck::Differs, 1, 2));
    assert_eq!(end.balance_difference.unwrap().as_str(), "2.50");
    let none = read(&statement("08", &entry("1", "CRDT", ""))).statements.remove(0).end.unwrap();
    assert_eq!(none.balance_check, BalanceCheck::NotCheckable);
}

#[test]
fn without_a_direction_nothing_is_summed() {
    let ends = |from: &str, to: &str| balance("OPBD", "10", from) + &balance("CLBD", "15", to);
    let read_end = |inside: &str| {
        let read = read(&statement("08", inside)).statements.remove(0);
        let messages: Vec<_> = read.problems.into_iter().map(|problem| problem.message).collect();
        (read.end.unwrap(), messages, read.entries.into_iter().next().map(|entry| entry.problems))
    };
    for direction in ["<CdtDbtInd>BOTH</CdtDbtInd>", "<CdtDbtInd/>", ""] {
        let odd = entry("5", "CRDT", "").replace("<CdtDbtInd>CRDT</CdtDbtInd>", direction);
        let (end, _, problems) = read_end(&(ends("CRDT", "CRDT") + &odd));
        assert_eq!((end.balance_check, end.booked_sum), (BalanceCheck::NotCheckable, None), "{direction}");
        assert_eq!(problems.unwrap().len(), 1, "{direction}");
    }
    let entry = entry("5", "CRDT", "");
    let (end, problems, _) = read_end(&(ends("CRDT", "BOTH") + &entry));
    assert_eq!((end.balance_check, problems.len()), (BalanceCheck::NotCheckable, 1));
    let without = ends("BOTH", "CRDT").replace("<CdtDbtInd>BOTH</CdtDbtInd>", "");
    let (end, problems, _) = read_end(&(without + &entry));
    assert_eq!((end.balance_check, problems), (BalanceCheck::NotCheckable, vec!["has no direction".to_owned()]));
    assert_eq!(end.booked_sum.unwrap().as_str(), "5");
}

#[test]
fn iso_088_a_time_is_in_its_own_offset() {
    let at = |written: &str| {
        only(&entry("5", "CRDT", "").replace("<Dt>2026-11-20</Dt>", &format!("<DtTm>{written}</DtTm>")))
    };
    let read = at("2026-11-20T00:30:00.123456789123+01:00");
    assert_eq!(read.booking_date.unwrap().to_string(), "2026-11-20");
    let time = read.booking_time.unwrap();
    assert_eq!(time.time.as_deref(), Some("00:30:00.123456789"));
    assert_eq!(time.instant.unwrap().as_ms(), 1_795_131_000_123);
    assert_eq!(at("2026-11-20T23:59:59").booking_time.unwrap().instant, None, "no offset, no instant");
}

#[test]
fn iso_095_pages_are_told() {
    let page = "<StmtPgntn><PgNb>2</PgNb><LastPgInd>true</LastPgInd></StmtPgntn>";
    let file =
        statement("08", "").replace("</Id><Acct>", &format!("</Id>{page}<ElctrncSeqNb>000142</ElctrncSeqNb><Acct>"));
    let read = read(&file).statements.remove(0);
    assert_eq!((read.page, read.last_page, read.sequence.as_deref()), (Some(2), Some(true), Some("000142")));
}

#[test]
fn iso_096_copies_are_flagged() {
    let file = statement("08", "").replace("</Acct>", "</Acct><CpyDplctInd>DUPL</CpyDplctInd>");
    assert_eq!(read(&file).statements[0].copy_or_duplicate.as_deref(), Some("DUPL"));
}

#[test]
fn iso_098_equal_entries_stay_two() {
    let coffee = entry("2.50", "DBIT", "");
    assert_eq!(read(&statement("08", &format!("{coffee}{coffee}"))).statements[0].entries.len(), 2);
}

#[test]
fn iso_108_times_at_the_edges() {
    let dated = |written: &str| {
        first(
            &statement("08", &entry("5", "CRDT", ""))
                .replace("<Dt>2026-11-20</Dt>", &format!("<DtTm>{written}</DtTm>")),
        )
    };
    for bad in [
        "0000-01-01T00:00:00",
        "2026-11-20T12:00:60Z",
        "2026-02-30T00:00:00",
        "2026-11-20T12:00",
        "-0001-01-01T00:00:00",
    ] {
        let read = dated(bad);
        assert_eq!((read.booking_date, read.problems.len()), (None, 1), "{bad}");
        assert_eq!(read.problems[0].value.as_deref(), Some(bad));
        let path = read.problems[0].path.as_deref();
        assert_eq!(path, Some("/Document/BkToCstmrStmt/Stmt[1]/Ntry[1]/BookgDt/DtTm"));
    }
    let midnight = dated("2026-12-31T24:00:00").booking_time.unwrap();
    assert_eq!((midnight.date.to_string().as_str(), midnight.time.as_deref()), ("2027-01-01", Some("00:00:00")));
    let last = dated("9999-12-31T23:59:59Z");
    assert_eq!((last.booking_date.unwrap().to_string().as_str(), last.problems.len()), ("9999-12-31", 0));
    let zoned = only(&entry("5", "CRDT", "").replace("2026-11-20", " 2026-11-20+02:00 "));
    assert_eq!(zoned.booking_date.unwrap().to_string(), "2026-11-20");
}

#[test]
fn several_documents_and_envelopes() {
    let one = statement("08", &entry("5", "CRDT", ""));
    let wrapped = format!(
        "<Envelope><AppHdr xmlns=\"urn:iso:std:iso:20022:tech:xsd:head.001.001.02\"/>{}</Envelope>",
        one.split_once('\n').unwrap().1
    );
    let all = read(&format!("\u{feff}\n\n{one}\n{one}{wrapped}"));
    assert_eq!((all.messages.len(), all.statements.len()), (3, 3));
    let lines: Vec<_> = all.statements.iter().map(|statement| statement.entries[0].line).collect();
    assert_eq!((all.statements[2].message_number, lines), (3, vec![8, 17, 24]));
    assert!(all.messages.iter().all(|message| message.message.version == Some(8) && message.notes.is_empty()));
    let notes = |file: &str| read(file).messages.iter().map(|message| message.notes.len()).collect::<Vec<_>>();
    assert_eq!(notes(&format!("{one}text{one}{one}")), [0, 1, 0]);
    assert_eq!(notes(&format!("{}{one}", one.replace("<Stmt>", "text<Stmt>"))), [0, 0], "of its own message only");
}

#[test]
fn pages_hold_what_the_whole_file_holds() {
    let entries: String = (1..=25)
        .map(|number| entry(&format!("{number}.10"), "CRDT", &format!("<AddtlNtryInf>ä€{number}</AddtlNtryInf>")))
        .collect();
    let inside = format!(
        "{}{}{entries}<AddtlStmtInf>bye</AddtlStmtInf>",
        balance("OPBD", "0", "CRDT"),
        balance("CLBD", "327.50", "CRDT")
    );
    let text = statement("08", &inside);
    let two = format!("{text}{text}");
    let latin = encoding_rs::ISO_8859_15.encode(&two.replace("UTF-8", "ISO-8859-15")).0.into_owned();
    for bytes in [two.as_bytes(), &latin] {
        let whole = read_statement(bytes).unwrap();
        let (mut cursor, mut entries, mut ends, mut pages) = (None, Vec::new(), Vec::new(), 0);
        loop {
            let from = cursor
                .as_ref()
                .map_or(0, |cursor: &bankchannel_iso20022::cash::Cursor| usize::try_from(cursor.position).unwrap());
            let page = read_page(&bytes[from..], &ReadOptions::default(), cursor, 7).unwrap();
            pages += 1;
            for statement in page.statements {
                assert_eq!(statement.balances.len(), 2, "the header stands on each page");
                entries.extend(statement.entries);
                ends.extend(statement.end);
            }
            // A cursor survives being passed to another process.
            let Some(next) = page.next else { break };
            let json = bankchannel_foundation::model::write_boundary(next);
            cursor = Some(bankchannel_foundation::model::read_boundary(json).unwrap());
        }
        let all: Vec<_> = whole.statements.iter().flat_map(|statement| statement.entries.clone()).collect();
        assert_eq!((pages, entries.len()), (8, 50));
        assert_eq!(entries, all);
        assert!(
            ends.iter()
                .all(|end| end.balance_check == BalanceCheck::Consistent && end.information.as_deref() == Some("bye"))
        );
        assert_eq!(entries[3].text.as_deref(), Some("ä€4"));
    }
}

#[test]
fn pages_carry_what_stands_between_entries() {
    let large = "999999999999999999";
    let entries = |direction: &str| entry(large, direction, "<RvslInd>true</RvslInd>").repeat(3);
    let between = balance("OPBD", "1.5", "DBIT") + &balance("ITBD", "x", "CRDT") + "<AddtlStmtInf>hello</AddtlStmtInf>";
    let behind = balance("CLBD", "1.50", "DBIT") + "<AddtlStmtInf>again</AddtlStmtInf>";
    let file = statement("08", &[entries("CRDT"), between, entries("DBIT"), behind].concat());
    let end = |statement: &Statement| {
        let end = statement.end.clone().unwrap();
        (end.balance_check, end.information, statement.balances.len(), statement.problems.len())
    };
    let expected = (BalanceCheck::Consistent, Some("hello".to_owned()), 3, 1);
    assert_eq!(end(&read(&file).statements[0]), expected);
    let mut page = read_page(file.as_bytes(), &ReadOptions::default(), None, 1).unwrap();
    while let Some(next) = page.next {
        let from = usize::try_from(next.position).unwrap();
        page = read_page(&file.as_bytes()[from..], &ReadOptions::default(), Some(next), 1).unwrap();
    }
    assert_eq!(end(&page.statements[0]), expected);
    bankchannel_iso20022::cash::fuzz(file.as_bytes());
    let none = read(&statement("08", "<AddtlStmtInf>no entries</AddtlStmtInf>"));
    assert_eq!(none.statements[0].end.as_ref().unwrap().information.as_deref(), Some("no entries"));
}

#[test]
fn a_cursor_that_does_not_fit_is_refused() {
    let file = statement("08", &(entry("5", "CRDT", "") + &entry("6", "CRDT", "")));
    let options = ReadOptions::default();
    let cursor = read_page(file.as_bytes(), &options, None, 1).unwrap().next.unwrap();
    for (open, rest) in [(vec![], ""), (vec!["Document"], "</Document>"), (vec!["BkToCstmrStmt", "Ntry"], "</Ntry>")] {
        let foreign = Cursor { open: open.into_iter().map(str::to_owned).collect(), ..cursor.clone() };
        let problem = read_page(rest.as_bytes(), &options, Some(foreign), 1).unwrap_err();
        assert_eq!(problem.message, "the cursor does not belong to this file");
    }
    assert!(read_page(&b""[..], &options, Some(cursor), 1).unwrap_err().message.contains("ends inside"));
}

#[test]
fn results_may_cross_the_boundary() {
    let file = read(&statement("08", &format!("{}{}", balance("OPBD", "1", "CRDT"), entry("5", "CRDT", ""))));
    let json = bankchannel_foundation::model::write_boundary(file.clone());
    assert_eq!(
        bankchannel_foundation::model::read_boundary::<bankchannel_iso20022::cash::CashFile>(json).unwrap(),
        file
    );
}

#[test]
fn the_hand_written_files_are_read() {
    let file = read(include_str!("../data/camt.053.001.08.xml")).statements.remove(0);
    assert_eq!(file.entries[0].counterparty.as_ref().unwrap().name.as_deref(), Some("Payer & Sons"));
    assert!(file.balances[1].kind.as_ref().unwrap().proprietary);
    let file =
        read_notification(include_bytes!("../data/camt.054.001.08.xml").as_slice()).unwrap().statements.remove(0);
    assert_eq!((amount(file.entries[0].money.as_ref()), file.entries[0].booked), (Some("-5"), false));
}

#[test]
fn iso_100_reading_may_stop_anywhere() {
    let entries: String = (0..100).map(|_| entry("1", "CRDT", "")).collect();
    let file = statement("08", &entries);
    let mut reader = CashReader::open(file.as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!(reader.by_ref().take(12).filter(Result::is_ok).count(), 12, "message, statement, ten entries");
    assert_eq!(reader.cursor().unwrap().entries, 10);
}
