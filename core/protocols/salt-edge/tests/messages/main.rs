//! The reference's messages as typed requests and answers, read from both ends. `data/vectors.json` gives their origin.
#![allow(clippy::unwrap_used)]

mod odd;

use std::sync::LazyLock;

use bankchannel_crypto::{
    rsa::RsaPrivateKey,
    signature::{SigningKey, VerifyingKey},
};
use bankchannel_foundation::{
    message::{Headers, InRequest, InResponse, OutRequest, Segment},
    model::{read_boundary, write_boundary},
    operation::Exchange,
};
use bankchannel_salt_edge::{
    codec::{HubCredentials, SaltEdge},
    connector::operations::{
        clients::get_client_info::GetClientInfo,
        sessions::{fail_session::FailSession, succeed_session::SucceedSession, update_session::UpdateSession},
        tokens::{list_tokens_at_hub::ListTokensAtHub, revoke_token_at_hub::RevokeTokenAtHub},
    },
    envelope::{self, EnvelopeVerifier},
    hub::operations::{
        accounts::{
            confirm_accounts::ConfirmAccounts, fetch_accounts::FetchAccounts, refresh_accounts::RefreshAccounts,
        },
        customers::fetch_customer::FetchCustomer,
        errors::notify_error::NotifyError,
        tokens::{
            cancel_token::CancelToken, confirm_token::ConfirmToken, create_token::CreateToken,
            reconnect_token::ReconnectToken, revoke_token::RevokeToken,
        },
        transactions::fetch_transactions::FetchTransactions,
    },
    receive::RequestReceiver,
};
use serde_json::{Value, json};

/// A minute before the first of the outer messages expires.
const CLOCK: i64 = 1_732_436_063;

static VECTORS: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(include_str!("../data/vectors.json")).unwrap());
static KEY: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::from_private_key(&RsaPrivateKey::generate(2048).unwrap()).unwrap());

fn vector(id: &str) -> &'static Value {
    VECTORS["outer"].as_array().unwrap().iter().find(|one| one["id"] == id).unwrap()
}

/// The parameters of a message, with the third party's JWT inserted.
fn data(id: &str) -> Value {
    let mut data = vector(id)["payload"]["data"].clone();
    if let Some(nested) = data.pointer_mut("/original_request/client_jwt") {
        let name = nested.as_str().unwrap().trim_start_matches("Bearer <").trim_end_matches('>').to_owned();
        let found = VECTORS["nested"].as_array().unwrap().iter().find(|one| one["id"] == *name).unwrap();
        *nested = json!(format!("Bearer {}", found["jwt"].as_str().unwrap()));
    }
    data
}

/// The headers of a message, and its JWT.
fn headers(id: &str) -> Headers {
    let own = vector(id)["headers"].as_object().unwrap().iter();
    let mut headers: Headers = own.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
    headers.push("Authorization", format!("Bearer {}", vector(id)["jwt"].as_str().unwrap()));
    headers.push("Accept", "application/json");
    headers.push("Content-Type", "application/json");
    headers
}

fn hub() -> RequestReceiver {
    let keys = VerifyingKey::all_from_pem(VECTORS["keys"]["a"].as_str().unwrap()).unwrap();
    RequestReceiver {
        verifier: EnvelopeVerifier::new(keys).unwrap(),
        provider_code: Some("demobank".into()),
        path_prefix: None,
        redirect_schemes: Vec::new(),
    }
}

/// A receiver for messages that are signed here.
fn own() -> RequestReceiver {
    let keys = vec![VerifyingKey::from_spki_der(KEY.spki_der()).unwrap()];
    RequestReceiver {
        verifier: EnvelopeVerifier::new(keys).unwrap(),
        provider_code: Some("demobank".into()),
        path_prefix: None,
        redirect_schemes: Vec::new(),
    }
}

/// SE-V01 to SE-V11 as received by a connector.
#[test]
fn what_the_hub_asks_is_received_as_typed_requests() {
    let operations = [
        "create_token",
        "revoke_token",
        "reconnect_token",
        "confirm_token",
        "cancel_token",
        "fetch_accounts",
        "refresh_accounts",
        "confirm_accounts",
        "fetch_transactions",
        "fetch_customer",
        "notify_error",
    ];
    for (at, operation) in operations.into_iter().enumerate() {
        let id = format!("V{}", at + 1);
        let (sent, method) = (vector(&id), vector(&id)["method"].as_str().unwrap());
        // Below another base path only if the settings name it.
        let other = format!("/connector{}", sent["path"].as_str().unwrap());
        assert_eq!(hub().receive(method, &other, &headers(&id), CLOCK).unwrap_err().status, 404, "{id}");
        for (base, prefix) in [("", None), ("/connector", Some("/connector/")), ("https://connector.test", None)] {
            let hub = RequestReceiver { path_prefix: prefix.map(str::to_owned), ..hub() };
            let target = format!("{base}{}", sent["path"].as_str().unwrap());
            let received =
                hub.receive(method, &target, &headers(&id), CLOCK).unwrap_or_else(|why| panic!("{id}: {why}"));
            let client_id: u64 = sent["headers"]["Client-Id"].as_str().unwrap().parse().unwrap();
            assert_eq!(received.client_id, client_id);
            let token = received.access_token.as_ref().map(|token| token.expose().to_owned());
            assert_eq!(token.as_deref(), sent["headers"]["Access-Token"].as_str(), "{id}");
            assert!(received.warnings.is_empty() && received.unknown.is_empty(), "{id}: {:?}", received.warnings);
            let mut wanted = data(&id);
            wanted["operation"] = json!(operation);
            assert_eq!(write_boundary(received.request), wanted, "{id}");
        }
    }
}

/// A message, written by one end and read by the other: the parameters are those of the reference.
fn both_ends<O: Exchange<Codec = SaltEdge>>(id: &str) {
    let sent = vector(id);
    let mut request = data(id);
    for (header, field) in [("Client-Id", "client_id"), ("Access-Token", "access_token"), ("Token", "token")] {
        let Some(value) = sent["headers"][header].as_str() else { continue };
        request[field] = if header == "Client-Id" { json!(value.parse::<u64>().unwrap()) } else { json!(value) };
    }
    let credentials = HubCredentials { app_id: Some("id".into()), app_secret: Some("secret".to_owned().into()) };
    let typed: O::Request = read_boundary(request.clone()).unwrap_or_else(|why| panic!("{id}: {why}"));
    let message = O::encode_request(typed, &credentials).unwrap();
    assert_eq!(
        (message.method.as_str(), message.target.as_str()),
        (sent["method"].as_str().unwrap(), sent["path"].as_str().unwrap())
    );
    assert_eq!(serde_json::from_slice::<Value>(&body(&message)).unwrap(), data(id), "{id}");
    for (name, value) in sent["headers"].as_object().unwrap() {
        let wanted = match name.as_str() {
            "App-Id" => "id",
            "App-Secret" => "secret",
            _ => value.as_str().unwrap(),
        };
        assert_eq!(message.headers.text(name), Some(wanted), "{id} {name}");
    }
    let arrived = InRequest { body: body(&message).into(), headers: Some(&message.headers), ..InRequest::default() };
    assert_eq!(write_boundary(O::decode_request(arrived).unwrap()), request, "{id}");
}

fn body(message: &OutRequest) -> Vec<u8> {
    let bytes = message.body.segments().iter().map(|segment| match segment {
        Segment::Literal(bytes) => bytes.to_vec(),
        Segment::Base64(_) | Segment::Encoded(..) => panic!("content"),
    });
    bytes.collect::<Vec<_>>().concat()
}

/// SE-V01 to SE-V17, as written by their sender and read by their receiver.
#[test]
fn each_endpoint_is_read_from_both_ends() {
    both_ends::<CreateToken>("V1");
    both_ends::<RevokeToken>("V2");
    both_ends::<ReconnectToken>("V3");
    both_ends::<ConfirmToken>("V4");
    both_ends::<CancelToken>("V5");
    both_ends::<FetchAccounts>("V6");
    both_ends::<RefreshAccounts>("V7");
    both_ends::<ConfirmAccounts>("V8");
    both_ends::<FetchTransactions>("V9");
    both_ends::<FetchCustomer>("V10");
    both_ends::<NotifyError>("V11");
    both_ends::<SucceedSession>("V12");
    both_ends::<UpdateSession>("V13");
    both_ends::<FailSession>("V14");
    both_ends::<ListTokensAtHub>("V15");
    both_ends::<RevokeTokenAtHub>("V16");
    both_ends::<GetClientInfo>("V17");
}

/// An answer printed in the reference, read and written again.
fn answered<O: Exchange<Codec = SaltEdge>>(text: &str, wanted: &Value) {
    let read = O::decode_response(InResponse::new(200, text.to_owned())).unwrap();
    assert_eq!(&write_boundary(read), wanted);
    let again = O::encode_response(O::decode_response(InResponse::new(200, text.to_owned())).unwrap());
    let [Segment::Literal(bytes)] = again.body.segments() else { panic!("one segment") };
    let (again, first): (Value, Value) = (serde_json::from_slice(bytes).unwrap(), serde_json::from_str(text).unwrap());
    assert_eq!(again, first);
}

#[test]
fn the_references_answers_are_read_and_written() {
    let account = json!({
        "id": "724", "name": "Example Name", "iban": "FK54RAND61068421435452", "currency_code": "USD", "extra": {},
        "number": "619656558", "sort_code": "82-78-66", "swift_code": "TBNFFR23PAR", "nature": "credit",
        "payment_account": false, "balance": "5000.00", "available_amount": "4995.00", "credit_limit": "7000",
        "status": "active",
    });
    answered::<FetchAccounts>(&json!({"data": [account]}).to_string(), &json!({"accounts": [account]}));
    let transaction = json!({
        "id": "378", "account_id": "241", "amount": "38.85", "currency_code": "GBP", "description": "Test transaction",
        "made_on": "2019-11-18T16:04:49.573Z", "status": "posted", "fees": [{}],
        "extra": {"mcc": "example_data.extra.mcc", "original_amount": "38.85", "original_currency_code": "GBP"},
    });
    answered::<FetchTransactions>(&json!({"data": [transaction]}).to_string(), &json!({"transactions": [transaction]}));
    answered::<FetchCustomer>(r#"{"data":{"name":"Example Name"}}"#, &json!({"customer": {"name": "Example Name"}}));
    let time = "2019-11-18T16:04:48.773Z";
    let noted = json!({"data": {}, "meta": {"time": time}}).to_string();
    answered::<SucceedSession>(&noted, &json!({"time": time}));
    answered::<UpdateSession>(&noted, &json!({"time": time}));
    answered::<FailSession>(&noted, &json!({"time": time}));
    answered::<ListTokensAtHub>(
        &json!({"meta": {"next_id": 303, "time": time}, "data": {"tokens": []}}).to_string(),
        &json!({"tokens": [], "next_id": 303, "time": time}),
    );
    answered::<RevokeTokenAtHub>(
        &json!({"data": {"revoked": true}, "meta": {"time": time}}).to_string(),
        &json!({"revoked": true, "time": time}),
    );
    let info =
        json!({"name": "Fentury", "scopes": ["accounts", "transactions", "kyc"], "public_key": VECTORS["keys"]["c"]});
    let mut wanted = info.clone();
    wanted["time"] = json!(time);
    answered::<GetClientInfo>(&json!({"data": info, "meta": {"time": time}}).to_string(), &wanted);
}

/// Values that are numbers in one place and text in another (10.5, 10.14), and missing values.
#[test]
fn what_others_send_differently_is_read_too() {
    let text = r#"{"data":[{"id":724,"name":"N","currency_code":"EUR","nature":"checking","payment_account":true,
        "balance":5000.5,"available_amount":-12,"unknown":{"a":1}}],"more":1}"#;
    let read = FetchAccounts::decode_response(InResponse::new(200, text.to_owned())).unwrap();
    let account = &write_boundary(read)["accounts"][0];
    assert_eq!(
        (&account["id"], &account["balance"], &account["available_amount"]),
        (&json!("724"), &json!("5000.5"), &json!("-12"))
    );
    let text = r#"{"data":[{"id":"1","account_id":2,"amount":"1","currency_code":"EUR","description":"d","made_on":"2019-11-18",
        "status":"pending","fees":[{"description":"Bank fee.","amount":0.25,"currency_code":"EUR"}]}]}"#;
    let read = write_boundary(FetchTransactions::decode_response(InResponse::new(200, text.to_owned())).unwrap());
    assert_eq!(read["transactions"][0]["fees"][0]["amount"], "0.25");
    for text in ["", "{}", "null", "[]", r#"{"data":[]}"#, r#"{"data":"processing"}"#, "OK"] {
        assert!(CreateToken::decode_response(InResponse::new(200, text)).is_ok(), "{text}");
        assert!(SucceedSession::decode_response(InResponse::new(200, text)).is_ok(), "{text}");
    }
    for text in ["", "[]", "<html>", r#"{"data":{}}"#, r#"{"data":[{}]}"#] {
        assert!(FetchAccounts::decode_response(InResponse::new(200, text)).is_err(), "{text}");
    }
}

/// A page with a success status comes from another server: whether the request arrived is not known. The text of a page
/// is kept, whatever the status is.
#[test]
fn a_web_page_is_no_answer() {
    let page = "<!DOCTYPE html><html><body>Please log in, support ID 4711</body></html>";
    let failed = |status: u16, page: &str| {
        let answer = || InResponse::new(status, page.to_owned());
        [
            CreateToken::decode_response(answer()).unwrap_err(),
            SucceedSession::decode_response(answer()).unwrap_err(),
            FetchAccounts::decode_response(answer()).unwrap_err(),
        ]
    };
    for error in failed(200, page).into_iter().chain(failed(201, "\u{feff}<head>support ID 4711")) {
        assert_eq!(
            (error.code(), error.outcome()),
            ("peer.protocol", Some(bankchannel_foundation::CallOutcome::Unknown))
        );
        assert!(error.message().contains("a web page"), "{error}");
        assert!(error.peer().unwrap().text.as_deref().is_some_and(|text| text.contains("support ID 4711")));
    }
    // The plain text of an acknowledgement, under the media type that frameworks give it.
    let mut plain = InResponse::new(200, "OK".to_owned());
    plain.message.headers = [("Content-Type", "text/html; charset=utf-8")].into_iter().collect();
    assert!(SucceedSession::decode_response(plain).is_ok());
    for (status, body, text) in
        [(502, page, Some(page)), (403, "Access denied", Some("Access denied")), (503, "", None), (400, "{}", None)]
    {
        for error in failed(status, body) {
            let peer = error.peer().unwrap();
            assert_eq!((peer.code.as_deref(), peer.text.as_deref()), (None, text), "{status} {body}");
        }
    }
}

/// Refusals in all their forms.
#[test]
fn refusals_are_rows_of_the_table() {
    let refused =
        |status, body: &str| SucceedSession::decode_response(InResponse::new(status, body.to_owned())).unwrap_err();
    for (body, code) in [
        (r#"{"error_class":"SessionClosed","error_message":"closed"}"#, "salt_edge_connector.session_closed"),
        (r#"{"error":{"error_class":"SessionExpired","error_message":"x"}}"#, "salt_edge_connector.session_expired"),
        (r#"{"data":{"error_class":"ActionNotAllowed"}}"#, "salt_edge_connector.action_not_allowed"),
        (r#"{"error_class":"OfTomorrow","error_message":"why"}"#, "salt_edge_connector.refused"),
        ("<html>Bad request</html>", "salt_edge_connector.refused"),
    ] {
        assert_eq!(refused(400, body).code(), code, "{body}");
    }
    assert_eq!(refused(429, "").code(), "salt_edge_connector.busy");
    assert_eq!(refused(503, "").code(), "salt_edge_connector.hub_failed");
    let error = FetchAccounts::decode_response(InResponse::new(401, r#"{"error_class":"TokenRevoked"}"#)).unwrap_err();
    assert_eq!((error.code(), error.http_status()), ("salt_edge_hub.token_refused", Some(401)));
    assert_eq!(error.peer().and_then(|peer| peer.code.as_deref()), Some("TokenRevoked"));
}

/// The result for a request with this method, target and data, signed here.
fn asked(method: &str, target: &str, headers: &[(&str, &str)], data: &Value) -> Result<Value, (&'static str, u8, u16)> {
    let text = serde_json::to_string(data).unwrap();
    let unsigned = envelope::UnsignedEnvelope::new(&text, CLOCK + 60);
    let signature = KEY.sign_pkcs1(bankchannel_crypto::signature::Hash::Sha256, unsigned.bytes()).unwrap();
    let jwt = unsigned.complete(&signature);
    let mut all: Headers = [
        ("Client-Id", "771"),
        ("Access-Token", "token"),
        ("Accept", "application/json"),
        ("Content-Type", "application/json"),
    ]
    .into_iter()
    .collect();
    all.push("Authorization", format!("bearer {jwt}"));
    for (name, value) in headers {
        if value.is_empty() { all.remove(name) } else { all.push(*name, value.as_bytes().to_vec()) }
    }
    own().receive(method, target, &all, CLOCK).map(|received| write_boundary(received.request)).map_err(|refusal| {
        assert!(!format!("{refusal} {refusal:?}").contains("PLANTED"), "{refusal}");
        (refusal.class.name, refusal.step, refusal.status)
    })
}

const ACCOUNTS: &str = "/api/priora/v1/accounts";

/// SE-C01 to SE-C18, as far as they need no store: all checks, in their order.
#[test]
fn checks_refuse_in_their_order() {
    let data = json!({"session_secret": "s"});
    let refused =
        |method: &str, target: &str, headers: &[(&str, &str)]| asked(method, target, headers, &data).unwrap_err();
    for target in
        ["/", "/api/priora/v1/", "/api/priora/v1/nothing", "/api/priora/v1/accounts/", "/api/priora/v2/accounts", ""]
    {
        assert_eq!(refused("GET", target, &[]), ("WrongRequestFormat", 1, 404), "{target}");
    }
    for method in ["POST", "DELETE", "get", "PATCH", ""] {
        assert_eq!(refused(method, ACCOUNTS, &[]), ("WrongRequestFormat", 1, 405), "{method}");
    }
    let long = "x".repeat(33 * 1024);
    assert_eq!(refused("GET", ACCOUNTS, &[("X-Long", &long)]), ("WrongRequestFormat", 1, 431));
    assert!(asked("GET", ACCOUNTS, &[("X-Long", &long[..28 * 1024])], &data).is_ok());
    for id in ["", "0", "-1", "1.0", "+1", " ", "9007199254740993", "99999999999999999999", "PLANTED"] {
        let wanted = ("InvalidClientId", 2, 401);
        let headers: &[(&str, &str)] =
            if id.is_empty() { &[("Client-Id", "")] } else { &[("Client-Id", ""), ("client-id", id)] };
        assert_eq!(refused("GET", ACCOUNTS, headers), wanted, "{id}");
    }
    // A header sent twice is refused like a missing one, even if one value is right.
    assert_eq!(refused("GET", ACCOUNTS, &[("Client-Id", "771")]), ("InvalidClientId", 2, 401));
    let authorization = ("AuthorizationMissing", 3, 401);
    assert_eq!(refused("GET", ACCOUNTS, &[("Authorization", "")]), authorization);
    assert_eq!(refused("GET", ACCOUNTS, &[("Authorization", "Bearer x")]), authorization);
    for value in ["Bearer", "Bearer ", "Basic PLANTED", "PLANTED", "Bearer\tPLANTED"] {
        assert_eq!(
            refused("GET", ACCOUNTS, &[("Authorization", ""), ("Authorization", value)]),
            authorization,
            "{value}"
        );
    }
    assert_eq!(
        refused("GET", ACCOUNTS, &[("Authorization", ""), ("Authorization", "Bearer PLANTED")]),
        ("JWTDecodeError", 4, 400)
    );
    assert_eq!(refused("GET", ACCOUNTS, &[("Access-Token", "")]), ("AccessTokenMissing", 9, 400));
    assert_eq!(refused("GET", ACCOUNTS, &[("Access-Token", "PLANTED")]), ("AccessTokenMissing", 9, 400));
    // Header names may be in any case, and unknown headers do no harm.
    let odd =
        [("Client-Id", ""), ("CLIENT-ID", "771"), ("Access-Token", ""), ("access-token", "token"), ("App-Secret", "x")];
    assert!(asked("GET", ACCOUNTS, &odd, &data).is_ok());
}

#[test]
fn parameters_are_checked() {
    let format = Err(("WrongRequestFormat", 14, 400));
    let create = |change: &dyn Fn(&mut Value)| {
        let mut data = data("V1");
        change(&mut data);
        asked("POST", "/api/priora/v1/tokens/create", &[], &data)
    };
    assert!(create(&|_| ()).is_ok());
    for path in [
        "/session_secret",
        "/app_name",
        "/original_request",
        "/original_request/client_jwt",
        "/original_request/client_payload",
        "/original_request/client_payload/exp",
        "/original_request/client_payload/data",
        "/original_request/client_payload/data/scopes",
        "/original_request/client_payload/data/consent_period_days",
        "/original_request/client_payload/data/credentials",
    ] {
        for wrong in [json!(null), json!({"a member": ["PLANTED"]}), json!(["PLANTED", 1]), json!(-1), json!(true)] {
            assert_eq!(create(&|data| *data.pointer_mut(path).unwrap() = wrong.clone()), format, "{path} {wrong}");
        }
    }
    assert_eq!(create(&|data| data["original_request"]["client_payload"]["data"]["scopes"] = json!([])), format);
    assert_eq!(
        create(&|data| data["original_request"]["client_payload"]["data"]["consent_period_days"] = json!(0)),
        format
    );
    assert_eq!(create(&|data| data["app_name"] = json!("")), format);
    assert_eq!(create(&|data| data["provider_code"] = json!("PLANTED")), Err(("WrongRequestFormat", 15, 400)));
    for code in [json!(""), json!(5), json!({"PLANTED": 1}), json!(["demobank"])] {
        let data = json!({"session_secret": "s", "provider_code": code});
        let refused = asked("POST", "/api/priora/v1/tokens/cancel", &[], &data);
        assert_eq!(refused, Err(("WrongRequestFormat", 15, 400)), "{code}");
    }
    for id in ["abc", "1 2", "-1"] {
        let refused = asked("GET", ACCOUNTS, &[("Consent-Id", id)], &json!({"session_secret": "s"}));
        assert_eq!(refused, Err(("WrongRequestFormat", 14, 400)), "{id}");
        assert!(asked("POST", "/api/priora/v1/errors", &[("Consent-Id", id)], &json!({})).is_ok(), "{id}");
    }
    // The sender is checked first.
    let twice = [("Consent-Id", "1"), ("Consent-Id", "2"), ("Authorization", "")];
    assert_eq!(asked("GET", ACCOUNTS, &twice, &json!({})), Err(("AuthorizationMissing", 3, 401)));
    // Unknown scopes are accepted, and so are omitted fields.
    assert!(
        create(&|data| data["original_request"]["client_payload"]["data"]["scopes"] = json!(["of_tomorrow"])).is_ok()
    );
    assert!(create(&|data| drop(data.as_object_mut().unwrap().remove("provider_code"))).is_ok());
    let span = |from: &str, to: &str| {
        let data = json!({"session_secret": "s", "account_id": 87, "from_date": from, "to_date": to});
        asked("GET", "/api/priora/v1/transactions", &[], &data)
    };
    assert_eq!(span("2019-11-18T16:04:49.585Z", "2019-11-18T16:04:49.585Z").unwrap()["account_id"], "87");
    assert!(span("2019-11-18T16:04:49.585Z", "2019-11-18").is_ok());
    assert!(span("2019-11-18", "2019-11-18").is_ok());
    assert_eq!(span("2019-11-19", "2019-11-18"), format);
    assert_eq!(span("18-11-2019", "2019-11-18"), format);
    assert_eq!(span("'; DROP TABLE accounts; --", "2019-11-18"), format);
    // A notice is accepted whatever its content, and without a token.
    for notice in [
        json!({"provider_code": "otherbank"}),
        json!({}),
        json!({"request": 1, "error": ["PLANTED"]}),
        json!({"request": {"headers": {"a": 1}}}),
    ] {
        let taken = asked("POST", "/api/priora/v1/errors", &[("Access-Token", "")], &notice);
        assert_eq!(taken.unwrap()["operation"], "notify_error");
    }
    let odd = json!({"request": {"method": "get", "headers": {"Access-Token": "PLANTED", "Client-Id": 1}},
        "error": {"error_class": "InternalProviderError", "error_message": 5}});
    let taken = asked("POST", "/api/priora/v1/errors", &[], &odd).unwrap();
    let read = json!({"operation": "notify_error", "request": {"method": "get"}, "error": {"error_class": "InternalProviderError"}});
    assert_eq!(taken, read);
}

#[test]
fn what_is_not_known_is_kept_and_what_is_odd_is_said() {
    let unsigned =
        envelope::UnsignedEnvelope::new(r#"{"session_secret":"s","tomorrow":{"a":[1]},"@Client-Id":5}"#, CLOCK + 60);
    let signature = KEY.sign_pkcs1(bankchannel_crypto::signature::Hash::Sha256, unsigned.bytes()).unwrap();
    let mut headers = Headers::default();
    headers.push("Client-Id", "771");
    headers.push("Consent-Id", "12");
    headers.push("Access-Token", "token");
    headers.push("Authorization", format!("Bearer {}", unsigned.complete(&signature)));
    let received = own().receive("GET", "/api/priora/v1/accounts?account_id=1", &headers, CLOCK).unwrap();
    assert_eq!((received.client_id, received.consent_id.as_deref()), (771, Some("12")));
    let unknown: Vec<&str> = received.unknown.iter().map(|(name, _)| name).collect();
    assert_eq!(unknown, ["tomorrow", "@Client-Id"]);
    assert_eq!(received.warnings.len(), 3, "{:?}", received.warnings);
}
