//! Reports of payee checks (`tests/data/payee-check`), each with the result that its `expected.json` gives.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use bankchannel_foundation::model::{read_boundary, write_boundary};
use bankchannel_iso20022::answers::{BankVerdict, PaymentVerdict, UploadedMessage};
use bankchannel_iso20022::matching::{Again, LeftoverReason, Matched, MatchedBy, Outcome, match_status};
use bankchannel_iso20022::payee_check::{OrderWaitsFor, PayeeCheckResult, PayeeCheckState};
use bankchannel_iso20022::status::StatusReport;
use bankchannel_iso20022::{read_payment, read_status_report};
use serde_json::Value;

const NOTHING_IS_PAID: &str = "nothing is paid until the order is released or cancelled at the bank";

fn file(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/payee-check").join(name);
    std::fs::read_to_string(path).unwrap()
}

fn read(text: &str) -> StatusReport {
    read_status_report(text.as_bytes()).unwrap().reports.remove(0)
}

fn report(name: &str) -> StatusReport {
    read(&file(name))
}

fn matched(reports: &[StatusReport]) -> Matched {
    match_status(&read_payment(file("pay.xml").as_bytes()).unwrap(), reports, &[])
}

fn results(found: &Matched) -> Vec<Option<PayeeCheckResult>> {
    found.transactions.iter().map(|one| one.payee_check.as_ref().map(|check| check.result)).collect()
}

fn outcomes(found: &Matched) -> Vec<Outcome> {
    found.transactions.iter().map(|one| one.outcome).collect()
}

const MISMATCHES: [Option<PayeeCheckResult>; 4] = [
    Some(PayeeCheckResult::Match),
    Some(PayeeCheckResult::CloseMatch),
    Some(PayeeCheckResult::NoMatch),
    Some(PayeeCheckResult::NotChecked),
];

/// The expected values of a file that has any.
fn is_as_expected(name: &str) {
    let expected: Value = serde_json::from_str(&file("expected.json")).unwrap();
    let expected = &expected[name];
    let report = report(name);
    let found = matched(std::slice::from_ref(&report));
    let check = report.payee_check.as_ref().unwrap();
    let state = if check.state == PayeeCheckState::Done { "done" } else { "pending" };
    assert_eq!(expected["report"]["payee_check"], state, "{name}");
    if let Some(counts) = expected["report"]["counts"].as_object() {
        let of = [check.matches, check.close_matches, check.no_matches, check.not_checked, check.pending];
        for (name, count) in ["match", "close_match", "no_match", "not_checked", "pending"].iter().zip(of) {
            assert_eq!(counts[*name], count, "{name}");
        }
    }
    let of_file = found.payee_check.as_ref().unwrap();
    assert_eq!((of_file.matches, of_file.pending, of_file.unknown), (check.matches, check.pending, 0), "{name}");
    let shown = write_boundary(found.clone());
    let transactions = expected["transactions"].as_array().unwrap();
    for (at, expected) in transactions.iter().enumerate() {
        let one = &shown["transactions"][at];
        for name in ["end_to_end_id", "outcome", "again", "matched_by"] {
            assert_eq!(one[name].as_str(), expected[name].as_str(), "{name} of {}", at + 1);
        }
        for (name, value) in expected["payee_check"].as_object().unwrap() {
            assert_eq!(one["payee_check"][name.as_str()].as_str(), value.as_str(), "{name} of {}", at + 1);
        }
        if expected["again"] == "no" {
            assert!(found.transactions[at].advice.contains(NOTHING_IS_PAID), "{}", found.transactions[at].advice);
        }
    }
    assert!(found.leftover_reports.is_empty());
    assert_eq!(read_boundary::<Matched>(shown).unwrap(), found);
}

#[test]
fn vop_01_each_result_and_the_registered_name() {
    is_as_expected("vop-01-mismatches.xml");
    let report = report("vop-01-mismatches.xml");
    assert_eq!(report.debtor_bank_bic.as_deref(), Some("TESTFIHHXXX"));
    assert!(report.unread.is_empty() && report.problems.is_empty(), "{:?} {:?}", report.unread, report.problems);
    let notes: Vec<_> = report.payee_check.as_ref().unwrap().notes.iter().collect();
    let said: Vec<_> = notes.iter().map(|note| (note.status.as_ref().unwrap().code.as_str(), &*note.text)).collect();
    let close = "The name given is nearly that of the account. If you authorise, the money may go to someone else.";
    let none = "The name given is not that of the account. If you authorise, the money may go to someone else.";
    assert_eq!(said, [("RVMC", close), ("RVNM", none), ("RVNA", "The name could not be checked.")]);
    let found = matched(&[report]);
    assert_eq!((found.waits_for, results(&found)), (Some(OrderWaitsFor::Release), MISMATCHES.to_vec()));
    assert_eq!(found.payee_check.unwrap().notes.len(), 3);
}

#[test]
fn vop_02_all_match() {
    let listed = "<TxInfAndSts><OrgnlEndToEndId>E2E-1</OrgnlEndToEndId><TxSts>RCVC</TxSts></TxInfAndSts>";
    let text = file("vop-03-batch-only.xml").replace("</OrgnlPmtInfAndSts>", &format!("{listed}</OrgnlPmtInfAndSts>"));
    let report = read(&text);
    assert_eq!(report.payee_check.as_ref().unwrap().matches, 4);
    let found = matched(&[report]);
    assert_eq!(results(&found), [Some(PayeeCheckResult::Match); 4]);
    assert_eq!(outcomes(&found), [Outcome::InProgress; 4]);
    let by = [MatchedBy::EndToEndId, MatchedBy::PaymentId];
    assert_eq!([found.transactions[0].matched_by, found.transactions[1].matched_by], by.map(Some));
}

#[test]
fn vop_03_a_report_of_the_batch_alone() {
    is_as_expected("vop-03-batch-only.xml");
}

#[test]
fn vop_04_the_check_runs() {
    is_as_expected("vop-04-running.xml");
    let found = matched(&[report("vop-04-running.xml")]);
    assert_eq!(found.waits_for, Some(OrderWaitsFor::PayeeCheck));
}

#[test]
fn vop_05_without_a_namespace() {
    let bare = file("vop-01-mismatches.xml").replace(" xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"", "");
    let report = read(&bare);
    assert_eq!(report.message.name, None);
    assert_eq!(results(&matched(&[report])), MISMATCHES);
}

#[test]
fn vop_06_payees_in_place_of_ids() {
    let found = matched(&[report("vop-06-notprovided.xml")]);
    assert_eq!(results(&found), MISMATCHES);
    assert!(found.leftover_reports.is_empty());
    for one in &found.transactions {
        assert_eq!(one.matched_by, Some(MatchedBy::AccountAndName));
        assert_eq!(one.payee_check_matched_by, Some(MatchedBy::AccountAndName));
    }
    // Later reports name the file: the mark of the check stays.
    let later = matched(&[report("vop-06-notprovided.xml"), report("vop-07-then-accp.xml")]);
    assert_eq!(later.transactions[1].matched_by, Some(MatchedBy::MessageId));
    assert_eq!(later.transactions[1].payee_check_matched_by, Some(MatchedBy::AccountAndName));
}

/// A payee that is there twice in the batch, or in the report, says nothing for certain; another name neither.
#[test]
fn vop_06_payees_that_are_not_unique() {
    let pay = file("pay.xml")
        .replace("Kaja Tamm", "Berta  BEISPIEL")
        .replace("EE382200221020145685", "DE89370400440532013000");
    let payment = read_payment(pay.as_bytes()).unwrap();
    let found = match_status(&payment, &[report("vop-06-notprovided.xml")], &[]);
    assert_eq!(results(&found), [MISMATCHES[0], MISMATCHES[1], None, None]);
    let leftovers: Vec<_> = found.leftover_reports.iter().map(|one| (one.why, one.candidates.clone())).collect();
    assert_eq!(leftovers, [(LeftoverReason::NoSuchTransaction, vec![]), (LeftoverReason::Ambiguous, vec![3, 4])]);
    assert_eq!(found.payee_check.as_ref().unwrap().unknown, 2);
    assert!(found.transactions[2].advice.contains(NOTHING_IS_PAID));

    let twice = file("vop-06-notprovided.xml").replace("Kaja Tamm", "Berta Beispiel");
    let twice = twice.replace("EE382200221020145685", "DE89370400440532013000");
    assert_eq!(results(&matched(&[read(&twice)]))[2..], [None, None]);

    // A rejection names no transaction by its payee.
    let rejected = file("vop-06-notprovided.xml").replace("<TxSts>RVNM", "<TxSts>RJCT");
    let found = matched(&[read(&rejected)]);
    assert_eq!(results(&found), [MISMATCHES[0], MISMATCHES[1], None, MISMATCHES[3]]);
    assert_eq!(found.leftover_reports.len(), 1);
}

#[test]
fn vop_07_08_09_later_reports_keep_the_check() {
    let cancelled = file("vop-07-then-accp.xml")
        .replace("<GrpSts>ACCP</GrpSts>", "<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>DS02</Cd></Rsn></StsRsnInf>");
    let later = [
        (report("vop-07-then-accp.xml"), Outcome::Accepted, Again::No, PaymentVerdict::Accepted),
        (report("vop-08-then-acsc.xml"), Outcome::ExecutedReported, Again::No, PaymentVerdict::Accepted),
        (read(&cancelled), Outcome::Rejected, Again::IfWanted, PaymentVerdict::Rejected),
    ];
    let upload = UploadedMessage::read(|| Ok::<_, ()>(std::io::Cursor::new(file("pay.xml")))).unwrap();
    for (later, outcome, again, verdict) in later {
        for reports in orders(&[report("vop-01-mismatches.xml"), later]) {
            let found = matched(&reports);
            assert_eq!((outcomes(&found), found.waits_for), (vec![outcome; 4], None));
            assert!(found.transactions.iter().all(|one| one.again == again));
            assert_eq!(results(&found), MISMATCHES);
            let name = found.transactions[1].payee_check.as_ref().unwrap().registered_name.as_deref();
            assert_eq!(name, Some("Matti Wirtanen"));
            let said = BankVerdict::from_reports(&upload, &reports, &[]);
            assert_eq!((said.verdict, said.waits_for), (verdict, None));
        }
    }
}

#[test]
fn vop_10_pending_inside_a_check_is_no_lack_of_cover() {
    is_as_expected("vop-10-pdng.xml");
    let found = matched(&[report("vop-10-pdng.xml")]);
    let one = &found.transactions[0];
    assert!(!one.advice.contains("cover") && one.advice.contains("check of the payee"), "{}", one.advice);
    assert_eq!(one.status.as_ref().unwrap().meaning.as_deref(), Some("payee check is running"));
    assert_eq!(found.waits_for, Some(OrderWaitsFor::PayeeCheck));
    // Outside a check it is about cover.
    let plain = file("vop-07-then-accp.xml").replace("ACCP", "PDNG");
    let found = matched(&[read(&plain)]);
    assert!(found.transactions[0].advice.contains("cover") && found.payee_check.is_none());
    assert_eq!(found.waits_for, None);
}

/// Every order of three reports: the check runs, the check is done, the file is accepted or executed.
#[test]
fn vop_20_the_order_of_files_makes_no_difference() {
    for later in ["vop-07-then-accp.xml", "vop-08-then-acsc.xml"] {
        let two = [report("vop-01-mismatches.xml"), report(later)];
        let three = [report("vop-04-running.xml"), two[0].clone(), two[1].clone()];
        let expected = write_boundary(without_places(matched(&two)));
        for reports in orders(&two).into_iter().chain(orders(&three)) {
            assert_eq!(write_boundary(without_places(matched(&reports))), expected);
        }
    }
}

/// The numbers of reports in the request depend on their order.
fn without_places(mut found: Matched) -> Matched {
    found.transactions.iter_mut().for_each(|one| one.report = None);
    found
}

fn orders(reports: &[StatusReport]) -> Vec<Vec<StatusReport>> {
    if reports.len() < 2 {
        return vec![reports.to_vec()];
    }
    let mut all = Vec::new();
    for at in 0..reports.len() {
        let mut rest = reports.to_vec();
        let first = rest.remove(at);
        all.extend(orders(&rest).into_iter().map(|rest| [vec![first.clone()], rest].concat()));
    }
    all
}

/// Banks do not keep to the levels of the codes.
#[test]
fn statuses_at_other_levels_are_read() {
    let group = |code: &str| file("vop-07-then-accp.xml").replace("ACCP", code);
    let found = matched(&[read(&group("RVMC"))]);
    assert_eq!(results(&found), [Some(PayeeCheckResult::CloseMatch); 4]);
    assert_eq!((outcomes(&found), found.waits_for), (vec![Outcome::InProgress; 4], Some(OrderWaitsFor::Release)));
    // Some of the file do not match, and nothing says which.
    let report = read(&group("RVCM"));
    assert_eq!(report.payee_check.as_ref().map(|check| (check.state, check.unknown)), Some((PayeeCheckState::Done, 4)));
    let found = matched(&[report]);
    assert_eq!((results(&found), found.payee_check.as_ref().unwrap().unknown), (vec![None; 4], 4));
    assert!(found.transactions[0].advice.contains(NOTHING_IS_PAID));
    // The counts say it of those that are not listed.
    let listed = "<OrgnlPmtInfAndSts><OrgnlPmtInfId>P261QM63TDSBC7KHTSPHE</OrgnlPmtInfId><TxInfAndSts>\
                  <OrgnlEndToEndId>E2E-3</OrgnlEndToEndId><TxSts>RVCM</TxSts></TxInfAndSts></OrgnlPmtInfAndSts>";
    let counts = |code: &str, count: u64| {
        format!("<NbOfTxsPerSts><DtldNbOfTxs>{count}</DtldNbOfTxs><DtldSts>{code}</DtldSts></NbOfTxsPerSts>")
    };
    let text = group("RVCM").replace(
        "</OrgnlGrpInfAndSts>",
        &format!("{}{}</OrgnlGrpInfAndSts>{listed}", counts("RCVC", 3), counts("RVCM", 1)),
    );
    let found = matched(&[read(&text)]);
    let rest = Some(PayeeCheckResult::Match);
    assert_eq!(results(&found), [rest, rest, Some(PayeeCheckResult::NoMatch), rest]);
}

/// A bank may reject a payment in the same report.
#[test]
fn a_rejection_stands_beside_a_check() {
    let text =
        file("vop-01-mismatches.xml").replace("<TxSts>RVNM", "<TxSts>RJCT").replace("<TxSts>RCVC", "<TxSts>PDNG");
    let found = matched(&[read(&text)]);
    let pending = Some(PayeeCheckResult::Pending);
    assert_eq!(results(&found), [pending, MISMATCHES[1], None, MISMATCHES[3]]);
    assert_eq!((found.transactions[2].outcome, found.waits_for), (Outcome::Rejected, Some(OrderWaitsFor::PayeeCheck)));
    // Beside a payment that goes on, "pending" says nothing of the check.
    let found = matched(&[read(&text.replace("<TxSts>RJCT", "<TxSts>ACSP"))]);
    assert_eq!(results(&found), [None, MISMATCHES[1], None, MISMATCHES[3]]);
    assert!(found.transactions[0].advice.contains("cover"));
}

#[test]
fn counts_that_contradict_the_results_are_said() {
    let text =
        file("vop-01-mismatches.xml").replacen("<DtldNbOfTxs>1</DtldNbOfTxs>", "<DtldNbOfTxs>2</DtldNbOfTxs>", 1);
    let text = text.replacen(
        "<DtldNbOfTxs>1</DtldNbOfTxs><DtldSts>RVMC</DtldSts>",
        "<DtldNbOfTxs>0</DtldNbOfTxs><DtldSts>RVMC</DtldSts>",
        1,
    );
    let report = read(&text);
    assert!(report.problems.iter().any(|found| found.rule == "count"), "{:?}", report.problems);
    let check = report.payee_check.as_ref().unwrap();
    assert_eq!((check.matches, check.close_matches), (1, 1));
}

#[test]
fn the_verdict_on_an_upload_says_what_it_waits_for() {
    let upload = UploadedMessage::read(|| Ok::<_, ()>(std::io::Cursor::new(file("pay.xml")))).unwrap();
    let of = |name: &str| BankVerdict::from_reports(&upload, &[report(name)], &[]);
    let done = of("vop-01-mismatches.xml");
    assert_eq!((done.verdict, done.waits_for), (PaymentVerdict::Pending, Some(OrderWaitsFor::Release)));
    let text = "RVCM (payee check complete, with mismatches): 1 match, 1 close match, 1 without match, 1 not checked";
    assert_eq!(done.text, text);
    let running = of("vop-04-running.xml");
    assert_eq!((running.verdict, running.waits_for), (PaymentVerdict::Pending, Some(OrderWaitsFor::PayeeCheck)));
    // Where the file itself is not known.
    for (name, waits_for) in
        [("vop-03-batch-only.xml", OrderWaitsFor::Release), ("vop-04-running.xml", OrderWaitsFor::PayeeCheck)]
    {
        let said = BankVerdict::of_unreferenced(&[report(name)]);
        assert_eq!((said.verdict, said.waits_for), (PaymentVerdict::Pending, Some(waits_for)));
    }
}
