//! The course of an order with a payee check: reports that come late, in any order, at several levels, or without ids.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use bankchannel_iso20022::answers::{BankVerdict, PaymentVerdict, UploadedMessage};
use bankchannel_iso20022::matching::{Again, Matched, Outcome, match_status};
use bankchannel_iso20022::payee_check::{
    OrderWaitsFor::{self, PayeeCheck, Release},
    PayeeCheckResult as R, PayeeCheckState,
};
use bankchannel_iso20022::status::StatusReport;
use bankchannel_iso20022::{read_payment, read_status_report};
use proptest::prelude::*;

fn file(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/payee-check").join(name);
    std::fs::read_to_string(path).unwrap()
}

/// A report at a time of day on the whole file, with more behind its status, and the statuses of transactions.
fn report(time: &str, group: &str, more: &str, transactions: &[(&str, &str)]) -> StatusReport {
    let created = if time.is_empty() { String::new() } else { format!("<CreDtTm>2026-12-01T{time}</CreDtTm>") };
    let listed: String = transactions
        .iter()
        .map(|(id, code)| {
            format!("<TxInfAndSts><OrgnlEndToEndId>{id}</OrgnlEndToEndId><TxSts>{code}</TxSts></TxInfAndSts>")
        })
        .collect();
    let text = format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"><CstmrPmtStsRpt><GrpHdr><MsgId>R</MsgId>\
         {created}</GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>MM3RQMAB7N2MTFAGH4BMV</OrgnlMsgId>\
         <OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId><GrpSts>{group}</GrpSts>{more}</OrgnlGrpInfAndSts>\
         <OrgnlPmtInfAndSts><OrgnlPmtInfId>P261QM63TDSBC7KHTSPHE</OrgnlPmtInfId>{listed}</OrgnlPmtInfAndSts>\
         </CstmrPmtStsRpt></Document>"
    );
    read_status_report(text.as_bytes()).unwrap().reports.remove(0)
}

fn counts(of: &[(&str, u64)]) -> String {
    let one = |(code, count): &(&str, u64)| {
        format!("<NbOfTxsPerSts><DtldNbOfTxs>{count}</DtldNbOfTxs><DtldSts>{code}</DtldSts></NbOfTxsPerSts>")
    };
    of.iter().map(one).collect()
}

fn check() -> StatusReport {
    read_status_report(file("vop-01-mismatches.xml").as_bytes()).unwrap().reports.remove(0)
}

fn matched(reports: &[StatusReport]) -> Matched {
    match_status(&read_payment(file("pay.xml").as_bytes()).unwrap(), reports, &[])
}

fn verdict(reports: &[StatusReport]) -> BankVerdict {
    let upload = UploadedMessage::read(|| Ok::<_, ()>(std::io::Cursor::new(file("pay.xml")))).unwrap();
    BankVerdict::from_reports(&upload, reports, &[])
}

fn results(found: &Matched) -> [Option<R>; 4] {
    std::array::from_fn(|at| found.transactions[at].payee_check.as_ref().map(|check| check.result))
}

const MISMATCHES: [Option<R>; 4] = [Some(R::Match), Some(R::CloseMatch), Some(R::NoMatch), Some(R::NotChecked)];

/// A result of the whole is about those that have none of their own.
#[test]
fn a_later_whole_takes_no_result_from_a_transaction() {
    let later = report("15:00:00", "RCVC", "", &[]);
    let found = matched(&[check(), later]);
    assert_eq!((results(&found), found.waits_for), (MISMATCHES, Some(Release)));
    assert_eq!(found.transactions[2].status.as_ref().unwrap().code, "RVNM");
    let name = found.transactions[1].payee_check.as_ref().unwrap().registered_name.clone();
    assert_eq!(name.as_deref(), Some("Matti Wirtanen"));
    // The same result again, without the name.
    let again = matched(&[check(), report("15:00:00", "RVCM", "", &[("E2E-2", "RVMC")])]);
    assert_eq!(again.transactions[1].payee_check.as_ref().unwrap().registered_name, name);
}

/// Times that cannot be compared, the same second, none at all: an accepted order is not taken back.
#[test]
fn an_order_that_was_released_does_not_wait_again() {
    for (time, code, outcome) in [
        ("09:30:00+02:00", "ACCP", Outcome::Accepted),
        ("09:30:00+02:00", "ACSP", Outcome::Accepted),
        ("09:00:00", "ACCP", Outcome::Accepted),
        ("", "ACWP", Outcome::ExecutedReported),
        ("00:00:00", "ACSC", Outcome::ExecutedReported),
    ] {
        let released = report(time, code, "", &[]);
        for reports in [[released.clone(), check()], [check(), released]] {
            let found = matched(&reports);
            assert_eq!(found.waits_for, None, "{code} at {time}");
            assert!(found.transactions.iter().all(|one| one.outcome == outcome), "{code} at {time}");
            assert_eq!(results(&found), MISMATCHES);
            assert_eq!(verdict(&reports).waits_for, None);
        }
        let said = verdict(&[check(), report(time, code, "", &[])]);
        assert_eq!(said.status.unwrap().code, code);
    }
}

#[test]
fn a_weaker_report_does_not_end_the_wait_for_release() {
    for weaker in [
        report("15:00:00", "ACTC", "", &[]),
        report("15:00:00", "RCVD", "", &[]),
        report("15:00:00", "PDNG", "", &[]),
        report("09:00:00", "RVNC", "", &[]),
    ] {
        let found = matched(&[check(), weaker.clone()]);
        assert_eq!((found.waits_for, results(&found)), (Some(Release), MISMATCHES), "{:?}", weaker.status);
        assert_eq!(found.payee_check.as_ref().unwrap().state, PayeeCheckState::Done);
        let said = verdict(&[check(), weaker]);
        assert_eq!((said.waits_for, said.status.unwrap().code.as_str()), (Some(Release), "RVCM"));
    }
}

/// The file's state and its next step say the same, whatever the report lists.
#[test]
fn a_check_that_runs_is_not_done() {
    let some = counts(&[("RCVC", 2), ("RVNM", 1), ("PDNG", 1)]);
    let begun = counts(&[("RCVC", 0), ("RVNM", 0), ("PDNG", 4)]);
    for running in [
        report("09:00:00", "RVCM", &some, &[]),
        report("09:00:00", "RVCM", &some, &[("E2E-3", "RVNM")]),
        report("09:00:00", "PDNG", &begun, &[("E2E-1", "PDNG")]),
        report("09:00:00", "ACTC", "", &[("E2E-1", "PDNG"), ("E2E-2", "RCVC"), ("E2E-3", "RVNM")]),
    ] {
        let found = matched(std::slice::from_ref(&running));
        assert_eq!(found.waits_for, Some(PayeeCheck), "{running:?}");
        assert_eq!(found.payee_check.as_ref().unwrap().state, PayeeCheckState::Pending);
        assert!(found.transactions.iter().all(|one| !one.advice.contains("cover")), "{found:?}");
        let said = BankVerdict::of_unreferenced(&[running]);
        assert_eq!(said.waits_for, Some(PayeeCheck), "{said:?}");
    }
    // A later report on the whole ends it: those that it does not list have no result.
    let pending = report("09:00:00", "RVCM", "", &[("E2E-1", "PDNG"), ("E2E-2", "RCVC")]);
    let found = matched(&[pending, report("13:00:00", "RVCM", "", &[("E2E-3", "RVNM")])]);
    assert_eq!((found.waits_for, results(&found)), (Some(Release), [None, Some(R::Match), Some(R::NoMatch), None]));
    assert_eq!(found.payee_check.unwrap().state, PayeeCheckState::Done);
}

#[test]
fn a_file_that_is_rejected_in_part_waits_too() {
    let said = verdict(&[report("09:00:00", "RVCM", "", &[("E2E-1", "RJCT"), ("E2E-2", "RVNM")])]);
    assert_eq!((said.verdict, said.waits_for), (PaymentVerdict::PartlyRejected, Some(Release)));
    let sentence = said.sentence();
    for part in ["rejected a part of the file", "The order waits for release, nothing is paid until", "RVCM ("] {
        assert!(sentence.contains(part), "{sentence}");
    }
}

/// One bank's answer about two uploads in one archive.
#[test]
fn reports_of_another_upload_are_not_its_own() {
    let mut other = report("10:00:00", "RJCT", "", &[]);
    other.original_message_id = Some("ANOTHER".to_owned());
    let upload = UploadedMessage::read(|| Ok::<_, ()>(std::io::Cursor::new(file("pay.xml")))).unwrap();
    let reports = [report("09:00:00", "RVNC", "", &[]), other];
    assert_eq!(upload.own_reports(&reports)[..], reports[..1]);
    assert!(upload.own_reports(&reports[1..]).is_empty(), "a report that names another file is about that one");
    // The caller knows that the file is about it: then a report without a name is.
    let nameless = ["NOTPROVIDED", ""].map(|id| {
        let mut report = report("09:00:00", "ACTC", "", &[]);
        report.original_message_id = Some(id.to_owned()).filter(|id| !id.is_empty());
        report
    });
    let beside = [nameless[0].clone(), reports[1].clone(), nameless[1].clone()];
    assert_eq!(upload.own_reports(&beside)[..], nameless);
}

/// A refusal without ids beside results without ids: which payment it is about, the payee alone does not say.
#[test]
fn a_decision_about_a_payment_without_a_name_is_not_passed_over() {
    let text = file("vop-06-notprovided.xml").replace("<TxSts>RVNM", "<TxSts>RJCT");
    let report = read_status_report(text.as_bytes()).unwrap().reports.remove(0);
    let found = matched(&[report]);
    assert_eq!(found.leftover_reports.len(), 1);
    for one in &found.transactions {
        assert_eq!(one.again, Again::Ask, "{}", one.advice);
        assert!(!one.advice.contains("nothing is paid"), "{}", one.advice);
    }
    // Two batches without an id name the same payee.
    let text = file("vop-06-notprovided.xml").replace("P261QM63TDSBC7KHTSPHE", "NOTPROVIDED");
    let again = "<OrgnlPmtInfAndSts><OrgnlPmtInfId>notprovided</OrgnlPmtInfId>";
    let from = text.find("<TxInfAndSts>").unwrap();
    let end = text.find("</TxInfAndSts>").unwrap() + "</TxInfAndSts>".len();
    let repeated = text.replace(
        "</CstmrPmtStsRpt>",
        &format!("{again}{}</OrgnlPmtInfAndSts></CstmrPmtStsRpt>", text[from..end].replace("RCVC", "RVNM")),
    );
    let found = matched(&[read_status_report(repeated.as_bytes()).unwrap().reports.remove(0)]);
    assert_eq!(results(&found)[0], None);
    assert_eq!(results(&found)[1..], MISMATCHES[1..]);
}

/// The remainder of a report of the check is not authorised, whatever the counts say of it.
#[test]
fn those_that_a_check_does_not_list_wait_for_release() {
    let none = counts(&[("RCVC", 0), ("RVNM", 0)]);
    for (group, more, state) in [("RVCM", "", Some(Release)), ("PART", none.as_str(), Some(PayeeCheck))] {
        let mut report = report("09:00:00", group, more, &[("E2E-1", "RJCT")]);
        report.original_count = Some(4);
        let found = matched(std::slice::from_ref(&report));
        assert_eq!(found.waits_for, state, "{group}");
        assert_eq!(found.transactions[0].outcome, Outcome::Rejected);
        for one in &found.transactions[1..] {
            assert_eq!((one.outcome, one.status.as_ref().unwrap().code.as_str()), (Outcome::InProgress, group));
            assert!(!one.advice.contains("booking"), "{group}: {}", one.advice);
        }
        for said in [verdict(std::slice::from_ref(&report)), BankVerdict::of_unreferenced(&[report])] {
            assert_eq!((said.verdict, said.waits_for), (PaymentVerdict::PartlyRejected, state), "{group}");
        }
    }
}

/// The bank has only begun: no result has come.
#[test]
fn a_check_that_has_only_begun_is_pending() {
    let none = counts(&[("RCVC", 0), ("RVMC", 0), ("RVNM", 0)]);
    for group in ["ACTC", "RCVD"] {
        let begun = report("09:00:00", group, &none, &[]);
        assert_eq!(begun.payee_check.as_ref().unwrap().state, PayeeCheckState::Pending, "{group}");
        let found = matched(std::slice::from_ref(&begun));
        assert_eq!(found.waits_for, Some(PayeeCheck), "{group}");
        assert_eq!(found.payee_check.as_ref().unwrap().state, PayeeCheckState::Pending);
        assert!(found.transactions.iter().all(|one| one.outcome == Outcome::InProgress), "{group}: {found:?}");
        let said = verdict(std::slice::from_ref(&begun));
        assert_eq!((said.verdict, said.waits_for), (PaymentVerdict::Pending, Some(PayeeCheck)), "{group}");
        assert_eq!(verdict(&[begun, check()]).waits_for, Some(Release));
    }
}

/// Some banks accept the order first, and check its payees then.
#[test]
fn a_check_that_comes_after_the_acceptance_waits_for_release() {
    let accepted = report("09:00:00+02:00", "ACCP", "", &[]);
    let checked = report("08:00:00Z", "RVCM", "", &[("E2E-3", "RVNM")]);
    for reports in [[accepted.clone(), checked.clone()], [checked.clone(), accepted.clone()]] {
        assert_eq!(matched(&reports).waits_for, Some(Release));
        assert_eq!(verdict(&reports).waits_for, Some(Release));
    }
    let released = report("09:00:00Z", "ACCP", "", &[]);
    let all = [accepted.clone(), checked.clone(), released];
    assert_eq!((matched(&all).waits_for, verdict(&all).waits_for), (None, None));
    // Money that moves does not wait for a release; nor does a rejected order.
    for code in ["ACSP", "ACWP", "ACSC", "RJCT"] {
        let ended = [report("09:00:00+02:00", code, "", &[]), checked.clone()];
        assert_eq!((matched(&ended).waits_for, verdict(&ended).waits_for), (None, None), "{code}");
    }
}

/// Those who have only the reports hear the same as those who have the payment file too.
#[test]
fn a_verdict_from_reports_alone_is_that_of_the_payments() {
    use PaymentVerdict::{Accepted, PartlyRejected, Pending, Rejected, Unknown};
    let at = |hour: u8, group: &str, transactions: &[(&str, &str)]| {
        let mut one = report(&format!("{hour:02}:00:00"), group, "", transactions);
        one.original_count = Some(4);
        one.status = one.status.filter(|code| !code.code.is_empty());
        one
    };
    let part = at(15, "PART", &[("E2E-1", "ACSC"), ("E2E-2", "ACSC"), ("E2E-3", "ACSC"), ("E2E-4", "RJCT")]);
    for (name, reports, expected, waits_for) in [
        ("a part, then the rest", vec![at(9, "", &[("E2E-1", "RJCT")]), at(10, "ACCP", &[])], PartlyRejected, None),
        ("the end of a released order", vec![at(9, "RVCM", &[]), part], PartlyRejected, None),
        ("executed, then rejected", vec![at(9, "ACSC", &[]), at(10, "RJCT", &[])], Unknown, None),
        ("rejected, then executed", vec![at(9, "RJCT", &[]), at(10, "ACSC", &[])], Unknown, None),
        ("late reports", vec![at(9, "ACSC", &[]), at(10, "ACCP", &[]), at(11, "RCVD", &[])], Accepted, None),
        ("results in part", vec![at(9, "PART", &[("E2E-1", "RCVC"), ("E2E-2", "RVNM")])], Pending, Some(Release)),
        ("a result of one", vec![at(9, "ACCP", &[("E2E-3", "RVNM")])], Pending, Some(Release)),
        ("a confirmation is awaited", vec![at(9, "RVCM", &[]), at(10, "ACFW", &[])], Pending, Some(Release)),
        ("rejected", vec![at(9, "RVCM", &[]), at(10, "RJCT", &[])], Rejected, None),
    ] {
        for said in [verdict(&reports), BankVerdict::of_unreferenced(&reports)] {
            assert_eq!((said.verdict, said.waits_for), (expected, waits_for), "{name}: {said:?}");
        }
    }
    // A status of the bank's own does not end the wait.
    let mut own = at(10, "ACCP", &[]);
    own.status.as_mut().unwrap().proprietary = true;
    assert_eq!(matched(&[at(9, "RVCM", &[]), own]).waits_for, Some(Release));
}

/// How a part that was released in part ends, the bank does not say of each: nothing waits any more.
#[test]
fn a_whole_that_is_accepted_in_part_ends_the_check() {
    let mut part = report("15:00:00", "PART", &counts(&[("ACSC", 3), ("RJCT", 1)]), &[]);
    part.original_count = Some(4);
    let found = matched(&[check(), part.clone()]);
    assert_eq!(found.waits_for, None);
    assert!(found.transactions.iter().all(|one| one.outcome == Outcome::Unknown), "{found:?}");
    let said = verdict(&[check(), part]);
    assert_eq!((said.verdict, said.waits_for), (PaymentVerdict::PartlyRejected, None));
}

/// A result of one batch stays one while those of another are awaited.
#[test]
fn a_batch_that_is_checked_does_not_wait_for_another_one() {
    let of = |batches: &[(&str, &str)]| {
        let mut one = report("09:00:00", "RVNC", "", &[]);
        let batch = one.batches.remove(0);
        one.status = None;
        one.batches = batches
            .iter()
            .map(|(id, code)| {
                let mut batch = batch.clone();
                batch.payment_id = Some((*id).to_owned());
                batch.status = report("", code, "", &[]).status;
                batch
            })
            .collect();
        one
    };
    let reports = [of(&[("B1", "RCVC"), ("B2", "RVNC")]), of(&[("B2", "RCVC")])];
    assert_eq!(BankVerdict::of_unreferenced(&reports).waits_for, Some(Release));
    assert_eq!(BankVerdict::of_unreferenced(&reports[..1]).waits_for, Some(PayeeCheck));
}

/// A late report does not take a rejection back, for those who only have the reports too.
#[test]
fn a_rejection_is_not_taken_back_by_a_late_report() {
    let rejected = report("09:00:00", "RJCT", "", &[]);
    for late in ["RVCM", "RVNC", "ACTC", "PDNG", "RCVD", "ACCP"] {
        let reports = [rejected.clone(), report("10:00:00", late, "", &[])];
        for said in [verdict(&reports), BankVerdict::of_unreferenced(&reports)] {
            assert_eq!(
                (said.verdict, said.status.unwrap().code.as_str()),
                (PaymentVerdict::Rejected, "RJCT"),
                "{late}"
            );
        }
    }
}

const CODES: &[&str] = &["RCVD", "ACTC", "PDNG", "RVNC", "RVCM", "RCVC", "ACCP", "ACSP", "ACSC", "RJCT"];

proptest! {
    /// Whatever comes in whatever order: once the bank has gone on or rejected, nothing waits for release; after a check that has
    /// ended, and nothing behind it, everything does.
    #[test]
    fn the_order_of_reports_does_not_matter(said in proptest::collection::vec((0..CODES.len(), 0..24_u8), 1..8)) {
        let reports: Vec<StatusReport> = said
            .iter()
            .map(|(at, hour)| report(&format!("{hour:02}:00:00"), CODES[*at], "", &[]))
            .collect();
        let has = |codes: &[&str]| said.iter().any(|(at, _)| codes.contains(&CODES[*at]));
        let waits_for: Option<OrderWaitsFor> = match () {
            () if has(&["ACCP", "ACSP", "ACSC", "RJCT"]) => None,
            () if has(&["RVCM", "RCVC"]) => Some(Release),
            () if has(&["RVNC"]) => Some(PayeeCheck),
            () => None,
        };
        prop_assert_eq!(matched(&reports).waits_for, waits_for);
        prop_assert_eq!(verdict(&reports).waits_for, waits_for);
        prop_assert_eq!(BankVerdict::of_unreferenced(&reports).waits_for, waits_for);
    }
}
