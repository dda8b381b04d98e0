#![allow(clippy::unwrap_used)]

use super::*;
use crate::EXAMPLE_PAIN001;

fn problems(file: &str) -> Vec<XmlFault> {
    validate(MessageType::Pain00100109, file.as_bytes()).err().unwrap_or_default()
}

/// The example with one edit, which must change something.
fn edited(from: &str, to: &str) -> String {
    let changed = EXAMPLE_PAIN001.replacen(from, to, 1);
    assert_ne!(changed, EXAMPLE_PAIN001, "{from} is not in the example");
    changed
}

#[test]
fn every_schema_is_read() {
    for message in MessageType::ALL.iter().copied() {
        let schema = message.schema().unwrap();
        assert_eq!((schema.namespace(), schema.root_name()), (message.namespace().as_str(), "Document"));
        assert_eq!(MessageType::from_name(message.name()), Some(message));
    }
}

#[test]
fn the_example_is_valid() {
    assert_eq!(problems(EXAMPLE_PAIN001), []);
}

#[test]
fn every_problem_is_worded_with_line_and_advice() {
    // Edit, line of the problem, expected text.
    let cases: &[(&str, &str, u64, &str)] = &[
        (" Ccy=\"EUR\"", "", 48, "<InstdAmt> has no Ccy attribute; add Ccy=\"EUR\""),
        ("Ccy=\"EUR\">250", "Ccy=\"eur\">250", 48, "write three capital letters, as in EUR"),
        ("<MsgId>BANKCHANNEL-EXAMPLE-0001</MsgId>", "", 4, "<GrpHdr> has no <MsgId>; add <MsgId>"),
        (
            "<MsgId>BANKCHANNEL-EXAMPLE-0001</MsgId>",
            "<msgid>x</msgid>",
            5,
            "<msgid> is not known inside <GrpHdr>; did you mean <MsgId>?",
        ),
        ("<MsgId>BANKCHANNEL-EXAMPLE-0001</MsgId>", "<MsgId></MsgId>", 5, "<MsgId> is empty; fill it in"),
        ("EXAMPLE-0001", "EXAMPLE-0001-WITH-FAR-TOO-MANY-CHARACTERS", 5, "shorten it to 35"),
        ("2026-07-21", "2026-02-30", 25, "which is not a date; write it as year-month-day"),
        ("2026-07-21", "21.7.2026", 25, "which is not a date; write it as year-month-day"),
        ("2026-07-19T09:00:00Z", "2026-07-19 09:00:00", 6, "which is not a date and time"),
        (">250.05", ">250,05", 48, "write a decimal point and no thousands separator"),
        (">250.05", ">-250.05", 48, "which is negative; write the amount without a sign"),
        (">250.05", ">250.123456", 48, "with 6 decimals; use at most 5"),
        ("<PmtMtd>TRF", "<PmtMtd>WIRE", 15, "which is not an allowed value; use one of CHK, TRF, TRA"),
        ("<BtchBookg>true", "<BtchBookg>yes", 16, "write true or false"),
        ("<IBAN>FI2112345600000785", "<IBAN>FI21 1234 5600 0007 85", 32, "remove the blanks"),
        ("NDEAFIHH", "ndeafihh", 38, "write a BIC"),
        ("6f9d3c52-8a41-4c1e", "6F9D3C52-8A41-4C1E", 70, "version 4 UUID"),
        ("<NbOfTxs>2</NbOfTxs>", "<NbOfTxs>two</NbOfTxs>", 7, "write digits only"),
        (
            "<NbOfTxs>2</NbOfTxs>",
            "<NbOfTxs>2</NbOfTxs><NbOfTxs>2</NbOfTxs>",
            7,
            "<GrpHdr> holds <NbOfTxs> more than once; keep one",
        ),
        ("<ChrgBr>SLEV</ChrgBr>", "<ChrgBr>SLEV</ChrgBr>stray", 13, "holds the text “stray” between its elements"),
        ("<ChrgBr>SLEV</ChrgBr>", "<ChrgBr><Cd>SLEV</Cd></ChrgBr>", 41, "write the value itself"),
        ("<PmtInf>", "<PmtInf kind=\"x\">", 13, "an attribute “kind” that the schema does not know; remove it"),
        ("<Dt>2026-07-21</Dt>", "", 24, "<ReqdExctnDt> has neither <Dt> nor <DtTm>; add <Dt> or <DtTm>"),
        (
            "<Dt>2026-07-21</Dt>",
            "<Dt>2026-07-21</Dt><DtTm>2026-07-21T10:00:00</DtTm>",
            25,
            "more than one of <Dt>, <DtTm>; keep one",
        ),
        ("<Document xmlns", "<Dokument xmlns", 2, "not well-formed XML"),
        ("<CstmrCdtTrfInitn>", "<CstmrCdtTrfInitn><Extra/>", 3, "<Extra> is not known inside <CstmrCdtTrfInitn>"),
    ];
    for (from, to, line, says) in cases {
        let found = problems(&edited(from, to));
        let told: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert!(told.iter().any(|text| text.contains(says)), "{from} -> {to}: {told:?}");
        if !says.contains("well-formed") {
            assert!(found.iter().any(|problem| problem.line == Some(*line)), "{from} -> {to}: {told:?}");
        }
    }
}

#[test]
fn wrong_order_is_called_wrong_order() {
    let moved =
        edited("      <PmtMtd>TRF</PmtMtd>\n", "").replace("</ReqdExctnDt>", "</ReqdExctnDt>\n<PmtMtd>TRF</PmtMtd>");
    let told = problems(&moved);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].to_string().contains("<PmtMtd> is in the wrong place inside <PmtInf>; move it before <BtchBookg>"),
        "{}",
        told[0]
    );
    assert_eq!(told[0].path, "/Document/CstmrCdtTrfInitn/PmtInf[1]/PmtMtd");

    let late = edited(
        "          <InstrId>SYNTH-INSTR-001</InstrId>\n          <EndToEndId>SYNTH-E2E-0001</EndToEndId>\n",
        "<EndToEndId>SYNTH-E2E-0001</EndToEndId><InstrId>SYNTH-INSTR-001</InstrId>",
    );
    let told = problems(&late);
    assert!(told[0].to_string().contains("move it before <EndToEndId>"), "{}", told[0]);
    assert_eq!(told[0].path, "/Document/CstmrCdtTrfInitn/PmtInf[1]/CdtTrfTxInf[1]/PmtId/InstrId");
}

#[test]
fn another_message_gets_one_sentence() {
    let old = EXAMPLE_PAIN001.replace("pain.001.001.09", "pain.001.001.03");
    assert_eq!(identify(old.as_bytes()).unwrap().message, Some(MessageType::Pain00100103));
    let told = problems(&old);
    assert_eq!(told.len(), 1);
    assert!(
        told[0].to_string().starts_with("line 2: this is pain.001.001.03, not pain.001.001.09; make the file as"),
        "{}",
        told[0]
    );

    for (namespace, says) in [
        ("urn:iso:std:iso:20022:tech:xsd:pain.008.001.02", "this is pain.008.001.02"),
        ("urn:iso:std:iso:20022:tech:xds:pain.001.001.09", "is misspelt"),
        ("http://www.w3.org/1999/xhtml", "is not that of pain.001.001.09"),
    ] {
        let file = EXAMPLE_PAIN001.replace("urn:iso:std:iso:20022:tech:xsd:pain.001.001.09", namespace);
        assert!(problems(&file)[0].message.contains(says), "{namespace}: {:?}", problems(&file));
    }
    let bare = EXAMPLE_PAIN001.replace(" xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09\"", "");
    assert!(problems(&bare)[0].message.contains("has no namespace"));
}

#[test]
fn prefixes_are_as_good_as_the_default_namespace() {
    let prefixed = EXAMPLE_PAIN001
        .replace("</", "\u{1}")
        .replace("<?", "\u{2}")
        .replace('<', "<p:")
        .replace('\u{1}', "</p:")
        .replace('\u{2}', "<?")
        .replace("xmlns=", "xmlns:p=");
    assert_eq!(problems(&prefixed), []);
}

#[test]
fn unusual_times_are_judged_as_xml_schema_does() {
    for (time, valid) in [
        ("2026-07-19T24:00:00", true),
        ("2026-07-19T09:00:00.123456789+03:00", true),
        ("12026-07-19T09:00:00", true),
        ("-0044-03-15T12:00:00Z", true),
        ("2026-07-19T09:00:00+15:00", false),
        ("2026-07-19T09:00", false),
        ("2026-07-19T25:00:00", false),
        ("2026-07-19T24:00:01", false),
    ] {
        let found = problems(&edited("2026-07-19T09:00:00Z", time));
        assert_eq!(found.is_empty(), valid, "{time}: {found:?}");
    }
}

#[test]
fn the_number_of_problems_is_bounded() {
    let many = EXAMPLE_PAIN001.replace("<GrpHdr>", &format!("{}<GrpHdr>", "<Junk/>".repeat(1000)));
    assert_eq!(problems(&many).len(), MAX_PROBLEMS);
}
