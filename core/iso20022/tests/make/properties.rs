//! Properties of every made file.

use bankchannel_iso20022::MessageType;
use bankchannel_iso20022::check::{CheckOptions, check};
use bankchannel_iso20022::make::{
    CreditTransfer, PaymentData, PaymentMaker, PaymentParty, PaymentTable, PostalAddress, RowFormat, TransferKind,
};
use bankchannel_iso20022::payment::PaymentTransaction;
use bankchannel_iso20022::read_payment;
use bankchannel_iso20022::rules::PaymentVersion;
use bankchannel_iso20022::rules::characters::Characters;
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
