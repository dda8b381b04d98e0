//! The cases of docs/protocols/iso20022.md §10.1 on accounts, days, addresses and limits, by their ids.

use bankchannel_iso20022::make::*;
use bankchannel_iso20022::rules::*;

use super::cases::*;
use super::*;

#[test]
fn purposes() {
    let with = |purpose: &str| CreditTransfer { purpose: text(purpose), ..transfer("1") };
    refused(with("sala"), "four capital letters");
    warned(data(), with("XQZW"), "the purpose is not known");
    assert!(valid(data(), vec![with("GDDS")]).0.contains("<Cd>GDDS</Cd>"));
}

/// ISO-033 to ISO-037.
#[test]
fn accounts() {
    let paid = |iban: &str| CreditTransfer::new(decimal("1"), party("N", iban));
    let (xml, _) = valid(data(), vec![paid("fi14\u{a0}1009 3000 1234 58")]);
    assert!(xml.contains("<IBAN>FI1410093000123458</IBAN>"));
    for (iban, words) in [
        ("FI14-1009-3000-1234-58", "is not written like an IBAN"),
        ("FI9912345600000060", "check digits"),
        (&format!("FI21{}", "1".repeat(34)), "is not written like an IBAN"),
        (&format!("XX00{}", "1".repeat(30)), "XX"),
    ] {
        refused(paid(iban), words);
    }
    let bank = |bic: &str| {
        let mut one = transfer("1");
        one.creditor.bic = text(bic);
        one
    };
    assert!(valid(data(), vec![bank("NDEAFIHH")]).0.contains("<BICFI>NDEAFIHH</BICFI>"));
    refused(bank("NDEAFIHHXX"), "10 characters");
    warned(data(), paid(DEBTOR), "same account");
    let mut other = CreditTransfer { currency: text("SEK"), ..transfer("1") };
    other.creditor.iban = None;
    refused(other.clone(), "account is missing");
    other.creditor.account = text("5050_1055");
    // A number is never converted.
    let epc = PaymentData { characters: Some(Characters::Epc), ..data() };
    refused_with(epc, other.clone(), "'_'");
    other.creditor.account = text("50501055");
    other.creditor.account_scheme = text("BGNR");
    let (xml, _) = valid(data(), vec![other]);
    assert!(xml.contains("<Prtry>BGNR</Prtry>") && xml.contains("<Cd>NURG</Cd>") && xml.contains("SHAR"), "{xml}");
    let mut nobody = data();
    nobody.group.debtor = None;
    refused_with(nobody, transfer("1"), "the debtor is missing");
}

/// ISO-038 to ISO-040.
#[test]
fn days() {
    warned(data(), on("2026-12-25", "1"), "2026-12-28");
    warned(data(), on("2026-11-28", "1"), "2026-11-30");
    warned(data(), on("2026-12-06", "1"), "2026-12-07");
    warned(data(), on("9999-12-31", "1"), "year in the future");
    refused(on("0000-01-01", "1"), "days ago");
    let mut later = data();
    later.created = Some(Timestamp::new("2027-12-03T08:00:00+02:00").unwrap());
    unwarned(later, on("2027-12-06", "1"));
    let strict = ProfileOptions { closed_day_is_error: Some(true), ..ProfileOptions::default() };
    refused_with(profile(strict), on("2026-12-25", "1"), "2026-12-28");
    let mut none = data();
    none.group.execution_date = None;
    refused_with(none, transfer("1"), "execution date is missing");
}

/// ISO-041 to ISO-045, ISO-047, ISO-048, ISO-050: findings of the rules name the field of the input.
#[test]
fn addresses() {
    let addressed = |address: PostalAddress| {
        let mut one = transfer("1");
        one.creditor.address = Some(address);
        one
    };
    let bare = || PostalAddress { town: text("Helsinki"), country: text("FI"), ..PostalAddress::default() };
    let some_lines = |count: usize| Some((1..=count).map(|n| format!("Line {n}")).collect());
    let full = PostalAddress {
        street: text("Mannerheimintie"),
        building_number: text("12"),
        post_code: text("00100"),
        ..bare()
    };
    for good in [full, bare(), PostalAddress { lines: some_lines(2), ..bare() }] {
        unwarned(data(), addressed(good));
    }
    let only_lines = || PostalAddress { lines: some_lines(2), ..PostalAddress::default() };
    refused(addressed(only_lines()), "2026-11-15");
    let mut early = data();
    early.created = Some(Timestamp::new("2026-11-12T08:00:00+02:00").unwrap());
    early.group.execution_date = Some(date("2026-11-13"));
    warned(early.clone(), addressed(only_lines()), "2026-11-15");
    early.group.execution_date = Some(date("2026-11-14"));
    let dollars = CreditTransfer { currency: text("USD"), ..addressed(only_lines()) };
    refused_with(early, dollars, "2026-11-14");
    for (address, words) in [
        (PostalAddress { country: text("FI"), lines: some_lines(1), ..PostalAddress::default() }, "no town"),
        (PostalAddress { town: text("Turku"), ..PostalAddress::default() }, "no country"),
        (PostalAddress { lines: some_lines(3), ..bare() }, "creditor.address.lines: the address has 3 lines"),
        (PostalAddress { country: text("UK"), ..bare() }, "creditor.address.country"),
        (PostalAddress { town: text("00100"), ..bare() }, "creditor.address.town"),
        (PostalAddress { town: Some("x".repeat(36)), ..bare() }, "36 characters"),
    ] {
        refused(addressed(address), words);
    }
    let floor = PostalAddress { floor: text("3"), ..bare() };
    refused_with(v03(), addressed(floor.clone()), "creditor.address.floor");
    valid(data(), vec![addressed(floor)]);
    let no_hybrid = ProfileOptions { hybrid_address: Some(HybridAddress::Forbidden), ..ProfileOptions::default() };
    let hybrid = PostalAddress { lines: some_lines(1), ..bare() };
    refused_with(profile(no_hybrid), addressed(hybrid), "creditor.address");
}

#[test]
fn profiles_bound_batches_and_files() {
    let of_two = ProfileOptions { batch_transactions: Some(2), ..ProfileOptions::default() };
    let (_, made) = valid(profile(of_two), (1..=5).map(|n| transfer(&n.to_string())).collect());
    let counts: Vec<_> = made.batches.iter().map(|batch| batch.transactions).collect();
    assert_eq!(counts, [2, 2, 1]);
    let of_one = ProfileOptions { batch_transactions: Some(1), ..ProfileOptions::default() };
    let ids = all(&valid(profile(of_one), vec![transfer("1"), transfer("1")]).0, "PmtInfId");
    assert_eq!(ids[1], format!("{}-2", ids[0]));
    let file = ProfileOptions { file_transactions: Some(1), ..ProfileOptions::default() };
    let found = problems(profile(file), vec![transfer("1"), transfer("2")]);
    assert!(found[0].contains("at most 1 transactions"), "{found:?}");
    let one_date = ProfileOptions { one_date_per_file: Some(true), ..ProfileOptions::default() };
    assert!(problems(profile(one_date), vec![transfer("1"), on("2026-11-24", "2")])[0].contains("one execution date"));
    let accepts = ProfileOptions { accepts: Some(PaymentVersion::V03), ..ProfileOptions::default() };
    assert!(make(profile(accepts.clone()), vec![transfer("1")]).unwrap().0.contains("pain.001.001.03"));
    let other = PaymentData { version: Some(PaymentVersion::V09), ..profile(accepts) };
    assert!(problems(other, vec![transfer("1")])[0].starts_with("version: "));
}

#[test]
fn many_problems_are_counted_and_three_are_stated() {
    let error = make(data(), (0..200).map(|_| transfer("0")).collect()).unwrap_err();
    assert_eq!((error.detail("count"), error.detail("field")), (Some("200"), Some("transactions[0].amount")));
    assert_eq!(lines(&error).len(), 50);
    assert!(error.message().contains("200 problems: transaction 1, amount: the amount is zero"), "{error}");
    assert!(error.message().ends_with("; and 197 more") && error.message().len() < 500, "{error}");
    // ISO-109: a value is repeated only as far as needed to identify it.
    let secret = "x".repeat(10_000);
    let long = CreditTransfer { end_to_end_id: Some(secret.clone()), text: Some(secret), ..transfer("1") };
    assert!(make(data(), vec![long]).unwrap_err().to_json().to_string().len() < 2000);
}
