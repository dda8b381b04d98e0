//! The XML of an entry on request, and files that are too large for one result.

use std::fs::File;
use std::io::{Cursor, Read};

use bankchannel_foundation::model::{OpenContent, read_boundary};
use bankchannel_foundation::{
    Error,
    clock::FixedClock,
    json,
    model::Content,
    operation::{Local as _, LocalContext},
};
use bankchannel_iso20022::cash::{CashFile, CashReader, ReadOptions};
use bankchannel_iso20022::operations::reading::{MAX_WHOLE, ReadCashRequest, read_statement::ReadStatement};

use super::{document, statement};

const ENTRY: &str = "<Ntry>\n<Amt Ccy=\"EUR\">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
                     <AddtlNtryInf>A &amp; B &lt; C</AddtlNtryInf><!-- no --><TechInptChanl><Prtry/></TechInptChanl></Ntry>";

fn with_xml(text: &str) -> CashFile {
    let options = ReadOptions { with_xml: true, ..ReadOptions::default() };
    CashReader::open(text.as_bytes(), &options).unwrap().page(usize::MAX).unwrap()
}

fn xml_of(file: &CashFile) -> Vec<&str> {
    let entries = file.statements.iter().flat_map(|statement| &statement.entries);
    entries.map(|entry| entry.xml.as_deref().unwrap()).collect()
}

#[test]
fn each_entry_has_its_xml_if_it_is_asked_for() {
    let text = statement("08", &[ENTRY, &ENTRY.replace("1.00", "2.00")].concat());
    let read = with_xml(&text);
    let wanted = ENTRY
        .replace("<Ntry>", "<Ntry xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\">")
        .replace("<!-- no -->", "")
        .replace("<Prtry/>", "<Prtry></Prtry>");
    assert_eq!(xml_of(&read), [wanted.as_str(), &wanted.replace("1.00", "2.00")]);
    // It is an entry again, and the rest of the result is the same.
    let inside = wanted.replace(" xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"", "");
    let again = with_xml(&statement("08", &inside));
    assert_eq!(again.statements[0].entries[0].xml, read.statements[0].entries[0].xml);
    let mut without = read;
    without.statements.iter_mut().flat_map(|one| &mut one.entries).for_each(|entry| entry.xml = None);
    assert_eq!(without, bankchannel_iso20022::read_statement(text.as_bytes()).unwrap());
}

#[test]
fn prefixes_of_the_message_go_and_others_stay() {
    let text = document("camt.053.001.08", "BkToCstmrStmt", "<Stmt><Id>S</Id>INSIDE</Stmt>").replace(
        "INSIDE",
        "<n:Ntry xmlns:n=\"urn:x\"><n:Amt Ccy='EUR'>1</n:Amt><x:Own xmlns:x=\"urn:y\">1</x:Own></n:Ntry>",
    );
    let read = with_xml(&text);
    assert_eq!(
        xml_of(&read),
        ["<Ntry xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\" xmlns:n=\"urn:x\"><Amt Ccy='EUR'>1</Amt>\
          <x:Own xmlns:x=\"urn:y\">1</x:Own></Ntry>"]
    );
}

#[test]
fn pages_have_the_same_xml() {
    let text = statement("08", &ENTRY.repeat(5));
    let options = ReadOptions { with_xml: true, ..ReadOptions::default() };
    let first = CashReader::open(text.as_bytes(), &options).unwrap().page(2).unwrap();
    let cursor = first.next.clone().unwrap();
    let rest = &text.as_bytes()[usize::try_from(cursor.position).unwrap()..];
    let second = CashReader::resume(rest, &options, cursor).unwrap().page(usize::MAX).unwrap();
    assert_eq!([xml_of(&first), xml_of(&second)].concat(), xml_of(&with_xml(&text)));
}

#[test]
fn too_much_xml_of_an_entry_is_left_out_and_said() {
    let detail = format!("<TxDtls><AddtlTxInf>{}</AddtlTxInf></TxDtls>", "x".repeat(60_000));
    let large =
        ENTRY.replace("<TechInptChanl>", &format!("<NtryDtls>{}</NtryDtls><TechInptChanl>", detail.repeat(300)));
    let read = with_xml(&statement("08", &[large.as_str(), ENTRY].concat()));
    let entries = &read.statements[0].entries;
    assert!(entries[0].xml.is_none() && entries[1].xml.is_some());
    assert!(entries[0].problems.iter().any(|one| one.message.contains("more than 16 MiB of XML")));
    assert_eq!(entries[0].details.len(), 300);
}

fn read_whole(content: OpenContent) -> Result<CashFile, Error> {
    let request = json::parse(br#"{"content": {"base64": ""}}"#, 4).unwrap();
    let mut request: ReadCashRequest = read_boundary(request).unwrap();
    // Opened by the context below.
    request.content = Content::File { path: "statement.xml".into(), size: None };
    let content = std::cell::RefCell::new(Some(content));
    let clock = FixedClock::at_ms(0);
    let open = |_| Ok(content.borrow_mut().take().unwrap());
    let mut with = LocalContext::new(&clock);
    with.open = &open;
    ReadStatement::run(request, with)
}

/// A comment, again and again.
struct Comments(Cursor<Vec<u8>>);

impl Read for Comments {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.0.position() == self.0.get_ref().len() as u64 {
            self.0.set_position(0);
        }
        self.0.read(buffer)
    }
}

#[test]
fn a_file_that_is_too_large_for_one_result_is_refused_at_once() {
    let file = tempfile::tempfile().unwrap();
    file.set_len(MAX_WHOLE + 1).unwrap();
    let named = |error: Error, words: &str| {
        assert_eq!(error.code(), "input.too_large", "{error}");
        assert!(error.message().contains(words) && error.message().contains("statement_entries"), "{error}");
    };
    named(read_whole(OpenContent::File(File::try_clone(&file).unwrap())).unwrap_err(), "has 128 MiB");
    // Without a known size, where it goes on after so much.
    let endless =
        Read::chain(&b"<Document>"[..], Comments(Cursor::new(format!("<!--{}-->", "x".repeat(60_000)).into())));
    named(read_whole(OpenContent::Other(Box::new(endless))).unwrap_err(), "goes on");
    let small = statement("08", ENTRY);
    assert!(read_whole(OpenContent::Bytes(small.into_bytes().into())).is_ok());
}
