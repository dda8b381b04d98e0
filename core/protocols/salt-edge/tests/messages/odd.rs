//! Messages with secrets, and with values that the reference does not foresee.

use bankchannel_foundation::{
    message::InResponse,
    model::{read_boundary, write_boundary},
    operation::Exchange,
};
use bankchannel_salt_edge::connector::operations::{
    clients::get_client_info::GetClientInfo,
    jwt::sign_jwt::SignJwtRequest,
    requests::{answer_accounts::AnswerAccountsRequest, answer_customer::AnswerCustomerRequest},
    sessions::succeed_session::SucceedSession,
    tokens::{list_tokens_at_hub::ListTokensAtHub, revoke_token_at_hub::RevokeTokenAtHub},
};
use serde_json::{Value, json};

use super::{ACCOUNTS, CLOCK, asked, data, headers, hub, vector};

/// No secret, token, credential or customer data appears in debug output.
#[test]
fn debug_shows_no_secret() {
    for number in 1..=11 {
        let id = format!("V{number}");
        let sent = vector(&id);
        let (method, path) = (sent["method"].as_str().unwrap(), sent["path"].as_str().unwrap());
        let received = hub().receive(method, path, &headers(&id), CLOCK).unwrap();
        let shown = format!("{received:?} {:?} {:?}", received.request, received.access_token);
        let data = data(&id);
        let secrets = ["/session_secret", "/original_request/client_jwt"].into_iter().filter_map(|at| data.pointer(at));
        let credentials = data.pointer("/original_request/client_payload/data/credentials");
        let credentials = credentials.and_then(Value::as_object).into_iter().flat_map(|members| members.values());
        let token = &sent["headers"]["Access-Token"];
        for secret in secrets.chain(credentials).chain([token]).filter_map(Value::as_str) {
            assert!(!shown.contains(secret), "{id}: {shown}");
        }
    }
    let answer = json!({"accounts": [{"id": "1", "name": "PLANTED", "nature": "card", "currency_code": "EUR", "balance": "47.11",
        "available_amount": "47.11", "payment_account": true, "iban": "PLANTED", "extra": {"PLANTED": "PLANTED"}}]});
    let accounts: AnswerAccountsRequest = read_boundary(answer).unwrap();
    let customer: AnswerCustomerRequest = read_boundary(json!({"customer": {"name": "PLANTED"}})).unwrap();
    let signed: SignJwtRequest = read_boundary(json!({"data": {"PLANTED": "PLANTED"}})).unwrap();
    let shown = format!("{accounts:?} {customer:?} {signed:?}");
    assert!(!shown.contains("PLANTED") && !shown.contains("47.11"), "{shown}");
}

/// An accepted report is a success even if an informational field is invalid; required fields must be valid.
#[test]
fn what_need_not_be_there_and_does_not_fit_is_passed_over() {
    for time in ["1574093088", "\"yesterday\"", "{}", "[1]"] {
        let text = format!(r#"{{"data":{{}},"meta":{{"time":{time}}}}}"#);
        assert!(SucceedSession::decode_response(InResponse::new(200, text)).is_ok(), "{time}");
        let text = format!(r#"{{"data":{{"tokens":[{{"id":1}}]}},"meta":{{"time":{time},"next_id":7}}}}"#);
        let page = write_boundary(ListTokensAtHub::decode_response(InResponse::new(200, text)).unwrap());
        assert_eq!(page, json!({"tokens": [{"id": 1}], "next_id": 7}), "{time}");
    }
    let revoked = RevokeTokenAtHub::decode_response(InResponse::new(200, r#"{"data":{"revoked":"yes"}}"#)).unwrap();
    assert_eq!(write_boundary(revoked), json!({}));
    // A field with an effect must be valid: the next page of a list, a third party's scopes.
    for text in [r#"{"data":{"tokens":5}}"#, r#"{"data":{"tokens":[]},"meta":{"next_id":"x"}}"#] {
        assert!(ListTokensAtHub::decode_response(InResponse::new(200, text)).is_err(), "{text}");
    }
    let text = r#"{"data":{"name":"n","scopes":"accounts","public_key":"k"}}"#;
    assert!(GetClientInfo::decode_response(InResponse::new(200, text)).is_err());
    // A member of `data` does not count as one of `meta`.
    let text = r#"{"data":{"tokens":[],"meta.next_id":9},"meta":{}}"#;
    let page = write_boundary(ListTokensAtHub::decode_response(InResponse::new(200, text)).unwrap());
    assert_eq!(page, json!({"tokens": []}));
}

/// The peer's text is shown without secrets, wherever they are in it.
#[test]
fn a_refusals_text_is_redacted_before_it_is_cut() {
    let token = "65adc909f5676f3902787ecb6f379c1c48bfc18a222157713808274b100b9e255f7b4b59a3ecd7689cb2abe26f8705dfd89b7a0cc9e9a07a587dc64a7c4572ad";
    for before in [0, 85, 95, 470, 490] {
        let text = format!("{} {token}", "word ".repeat(before / 5));
        let body = json!({"error_class": text, "error_message": format!("{text}\u{1b}[2J")}).to_string();
        let error = SucceedSession::decode_response(InResponse::new(400, body)).unwrap_err();
        let shown = format!("{error} {error:?} {}", error.to_json());
        assert!(!shown.contains(&token[..12]) && !shown.contains('\u{1b}') && !shown.contains("\\u001b"), "{shown}");
    }
}

/// An address that the bank's page could not send a browser to is refused on the way in, wherever a message has one.
#[test]
fn the_third_partys_address_is_one_for_browsers() {
    let create = |url: &str| {
        let mut data = data("V1");
        data["original_request"]["client_payload"]["data"]["redirect_url"] = url.into();
        asked("POST", "/api/priora/v1/tokens/create", &[], &data)
    };
    let refresh = |url: &str| {
        let data = json!({"session_secret": "s", "redirect_url": url});
        asked("PUT", ACCOUNTS, &[], &data)
    };
    for url in ["https://a.example/x?y=1#z", "http://127.0.0.1:1/", "HTTPS://A.example"] {
        assert!(create(url).is_ok() && refresh(url).is_ok(), "{url}");
    }
    for url in [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "//evil.example/",
        "not a url",
        "https:",
        "https:///x",
        "https:a.example",
        "https://a.example/\u{9}x",
        " https://a.example",
        "https://a.example\\@b/",
        "https://a.example/\r\nLocation: x",
        "file:///etc/passwd",
        "myapp://back",
        "/relative",
    ] {
        for refused in [create(url), refresh(url)] {
            assert_eq!(refused.unwrap_err(), ("WrongRequestFormat", 14, 400), "{url:?}");
        }
    }
    use bankchannel_salt_edge::receive::is_page;
    let schemes = ["myapp".to_owned()];
    assert!(is_page("myapp://back", &schemes) && is_page("MYAPP:back", &schemes) && !is_page("other://x", &schemes));
}

/// Values of a customer's answers that are no texts reach the bank's code, so that the customer hears of them.
#[test]
fn odd_values_of_credentials_are_read_as_texts() {
    let mut data = data("V4");
    let credentials = json!({"sms": 123_456, "app": true, "pin": null, "name": "x"});
    data["original_request"]["client_payload"]["data"]["credentials"] = credentials;
    let received = asked("POST", "/api/priora/v1/tokens/confirm", &[], &data).unwrap();
    let read = &received["original_request"]["client_payload"]["data"]["credentials"];
    assert_eq!(read, &json!({"sms": "123456", "app": "true", "name": "x"}));
    data["original_request"]["client_payload"]["data"]["credentials"] = json!({"sms": {"a": 1}});
    let refused = asked("POST", "/api/priora/v1/tokens/confirm", &[], &data).unwrap_err();
    assert_eq!(refused, ("WrongRequestFormat", 14, 400));
}
