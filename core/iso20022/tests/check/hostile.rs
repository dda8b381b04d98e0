//! Bad input: an answer with a line, in bounded time and memory.

use bankchannel_foundation::model::Date;
use bankchannel_iso20022::check::{self, CheckOptions, MAX_FINDINGS};
use bankchannel_iso20022::rules::{BankProfile, Level};
use proptest::prelude::*;

use super::{File, Transaction, is, run, short};

/// ISO-101, ISO-104, ISO-105: not readable, with a line and advice.
#[test]
fn what_is_no_xml() {
    let good = File::default().xml();
    let entity = good.replace("<Document", "<!DOCTYPE x [<!ENTITY a \"b\">]>\n<Document");
    let utf16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let surrogate = good.replace("Firma", "&#xD800;");
    for bytes in [entity.as_bytes(), surrogate.as_bytes(), b"", b"\0", b"not xml", &good.as_bytes()[..500]] {
        let checked = run(bytes, BankProfile::default());
        assert_eq!(short(&checked), [is("schema", Level::Error)]);
        assert!(!checked.is_good() && checked.payment.is_none());
    }
    // It declares UTF-8 and is not: read, and refused.
    assert_eq!(short(&run(&utf16, BankProfile::default())), [is("encoding", Level::Error)]);
}

/// ISO-104: an encoding that the file does not declare.
#[test]
fn encodings() {
    let text = File::default().xml().replace("Firma", "K\u{e4}se");
    let bytes: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    assert_eq!(short(&run(&bytes, BankProfile::default())), [is("schema", Level::Error)]);
    let options = CheckOptions {
        profile: BankProfile { characters: bankchannel_iso20022::rules::Characters::Latin1, ..BankProfile::default() },
        today: Date("2026-11-22".parse().unwrap()),
        encoding: Some("ISO-8859-15".to_owned()),
        judges_dates: true,
    };
    assert_eq!(short(&check::check(bytes.as_slice(), &options).unwrap()), []);
}

/// Every transaction is wrong: all are counted, some are reported, errors first.
#[test]
fn many_findings_are_bounded() {
    let many = (0..2000).map(|number| Transaction {
        id: format!("E{number}").leak(),
        creditor: "漢字",
        iban: "DE89370400440532013001",
        address: "<PstlAdr><AdrLine>x</AdrLine></PstlAdr>",
        ..Transaction::default()
    });
    let file = File::of(many.collect());
    let checked = run(file.xml().as_bytes(), BankProfile::default());
    assert_eq!(checked.findings.len(), MAX_FINDINGS);
    assert_eq!((checked.errors, checked.warnings), (6000, 1999));
    assert!(checked.findings.iter().all(|found| found.level == Level::Error));
}

/// ISO-109.
#[test]
fn values_are_cut() {
    let secret: &'static str = "\u{6f22}secret".repeat(1400).leak();
    let file =
        File::of(vec![Transaction { remittance: format!("<Ustrd>{secret}</Ustrd>").leak(), ..Transaction::default() }]);
    let checked = run(file.xml().as_bytes(), BankProfile::default());
    for found in &checked.findings {
        assert!(format!("{found:?}").len() < 1500, "{found:?}");
        assert!(found.value.as_ref().is_none_or(|value| value.chars().count() <= 41));
    }
}

/// Large files get the same findings as small ones.
#[test]
fn a_large_file_is_checked_whole() {
    let many = (0..40_000).map(|number| Transaction {
        id: format!("E{number}").leak(),
        amount: "1.00",
        remittance: format!("<Ustrd>Invoice {number}</Ustrd>").leak(),
        ..Transaction::default()
    });
    let xml = File::of(many.collect()).xml();
    assert!(xml.len() > 10 * 1024 * 1024);
    let checked = run(xml.as_bytes(), BankProfile::default());
    assert_eq!(short(&checked), []);
    assert_eq!(checked.payment.unwrap().transactions, 40_000);
    let (head, tail) = xml.rsplit_once(">1.00</InstdAmt>").unwrap();
    let broken = format!("{head}>x</InstdAmt>{tail}");
    let checked = run(broken.as_bytes(), BankProfile::default());
    assert_eq!((checked.errors, checked.warnings), (1, 0));
    let cut = &xml.as_bytes()[..xml.len() - 30];
    assert_eq!(run(cut, BankProfile::default()).errors, 1);
}

/// Missing and unknown elements and invalid codes are errors in a large file too.
#[test]
fn a_large_file_without_what_the_schema_demands() {
    let many = (0..40_000).map(|number| Transaction {
        id: format!("E{number}").leak(),
        amount: "1.00",
        remittance: format!("<Ustrd>Invoice {number}</Ustrd>").leak(),
        ..Transaction::default()
    });
    let xml = File::of(many.collect()).xml();
    let end_to_end = xml.find("<EndToEndId>").unwrap()..xml.find("</PmtId>").unwrap();
    for (from, to, words) in [
        ("<PmtMtd>TRF</PmtMtd>", "", "<PmtInf> has no <PmtMtd>"),
        (&xml[end_to_end], "", "<PmtId> has no <EndToEndId>"),
        ("<Cdtr>", "<Junk/><Cdtr>", "<Junk> is not known inside <CdtTrfTxInf>"),
        ("</DbtrAgt>", "</DbtrAgt><ChrgBr>BAD!</ChrgBr>", "<ChrgBr> "),
        ("<MsgId>M1</MsgId>", "", "<GrpHdr> has no <MsgId>"),
        ("<InstdAmt Ccy=\"EUR\">", "<InstdAmt>", "<InstdAmt> has no Ccy attribute"),
    ] {
        let changed = xml.replacen(from, to, 1);
        assert_ne!(changed, xml, "{from}");
        let checked = run(changed.as_bytes(), BankProfile::default());
        assert_eq!((checked.errors, checked.warnings), (1, 0), "{from}: {:?}", checked.findings);
        let found = checked.findings.iter().find(|found| found.level == Level::Error).unwrap();
        assert!(found.message.contains(words) && found.line.is_some(), "{found:?}");
    }
}

/// Neither line ends nor comments are a reason to refuse a file.
#[test]
fn line_ends_and_comments_do_not_count_as_content() {
    let many = (0..18_000).map(|number| Transaction {
        id: format!("E{number}").leak(),
        amount: "1.00",
        remittance: format!("<Ustrd>Invoice {number}</Ustrd>").leak(),
        ..Transaction::default()
    });
    let xml = File::of(many.collect()).xml().replace("><", ">\n        <");
    assert_eq!(short(&run(xml.as_bytes(), BankProfile::default())), []);
    let comments = File::default().xml().replace("<GrpHdr>", &format!("{}<GrpHdr>", "<!---->".repeat(500_001)));
    let checked = run(comments.as_bytes(), BankProfile::default());
    assert_eq!(short(&checked), [], "{:?}", checked.findings);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// ISO-103: cut anywhere, or with a byte changed: an answer, never a panic.
    #[test]
    fn damaged_files_are_answered(at in 0_usize..3000, byte in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = File::with_address("<PstlAdr><AdrLine>00100 Helsinki</AdrLine></PstlAdr>").xml().into_bytes();
        let at = at % bytes.len();
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        let checked = run(&bytes, BankProfile::default());
        prop_assert!(checked.findings.len() <= MAX_FINDINGS);
    }
}
