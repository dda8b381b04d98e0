//! Files that other libraries made (see `data/README.md`), and the operation.

use bankchannel_foundation::{
    clock::FixedClock,
    model::Content,
    operation::{Local as _, LocalContext},
};
use bankchannel_iso20022::operations::checking::check_payment::{CheckPayment, CheckPaymentRequest};
use bankchannel_iso20022::rules::{BankProfile, BaseProfile, Level, PaymentVersion, ProfileOptions};

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

/// The example's date is past; nothing else is wrong with it.
#[test]
fn of_the_example() {
    let checked = run(bankchannel_iso20022::EXAMPLE_PAIN001.as_bytes(), BankProfile::default());
    assert_eq!(short(&checked), [is("date", Level::Error)]);
}
