//! Rules of single countries: Swiss banks, Nordic account numbers, Slovak symbols; and what single banks want.

use bankchannel_iso20022::check::{CheckOptions, PaymentCheck, check};
use bankchannel_iso20022::make::{CreditTransfer, PaymentData, PaymentParty, PostalAddress, TransferKind};
use bankchannel_iso20022::read_payment;
use bankchannel_iso20022::rules::reference::ReferenceKind;
use bankchannel_iso20022::rules::{BankProfile, BaseProfile, Level, PaymentVersion, ProfileOptions};

use super::{CREDITOR, DEBTOR, data, date, decimal, make, party, problems, transfer, valid};

const SWISS: &str = "CH9300762011623852957";

fn checked(xml: &str, profile: ProfileOptions) -> PaymentCheck {
    let options = CheckOptions { profile: BankProfile::from(profile), ..CheckOptions::on(date("2026-11-20")) };
    check(xml.as_bytes(), &options).unwrap()
}

fn paid_by(debtor: PaymentParty) -> PaymentData {
    let mut data = data();
    data.group.debtor = Some(debtor);
    data
}

/// A transfer in a currency to a number that is no IBAN.
fn national(currency: &str, account: &str, scheme: Option<&str>) -> CreditTransfer {
    let creditor = PaymentParty {
        name: Some("Exempel AB".to_owned()),
        account: Some(account.to_owned()),
        account_scheme: scheme.map(str::to_owned),
        ..PaymentParty::default()
    };
    CreditTransfer { currency: Some(currency.to_owned()), ..CreditTransfer::new(decimal("10.00"), creditor) }
}

fn in_kind(mut transfer: CreditTransfer, kind: TransferKind) -> CreditTransfer {
    transfer.group.kind = Some(kind);
    transfer
}

fn swedish() -> PaymentData {
    paid_by(PaymentParty { bic: Some("ESSESESS".to_owned()), ..party("Exempel AB", "SE4550000000058398257466") })
}

fn norwegian() -> PaymentData {
    paid_by(party("Eksempel AS", "NO9386011117947"))
}

#[test]
fn a_swiss_payer_has_his_clearing_number() {
    for (iban, number) in [(SWISS, "00762"), ("LI21088100002324013AA", "08810")] {
        for version in [PaymentVersion::V03, PaymentVersion::V09] {
            let data = PaymentData { version: Some(version), ..paid_by(party("Muster AG", iban)) };
            let (xml, _) = valid(data, vec![transfer("1")]);
            let read = read_payment(xml.as_bytes()).unwrap();
            let bank = read.batches[0].debtor.as_ref().unwrap().bank.as_deref().unwrap();
            let numbers = (bank.clearing_number.as_deref(), bank.clearing_system.as_deref());
            assert_eq!((numbers, bank.identifier.as_deref()), ((Some(number), Some("CHBCC")), None));
            assert!(!xml.contains("NOTPROVIDED"), "{xml}");
            assert_eq!(checked(&xml, ProfileOptions::default()).findings, []);
        }
    }
    // A bank that is named by its BIC has nothing beside it.
    let named = PaymentParty { bic: Some("UBSWCHZH80A".to_owned()), ..party("Muster AG", SWISS) };
    assert!(!valid(paid_by(named), vec![transfer("1")]).0.contains("CHBCC"));
    // Elsewhere the marker stays.
    assert!(valid(data(), vec![transfer("1")]).0.contains("NOTPROVIDED"));
    // A payee's bank is marked for no Swiss payer.
    let marks = ProfileOptions { marks_absent_bank: Some(true), ..ProfileOptions::default() };
    let marked = PaymentData { profile: Some(marks.clone()), ..paid_by(party("Muster AG", SWISS)) };
    let (xml, _) = valid(marked, vec![transfer("1")]);
    assert!(!xml.contains("NOTPROVIDED") && !xml.contains("<CdtrAgt>"), "{xml}");
    assert_eq!(checked(&xml, marks).findings, []);
}

#[test]
fn the_marker_is_refused_in_the_swiss_form() {
    let (xml, _) =
        make(PaymentData { compact: Some(true), ..paid_by(party("Muster AG", SWISS)) }, vec![transfer("1")]).unwrap();
    let member = "<ClrSysMmbId><ClrSysId><Cd>CHBCC</Cd></ClrSysId><MmbId>00762</MmbId></ClrSysMmbId>";
    let marker = "<Othr><Id>NOTPROVIDED</Id></Othr>";
    assert!(xml.contains(member), "{xml}");
    let found = checked(&xml.replace(member, marker), ProfileOptions::default()).findings;
    assert_eq!((found.len(), found[0].rule.as_str(), found[0].level), (1, "bic", Level::Error), "{found:?}");
    assert!(found[0].path.as_deref().unwrap().ends_with("/DbtrAgt") && found[0].change.contains("00762"), "{found:?}");
    let agent = format!("<CdtrAgt><FinInstnId>{marker}</FinInstnId></CdtrAgt><Cdtr>");
    let found = checked(&xml.replace("<Cdtr>", &agent), ProfileOptions::default()).findings;
    assert_eq!((found.len(), found[0].level), (1, Level::Error), "{found:?}");
    assert!(found[0].path.as_deref().unwrap().ends_with("/CdtrAgt"), "{found:?}");
}

#[test]
fn payments_within_a_country_are_not_abroad() {
    for (payer, transfer) in [
        (swedish(), national("SEK", "50501055", Some("BGNR"))),
        (swedish(), national("SEK", "5050-1055", Some("BGNR"))),
        // Bankgiro is Swedish for every payer.
        (data(), national("SEK", "50501055", Some("BGNR"))),
        (norwegian(), national("NOK", "86011117947", Some("BBAN"))),
        (norwegian(), national("NOK", "8601.11.17947", None)),
        (paid_by(party("Eksempel A/S", "DK5000400440116243")), national("DKK", "00400440116243", Some("BBAN"))),
        (paid_by(party("Daemi ehf", "IS140159260076545510730339")), national("ISK", "015926007654", None)),
        (paid_by(party("Przyklad SA", "PL61109010140000071219812874")), national("PLN", "10901014", None)),
    ] {
        for base in [None, Some(BaseProfile::DanskeSe), Some(BaseProfile::Nordea)] {
            let profile = ProfileOptions { base, ..ProfileOptions::default() };
            let data = PaymentData { profile: Some(profile.clone()), ..payer.clone() };
            let (xml, made) = valid(data, vec![transfer.clone()]);
            assert_eq!(made.warnings, [], "{transfer:?}");
            assert_eq!(checked(&xml, profile).findings, [], "{xml}");
        }
    }
    let (xml, _) = valid(swedish(), vec![national("SEK", "5050-1055", Some("BGNR"))]);
    assert!(xml.contains("<Id>50501055</Id>"), "{xml}");
    // Nothing says that these are abroad: euros and the area's other currencies, and a bank's name.
    let danish = || paid_by(party("Eksempel A/S", "DK5000400440116243"));
    let mut named = national("NOK", "86011117947", Some("BBAN"));
    named.creditor.bank_name = Some("Eksempelbank".to_owned());
    for (payer, near) in [
        (norwegian(), national("EUR", "86011117947", Some("BBAN"))),
        (danish(), national("EUR", "00400440116243", Some("BBAN"))),
        (danish(), national("NOK", "86011117947", Some("BBAN"))),
        (swedish(), national("DKK", "00400440116243", None)),
        (norwegian(), named),
    ] {
        let near = in_kind(near, TransferKind::National);
        let (xml, made) = valid(payer, vec![near.clone()]);
        assert_eq!((made.warnings, checked(&xml, ProfileOptions::default()).findings), (vec![], vec![]), "{near:?}");
    }
    let mut mistyped = national("NOK", "86011117948", Some("BBAN"));
    mistyped.creditor.bank_name = Some("Eksempelbank".to_owned());
    assert!(problems(norwegian(), vec![mistyped])[0].contains("wrong check digits"));
    // Paid in another currency, or to a bank elsewhere, a plain number may be anywhere.
    let mut american = national("SEK", "987654321", None);
    american.creditor.bic = Some("CHASUS33".to_owned());
    let mut addressed = in_kind(national("EUR", "987654321", None), TransferKind::National);
    addressed.creditor.address = Some(PostalAddress {
        town: Some("Boston".to_owned()),
        country: Some("US".to_owned()),
        ..PostalAddress::default()
    });
    for abroad in [national("USD", "987654321", None), american, addressed] {
        let (xml, made) = valid(swedish(), vec![abroad]);
        assert!(made.warnings.iter().any(|one| one.rule == "foreign_payee"), "{made:?}");
        assert_eq!(checked(&xml, ProfileOptions::default()).findings.len(), made.warnings.len());
    }
}

/// Wrong check digits are said by both, whatever the number stands beside.
#[test]
fn check_digits_of_national_numbers() {
    for (payer, right, wrong, transfer) in [
        (swedish(), "50501055", "50501056", national("SEK", "50501055", Some("BGNR"))),
        (norwegian(), "86011117947", "86011117948", national("NOK", "86011117947", Some("BBAN"))),
        (norwegian(), "86011117947", "8601111794", national("NOK", "86011117947", None)),
    ] {
        let mut mistyped = transfer.clone();
        mistyped.creditor.account = Some(wrong.to_owned());
        let found = problems(payer.clone(), vec![mistyped]);
        assert!(found.len() == 1 && found[0].contains("creditor.account: the "), "{found:?}");
        let (xml, _) = valid(payer, vec![transfer]);
        let xml = xml.replace(&format!("<Id>{right}</Id>"), &format!("<Id>{wrong}</Id>"));
        let found = checked(&xml, ProfileOptions::default()).findings;
        assert_eq!((found.len(), found[0].rule.as_str(), found[0].level), (1, "account", Level::Error), "{found:?}");
        assert!(found[0].path.as_deref().unwrap().ends_with("/CdtrAcct/Id/Othr/Id"), "{found:?}");
    }
    let with_kid = |kid: &str| CreditTransfer {
        reference: Some(kid.to_owned()),
        reference_kind: Some(ReferenceKind::Kid),
        ..national("NOK", "86011117947", Some("BBAN"))
    };
    // By modulus 10, and by modulus 11.
    for kid in ["1234567897", "123456785"] {
        let (xml, made) = valid(norwegian(), vec![with_kid(kid)]);
        assert_eq!((made.warnings, checked(&xml, ProfileOptions::default()).findings), (vec![], vec![]));
    }
    let found = problems(norwegian(), vec![with_kid("1234567898")]);
    assert!(found.len() == 1 && found[0].contains("reference: the reference has wrong check digits"), "{found:?}");
    let (xml, _) = valid(norwegian(), vec![with_kid("1234567897")]);
    let found = checked(&xml.replace("1234567897", "1234567898"), ProfileOptions::default()).findings;
    assert!(found.len() == 1 && found[0].message.contains("check digits"), "{found:?}");
}

#[test]
fn slovak_symbols() {
    let slovak = || paid_by(party("Priklad s.r.o.", "SK3112000000198742637541"));
    let with = |id: &str, amount: &str| CreditTransfer { end_to_end_id: Some(id.to_owned()), ..transfer(amount) };
    let id = "/VS1234567890/SS/KS0308";
    // Two payments may have the same symbols.
    let (xml, made) = valid(slovak(), vec![with(id, "1"), with(id, "2")]);
    assert_eq!(made.warnings, []);
    assert_eq!(xml.matches("<EndToEndId>/VS1234567890/SS/KS0308</EndToEndId>").count(), 2);
    assert_eq!(checked(&xml, ProfileOptions::default()).findings, []);
    let symbols = |variable: &str, constant: Option<&str>| CreditTransfer {
        variable_symbol: Some(variable.to_owned()),
        constant_symbol: constant.map(str::to_owned),
        ..transfer("1")
    };
    let (of_fields, _) = valid(slovak(), vec![symbols("1234567890", Some("0308")), symbols("7", None)]);
    assert!(of_fields.contains("<EndToEndId>/VS1234567890/SS/KS0308</EndToEndId>"), "{of_fields}");
    assert!(of_fields.contains("<EndToEndId>/VS7/SS/KS</EndToEndId>"), "{of_fields}");
    for (one, words) in [
        (symbols("12345678901", None), "variable_symbol: must be 1 to 10 digits"),
        (symbols("1", Some("03080")), "constant_symbol: must be 1 to 4 digits"),
        (CreditTransfer { end_to_end_id: Some("A".to_owned()), ..symbols("1", None) }, "beside it"),
    ] {
        let found = problems(slovak(), vec![one]);
        assert!(found.len() == 1 && found[0].contains(words), "{found:?}");
    }
    assert!(problems(data(), vec![symbols("1", None)])[0].contains("only payers in Slovakia"));
    for bad in ["/VS12345678901", "/VSA", "/A"] {
        let found = problems(slovak(), vec![with(bad, "1")]);
        assert!(found.len() == 1 && found[0].contains("slash"), "{found:?}");
    }
    assert!(problems(data(), vec![with(id, "1")])[0].contains("begins or ends with a slash"));
    let found = checked(&xml.replace("SK3112000000198742637541", "FI2112345600000785"), ProfileOptions::default());
    assert_eq!(found.errors, 2, "{found:?}");
}

#[test]
fn the_issuer_of_a_number() {
    let initiator = |issuer: Option<&str>| PaymentParty {
        name: Some("Voorbeeld NV".to_owned()),
        identifier: Some("0403170701".to_owned()),
        identifier_issuer: issuer.map(str::to_owned),
        ..PaymentParty::default()
    };
    let with = |initiator| PaymentData { initiator: Some(initiator), ..data() };
    for version in [PaymentVersion::V03, PaymentVersion::V09] {
        let mut own = initiator(Some("KBO-BCE"));
        own.identifier_scheme = Some("CUST".to_owned());
        let (xml, _) = valid(PaymentData { version: Some(version), ..with(own) }, vec![transfer("1")]);
        let read = read_payment(xml.as_bytes()).unwrap();
        let party = read.initiating_party.as_ref().unwrap();
        let numbers = (party.identifier.as_deref(), party.identifier_issuer.as_deref());
        assert_eq!(numbers, (Some("0403170701"), Some("KBO-BCE")));
    }
    for (issuer, words) in [("x".repeat(36), "36 characters"), ("_".to_owned(), "'_'")] {
        let found = problems(with(initiator(Some(&issuer))), vec![transfer("1")]);
        assert!(found.len() == 1 && found[0].starts_with("initiator.identifier_issuer: "), "{found:?}");
        assert!(found[0].contains(words), "{found:?}");
    }
    let alone = PaymentParty { identifier: None, ..initiator(Some("KBO-BCE")) };
    assert!(problems(with(alone), vec![transfer("1")])[0].contains("the number of this issuer is missing"));
    for who in [0, 1, 2] {
        let scheme = PaymentParty { identifier_scheme: Some("CUST".to_owned()), ..party("Voorbeeld NV", CREDITOR) };
        let (mut data, mut one) = (data(), transfer("1"));
        match who {
            0 => data.initiator = Some(PaymentParty { iban: None, ..scheme }),
            1 => data.group.debtor = Some(PaymentParty { iban: Some(DEBTOR.to_owned()), ..scheme }),
            _ => one.creditor = scheme,
        }
        let found = problems(data, vec![one]);
        assert!(found.len() == 1 && found[0].contains("the number of this scheme is missing"), "{found:?}");
    }
    // Data without it keeps its ids, with it gets others.
    let id = |issuer: Option<&str>| {
        let mut one = transfer("1");
        (one.creditor.identifier, one.creditor.identifier_issuer) = (Some("17".to_owned()), issuer.map(str::to_owned));
        make(data(), vec![one]).unwrap().1.message_id
    };
    assert_ne!(id(None), id(Some("KBO-BCE")));
}

#[test]
fn a_bank_that_takes_one_batch_a_file() {
    let one_batch = ProfileOptions { one_batch_per_file: Some(true), ..ProfileOptions::default() };
    let of = || PaymentData { profile: Some(one_batch.clone()), ..data() };
    let urgent = in_kind(transfer("2"), TransferKind::Urgent);
    let (xml, _) = valid(of(), vec![transfer("1"), transfer("2")]);
    assert_eq!(checked(&xml, one_batch.clone()).findings, []);
    let found = problems(of(), vec![transfer("1"), urgent.clone()]);
    assert!(found.len() == 1 && found[0].contains("one batch per file"), "{found:?}");
    let (xml, _) = valid(data(), vec![transfer("1"), urgent]);
    let found = checked(&xml, one_batch).findings;
    assert_eq!((found.len(), found[0].rule.as_str(), found[0].level), (1, "size", Level::Error), "{found:?}");
}

#[test]
fn a_bank_that_wants_instruction_ids() {
    let wants = ProfileOptions { wants_instruction_id: Some(true), ..ProfileOptions::default() };
    let of = || PaymentData { profile: Some(wants.clone()), ..data() };
    let given = CreditTransfer { instruction_id: Some("OWN 1".to_owned()), ..transfer("3") };
    let transfers = || vec![transfer("1"), transfer("1"), given.clone()];
    let (xml, made) = valid(of(), transfers());
    let ids: Vec<String> = read_payment(xml.as_bytes()).unwrap().batches[0]
        .transactions
        .iter()
        .map(|one| one.instruction_id.clone().unwrap())
        .collect();
    assert!(ids[0].starts_with('I') && ids[1] == format!("{}-2", ids[0]) && ids[2] == "OWN 1", "{ids:?}");
    // The same data gives the same ids, also those that every file has.
    let (again, plain) = (make(of(), transfers()).unwrap(), make(data(), transfers()).unwrap());
    assert_eq!((&again.0, &again.1.message_id), (&xml, &plain.1.message_id));
    assert_eq!(checked(&xml, wants.clone()).warnings, made.warning_count);
    let rules: Vec<String> = checked(&plain.0, wants).findings.into_iter().map(|one| one.rule).collect();
    assert_eq!(rules.iter().filter(|rule| *rule == "identifier").count(), 2, "{rules:?}");
}

#[test]
fn an_account_for_bills_does_not_pay() {
    let (xml, made) = valid(paid_by(party("Muster AG", "CH4431999123000889012")), vec![transfer("1")]);
    let found = checked(&xml, ProfileOptions::default()).findings;
    for found in [&made.warnings, &found] {
        assert_eq!((found.len(), found[0].rule.as_str(), found[0].level), (1, "account", Level::Warning), "{found:?}");
        assert!(found[0].message.contains("QR-IBAN"), "{found:?}");
    }
    assert!(found[0].path.as_deref().unwrap().ends_with("/DbtrAcct/Id/IBAN"), "{found:?}");
}

/// An error of one batch brings no others with it that are not there.
#[test]
fn what_a_payer_may_do_is_known_after_an_error() {
    let slovak = |bic: Option<&str>| {
        let debtor = party("Priklad s.r.o.", "SK3112000000198742637541");
        paid_by(PaymentParty { bic: bic.map(str::to_owned), ..debtor })
    };
    let symbols = || CreditTransfer { variable_symbol: Some("1".to_owned()), ..transfer("1") };
    let id = CreditTransfer { end_to_end_id: Some("/VS1/SS/KS".to_owned()), ..transfer("1") };
    for one in [symbols(), id] {
        let found = problems(slovak(Some("XX")), vec![one]);
        assert!(found.len() == 1 && found[0].contains("debtor.bic"), "{found:?}");
    }
    // In a batch of its own behind the wrong transfer, too.
    let mut later = symbols();
    later.group.execution_date = Some(date("2026-11-24"));
    let found = problems(slovak(None), vec![transfer("-1"), later]);
    assert!(found.len() == 1 && found[0].contains("transaction 1, amount"), "{found:?}");
    // An IBAN of any length is not kept.
    let mut long = slovak(None);
    long.group.debtor = Some(party("Priklad s.r.o.", &"SK".repeat(1000)));
    assert!(problems(long, vec![symbols()])[0].contains("debtor.iban"));
}
