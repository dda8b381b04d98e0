//! Files that other libraries made (see `data/README.md`), and the operation.

use bankchannel_foundation::{
    clock::FixedClock,
    model::Content,
    operation::{Local as _, LocalContext},
};
use bankchannel_iso20022::operations::banks::list_banks::{ListBanks, ListBanksRequest};
use bankchannel_iso20022::operations::checking::check_payment::{CheckPayment, CheckPaymentRequest};
use bankchannel_iso20022::rules::{BankProfile, BaseProfile, Characters, Level, PaymentVersion, ProfileOptions};

use super::{is, run, short};

/// 22 November 2026.
const NOW_MS: i64 = 1_795_305_600_000;

/// ISO-056: address and character findings only.
#[test]
fn of_sepaxml() {
    for bytes in [&include_bytes!("data/sepaxml-03.xml")[..], include_bytes!("data/sepaxml-09.xml")] {
        let checked = run(bytes, BankProfile::default());
        let wanted = [is("characters", Level::Warning), is("characters", Level::Warning), is("A1", Level::Error)];
        assert_eq!(short(&checked), wanted, "{:?}", checked.findings);
        assert_eq!(checked.payment.unwrap().totals[0].amount.as_str(), "60.12");
    }
}

/// ISO-056.
#[test]
fn of_sepa_js() {
    for bytes in [&include_bytes!("data/sepajs-03.xml")[..], include_bytes!("data/sepajs-09.xml")] {
        let checked = run(bytes, BankProfile::default());
        assert_eq!(short(&checked), []);
        assert_eq!(checked.payment.unwrap().transactions, 1);
    }
}

#[test]
fn the_operation() {
    let clock = FixedClock::at_ms(NOW_MS);
    let check = |content: &'static [u8], profile: Option<ProfileOptions>| {
        let mut request = CheckPaymentRequest::new(Content::Bytes(content.into()));
        request.profile = profile;
        CheckPayment::run(request, LocalContext::new(&clock)).unwrap()
    };
    let good = check(include_bytes!("data/sepajs-09.xml"), None);
    assert!(good.ok && good.findings.is_empty() && good.message_name.as_deref() == Some("pain.001.001.09"));
    let bad = check(include_bytes!("data/sepaxml-03.xml"), None);
    assert_eq!((bad.ok, bad.errors, bad.warnings), (false, 1, 2));
    let nordea =
        ProfileOptions { base: Some(BaseProfile::Nordea), keeps_markup: Some(true), ..ProfileOptions::default() };
    assert_eq!(check(include_bytes!("data/sepaxml-03.xml"), Some(nordea)).warnings, 0);
    let newest = ProfileOptions { accepts: Some(PaymentVersion::V09), ..ProfileOptions::default() };
    let old = check(include_bytes!("data/sepaxml-03.xml"), Some(newest));
    assert_eq!((old.ok, old.findings.len()), (false, 1));
}

#[test]
fn a_bank_of_the_users_own_is_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bank.json").display().to_string();
    let clock = FixedClock::at_ms(NOW_MS);
    let check = |profile: Option<ProfileOptions>| {
        let mut request = CheckPaymentRequest::new(Content::Bytes(include_bytes!("data/sepaxml-03.xml")[..].into()));
        (request.profile, request.profile_file) = (profile, Some(path.clone()));
        CheckPayment::run(request, LocalContext::new(&clock))
    };
    let strict = ProfileOptions { characters: Some(Characters::Strict), ..ProfileOptions::default() };
    for (file, profile, warnings) in [
        (r#"{"name": "mine", "payments": {"characters": "latin1", "keeps_markup": true}}"#, None, 0),
        (r#"{"name": "mine", "extends": "nordea", "payments": {"keeps_markup": true}}"#, None, 0),
        (r#"{"name": "mine", "extends": "danskebank", "payments": {"keeps_markup": true}}"#, None, 0),
        (r#"{"name": "mine", "extends": "op"}"#, None, 2),
        (r#"{"name": "mine", "extends": "nordea", "payments": {"keeps_markup": true}}"#, Some(strict), 2),
    ] {
        std::fs::write(&path, file).unwrap();
        assert_eq!(check(profile).unwrap().warnings, warnings, "{file}");
    }
    for (file, code, why) in [
        (r#"{"payments": {"charakters": "latin1"}}"#, "input.invalid_field", "charakters"),
        (r#"{"extends": "nordae"}"#, "input.invalid_field", "no bank that is known; did you mean nordea?"),
        (r#"{"extends": ["nordea"]}"#, "input.invalid_field", "extends: must be the name of a bank"),
        ("[]", "input.content_unreadable", "no JSON object"),
        ("{", "input.content_unreadable", "line 1"),
    ] {
        std::fs::write(&path, file).unwrap();
        let error = check(None).unwrap_err();
        assert_eq!((error.code(), error.detail("field")), (code, Some("profile_file")), "{file}");
        assert!(error.message().contains(why), "{error}");
    }
}

#[test]
fn what_is_known_of_a_bank_is_listed() {
    let clock = FixedClock::at_ms(NOW_MS);
    let list = |bank: Option<&str>| {
        let mut request = ListBanksRequest::default();
        request.bank = bank.map(str::to_owned);
        ListBanks::run(request, LocalContext::new(&clock))
    };
    let all = list(None).unwrap().banks;
    for bank in &all {
        assert!(!bank.sources.is_empty(), "{}", bank.name);
        let rules = bank.payments.clone().unwrap_or_default();
        assert_eq!(BaseProfile::of_bank(&bank.name).unwrap().options(), rules, "{}", bank.name);
        assert_eq!(bank.renew_before_days.is_some(), bank.renew_reason.is_some(), "{}", bank.name);
    }
    for name in ["osuuspankki", "OKOYFIHH", "okoyfihhxxx", "op"] {
        let [op] = &list(Some(name)).unwrap().banks[..] else { panic!("{name}") };
        let ids: Vec<(&str, &str)> = op.channel_ids.iter().flatten().map(|one| (&*one.channel, &*one.id)).collect();
        assert_eq!((&*op.name, op.renew_before_days, ids), ("op", Some(55), vec![("ws_channel", "osuuspankki")]));
        let types = op.file_types.iter().flatten().find(|types| types.kind == "statement").unwrap();
        assert_eq!(types.codes, ["camt.053.001.02"]);
    }
    let error = list(Some("nordae")).unwrap_err();
    assert_eq!((error.code(), error.detail("field")), ("input.invalid_field", Some("bank")));
    assert!(error.message().contains("did you mean nordea?"), "{error}");
}

/// The example's date is past; nothing else is wrong with it.
#[test]
fn of_the_example() {
    let checked = run(bankchannel_iso20022::EXAMPLE_PAIN001.as_bytes(), BankProfile::default());
    assert_eq!(short(&checked), [is("date", Level::Error)]);
}
