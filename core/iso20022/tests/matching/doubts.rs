//! Rejections contradicted by the account, and ids that are reused.

use bankchannel_iso20022::matching::{Again, LeftoverReason, Outcome};

use super::*;

fn rejected(end_to_end: &str, code: &str) -> StatusReport {
    report(&group_status("PART"), &of_batch("P1", "", &of_transaction(end_to_end, "RJCT", &reason(code))))
}

fn to(number: usize) -> String {
    format!("<RltdPties><CdtrAcct><Id><IBAN>{}</IBAN></Id></CdtrAcct></RltdPties>", creditor(number))
}

/// The first of three, rejected for insufficient funds, against one entry.
fn first(entry: &str) -> (Matched, Outcome, Again) {
    let found = matched(&three(), &[rejected("E1", "AM04")], &[statement(&[entry.to_owned()])]);
    let (outcome, again) = (found.transactions[0].outcome, found.transactions[0].again);
    (found, outcome, again)
}

#[test]
fn a_message_id_of_the_banks_own_hides_no_debit() {
    for ids in
        ["<MsgId>BANK-778</MsgId>", "<PmtInfId>BANK-9</PmtInfId>", "<MsgId>BANK-778</MsgId><PmtInfId>P1</PmtInfId>"]
    {
        let refs = format!("<Refs>{ids}<EndToEndId>E1</EndToEndId></Refs>");
        let entry = debit("100.00", &details(&(refs.clone() + &to(0))));
        let (found, outcome, again) = first(&entry);
        assert_eq!((outcome, again), (Outcome::Conflict, Again::Ask), "{ids}");
        assert_eq!(found.leftover_entries, []);
        assert_eq!(outcomes(&matched(&three(), &[], &[statement(&[entry])]))[0], Outcome::Paid, "{ids}");
        // Without the account there is only a doubt.
        let (found, outcome, again) = first(&debit("100.00", &details(&refs)));
        assert_eq!((outcome, again, found.leftover_entries.len()), (Outcome::Rejected, Again::Ask, 1), "{ids}");
        // Another account shows that it is another payment.
        let (_, outcome, again) = first(&debit("100.00", &details(&(refs + &to(1)))));
        assert_eq!((outcome, again), (Outcome::Rejected, Again::Unchanged), "{ids}");
    }
    // A UETR identifies it whatever the message id is.
    let uetr = "9f7a5893-562a-4207-a91e-dd3e484fd85b";
    let mut file = three();
    file.batches[0].transactions[0].uetr = Some(uetr.to_owned());
    let entry = debit("100.00", &details(&format!("<Refs><MsgId>BANK-778</MsgId><UETR>{uetr}</UETR></Refs>")));
    assert_eq!(outcomes(&matched(&file, &[], &[statement(&[entry])]))[0], Outcome::Paid);
}

#[test]
fn a_batch_under_a_message_id_of_the_banks_own_is_a_doubt() {
    let of = |count: &str| {
        format!("<NtryDtls><Btch><MsgId>BANK-778</MsgId><PmtInfId>P1</PmtInfId>{count}</Btch></NtryDtls>")
    };
    let (found, outcome, again) = first(&debit("400.00", &of("")));
    assert_eq!((outcome, again), (Outcome::Rejected, Again::Ask));
    assert_eq!(found.leftover_entries[0].why, LeftoverReason::OtherFile);
    let whole = debit("425.50", &of("<NbOfTxs>3</NbOfTxs>"));
    assert_eq!(outcomes(&matched(&three(), &[], &[statement(&[whole])])), [Outcome::Probable; 3]);
    // Transactions that each name two batches of this file, and nothing else.
    let two = payment(&[batch("P1", &[order("E1", "1.00")]), batch("P2", &[order("E2", "2.00")])]);
    let each = details("<Refs><PmtInfId>P1</PmtInfId></Refs>") + &details("<Refs><PmtInfId>P2</PmtInfId></Refs>");
    let found = matched(&two, &[rejected("E1", "AM04")], &[statement(&[debit("3.00", &each)])]);
    assert_eq!((outcomes(&found)[0], found.transactions[0].again), (Outcome::Rejected, Again::Ask));
}

#[test]
fn a_debit_with_a_charge_in_its_amount_is_a_doubt() {
    for inside in [end_to_end("E1"), end_to_end("E1") + &to(0)] {
        let (found, outcome, again) = first(&debit("100.50", &details(&inside)));
        assert_eq!((outcome, again, found.leftover_entries.len()), (Outcome::Rejected, Again::Ask, 1));
    }
    for inside in [end_to_end("E1") + &to(2), end_to_end("E9") + &to(0)] {
        let (_, outcome, again) = first(&debit("100.50", &details(&inside)));
        assert_eq!((outcome, again), (Outcome::Rejected, Again::Unchanged));
    }
    // Incoming money is not a debit.
    let (_, outcome, again) = first(&entry_of("100.50", "CRDT", "BOOK", &details(&end_to_end("E1"))));
    assert_eq!((outcome, again), (Outcome::Rejected, Again::Unchanged));
}

#[test]
fn an_entry_whose_status_is_unclear_is_a_doubt() {
    let booked = debit("100.00", &details(&end_to_end("E1")));
    let code = "<Sts><Cd>BOOK</Cd></Sts>";
    for (message, entry) in [
        ("053", booked.replace(code, "<Sts><Prtry>BOOKED</Prtry></Sts>")),
        ("052", booked.replace(code, "")),
        ("054", booked.replace(code, "")),
        ("053", booked.replace(code, "<Sts><Cd>XXXX</Cd></Sts>")),
        ("053", booked.replace("DBIT", "BOTH")),
    ] {
        let found = matched(&three(), &[rejected("E1", "AM04")], &[cash(message, "", std::slice::from_ref(&entry))]);
        let one = &found.transactions[0];
        assert_eq!((one.outcome, one.again), (Outcome::Rejected, Again::Ask), "{entry}");
        let row = &found.leftover_entries[0];
        assert_eq!((row.why, row.candidates.as_slice()), (LeftoverReason::Ambiguous, &[1][..]), "{entry}");
        assert_eq!(outcomes(&matched(&three(), &[], &[cash(message, "", &[entry])]))[0], Outcome::Unknown);
    }
    let batch = cash("052", "", &[debit("425.50", &of_payment("P1", "3")).replace(code, "")]);
    let found = matched(&three(), &[rejected("E1", "AM04")], &[batch]);
    let one = &found.transactions[0];
    assert_eq!((one.outcome, one.again, found.leftover_entries.len()), (Outcome::Rejected, Again::Ask, 1));
    // One of another payment, and one for information only.
    let other = cash("052", "", &[debit("7.00", &details(&end_to_end("E9"))).replace(code, "")]);
    let found = matched(&three(), &[rejected("E1", "AM04")], &[other]);
    let one = &found.transactions[0];
    assert_eq!((one.outcome, one.again, found.leftover_entries.len()), (Outcome::Rejected, Again::Unchanged, 1));
    let (found, outcome, again) = first(&booked.replace("BOOK<", "INFO<"));
    assert_eq!((outcome, again, found.leftover_entries.len()), (Outcome::Rejected, Again::Unchanged, 0));
}

#[test]
fn ids_of_another_month_pay_nothing() {
    let on = |day: &str, direction: &str| {
        entry_of("100.00", direction, "BOOK", &details(&(end_to_end("E1") + &to(0)))).replace("2026-11-20", day)
    };
    // 15 banking days after Friday, 20 November.
    for (day, outcome) in
        [("2026-12-11", Outcome::Paid), ("2026-12-14", Outcome::Probable), ("2027-11-24", Outcome::Probable)]
    {
        let found = matched(&three(), &[], &[statement(&[on(day, "DBIT")])]);
        assert_eq!((outcomes(&found)[0], found.transactions[0].again), (outcome, Again::No), "{day}");
        assert_eq!(found.leftover_entries.len(), usize::from(outcome == Outcome::Probable));
    }
    let months = [on("2026-11-20", "DBIT"), on("2026-12-21", "DBIT"), on("2027-01-20", "DBIT")];
    let found = matched(&three(), &[], &[statement(&months)]);
    assert_eq!((outcomes(&found)[0], found.leftover_entries.len()), (Outcome::Paid, 2));
    // A late return may belong to the payment of another month.
    let why = "<RtrInf><Rsn><Cd>AM04</Cd></Rsn></RtrInf><RltdPties>";
    let back = on("2026-12-21", "CRDT").replace("<RltdPties>", why);
    let found = matched(&three(), &[], &[statement(&[on("2026-11-20", "DBIT"), back])]);
    assert_eq!((outcomes(&found)[0], found.transactions[0].again), (Outcome::Returned, Again::Ask));
    // The batch id makes it certain.
    let named = on("2027-11-24", "DBIT").replace("<Refs>", "<Refs><PmtInfId>P1</PmtInfId>");
    assert_eq!(outcomes(&matched(&three(), &[], &[statement(&[named])]))[0], Outcome::Paid);
}

#[test]
fn an_instant_payment_that_timed_out_is_looked_for_first() {
    for code in ["AB05", "AB06", "AB11"] {
        let again = |file: &PaymentFile| {
            let one = matched(file, &[rejected("E1", code)], &[]).transactions.remove(0);
            assert!(one.advice.contains("look") || one.advice.contains("first check"), "{}", one.advice);
            one.again
        };
        let instant = bankchannel_iso20022::data::Code::new("INST");
        let mut file = three();
        assert_eq!(again(&file), Again::Unchanged, "{code}");
        file.batches[0].transactions[0].kind.local_instrument = Some(instant.clone());
        assert_eq!(again(&file), Again::LookFirst, "{code}");
        let mut file = three();
        file.batches[0].kind.local_instrument = Some(instant);
        assert_eq!(again(&file), Again::LookFirst, "{code}");
    }
}

/// A booked statement of these days with one debit and matching balances.
fn covering(from: &str, to: &str, amount: &str, inside: &str) -> Statement {
    let balance = |kind: &str, amount: &str| {
        format!(
            "<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>\
             <Dt><Dt>2026-11-20</Dt></Dt></Bal>"
        )
    };
    let left: f64 = 1000.0 - amount.parse::<f64>().unwrap();
    let period = format!("<FrToDt><FrDtTm>{from}T00:00:00</FrDtTm><ToDtTm>{to}T23:59:59</ToDtTm></FrToDt>");
    let header = period + &balance("OPBD", "1000.00") + &balance("CLBD", &format!("{left:.2}"));
    cash("053", &header, &[debit(amount, inside)])
}

#[test]
fn a_failed_settlement_is_sent_again_only_after_the_statement() {
    let other = details(&end_to_end("E9"));
    let whole = covering("2026-11-19", "2026-11-24", "7.00", &other);
    for code in ["AB01", "AB02", "AB03", "AB04", "ED05", "ED06"] {
        let again = |statements: &[Statement]| {
            let one = matched(&three(), &[rejected("E1", code)], statements).transactions.remove(0);
            assert_eq!(one.outcome, Outcome::Rejected);
            one.again
        };
        assert_eq!(again(&[]), Again::LookFirst, "{code}");
        assert_eq!(again(std::slice::from_ref(&whole)), Again::Unchanged, "{code}");
        let parts = [("2026-11-22", "2026-11-24"), ("2026-11-19", "2026-11-21")];
        let parts = parts.map(|(from, to)| covering(from, to, "7.00", &other));
        assert_eq!(again(&parts), Again::Unchanged, "{code}");
        assert_eq!(again(&parts[..1]), Again::LookFirst, "{code}");
    }
    let again = |one: Statement| matched(&three(), &[rejected("E1", "AB01")], &[one]).transactions[0].again;
    // Too short; of another account; a report of the day; balances that do not match; an unexplained debit.
    assert_eq!(again(covering("2026-11-19", "2026-11-23", "7.00", &other)), Again::LookFirst);
    let mut foreign = whole.clone();
    foreign.account.iban = Some("FI1410093000123458".to_owned());
    assert_eq!(again(foreign), Again::LookFirst);
    let mut report = whole.clone();
    report.kind = bankchannel_iso20022::cash::CashKind::Report;
    assert_eq!(again(report), Again::LookFirst);
    let mut cut = whole.clone();
    cut.end.as_mut().unwrap().balance_check = bankchannel_iso20022::cash::BalanceCheck::Differs;
    assert_eq!(again(cut), Again::LookFirst);
    assert_eq!(again(covering("2026-11-19", "2026-11-24", "101.00", "")), Again::LookFirst);
    assert_eq!(again(covering("2026-11-19", "2026-11-24", "99.00", "")), Again::Unchanged);
}

/// A statement over all days in question, whose balances fit its entries.
fn whole(entries: &[String], closing: &str) -> Statement {
    let balance = |kind: &str, amount: &str, day: &str| {
        format!(
            "<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{amount}</Amt>\
             <CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
        )
    };
    let period = "<FrToDt><FrDtTm>2026-11-16T00:00:00</FrDtTm><ToDtTm>2026-12-10T23:59:59</ToDtTm></FrToDt>";
    let balances = balance("OPBD", "1000.00", "2026-11-16") + &balance("CLBD", closing, "2026-12-10");
    cash("053", &format!("{period}{balances}"), entries)
}

#[test]
fn the_nameless_transaction_of_a_batch_is_a_debit_that_may_be_the_rejected_one() {
    let again = |entries: &[String], closing: &str| {
        let found = matched(&three(), &[rejected("E2", "AB03")], &[whole(entries, closing)]);
        (found.transactions[1].again, found.leftover_entries)
    };
    let amount = |of: &str| format!("<Amt Ccy=\"EUR\">{of}</Amt>");
    let other = debit("102.00", &details(&(end_to_end("E1") + &amount("102.00"))));
    assert_eq!(again(&[other], "898.00").0, Again::Unchanged, "the account shows no debit of it");
    let both = details(&(end_to_end("E1") + &amount("102.00"))) + &details(&amount("250.00"));
    for batch in ["", "<NtryDtls><Btch><NbOfTxs>2</NbOfTxs></Btch></NtryDtls>"] {
        let (again, rows) = again(&[debit("352.00", &format!("{batch}{both}"))], "648.00");
        assert_eq!(again, Again::LookFirst, "{batch}");
        let rows: Vec<_> = rows.iter().map(|row| (row.place.detail, row.why, row.candidates.as_slice())).collect();
        let nobody = (Some(2), LeftoverReason::NoSuchTransaction, &[][..]);
        assert_eq!(rows, [(Some(1), LeftoverReason::OtherAmount, &[1][..]), nobody], "{batch}");
    }
}

#[test]
fn two_bookings_under_one_reference_of_the_bank_are_two() {
    let file = payment(&[batch("P1", &[order("E1", "100.00"), order("E2", "100.00")])]);
    let of = |id: &str| {
        let refs = format!("<Refs><AcctSvcrRef>BATCH7</AcctSvcrRef><EndToEndId>{id}</EndToEndId></Refs>");
        debit("100.00", &details(&refs))
    };
    for message in ["053", "054"] {
        let two = [cash(message, "<ElctrncSeqNb>1</ElctrncSeqNb>", &[of("E1")]), cash(message, "", &[of("E2")])];
        let found = matched(&file, &[rejected("E2", "AB03")], &two);
        assert_eq!(
            (outcomes(&found), found.repeated_entries),
            (vec![Outcome::Paid, Outcome::Conflict], 0),
            "{message}"
        );
        assert_eq!(found.transactions[1].again, Again::Ask);
    }
    // The same booking in a notification and in the statement is one.
    let found = matched(&file, &[], &[cash("054", "", &[of("E1")]), statement(&[of("E1")])]);
    assert_eq!((outcomes(&found)[0], found.repeated_entries), (Outcome::Paid, 1));
    // So it is if only one of them has the reference at the entry.
    let referred = of("E1").replace("<NtryDtls>", "<AcctSvcrRef>BATCH7</AcctSvcrRef><NtryDtls>");
    let found = matched(&file, &[], &[cash("054", "", &[of("E1")]), statement(&[referred])]);
    assert_eq!((outcomes(&found)[0], found.leftover_entries.len()), (Outcome::Paid, 0));
}
