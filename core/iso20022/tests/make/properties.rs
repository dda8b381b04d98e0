//! Properties of every made file.

use bankchannel_foundation::model::Timestamp;
use bankchannel_iso20022::check::{CheckOptions, check};
use bankchannel_iso20022::make::{
    ChargeBearer, CreditTransfer, DocumentKind, IntermediaryBank, PaidDocument, PaymentBankDetails, PaymentData,
    PaymentMaker, PaymentParty, PaymentPriority, PaymentTable, PostalAddress, RowFormat, TransferKind,
};
use bankchannel_iso20022::payment::PaymentTransaction;
use bankchannel_iso20022::read_payment;
use bankchannel_iso20022::rules::characters::Characters;
use bankchannel_iso20022::rules::reference::ReferenceKind;
use bankchannel_iso20022::rules::{BankProfile, Finding, PaymentVersion, ProfileOptions};
use bankchannel_iso20022::schema::MessageType;
use proptest::prelude::*;

use super::{DEBTOR, data, date, decimal, finish, judge, make, message, now, party};

const IBANS: [&str; 5] = [
    "FI1410093000123458",
    "EE382200221020145685",
    "DE89370400440532013000",
    "SE4550000000058398257466",
    "NO9386011117947",
];

fn words(longest: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec("[A-Za-z0-9+?:().,'-]{1,12}", 1..4).prop_map(move |words| {
        let text: String = words.join(" ").chars().take(longest).collect();
        text.trim_end().to_owned()
    })
}

fn address() -> impl Strategy<Value = PostalAddress> {
    let name = || "[A-Z][a-z]{3,20}";
    let line = proptest::option::of("[A-Z][a-z]{3,20} [0-9]{1,3}");
    (proptest::option::of(name()), name(), line).prop_map(|(street, town, line)| PostalAddress {
        street,
        town: Some(town + "borg"),
        country: Some("SE".to_owned()),
        lines: line.map(|line| vec![line]),
        ..PostalAddress::default()
    })
}

prop_compose! {
    fn any_transfer()(
        cents in 1..10_000_000_i64,
        name in words(60),
        iban in 0..IBANS.len(),
        remittance in prop_oneof![
            Just((None, None)),
            words(140).prop_map(|text| (Some(text), None)),
            Just((None, Some("RF18539007547034".to_owned()))),
        ],
        day in 0..3_usize,
        kind in prop_oneof![Just(None), Just(Some(TransferKind::Urgent)), Just(Some(TransferKind::Instant))],
        category in proptest::option::of(Just("SALA".to_owned())),
        purpose in proptest::option::of(Just("SALA".to_owned())),
        id in proptest::option::of("[A-Z0-9]{1,20}x[A-Z0-9]{1,10}"),
        address in proptest::option::of(address()),
        ultimate in proptest::option::of(words(60)),
        bic in proptest::option::of(Just("NDEAFIHH".to_owned())),
    ) -> CreditTransfer {
        let amount = decimal(&format!("{}.{:02}", cents / 100, cents % 100));
        let mut transfer = CreditTransfer::new(amount, party(&name, IBANS[iban]));
        (transfer.text, transfer.reference) = remittance;
        transfer.group.execution_date = Some(date(["2026-11-23", "2026-11-24", "2026-11-25"][day]));
        transfer.group.kind = kind;
        transfer.group.category = category;
        transfer.purpose = purpose;
        transfer.instruction_id = id;
        transfer.creditor.address = address;
        transfer.creditor.bic = bic;
        transfer.ultimate_creditor = ultimate.map(|name| PaymentParty { name: Some(name), ..PaymentParty::default() });
        transfer
    }
}

prop_compose! {
    /// Transfers of all kinds, to accounts of all kinds, many of which are refused.
    fn odd_transfer()(
        kind in prop_oneof![
            Just(None), Just(Some(TransferKind::Sepa)), Just(Some(TransferKind::Instant)), Just(Some(TransferKind::Urgent)),
            Just(Some(TransferKind::National)),
        ],
        currency in prop_oneof![
            Just(None), Just(Some("EUR")), Just(Some("SEK")), Just(Some("USD")), Just(Some("JPY")), Just(Some("KWD")),
            Just(Some("ABC")), Just(Some("DEM")), Just(Some("XXX")), Just(Some("HRK")),
        ],
        account in prop_oneof![
            Just(("iban", "FI1410093000123458")), Just(("iban", "CH4431999123000889012")), Just(("iban", "CH9300762011623852957")),
            Just(("iban", "GB29NWBK60161331926819")), Just(("iban", "LC55HEMM000100010012001200023015")),
            Just(("account", "123456-785")), Just(("bgnr", "50501055")), Just(("iban", "SE4550000000058398257466")),
            Just(("iban", "NO9386011117947")), Just(("iban", "BE68539007547034")), Just(("iban", "EE382200221020145685")),
            Just(("iban", "SI56263300012039086")), Just(("iban", "HR1210010051863000160")),
        ],
        reference in prop_oneof![
            Just(None), Just(Some(("RF18539007547034", None))), Just(Some(("210000000003139471430009017", None))),
            Just(Some(("1234561", None))), Just(Some(("1234561", Some(ReferenceKind::Finnish)))),
            Just(Some(("1234566", Some(ReferenceKind::Ocr)))), Just(Some(("1234567", Some(ReferenceKind::Ocr)))),
            Just(Some(("1234566", Some(ReferenceKind::Kid)))), Just(Some(("210000000003139471430009017", Some(ReferenceKind::Qr)))),
            Just(Some(("010806817183", Some(ReferenceKind::Belgian)))), Just(Some(("2233450", None))), Just(Some(("2233451", None))), Just(Some(("SI0012", None))),
            Just(Some(("HR0112", Some(ReferenceKind::Croatian)))), Just(Some(("22", Some(ReferenceKind::Estonian)))),
        ],
        amount in prop_oneof![Just("10"), Just("10.50"), Just("10.505"), Just("1000000000.00")],
        (text, address, bic, time) in any::<(bool, bool, bool, bool)>(),
        bearer in prop_oneof![Just(None), Just(Some(ChargeBearer::Slev)), Just(Some(ChargeBearer::Shar))],
        codes in (
            prop_oneof![Just(None), Just(Some("SALA")), Just(Some("HEDG")), Just(Some("ABCD"))],
            prop_oneof![Just(None), Just(Some("SALA")), Just(Some("ABCD"))],
        ),
        instructions in any::<(bool, bool)>(),
        (long, ultimate) in any::<(bool, bool)>(),
        document in 0..4_u8,
        (number, between, priority, marked) in any::<(u8, bool, bool, bool)>(),
    ) -> CreditTransfer {
        let mut transfer = CreditTransfer::new(decimal(amount), party("Payee", "FI1410093000123458"));
        transfer.creditor.iban = None;
        match account {
            ("iban", number) => transfer.creditor.iban = Some(number.to_owned()),
            (scheme, number) => {
                transfer.creditor.account = Some(number.to_owned());
                transfer.creditor.account_scheme = (scheme == "bgnr").then(|| "BGNR".to_owned());
            }
        }
        transfer.group.kind = kind;
        transfer.group.charge_bearer = bearer;
        transfer.group.execution_date = Some(date("2026-11-24"));
        if time {
            transfer.group.execution_time = Some(Timestamp::new("2026-11-24T10:00:00Z").unwrap());
        }
        transfer.currency = currency.map(str::to_owned);
        transfer.reference = reference.map(|(text, _)| text.to_owned());
        transfer.reference_kind = reference.and_then(|(_, kind)| kind);
        transfer.text = text.then(|| "Invoice 1".to_owned());
        transfer.creditor.address = address.then(|| PostalAddress {
            town: Some("Bern".to_owned()),
            country: Some("CH".to_owned()),
            ..PostalAddress::default()
        });
        transfer.creditor.bic = bic.then(|| "NDEAFIHH".to_owned());
        transfer.group.category = codes.0.map(str::to_owned);
        transfer.purpose = codes.1.map(str::to_owned);
        transfer.creditor_bank_instruction = instructions.0.then(|| "PHONE FIRST".to_owned());
        transfer.debtor_bank_instruction = instructions.1.then(|| "RATE 17".to_owned());
        let name = if long { "A name that is longer than seventy characters, as those of some foundations are" } else { "Payee" };
        transfer.creditor.name = Some(name.to_owned());
        transfer.ultimate_creditor = ultimate.then(|| PaymentParty { name: Some(name.to_owned()), ..PaymentParty::default() });
        transfer.creditor.bank = match number % 4 {
            0 => Some("021000021"),
            1 => Some("021000022"),
            _ => None,
        }
        .map(|number| PaymentBankDetails {
            clearing_number: Some(number.to_owned()),
            clearing_system: Some("USABA".to_owned()),
            address: None,
        });
        if between {
            let bank = IntermediaryBank { bic: Some("NWBKGB2L".to_owned()), ..IntermediaryBank::default() };
            transfer.intermediary_banks = Some(vec![bank]);
        }
        transfer.group.priority = priority.then_some(PaymentPriority::High);
        // Carried to the profile by the test.
        transfer.group.batch_booking = marked.then_some(true);
        if document < 2 && transfer.text.is_none() {
            let one = PaidDocument {
                kind: DocumentKind::Invoice,
                number: Some("INV 7".to_owned()),
                date: None,
                amount: None,
                reference: None,
                reference_kind: None,
            };
            transfer.documents = Some(vec![one; usize::from(document) + 1]);
        }
        transfer
    }
}

/// The parts of a transfer that a reader returns.
fn given(transfer: &CreditTransfer) -> [Option<String>; 12] {
    let creditor = &transfer.creditor;
    let address = creditor.address.clone().unwrap_or_default();
    [
        Some(transfer.amount.as_str().to_owned()),
        creditor.name.clone(),
        creditor.iban.clone(),
        creditor.bic.clone(),
        transfer.text.clone(),
        transfer.reference.clone(),
        transfer.purpose.clone(),
        transfer.instruction_id.clone(),
        transfer.ultimate_creditor.as_ref().and_then(|party| party.name.clone()),
        address.street,
        address.town,
        address.lines.and_then(|lines| lines.first().cloned()),
    ]
}

fn read(transaction: &PaymentTransaction) -> [Option<String>; 12] {
    let creditor = transaction.creditor.as_ref().unwrap();
    let address = creditor.address.clone().unwrap_or_default();
    [
        transaction.money.as_ref().map(|money| money.amount.as_str().to_owned()),
        creditor.name.clone(),
        creditor.iban.clone(),
        creditor.bic.clone(),
        transaction.remittance.text(),
        transaction.remittance.reference().map(str::to_owned),
        transaction.purpose.as_ref().map(|purpose| purpose.code.clone()),
        transaction.instruction_id.clone(),
        transaction.ultimate_creditor.as_ref().and_then(|party| party.name.clone()),
        address.street,
        address.town,
        address.lines.first().cloned(),
    ]
}

/// The transfers grouped by batch, in the order in which they were given.
fn batches(transfers: &[CreditTransfer]) -> Vec<Vec<&CreditTransfer>> {
    let mut batches: Vec<Vec<&CreditTransfer>> = Vec::new();
    for transfer in transfers {
        match batches.iter_mut().find(|batch| batch[0].group == transfer.group) {
            Some(batch) => batch.push(transfer),
            None => batches.push(vec![transfer]),
        }
    }
    batches
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// ISO-058: a made file is valid, and reading it returns the input.
    #[test]
    fn made_then_read(
        mut transfers in proptest::collection::vec(any_transfer(), 1..12),
        version in prop_oneof![Just(PaymentVersion::V03), Just(PaymentVersion::V09)],
        compact in any::<bool>(),
    ) {
        // SEPA is the default kind in euro.
        transfers.iter_mut().for_each(|one| { one.group.kind.get_or_insert(TransferKind::Sepa); });
        let data = PaymentData { version: Some(version), compact: Some(compact), ..data() };
        let (xml, made) = make(data, transfers.clone()).unwrap();
        judge(message(Some(version)), &xml);
        // Checking the file finds no errors, and only warnings that making gave too.
        let options = CheckOptions::on(date("2026-11-20"));
        let checked = check(xml.as_bytes(), &options).unwrap();
        prop_assert!(checked.is_good(), "{:?}", checked.findings);
        prop_assert_eq!(checked.warnings, made.warning_count, "{:?} {:?}", checked.findings, made.warnings);
        prop_assert_eq!(compact, xml.lines().count() == 1);
        let file = read_payment(xml.as_bytes()).unwrap();
        prop_assert!(file.problems.is_empty() && file.notes.is_empty(), "{:?}", file);
        prop_assert_eq!(file.count, Some(transfers.len() as u64));
        prop_assert_eq!(&file.sum, &Some(made.control_sum));
        prop_assert_eq!(file.id.as_ref(), Some(&made.message_id));
        let wanted = batches(&transfers);
        prop_assert_eq!(file.batches.len(), wanted.len());
        for (batch, wanted) in file.batches.iter().zip(wanted) {
            prop_assert_eq!(batch.count, Some(wanted.len() as u64));
            prop_assert_eq!(batch.debtor.as_ref().unwrap().iban.as_deref(), Some(DEBTOR));
            prop_assert_eq!(batch.execution.as_ref().map(|day| day.date), wanted[0].group.execution_date);
            prop_assert_eq!(batch.transactions.len(), wanted.len());
            for (transaction, transfer) in batch.transactions.iter().zip(wanted) {
                prop_assert_eq!(read(transaction), given(transfer));
            }
        }
    }

}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    /// The check accepts every file that is made; where one warns, the other warns of the same rule.
    #[test]
    fn one_rule_for_both_sides(transfer in odd_transfer(), versions in prop_oneof![Just(PaymentVersion::V03), Just(PaymentVersion::V09)]) {
        let profile = ProfileOptions {
            marks_absent_bank: transfer.group.batch_booking,
            omits_header_sum: transfer.group.batch_booking,
            ..ProfileOptions::default()
        };
        let data = PaymentData { version: Some(versions), profile: Some(profile.clone()), ..data() };
        let told_kind = transfer.reference_kind.is_some();
        let Ok((xml, made)) = make(data, vec![transfer]) else { return Ok(()) };
        let options = CheckOptions { profile: BankProfile::from(profile), ..CheckOptions::on(date("2026-11-20")) };
        let checked = check(xml.as_bytes(), &options).unwrap();
        prop_assert!(checked.is_good(), "{:?}\n{}", checked.findings, xml);
        let rules = |found: &[Finding]| {
            let mut rules: Vec<String> = found.iter().map(|one| one.rule.clone()).collect();
            rules.sort();
            rules
        };
        // A file does not carry the kind of every reference: who makes it is warned where a check cannot know.
        let ends = |one: &Finding, end: &str| one.path.as_deref().is_some_and(|path| path.ends_with(end));
        let knows = !told_kind || checked.findings.iter().any(|one| ends(one, "CdtrRefInf/Ref"));
        let comparable: Vec<Finding> =
            made.warnings.iter().filter(|one| knows || !ends(one, "reference")).cloned().collect();
        prop_assert_eq!(rules(&checked.findings), rules(&comparable), "{:?}\n{:?}\n{}", checked.findings, made.warnings, xml);
    }

}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Any text in any field is refused, or makes a valid file.
    #[test]
    fn any_text_is_refused_or_valid(
        texts in proptest::collection::vec(prop_oneof![any::<String>(), "[ a-zäöÄЖ&<]{0,200}"], 8),
        mode in prop_oneof![
            Just(Characters::Strict),
            Just(Characters::Epc),
            Just(Characters::German),
            Just(Characters::Latin1),
        ],
        cut in any::<bool>(),
    ) {
        let mut data = PaymentData { characters: Some(mode), cut: Some(cut), ..data() };
        let mut texts = texts.into_iter();
        let mut transfer = CreditTransfer::new(decimal("1.00"), party("A", IBANS[0]));
        transfer.creditor.name = texts.next();
        transfer.text = texts.next();
        transfer.creditor_bank_instruction = texts.next();
        data.group.debtor.as_mut().unwrap().name = texts.next();
        transfer.group.ultimate_debtor = Some(PaymentParty { name: texts.next(), ..PaymentParty::default() });
        transfer.end_to_end_id = texts.next();
        transfer.creditor.address = Some(PostalAddress {
            street: texts.next(),
            town: texts.next(),
            country: Some("FI".to_owned()),
            ..PostalAddress::default()
        });
        if let Ok((xml, _)) = make(data, vec![transfer]) {
            judge(MessageType::Pain00100109, &xml);
        }
    }

    /// Any bytes as rows end in an error or a file, never in a panic.
    #[test]
    fn any_rows_are_answered(bytes: Vec<u8>, text in "[a-z_,;\"'\n\r0-9.=]{0,300}") {
        for format in [RowFormat::Csv, RowFormat::JsonLines] {
            for rows in [&bytes, text.as_bytes(), &[b"creditor_name,amount\n", text.as_bytes()].concat()] {
                let mut maker = PaymentMaker::new(data(), &now());
                if maker.add_rows(rows, format, &PaymentTable::default()).is_ok() {
                    let _ = finish(maker);
                }
            }
        }
    }
}
