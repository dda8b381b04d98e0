//! Hostile files: refused with line and path, with memory and time bounded by the file's size.

use std::time::{Duration, Instant};

use bankchannel_iso20022::cash::{self, CashItem, CashReader, MAX_HELD, ReadOptions, read_all, read_page};
use bankchannel_iso20022::{XmlFault, read_payment, read_statement, read_status_report};

use crate::{amount, details, document, entry, first, only, statement};

/// The reason for which all three readers refuse a file; the statement's answer is returned.
fn refusal(file: &[u8]) -> XmlFault {
    let start = Instant::now();
    assert!(read_payment(file).is_err() && read_status_report(file).is_err());
    let problem = read_statement(file).unwrap_err();
    // Far more than a busy machine needs, far less than anything quadratic takes.
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    assert!(problem.message.len() + problem.path.len() + problem.change.len() < 5000, "{}", problem.message.len());
    problem
}

/// The same for an error inside a statement.
fn refused(inside: &str) -> XmlFault {
    read_statement(statement("08", inside).as_bytes()).unwrap_err()
}

#[test]
fn iso_101_no_document_types_and_no_entities() {
    let file = statement("08", "").replacen('\n', "<!DOCTYPE d [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]>\n", 1);
    let problem = refusal(file.as_bytes());
    assert_eq!((problem.line, problem.change.as_str()), (Some(1), "remove it"));
    let problem = refused(&entry("5", "CRDT", "<AddtlNtryInf>&secret;</AddtlNtryInf>"));
    assert_eq!(problem.line, Some(6), "{problem}");
    assert_eq!(problem.path, "/Document/BkToCstmrStmt/Stmt/Ntry/AddtlNtryInf");
}

#[test]
fn iso_102_depth_counts_and_sizes() {
    let problem = refusal("<a>".repeat(100_000).as_bytes());
    assert!(problem.message.contains("64 deep") && !problem.path.is_empty());
    let deep = format!("<Ntry>{}", "<a>".repeat(100));
    assert!(refused(&deep).message.contains("64 deep"));
    assert!(refusal("<a/>".repeat(1_000_000).as_bytes()).message.contains("holds no"));
    let attribute = format!("<Ntry><Amt Ccy=\"{}\">1</Amt></Ntry>", "E".repeat(10_000_000));
    assert!(refused(&attribute).message.contains("longer than 1048576 bytes"));
    let many: String = (0..80).map(|number| format!(" a{number}=\"\"")).collect();
    assert!(refused(&format!("<Ntry{many}/>")).message.contains("64 attributes"));
    let name = "n".repeat(1000);
    assert!(refused(&format!("<Ntry><{name}/></Ntry>")).message.contains("name of an element"));
    let text = "x".repeat(100_000);
    assert!(
        refused(&entry("1", "CRDT", &format!("<AddtlNtryInf>{text}</AddtlNtryInf>")))
            .message
            .contains("longer than 65536")
    );
    assert!(refused(&format!("<Ntry>{}</Ntry>", "<A/>".repeat(200_000))).message.contains("too large"));
    assert!(
        refused(&format!("<Ntry><NtryDtls>{}</NtryDtls></Ntry>", "<TxDtls/>".repeat(100_001)))
            .message
            .contains("100000")
    );
}

#[test]
fn iso_102_elements_of_a_statement_are_bounded() {
    assert!(refused(&"<x/>".repeat(200_000)).message.contains("too large"));
}

#[test]
fn iso_102_what_holds_no_transactions_is_bounded_too() {
    let many = |piece: &str, times: usize| piece.repeat(times);
    let batches = document("pain.001.001.09", "CstmrCdtTrfInitn", &many("<PmtInf/>", 1_000_001));
    assert!(read_payment(batches.as_bytes()).unwrap_err().message.contains("more than 1000000"));
    let batches = document("pain.002.001.10", "CstmrPmtStsRpt", &many("<OrgnlPmtInfAndSts/>", 1_000_001));
    assert!(read_status_report(batches.as_bytes()).unwrap_err().message.contains("more than 1000000"));
    let reports = many("<CstmrPmtStsRpt/>", 1_000_001);
    assert!(read_status_report(reports.as_bytes()).unwrap_err().message.contains("more than 1000000"));
    let statements = document("camt.053.001.08", "BkToCstmrStmt", &many("<Stmt/>", 100_001));
    assert!(read_statement(statements.as_bytes()).unwrap_err().message.contains("more than 100000 statements"));
    let messages = many("<BkToCstmrStmt/>", 100_002);
    assert!(read_statement(messages.as_bytes()).unwrap_err().message.contains("more than 100000 messages"));
    let each_in_a_message = |times: usize| many(":20:A\n:25:B\n:60F:C261201EUR1,\n:62F:C261201EUR1,\n-\n", times);
    assert_eq!(read_statement(each_in_a_message(60_000).as_bytes()).unwrap().statements.len(), 60_000);
    let fault = read_statement(each_in_a_message(100_002).as_bytes()).unwrap_err();
    assert!(fault.message.contains("more than 100000 messages"), "{}", fault.message);
}

#[test]
fn as_many_entries_as_are_held_are_read() {
    let one = "<Ntry><Amt Ccy=\"EUR\">1</Amt><CdtDbtInd>CRDT</CdtDbtInd><NtryDtls><TxDtls/></NtryDtls></Ntry>";
    let file = |times: usize| read_statement(statement("08", &one.repeat(times)).as_bytes());
    assert_eq!(file(MAX_HELD / 2).unwrap().statements[0].entries.len(), MAX_HELD / 2);
    assert!(file(MAX_HELD / 2 + 1).unwrap_err().message.contains("more than 1000000"));
}

#[test]
fn iso_102_the_problems_of_repeated_headers_are_bounded() {
    let headers = "<GrpHdr><CreDtTm>x</CreDtTm></GrpHdr>".repeat(1000);
    let file = statement("08", &entry("5", "CRDT", "")).replacen("<Stmt>", &format!("{headers}<Stmt>"), 1);
    let page = read_page(file.as_bytes(), &ReadOptions::default(), None, 1).unwrap();
    assert_eq!(page.next.unwrap().message.problems.len(), 100);
}

#[test]
fn iso_102_a_million_empty_entries_one_by_one() {
    let file = statement("08", &"<Ntry/>".repeat(1_000_000));
    let start = Instant::now();
    let items = CashReader::open(file.as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!(items.filter(|item| matches!(item, Ok(CashItem::Entry(_)))).count(), 1_000_000);
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

/// Repeated elements where one is expected must not be searched repeatedly.
#[test]
fn repeated_elements_cost_time_linear_in_their_number() {
    let start = Instant::now();
    for piece in [
        "<ValDt><Dt>x</Dt></ValDt>",
        "<Amt Ccy=\"EUR\">x</Amt>",
        "<Chrgs><Rcrd/></Chrgs>",
        "<CdtDbtInd>x</CdtDbtInd>",
        "<AmtDtls><TxAmt/></AmtDtls>",
    ] {
        let file = statement("08", &format!("<Ntry>{}</Ntry>", piece.repeat(20_000)));
        assert!(read_statement(file.as_bytes()).unwrap().statements[0].entries[0].problems.len() <= 1000);
    }
    for piece in
        ["<RltdPties><Dbtr/></RltdPties>", "<Refs><MsgId>x</MsgId></Refs>", "<RmtInf><Strd/></RmtInf>", "<Amt>x</Amt>"]
    {
        let file =
            statement("08", &format!("<Ntry><NtryDtls><TxDtls>{}</TxDtls></NtryDtls></Ntry>", piece.repeat(20_000)));
        assert_eq!(read_statement(file.as_bytes()).unwrap().statements[0].entries[0].details.len(), 1);
    }
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

#[test]
fn iso_103_truncated_at_every_byte() {
    let inside =
        details("<Refs><EndToEndId>E&amp;1</EndToEndId></Refs><!-- c --><RmtInf><Ustrd><![CDATA[x]]></Ustrd></RmtInf>");
    let file = statement("08", &(entry("5", "CRDT", &inside) + &entry("6", "DBIT", "")));
    let end = file.rfind("</Document>").unwrap() + "</Document>".len();
    for cut in 0..end {
        // If the declaration itself is cut, reading does not start.
        let Ok(reader) = CashReader::open(&file.as_bytes()[..cut], &ReadOptions::default()) else { continue };
        let items: Vec<_> = reader.collect();
        let (last, before) = items.split_last().unwrap();
        assert!(last.as_ref().is_err_and(|problem| problem.line.is_some()), "cut at {cut}");
        assert!(before.iter().all(Result::is_ok));
    }
    assert!(read_statement(&file.as_bytes()[..end]).is_ok());
}

#[test]
fn iso_104_encodings() {
    let euro = statement("08", &entry("5", "CRDT", "<AddtlNtryInf>5 €</AddtlNtryInf>"));
    // UTF-16 in both orders, with a mark or without, declared or not; pages continue in it.
    let wide = |text: &str, swap: bool, mark: bool| -> Vec<u8> {
        let units = mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
        units.flat_map(|unit: u16| if swap { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    let utf16 = euro.replacen("UTF-8", "UTF-16", 1);
    for (swap, mark) in [(false, true), (true, true), (false, false), (true, false)] {
        for (text, notes) in [(&utf16, 1), (&euro, 2)] {
            let bytes = wide(text, swap, mark);
            let read = read_statement(bytes.as_slice()).unwrap();
            assert_eq!(read.statements[0].entries[0].text.as_deref(), Some("5 €"));
            assert_eq!(read.messages[0].notes.len(), notes, "{:?}", read.messages[0].notes);
            cash::fuzz(&wide(
                &statement("08", &entry("5", "CRDT", "<AddtlNtryInf>😀</AddtlNtryInf>").repeat(5)),
                swap,
                mark,
            ));
        }
    }
    let odd = &wide(&utf16, false, true)[..301];
    assert!(read_statement(odd).unwrap_err().message.contains("do not fit the encoding"));
    // A file that only claims to be UTF-16, as some programs write it, is read as UTF-8, with a note.
    let claims = read_statement(utf16.as_bytes()).unwrap();
    assert!(claims.messages[0].notes[0].contains("but is not"), "{:?}", claims.messages[0].notes);
    let marked = format!("\u{feff}{}", euro.replacen("UTF-8", "ISO-8859-15", 1));
    let read = read_statement(marked.as_bytes()).unwrap();
    assert_eq!(read.statements[0].entries[0].text.as_deref(), Some("5 €"), "the mark is right");
    assert!(read.messages[0].notes[0].contains("ISO-8859-15"), "{:?}", read.messages[0].notes);
    let (latin9, _, _) = encoding_rs::ISO_8859_15.encode(&euro);
    let declared = |name: &str, bytes: &[u8]| [name.as_bytes(), &bytes[38..]].concat();
    for (name, encoded) in
        [("ISO-8859-15", latin9.clone()), ("windows-1252", encoding_rs::WINDOWS_1252.encode(&euro).0)]
    {
        let file = declared(&format!("<?xml version=\"1.0\" encoding=\"{name}\"?>"), &encoded);
        let read = read_statement(file.as_slice()).unwrap();
        assert_eq!(read.statements[0].entries[0].text.as_deref(), Some("5 €"));
        assert_eq!(read.messages[0].notes.len(), 1, "{:?}", read.messages[0].notes);
    }
    // Bytes of ISO-8859-15 with UTF-8 or no declared encoding.
    for file in [latin9.to_vec(), declared("<?xml version=\"1.0\"?>", &latin9)] {
        let problem = read_statement(file.as_slice()).unwrap_err();
        assert_eq!((problem.line, problem.path.as_str()), (Some(6), "/Document/BkToCstmrStmt/Stmt/Ntry/AddtlNtryInf"));
        assert!(problem.change.contains("encoding"), "{problem}");
        let options = ReadOptions { encoding: Some("ISO-8859-15".into()), ..ReadOptions::default() };
        let read = read_all(file.as_slice(), &options).unwrap();
        assert_eq!(read.statements[0].entries[0].text.as_deref(), Some("5 €"));
        assert!(read.messages[0].notes[0].contains("ISO-8859-15"));
    }
    assert!(read_statement(format!("\u{feff}{euro}").as_bytes()).unwrap().messages[0].notes.is_empty());
    assert!(refusal(b"<?xml version=\"1.0\" encoding=\"EBCDIC\"?><a/>").message.contains("EBCDIC"));
    let mixed = [euro.as_bytes(), &declared("<?xml version=\"1.0\" encoding=\"ISO-8859-15\"?>", &latin9)].concat();
    assert!(read_statement(mixed.as_slice()).is_err());
}

#[test]
fn iso_105_characters_that_xml_cannot_hold() {
    for bad in ["&#xD800;", "&#0;", "&#11;", "\u{b}", "\0", "&#x110000;"] {
        let problem = refused(&entry("5", "CRDT", &format!("<AddtlNtryInf>a{bad}b</AddtlNtryInf>")));
        assert_eq!((problem.line, problem.path.is_empty()), (Some(6), false), "{bad:?} {problem}");
    }
}

#[test]
fn iso_106_bad_amounts_are_problems_beside_their_entry() {
    for bad in ["-0.00", "1e3", "NaN", "1234567890123456789", "", "1,5", "１", "0x10", "--1", "."] {
        let read = only(&entry(bad, "CRDT", ""));
        let problem = read.problems.last().unwrap();
        assert_eq!((read.money.as_ref(), problem.line, problem.value.as_deref()), (None, Some(6), Some(bad)), "{bad}");
        assert_eq!(problem.path.as_deref().unwrap(), "/Document/BkToCstmrStmt/Stmt[1]/Ntry[1]/Amt");
    }
    let signed = only(&entry("-5.00", "CRDT", ""));
    assert_eq!((amount(signed.money.as_ref()), signed.problems.len()), (Some("-5.00"), 1), "a sign is kept and told");
}

#[test]
fn iso_107_a_faulty_entry_is_still_given() {
    let faulty = "<Ntry><Amt Ccy=\"eur\">5.00</Amt><CdtDbtInd>BOTH</CdtDbtInd></Ntry>";
    let read = only(faulty);
    assert_eq!((amount(read.money.as_ref()), read.money.as_ref().unwrap().currency.as_str()), (Some("5.00"), "eur"));
    assert_eq!(read.direction.as_ref().unwrap().as_str(), "BOTH");
    assert_eq!(read.problems.len(), 2);
    let without = only("<Ntry><CdtDbtInd>CRDT</CdtDbtInd></Ntry>");
    assert_eq!((without.money, without.problems[0].message.as_str()), (None, "has no amount"));
}

#[test]
fn iso_109_a_failing_value_is_cut() {
    let secret = "s3cret".repeat(2000);
    let read = only(&entry(&secret, "CRDT", ""));
    assert_eq!(read.problems[0].value.as_ref().unwrap().chars().count(), 41);
    let problem = refused(&format!("<Ntry><{secret}></Ntry>"));
    assert!(!problem.to_string().contains(&secret[..100]), "{problem}");
}

#[test]
fn large_files_are_read() {
    // More than 10 MiB, and more than 500,000 elements and texts.
    let one = entry("1.00", "CRDT", &details("<Refs><EndToEndId>E</EndToEndId></Refs><Amt Ccy=\"EUR\">1.00</Amt>"));
    let file = statement("08", &one.repeat(50_000));
    assert!(file.len() > 10 * 1024 * 1024);
    let items = CashReader::open(file.as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!(items.filter(|item| matches!(item, Ok(CashItem::Entry(_)))).count(), 50_000);
}

#[test]
fn texts_in_pieces_and_odd_writing() {
    let odd = "<AddtlNtryInf\n>a&amp;b&#228;<!-- c --><![CDATA[<d>]]>\r\ne</AddtlNtryInf >";
    assert_eq!(only(&entry("5", "CRDT", odd)).text.as_deref(), Some("a&bä<d>\ne"));
    let prefixed = statement("08", &entry("5", "CRDT", ""))
        .replace("</", "</n:")
        .replace('<', "<n:")
        .replace("<n:/n:", "</n:")
        .replace("<n:?", "<?")
        .replace("xmlns=", "xmlns:n=");
    assert_eq!(amount(first(&prefixed).money.as_ref()), Some("5"));
    assert!(
        read_statement(statement("08", "").replace("</Stmt>", "</Other>").as_bytes())
            .unwrap_err()
            .message
            .contains("closed as")
    );
}
