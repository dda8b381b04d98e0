//! A bank's refusals of malformed requests, and the names of the places at fault.

use bankchannel_foundation::{
    Error,
    message::{Headers, InRequest},
    operation::Exchange,
};
use bankchannel_nextgen_psd2::{
    MAX_DEPTH,
    model::{CustomerContext, PsuHttpMethod},
    operations::{
        accounts::get_accounts::GetAccounts,
        consents::{create_consent::CreateConsent, update_consents::UpdateConsents},
        users::verify_user::VerifyUser,
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

const HASH: &str = "nJ9X7+BPj1pltpnbHHdyONWHa0TO8kBlTHSd0J4XkO8=";

fn with_body(body: impl Into<String>) -> InRequest<'static> {
    InRequest { body: body.into().into(), ..InRequest::default() }
}

fn sent(of: &[(&str, &str)]) -> Headers {
    of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn with_headers(headers: &Headers) -> InRequest<'_> {
    InRequest { headers: Some(headers), ..InRequest::default() }
}

/// The code without its group, and the field.
fn named(error: &Error) -> (&str, Option<&str>) {
    let code = error.code().strip_prefix("input.").unwrap_or_else(|| panic!("{error}"));
    (code, error.detail("field"))
}

fn refused<O: Exchange>(message: InRequest<'_>) -> Error {
    match O::decode_request(message) {
        Ok(_) => panic!("{} was taken", O::DECLARATION.name),
        Err(error) => error,
    }
}

/// T-121: a missing field, a wrong type, a hash of the wrong length; an additional field is ignored.
#[test]
fn the_verification_of_a_user() {
    let taken = with_body(json!({"PSU-ID": "psu-7f3a91", "PSUPersonalIdentifier": HASH, "more": [{}]}).to_string());
    let request = VerifyUser::decode_request(taken).unwrap();
    assert_eq!((request.psu_id.as_str(), request.psu_personal_identifier.expose()), ("psu-7f3a91", HASH));

    let of_31_bytes = STANDARD.encode([7; 31]);
    assert_eq!(of_31_bytes.len(), 44);
    let cases = [
        (json!({"PSU-ID": "psu-7f3a91"}), "missing_field", "PSUPersonalIdentifier"),
        (json!({"PSUPersonalIdentifier": HASH}), "missing_field", "PSU-ID"),
        (json!({"PSU-ID": "", "PSUPersonalIdentifier": HASH}), "missing_field", "PSU-ID"),
        (json!({"PSU-ID": 7, "PSUPersonalIdentifier": HASH}), "invalid_field", "PSU-ID"),
        (json!({"PSU-ID": ["psu"], "PSUPersonalIdentifier": HASH}), "invalid_field", "PSU-ID"),
        (json!({"PSU-ID": "a\u{85}b", "PSUPersonalIdentifier": HASH}), "invalid_field", "PSU-ID"),
        (json!({"PSU-ID": "x".repeat(257), "PSUPersonalIdentifier": HASH}), "invalid_field", "PSU-ID"),
        (json!({"PSU-ID": "p", "PSUPersonalIdentifier": of_31_bytes}), "invalid_field", "PSUPersonalIdentifier"),
        (json!({"PSU-ID": "p", "PSUPersonalIdentifier": &HASH[..43]}), "invalid_field", "PSUPersonalIdentifier"),
        (
            json!({"PSU-ID": "p", "PSUPersonalIdentifier": format!("{HASH}\n")}),
            "invalid_field",
            "PSUPersonalIdentifier",
        ),
        (
            json!({"PSU-ID": "p", "PSUPersonalIdentifier": HASH.replace('+', "-")}),
            "invalid_field",
            "PSUPersonalIdentifier",
        ),
        (json!({"PSU-ID": "p", "PSUPersonalIdentifier": {"env": "HOME"}}), "invalid_field", "PSUPersonalIdentifier"),
    ];
    for (body, code, field) in cases {
        let error = refused::<VerifyUser>(with_body(body.to_string()));
        assert_eq!(named(&error), (code, Some(field)), "{body}");
        assert!(!error.to_string().contains(HASH));
    }
    // 256 characters, not bytes.
    let long = json!({"PSU-ID": "ø".repeat(256), "PSUPersonalIdentifier": HASH}).to_string();
    assert!(VerifyUser::decode_request(with_body(long)).is_ok());
    let nothing = refused::<VerifyUser>(with_body(""));
    assert_eq!(named(&nothing), ("missing_field", Some("PSU-ID, PSUPersonalIdentifier")));
}

/// S-16.
#[test]
fn json_that_two_readers_could_take_differently() {
    let deep = |depth: usize| {
        let nested = format!("{}{}", "[".repeat(depth - 1), "]".repeat(depth - 1));
        format!(r#"{{"PSU-ID":"p","PSUPersonalIdentifier":"{HASH}","more":{nested}}}"#)
    };
    assert!(VerifyUser::decode_request(with_body(deep(MAX_DEPTH))).is_ok());
    for body in [
        deep(MAX_DEPTH + 1),
        format!(r#"{{"PSU-ID":"p","PSU-ID":"q","PSUPersonalIdentifier":"{HASH}"}}"#),
        format!(r#"{{"PSU-ID":"p","PSU\u002dID":"q","PSUPersonalIdentifier":"{HASH}"}}"#),
        "[]".into(),
        "null".into(),
        "{} {}".into(),
        "{'PSU-ID':'p'}".into(),
    ] {
        assert_eq!(refused::<VerifyUser>(with_body(body.as_str())).code(), "input.invalid_json", "{body}");
    }
}

/// T-123 and V36: header values from a list or with a specific format.
#[test]
fn headers_of_wrong_form() {
    let uri = ("tpp-redirect-uri", "https://tpp.example/cb");
    let request = UpdateConsents::decode_request(with_headers(&sent(&[
        uri,
        ("psu-context", " PRIVATE "),
        ("psu-id", " psu 7f3a91 "),
        ("psu-corporate-id", "corp 4 2"),
        ("psu-http-method", "PUT"),
        ("x-accept-fix", "a, b"),
        ("X-Accept-Fix", "c"),
        ("tpp-redirect-preferred", "false"),
        ("accept-language", "nb"),
        ("accept-language", "en;q=0.7"),
    ])))
    .unwrap()
    .request;
    assert_eq!(request.psu_context, Some(CustomerContext::Private));
    let corporate = request.psu_corporate_id.as_ref().map(|id| id.as_str());
    assert_eq!((request.psu_id.as_ref().map(|id| id.as_str()), corporate), (Some("psu 7f3a91"), Some("corp 4 2")));
    assert_eq!(request.psu.unwrap().http_method, Some(PsuHttpMethod::Put));
    assert_eq!(request.accept_fix.unwrap(), ["a", "b", "c"]);
    assert_eq!((request.redirect_preferred, request.accept_language.as_deref()), (Some(false), Some("nb, en;q=0.7")));

    for (name, value, field) in [
        ("psu-context", "OTHER", "PSU-Context"),
        ("psu-context", "private", "PSU-Context"),
        ("psu-http-method", "get", "PSU-Http-Method"),
        ("psu-http-method", "HEAD", "PSU-Http-Method"),
        ("psu-ip-address", "192.0.2.7:80", "PSU-IP-Address"),
        ("psu-ip-port", "65536", "PSU-IP-Port"),
        ("psu-ip-port", "-1", "PSU-IP-Port"),
        ("psu-geo-location", "GEO:63.43;10.39", "PSU-Geo-Location"),
        ("psu-id", "a\u{1}", "PSU-ID"),
        ("psu-id", "a\u{a0}b", "PSU-ID"),
        ("psu-corporate-id", &"x".repeat(257), "PSU-Corporate-ID"),
        ("psu-user-agent", "a\u{0}b", "PSU-User-Agent"),
        ("psu-user-agent", "Tromsø", "PSU-User-Agent"),
        ("tpp-redirect-preferred", "yes", "TPP-Redirect-Preferred"),
        ("tpp-session-id", "a b", "TPP-Session-ID"),
        ("tpp-redirect-uri", "https://other.example/", "TPP-Redirect-URI"),
    ] {
        let error = refused::<UpdateConsents>(with_headers(&sent(&[uri, (name, value)])));
        assert_eq!(named(&error), ("invalid_field", Some(field)), "{name}: {value:?}");
        assert!(error.message().starts_with(&format!("{field}: ")), "{error}");
    }
    for uri in ["/cb", "http://tpp.example/", "https://u@tpp.example/", "https://tpp.example/#x", "javascript:alert(1)"]
    {
        let error = refused::<UpdateConsents>(with_headers(&sent(&[("tpp-redirect-uri", uri)])));
        assert_eq!(named(&error), ("invalid_field", Some("TPP-Redirect-URI")), "{uri}");
    }
}

/// T-145, for the format only.
#[test]
fn a_missing_redirect_is_named_by_its_header() {
    for headers in [&[][..], &[("tpp-redirect-uri", " ")]] {
        let error = refused::<UpdateConsents>(with_headers(&sent(headers)));
        assert_eq!(named(&error), ("missing_field", Some("TPP-Redirect-URI")));
        assert_eq!(error.message(), "TPP-Redirect-URI is missing");
    }
}

#[test]
fn parameters_of_the_query() {
    let with = |pairs: &[(&str, &str)]| InRequest {
        query: pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        ..InRequest::default()
    };
    assert_eq!(GetAccounts::decode_request(with(&[("withBalance", "true")])).unwrap().with_balance, Some(true));
    for pairs in [&[("withBalance", "1")][..], &[("withBalance", "true"), ("withBalance", "false")]] {
        let error = refused::<GetAccounts>(with(pairs));
        assert_eq!(named(&error), ("invalid_field", Some("withBalance")));
    }
}

fn consent() -> Value {
    json!({
        "access": {"accounts": [{"iban": "NO9386011117947"}], "balances": [{"bban": "86011117947", "currency": "NOK"}]},
        "recurringIndicator": true, "validUntil": "2026-12-31", "frequencyPerDay": 4, "combinedServiceIndicator": false,
    })
}

fn consent_with(pointer: &str, value: Value) -> InRequest<'static> {
    let mut body = consent();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(name.to_owned(), value);
    with_body(body.to_string())
}

/// T-135, for the format only: the frequency; and types that only look right.
#[test]
fn members_of_a_consent() {
    let request = CreateConsent::decode_request(with_body(consent().to_string())).unwrap();
    assert_eq!((request.frequency_per_day, request.valid_until.to_string()), (4, "2026-12-31".to_owned()));
    for name in ["access", "recurringIndicator", "validUntil", "frequencyPerDay", "combinedServiceIndicator"] {
        let mut body = consent();
        body.as_object_mut().unwrap().remove(name);
        let error = refused::<CreateConsent>(with_body(body.to_string()));
        assert_eq!(named(&error), ("missing_field", Some(name)));
    }
    for (pointer, value, field) in [
        ("/frequencyPerDay", json!(0), "frequencyPerDay"),
        ("/frequencyPerDay", json!(-1), "frequencyPerDay"),
        ("/frequencyPerDay", json!(1.5), "frequencyPerDay"),
        ("/frequencyPerDay", json!("4"), "frequencyPerDay"),
        ("/recurringIndicator", json!("true"), "recurringIndicator"),
        ("/combinedServiceIndicator", json!(0), "combinedServiceIndicator"),
        ("/validUntil", json!("2026-02-30"), "validUntil"),
        ("/validUntil", json!("31.12.2026"), "validUntil"),
        ("/validUntil", json!(20_261_231), "validUntil"),
        ("/access", json!([]), "access"),
        ("/access/accounts", json!({}), "access.accounts"),
        ("/access/accounts", json!([7]), "access.accounts[0]"),
        ("/access/restrictedTo", json!([7]), "access.restrictedTo[0]"),
        ("/access/allPsd2", json!(true), "access.allPsd2"),
    ] {
        let error = refused::<CreateConsent>(consent_with(pointer, value.clone()));
        assert_eq!(named(&error), ("invalid_field", Some(field)), "{pointer} {value}");
    }
}

/// T-136 and §4.1: contradicting members of the access.
#[test]
fn access_that_contradicts_itself() {
    let iban = json!([{"iban": "NO9386011117947"}]);
    for (access, field) in [
        (json!({"accounts": [], "balances": iban}), "access.balances"),
        (json!({"accounts": iban, "transactions": []}), "access.accounts"),
        (json!({"accounts": iban, "allPsd2": "allAccounts"}), "access.allPsd2"),
        (json!({"balances": iban, "availableAccounts": "allAccounts"}), "access.availableAccounts"),
        (
            json!({"transactions": iban, "availableAccountsWithBalance": "allAccountsWithOwnerName"}),
            "access.availableAccountsWithBalance",
        ),
        (json!({"allPsd2": "allOfThem"}), "access.allPsd2"),
        (json!({"allPsd2": "all_accounts"}), "access.allPsd2"),
        (json!({"accounts": [{"iban": "a", "bban": "b"}]}), "access.accounts[0]"),
        (json!({"accounts": [{"iban": "a"}, {"currency": "NOK"}]}), "access.accounts[1]"),
        (json!({"accounts": [{"iban": ""}]}), "access.accounts[0]"),
        (json!({"additionalInformation": {"ownerName": []}}), "access.additionalInformation"),
        (
            json!({"accounts": [], "additionalInformation": {"trustedBeneficiaries": [{}]}}),
            "access.additionalInformation.trustedBeneficiaries[0]",
        ),
    ] {
        let error = refused::<CreateConsent>(consent_with("/access", access.clone()));
        assert_eq!(named(&error), ("invalid_field", Some(field)), "{access}");
        assert!(!error.to_string().contains("NO93"));
    }
    for access in [json!({}), json!({"restrictedTo": ["CACC"]}), json!({"unheard": []}), json!({"accounts": null})] {
        let error = refused::<CreateConsent>(consent_with("/access", access.clone()));
        assert_eq!(named(&error), ("missing_field", Some("access")), "{access}");
    }
    for access in [
        json!({"accounts": [], "balances": [], "transactions": []}),
        json!({"accounts": [], "allPsd2": "allAccounts"}),
        json!({"availableAccountsWithBalance": "allAccounts"}),
        json!({"accounts": iban, "additionalInformation": {"ownerName": []}}),
    ] {
        assert!(CreateConsent::decode_request(consent_with("/access", access.clone())).is_ok(), "{access}");
    }
    let chosen = CreateConsent::decode_request(consent_with("/access", json!({"accounts": []}))).unwrap().access;
    assert_eq!((chosen.accounts, chosen.balances), (Some(Vec::new()), None));
}

/// T-104, for the format only.
#[test]
fn a_header_that_is_sent_twice() {
    let error = refused::<UpdateConsents>(with_headers(&sent(&[
        ("tpp-redirect-uri", "https://tpp.example/cb"),
        ("psu-id", "a"),
        ("PSU-ID", "a"),
    ])));
    assert_eq!(named(&error), ("invalid_field", Some("PSU-ID")));
}
