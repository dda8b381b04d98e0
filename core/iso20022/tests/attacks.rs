//! Hostile XML: refused with a clear reason, without expansion, and in bounded time (docs/protocols/ws-channel.md §10 S30).
#![allow(clippy::unwrap_used)]

mod common;

use std::fmt::Write as _;
use std::sync::mpsc;
use std::time::Duration;

use bankchannel_iso20022::simulator::{Ids, Ledger, Outcome, decide};
use bankchannel_iso20022::{EXAMPLE_PAIN001, MAX_BYTES, Problem, camt, pain001, pain002, schema};

/// Enough for a busy machine, far too short for anything quadratic in ten million bytes.
const PATIENCE: Duration = Duration::from_secs(20);

/// The reason for which every reader refuses the file; the simulator answers `FF01`.
fn refusal(file: Vec<u8>) -> Problem {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || send.send(judge(&file)));
    receive.recv_timeout(PATIENCE).expect("an answer in bounded time")
}

fn judge(file: &[u8]) -> Problem {
    let report = pain001::explain(file);
    assert!(pain001::parse(file).is_err());
    let _ = (pain002::read(file), camt::read(file), schema::identify(file));
    let ids = Ids::new("X").unwrap();
    let (now, today) = ("2026-11-20T07:00:00Z".parse().unwrap(), "2026-11-20".parse().unwrap());
    let outcome = decide(file, &Ledger::with_default_account(), now, today, &ids).unwrap();
    let Outcome::Rejected { pain002: answer } = outcome else { panic!("booked") };
    assert!(answer.len() < 20_000, "the answer must not grow with the attack: {}", answer.len());
    let answer = pain002::read(&answer).unwrap();
    assert_eq!(answer.reasons[0].code.as_deref(), Some("FF01"));
    for problem in &report.problems {
        let told = problem.message.len() + problem.change.len() + problem.path.len();
        assert!(told < 2_000, "an explanation must not grow with the attack: {told}");
    }
    assert!(report.identity.is_none_or(|identity| identity.namespace.len() < 1_000));
    report.problems[0].clone()
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
        assert!(refusal(file.into_bytes()).message.contains("nested more than 64 deep"));
    }
}

#[test]
fn attributes() {
    let mut many = String::from("<Document");
    for number in 0..500_000 {
        write!(many, " a{number}=\"\"").unwrap();
    }
    assert!(refusal(format!("{many}/>").into_bytes()).message.contains("more than 32 attributes"));
    let mut spaces = String::from("<Document");
    for number in 0..300_000 {
        write!(spaces, " xmlns:a{number}=\"u\"").unwrap();
    }
    assert!(refusal(format!("{spaces}/>").into_bytes()).message.contains("more than 32 attributes"));
    let huge = common::edited("Ccy=\"EUR\">250", &format!("Ccy=\"{}\">250", "E".repeat(6_000_000)));
    let problem = refusal(huge.into_bytes());
    assert!(problem.message.starts_with("the Ccy attribute of <InstdAmt> holds “EEEE"), "{}", problem.message.len());
    assert!(problem.message.len() < 300);
}

#[test]
fn size_and_counts() {
    assert!(refusal(vec![b'<'; MAX_BYTES + 1]).message.contains("bytes, more than"));
    assert!(
        refusal(b"<a>".iter().chain(&b"<b/>".repeat(2_600_000)).copied().collect())
            .message
            .contains("more than 500000")
    );
    let comments = format!("<a>{}</a>", "<!---->x".repeat(1_000_000));
    assert!(refusal(comments.into_bytes()).message.contains("more than 500000"));
    let one_tag = [b"<".to_vec(), vec![b'a'; MAX_BYTES - 3], b"/>".to_vec()].concat();
    let problem = refusal(one_tag);
    assert!(problem.message.len() < 300 && problem.change.len() < 300, "{}", problem.message.len());
    let name = "n".repeat(3_000_000);
    refusal(format!("<{name}></x{name}>").into_bytes());
    refusal(format!("<a xmlns=\"{name}\"><{name}/></a>").into_bytes());
    refusal(common::edited("<GrpHdr>", &format!("<{name}/><GrpHdr {name}=\"\">")).into_bytes());
    refusal(common::edited("2026-07-21", &name).into_bytes());
    refusal(format!("<{name}:a xmlns:{name}=\"urn:iso:std:iso:20022:tech:xsd:{name}\"/>").into_bytes());
    let text = common::edited("Invoice 1001", &"x".repeat(9_000_000));
    assert!(refusal(text.into_bytes()).message.contains("has 9000000 characters"));
}

#[test]
fn many_wrong_elements_and_values() {
    let junk = common::edited("<GrpHdr>", &format!("{}<GrpHdr>", "<Junk/>".repeat(450_000)));
    assert!(refusal(junk.into_bytes()).message.contains("<Junk> is not known inside <CstmrCdtTrfInitn>"));
    let known = common::edited("<GrpHdr>", &format!("<GrpHdr>{}", "<MsgId>a</MsgId>".repeat(200_000)));
    assert!(refusal(known.into_bytes()).message.contains("<MsgId> more than once"));
    // Values that only the library validator checks: it must not count lines for each.
    let lines = "<RmtInf><Strd><TaxRmt><Rcrd><Prd><Yr>x</Yr></Prd></Rcrd></TaxRmt></Strd></RmtInf>";
    let odd = common::edited("<RmtInf>\n          <Ustrd>Invoice 1001</Ustrd>\n        </RmtInf>", lines);
    assert!(!refusal(odd.into_bytes()).message.is_empty());
    let dates = "<Strd><RfrdDocInf><RltdDt>-0001-02-30</RltdDt></RfrdDocInf></Strd>".repeat(60_000);
    let odd = common::edited("<Ustrd>Invoice 1001</Ustrd>", &dates);
    assert!(refusal(odd.into_bytes()).message.contains("the schema does not allow this"));
}

/// A valid payment of many transactions, written tersely.
fn large(count: usize, remittance: &str) -> Vec<u8> {
    let (head, rest) = EXAMPLE_PAIN001.split_once("      <CdtTrfTxInf>").unwrap();
    let (first, rest) = rest.split_once("</CdtTrfTxInf>\n").unwrap();
    let tail = &rest[rest.find("    </PmtInf>").unwrap()..];
    let one: String = first.lines().map(str::trim).collect();
    let one = one.replace("Invoice 1001", remittance);
    let sum = format!("{}.{:02}", 25_005 * count / 100, 25_005 * count % 100);
    let head = head.replace("<NbOfTxs>2", &format!("<NbOfTxs>{count}")).replace("1450.05", &sum);
    format!("{head}{}{tail}", format!("<CdtTrfTxInf>{one}</CdtTrfTxInf>").repeat(count)).into_bytes()
}

/// The bank's answer if it has the money.
fn bank(file: Vec<u8>) -> Outcome {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let ids = Ids::new("X").unwrap();
        let (now, today) = ("2026-11-20T07:00:00Z".parse().unwrap(), "2026-11-20".parse().unwrap());
        let mut ledger = Ledger::default();
        ledger.open("FI2112345600000785", "Owner", "EUR", 1_000_000_000_000);
        send.send(decide(&file, &ledger, now, today, &ids).unwrap()).unwrap();
    });
    receive.recv_timeout(PATIENCE).expect("an answer in bounded time")
}

#[test]
fn a_large_honest_file_is_read_and_booked() {
    const COUNT: usize = 18_000;
    let file = large(COUNT, "Invoice 1001");
    assert!((5_000_000..7 * 1024 * 1024).contains(&file.len()), "{}", file.len());
    let Outcome::Accepted { pain002: status, camt053, camt054, .. } = bank(file) else { panic!("rejected") };
    assert_eq!(pain002::read(&status).unwrap().payments[0].transactions.len(), COUNT);
    for document in [camt053, camt054] {
        assert_eq!(camt::read(&document).unwrap().accounts[0].entries[0].transactions.len(), COUNT);
    }
}

#[test]
fn a_file_whose_statement_could_not_be_downloaded_is_rejected() {
    // Quotation marks take six times their size when escaped.
    let file = large(10_000, &"\"".repeat(140));
    assert!(file.len() < MAX_BYTES, "{}", file.len());
    let Outcome::Rejected { pain002: status } = bank(file) else { panic!("booked") };
    let status = pain002::read(&status).unwrap();
    assert_eq!(status.reasons[0].code.as_deref(), Some("FF01"));
    assert!(status.reasons[0].information.concat().contains("split"), "{:?}", status.reasons);
}
