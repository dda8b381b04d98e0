//! The cases of docs/protocols/iso20022.md §10.1, by their ids.

use bankchannel_foundation::model::Timestamp;
use bankchannel_iso20022::make::{
    ChargeBearer, CreditTransfer, DocumentKind, PaidDocument, PaymentData, PaymentMaker, PaymentParty, TransferKind,
};
use bankchannel_iso20022::rules::characters::Characters;
use bankchannel_iso20022::rules::reference::ReferenceKind;
use bankchannel_iso20022::rules::{BaseProfile, PaymentVersion, ProfileOptions};
use bankchannel_iso20022::schema::MessageType;

use super::{
    CREDITOR, DEBTOR, common, data, date, decimal, finish, make, now, party, problems, refused, refused_with, transfer,
    unwarned, valid, warned,
};

pub(super) fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

pub(super) fn v03() -> PaymentData {
    PaymentData { version: Some(PaymentVersion::V03), ..data() }
}

pub(super) fn profile(options: ProfileOptions) -> PaymentData {
    PaymentData { profile: Some(options), ..data() }
}

fn aos2() -> PaymentData {
    profile(ProfileOptions { base: Some(BaseProfile::Aos2), ..ProfileOptions::default() })
}

fn named(name: &str) -> CreditTransfer {
    CreditTransfer::new(decimal("1"), party(name, CREDITOR))
}

/// A transfer that is executed on this day.
pub(super) fn on(day: &str, amount: &str) -> CreditTransfer {
    let mut one = transfer(amount);
    one.group.execution_date = Some(date(day));
    one
}

/// The texts of all elements of this name.
pub(super) fn all(xml: &str, name: &str) -> Vec<String> {
    let (start, end) = (format!("<{name}>"), format!("</{name}>"));
    xml.split(&start).skip(1).map(|rest| rest.split(&end).next().unwrap().to_owned()).collect()
}

/// ISO-001, ISO-002.
#[test]
fn one_payment_in_both_versions() {
    let (xml, made) = valid(data(), vec![transfer("10.5")]);
    for part in [
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
        "<CreDtTm>2026-11-20T08:00:00</CreDtTm>",
        "<NbOfTxs>1</NbOfTxs>\n      <CtrlSum>10.50</CtrlSum>",
        "<Cd>SEPA</Cd>",
        "<Dt>2026-11-23</Dt>",
        "<ChrgBr>SLEV</ChrgBr>",
        "<Id>NOTPROVIDED</Id>",
        "<InstdAmt Ccy=\"EUR\">10.50</InstdAmt>",
    ] {
        assert!(xml.contains(part), "{part} is not in {xml}");
    }
    assert!(!xml.contains("BtchBookg") && !xml.contains("CdtrAgt") && !xml.contains("UETR"));
    assert_eq!((made.transactions, made.control_sum.as_str()), (1, "10.50"));
    let mut with_bank = transfer("10.50");
    with_bank.creditor.bic = text("NDEAFIHHXXX");
    let (xml, _) = valid(PaymentData { uetr: Some(true), ..v03() }, vec![with_bank]);
    for part in ["<ReqdExctnDt>2026-11-23</ReqdExctnDt>", "<BIC>NDEAFIHHXXX</BIC>"] {
        assert!(xml.contains(part), "{part} is not in {xml}");
    }
    assert!(!xml.contains("UETR"));
    let older = valid(v03(), vec![transfer("10.5")]).1;
    assert_eq!(older.message_id, made.message_id, "the version is not in the ids");
}

/// ISO-003, ISO-004.
#[test]
fn the_same_data_gives_the_same_file() {
    let of = |created: Option<&str>| {
        let created = created.map(|text| Timestamp::new(text).unwrap());
        make(PaymentData { created, ..data() }, vec![transfer("1"), transfer("2")]).unwrap().0
    };
    assert_eq!(of(Some("2026-11-20T08:00:00+02:00")), of(Some("2026-11-20T08:00:00+02:00")));
    let (first, second) = (of(None), of(Some("2026-11-21T10:11:12+02:00")));
    let differing: Vec<_> = first.lines().zip(second.lines()).filter(|(a, b)| a != b).collect();
    let time = |time: &str| format!("      <CreDtTm>{time}</CreDtTm>");
    assert_eq!(differing, [(time("2026-11-20T09:00:00").as_str(), time("2026-11-21T10:11:12").as_str())]);
    let utc = PaymentData { utc: Some(true), ..data() };
    assert!(valid(utc, vec![transfer("1")]).0.contains("<CreDtTm>2026-11-20T06:00:00Z</CreDtTm>"));
}

/// ISO-005, ISO-006.
#[test]
fn ids_follow_the_data() {
    let of = |amounts: &[&str]| valid(data(), amounts.iter().map(|amount| transfer(amount)).collect()).0;
    let (before, after) = (of(&["1", "2", "3"]), of(&["1", "2.5", "3"]));
    for name in ["MsgId", "PmtInfId"] {
        assert_ne!(all(&before, name), all(&after, name));
    }
    let (before, after) = (all(&before, "EndToEndId"), all(&after, "EndToEndId"));
    assert!(before[0] == after[0] && before[1] != after[1] && before[2] == after[2]);
    assert!(before.iter().all(|id| id.len() == 21 && id.starts_with('E')), "{before:?}");

    let (xml, made) = valid(data(), vec![transfer("1"), transfer("1.00"), transfer("1.0")]);
    let ids = all(&xml, "EndToEndId");
    assert_eq!(ids, [ids[0].clone(), format!("{}-2", ids[0]), format!("{}-3", ids[0])]);
    assert_eq!(made.warning_count, 2);
    assert!(made.warnings[0].message.contains("transaction 1"), "{:?}", made.warnings);
    // The same payment in another month has another id.
    let (xml, _) = valid(data(), vec![on("2026-11-23", "1"), on("2026-12-23", "1")]);
    let ids = all(&xml, "EndToEndId");
    assert!(ids[0] != ids[1] && ids.iter().all(|id| id.len() == 21), "{ids:?}");
}

/// ISO-007.
#[test]
fn batches_come_in_the_order_of_their_first_transfer() {
    let mut transfers = Vec::new();
    for round in 0..3 {
        for account in [DEBTOR, "FI7944052020036082"] {
            for day in ["2026-11-23", "2026-11-24"] {
                for category in ["SALA", "SUPP"] {
                    let mut one = on(day, &format!("{}.10", transfers.len() + 1));
                    one.group.debtor = Some(party("Oy Yritys Ab", account));
                    one.group.category = text(category);
                    one.text = Some(format!("round {round}"));
                    transfers.push(one);
                }
            }
        }
    }
    let (xml, made) = valid(data(), transfers);
    assert_eq!(made.control_sum.as_str(), "302.40");
    let sums: Vec<_> = made.batches.iter().map(|batch| batch.sum.amount.as_str()).collect();
    // 1 + 9 + 17, 2 + 10 + 18, …, each with 0.30.
    assert_eq!(sums, ["27.30", "30.30", "33.30", "36.30", "39.30", "42.30", "45.30", "48.30"]);
    assert_eq!(all(&xml, "Ustrd")[..4], ["round 0", "round 1", "round 2", "round 0"]);
    assert!(made.batches.iter().all(|batch| batch.transactions == 3));
}

/// ISO-008: a hundred thousand transactions of many batches, round-robin, from an iterator that is read once.
#[test]
fn a_hundred_thousand() {
    let mut maker = PaymentMaker::new(data(), &now());
    for number in 0..100_000_u32 {
        let mut one = transfer(&format!("1.{:02}", number % 100));
        one.text = Some(format!("Payment {number}"));
        one.group.batch_id = Some(format!("B{}", number % 50));
        maker.add(one).unwrap();
    }
    let (xml, made) = finish(maker).unwrap();
    assert_ne!(common::xmllint(MessageType::Pain00100109, xml.as_bytes()), Some(false));
    assert!(xml.contains("<NbOfTxs>100000</NbOfTxs>\n      <CtrlSum>149500.00</CtrlSum>"));
    assert!(made.batches.len() == 50 && made.batches.iter().all(|batch| batch.transactions == 2000));
    let texts = all(&xml, "Ustrd");
    assert_eq!(texts[..3], ["Payment 0", "Payment 50", "Payment 100"]);
    assert_eq!(texts.into_iter().collect::<std::collections::HashSet<_>>().len(), 100_000);
}

/// ISO-009, ISO-011.
#[test]
fn nothing_to_pay_and_exact_sums() {
    let found = problems(data(), Vec::new());
    assert!(found.len() == 1 && found[0].contains("nothing to pay"), "{found:?}");
    let six = (0..6).map(|n| if n % 2 == 0 { transfer("0.10") } else { transfer("0.20") }).collect();
    assert_eq!(valid(data(), six).1.control_sum.as_str(), "0.90");
}

/// ISO-012, ISO-013.
#[test]
fn amounts() {
    for (amount, words) in
        [("0", "is zero"), ("-1", "minus"), ("1.234", "2 decimals"), ("1000000000.00", "the SEPA maximum")]
    {
        refused(transfer(amount), words);
    }
    let of = |currency: &str, amount: &str| CreditTransfer { currency: text(currency), ..transfer(amount) };
    refused(of("JPY", "5.5"), "0 decimals");
    refused(of("SEK", "123456789012345678"), "more than 18 digits");
    refused(of("eur", "1"), "not a currency code");
    let mut sepa = of("SEK", "1");
    sepa.group.kind = Some(TransferKind::Sepa);
    refused(sepa, "in EUR");
    for (one, wanted) in
        [(transfer("1.000"), "1.00"), (transfer("1.5"), "1.50"), (of("JPY", "5"), "5"), (of("JPY", "5.0"), "5")]
    {
        let (xml, _) = valid(data(), vec![one]);
        assert!(xml.contains(&format!(">{wanted}</InstdAmt>")), "{xml}");
    }
}

/// ISO-014, ISO-015.
#[test]
fn instant_and_urgent() {
    let mut one = transfer("1");
    one.group.kind = Some(TransferKind::Instant);
    one.group.execution_time = Some(Timestamp::new("2026-11-22T10:00:00.5+02:00").unwrap());
    let (xml, made) = valid(data(), vec![one.clone()]);
    assert!(xml.contains("<DtTm>2026-11-22T10:00:00+02:00</DtTm>") && xml.contains("<Cd>INST</Cd>"), "{xml}");
    assert_eq!(made.warnings, [], "a Sunday is no closed day of instant payments");
    refused_with(v03(), one, "version 3 has no execution time");

    let mut one = transfer("1");
    one.group.kind = Some(TransferKind::Urgent);
    one.group.charge_bearer = Some(ChargeBearer::Shar);
    let (xml, made) = valid(data(), vec![one.clone()]);
    assert!(xml.contains("<Cd>URGP</Cd>") && xml.contains("<ChrgBr>SHAR</ChrgBr>"));
    assert_eq!(made.warnings, []);
    one.group.charge_bearer = Some(ChargeBearer::Slev);
    warned(data(), one, "SLEV");
}

/// ISO-016, ISO-018 to ISO-021.
#[test]
fn references() {
    let with = |reference: &str| CreditTransfer { reference: text(reference), ..transfer("1") };
    let of_kind = |kind, reference: &str| CreditTransfer { reference_kind: Some(kind), ..with(reference) };
    let mut salary = with("rf18 5390 0754 7034");
    salary.group.category = text("SALA");
    let (xml, _) = valid(data(), vec![salary]);
    assert_eq!((all(&xml, "CtgyPurp").len(), all(&xml, "Ref")), (1, vec!["RF18539007547034".to_owned()]));
    assert!(xml.contains("<Issr>ISO</Issr>") && xml.contains("<Cd>SCOR</Cd>"));
    refused(with("RF18539007547035"), "RF18539007547035");
    let (xml, made) = valid(data(), vec![with("12 34561"), with("1232")]);
    assert_eq!(all(&xml, "Ref"), ["1234561", "1232"]);
    assert!(!xml.contains("<Issr>") && made.warnings.is_empty());
    warned(data(), with("123"), "at least 4 digits");

    // Nothing is guessed for other countries.
    let mut norwegian = with("12345674");
    norwegian.creditor.iban = text("NO9386011117947");
    refused(norwegian.clone(), "kind of the reference is not known");
    norwegian.reference_kind = Some(ReferenceKind::Kid);
    assert_eq!(all(&valid(data(), vec![norwegian]).0, "Ref"), ["12345674"]);
    for (kind, reference, part) in [
        (ReferenceKind::Belgian, "+++090/9337/55493+++", "<Issr>BBA</Issr>"),
        (ReferenceKind::Dutch, "5000056789012345", "<Issr>CUR</Issr>"),
        (ReferenceKind::Qr, "21 00000 00003 13947 14300 09017", "<Prtry>QRR</Prtry>"),
    ] {
        let (xml, _) = valid(data(), vec![of_kind(kind, reference)]);
        assert!(xml.contains(part), "{xml}");
    }
    // To a Finnish account such a number would be a wrong Finnish reference.
    let swedish = |reference: &str| {
        let mut one = of_kind(ReferenceKind::Ocr, reference);
        one.creditor.iban = text("SE4550000000058398257466");
        one
    };
    unwarned(data(), swedish("12345674"));
    warned(data(), swedish("12345675"), "check digits");
    refused(of_kind(ReferenceKind::Ocr, "12345674"), "check digits");
    refused(of_kind(ReferenceKind::Fik71, "123456789012347"), "differs from bank to bank");
    refused(of_kind(ReferenceKind::Bankgiro, "50501055"), "an account number");
}

/// ISO-017.
#[test]
fn uetrs() {
    let with_uetrs = || PaymentData { uetr: Some(true), ..data() };
    let (xml, _) = valid(with_uetrs(), vec![transfer("1"), transfer("1"), transfer("2")]);
    let uetrs = all(&xml, "UETR");
    assert!(uetrs.len() == 3 && uetrs[0] != uetrs[1] && uetrs[1] != uetrs[2]);
    assert_eq!(all(&valid(with_uetrs(), vec![transfer("1")]).0, "UETR")[0], uetrs[0]);
    let given = |uetr: &str| CreditTransfer { uetr: text(uetr), ..transfer("1") };
    refused(given("9f7a5893-562a-5207-a91e-dd3e484fd85b"), "version 4");
    let good = given("9f7a5893-562a-4207-a91e-dd3e484fd85b");
    refused_with(v03(), good.clone(), "version 3 has no UETR");
    assert_eq!(all(&valid(data(), vec![good]).0, "UETR"), ["9f7a5893-562a-4207-a91e-dd3e484fd85b"]);
}

/// ISO-022, ISO-023.
#[test]
fn text_and_documents() {
    let both = CreditTransfer { text: text("Invoice 1"), reference: text("RF18539007547034"), ..transfer("1") };
    refused(both.clone(), "a text and a reference");
    valid(aos2(), vec![both]);
    let document = |kind, number: &str, amount: &str| PaidDocument {
        kind,
        number: text(number),
        date: Some(date("2026-11-01")),
        amount: Some(decimal(amount)),
        reference: None,
        reference_kind: None,
    };
    let two = |invoice: &str| CreditTransfer {
        documents: Some(vec![
            document(DocumentKind::Invoice, "1001", invoice),
            document(DocumentKind::CreditNote, "1002", "20"),
        ]),
        ..transfer("80")
    };
    warned(data(), two("100"), "Finnish banks");
    refused_with(aos2(), two("99.99"), "79.99 EUR, which is not the amount");
    let (xml, made) = valid(aos2(), vec![CreditTransfer { text: text("Two documents"), ..two("100") }]);
    assert!(xml.contains("<RmtdAmt Ccy=\"EUR\">100.00</RmtdAmt>"), "{xml}");
    assert!(xml.contains("<CdtNoteAmt Ccy=\"EUR\">20.00</CdtNoteAmt>") && made.warnings.is_empty());
    let mut invoices = two("100");
    invoices.documents.as_mut().unwrap()[1].kind = DocumentKind::Invoice;
    invoices.amount = decimal("120");
    refused_with(aos2(), invoices, "credit note");
    // The reference of a transfer goes with its only document.
    let mut one = CreditTransfer { reference: text("RF18539007547034"), ..two("80") };
    one.documents.as_mut().unwrap().pop();
    let (xml, _) = valid(data(), vec![one]);
    assert_eq!((all(&xml, "Strd").len(), all(&xml, "Ref").len()), (1, 1));
    refused(
        CreditTransfer { documents: Some(Vec::new()), reference: text("RF18"), ..transfer("1") },
        "reference must be",
    );
}

/// ISO-024, ISO-025.
#[test]
fn lengths() {
    let long = CreditTransfer { text: Some("x".repeat(141)), ..transfer("1") };
    refused(long.clone(), "141 characters");
    let (xml, made) = valid(PaymentData { cut: Some(true), ..data() }, vec![long]);
    assert!(xml.contains(&format!("<Ustrd>{}</Ustrd>", "x".repeat(140))));
    assert_eq!((made.change_count, made.changes[0].field.as_str(), made.changes[0].count), (1, "text", 1));
    unwarned(data(), named(&"n".repeat(70)));
    refused(named(&"n".repeat(71)), "at most 70");
    let (xml, made) = valid(PaymentData { cut: Some(true), ..data() }, vec![named(&"n".repeat(71))]);
    assert!(xml.contains(&format!("<Nm>{}</Nm>", "n".repeat(70))), "{xml}");
    assert_eq!((made.change_count, made.changes[0].field.as_str()), (1, "creditor.name"));
    // Elsewhere the schema is the limit.
    let mut dollars = named(&"n".repeat(71));
    dollars.currency = text("USD");
    valid(data(), vec![dollars]);
    let long = || Some(party(&"n".repeat(71), DEBTOR));
    let mut of_debtor = data();
    of_debtor.group.debtor = long();
    refused_with(of_debtor, transfer("1"), "debtor.name: the name has 71 characters");
    let ultimate = || Some(PaymentParty { name: Some("n".repeat(71)), ..PaymentParty::default() });
    let mut of_ultimate = data();
    of_ultimate.group.ultimate_debtor = ultimate();
    refused_with(of_ultimate, transfer("1"), "ultimate_debtor.name: the name has 71 characters");
    let of_ultimate = CreditTransfer { ultimate_creditor: ultimate(), ..transfer("1") };
    refused(of_ultimate, "ultimate_creditor.name: the name has 71 characters");
    // The initiator is one for all batches, of which a later one is of SEPA.
    let initiated = PaymentData { initiator: ultimate(), ..data() };
    let urgent = || {
        let mut urgent = transfer("1");
        urgent.group.kind = Some(TransferKind::Urgent);
        urgent
    };
    let found = problems(initiated.clone(), vec![urgent(), transfer("1")]);
    assert!(found.len() == 1 && found[0].contains("initiator.name: the name has 71 characters"), "{found:?}");
    valid(initiated, vec![urgent()]);
    refused(named(&"n".repeat(141)), "141 characters");
}

/// ISO-026 to ISO-029, ISO-031.
#[test]
fn characters() {
    refused(named("Ääkköset Öy & Co"), "Aakkoset Oy + Co");
    for (mode, wanted) in [
        (Characters::Epc, "Aakkoset Oy + Co"),
        (Characters::German, "AEaekkoeset OEy + Co"),
        (Characters::Latin1, "Ääkköset Öy + Co"),
    ] {
        let data = PaymentData { characters: Some(mode), ..data() };
        let second = CreditTransfer { text: text("x"), ..named("Ääkköset Öy & Co") };
        let (xml, made) = valid(data, vec![named("Ääkköset Öy & Co"), second]);
        assert!(xml.contains(&format!("<Nm>{wanted}</Nm>")), "{xml}");
        let change = &made.changes[0];
        assert_eq!((change.after.as_str(), change.count, change.field.as_str()), (wanted, 2, "creditor.name"));
    }
    let epc = || PaymentData { characters: Some(Characters::Epc), ..data() };
    assert!(valid(epc(), vec![named("ЮРИЙ")]).0.contains("<Nm>YURIY</Nm>"));
    // Lengths are counted afterwards.
    refused_with(epc(), CreditTransfer { text: Some("Ю".repeat(71)), ..transfer("1") }, "142 characters");
    refused_with(epc(), named("漢字"), "no character that could be forwarded");
    assert!(valid(data(), vec![named("A//B")]).0.contains("<Nm>A//B</Nm>"));
    let markup =
        ProfileOptions { characters: Some(Characters::Latin1), keeps_markup: Some(true), ..ProfileOptions::default() };
    let (xml, made) = valid(profile(markup), vec![named("A & \"B\" <C>")]);
    assert!(xml.contains("<Nm>A &amp; &quot;B&quot; &lt;C&gt;</Nm>") && made.changes.is_empty(), "{xml}");
}

/// ISO-030, ISO-032.
#[test]
fn identifiers() {
    let long = "x".repeat(36);
    for (id, words) in [
        ("/A", "slash"),
        ("A/", "slash"),
        ("A//B", "two slashes"),
        ("A_B", "'_'"),
        (&long, "36 characters"),
        ("å", "'å'"),
    ] {
        let latin1 = PaymentData { characters: Some(Characters::Latin1), ..data() };
        refused_with(latin1, CreditTransfer { end_to_end_id: text(id), ..transfer("1") }, words);
    }
    let of = |id: &str, amount: &str| CreditTransfer { end_to_end_id: text(id), ..transfer(amount) };
    let found = problems(data(), vec![of("A", "1"), of("A", "2")]);
    assert!(found.len() == 1 && found[0].starts_with("transaction 2, end_to_end_id: "), "{found:?}");
    // Another batch may use it, and so may a transfer without an id.
    let later = CreditTransfer { end_to_end_id: text("A"), ..on("2026-11-24", "2") };
    valid(data(), vec![of("A", "1"), later, of("NOTPROVIDED", "3"), of("NOTPROVIDED", "4")]);
    let found = problems(PaymentData { message_id: text("A//B"), ..data() }, vec![transfer("1")]);
    assert!(found[0].starts_with("message_id: "), "{found:?}");
    let mut given = PaymentData { message_id: text("FILE-1"), ..data() };
    given.group.batch_id = text("BATCH-1");
    let (xml, _) = valid(given.clone(), vec![transfer("1")]);
    assert_eq!((all(&xml, "MsgId"), all(&xml, "PmtInfId")), (vec!["FILE-1".to_owned()], vec!["BATCH-1".to_owned()]));
    let found = problems(given, vec![transfer("1"), on("2026-11-24", "2")]);
    assert!(found[0].contains("two batches"), "{found:?}");
}

/// The name that stands in for the initiator's is in the same file as the payments of SEPA.
#[test]
fn a_name_of_the_first_batch_is_that_of_the_whole_file() {
    let long = "Amtsgericht Musterstadt - Mahngericht der Laender Beispielland und Xland";
    let mut national = CreditTransfer { currency: Some("SEK".to_owned()), ..transfer("5") };
    national.group.debtor = Some(party(long, "SE4550000000058398257466"));
    let both = || vec![national.clone(), transfer("1")];
    let found = problems(data(), both());
    assert!(found.len() == 1 && found[0].starts_with("initiator.name: the name has 72 characters"), "{found:?}");
    let (xml, made) = valid(PaymentData { cut: Some(true), ..data() }, both());
    let name = bankchannel_iso20022::read_payment(xml.as_bytes()).unwrap().initiating_party.unwrap().name.unwrap();
    assert_eq!((name.chars().count(), name.as_str()), (70, &long[..70]));
    assert!(made.changes.iter().any(|change| change.field == "initiator.name"), "{:?}", made.changes);
    // Without a payment of SEPA, and with a name of one's own, it may stay.
    assert!(make(data(), vec![national.clone()]).is_ok());
    let named = PaymentData { initiator: Some(PaymentParty { iban: None, ..party("Short", "x") }), ..data() };
    assert!(make(named, both()).is_ok());
}

#[test]
fn a_name_for_sepa_is_measured_by_its_own_limit_whatever_its_length() {
    for length in [71, 140, 141, 500] {
        let name = "x".repeat(length);
        let found = problems(data(), vec![CreditTransfer::new(decimal("1"), party(&name, CREDITOR))]);
        let words = format!("the name has {length} characters, but SEPA has at most 70");
        assert!(found.len() == 1 && found[0].contains(&words), "{found:?}");
    }
}

/// The longest structured part that SEPA forwards is the same for making and for checking.
#[test]
fn a_structured_part_has_one_length() {
    use bankchannel_iso20022::check::{CheckOptions, check};
    let slovenian = "SI56263300012039086";
    let of = |text: usize, kind: TransferKind| {
        let mut one = CreditTransfer::new(decimal("1"), party("Primer d.o.o.", slovenian));
        (one.reference, one.reference_kind) = (Some("SI99".to_owned()), Some(ReferenceKind::Slovenian));
        one.text = Some("x".repeat(text));
        one.group.kind = Some(kind);
        one
    };
    let errors = |xml: &str| check(xml.as_bytes(), &CheckOptions::on(date("2026-11-20"))).unwrap().errors;
    // SI99, SCOR and the text.
    let (xml, _) = valid(data(), vec![of(132, TransferKind::Sepa)]);
    assert_eq!(errors(&xml), 0);
    let found = problems(data(), vec![of(133, TransferKind::Sepa)]);
    assert!(found.len() == 1 && found[0].contains("has 141 characters, more than 140"), "{found:?}");
    let longer = xml.replace(&"x".repeat(132), &"x".repeat(133));
    assert_eq!(errors(&longer), 1, "{longer}");
}
