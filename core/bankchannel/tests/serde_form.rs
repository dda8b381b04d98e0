//! serde's traits with the feature `serde`: results can be stored and read again by programs of serde's world, and show
//! no secret. `tests/features` runs this.

use bankchannel::{Content, Date, Secret, Timestamp, iso20022::*, model};

const PAYMENT: &[u8] = include_bytes!("../../iso20022/examples/pain.001.001.09.xml");

#[test]
fn a_result_has_the_json_of_every_other_language_and_reads_back() {
    let payment = read_payment(ReadPaymentRequest::builder().content(PAYMENT.to_vec())).unwrap();
    let text = serde_json::to_string(&payment).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), model::write_boundary(payment.clone()));
    let again: PaymentFile = serde_json::from_str(&text).unwrap();
    assert_eq!(model::write_boundary(again), model::write_boundary(payment));
    let wrong = serde_json::from_str::<PaymentFile>("{\"notes\": []}").unwrap_err().to_string();
    assert!(wrong.contains("message, batches, problems, unread are missing"), "{wrong}");
}

#[test]
fn a_secret_is_hidden_and_its_placeholder_refused_by_name() {
    let text = serde_json::to_string(&Secret::new("Do-Not-Show-2026")).unwrap();
    assert_eq!(text, "\"[secret]\"");
    let refused = serde_json::from_str::<Secret>(&text).unwrap_err().to_string();
    assert!(refused.contains("[secret]"), "{refused}");
}

#[test]
fn content_is_included_or_named() {
    let text = serde_json::to_string(&Content::from(b"abc".to_vec())).unwrap();
    assert_eq!(text, "{\"base64\":\"YWJj\"}");
    assert!(matches!(serde_json::from_str(&text).unwrap(), Content::Bytes(bytes) if bytes.as_ref() == b"abc"));
}

#[test]
fn dates_are_those_of_the_calendar_library_too() {
    let due: Date = "2026-11-30".parse().unwrap();
    let civil: bankchannel::jiff::civil::Date = due.into();
    assert_eq!((civil.to_string(), Date::from(civil)), ("2026-11-30".to_owned(), due));
    let at = Timestamp::new("2026-11-20T08:00:00.000+02:00").unwrap();
    assert_eq!(bankchannel::jiff::Timestamp::from(&at).to_string(), "2026-11-20T06:00:00Z");
    assert_eq!(Timestamp::from(bankchannel::jiff::Timestamp::from(&at)).as_ms(), at.as_ms());
    assert_eq!(serde_json::to_value((due, &at)).unwrap(), serde_json::json!([due.to_string(), at.as_str()]));
}
