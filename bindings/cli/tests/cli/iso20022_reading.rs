//! `iso20022 show` and `match` over the files of banks: their own words, encodings, other messages, missing statements.

use std::fs;

use crate::support::Home;

const PAYMENT: &str = bankchannel_iso20022::EXAMPLE_PAIN001;
const IBAN: &str = "FI2112345600000785";

fn document(name: &str, root: &str, inside: &str) -> String {
    format!("<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:{name}\"><{root}>{inside}</{root}></Document>")
}

/// A status report on the example, with statuses of its two transactions.
fn report(first: &str, second: &str) -> String {
    let of = |number: u32, inside: &str| {
        format!("<TxInfAndSts><OrgnlEndToEndId>SYNTH-E2E-000{number}</OrgnlEndToEndId>{inside}</TxInfAndSts>")
    };
    let inside = format!(
        "<GrpHdr><MsgId>R1</MsgId></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>BANKCHANNEL-EXAMPLE-0001</OrgnlMsgId>\
         <OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts>\
         <OrgnlPmtInfId>SYNTH-PMT-2026-001</OrgnlPmtInfId>{}{}</OrgnlPmtInfAndSts>",
        of(1, first),
        of(2, second)
    );
    document("pain.002.001.10", "CstmrPmtStsRpt", &inside)
}

/// A statement of the day, with its number, opening and closing balance.
fn statement(number: u32, [opening, closing]: [&str; 2], inside: &str) -> String {
    let balance = |kind: &str, amount: &str| {
        format!(
            "<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>\
             <Dt><Dt>2026-11-{number}</Dt></Dt></Bal>"
        )
    };
    let inside = format!(
        "<GrpHdr><MsgId>M{number}</MsgId></GrpHdr><Stmt><Id>S{number}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb>\
         <Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>EUR</Ccy></Acct>{}{}{inside}</Stmt>",
        balance("OPBD", opening),
        balance("CLBD", closing)
    );
    document("camt.053.001.08", "BkToCstmrStmt", &inside)
}

fn entry(amount: &str, direction: &str, inside: &str) -> String {
    format!(
        "<Ntry><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
         <BookgDt><Dt>2026-11-20</Dt></BookgDt>{inside}</Ntry>"
    )
}

/// The rows of CSV, by the names of their columns; no cell here has a comma.
fn cells(csv: &str, name: &str) -> Vec<String> {
    let mut lines = csv.lines().map(|line| {
        // Quoted text may have commas.
        let mut cells = vec![String::new()];
        for (at, part) in line.split('"').enumerate() {
            let mut pieces = if at % 2 == 1 { vec![part] } else { part.split(',').collect() }.into_iter();
            cells.last_mut().unwrap().push_str(pieces.next().unwrap());
            cells.extend(pieces.map(str::to_owned));
        }
        cells
    });
    let at = lines.next().unwrap().iter().position(|column| column == name).unwrap();
    lines.map(|line| line[at].clone()).collect()
}

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../core/iso20022/tests/data/");

/// A report of a payee check: results, registered name, and that nothing is paid.
#[test]
fn a_payee_check_is_shown_and_says_that_nothing_is_paid() {
    let home = Home::empty();
    let file = |name: &str| format!("{CASES}payee-check/{name}");
    let (payment, report) = (file("pay.xml"), file("vop-01-mismatches.xml"));
    let shown = home.run(&["iso20022", "show", &report]).expect(0).out;
    for part in
        ["Payee check: 1 match, 1 close match", "Registered name", "Matti Wirtanen", "money may go to someone else."]
    {
        assert!(shown.contains(part), "{part} is missing in {shown}");
    }
    let csv = home.run(&["iso20022", "show", "--csv", &report]).expect(0).out;
    assert!(cells(&csv, "registered_name").contains(&"Matti Wirtanen".to_owned()), "{csv}");
    let shown = home.run(&["iso20022", "match", &payment, &report]).expect(0).out;
    assert!(shown.contains("The order waits for release: nothing is paid"), "{shown}");
    assert!(shown.contains("Matti Wirtanen") && shown.contains("close_match"), "{shown}");
    let later = file("vop-07-then-accp.xml");
    let csv = home.run(&["iso20022", "match", "--csv", &payment, &later, &report]).expect(0).out;
    assert_eq!(cells(&csv, "payee_check"), ["match", "close_match", "no_match", "not_checked"]);
    assert_eq!(cells(&csv, "registered_name"), ["", "Matti Wirtanen", "", ""]);
    assert_eq!(cells(&csv, "outcome"), ["accepted"; 4]);
    let shown = home.run(&["iso20022", "match", &payment, &later, &report]).expect(0).out;
    assert!(!shown.contains("waits for release"), "{shown}");
}

/// A returned collection has its ids, its reason and the bank's charge.
#[test]
fn a_returned_debit_has_its_ids_reason_and_charge() {
    let home = Home::empty();
    let returned = format!("{CASES}cases/returned-direct-debits.xml");
    let shown = home.run(&["iso20022", "show", &returned]).expect(0).out;
    for part in ["C-1", "C-2", "M-2", "AM04", "MD06", "-3.50 EUR"] {
        assert!(shown.contains(part), "{part} is missing in {shown}");
    }
    // Where nothing came back, these columns are not there.
    fs::write(home.path("s.xml"), statement(20, ["10.00", "11.00"], &entry("1.00", "CRDT", ""))).unwrap();
    let plain = home.run(&["iso20022", "show", "s.xml"]).expect(0).out;
    assert!(!plain.contains("Mandate") && !plain.contains("End-to-end id"), "{plain}");
}

/// The payee's bank answers with a name, and a bank rejects with a text.
#[test]
fn the_bank_s_words_are_shown_wherever_its_codes_are() {
    let home = Home::empty();
    let close = "<TxSts>RVMC</TxSts><StsRsnInf><AddtlInf>Robert Example</AddtlInf></StsRsnInf>";
    let told =
        "<TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>NARR</Cd></Rsn><AddtlInf>blocked by court order</AddtlInf></StsRsnInf>";
    fs::write(home.path("payment.xml"), PAYMENT).unwrap();
    fs::write(home.path("report.xml"), report(close, told)).unwrap();
    for command in [
        &["iso20022", "match", "payment.xml", "report.xml"][..],
        &["iso20022", "match", "--csv", "payment.xml", "report.xml"],
        &["iso20022", "show", "report.xml"],
        &["iso20022", "show", "--csv", "report.xml"],
    ] {
        let shown = home.run(command).expect(0).out;
        assert!(shown.contains("Robert Example") && shown.contains("blocked by court order"), "{command:?} {shown}");
    }
    // Without any words there is no column for them.
    fs::write(home.path("report.xml"), report("<TxSts>ACSC</TxSts>", "<TxSts>ACSC</TxSts>")).unwrap();
    let shown = home.run(&["iso20022", "match", "payment.xml", "report.xml"]).expect(0).out;
    assert!(!shown.contains("The bank's words"), "{shown}");
}

#[test]
fn a_debit_with_another_amount_is_shown_with_its_transaction() {
    let home = Home::empty();
    let refs = "<NtryDtls><TxDtls><Refs><EndToEndId>SYNTH-E2E-0001</EndToEndId></Refs></TxDtls></NtryDtls>";
    let paid = entry("252.05", "DBIT", refs).replace("2026-11-20", "2026-07-21");
    fs::write(home.path("payment.xml"), PAYMENT).unwrap();
    fs::write(home.path("s.xml"), statement(20, ["9000", "8747.95"], &paid)).unwrap();
    let found = home.run(&["iso20022", "match", "--json", "payment.xml", "s.xml"]).expect(0).json();
    let ordered = found["transactions"][0]["money"]["amount"].as_str().unwrap().to_owned();
    assert_eq!(found["transactions"][0]["outcome"], "amount_differs", "{found}");
    assert_eq!(found["leftover_entries"][0]["candidates"], serde_json::json!([1]));
    let by = found["transactions"][0]["difference"]["amount"].as_str().unwrap().to_owned();
    let shown = home.run(&["iso20022", "match", "payment.xml", "s.xml"]).expect(0).out;
    assert!(shown.contains("amount_differs") && shown.contains(&by) && shown.contains(&ordered), "{shown}");
    assert!(shown.contains("names transaction 1, and differs by"), "{shown}");
    let csv = home.run(&["iso20022", "match", "--csv", "payment.xml", "s.xml"]).expect(0).out;
    assert_eq!(cells(&csv, "difference"), [by.as_str(), ""]);
}

/// Bytes of ISO-8859-1 under no declaration, as over FinTS; beside files valid in their declared encoding.
#[test]
fn files_in_an_undeclared_encoding_are_read_beside_others() {
    let home = Home::empty();
    let latin = |text: &str| text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect::<Vec<u8>>();
    let fee = |words: &str| entry("10.00", "DBIT", &format!("<AddtlNtryInf>{words}</AddtlNtryInf>"));
    let one = statement(20, ["100", "90"], &fee("Geb\u{fc}hr"));
    fs::create_dir(home.path("inbox")).unwrap();
    fs::write(home.path("inbox/a.xml"), latin(&one)).unwrap();
    fs::write(home.path("inbox/b.xml"), statement(21, ["90", "80"], &fee("Z\u{fc}rich"))).unwrap();
    fs::write(home.path("payment.xml"), PAYMENT).unwrap();
    let refused = home.run(&["iso20022", "show", "inbox/a.xml"]).expect(1);
    assert!(refused.err.contains("name its encoding"), "{}", refused.err);
    for options in [&[][..], &["--csv"], &["--csv=details"], &["--json"]] {
        let named = [&["iso20022", "show", "--encoding", "ISO-8859-1"], options].concat();
        let file = home.run(&[&named[..], &["inbox/a.xml"]].concat()).expect(0).out;
        assert!(file.contains("Geb\u{fc}hr"), "{options:?} {file}");
        for several in [&["inbox"][..], &["inbox/a.xml", "inbox/b.xml"]] {
            let folder = home.run(&[&named[..], several].concat()).expect(0).out;
            assert!(folder.contains("Geb\u{fc}hr") && folder.contains("Z\u{fc}rich"), "{options:?} {folder}");
        }
    }
    // A single file is in it, whatever it declares.
    let wrong = format!("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>{one}");
    let bytes: Vec<u8> = latin(&wrong).into_iter().map(|byte| if byte == 0xfc { 0xa4 } else { byte }).collect();
    fs::write(home.path("euro.xml"), bytes).unwrap();
    let shown = home.run(&["iso20022", "show", "--encoding", "ISO-8859-15", "euro.xml"]).expect(0).out;
    assert!(shown.contains("Geb\u{20ac}hr"), "{shown}");
    let refused = home.run(&["iso20022", "show", "--encoding", "EBCDIC", "inbox"]).expect(1);
    assert!(refused.err.contains("ISO-8859-15"), "{}", refused.err);
    // The other messages, and the files of a match.
    let said =
        report("<TxSts>ACSC</TxSts>", "<TxSts>RJCT</TxSts><StsRsnInf><AddtlInf>Z\u{fc}rich</AddtlInf></StsRsnInf>");
    fs::write(home.path("inbox/c.xml"), latin(&said)).unwrap();
    fs::write(home.path("inbox/d.xml"), latin(&PAYMENT.replace("UTF-8", "ISO-8859-1").replace("Alpha", "Z\u{fc}ri")))
        .unwrap();
    let shown = home.run(&["iso20022", "show", "--encoding", "ISO-8859-1", "inbox"]).expect(0).out;
    assert!(shown.contains("Z\u{fc}ri Supplies"), "{shown}");
    let without = home.run(&["iso20022", "match", "payment.xml", "inbox"]).expect(1);
    assert!(without.err.contains("a.xml") && without.err.contains("c.xml"), "{}", without.err);
    let matched =
        home.run(&["iso20022", "match", "payment.xml", "inbox", "--bank-encoding", "ISO-8859-1", "--json"]).expect(0);
    assert_eq!(matched.json()["transactions"][1]["reasons"][0]["information"][0], "Z\u{fc}rich");
}

#[test]
fn what_is_not_read_is_named_for_each_file_of_a_folder() {
    let home = Home::empty();
    fs::create_dir(home.path("inbox")).unwrap();
    let messages = [
        ("pain.008.001.08", "CstmrDrctDbtInitn", "direct debits"),
        ("camt.056.001.11", "FIToFIPmtCxlReq", "cancel"),
        ("pain.007.001.11", "CstmrPmtRvsl", "reversal"),
        ("camt.060.001.05", "AcctRptgReq", "a request for a statement"),
        ("pacs.008.001.08", "FIToFICstmrCdtTrf", "between banks"),
    ];
    for (name, root, _) in messages {
        let text = document(name, root, "<GrpHdr><MsgId>M</MsgId></GrpHdr>");
        fs::write(home.path("inbox").join(format!("{root}.xml")), text).unwrap();
    }
    fs::write(home.path("inbox/picture.xml"), b"\x89PNG\r\n\x1a\n\0\0\0").unwrap();
    fs::write(home.path("inbox/s.xml"), statement(20, ["1", "1"], "")).unwrap();
    fs::write(home.path("payment.xml"), PAYMENT).unwrap();
    for command in [
        &["iso20022", "show", "inbox"][..],
        &["iso20022", "show", "--csv", "inbox"],
        &["iso20022", "match", "payment.xml", "inbox"],
    ] {
        let shown = home.run(command).expect(1);
        for (name, root, words) in messages {
            let line = shown.err.lines().find(|line| line.contains(root)).unwrap_or_else(|| panic!("{}", shown.err));
            assert!(line.contains(name) && line.contains(words), "{command:?} {line}");
        }
        assert!(
            shown.err.lines().any(|line| line.contains("picture.xml") && line.contains("a picture")),
            "{}",
            shown.err
        );
    }
    let json = home.run(&["iso20022", "show", "--json", "inbox"]).expect(1).json();
    let named =
        |root: &str| json["files"].as_array().unwrap().iter().find(|one| one["file"].as_str().unwrap().contains(root));
    for (name, root, _) in messages {
        assert!(named(root).unwrap()["error"].as_str().unwrap().contains(name), "{json}");
    }
}

#[test]
fn missing_statements_and_contradictions_are_said_in_every_form() {
    let home = Home::empty();
    fs::create_dir(home.path("inbox")).unwrap();
    let wrong = "<TxsSummry><TtlNtries><NbOfNtries>2</NbOfNtries></TtlNtries></TxsSummry>";
    let entries = format!("{wrong}{}", entry("10.00", "DBIT", ""));
    fs::write(home.path("inbox/a.xml"), statement(20, ["100", "90"], &entries)).unwrap();
    fs::write(home.path("inbox/b.xml"), statement(22, ["70", "70"], "")).unwrap();
    let counted = "the bank counts 2 entries, and the statement has 1";
    let shown = home.run(&["iso20022", "show", "inbox"]).expect(0).out;
    let csv = home.run(&["iso20022", "show", "--csv", "inbox"]).expect(0);
    for text in [&shown, &csv.err] {
        assert!(text.contains(counted), "{text}");
        let line = text.lines().find(|line| line.contains("statements may be missing")).unwrap();
        assert!(line.contains("a.xml") && line.contains("b.xml") && line.contains(IBAN), "{line}");
        assert!(line.contains("number 21 is left out"), "{line}");
    }
    assert_eq!(csv.out.lines().count(), 2, "the table has the entries: {}", csv.out);
    let json = home.run(&["iso20022", "show", "--json", "inbox"]).expect(0).json();
    assert_eq!((&json["continuity"]["ok"], &json["continuity"]["breaks"][0]["missing"]), (&false.into(), &1.into()));
    assert_eq!(json["files"][0]["statement"]["statements"][0]["problems"][0]["message"], counted);
    // A statement whose balances its entries contradict.
    fs::write(home.path("inbox/b.xml"), statement(21, ["90", "70"], "")).unwrap();
    let shown = home.run(&["iso20022", "show", "inbox"]).expect(0).out;
    assert!(
        shown.contains("differs from the booked entries by -20") && !shown.contains("statements may be missing"),
        "{shown}"
    );
    // Files that hold no statement have no continuity.
    fs::write(home.path("payment.xml"), PAYMENT).unwrap();
    assert!(home.run(&["iso20022", "show", "--json", "payment.xml"]).expect(0).json()["continuity"].is_null());
}

#[test]
fn the_table_of_transactions_has_text_and_key() {
    let home = Home::empty();
    let inside = "<NtryDtls><TxDtls><RltdPties><Cdtr><Pty><Nm>Ann Example</Nm></Pty></Cdtr></RltdPties></TxDtls></NtryDtls>\
                  <AddtlNtryInf>Sent money to Ann Example</AddtlNtryInf>";
    let twice = entry("10.00", "DBIT", inside).repeat(2);
    fs::write(home.path("s.xml"), statement(20, ["100", "80"], &twice)).unwrap();
    let csv = home.run(&["iso20022", "show", "--csv=details", "s.xml"]).expect(0).out;
    assert_eq!(cells(&csv, "text"), ["Sent money to Ann Example"; 2]);
    let keys = cells(&csv, "key");
    assert_eq!(keys[1], format!("{}-2", keys[0]));
    let again = home.run(&["iso20022", "show", "--csv", "s.xml"]).expect(0).out;
    assert_eq!(cells(&again, "key"), keys, "the same each time");
    let help = home.run(&["iso20022", "show", "--help"]).expect(0).out;
    assert!(help.contains("key ") && help.contains("--encoding"), "{help}");
}

/// A message of another kind is named, though its bytes are not in the encoding that it is read in by default.
#[test]
fn another_message_in_a_named_encoding_is_named() {
    let home = Home::empty();
    let debits =
        document("pain.008.001.08", "CstmrDrctDbtInitn", "<GrpHdr><InitgPty><Nm>M#ller</Nm></InitgPty></GrpHdr>");
    let latin: Vec<u8> = debits.bytes().map(|byte| if byte == b'#' { 0xfc } else { byte }).collect();
    fs::write(home.path("p8.xml"), latin).unwrap();
    fs::write(home.path("payment.xml"), PAYMENT).unwrap();
    for command in [
        &["iso20022", "show", "--encoding", "ISO-8859-1", "p8.xml"][..],
        &["iso20022", "match", "--bank-encoding", "ISO-8859-1", "payment.xml", "p8.xml"],
    ] {
        let said = home.run(command).err;
        assert!(said.contains("pain.008.001.08") && said.contains("direct debits"), "{command:?} {said}");
    }
}

/// Nothing of a truncated file is shown, so none of its statements is there.
#[test]
fn statements_of_a_file_that_is_left_out_are_missing() {
    let home = Home::empty();
    fs::create_dir(home.path("inbox")).unwrap();
    let files = [statement(20, ["100", "90"], ""), statement(21, ["90", "80"], ""), statement(22, ["80", "70"], "")];
    for (number, file) in files.iter().enumerate() {
        fs::write(home.path(&format!("inbox/{number}.xml")), file).unwrap();
    }
    for shown in [&["iso20022", "show", "inbox"][..], &["iso20022", "show", "--csv", "inbox"]] {
        let said = home.run(shown).expect(0);
        assert!(!(said.out + &said.err).contains("statements may be missing"), "{shown:?}");
    }
    // The statement itself is whole, and the end of its file is not.
    fs::write(home.path("inbox/1.xml"), &files[1][..files[1].len() - 12]).unwrap();
    let wanted = "0.xml, inbox/2.xml: account FI2112345600000785 in EUR: statements may be missing";
    for shown in [&["iso20022", "show", "inbox"][..], &["iso20022", "show", "--csv", "inbox"]] {
        let said = home.run(shown);
        assert!((said.out.clone() + &said.err).contains(wanted), "{shown:?} {} {}", said.out, said.err);
    }
    let found = home.run(&["iso20022", "show", "--json", "inbox"]);
    let continuity = serde_json::from_str::<serde_json::Value>(&found.out).unwrap()["continuity"].clone();
    assert_eq!(
        (&continuity["ok"], &continuity["breaks"][0]["missing"]),
        (&serde_json::json!(false), &serde_json::json!(1))
    );
}
