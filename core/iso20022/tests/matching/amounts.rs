//! Bookings with a payment's id and another amount, entries of a statement without a status, and statements that are not
//! there.

use bankchannel_iso20022::matching::{Again, LeftoverReason, Outcome};
use bankchannel_iso20022::tables::{self, OUTCOMES};

use super::*;

fn to(number: usize) -> String {
    format!("<RltdPties><CdtrAcct><Id><IBAN>{}</IBAN></Id></CdtrAcct></RltdPties>", creditor(number))
}

fn by(money: Option<&bankchannel_iso20022::data::Money>) -> Option<&str> {
    money.map(|money| money.amount.as_str())
}

#[test]
fn a_debit_with_the_id_and_another_amount_names_its_transaction() {
    for (amount, differs) in [("102.00", "2.00"), ("99.99", "-0.01")] {
        let found = matched(&three(), &[], &[statement(&[debit(amount, &details(&end_to_end("E1")))])]);
        let one = &found.transactions[0];
        assert_eq!((one.outcome, one.again), (Outcome::AmountDiffers, Again::Ask), "{amount}");
        assert_eq!(by(one.difference.as_ref()), Some(differs));
        assert_eq!(one.candidates.len(), 1);
        assert_eq!(one.booking.as_ref(), one.candidates.first(), "it is the booking to look at");
        let row = &found.leftover_entries[0];
        assert_eq!((row.why, row.candidates.as_slice()), (LeftoverReason::OtherAmount, &[1][..]));
        assert_eq!((by(row.difference.as_ref()), row.end_to_end_id.as_deref()), (Some(differs), Some("E1")));
        assert_eq!(outcomes(&found)[1..], [Outcome::Unknown; 2]);
    }
    // By the instruction id too, and in a notification.
    let more = "<InstrId>I1</InstrId>";
    let file = payment(&[batch("P1", &[Order { more, ..order("E1", "100.00") }])]);
    let entry = debit("101.00", &details("<Refs><InstrId>I1</InstrId></Refs>"));
    let found = matched(&file, &[], &[cash("054", "", &[entry])]);
    assert_eq!((outcomes(&found)[0], found.leftover_entries[0].candidates[0]), (Outcome::AmountDiffers, 1));
}

#[test]
fn what_shows_another_payment_names_nothing() {
    for entry in [
        debit("102.00", &details(&end_to_end("E9"))),
        debit("102.00", &details(&(end_to_end("E1") + &to(2)))),
        debit("102.00", &details(&end_to_end("NOTPROVIDED"))),
        debit("102.00", &details(&end_to_end("E1"))).replace("2026-11-20", "2025-11-20"),
    ] {
        let found = matched(&three(), &[], &[statement(std::slice::from_ref(&entry))]);
        assert_eq!(outcomes(&found), [Outcome::Unknown; 3], "{entry}");
        let row = &found.leftover_entries[0];
        assert!(row.candidates.is_empty() && row.difference.is_none(), "{entry}");
        assert_eq!(row.why, LeftoverReason::NoSuchTransaction);
    }
    // Of another month it may be; the transaction itself says nothing of it.
    let late = debit("102.00", &details(&end_to_end("E1"))).replace("2026-11-20", "2027-01-20");
    let found = matched(&three(), &[], &[statement(&[late])]);
    assert_eq!((outcomes(&found)[0], found.leftover_entries[0].candidates.as_slice()), (Outcome::Unknown, &[1][..]));
}

#[test]
fn all_that_may_be_its_own_is_listed() {
    let inside = details(&end_to_end("E1"));
    // Two bookings: no difference can be said for both.
    let found = matched(&three(), &[], &[statement(&[debit("60.00", &inside), debit("40.00", &inside)])]);
    let one = &found.transactions[0];
    assert_eq!((one.outcome, one.candidates.len(), &one.difference), (Outcome::AmountDiffers, 2, &None));
    assert_eq!(one.booking, None);
    // In another currency there is none either.
    let foreign = debit("110.00", &inside).replace("EUR", "USD");
    let found = matched(&three(), &[], &[statement(&[foreign])]);
    let row = &found.leftover_entries[0];
    assert_eq!(
        (outcomes(&found)[0], row.why, &row.difference),
        (Outcome::AmountDiffers, LeftoverReason::OtherAmount, &None)
    );
    // Its own booking counts before one with another amount, which is listed all the same.
    let found = matched(&three(), &[], &[statement(&[debit("100.00", &inside), debit("3.00", &inside)])]);
    let one = &found.transactions[0];
    assert_eq!((one.outcome, &one.difference, one.candidates.len()), (Outcome::Paid, &None, 1));
    assert_eq!(found.leftover_entries[0].candidates, [1]);
    // So does the bank's report of its end.
    let done = report(&group_status("ACSC"), "");
    let found = matched(&three(), &[done], &[statement(&[debit("102.00", &inside)])]);
    assert_eq!((outcomes(&found)[0], found.transactions[0].candidates.len()), (Outcome::ExecutedReported, 1));
    let waits = report(&group_status("ACSP"), "");
    let found = matched(&three(), &[waits], &[statement(&[debit("102.00", &inside)])]);
    assert_eq!(outcomes(&found)[..2], [Outcome::AmountDiffers, Outcome::Accepted]);
    // A rejected one says which booking the doubt is about.
    let refused = report(&group_status("RJCT"), "");
    let found = matched(&three(), &[refused], &[statement(&[debit("102.00", &inside)])]);
    let one = &found.transactions[0];
    assert_eq!((one.outcome, one.again, one.candidates.len()), (Outcome::Rejected, Again::Ask, 1));
    // Money that comes in and pending entries are named, and change nothing.
    for entry in [entry_of("30.00", "CRDT", "BOOK", &inside), entry_of("30.00", "DBIT", "PDNG", &inside)] {
        let found = matched(&three(), &[], &[statement(&[entry])]);
        assert_eq!(
            (outcomes(&found)[0], found.leftover_entries[0].candidates.as_slice()),
            (Outcome::Unknown, &[1][..])
        );
    }
}

#[test]
fn one_of_several_transactions_of_an_entry_is_named() {
    let inside =
        ["E7", "E2", "E8"].map(|id| details(&format!("{}<Amt Ccy=\"EUR\">5.00</Amt>", end_to_end(id)))).concat();
    let found = matched(&three(), &[], &[statement(&[debit("15.00", &inside)])]);
    assert_eq!(outcomes(&found), [Outcome::Unknown, Outcome::AmountDiffers, Outcome::Unknown]);
    assert_eq!(by(found.transactions[1].difference.as_ref()), Some("-245.00"));
    let rows: Vec<_> = found.leftover_entries.iter().map(|row| (row.place.detail, row.candidates.as_slice())).collect();
    assert_eq!(rows, [(Some(1), &[][..]), (Some(2), &[2][..]), (Some(3), &[][..])]);
    // Under a batch of the bank's own, which belongs to nothing, too.
    let batch = "<NtryDtls><Btch><NbOfTxs>1</NbOfTxs></Btch></NtryDtls>".to_owned() + &details(&end_to_end("E1"));
    let found = matched(&three(), &[], &[statement(&[debit("102.00", &batch)])]);
    let row = &found.leftover_entries[0];
    assert_eq!((outcomes(&found)[0], row.why), (Outcome::AmountDiffers, LeftoverReason::OtherAmount));
    assert_eq!((row.candidates.as_slice(), found.leftover_entries.len()), (&[1][..], 1));
    // An entry without a name is one line.
    let found = matched(&three(), &[], &[statement(&[debit("15.00", &inside.replace("E2", "E9"))])]);
    assert_eq!(found.leftover_entries.len(), 1);
}

#[test]
fn the_table_has_the_bank_s_words_and_the_bookings_to_compare() {
    let text = |line: &str| format!("<StsRsnInf><AddtlInf>{line}</AddtlInf></StsRsnInf>");
    let narrative = reason("NARR").replace("</StsRsnInf>", "<AddtlInf>blocked by court order</AddtlInf></StsRsnInf>");
    let said = report(
        &group_status("PART"),
        &of_batch(
            "P1",
            "",
            &(of_transaction("E1", "RVMC", &text("Robert Example")) + &of_transaction("E3", "RJCT", &narrative)),
        ),
    );
    let found = matched(&three(), &[said], &[statement(&[debit("251.00", &details(&end_to_end("E2")))])]);
    let rows: Vec<_> = tables::of_matched(&found).collect();
    let cell = |row: usize, name: &str| {
        rows[row][OUTCOMES.iter().position(|column| column.name == name).unwrap()].as_str().to_owned()
    };
    assert_eq!([0, 1, 2].map(|row| cell(row, "information")), ["Robert Example", "", "blocked by court order"]);
    assert_eq!([0, 1].map(|row| cell(row, "difference")), ["", "1.00"]);
    assert_eq!(cell(1, "candidates"), "2026-11-20 -251.00 EUR in S-053");
}

#[test]
fn an_entry_of_a_statement_without_a_status_is_booked() {
    let without = |entry: String| entry.replace("<Sts><Cd>BOOK</Cd></Sts>", "");
    let one = || without(debit("100.00", &details(&(end_to_end("E1") + &to(0)))));
    let found = matched(&three(), &[], &[statement(&[one()])]);
    assert_eq!((outcomes(&found)[0], found.leftover_entries.len()), (Outcome::Paid, 0));
    let whole = without(debit("425.50", &of_payment("P1", "3")));
    assert_eq!(outcomes(&matched(&three(), &[], &[statement(&[whole])])), [Outcome::PaidInBatch; 3]);
    // The report before it is the same booking.
    let before = cash("052", "", &[debit("100.00", &details(&(end_to_end("E1") + &to(0))))]);
    let found = matched(&three(), &[], &[before, statement(&[one()])]);
    assert_eq!((outcomes(&found)[0], found.repeated_entries), (Outcome::Paid, 1));
}

#[test]
fn a_missing_statement_is_noted() {
    let ends = |number: u32, opening: &str, closing: &str| {
        let balance = |kind: &str, amount: &str| {
            format!(
                "<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{amount}</Amt>\
                 <CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-2{number}</Dt></Dt></Bal>"
            )
        };
        let numbers = format!("<ElctrncSeqNb>{number}</ElctrncSeqNb>");
        cash("053", &format!("{numbers}{}{}", balance("OPBD", opening), balance("CLBD", closing)), &[])
    };
    let notes = |statements: &[Statement]| matched(&three(), &[], statements).notes;
    assert_eq!(notes(&[ends(1, "9", "8"), ends(2, "8", "7")]), Vec::<String>::new());
    let found = notes(&[ends(1, "9", "8"), ends(3, "7", "6")]);
    assert!(found.len() == 1 && found[0].contains("number 2 is left out"), "{found:?}");
}

#[test]
fn the_amount_of_an_entry_is_not_that_of_one_of_its_transactions() {
    let inside = ["E1", "X9"].map(|id| details(&end_to_end(id))).concat();
    let found = matched(&three(), &[], &[statement(&[debit("132.00", &inside)])]);
    let row = &found.leftover_entries[0];
    assert_eq!((row.candidates.as_slice(), &row.difference), (&[1][..], &None), "it may be all of the 100.00");
    assert_eq!(row.why, LeftoverReason::Ambiguous);
    // Unclear whether booked: the entry is one row, and its amount that of both.
    let amounts = ["E1", "X9"].map(|id| details(&(end_to_end(id) + "<Amt Ccy=\"EUR\">66.00</Amt>"))).concat();
    let unclear = debit("132.00", &amounts).replace("<Cd>BOOK</Cd>", "<Prtry>ODD</Prtry>");
    let found = matched(&three(), &[], &[statement(&[unclear])]);
    let row = &found.leftover_entries[0];
    assert_eq!((row.candidates.as_slice(), &row.difference), (&[1][..], &None));
    // That of an entry with one transaction is its own.
    let unclear = debit("132.00", &details(&end_to_end("E1"))).replace("<Cd>BOOK</Cd>", "<Prtry>ODD</Prtry>");
    let found = matched(&three(), &[], &[statement(&[unclear])]);
    assert_eq!(by(found.leftover_entries[0].difference.as_ref()), Some("32.00"));
}
