//! A client's requests: names of headers, values that no header can hold, paths, dialects, and values that are never
//! shown.

use bankchannel_foundation::{
    message::OutRequest,
    operation::{Exchange, Operation},
};
use bankchannel_nextgen_psd2::{
    BankConventions, NextGenPsd2Codec,
    operations::{
        accounts::get_accounts::GetAccounts,
        authorisations::get_authorisation_status::GetAuthorisationStatus,
        consents::{create_consent::CreateConsent, update_bank_offered_consents::UpdateBankOfferedConsents},
        users::verify_user::VerifyUser,
    },
    signing::SigningDialect,
};
use serde_json::{Value, json};

use crate::messages::{arrived, read, route};

fn offered(more: Value) -> Value {
    let mut request = json!({"redirect_uri": "https://tpp.example/cb"});
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    request
}

/// A header of a request to send.
fn header<'a>(sent: &'a OutRequest, name: &str) -> Option<&'a str> {
    sent.headers.iter().find(|own| own.name == name).and_then(|_| sent.headers.text(name))
}

fn refused<O: Exchange<Codec = NextGenPsd2Codec>>(
    request: Value,
    with: &BankConventions,
) -> bankchannel_foundation::Error {
    O::encode_request(read(request), with).unwrap_err()
}

#[test]
fn values_are_written_as_headers_have_them() {
    let request = offered(json!({
        "psu_context": "corporate", "redirect_preferred": false, "accept_fix": ["longer-names", "amount-as-string"],
        "psu": {"ip_address": "2001:db8::7", "ip_port": 443, "http_method": "PATCH", "geo_location": "GEO:63.430515;-10.395053"},
    }));
    let sent = UpdateBankOfferedConsents::encode_request(read(request), &BankConventions::default()).unwrap();
    for (name, value) in [
        ("Accept", "application/json"),
        ("PSU-Context", "CORPORATE"),
        ("TPP-Redirect-Preferred", "false"),
        ("X-Accept-Fix", "longer-names,amount-as-string"),
        ("TPP-Redirect-URI", "https://tpp.example/cb"),
        ("PSU-IP-Address", "2001:db8::7"),
        ("PSU-IP-Port", "443"),
        ("PSU-Http-Method", "PATCH"),
        ("PSU-Geo-Location", "GEO:63.430515;-10.395053"),
    ] {
        assert_eq!(header(&sent, name), Some(value), "{name}");
    }
    // §1.3: without a body there is no Content-Type.
    assert!(sent.body.is_empty() && header(&sent, "Content-Type").is_none());
    assert_eq!(sent.headers.len(), 9);
}

///
#[test]
fn headers_take_the_banks_names() {
    let with = |names: &[(&str, &str)]| BankConventions {
        header_names: names.iter().map(|(own, used)| ((*own).to_owned(), (*used).to_owned())).collect(),
        ..BankConventions::default()
    };
    let request = || offered(json!({"psu_context": "private", "redirect_preferred": true}));
    let names = with(&[("psu-context", "PSU-Ctx"), ("TPP-Redirect-Preferred", "x-biometric")]);
    let sent = UpdateBankOfferedConsents::encode_request(read(request()), &names).unwrap();
    assert_eq!((header(&sent, "PSU-Ctx"), header(&sent, "x-biometric")), (Some("PRIVATE"), Some("true")));
    assert_eq!((header(&sent, "PSU-Context"), header(&sent, "TPP-Redirect-Preferred")), (None, None));
    for bad in ["", "a b", "a\r\nb", "tpp-redirect-uri", "ACCEPT"] {
        let error = refused::<UpdateBankOfferedConsents>(request(), &with(&[("PSU-Context", bad)]));
        assert_eq!((error.code(), error.detail("field")), ("configuration.invalid", Some("header_names")), "{bad:?}");
    }
}

/// T-105 at the client: the error names the header and the position.
#[test]
fn what_no_header_can_hold_is_refused() {
    for (value, place) in [("a\r\nX-Evil: 1", 1), ("ab\n", 2), ("a\0", 1), ("\u{7f}", 0), ("a\tb", 1), ("Tromsø", 5)] {
        for (request, name) in [
            (json!({"accept_language": value}), "Accept-Language"),
            (json!({"accept_fix": ["ok", value]}), "X-Accept-Fix"),
            (json!({"psu": {"user_agent": value}}), "PSU-User-Agent"),
        ] {
            let error = refused::<UpdateBankOfferedConsents>(offered(request), &BankConventions::default());
            assert_eq!((error.code(), error.detail("field")), ("input.invalid_field", Some(name)), "{value:?}");
            let place = if name == "X-Accept-Fix" { place + 3 } else { place };
            assert!(error.message().contains(&format!("byte {place} ")), "{error}");
            assert!(!error.to_string().contains("Evil") && !error.to_string().contains("Troms"));
        }
    }
    for (request, name) in [
        (json!({"psu_id": "psu-7 "}), "PSU-ID"),
        (json!({"psu_id": "psø-7"}), "PSU-ID"),
        (json!({"psu_corporate_id": " corp"}), "PSU-Corporate-ID"),
        (json!({"accept_language": ""}), "Accept-Language"),
        (json!({"accept_language": " nb"}), "Accept-Language"),
        (json!({"accept_fix": ["a,b"]}), "X-Accept-Fix"),
    ] {
        let error = refused::<UpdateBankOfferedConsents>(offered(request.clone()), &BankConventions::default());
        assert_eq!((error.code(), error.detail("field")), ("input.invalid_field", Some(name)), "{request}");
    }
    // G11: spaces inside are part of an identifier.
    let spaced = offered(json!({"psu_id": "psu  7", "psu_corporate_id": "corp 4 2"}));
    let sent = UpdateBankOfferedConsents::encode_request(read(spaced), &BankConventions::default()).unwrap();
    assert_eq!((header(&sent, "PSU-ID"), header(&sent, "PSU-Corporate-ID")), (Some("psu  7"), Some("corp 4 2")));
}

/// P-33: identifiers are opaque.
#[test]
fn paths_are_encoded_by_segment_and_no_more_than_needed() {
    let bg = BankConventions { dialect: SigningDialect::Bg, ..BankConventions::default() };
    for (id, segment) in [
        ("enc!!AbC_-=", "enc!!AbC_-="),
        ("a:b@c$&'()*+,;~", "a:b@c$&'()*+,;~"),
        ("a/b", "a%2Fb"),
        ("a%2Fb", "a%252Fb"),
        ("a?b#c d", "a%3Fb%23c%20d"),
        ("ø", "%C3%B8"),
    ] {
        let request = json!({"consent_id": id, "authorisation_id": id});
        let sent = GetAuthorisationStatus::encode_request(read(request), &bg).unwrap();
        assert_eq!(sent.target, format!("/v1/consents/{segment}/authorisations/{segment}"));
        let back = GetAuthorisationStatus::decode_request(arrived(route::<GetAuthorisationStatus>(), &sent)).unwrap();
        assert_eq!((&*back.consent_id, &*back.authorisation_id), (id, id));
    }
    for id in ["", ".", "..", "a\nb"] {
        let error = refused::<GetAuthorisationStatus>(json!({"consent_id": "c", "authorisation_id": id}), &bg);
        assert_eq!(error.detail("field"), Some("authorisation_id"), "{id:?}");
    }
    let sent = GetAccounts::encode_request(read(json!({"with_balance": true})), &bg).unwrap();
    assert_eq!(sent.target, "/v1/accounts?withBalance=true");
}

/// The client checks the format of a consent too, with its caller's field names.
#[test]
fn a_consent_of_wrong_form_is_not_sent() {
    let bg = BankConventions { dialect: SigningDialect::Bg, ..BankConventions::default() };
    let request = json!({
        "access": {"all_psd2": "all_accounts", "accounts": [{"iban": "NO9386011117947"}]},
        "recurring_indicator": true, "valid_until": "2026-12-31", "frequency_per_day": 4,
    });
    assert_eq!(refused::<CreateConsent>(request.clone(), &bg).detail("field"), Some("access.all_psd2"));
    let never = json!({"access": {"accounts": []}, "recurring_indicator": true, "valid_until": "2026-12-31", "frequency_per_day": 0});
    assert_eq!(refused::<CreateConsent>(never, &bg).detail("field"), Some("frequency_per_day"));
}

/// S-12: nothing about a customer is shown.
#[test]
fn debug_shows_no_customer() {
    const HASH: &str = "nJ9X7+BPj1pltpnbHHdyONWHa0TO8kBlTHSd0J4XkO8=";
    fn shown<O: Operation>(request: Value) -> String
    where
        O::Request: std::fmt::Debug,
    {
        format!("{:?}", read::<O::Request>(request))
    }
    let customer = json!({"ip_address": "192.0.2.7", "user_agent": "planted-agent", "device_id": "planted-device",
        "geo_location": "GEO:63.430515;10.395053"});
    let texts = [
        shown::<VerifyUser>(json!({"psu_id": "planted-id", "psu_personal_identifier": HASH})),
        shown::<UpdateBankOfferedConsents>(offered(json!({
            "psu_id": "planted-id", "psu_corporate_id": "planted-corp", "tpp_session_id": "planted-session", "psu": customer,
        }))),
        shown::<CreateConsent>(json!({
            "access": {"accounts": [{"iban": "planted-iban"}]}, "recurring_indicator": true, "valid_until": "2026-12-31",
            "frequency_per_day": 4, "psu_id": "planted-id",
        })),
        format!(
            "{:?}",
            read::<<GetAccounts as Operation>::Response>(json!({"accounts": [
                {"iban": "planted-iban", "name": "planted-name", "links": {},
                 "balances": [{"amount": {"currency": "NOK", "amount": "4711.00"}}]},
            ]}))
        ),
    ];
    for text in texts {
        for secret in ["planted", HASH, "192.0.2.7", "63.43", "4711"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
