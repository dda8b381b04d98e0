//! Status reports.

use bankchannel_iso20022::matching::{Again, LeftoverReason, Outcome, StatusSource};

use super::*;

#[test]
fn iso_060_a_rejected_file() {
    let report = report(&(group_status("RJCT") + &reason("AM04")), "");
    let found = matched(&three(), &[report], &[]);
    for one in &found.transactions {
        assert_eq!((one.outcome, one.status_from), (Outcome::Rejected, Some(StatusSource::Group)));
        assert_eq!((status(one), reason_of(one), one.again), (Some("RJCT"), Some("AM04"), Again::Unchanged));
    }
    assert_eq!(found.totals.len(), 1);
    assert_eq!(found.totals[0].sums[0].amount.as_str(), "425.50");
}

#[test]
fn iso_061_one_of_an_accepted_file_is_rejected() {
    let report = report(&group_status("ACCP"), &of_batch("P1", "", &of_transaction("E2", "RJCT", &reason("AC01"))));
    let found = matched(&three(), &[report], &[]);
    assert_eq!(outcomes(&found), [Outcome::Accepted, Outcome::Rejected, Outcome::Accepted]);
    assert_eq!(found.transactions[0].status_from, Some(StatusSource::Group));
    assert_eq!(found.transactions[0].again, Again::No);
    assert_eq!(found.transactions[1].again, Again::Corrected);
}

#[test]
fn iso_062_the_counts_tell_those_not_listed() {
    let listed = of_batch("P1", "", &of_transaction("E1", "RJCT", &reason("AC04")));
    let counts = "<NbOfTxsPerSts><DtldNbOfTxs>2</DtldNbOfTxs><DtldSts>ACSP</DtldSts></NbOfTxsPerSts>";
    let found = matched(&three(), &[report(&(group_status("PART") + counts), &listed)], &[]);
    assert_eq!(outcomes(&found), [Outcome::Rejected, Outcome::Accepted, Outcome::Accepted]);
    assert_eq!(status(&found.transactions[1]), Some("ACSP"));
    assert_eq!(found.transactions[1].status_from, Some(StatusSource::Counts));

    let group = format!("<OrgnlNbOfTxs>3</OrgnlNbOfTxs>{}", group_status("PART"));
    let found = matched(&three(), &[report(&group, &listed)], &[]);
    assert_eq!(outcomes(&found), [Outcome::Rejected, Outcome::Accepted, Outcome::Accepted]);
    assert_eq!(status(&found.transactions[1]), None);
    assert_eq!(found.transactions[1].status_from, Some(StatusSource::Counts));
}

#[test]
fn iso_063_counts_that_do_not_fit_tell_nothing() {
    let listed = of_batch("P1", "", &of_transaction("E1", "RJCT", &reason("AC04")));
    let count = |count: &str, code: &str| {
        format!("<NbOfTxsPerSts><DtldNbOfTxs>{count}</DtldNbOfTxs><DtldSts>{code}</DtldSts></NbOfTxsPerSts>")
    };
    for counts in [
        String::new(),
        count("2", "RJCT"),
        count("1", "RJCT") + &count("1", "ACSP"),
        count("1", "RJCT") + &count("1", "ACSP") + &count("1", "PDNG"),
        "<OrgnlNbOfTxs>5</OrgnlNbOfTxs>".to_owned(),
        "<OrgnlNbOfTxs>3</OrgnlNbOfTxs><OrgnlCtrlSum>425.51</OrgnlCtrlSum>".to_owned(),
        count("2", "ACSP").replace("<DtldSts>", "<DtldCtrlSum>300</DtldCtrlSum><DtldSts>"),
    ] {
        let found = matched(&three(), &[report(&(counts.clone() + &group_status("PART")), &listed)], &[]);
        assert_eq!(outcomes(&found), [Outcome::Rejected, Outcome::Unknown, Outcome::Unknown], "{counts}");
    }
    // A bank that lists accepted transactions reports nothing about the others.
    let accepted = of_batch("P1", "", &of_transaction("E1", "ACSP", ""));
    let group = format!("<OrgnlNbOfTxs>3</OrgnlNbOfTxs>{}", group_status("PART"));
    let found = matched(&three(), &[report(&group, &accepted)], &[]);
    assert_eq!(outcomes(&found), [Outcome::Accepted, Outcome::Unknown, Outcome::Unknown]);
}

#[test]
fn only_a_reason_tells_no_status() {
    let reason_alone = format!("<TxInfAndSts><OrgnlEndToEndId>E1</OrgnlEndToEndId>{}</TxInfAndSts>", reason("AC01"));
    let found = matched(&three(), &[report("", &of_batch("P1", "", &reason_alone))], &[]);
    let one = &found.transactions[0];
    assert_eq!((one.outcome, one.again, reason_of(one)), (Outcome::Unknown, Again::No, Some("AC01")));
    assert_eq!((&one.status, one.status_from), (&None, None));
    // The status of its batch is its own.
    let found = matched(&three(), &[report("", &of_batch("P1", "RJCT", &reason_alone))], &[]);
    let one = &found.transactions[0];
    assert_eq!((one.outcome, reason_of(one)), (Outcome::Rejected, Some("AC01")));
    assert_eq!(one.status_from, Some(StatusSource::PaymentInformation));
}

#[test]
fn iso_064_a_rejected_batch_of_an_accepted_file() {
    let two = payment(&[batch("P1", &[order("E1", "1.00"), order("E2", "2.00")]), batch("P2", &[order("E3", "3.00")])]);
    let rejected = of_batch("P1", "RJCT", &reason("AC02"));
    let found = matched(&two, &[report(&group_status("ACCP"), &rejected)], &[]);
    assert_eq!(outcomes(&found), [Outcome::Rejected, Outcome::Rejected, Outcome::Accepted]);
    assert_eq!(found.transactions[0].status_from, Some(StatusSource::PaymentInformation));
    assert_eq!(reason_of(&found.transactions[1]), Some("AC02"));
    assert_eq!(found.batches[0].totals[0].count, 2);
    assert_eq!(found.batches[0].totals[0].sums[0].amount.as_str(), "3.00");
}

#[test]
fn iso_065_a_rejected_file_with_an_executed_transaction() {
    let listed = of_batch("P1", "", &of_transaction("E1", "ACSC", ""));
    let found = matched(&three(), &[report(&group_status("RJCT"), &listed)], &[]);
    assert_eq!(outcomes(&found), [Outcome::Conflict, Outcome::Rejected, Outcome::Rejected]);
    let one = &found.transactions[0];
    assert_eq!((status(one), one.other_status.as_ref().map(|code| code.code.as_str())), (Some("ACSC"), Some("RJCT")));
    assert_eq!(one.again, Again::Ask);
}

#[test]
fn iso_066_the_last_report_wins_in_any_order() {
    let all = [("08:00", "ACTC"), ("09:00", "ACCP"), ("10:00", "ACSC")]
        .map(|(time, code)| report_at(time, &group_status(code), ""));
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let reports = order.map(|at: usize| all[at].clone());
        let found = matched(&three(), &reports, &[]);
        assert_eq!(outcomes(&found), [Outcome::ExecutedReported; 3]);
        assert_eq!(status(&found.transactions[0]), Some("ACSC"));
        assert_eq!(found.transactions[0].report.as_ref().unwrap().id.as_deref(), Some("R-10:00"));
        assert_eq!(found.transactions[0].again, Again::No);
    }
}

#[test]
fn iso_067_executed_and_rejected_later() {
    for (first, second) in [("ACSC", "RJCT"), ("RJCT", "ACSC"), ("RJCT", "ACSP"), ("ACCC", "CANC")] {
        let reports = [report_at("09:00", &group_status(second), ""), report_at("08:00", &group_status(first), "")];
        let found = matched(&three(), &reports, &[]);
        assert_eq!(outcomes(&found), [Outcome::Conflict; 3], "{first} {second}");
        assert_eq!(found.transactions[0].again, Again::Ask);
        assert_eq!(status(&found.transactions[0]), Some(first));
    }
    // A later status that is only received or checked does not replace a final one.
    for (first, second, outcome) in [
        ("RJCT", "ACTC", Outcome::Rejected),
        ("ACSC", "PDNG", Outcome::ExecutedReported),
        ("ACSC", "ACCC", Outcome::ExecutedReported),
    ] {
        let reports = [report_at("08:00", &group_status(first), ""), report_at("09:00", &group_status(second), "")];
        assert_eq!(outcomes(&matched(&three(), &reports, &[])), [outcome; 3], "{first} {second}");
    }
}

#[test]
fn iso_068_a_reason_of_the_banks_own() {
    let own = "<StsRsnInf><Rsn><Prtry>X-77</Prtry></Rsn><AddtlInf>one</AddtlInf><AddtlInf>two</AddtlInf></StsRsnInf>";
    let found = matched(&three(), &[report("", &of_batch("P1", "", &of_transaction("E1", "RJCT", own)))], &[]);
    let one = &found.transactions[0];
    let code = one.reason.as_ref().unwrap();
    assert_eq!((code.code.as_str(), &code.meaning), ("X-77", &None));
    assert_eq!(one.reasons[0].information, ["one", "two"]);
    assert_eq!((one.outcome, one.again), (Outcome::Rejected, Again::Ask));
}

#[test]
fn iso_069_two_reports_of_one_file() {
    let first = report_at("08:00", &group_status("ACTC"), "");
    let second = report_at("09:00", "", &of_batch("P1", "", &of_transaction("E3", "RJCT", &reason("AC01"))));
    let found = matched(&three(), &[first, second], &[]);
    assert_eq!(outcomes(&found), [Outcome::Accepted, Outcome::Accepted, Outcome::Rejected]);
}

#[test]
fn iso_070_version_2_names_no_batch() {
    let inside = "<GrpHdr><MsgId>R1</MsgId></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>M1</OrgnlMsgId></OrgnlGrpInfAndSts>\
                  <TxInfAndSts><OrgnlEndToEndId>E2</OrgnlEndToEndId><TxSts>RJCT</TxSts></TxInfAndSts>";
    let file = document("pain.002.001.02", "pain.002.001.02", inside);
    let reports = read_status_report(file.as_bytes()).unwrap().reports;
    let found = matched(&three(), &reports, &[]);
    assert_eq!(outcomes(&found), [Outcome::Unknown, Outcome::Rejected, Outcome::Unknown]);
    // No reason: the bank must be asked.
    assert_eq!(found.transactions[1].again, Again::Ask);
}

#[test]
fn iso_071_the_check_of_the_payee() {
    let listed = of_transaction("E1", "RVNM", "") + &of_transaction("E2", "RVMC", "");
    let found = matched(&three(), &[report(&group_status("RVCM"), &of_batch("P1", "", &listed))], &[]);
    assert_eq!(outcomes(&found), [Outcome::InProgress; 3]);
    for one in &found.transactions {
        assert_eq!(one.again, Again::No);
        assert!(one.advice.contains("name"), "{}", one.advice);
        assert!(one.status.as_ref().unwrap().meaning.as_ref().unwrap().starts_with("payee check"));
    }
}

#[test]
fn iso_072_a_status_unknown_here() {
    let found = matched(&three(), &[report(&group_status("PEND"), "")], &[]);
    assert_eq!(outcomes(&found), [Outcome::Unknown; 3]);
    assert_eq!((status(&found.transactions[0]), found.transactions[0].again), (Some("PEND"), Again::Ask));
}

#[test]
fn iso_113_nothing_is_known() {
    let found = matched(&three(), &[], &[]);
    assert_eq!(outcomes(&found), [Outcome::Unknown; 3]);
    assert_eq!(found.transactions[0].again, Again::No);
    // Friday and two banking days.
    assert_eq!(found.transactions[0].advice, "look at the account first; ask the bank from 2026-11-24");
}

#[test]
fn iso_116_a_report_of_another_file_stands_apart() {
    let other = report(&group_status("RJCT"), "");
    let mut other = other;
    other.original_message_id = Some("M0".to_owned());
    let mut unnamed = other.clone();
    unnamed.original_message_id = None;
    let batch = report("", &of_batch("P9", "RJCT", &of_transaction("E1", "RJCT", "")));
    let transaction = report("", &of_batch("P1", "", &of_transaction("E9", "RJCT", "")));
    let found = matched(&three(), &[other, unnamed, batch, transaction], &[]);
    assert_eq!(outcomes(&found), [Outcome::Unknown; 3]);
    let rows: Vec<_> = found.leftover_reports.iter().map(|row| (row.place.number, row.why)).collect();
    assert_eq!(
        rows,
        [
            (1, LeftoverReason::OtherFile),
            (2, LeftoverReason::OtherFile),
            (3, LeftoverReason::NoSuchBatch),
            (3, LeftoverReason::NoSuchBatch),
            (4, LeftoverReason::NoSuchTransaction)
        ]
    );
    assert_eq!(found.leftover_reports[0].original_message_id.as_deref(), Some("M0"));
}

#[test]
fn iso_117_what_may_be_sent_again() {
    for (code, again, advice) in [
        ("AM04", Again::Unchanged, "cover"),
        ("AC01", Again::Corrected, "account"),
        ("DU03", Again::LookFirst, "paid"),
        ("FF10", Again::Unchanged, ""),
        ("AC04", Again::ClarifyFirst, "account"),
        ("ZZ99", Again::Ask, "ask"),
    ] {
        let rejected = of_batch("P1", "", &of_transaction("E1", "RJCT", &reason(code)));
        let one = &matched(&three(), &[report("", &rejected)], &[]).transactions[0];
        assert_eq!(one.again, again, "{code}");
        assert!(one.advice.contains(advice), "{code}: {}", one.advice);
    }
    // Of several reasons, the most careful answer wins.
    let both = reason("AC01") + &reason("DU03");
    let rejected = of_batch("P1", "", &of_transaction("E1", "RJCT", &both));
    assert_eq!(matched(&three(), &[report("", &rejected)], &[]).transactions[0].again, Again::LookFirst);
    let cancelled = of_batch("P1", "", &of_transaction("E1", "CANC", ""));
    let found = matched(&three(), &[report("", &cancelled)], &[]);
    assert_eq!((outcomes(&found)[0], found.transactions[0].again), (Outcome::Cancelled, Again::IfWanted));
}

#[test]
fn ids_are_matched_from_the_strongest_on() {
    let uetr = "9f7a5893-562a-4207-a91e-dd3e484fd85b";
    let file = payment(&[
        batch(
            "P1",
            &[
                Order { end_to_end: "SAME", amount: "1.00", more: "<InstrId>I1</InstrId>" },
                Order { end_to_end: "SAME", amount: "2.00", more: "<InstrId>I2</InstrId>" },
                order("SAME", "3.00"),
                order("SAME", "3.00"),
            ],
        ),
        batch("P2", &[Order { end_to_end: "SAME", amount: "1.00", more: "" }]),
    ]);
    let mut file = file;
    file.batches[0].transactions[3].uetr = Some(uetr.to_owned());
    let row = |ids: &str, inside: &str| format!("<TxInfAndSts>{ids}<TxSts>RJCT</TxSts>{inside}</TxInfAndSts>");
    let amount = "<OrgnlTxRef><Amt><InstdAmt Ccy=\"EUR\">2</InstdAmt></Amt></OrgnlTxRef>";
    let upper = format!("<OrgnlUETR>{}</OrgnlUETR>", uetr.to_uppercase());
    let same = "<OrgnlEndToEndId>SAME</OrgnlEndToEndId>";
    for (of_batch_id, listed, wanted) in [
        ("P1", row("<OrgnlInstrId>I1</OrgnlInstrId>", ""), Some(0)),
        ("P1", row(same, amount), Some(1)),
        ("P1", row(&upper, ""), Some(3)),
        // A UETR identifies the transaction whatever the batch id is.
        ("P9", row(&upper, ""), Some(3)),
        ("P2", row(same, ""), Some(4)),
        ("P1", row(same, ""), None),
    ] {
        let found = matched(&file, &[report("", &of_batch(of_batch_id, "", &listed))], &[]);
        let rejected = found.transactions.iter().position(|one| one.outcome == Outcome::Rejected);
        assert_eq!(rejected, wanted, "{listed}");
        if wanted.is_none() {
            assert_eq!(outcomes(&found)[..4], [Outcome::Ambiguous; 4]);
            assert_eq!(found.leftover_reports[0].candidates, [1, 2, 3, 4]);
            assert_eq!(found.transactions[0].again, Again::Ask);
        }
    }
    // Ids of two transactions match neither.
    let both = row("<OrgnlInstrId>I1</OrgnlInstrId><OrgnlEndToEndId>OTHER</OrgnlEndToEndId>", "");
    let mut two = three();
    two.batches[0].transactions[0].instruction_id = Some("I1".to_owned());
    two.batches[0].transactions[1].end_to_end_id = Some("OTHER".to_owned());
    let found = matched(&two, &[report("", &of_batch("P1", "", &both))], &[]);
    assert_eq!(outcomes(&found), [Outcome::Unknown; 3]);
    assert_eq!(found.leftover_reports.len(), 1);
}

#[test]
fn debited_and_rejected_later() {
    for said in [&["ACWP", "RJCT"][..], &["BLCK", "RJCT"], &["ACWP", "ACSP", "RJCT"], &["ACWP", "BLCK", "CANC"]] {
        let reports: Vec<_> = (8..)
            .zip(said)
            .map(|(hour, code)| {
                let listed = of_transaction("E1", code, &reason("AM04"));
                report_at(&format!("{hour:02}:00"), "", &of_batch("P1", "", &listed))
            })
            .collect();
        let one = &matched(&three(), &reports, &[]).transactions[0];
        assert_eq!((one.outcome, one.again), (Outcome::Conflict, Again::Ask), "{said:?}");
    }
    let blocked = report("", &of_batch("P1", "", &of_transaction("E1", "BLCK", "")));
    let one = &matched(&three(), &[blocked], &[]).transactions[0];
    assert_eq!((one.outcome, one.again), (Outcome::InProgress, Again::Ask));
}

#[test]
fn a_reason_that_is_not_known_outweighs_a_yes() {
    let own = "<StsRsnInf><Rsn><Prtry>X-77</Prtry></Rsn></StsRsnInf>";
    for (first, second, again) in [
        ("AM04", reason("NARR"), Again::Ask),
        ("AM04", reason("ZZ99"), Again::Ask),
        ("AC01", reason("ZZ99"), Again::Ask),
        ("CUST", reason("NARR"), Again::Ask),
        ("DU03", reason("NARR"), Again::LookFirst),
        ("AC04", reason("ZZ99"), Again::ClarifyFirst),
        ("AM04", own.to_owned(), Again::Unchanged),
    ] {
        for both in [reason(first) + &second, second.clone() + &reason(first)] {
            let rejected = of_batch("P1", "", &of_transaction("E1", "RJCT", &both));
            let one = &matched(&three(), &[report("", &rejected)], &[]).transactions[0];
            assert_eq!((one.outcome, one.again), (Outcome::Rejected, again), "{both}");
        }
    }
    // One that is not among those shown.
    let many = reason("AM04").repeat(5) + &reason("DU03");
    let rejected = of_batch("P1", "", &of_transaction("E1", "RJCT", &many));
    let one = &matched(&three(), &[report("", &rejected)], &[]).transactions[0];
    assert_eq!((one.again, one.reasons.len()), (Again::Ask, 5));
}
