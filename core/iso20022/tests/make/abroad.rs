//! What payments abroad and national habits need: banks without BIC, banks in between, references with a text.

use bankchannel_iso20022::check::{CheckOptions, PaymentCheck, check};
use bankchannel_iso20022::make::{
    CreditTransfer, IntermediaryBank, PaymentBankDetails, PaymentData, PaymentMaker, PaymentParty, PaymentPriority,
    PaymentTable, PostalAddress, RowFormat, TransferKind,
};
use bankchannel_iso20022::read_payment;
use bankchannel_iso20022::rules::reference::ReferenceKind;
use bankchannel_iso20022::rules::{BankProfile, PaymentVersion, ProfileOptions};

use super::{data, date, decimal, finish, make, now, party, problems, refused, transfer, unwarned, valid, warned};

const VERSIONS: [PaymentVersion; 2] = [PaymentVersion::V03, PaymentVersion::V09];

fn american() -> CreditTransfer {
    let bank = PaymentBankDetails {
        clearing_number: Some("021000021".to_owned()),
        clearing_system: Some("USABA".to_owned()),
        address: Some(PostalAddress {
            town: Some("New York".to_owned()),
            country: Some("US".to_owned()),
            ..PostalAddress::default()
        }),
    };
    let creditor = PaymentParty {
        name: Some("Gamma Tools Inc".to_owned()),
        account: Some("987654321".to_owned()),
        bank_name: Some("First Example Bank".to_owned()),
        bank: Some(bank),
        address: Some(PostalAddress {
            town: Some("Boston".to_owned()),
            country: Some("US".to_owned()),
            ..PostalAddress::default()
        }),
        ..PaymentParty::default()
    };
    let mut transfer = CreditTransfer::new(decimal("1200.50"), creditor);
    transfer.currency = Some("USD".to_owned());
    transfer.text = Some("Invoice 9".to_owned());
    transfer
}

fn checked(xml: &str, profile: ProfileOptions) -> PaymentCheck {
    let options = CheckOptions { profile: BankProfile::from(profile), ..CheckOptions::on(date("2026-11-20")) };
    check(xml.as_bytes(), &options).unwrap()
}

#[test]
fn a_bank_by_its_clearing_number_is_written_and_read() {
    for version in VERSIONS {
        let (xml, made) = valid(PaymentData { version: Some(version), ..data() }, vec![american()]);
        assert_eq!(made.warnings, []);
        let file = read_payment(xml.as_bytes()).unwrap();
        let creditor = file.batches[0].transactions[0].creditor.as_deref().unwrap();
        let bank = creditor.bank.as_deref().unwrap();
        assert_eq!(
            (bank.clearing_number.as_deref(), bank.clearing_system.as_deref(), creditor.bank_name.as_deref()),
            (Some("021000021"), Some("USABA"), Some("First Example Bank"))
        );
        assert_eq!(bank.address.as_ref().and_then(|address| address.town.as_deref()), Some("New York"));
        assert_eq!(checked(&xml, ProfileOptions::default()).findings, []);
    }
    let mut wrong = american();
    wrong.creditor.bank.as_mut().unwrap().clearing_number = Some("021000022".to_owned());
    refused(wrong, "wrong check digit");
    let mut wrong = american();
    wrong.creditor.bank.as_mut().unwrap().clearing_number = None;
    refused(wrong, "the clearing number is missing");
    let mut nameless = american();
    nameless.creditor.bank_name = None;
    (
        nameless.creditor.bank.as_mut().unwrap().clearing_number,
        nameless.creditor.bank.as_mut().unwrap().clearing_system,
    ) = (None, None);
    refused(nameless, "nothing names the bank of this address");
    let (xml, _) = make(data(), vec![american()]).unwrap();
    let found = checked(&xml.replace("021000021", "02100002"), ProfileOptions::default()).findings;
    assert_eq!((found.len(), found[0].rule.as_str(), found[0].level.as_str()), (1, "clearing_number", "warning"));
    assert!(found[0].path.as_deref().unwrap().ends_with("/CdtrAgt/FinInstnId/ClrSysMmbId"), "{found:?}");
}

#[test]
fn banks_in_between() {
    let first = IntermediaryBank { bic: Some("nwbk gb 2l".to_owned()), ..IntermediaryBank::default() };
    let second = IntermediaryBank {
        bank_name: Some("Between Bank".to_owned()),
        account: Some("4711".to_owned()),
        ..IntermediaryBank::default()
    };
    for version in VERSIONS {
        let mut transfer = american();
        transfer.intermediary_banks = Some(vec![first.clone(), second.clone()]);
        let (xml, made) = valid(PaymentData { version: Some(version), ..data() }, vec![transfer]);
        assert_eq!(made.warnings, []);
        let file = read_payment(xml.as_bytes()).unwrap();
        let between = &file.batches[0].transactions[0].intermediary_banks;
        assert_eq!(between[0].bic.as_deref(), Some("NWBKGB2L"));
        assert_eq!(between[1].bank_name.as_deref(), Some("Between Bank"));
        assert!(xml.contains("<IntrmyAgt2Acct>") && xml.contains("<Id>4711</Id>"), "{xml}");
    }
    let mut nameless = american();
    nameless.intermediary_banks = Some(vec![IntermediaryBank::default()]);
    refused(nameless, "the bank is not named");
    let mut many = american();
    many.intermediary_banks = Some(vec![first.clone(); 4]);
    refused(many, "there are 4 banks in between, more than 3");
    let mut sepa = transfer("1.00");
    sepa.intermediary_banks = Some(vec![first]);
    warned(data(), sepa, "SEPA payments name no banks in between");
}

#[test]
fn a_profile_of_ones_own_marks_banks_and_leaves_the_sum_out() {
    let own =
        ProfileOptions { omits_header_sum: Some(true), marks_absent_bank: Some(true), ..ProfileOptions::default() };
    for version in VERSIONS {
        let own_data = || PaymentData { profile: Some(own.clone()), version: Some(version), ..data() };
        let (xml, _) = valid(own_data(), vec![transfer("1.00")]);
        assert_eq!(xml.matches("<CtrlSum>").count(), 1, "{xml}");
        let (_, from_creditor) = xml.split_once("<CdtrAgt>").unwrap();
        assert!(from_creditor.trim_start().starts_with("<FinInstnId>") && from_creditor.contains("NOTPROVIDED"));
        assert_eq!(checked(&xml, own.clone()).findings, []);
        let (common, _) = valid(PaymentData { version: Some(version), ..data() }, vec![transfer("1.00")]);
        let rules: Vec<String> = checked(&common, own.clone()).findings.into_iter().map(|one| one.rule).collect();
        assert_eq!(rules, ["control_sum", "bic"]);
    }
    let mut foreign = american();
    (foreign.creditor.bank, foreign.creditor.bank_name) = (None, None);
    let data = PaymentData { profile: Some(own.clone()), ..data() };
    let (xml, made) = valid(data, vec![foreign]);
    assert_eq!(made.warnings.len(), 1, "the marker names no bank");
    assert_eq!(checked(&xml, own).findings[0].message, made.warnings[0].message);
}

#[test]
fn priority() {
    let mut urgent = transfer("1.00");
    urgent.group.kind = Some(TransferKind::Urgent);
    urgent.group.priority = Some(PaymentPriority::High);
    let (xml, made) = valid(data(), vec![urgent.clone()]);
    assert!(xml.contains("<InstrPrty>HIGH</InstrPrty>") && made.warnings.is_empty());
    urgent.group.kind = None;
    warned(data(), urgent, "SEPA payments have no priority");
}

/// The reference of an invoice and a text for people, where a country has both.
#[test]
fn a_text_with_a_reference() {
    let with = |iban: &str, reference: &str, kind: Option<ReferenceKind>| {
        let mut one = transfer("10.00");
        one.creditor = party("Tamm Ou", iban);
        (one.text, one.reference, one.reference_kind) =
            (Some("Invoice 5".to_owned()), Some(reference.to_owned()), kind);
        one
    };
    let estonian = with("EE382200221020145685", "2233451", None);
    let (xml, made) = valid(data(), vec![estonian.clone()]);
    assert!(xml.contains("<Ustrd>Invoice 5</Ustrd>") && xml.contains("<Ref>2233451</Ref>"), "{xml}");
    assert!(made.warnings.len() == 1 && made.warnings[0].message.contains("banks outside Estonia"));
    assert_eq!(checked(&xml, ProfileOptions::default()).findings[0].message, made.warnings[0].message);
    let mut at_home = data();
    at_home.group.debtor = Some(party("Kask Ou", "EE471000001020145685"));
    unwarned(at_home.clone(), estonian);
    // The creditor's bank decides how strictly it is checked.
    warned(at_home, with("EE382200221020145685", "2233450", None), "wrong check digits");
    for (iban, reference) in [("SI56263300012039086", "SI00 12-5"), ("HR1210010051863000160", "HR99")] {
        let (xml, made) = valid(data(), vec![with(iban, reference, None)]);
        assert!(made.warnings.is_empty() && xml.contains("<AddtlRmtInf>Invoice 5</AddtlRmtInf>"), "{xml}");
        assert!(!xml.contains("<Ustrd>"));
        assert_eq!(checked(&xml, ProfileOptions::default()).findings, []);
        let read = read_payment(xml.as_bytes()).unwrap();
        let remittance = &read.batches[0].transactions[0].remittance;
        assert_eq!(remittance.structured[0].information, ["Invoice 5"]);
    }
    // A Swiss QR bill, with either of its references.
    for (iban, reference, kind) in [
        ("CH4431999123000889012", "210000000003139471430009017", Some(ReferenceKind::Qr)),
        ("CH9300762011623852957", "RF18539007547034", None),
    ] {
        let mut bill = with(iban, reference, kind);
        bill.group.kind = Some(TransferKind::National);
        bill.currency = Some("CHF".to_owned());
        bill.creditor.address = american().creditor.address;
        let (xml, made) = valid(data(), vec![bill.clone()]);
        assert!(xml.contains("<AddtlRmtInf>Invoice 5</AddtlRmtInf>") && made.warnings.is_empty(), "{xml} {made:?}");
        bill.text = Some("x".repeat(140));
        valid(data(), vec![bill]);
    }
    for (iban, reference, words) in [
        ("FI1410093000123458", "1234561", "a payment carries one of them"),
        ("CH9300762011623852957", "RF18539007547034", "a payment carries one of them"),
        ("EE382200221020145685", "3", "must be 1 to 19 digits and a check digit"),
        ("FI1410093000123458", "SI0012", "the kind of the reference is not known"),
    ] {
        refused(with(iban, reference, None), words);
    }
}

#[test]
fn a_missing_number_of_a_row_names_its_field() {
    for (line, field, number) in [
        (r#"{"creditor": {"name": "A \"b", "iban": "FI1410093000123458"}, "amount": NaN}"#, "amount", "NaN"),
        (r#"{"amount": "1.00", "text": -Infinity}"#, "text", "-Infinity"),
    ] {
        let mut maker = PaymentMaker::new(data(), &now());
        maker.add_rows(line.as_bytes(), RowFormat::JsonLines, &PaymentTable::default()).unwrap();
        let found = super::lines(&finish(maker).unwrap_err());
        assert!(found.len() == 1 && found[0].contains(field) && found[0].contains(number), "{found:?}");
        assert!(!found[0].contains("column"), "{found:?}");
    }
}

#[test]
fn a_table_has_columns_for_them() {
    let table = "creditor_name,creditor_account,amount,currency,creditor_clearing_number,creditor_clearing_system,\
                 creditor_bank_name,intermediary_bic,priority,creditor_town,creditor_country,text\n\
                 Gamma Tools Inc,987654321,1200.50,USD,021000021,USABA,First Example Bank,NWBKGB2L,HIGH,Boston,US,Invoice 9\n";
    let mut maker = PaymentMaker::new(data(), &now());
    maker.add_rows(table.as_bytes(), RowFormat::Csv, &PaymentTable::default()).unwrap();
    let (xml, _) = finish(maker).unwrap();
    for part in ["<MmbId>021000021</MmbId>", "<Cd>USABA</Cd>", "NWBKGB2L", "<InstrPrty>HIGH<", "First Example Bank"] {
        assert!(xml.contains(part), "{part}: {xml}");
    }
}

/// Data without them keeps the ids that it had before there were such fields; with them, it gets others.
#[test]
fn other_banks_are_other_ids() {
    let id = |transfer: CreditTransfer| make(data(), vec![transfer]).unwrap().1.message_id;
    // The same, written with blanks and small letters.
    let through = |bic: &str, number: &str| {
        let mut one = american();
        one.intermediary_banks =
            Some(vec![IntermediaryBank { bic: Some(bic.to_owned()), ..IntermediaryBank::default() }]);
        one.creditor.bank.as_mut().unwrap().clearing_number = Some(number.to_owned());
        id(one)
    };
    assert_eq!(through("NWBKGB2L", "021000021"), through("nwbk gb 2l", "0210 00021"));
    let mut ids = vec![id(american())];
    for change in [
        |one: &mut CreditTransfer| one.creditor.bank_name = None,
        |one: &mut CreditTransfer| one.creditor.bank.as_mut().unwrap().clearing_number = Some("011401533".to_owned()),
        |one: &mut CreditTransfer| one.group.priority = Some(PaymentPriority::High),
        |one: &mut CreditTransfer| {
            let bank = IntermediaryBank { bic: Some("NWBKGB2L".to_owned()), ..IntermediaryBank::default() };
            one.intermediary_banks = Some(vec![bank]);
        },
    ] {
        let mut other = american();
        change(&mut other);
        ids.push(id(other));
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 5);
    assert!(problems(data(), vec![]).len() == 1);
}
