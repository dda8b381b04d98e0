//! Messages of a hostile or broken bank: the cost stays proportional, and nothing panics.

use std::time::{Duration, Instant};

use bankchannel_iso20022::matching::Outcome;
use proptest::prelude::*;

use super::*;

/// Many times the usual duration, and far below that of a product of both sizes.
const PATIENCE: Duration = Duration::from_secs(20);

fn many(count: usize, id: fn(usize) -> String) -> PaymentFile {
    let ids: Vec<String> = (0..count).map(id).collect();
    let orders: Vec<Order<'_>> = ids.iter().map(|id| order(id, "10.00")).collect();
    payment(&[batch("P1", &orders)])
}

#[test]
fn everything_has_the_same_id() {
    let began = Instant::now();
    let file = many(20_000, |_| "SAME".to_owned());
    let listed = of_transaction("SAME", "RJCT", "").repeat(20_000);
    let entries = vec![debit("10.00", &details(&end_to_end("SAME"))); 20_000];
    let batches = vec![debit("11.00", &of_payment("P1", "")); 5_000];
    let pending = vec![entry_of("1.00", "DBIT", "PDNG", &of_payment("P1", "")); 5_000];
    let back = vec![entry_of("200000.00", "CRDT", "BOOK", &of_payment("P1", "")); 5_000];
    let statements = [statement(&entries), statement(&batches), cash("052", "", &pending), cash("054", "", &back)];
    let found = matched(&file, &[report("", &of_batch("P1", "", &listed))], &statements);
    assert_eq!(found.leftover_reports.len(), 20_000);
    assert!(found.transactions.iter().all(|one| one.outcome == Outcome::Returned));
    assert!(began.elapsed() < PATIENCE, "took {:?}", began.elapsed());
}

#[test]
fn many_reports_of_the_whole_file() {
    let began = Instant::now();
    let file = many(20_000, |number| format!("E{number}"));
    let codes = ["ACTC", "ACCP", "PEND", "ACSP", "PDNG"];
    let reports: Vec<StatusReport> = codes.iter().map(|code| report(&group_status(code), "")).collect();
    let reports: Vec<StatusReport> = (0..20_000).map(|at| reports[at % codes.len()].clone()).collect();
    let found = matched(&file, &reports, &[]);
    assert!(found.transactions.iter().all(|one| one.outcome == Outcome::InProgress));
    assert!(began.elapsed() < PATIENCE, "took {:?}", began.elapsed());
}

#[test]
fn a_hundred_thousand_of_each() {
    let file = many(100_000, |number| format!("E{number}"));
    let listed: String = (0..50_000).map(|number| of_transaction(&format!("E{number}"), "ACSC", "")).collect();
    let entries: Vec<String> =
        (0..100_000).map(|number| debit("10.00", &details(&end_to_end(&format!("E{}", number * 2))))).collect();
    let (reports, statements) = ([report(&group_status("ACCP"), &of_batch("P1", "", &listed))], [statement(&entries)]);
    let began = Instant::now();
    let found = matched(&file, &reports, &statements);
    let count = |outcome: Outcome| found.totals.iter().find(|total| total.outcome == outcome).map(|total| total.count);
    assert_eq!(count(Outcome::Paid), Some(50_000));
    assert_eq!((count(Outcome::ExecutedReported), count(Outcome::Accepted)), (Some(25_000), Some(25_000)));
    assert_eq!(found.leftover_entries.len(), 50_000);
    assert!(began.elapsed() < PATIENCE, "took {:?}", began.elapsed());
}

#[test]
fn long_texts_are_not_repeated_at_each_transaction() {
    let long = "x".repeat(60_000);
    let many_reasons =
        format!("<StsRsnInf><Rsn><Prtry>{long}</Prtry></Rsn><AddtlInf>{long}</AddtlInf></StsRsnInf>").repeat(100);
    let mut rejected = report(&(group_status("RJCT") + &many_reasons), "");
    rejected.id = Some(long.clone());
    let mut entries = statement(&[debit("20000.00", &of_payment("P1", ""))]);
    entries.entries[0].reference = Some(long.clone());
    entries.id = Some(long);
    let found = matched(&many(2_000, |number| format!("E{number}")), &[rejected], &[entries]);
    let one = &found.transactions[1];
    assert_eq!((one.outcome, one.reasons.len()), (Outcome::Conflict, 5));
    assert!(format!("{one:?}").len() < 10_000);
}

#[test]
fn numbers_at_their_limits() {
    let orders: Vec<Order<'_>> = (0..2_000).map(|_| order("E", "999999999999999999")).collect();
    let file = payment(&[batch("P1", &orders)]);
    let entries = [
        debit("0", &of_payment("P1", "9007199254740992")),
        debit("0.00000000000000001", &of_payment("P1", "0")),
        debit("999999999999999999", &of_payment("P1", "")),
    ];
    assert_eq!(matched(&file, &[], &[statement(&entries)]).count, 2_000);
    let empty = payment(&[batch("P1", &[]), batch("P1", &[])]);
    let counts = "<NbOfTxsPerSts><DtldNbOfTxs>9007199254740992</DtldNbOfTxs><DtldSts>ACSP</DtldSts></NbOfTxsPerSts>";
    let found = matched(&empty, &[report(&(group_status("PART") + counts), "")], &[statement(&entries)]);
    assert_eq!((found.count, found.notes.len()), (0, 1));
    // Amounts without currency, without a number, below zero.
    let strange = payment(&[batch("P1", &[order("E1", "-5.00"), order("E2", "x"), order("", "0")])]);
    let found = matched(&strange, &[], &[statement(&entries)]);
    assert_eq!(found.count, 3);
}

/// The codes that the property below mixes.
const CODES: &[&str] = &["RCVD", "ACTC", "ACCP", "ACSP", "ACSC", "ACCC", "RJCT", "CANC", "PART", "PEND", "PDNG"];

proptest! {
    /// Whatever is reported and booked: the counts add up, and nothing may be sent again unless it is known to be
    /// refused or returned (checked by `matched`); a booked debit without a return never ends in a rejection.
    #[test]
    fn money_in_doubt_is_never_sent_again(
        said in proptest::collection::vec((0..CODES.len(), 0..CODES.len(), 0..3_usize, 0..4_usize), 0..4),
        booked in proptest::collection::vec((0..3_usize, 0..4_usize, any::<bool>()), 0..4),
    ) {
        let reports: Vec<StatusReport> = said.iter().enumerate().map(|(hour, (group, own, at, shape))| {
            let listed = of_transaction(&format!("E{}", at + 1), CODES[*own], &reason("AM04"));
            let group = if *shape == 0 { String::new() } else { group_status(CODES[*group]) };
            let status = if *shape == 1 { CODES[*own] } else { "" };
            report_at(&format!("0{hour}:00"), &group, &of_batch("P1", status, &listed))
        }).collect();
        let amounts = ["100.00", "250.00", "75.50"];
        let entries: Vec<String> = booked.iter().map(|(at, shape, out)| {
            let direction = if *out { "DBIT" } else { "CRDT" };
            let (amount, inside) = match shape {
                0 => (amounts[*at], details(&end_to_end(&format!("E{}", at + 1)))),
                1 => (amounts[*at], of_payment("P1", "1")),
                2 => ("425.50", of_payment("P1", "")),
                _ => ("77.00", of_payment("P1", "")),
            };
            entry_of(amount, direction, "BOOK", &inside)
        }).collect();
        let found = matched(&three(), &reports, &[statement(&entries)]);
        let debited = |at: usize| booked.iter().any(|(of, shape, out)| *out && *shape == 0 && *of == at);
        for (at, one) in found.transactions.iter().enumerate() {
            if debited(at) {
                prop_assert!(!matches!(one.outcome, Outcome::Rejected | Outcome::Cancelled | Outcome::Unknown), "{one:?}");
            }
        }
        let turned: Vec<StatusReport> = reports.iter().rev().cloned().collect();
        let again = matched(&three(), &turned, &[statement(&entries)]);
        prop_assert_eq!(outcomes(&found), outcomes(&again), "the order of the files decides nothing");
    }
}
