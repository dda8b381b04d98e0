//! Hostile XML: refused with a clear reason, without expansion, and in bounded time (docs/protocols/ws-channel.md §10 S30).
#![allow(clippy::unwrap_used)]

mod common;

use std::fmt::Write as _;
use std::sync::mpsc;
use std::time::Duration;

use bankchannel_bank_simulator::{AnswerIds, BankDecision, BankLedger, MAX_PAYMENT_BYTES, decide};
use bankchannel_foundation::model::Decimal;
use bankchannel_iso20022::check::{CheckOptions, check};
use bankchannel_iso20022::rules::{Finding, Level};
use bankchannel_iso20022::{EXAMPLE_PAIN001, read_payment, read_statement, read_status_report, schema};

/// Enough for a busy machine, far too short for anything quadratic in ten million bytes.
const PATIENCE: Duration = Duration::from_secs(20);

/// The first error of the check; the simulated bank answers `FF01`.
fn refusal(file: Vec<u8>) -> Finding {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || drop(send.send(Box::new(judge(&file)))));
    *receive.recv_timeout(PATIENCE).expect("an answer in bounded time")
}

fn judge(file: &[u8]) -> Finding {
    let checked = check(file, &CheckOptions::at_ms(1_795_161_600_000)).unwrap();
    assert!(checked.errors > 0 && !checked.is_good());
    let _ = (read_payment(file), read_status_report(file), read_statement(file));
    let identity = schema::identify(file);
    let ids = AnswerIds::new("X").unwrap();
    let (now, today) = ("2026-11-20T07:00:00Z".parse().unwrap(), "2026-11-20".parse().unwrap());
    let decided = decide(file, &BankLedger::with_default_account(), None, now, today, &ids).unwrap();
    let BankDecision::Rejected { pain002: answer } = decided else { panic!("booked") };
    assert!(answer.len() < 20_000, "the answer must not grow with the attack: {}", answer.len());
    let answer = read_status_report(answer.as_slice()).unwrap();
    assert_eq!(answer.reports[0].reasons[0].code.as_ref().unwrap().code, "FF01");
    for finding in &checked.findings {
        let path = finding.path.as_ref().map_or(0, String::len);
        let told = finding.message.len() + finding.change.len() + path;
        assert!(told < 2_000, "an explanation must not grow with the attack: {told}");
    }
    assert!(identity.is_ok_and(|identity| identity.namespace.len() < 1_000) || checked.message_name.is_none());
    checked.findings.iter().find(|finding| finding.level == Level::Error).unwrap().clone()
}

fn with_doctype(doctype: &str, reference: &str) -> Vec<u8> {
    let (head, tail) = EXAMPLE_PAIN001.split_once("<Document").unwrap();
    format!("{head}{doctype}<Document{}", tail.replace("Invoice 1001", reference)).into_bytes()
}

#[test]
fn document_types_and_entities() {
    let mut laughs = String::from("<!DOCTYPE d [<!ENTITY a0 \"ha\">");
    for level in 1..30 {
        write!(laughs, "<!ENTITY a{level} \"{}\">", format!("&a{};", level - 1).repeat(10)).unwrap();
    }
    laughs.push_str("]>");
    for (doctype, reference) in [
        (laughs.as_str(), "&a29;"),
        ("<!DOCTYPE d [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>", "&x;"),
        ("<!DOCTYPE d SYSTEM \"http://127.0.0.1:9/x.dtd\">", "x"),
        ("<!DOCTYPE d [<!ENTITY % p SYSTEM \"http://127.0.0.1:9/\"> %p;]>", "x"),
        ("<!DOCTYPE Document>", "x"),
    ] {
        let problem = refusal(with_doctype(doctype, reference));
        assert!(problem.message.contains("document type declaration"), "{problem}");
        assert_eq!((problem.line, problem.change.as_str()), (Some(2), "remove it"));
    }
    let problem = refusal(with_doctype("", "&undeclared;"));
    assert!(problem.message.contains("not well-formed"), "{problem}");
}

#[test]
fn nesting() {
    for depth in [65, 5_000_000 / 3] {
        let file = format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth.min(100)));
        // Of another message only the root element is read.
        assert!(refusal(file.into_bytes()).message.starts_with("this is a file without a namespace"));
        let inside = common::edited("<GrpHdr>", &format!("{}<GrpHdr>", "<a>".repeat(depth)));
        refused_with(&inside, "nested more than 64 deep");
    }
}

#[test]
fn attributes() {
    let mut many = String::from("<Document");
    for number in 0..60_000 {
        write!(many, " a{number}=\"\"").unwrap();
    }
    assert!(refusal(format!("{many}/>").into_bytes()).message.contains("more than 64 attributes"));
    let mut spaces = String::from("<Document");
    for number in 0..40_000 {
        write!(spaces, " xmlns:a{number}=\"u\"").unwrap();
    }
    assert!(refusal(format!("{spaces}/>").into_bytes()).message.contains("more than 64 attributes"));
    let inside = format!("{spaces} xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09\"/>");
    assert!(refusal(inside.into_bytes()).message.contains("more than 64 attributes"));
    let huge = common::edited("Ccy=\"EUR\">250", &format!("Ccy=\"{}\">250", "E".repeat(900_000)));
    refused_with(&huge, "the Ccy attribute of <InstdAmt> holds “EEEE");
    let huge = common::edited("Ccy=\"EUR\">250", &format!("Ccy=\"{}\">250", "E".repeat(6_000_000)));
    assert!(refusal(huge.into_bytes()).message.contains("longer than 1048576 bytes"));
}

/// A payment file that is refused with these words among others.
fn refused_with(file: &str, words: &str) {
    refusal(file.as_bytes().to_vec());
    let checked = check(file.as_bytes(), &CheckOptions::at_ms(0)).unwrap();
    assert!(checked.findings.iter().any(|finding| finding.message.contains(words)), "{words}: {:?}", checked.findings);
}

#[test]
fn size_and_counts() {
    let too_large = vec![b'<'; MAX_PAYMENT_BYTES + 1];
    let ids = AnswerIds::new("X").unwrap();
    let (now, today) = ("2026-11-20T07:00:00Z".parse().unwrap(), "2026-11-20".parse().unwrap());
    let decided = decide(&too_large, &BankLedger::with_default_account(), None, now, today, &ids).unwrap();
    let BankDecision::Rejected { pain002 } = decided else { panic!("booked") };
    assert!(String::from_utf8(pain002).unwrap().contains("bytes, more than"));

    for many in ["<b/>".repeat(1_500_000), "<!---->x".repeat(700_000)] {
        let found = refusal(common::edited("<GrpHdr>", &format!("{many}<GrpHdr>")).into_bytes());
        assert!(found.message.len() < 300, "{found}");
    }
    let size = MAX_PAYMENT_BYTES;
    let one_tag = [b"<".to_vec(), vec![b'a'; size - 3], b"/>".to_vec()].concat();
    let problem = refusal(one_tag);
    assert!(problem.message.len() < 300 && problem.change.len() < 300, "{}", problem.message.len());
    let name = "n".repeat(3_000_000);
    refusal(format!("<{name}></x{name}>").into_bytes());
    refusal(format!("<a xmlns=\"{name}\"><{name}/></a>").into_bytes());
    refusal(common::edited("<GrpHdr>", &format!("<{name}/><GrpHdr {name}=\"\">")).into_bytes());
    refusal(common::edited("2026-07-21", &name).into_bytes());
    refusal(format!("<{name}:a xmlns:{name}=\"urn:iso:std:iso:20022:tech:xsd:{name}\"/>").into_bytes());
    let text = common::edited("Invoice 1001", &"x".repeat(60_000));
    refused_with(&text, "has 60000 characters");
    let text = common::edited("Invoice 1001", &"x".repeat(900_000));
    refused_with(&text, "longer than 65536 bytes");
}

#[test]
fn many_wrong_elements_and_values() {
    let junk = common::edited("<GrpHdr>", &format!("{}<GrpHdr>", "<Junk/>".repeat(450_000)));
    assert!(refusal(junk.into_bytes()).message.contains("<Junk> is not known inside <CstmrCdtTrfInitn>"));
    let known = common::edited("<GrpHdr>", &format!("<GrpHdr>{}", "<MsgId>a</MsgId>".repeat(90_000)));
    assert!(refusal(known.into_bytes()).message.contains("<MsgId> more than once"));
    let lines = "<RmtInf><Strd><TaxRmt><Rcrd><Prd><Yr>x</Yr></Prd></Rcrd></TaxRmt></Strd></RmtInf>";
    let odd = common::edited("<RmtInf>\n          <Ustrd>Invoice 1001</Ustrd>\n        </RmtInf>", lines);
    assert!(!refusal(odd.into_bytes()).message.is_empty());
    let dates = "<Strd><RfrdDocInf><RltdDt>-0001-02-30</RltdDt></RfrdDocInf></Strd>".repeat(30_000);
    let odd = common::edited("<Ustrd>Invoice 1001</Ustrd>", &dates);
    refused_with(&odd, "which is not a date");
}

/// A valid payment of many transactions, written tersely.
fn large(count: usize, remittance: &str) -> Vec<u8> {
    let (head, rest) = EXAMPLE_PAIN001.split_once("      <CdtTrfTxInf>").unwrap();
    let (first, rest) = rest.split_once("</CdtTrfTxInf>\n").unwrap();
    let tail = &rest[rest.find("    </PmtInf>").unwrap()..];
    let one: String = first.lines().map(str::trim).collect();
    let one = one.replace("Invoice 1001", remittance).replace("<InstrId>SYNTH-INSTR-001</InstrId>", "");
    let sum = format!("{}.{:02}", 25_005 * count / 100, 25_005 * count % 100);
    let head = head.replace("<NbOfTxs>2", &format!("<NbOfTxs>{count}")).replace("1450.05", &sum);
    let all: String = (0..count)
        .map(|number| {
            format!("<CdtTrfTxInf>{}</CdtTrfTxInf>", one.replace("SYNTH-E2E-0001", &format!("E-{number:08}")))
        })
        .collect();
    format!("{head}{all}{tail}").into_bytes()
}

/// The bank's answer if it has the money.
fn bank(file: Vec<u8>) -> BankDecision {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let ids = AnswerIds::new("X").unwrap();
        let (now, today) = ("2026-11-20T07:00:00Z".parse().unwrap(), "2026-11-20".parse().unwrap());
        let mut ledger = BankLedger::default();
        ledger.open("FI2112345600000785", "Owner", "EUR", Decimal::new("10000000000.00").unwrap());
        send.send(decide(&file, &ledger, None, now, today, &ids).unwrap()).unwrap();
    });
    receive.recv_timeout(PATIENCE).expect("an answer in bounded time")
}

#[test]
fn a_large_honest_file_is_read_and_booked() {
    const COUNT: usize = 18_000;
    let file = large(COUNT, "Invoice 1001");
    assert!((5_000_000..7 * 1024 * 1024).contains(&file.len()), "{}", file.len());
    let BankDecision::Accepted { pain002: status, camt053, camt054, .. } = bank(file) else { panic!("rejected") };
    assert_eq!(read_status_report(status.as_slice()).unwrap().reports[0].batches[0].transactions.len(), COUNT);
    for document in [camt053, camt054] {
        assert_eq!(read_statement(document.as_slice()).unwrap().statements[0].entries[0].details.len(), COUNT);
    }
}

#[test]
fn a_file_whose_statement_could_not_be_downloaded_is_rejected() {
    // Quotation marks take six times their size when escaped.
    let file = large(10_000, &"\"".repeat(140));
    assert!(file.len() < MAX_PAYMENT_BYTES, "{}", file.len());
    let BankDecision::Rejected { pain002: status } = bank(file) else { panic!("booked") };
    let reason = &read_status_report(status.as_slice()).unwrap().reports[0].reasons[0];
    assert_eq!(reason.code.as_ref().unwrap().code, "FF01");
    assert!(reason.information.concat().contains("split"), "{reason:?}");
}
