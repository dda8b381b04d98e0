//! Statements, reports and notifications.

use bankchannel_iso20022::matching::{Again, LeftoverReason, Outcome};

use super::*;

fn rejected(end_to_end: &str, code: &str) -> StatusReport {
    report(&group_status("PART"), &of_batch("P1", "", &of_transaction(end_to_end, "RJCT", &reason(code))))
}

#[test]
fn iso_110_one_rejected_and_a_batch_of_the_others() {
    for entry in [
        debit("325.50", &of_payment("P1", "2")),
        debit("325.50", &of_payment("P1", "")),
        // Only the details name the batch.
        debit("325.50", &details("<Refs><PmtInfId>P1</PmtInfId></Refs>")),
        // The details name the transactions.
        debit(
            "325.50",
            &(of_payment("P1", "2")
                + &details("<Refs><EndToEndId>E2</EndToEndId></Refs><Amt Ccy=\"EUR\">250</Amt>")
                + &details("<Refs><EndToEndId>E3</EndToEndId></Refs><Amt Ccy=\"EUR\">75.5</Amt>")),
        ),
    ] {
        let found = matched(&three(), &[rejected("E1", "AC01")], &[statement(std::slice::from_ref(&entry))]);
        assert_eq!(outcomes(&found), [Outcome::Rejected, Outcome::PaidInBatch, Outcome::PaidInBatch], "{entry}");
        assert_eq!(found.transactions[0].again, Again::Corrected);
        assert_eq!(found.transactions[1].again, Again::No);
        let place = found.transactions[1].booking.as_ref().unwrap();
        assert_eq!((place.statement, place.entry, place.statement_id.as_deref()), (1, 1, Some("S-053")));
        assert_eq!(place.date.unwrap().0.to_string(), "2026-11-20");
        let sums: Vec<_> = found.totals.iter().map(|total| (total.count, total.sums[0].amount.as_str())).collect();
        assert_eq!(sums, [(2, "325.50"), (1, "100.00")]);
        assert_eq!(found.leftover_entries, []);
    }
}

#[test]
fn iso_111_a_batch_of_all() {
    for inside in [
        of_payment("P1", "3"),
        of_payment("P1", ""),
        "<NtryDtls><Btch><MsgId>M1</MsgId><NbOfTxs>3</NbOfTxs></Btch></NtryDtls>".to_owned(),
        "<NtryDtls><Btch><MsgId>M1</MsgId><PmtInfId>P1</PmtInfId></Btch></NtryDtls>".to_owned(),
    ] {
        let found = matched(&three(), &[], &[statement(&[debit("425.5", &inside)])]);
        assert_eq!(outcomes(&found), [Outcome::PaidInBatch; 3], "{inside}");
        assert_eq!(found.batches[0].booked.as_ref().unwrap().amount.as_str(), "425.5");
        assert_eq!(found.batches[0].difference.as_ref().unwrap().amount.as_str(), "0.00");
        assert_eq!(found.batches[0].bookings.len(), 1);
    }
    // Without an id, but with count, sum and day: only probable.
    let unnamed = "<NtryDtls><Btch><NbOfTxs>3</NbOfTxs></Btch></NtryDtls>";
    let found = matched(&three(), &[], &[statement(&[debit("425.50", unnamed)])]);
    assert_eq!(outcomes(&found), [Outcome::Probable; 3]);
    assert_eq!(found.transactions[0].again, Again::No);
    let other = debit("425.51", unnamed);
    let found = matched(&three(), &[], &[statement(&[other])]);
    assert_eq!(outcomes(&found), [Outcome::Unknown; 3]);
    assert_eq!(found.leftover_entries.len(), 1);
}

#[test]
fn a_batch_booked_in_parts_and_with_charges() {
    let parts = [debit("100.00", &of_payment("P1", "1")), debit("325.50", &of_payment("P1", "2"))];
    assert_eq!(outcomes(&matched(&three(), &[], &[statement(&parts)])), [Outcome::PaidInBatch; 3]);
    // A charge is in the entry, and the total of the batch is without it.
    let total = "<NtryDtls><Btch><PmtInfId>P1</PmtInfId><NbOfTxs>3</NbOfTxs><TtlAmt Ccy=\"EUR\">425.50</TtlAmt></Btch></NtryDtls>";
    let found = matched(&three(), &[], &[statement(&[debit("430.50", total)])]);
    assert_eq!(outcomes(&found), [Outcome::PaidInBatch; 3]);
    assert_eq!(found.batches[0].difference.as_ref().unwrap().amount.as_str(), "5.00");
    // One entry for two batches, with the total of each.
    let two = payment(&[batch("P1", &[order("E1", "1.00")]), batch("P2", &[order("E2", "2.00"), order("E3", "3.00")])]);
    let of = |id: &str, total: &str| {
        format!("<NtryDtls><Btch><PmtInfId>{id}</PmtInfId><TtlAmt Ccy=\"EUR\">{total}</TtlAmt></Btch></NtryDtls>")
    };
    let found = matched(&two, &[], &[statement(&[debit("6.00", &(of("P1", "1") + &of("P2", "5")))])]);
    assert_eq!(outcomes(&found), [Outcome::PaidInBatch; 3]);
    // The whole file in one entry.
    let file = "<NtryDtls><Btch><MsgId>M1</MsgId><NbOfTxs>3</NbOfTxs></Btch></NtryDtls>";
    let found = matched(&two, &[], &[statement(&[debit("6.00", file)])]);
    assert_eq!(outcomes(&found), [Outcome::PaidInBatch; 3]);
}

#[test]
fn iso_112_a_batch_that_fits_no_selection() {
    let found = matched(&three(), &[], &[statement(&[debit("400.00", &of_payment("P1", "3"))])]);
    assert_eq!(outcomes(&found), [Outcome::BatchDiffers; 3]);
    assert_eq!(found.transactions[0].again, Again::Ask);
    assert_eq!(found.batches[0].booked.as_ref().unwrap().amount.as_str(), "400.00");
    assert_eq!(found.batches[0].difference.as_ref().unwrap().amount.as_str(), "-25.50");
    // A rejected transaction may be among the paid ones: the bank must be asked.
    let found = matched(&three(), &[rejected("E1", "AC01")], &[statement(&[debit("400.00", &of_payment("P1", ""))])]);
    assert_eq!(outcomes(&found), [Outcome::Rejected, Outcome::BatchDiffers, Outcome::BatchDiffers]);
    assert_eq!(found.transactions[0].again, Again::Ask);
    // The only matching selection was paid; nothing is known of the rest.
    let found = matched(&three(), &[], &[statement(&[debit("350.00", &of_payment("P1", ""))])]);
    assert_eq!(outcomes(&found), [Outcome::PaidInBatch, Outcome::PaidInBatch, Outcome::Unknown]);
    // Equal amounts cannot be told apart.
    let equal = payment(&[batch("P1", &[order("E1", "5.00"), order("E2", "5.00"), order("E3", "5.00")])]);
    let found = matched(&equal, &[], &[statement(&[debit("10.00", &of_payment("P1", "2"))])]);
    assert_eq!(outcomes(&found), [Outcome::BatchDiffers; 3]);
}

#[test]
fn rejected_and_debited_is_a_conflict() {
    let single = debit("100.00", &details(&end_to_end("E1")));
    let all = debit("425.50", &of_payment("P1", ""));
    for entry in [single, all] {
        let found = matched(&three(), &[rejected("E1", "AC01")], &[statement(&[entry])]);
        assert_eq!((found.transactions[0].outcome, found.transactions[0].again), (Outcome::Conflict, Again::Ask));
        assert!(found.transactions[0].booking.is_some());
    }
}

#[test]
fn bookings_of_their_own() {
    let to = |number: usize| {
        format!("<RltdPties><CdtrAcct><Id><IBAN>{}</IBAN></Id></CdtrAcct></RltdPties>", creditor(number))
    };
    let named = |id: &str| format!("<Refs><PmtInfId>P1</PmtInfId><EndToEndId>{id}</EndToEndId></Refs>");
    let all = [
        debit("100.00", &details(&(end_to_end("E1") + &to(0)))),
        debit("251.00", &details(&named("E2"))),
        // The creditor of another one.
        debit("75.50", &details(&(end_to_end("E3") + &to(0)))),
        // Another amount, and nothing else that it may be about.
        debit("75.00", &details(&end_to_end("E3"))),
        // Another file.
        debit("75.50", &details("<Refs><MsgId>M0</MsgId><EndToEndId>E3</EndToEndId></Refs>")),
    ];
    let found = matched(&three(), &[], &[statement(&all)]);
    assert_eq!(outcomes(&found), [Outcome::Paid, Outcome::Paid, Outcome::AmountDiffers]);
    // A charge.
    assert_eq!(found.transactions[1].difference.as_ref().unwrap().amount.as_str(), "1.00");
    assert_eq!(found.transactions[0].difference, None);
    let apart: Vec<_> = found.leftover_entries.iter().map(|row| (row.place.entry, row.why)).collect();
    let other = LeftoverReason::NoSuchTransaction;
    assert_eq!(apart, [(3, other), (4, LeftoverReason::OtherAmount), (5, LeftoverReason::OtherFile)]);
    assert_eq!(found.leftover_entries[1].candidates, [3]);
    // Another account; an entry older than the file.
    let mut foreign = statement(&[debit("100.00", &details(&end_to_end("E1")))]);
    foreign.account.iban = Some("FI1410093000123458".to_owned());
    let mut old = statement(&[debit("100.00", &details(&end_to_end("E1")))]);
    old.entries[0].booking_date = Some(bankchannel_foundation::model::Date("2026-10-20".parse().unwrap()));
    for one in [foreign, old] {
        let found = matched(&three(), &[], &[one]);
        assert_eq!((outcomes(&found)[0], found.leftover_entries.len()), (Outcome::Unknown, 1));
    }
}

#[test]
fn the_banks_reference_links_report_and_statement() {
    let accepted = of_transaction("E1", "ACSP", "<AcctSvcrRef>A-1</AcctSvcrRef>");
    let reports = [report("", &of_batch("P1", "", &accepted))];
    let entry = debit("100.00", "<AcctSvcrRef>A-1</AcctSvcrRef>");
    let found = matched(&three(), &reports, &[statement(&[entry])]);
    assert_eq!(outcomes(&found), [Outcome::Paid, Outcome::Unknown, Outcome::Unknown]);
    let place = found.transactions[0].booking.as_ref().unwrap();
    assert_eq!(place.servicer_reference.as_deref(), Some("A-1"));
    let other = debit("101.00", "<AcctSvcrRef>A-1</AcctSvcrRef>");
    assert_eq!(outcomes(&matched(&three(), &reports, &[statement(&[other])]))[0], Outcome::Accepted);
}

#[test]
fn amount_creditor_day_and_text_are_only_probable() {
    let to = format!("<RltdPties><CdtrAcct><Id><IBAN>{}</IBAN></Id></CdtrAcct></RltdPties>", creditor(0));
    let found = matched(&three(), &[], &[statement(&[debit("100.00", &details(&to))])]);
    assert_eq!((outcomes(&found)[0], found.transactions[0].again), (Outcome::Probable, Again::No));
    assert!(found.transactions[0].booking.is_some());
    let text = to.clone() + "<RmtInf><Ustrd>something else</Ustrd></RmtInf>";
    let found = matched(&three(), &[], &[statement(&[debit("100.00", &details(&text))])]);
    assert_eq!(outcomes(&found)[0], Outcome::Unknown);
    // It makes a rejection doubtful.
    let found = matched(&three(), &[rejected("E1", "AC01")], &[statement(&[debit("100.00", &details(&to))])]);
    assert_eq!((outcomes(&found)[0], found.transactions[0].again), (Outcome::Rejected, Again::Ask));
}

#[test]
fn iso_114_debited_and_returned() {
    let out = debit("100.00", &details(&end_to_end("E1")));
    let back = |amount: &str, inside: &str| entry_of(amount, "CRDT", "BOOK", &details(&(end_to_end("E1") + inside)));
    let why = "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>";
    let found =
        matched(&three(), &[report(&group_status("ACSC"), "")], &[statement(&[out.clone(), back("100.00", why)])]);
    let one = &found.transactions[0];
    assert_eq!((one.outcome, reason_of(one), one.again), (Outcome::Returned, Some("AC04"), Again::ClarifyFirst));
    assert_eq!(one.reason.as_ref().unwrap().meaning.as_deref(), Some("account is closed"));
    assert_eq!((one.booking.as_ref().unwrap().entry, one.return_booking.as_ref().unwrap().entry), (1, 2));
    // Less comes back if a bank takes a charge; without a reason the bank must be asked.
    let found = matched(&three(), &[], &[statement(&[out.clone(), back("95.00", &why.replace("AC04", "AC01"))])]);
    assert_eq!((outcomes(&found)[0], found.transactions[0].again), (Outcome::Returned, Again::Ask));
    let corrected = back("100.00", &why.replace("AC04", "AC01"));
    let found = matched(&three(), &[], &[statement(&[out.clone(), corrected.clone()])]);
    assert_eq!((outcomes(&found)[0], found.transactions[0].again), (Outcome::Returned, Again::Corrected));
    // Debited twice and returned once.
    let found = matched(&three(), &[], &[statement(&[out.clone(), out.clone(), corrected])]);
    assert_eq!((outcomes(&found)[0], found.transactions[0].again), (Outcome::Ambiguous, Again::Ask));
    let found = matched(&three(), &[], &[statement(&[out.clone(), back("100.00", "")])]);
    assert_eq!((outcomes(&found)[0], found.transactions[0].again), (Outcome::Returned, Again::Ask));
    // Another sum without a reason is not a return.
    let found = matched(&three(), &[], &[statement(&[out, back("95.00", "")])]);
    assert_eq!((outcomes(&found)[0], found.leftover_entries.len()), (Outcome::Paid, 1));
    // A batch that is reversed as a whole.
    let batch = [debit("425.50", &of_payment("P1", "3")), entry_of("425.50", "CRDT", "BOOK", &of_payment("P1", "3"))];
    assert_eq!(outcomes(&matched(&three(), &[], &[statement(&batch)])), [Outcome::Returned; 3]);
}

/// One credit for two transactions does not say how much of each came back: it may be a part.
#[test]
fn a_return_of_an_unknown_amount_is_no_reason_to_send_the_whole_again() {
    let out = [("E1", "100.00"), ("E2", "250.00"), ("E3", "75.50")]
        .map(|(id, amount)| debit(amount, &details(&end_to_end(id))));
    let of = |id: &str| format!("<TxDtls>{}<RtrInf><Rsn><Cd>AC01</Cd></Rsn></RtrInf></TxDtls>", end_to_end(id));
    let back = |amount: &str, ids: &[&str]| {
        let named = "<Btch><PmtInfId>P1</PmtInfId></Btch>";
        let inside: String = ids.iter().map(|id| of(id)).collect();
        entry_of(amount, "CRDT", "BOOK", &format!("<NtryDtls>{named}{inside}</NtryDtls>"))
    };
    let all = |back: String| out.iter().cloned().chain([back]).collect::<Vec<_>>();
    let found = matched(&three(), &[], &[statement(&all(back("150.00", &["E1", "E2"])))]);
    for one in &found.transactions[..2] {
        assert_eq!((one.outcome, one.again), (Outcome::Returned, Again::Ask), "{one:?}");
    }
    // The amount of the only one is that of the entry.
    let found = matched(&three(), &[], &[statement(&all(back("100.00", &["E1"])))]);
    assert_eq!((outcomes(&found)[0], found.transactions[0].again), (Outcome::Returned, Again::Corrected));
}

#[test]
fn a_credit_is_a_return_only_with_a_reason_or_a_debit() {
    let back = entry_of("100.00", "CRDT", "BOOK", &details(&end_to_end("E1")));
    let found = matched(&three(), &[], &[statement(std::slice::from_ref(&back))]);
    assert_eq!((outcomes(&found)[0], found.leftover_entries.len()), (Outcome::Unknown, 1));
    let executed = report(&group_status("ACSC"), "");
    let found = matched(&three(), &[executed], &[statement(&[back])]);
    assert_eq!((outcomes(&found)[0], found.leftover_entries.len()), (Outcome::Returned, 0));
}

#[test]
fn parts_of_a_batch_in_a_statement_and_a_report() {
    let yesterday = statement(&[debit("100.00", &of_payment("P1", ""))]);
    let today = cash("052", "", &[debit("325.50", &of_payment("P1", ""))]);
    assert_eq!(outcomes(&matched(&three(), &[], &[yesterday, today])), [Outcome::PaidInBatch; 3]);
    // A notification lists the parts of the statement's sum.
    let each = [("E1", "100.00"), ("E2", "250.00"), ("E3", "75.50")]
        .map(|(id, amount)| debit(amount, &details(&end_to_end(id))));
    let sum = statement(&[debit("425.50", &of_payment("P1", "3"))]);
    let found = matched(&three(), &[], &[cash("054", "", &each), sum]);
    assert_eq!(outcomes(&found), [Outcome::Paid; 3]);
    assert_eq!(found.batches[0].difference.as_ref().unwrap().amount.as_str(), "0.00");
}

#[test]
fn iso_115_the_same_end_to_end_id_in_two_files() {
    let of = |message: &str, payment: &str| {
        let ids = format!("<MsgId>{message}</MsgId><PmtInfId>{payment}</PmtInfId><EndToEndId>E1</EndToEndId>");
        debit("100.00", &details(&format!("<Refs>{ids}</Refs>")))
    };
    let found = matched(&three(), &[], &[statement(&[of("M0", "P0"), of("M1", "P1")])]);
    assert_eq!((outcomes(&found)[0], found.leftover_entries.len()), (Outcome::Paid, 1));
    assert_eq!(found.transactions[0].booking.as_ref().unwrap().entry, 2);
    // One of them names our batch: it is ours.
    let loose = debit("100.00", &details(&end_to_end("E1")));
    let found = matched(&three(), &[], &[statement(&[loose.clone(), of("M1", "P1")])]);
    assert_eq!((outcomes(&found)[0], found.leftover_entries[0].why), (Outcome::Paid, LeftoverReason::Ambiguous));
    let found = matched(&three(), &[], &[statement(&[loose.clone(), loose])]);
    let one = &found.transactions[0];
    assert_eq!((one.outcome, one.again, one.candidates.len()), (Outcome::Ambiguous, Again::Ask, 2));
}

#[test]
fn iso_118_pending_and_then_booked() {
    let of = |status: &str| entry_of("100.00", "DBIT", status, &details(&end_to_end("E1")));
    let pending = cash("052", "", &[of("PDNG")]);
    let found = matched(&three(), &[], std::slice::from_ref(&pending));
    assert_eq!((outcomes(&found)[0], found.transactions[0].again), (Outcome::InProgress, Again::No));
    let found = matched(&three(), &[], &[pending.clone(), statement(&[of("BOOK")])]);
    assert_eq!((outcomes(&found)[0], found.repeated_entries), (Outcome::Paid, 1));
    assert_eq!(found.transactions[0].booking.as_ref().unwrap().statement, 2);
    // A rejection is not certain while the account shows it as pending.
    let found = matched(&three(), &[rejected("E1", "AC01")], &[pending]);
    assert_eq!((outcomes(&found)[0], found.transactions[0].again), (Outcome::Rejected, Again::Ask));
    let batch = cash("052", "", &[entry_of("425.50", "DBIT", "PDNG", &of_payment("P1", "3"))]);
    assert_eq!(outcomes(&matched(&three(), &[], &[batch])), [Outcome::InProgress; 3]);
}

#[test]
fn iso_095_a_missing_page_is_said() {
    let page = |number: u64, last: bool, id: &str| {
        let header = format!("<StmtPgntn><PgNb>{number}</PgNb><LastPgInd>{last}</LastPgInd></StmtPgntn>");
        cash("053", &header, &[debit("100.00", &details(&end_to_end(id)))])
    };
    let (first, second) = (page(1, false, "E1"), page(2, true, "E9"));
    assert_eq!(matched(&three(), &[], &[first.clone(), second.clone()]).notes, Vec::<String>::new());
    assert_eq!(matched(&three(), &[], std::slice::from_ref(&second)).notes, ["statement “S-053”: page 1 is missing"]);
    assert_eq!(
        matched(&three(), &[], std::slice::from_ref(&first)).notes,
        ["statement “S-053”: the pages after 1 are missing: none is marked as the last"]
    );
    // Equal entries on two pages are two; the same page again is a copy.
    let again = page(2, true, "E1");
    let found = matched(&three(), &[], &[first.clone(), again.clone()]);
    assert_eq!((outcomes(&found)[0], found.repeated_entries), (Outcome::Ambiguous, 0));
    let found = matched(&three(), &[], &[first.clone(), second, first]);
    assert_eq!((outcomes(&found)[0], found.repeated_entries), (Outcome::Paid, 1));
}

#[test]
fn iso_096_the_same_statement_twice() {
    let entries = [debit("100.00", &details(&end_to_end("E1"))), debit("325.50", &of_payment("P1", "2"))];
    let copy = cash("053", "<CpyDplctInd>DUPL</CpyDplctInd>", &entries);
    let found = matched(&three(), &[], &[statement(&entries), copy]);
    assert_eq!(outcomes(&found), [Outcome::Paid, Outcome::PaidInBatch, Outcome::PaidInBatch]);
    assert_eq!(found.repeated_entries, 2);
}

#[test]
fn iso_097_each_booking_once() {
    let reference = "<AcctSvcrRef>A-1</AcctSvcrRef>";
    // The notification explains the statement's sum.
    let explained = details(&end_to_end("E1")) + &details(&end_to_end("E2")) + &details(&end_to_end("E3"));
    let all = [
        cash("054", "", &[debit("425.50", &(reference.to_owned() + &explained))]),
        cash("052", "", &[debit("425.50", reference)]),
        statement(&[debit("425.50", &(reference.to_owned() + &of_payment("P1", "3")))]),
    ];
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
        let statements = order.map(|at: usize| all[at].clone());
        let found = matched(&three(), &[], &statements);
        assert_eq!(outcomes(&found), [Outcome::PaidInBatch; 3]);
        assert_eq!((found.repeated_entries, found.leftover_entries.len()), (2, 0));
        let place = found.transactions[2].booking.as_ref().unwrap();
        assert_eq!(place.statement_id.as_deref(), Some("S-053"));
    }
    // Without the bank's reference, the batch is reported twice and counts once.
    let loose = [
        cash("054", "", &[debit("425.50", &of_payment("P1", "3"))]),
        statement(&[debit("425.50", &(of_payment("P1", "3") + &details("")))]),
    ];
    assert_eq!(outcomes(&matched(&three(), &[], &loose)), [Outcome::PaidInBatch; 3]);
}

#[test]
fn iso_098_two_equal_coffees() {
    let coffee = debit("3.50", &details("<RmtInf><Ustrd>coffee</Ustrd></RmtInf>"));
    let found = matched(&three(), &[], &[statement(&[coffee.clone(), coffee])]);
    assert_eq!((found.leftover_entries.len(), found.repeated_entries), (2, 0));
}
