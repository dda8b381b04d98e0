//! Archives wherever a file is read: `tests/data/payment-breadth/archives`, and archives made here to exhaust a reader.
#![allow(clippy::unwrap_used)]

mod formats;
mod limits;
mod made;
mod misleading;
mod office;

use std::path::PathBuf;

use bankchannel_iso20022::archive::ArchiveContent;
use bankchannel_iso20022::cash::{self, CashFile, CashReader, Cursor, ReadOptions, Statement};
use bankchannel_iso20022::{
    EXAMPLE_PAIN001, MessageFile, RecognisedFile, XmlFault, file_kind, files_in, read_message_file, read_payment,
    read_statement, read_status_report,
};
use made::{gzip, plain, zip};

fn fixture(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/payment-breadth/archives");
    std::fs::read(folder.join(name)).unwrap()
}

fn ids(file: &CashFile) -> Vec<&str> {
    file.statements.iter().filter_map(|one| one.id.as_deref()).collect()
}

fn refused(bytes: &[u8]) -> String {
    read_statement(bytes).unwrap_err().to_string()
}

/// The files of an archive that were not read, with the reasons.
fn not_read(file: &CashFile) -> Vec<(&str, &str)> {
    let members = &file.archive.as_ref().unwrap().members;
    members.iter().filter_map(|one| Some((one.name.as_str(), one.not_read.as_deref()?))).collect()
}

fn names(file: &CashFile) -> Vec<&str> {
    file.archive.as_ref().unwrap().members.iter().map(|one| one.name.as_str()).collect()
}

/// The statements of an archive, and its files, from pages of one entry.
fn in_pages(bytes: &[u8]) -> (Vec<Statement>, Option<Box<ArchiveContent>>) {
    let (mut statements, mut cursor) = (Vec::<Statement>::new(), None::<Cursor>);
    loop {
        let page = cash::read_page(bytes, &ReadOptions::default(), cursor.take(), 1).unwrap();
        for mut statement in page.statements {
            let same = |last: &mut Statement| {
                (last.message_number, last.number) == (statement.message_number, statement.number)
            };
            if let Some(mut last) = statements.pop_if(same) {
                last.entries.append(&mut statement.entries);
                statement.entries = last.entries;
            }
            statements.push(statement);
        }
        let Some(next) = page.next else { return (statements, page.archive) };
        assert!(next.member.is_some());
        cursor = Some(next);
    }
}

const FIRST: &str = "2026-12-01_C53_DE89370400440532013000_EUR_000001.xml";

#[test]
fn arc_01_two_statements_in_the_order_of_the_archive() {
    let file = read_statement(fixture("c53.zip").as_slice()).unwrap();
    let closing =
        |at: usize| file.statements[at].closing.as_ref().unwrap().money.as_ref().unwrap().amount.as_str().to_owned();
    assert_eq!((closing(0), closing(1)), ("15.00".to_owned(), "22.00".to_owned()));
    assert_eq!(names(&file), [FIRST, "2026-12-02_C53_DE89370400440532013000_EUR_000002.xml"]);
    assert_eq!(file.messages[0].member.as_deref(), Some(FIRST));
    assert_eq!(file.statements.iter().map(|one| one.message_number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(file_kind(fixture("c53.zip").as_slice(), None), Ok(RecognisedFile::Archive));
}

#[test]
fn arc_02_stored_members_are_read() {
    assert_eq!(read_statement(fixture("c53-stored.zip").as_slice()).unwrap().statements.len(), 1);
}

#[test]
fn arc_03_what_is_no_statement_is_named() {
    let file = read_statement(fixture("c53-with-pdf-and-folder.zip").as_slice()).unwrap();
    assert_eq!(file.statements.len(), 1);
    let [(name, why)] = not_read(&file)[..] else { panic!("the PDF") };
    assert!(name == "2026-12/Kontoauszug.pdf" && why.contains("PDF"), "{name}: {why}");
    assert_eq!(names(&file).len(), 2, "the folder and what macOS added are passed over");
}

#[test]
fn arc_04_names_are_labels() {
    let file = read_statement(fixture("names-that-climb.zip").as_slice()).unwrap();
    assert_eq!((file.statements.len(), names(&file)), (3, vec!["../../etc/x.xml", "/abs.xml", "C:\\x.xml"]));
    let named = zip(&[("a\r\n\u{1b}[31mb.txt", &plain("c53-stored.zip"))]);
    let file = read_statement(named.as_slice()).unwrap();
    assert_eq!(names(&file), ["a   [31mb.txt"]);
}

#[test]
fn arc_05_one_archive_inside_is_read_and_two_are_not() {
    let file = read_statement(fixture("nested.zip").as_slice()).unwrap();
    assert_eq!((file.statements.len(), names(&file)), (1, vec![format!("inner.zip!{FIRST}").as_str()]));
    let twice = zip(&[("outer.zip", &fixture("nested.zip"))]);
    assert!(refused(&twice).contains("inside an archive"), "{}", refused(&twice));
    let packed = gzip(&fixture("c53.zip"));
    assert_eq!(read_statement(packed.as_slice()).unwrap().statements.len(), 2, "gzip around ZIP");
    let inside = zip(&[("a.xml.gz", &fixture("camt053.xml.gz"))]);
    assert_eq!(read_statement(inside.as_slice()).unwrap().statements.len(), 1, "gzip in ZIP");
    assert!(read_statement(gzip(&inside).as_slice()).is_err());
}

#[test]
fn arc_06_an_empty_archive_says_so() {
    let file = read_statement(fixture("empty.zip").as_slice()).unwrap();
    assert!(file.statements.is_empty() && file.messages.is_empty());
    assert_eq!(file.archive.unwrap().notes, ["the archive is empty"]);
    assert!(read_payment(fixture("empty.zip").as_slice()).unwrap_err().message.contains("empty"));
}

#[test]
fn arc_07_the_ratio_is_a_limit() {
    let told = refused(&fixture("ratio.zip"));
    assert!(told.contains("zeros.xml") && told.contains("limit of the ratio") && told.contains("100"), "{told}");
    let bomb = gzip(&vec![b' '; 8 << 20]);
    assert!(refused(&bomb).contains("limit of the ratio"), "{}", refused(&bomb));
}

#[test]
fn arc_08_a_cut_archive_is_an_error() {
    let told = refused(&fixture("truncated.zip"));
    assert!(told.contains("cut"), "{told}");
    let whole = fixture("c53.zip");
    for end in 4..whole.len() {
        assert!(read_statement(&whole[..end]).is_err(), "cut at {end}");
    }
    let whole = fixture("camt053.xml.gz");
    for end in 2..whole.len() {
        assert!(read_statement(&whole[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn arc_09_gzip_is_read_with_all_its_members() {
    let bytes = fixture("camt053.xml.gz");
    let file = read_statement(bytes.as_slice()).unwrap();
    assert_eq!((file.statements.len(), file.archive.as_ref().unwrap().members.len()), (1, 1));
    let two = [bytes.clone(), gzip(&plain("c53-stored.zip"))].concat();
    assert_eq!(read_statement(two.as_slice()).unwrap().statements.len(), 2);
}

#[test]
fn arc_10_bytes_behind_the_end_are_noted() {
    let file = read_statement(fixture("trailing-garbage.gz").as_slice()).unwrap();
    let notes = &file.archive.as_ref().unwrap().notes;
    assert!(file.statements.len() == 1 && notes.len() == 1 && notes[0].contains("behind the end"), "{notes:?}");
    let around = [b"PK\x03\x04 no member".as_slice(), &fixture("c53.zip"), b"junk"].concat();
    let file = read_statement(around.as_slice()).unwrap();
    assert_eq!(file.statements.len(), 2);
    assert!(file.archive.unwrap().notes[0].contains("behind its end"));
}

#[test]
fn arc_11_documents_one_after_the_other_are_read() {
    let file = read_statement(fixture("glued.xml").as_slice()).unwrap();
    assert_eq!((ids(&file), file.archive.as_ref()), (vec!["S1", "S2"], None));
}

#[test]
fn arc_14_archives_of_several_parts_are_refused() {
    let mut bytes = fixture("c53.zip");
    let end = bytes.len() - 22;
    bytes[end + 4] = 1;
    assert!(refused(&bytes).contains("several parts"), "{}", refused(&bytes));
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_the_others_are_read() {
    let good = plain("c53-stored.zip");
    let report = b"<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\">\
        <CstmrPmtStsRpt><GrpHdr><MsgId>R1</MsgId></GrpHdr></CstmrPmtStsRpt></Document>";
    let bytes = zip(&[("a.xml", &good), ("cut.xml", &good[..good.len() - 40]), ("r.xml", report), ("b.xml", &good)]);
    let file = read_statement(bytes.as_slice()).unwrap();
    assert_eq!(file.statements.len(), 2);
    let [(cut, why), (other, what)] = not_read(&file)[..] else { panic!("{:?}", not_read(&file)) };
    assert!(cut == "cut.xml" && why.contains("tag not closed"), "{why}");
    assert!(other == "r.xml" && what.contains("pain.002"), "{what}");
    let members: Vec<_> = file.messages.iter().map(|one| one.member.as_deref().unwrap()).collect();
    assert_eq!(members, ["a.xml", "b.xml"]);
    // The same archive as status reports, and as both.
    let reports = read_status_report(bytes.as_slice()).unwrap();
    assert_eq!((reports.reports.len(), reports.reports[0].member.as_deref()), (1, Some("r.xml")));
    assert!(matches!(read_message_file(&bytes, None, 100, 1 << 20), Ok(MessageFile::Both(..))));
    assert!(
        read_message_file(&zip(&[("a.pdf", b"%PDF-1.4")]), None, 100, 1 << 20).unwrap_err().message.contains("a.pdf")
    );
}

/// A program that does not look at `archive` must not take nothing for no statements.
#[test]
fn an_archive_without_a_statement_is_an_error_that_names_its_files() {
    let told = refused(&zip(&[("a.pdf", b"%PDF-1.4"), ("b.txt", b"x")]));
    assert!(told.contains("a.pdf") && told.contains("b.txt") && told.contains("PDF"), "{told}");
    assert!(refused(&gzip(b"%PDF-1.4")).contains("PDF"));
    let reports = read_status_report(fixture("c53.zip").as_slice()).unwrap_err();
    assert!(reports.message.contains("no status report"), "{reports}");
}

#[test]
fn the_only_payment_file_of_an_archive_is_read() {
    let payment = EXAMPLE_PAIN001.as_bytes();
    let read = read_payment(zip(&[("pay.xml", payment), ("note.txt", b"hello")]).as_slice()).unwrap();
    assert_eq!(read.batches, read_payment(payment).unwrap().batches);
    assert_eq!(read.archive.unwrap().members[1].name, "note.txt");
    let told = read_payment(zip(&[("a.xml", payment), ("b.xml", payment)]).as_slice()).unwrap_err().message;
    assert!(told.contains("a.xml") && told.contains("b.xml"), "{told}");
}

#[test]
fn pages_go_through_the_files_of_an_archive() {
    let records = std::fs::read(
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/payment-breadth/tito/tito-all-kinds.to"),
    )
    .unwrap();
    let bytes = zip(&[
        ("a.xml", &plain("c53-stored.zip")),
        ("note.txt", b"x"),
        ("b.to", &records),
        ("c.zip", &fixture("c53.zip")),
    ]);
    for bytes in [bytes, gzip(&records)] {
        let whole = read_statement(bytes.as_slice()).unwrap();
        let (statements, archive) = in_pages(&bytes);
        assert_eq!((whole.statements, whole.archive), (statements, archive));
    }
}

#[test]
fn items_say_which_file_was_not_read() {
    let bytes = fixture("c53-with-pdf-and-folder.zip");
    let items: Vec<_> =
        CashReader::open(bytes.as_slice(), &ReadOptions::default()).unwrap().map(Result::unwrap).collect();
    assert!(matches!(items.last(), Some(cash::CashItem::NotRead(member)) if member.name.ends_with(".pdf")));
}
