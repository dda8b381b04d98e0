//! `iso20022 make-payment`, `check`, `show`, `match`.

use std::{fs, path::Path};

use crate::support::{Home, ran};

const DEBTOR: [&str; 6] =
    ["--debtor", "Example Oy", "--debtor-iban", "FI2112345600000785", "--execution-date", "2036-12-01"];

const REPORT: &str = r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt><GrpHdr><MsgId>R1</MsgId></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>BANKCHANNEL-EXAMPLE-0001</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>SYNTH-PMT-2026-001</OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>SYNTH-E2E-0001</OrgnlEndToEndId><TxSts>ACSC</TxSts></TxInfAndSts><TxInfAndSts><OrgnlEndToEndId>SYNTH-E2E-0002</OrgnlEndToEndId><TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf></TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"#;

const STATEMENT: &str = r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId></GrpHdr><Stmt><Id>S1</Id><Acct><Id><IBAN>FI2112345600000785</IBAN></Id><Ccy>EUR</Ccy></Acct><Ntry><Amt Ccy="EUR">50.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-20</Dt></BookgDt><NtryDtls><TxDtls><RltdPties><Dbtr><Pty><Nm>=Pekka Payer</Nm></Pty></Dbtr></RltdPties></TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>"#;

/// ISO-122.
#[test]
fn the_example_is_made_checked_and_shown() {
    let home = Home::empty();
    let example = home.run(&["iso20022", "make-payment", "--example"]).expect(0);
    assert!(example.out.starts_with("creditor_name,") && example.err.is_empty(), "{}", example.err);
    fs::write(home.path("transfers.csv"), &example.out).unwrap();
    let make = [&["iso20022", "make-payment", "--csv", "transfers.csv"][..], &DEBTOR].concat();
    let printed = home.run(&make).expect(0);
    assert!(printed.out.starts_with("<?xml") && printed.err.contains("2 transactions"), "{}", printed.err);
    let written = home.run(&[&make[..], &["--output", "payment.xml"]].concat()).expect(0);
    assert!(written.out.contains("2 transactions") && written.out.contains("1450.05"), "{}", written.out);
    let again = home.run(&[&make[..], &["--output", "payment.xml"]].concat()).expect(1);
    assert!(again.err.contains("payment.xml"), "{}", again.err);
    let checked = home.run(&["iso20022", "check", "payment.xml", "--json"]).expect(0).json();
    assert_eq!((&checked["ok"], &checked["errors"]), (&true.into(), &0.into()), "{checked}");
    let shown = home.run(&["iso20022", "show", "payment.xml"]).expect(0);
    assert!(shown.out.contains("Alpha Supplies Ab") && shown.out.contains("1200.50"), "{}", shown.out);
    // From standard input, as JSON.
    let line = r#"{"amount": "1.05", "creditor": {"name": "Alpha Supplies Ab", "iban": "SE4550000000058398257466"}}"#;
    let make = [&["iso20022", "make-payment", "--json-lines", "-", "--json"][..], &DEBTOR].concat();
    let made = home.run_with_input(&make, line.as_bytes()).expect(0).json();
    assert_eq!((&made["transactions"], &made["control_sum"]), (&1.into(), &"1.05".into()));
}

#[test]
fn what_is_wrong_is_named_and_nothing_is_written() {
    let home = Home::empty();
    fs::write(home.path("transfers.csv"), "creditor_name,creditor_iban,amount\nAlpha,SE4550000000058398257467,1.00\n")
        .unwrap();
    let make =
        [&["iso20022", "make-payment", "--csv", "transfers.csv", "--output", "payment.xml"][..], &DEBTOR].concat();
    let refused = home.run(&make).expect(1);
    assert!(refused.err.contains("iso20022.payment_refused") && refused.err.contains("row 2"), "{}", refused.err);
    assert!(!home.path("payment.xml").exists());
    let refused = home.run(&[&make[..], &["--data", r#"{"debtor": "Example Oy"}"#]].concat()).expect(1);
    assert!(refused.err.contains("debtor must be an object"), "{}", refused.err);
    fs::write(home.path("broken.xml"), &REPORT[..200]).unwrap();
    let checked = home.run(&["iso20022", "check", "broken.xml"]).expect(1);
    assert!(checked.out.contains("1 error,"), "{}", checked.out);
}

/// The operation's own name is accepted as a command too, but it is not listed.
#[test]
fn checking_and_matching_are_one_command_each() {
    let home = Home::empty();
    let help = home.run(&["iso20022", "--help"]).expect(0).out;
    let listed = |name: &str| help.lines().any(|line| line.split_whitespace().next() == Some(name));
    assert!(listed("check") && listed("match") && listed("make-payment"), "{help}");
    assert!(!listed("check-payment") && !listed("match-status"), "{help}");
    let payment = bankchannel_iso20022::EXAMPLE_PAIN001.as_bytes();
    // Its execution date has passed: that is an error.
    let piped = home.run_with_input(&["iso20022", "check", "-", "--json"], payment).expect(1).json();
    let spelled = home.run_with_input(&["iso20022", "check-payment", "-", "--json"], payment).expect(1).json();
    assert_eq!((&piped, &piped["errors"]), (&spelled, &1.into()));
    let matched = home.run_with_input(&["iso20022", "match", "-", "--json"], payment).expect(0).json();
    let spelled = home.run_with_input(&["iso20022", "match-status", "-", "--json"], payment).expect(0).json();
    assert_eq!(matched, spelled);
    for command in ["check", "check-payment"] {
        let faulty = home.run_with_input(&["iso20022", command, "-", "--json"], &REPORT.as_bytes()[..200]).expect(1);
        assert_eq!(faulty.json()["errors"], 1, "{command}");
    }
}

/// A file in ISO-8859-15 that declares no encoding: the euro sign has a byte of its own there.
#[test]
fn an_encoding_can_be_named() {
    let home = Home::empty();
    let named = bankchannel_iso20022::EXAMPLE_PAIN001.replacen("Alpha Supplies Ab", "Alpha \u{20ac} Ab", 1);
    let bytes: Vec<u8> = named.chars().map(|c| if c == '\u{20ac}' { 0xa4 } else { c as u8 }).collect();
    let declaration = b"encoding=\"UTF-8\"";
    let at = bytes.windows(declaration.len()).position(|bytes| bytes == declaration).expect("a declaration");
    let undeclared = [&bytes[..at], &bytes[at + declaration.len()..]].concat();
    let refused = home.run_with_input(&["iso20022", "match", "-"], &undeclared).expect(1);
    assert!(refused.err.contains("stdin"), "{}", refused.err);
    let read = home.run_with_input(&["iso20022", "match", "-", "--encoding", "ISO-8859-15"], &undeclared).expect(0);
    assert!(read.out.contains("Alpha \u{20ac} Ab"), "{}", read.out);
}

#[test]
fn a_folder_of_downloads_is_shown_and_matched() {
    let home = Home::empty();
    fs::create_dir(home.path("inbox")).unwrap();
    for (name, text) in [("r.xml", REPORT), ("s.xml", STATEMENT), ("t.dat", "UNA:+.? 'UNB+"), ("z.xml", &REPORT[..200])]
    {
        fs::write(home.path("inbox").join(name), text).unwrap();
    }
    fs::write(home.path("payment.xml"), bankchannel_iso20022::EXAMPLE_PAIN001).unwrap();
    // Unreadable files are reported, and the others are shown.
    let shown = home.run(&["iso20022", "show", "inbox"]).expect(1);
    assert!(shown.out.contains("account is closed") && shown.out.contains("Pekka Payer"), "{}", shown.out);
    assert!(
        shown.err.contains("t.dat") && shown.err.contains("z.xml") && shown.err.contains("line 1"),
        "{}",
        shown.err
    );
    let json = home.run(&["iso20022", "show", "inbox", "--json"]).expect(1).json();
    assert_eq!(json["files"].as_array().unwrap().len(), 4);
    let csv = home.run(&["iso20022", "show", "--csv", "inbox/s.xml"]).expect(0);
    assert!(csv.out.starts_with("account,") && csv.out.contains(",'=Pekka Payer,"), "{}", csv.out);
    let csv = home.run(&["iso20022", "show", "--csv=statuses", "inbox"]).expect(1);
    assert!(csv.out.lines().count() == 3 && csv.err.contains("s.xml"), "{}", csv.err);
    fs::remove_file(home.path("inbox/z.xml")).unwrap();
    // What cannot be read is named, and the exit code says so: an outcome may be missing.
    let matched = home.run(&["iso20022", "match", "payment.xml", "inbox"]).expect(1);
    assert!(matched.err.contains("t.dat") && matched.err.contains("EDIFACT"), "{}", matched.err);
    let json = home.run(&["iso20022", "match", "payment.xml", "inbox", "--json"]).expect(1).json();
    assert!(json["not_read"][0]["file"].as_str().unwrap().ends_with("t.dat"), "{json}");
    fs::remove_file(home.path("inbox/t.dat")).unwrap();
    // A table of a bank may hold what is missing; a document for people does not.
    fs::write(home.path("inbox/v.csv"), "Buchungstag;Betrag;Text\n01.12.2026;-4,00;Miete\n").unwrap();
    let json = home.run(&["iso20022", "match", "payment.xml", "inbox", "--json"]).expect(1).json();
    assert!(json["not_read"][0]["error"].is_string(), "{json}");
    fs::rename(home.path("inbox/v.csv"), home.path("v.csv")).unwrap();
    fs::write(home.path("inbox/w.pdf"), "%PDF-1.4").unwrap();
    let json = home.run(&["iso20022", "match", "payment.xml", "inbox", "--json"]).expect(0).json();
    assert!(json["not_read"][0]["not_read"].as_str().unwrap().contains("PDF"), "{json}");
    fs::remove_file(home.path("inbox/w.pdf")).unwrap();
    let matched = home.run(&["iso20022", "match", "payment.xml", "inbox"]).expect(0);
    assert!(matched.out.contains("executed_reported") && matched.out.contains("rejected"), "{}", matched.out);
    let matched = home.run(&["iso20022", "match", "payment.xml", "inbox", "--csv"]).expect(0);
    assert_eq!(matched.out.lines().count(), 3, "{}", matched.out);
    let payment = bankchannel_iso20022::EXAMPLE_PAIN001.as_bytes();
    let piped = home.run_with_input(&["iso20022", "match", "-", "inbox", "--csv"], payment).expect(0);
    assert_eq!(piped.out, matched.out);
    let refused = home.run(&["iso20022", "match", "payment.xml", "inbox", "--encoding", "EBCDIC"]).expect(1);
    assert!(refused.err.contains("ISO-8859-15"), "{}", refused.err);
    // A closed reader is not a failure.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    ran(home.command(&["iso20022", "show", "--csv", "inbox/s.xml"]).stdout(writer).output().unwrap()).expect(0);
}

/// Results of large files are put together page by page: they are those of the library, and a fault at the end of a file
/// leaves no half of one.
#[test]
fn a_large_file_is_shown_whole_or_not_at_all() {
    let home = Home::empty();
    let (start, rest) = STATEMENT.split_once("<Stmt>").unwrap();
    let entry = &rest[rest.find("<Ntry>").unwrap()..rest.find("</Stmt>").unwrap()];
    let (account, end) = (&rest[..rest.find("<Ntry>").unwrap()], "</BkToCstmrStmt></Document>\n");
    let statement = |entries: usize| {
        format!(
            "<Stmt>{account}{}<TxsSummry><TtlNtries><NbOfNtries>7</NbOfNtries></TtlNtries></TxsSummry></Stmt>",
            entry.repeat(entries)
        )
    };
    let whole = [start, &statement(600), &statement(0), &statement(250), end, start, &statement(501), end].concat();
    let payment = bankchannel_iso20022::EXAMPLE_PAIN001;
    for (name, text) in [("s.xml", whole.as_str()), ("p.xml", payment), ("r.xml", REPORT)] {
        fs::write(home.path(name), text).unwrap();
        fs::write(home.path(&format!("broken-{name}")), &text[..text.len() - 10]).unwrap();
    }
    let content = Some(whole.clone().into_bytes().into());
    let wanted = bankchannel::call_local("iso20022.read_statement", serde_json::json!({}), content).unwrap();
    assert_eq!(wanted["statements"].as_array().unwrap().len(), 4);
    let read = home.run(&["iso20022", "read-statement", "s.xml", "--json"]).expect(0);
    assert_eq!(read.out, format!("{wanted}\n"), "the same bytes");
    home.run(&["iso20022", "read-statement", "s.xml", "--output", "s.json"]).expect(0);
    assert_eq!(fs::read_to_string(home.path("s.json")).unwrap(), read.out);
    let shown = home.run(&["iso20022", "show", "s.xml", "r.xml", "p.xml", "--json"]).expect(0).json();
    assert_eq!(shown["files"][0]["statement"], wanted);
    assert_eq!(shown["files"][1]["report"]["reports"][0]["id"], "R1");
    assert_eq!(shown["files"][2]["payment"]["id"], "BANKCHANNEL-EXAMPLE-0001");
    assert_eq!(home.run(&["iso20022", "show", "s.xml", "--csv"]).expect(0).out.lines().count(), 1 + 600 + 250 + 501);
    for name in ["broken-s.xml", "broken-p.xml", "broken-r.xml"] {
        let csv = home.run(&["iso20022", "show", name, "--csv"]).expect(1);
        assert!(csv.out.is_empty() && csv.err.contains(name), "{} {}", csv.out, csv.err);
        let shown = home.run(&["iso20022", "show", name]).expect(1);
        assert!(shown.out.is_empty() && shown.err.contains(name), "{} {}", shown.out, shown.err);
        let json = home.run(&["iso20022", "show", name, "--json"]).expect(1).json();
        assert!(json["files"][0]["error"].is_string(), "{json}");
    }
    let broken = home.run(&["iso20022", "read-statement", "broken-s.xml", "--json"]).expect(1).json();
    assert_eq!((broken.as_object().unwrap().len(), &broken["error"]["code"]), (1, &"iso20022.file_unreadable".into()));
    assert_eq!(broken["error"]["operation"], "iso20022.read_statement");
    home.run(&["iso20022", "read-statement", "broken-s.xml", "--output", "none.json"]).expect(1);
    assert!(!home.path("none.json").exists());
    // Against the schema, a batch's account stands behind its transactions.
    let from = payment.find("<DbtrAcct>").unwrap();
    let to = payment.find("</DbtrAcct>").unwrap() + "</DbtrAcct>".len();
    let (account, lines) = (&payment[from..to], "\n".repeat(payment[from..to].matches('\n').count()));
    let late = payment.replacen(account, &lines, 1).replacen("</PmtInf>", &format!("{account}</PmtInf>"), 1);
    fs::write(home.path("late.xml"), late).unwrap();
    let rows = |name: &str| home.run(&["iso20022", "show", name, "--csv"]).expect(0).out;
    assert_eq!(rows("late.xml"), rows("p.xml"));
}

#[test]
fn what_is_known_of_the_banks_is_shown_and_a_bank_of_ones_own_is_checked() {
    let home = Home::empty();
    let all = home.run(&["banks"]).expect(0);
    for part in ["Recorded", "osuuspankki", "characters latin1", "needs_line", "2026-11-"] {
        assert!(all.out.contains(part), "{part}: {}", all.out);
    }
    let one = home.run(&["banks", "OKOYFIHH"]).expect(0);
    assert!(
        one.out.contains("55") && one.out.contains("earlier than 60 days") && one.out.contains("2026-11-27"),
        "{}",
        one.out
    );
    let json = home.run(&["banks", "osuuspankki", "--json"]).expect(0).json();
    assert_eq!((&json["banks"][0]["name"], json["banks"].as_array().unwrap().len()), (&"op".into(), 1));
    let unknown = home.run(&["banks", "nordae"]).expect(1);
    assert!(unknown.err.contains("did you mean nordea?"), "{}", unknown.err);
    let payment = bankchannel_iso20022::EXAMPLE_PAIN001.replace("Alpha Supplies Ab", "Älpha Supplies Ab");
    fs::write(home.path("payment.xml"), payment).unwrap();
    fs::write(home.path("bank.json"), r#"{"name": "mine", "extends": "nordea"}"#).unwrap();
    let warned = home.run(&["iso20022", "check", "payment.xml"]);
    assert!(warned.out.contains("characters"), "{}", warned.out);
    let taken = home.run(&["iso20022", "check", "--profile-file", "bank.json", "payment.xml"]);
    assert!(!taken.out.contains("characters"), "{}", taken.out);
}

/// Each file of an archive is shown and matched as one of a folder is.
#[test]
fn archives_are_folders_of_files() {
    let home = Home::empty();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../core/iso20022/tests/data/payment-breadth");
    let at = |name: &str| fixtures.join(name).to_str().unwrap().to_owned();
    let shown = home.run(&["iso20022", "show", &at("archives/c53.zip")]).expect(0);
    for part in ["c53.zip!2026-12-01_C53_DE89370400440532013000_EUR_000001.xml", "Closing balance 22.00 EUR"] {
        assert!(shown.out.contains(part), "{}", shown.out);
    }
    let with_pdf = at("archives/c53-with-pdf-and-folder.zip");
    let shown = home.run(&["iso20022", "show", &with_pdf]).expect(0);
    assert!(shown.out.contains("Closing balance 15.00 EUR"), "{}", shown.out);
    assert!(shown.err.contains("Kontoauszug.pdf") && shown.err.contains("PDF"), "{}", shown.err);
    let json = home.run(&["iso20022", "show", &with_pdf, "--json"]).expect(0).json();
    assert!(json["files"][1]["not_read"].as_str().unwrap().contains("PDF"), "{json}");
    let json = home.run(&["iso20022", "show", &at("archives/c53.zip"), "--json"]).expect(0).json();
    assert_eq!(json["files"].as_array().unwrap().len(), 2);
    let csv = home.run(&["iso20022", "show", &at("archives/nested.zip"), "--csv"]).expect(0);
    assert_eq!(csv.out.lines().count(), 2, "{}", csv.out);
    let empty = home.run(&["iso20022", "show", &at("archives/empty.zip")]).expect(0);
    assert!(empty.err.contains("the archive is empty"), "{}", empty.err);
    let bomb = home.run(&["iso20022", "show", &at("archives/ratio.zip")]).expect(1);
    assert!(bomb.err.contains("limit of the ratio"), "{}", bomb.err);
    let whole = home.run(&["iso20022", "read-statement", &at("archives/c53.zip"), "--json"]).expect(0).json();
    assert_eq!(whole["archive"]["members"].as_array().unwrap().len(), 2, "{whole}");
    fs::write(home.path("payment.xml"), bankchannel_iso20022::EXAMPLE_PAIN001).unwrap();
    let matched = home.run(&["iso20022", "match", "payment.xml", &at("archives/c53.zip"), "--json"]).expect(0).json();
    assert_eq!(matched["leftover_entries"].as_array().unwrap().len(), 2, "{matched}");
    // Nothing is missing without a document for people, unless it is all that was named.
    let matched = home.run(&["iso20022", "match", "payment.xml", &with_pdf, "--json"]).expect(0);
    assert!(matched.err.contains("PDF") && !matched.err.contains("may be missing"), "{}", matched.err);
    assert_eq!(matched.json()["leftover_entries"].as_array().unwrap().len(), 1);
    fs::create_dir(home.path("inbox")).unwrap();
    for name in ["notice.pdf", "inbox/notice.pdf"] {
        fs::write(home.path(name), "%PDF-1.4").unwrap();
    }
    home.run(&["iso20022", "match", "payment.xml", "inbox"]).expect(0);
    let refused = home.run(&["iso20022", "match", "payment.xml", "notice.pdf"]).expect(1);
    assert!(refused.err.contains("PDF"), "{}", refused.err);
}

#[test]
fn finnish_records_are_shown_as_statements() {
    let home = Home::empty();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../core/iso20022/tests/data/payment-breadth");
    let at = |name: &str| fixtures.join(name).to_str().unwrap().to_owned();
    let shown =
        home.run(&["iso20022", "show", &at("tito/tito-all-kinds.to"), &at("ktl/ktl-two-batches.svm")]).expect(0);
    for part in ["Closing balance 917.52 EUR", "VUOKRA OY", "RF18539007547034", "ÄYRÄS OY", "LISÄPALKKIO"] {
        assert!(shown.out.contains(part), "{part}: {}", shown.out);
    }
    let csv = home.run(&["iso20022", "show", "--csv", &at("ktl/ktl-two-batches.svm")]).expect(0);
    assert_eq!(csv.out.lines().count(), 6, "{}", csv.out);
}

/// Statements of SWIFT are shown and matched as those of XML are, also in an archive with files of every format.
#[test]
fn swift_statements_are_shown_and_matched_also_in_an_archive() {
    let home = Home::empty();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../core/iso20022/tests/data");
    let at = |name: &str| fixtures.join(name).to_str().unwrap().to_owned();
    let archive = at("payment-breadth/archives/every-format.zip");
    let alone = home.run(&["iso20022", "show", &at("cases/swift/de-structured.sta")]).expect(0);
    assert!(alone.out.contains("BEISPIEL GMBH UND CO KG"), "{}", alone.out);
    let shown = home.run(&["iso20022", "show", &archive]).expect(1);
    for part in [
        "every-format.zip!statement.xml",
        "every-format.zip!statement.sta\n",
        "every-format.zip!statement.sta.gz",
        "every-format.zip!statement.to",
        "every-format.zip!payments.svm",
        "every-format.zip!report.sta",
        "BEISPIEL GMBH UND CO KG",
        "VUOKRA OY",
    ] {
        assert!(shown.out.contains(part), "{part}: {}", shown.out);
    }
    assert!(shown.err.contains("interchange.edi") && shown.err.contains("EDIFACT"), "{}", shown.err);
    let json = home.run(&["iso20022", "read-statement", &archive, "--json"]).expect(0).json();
    let names = json["messages"].as_array().unwrap().iter().map(|one| one["message"]["name"].as_str());
    assert_eq!(names.filter(|name| name.is_some_and(|name| name.starts_with("MT"))).count(), 3, "{json}");
    fs::write(home.path("payment.xml"), bankchannel_iso20022::EXAMPLE_PAIN001).unwrap();
    let matched = home.run(&["iso20022", "match", "payment.xml", &archive, "--json"]).expect(1).json();
    assert!(matched["leftover_entries"].as_array().unwrap().len() > 10, "{matched}");
    assert!(matched["not_read"][0]["file"].as_str().unwrap().ends_with("!interchange.edi"), "{matched}");
    // A bank takes none of them as a payment.
    for (file, kind) in [(at("cases/swift/de-structured.sta"), "SWIFT"), (archive, "ZIP archive")] {
        let checked = home.run(&["iso20022", "check", &file]).expect(1);
        assert!(checked.out.contains(kind), "{}", checked.out);
    }
}
