//! The meaning of the service's refusals (§1.7, §8.6), and the wording of a server's own.

use bankchannel_foundation::{
    CallOutcome, Category,
    message::{InRequest, InResponse},
    operation::Exchange,
};
use bankchannel_ws_channel::{
    ServiceRefusal, SessionCredentials,
    model::{Email, FileName, Mode},
    operations::{
        account::{
            init_register::{InitRegister, InitRegisterRequest},
            register::Register,
            verify_email::VerifyEmail,
            verify_phone::VerifyPhone,
        },
        certs::{config_certs::ConfigCerts, import_cert::ImportCert},
        files::{list_files::ListFiles, upload_file::UploadFile},
        pgp::list_keys::ListKeys,
        session::login_mfa::LoginMfa,
    },
    service_texts::TEXTS,
};
use serde_json::json;

use crate::messages::answer;

/// Every text of §1.7 with its error code and class.
const TEXTS_OF_THE_SHEET: &[(&str, &str, &str)] = &[
    ("All signature verification(s) failed", "upload_rejected", "validation"),
    ("Bank certificate(s) already exists", "certificate_exists", "validation"),
    ("Bank data error", "bank_unavailable", "bank"),
    ("Can not renew cert without existing private key!", "certificate_refused", "validation"),
    ("Cert enrollment allowed for admin user only", "mode_refused", "role"),
    ("Cert export allowed for admin user only", "mode_refused", "role"),
    ("Cert export not yet supported.", "not_implemented", "not_implemented"),
    ("Cert import allowed for admin user only", "mode_refused", "role"),
    ("Certificate PEM format validation failed!", "certificate_refused", "validation"),
    ("Could not read PGP key IDs", "pgp_key_refused", "validation"),
    ("Empty bank response or error on SOAP level", "bank_unavailable", "bank"),
    ("Failed to initialize TargetId for Nordea", "bank_refused", "bank"),
    ("File downloads not allowed on admin mode, use data account mode", "mode_refused", "role"),
    ("File uploads not allowed on admin mode, use data account mode", "mode_refused", "role"),
    ("Internal server processing side error", "service_failed", "server"),
    ("Invalid parameter bank", "bank_unknown", "validation"),
    ("Invalid parameter(s)", "parameter_refused", "validation"),
    ("Invalid parameter(s): Password, Phone", "parameter_refused", "validation"),
    ("Invalid signature format.", "signature_malformed", "validation"),
    ("Missing parameter bank", "bank_unknown", "validation"),
    ("Missing parameter(s)", "parameter_refused", "validation"),
    ("Missing parameter(s): Company", "parameter_refused", "validation"),
    ("No PGP keys!", "pgp_key_missing", "validation"),
    ("No PGP keys. PGP keys are required to sign files for upload.", "pgp_key_missing", "validation"),
    (
        "No available bank certificates, linked account does not contain data for bank either",
        "certificate_missing",
        "validation",
    ),
    ("No available bank certificates, no linked data", "certificate_missing", "validation"),
    ("No available valid bank certificates, no linked account", "certificate_missing", "validation"),
    ("No certificate(s) for this bank,", "certificate_missing", "validation"),
    ("No data. User may not be registered.", "user_unknown", "validation"),
    ("No db data exists for user", "user_unknown", "validation"),
    ("No file contents to upload", "content_empty", "validation"),
    (
        "No signatures found. File upload requires PGP authorize key detached signature(s).",
        "signature_malformed",
        "validation",
    ),
    ("No signatures. File uploads require PGP signatures with registered PGP keys.", "signature_missing", "validation"),
    ("No suitable PGP keys found.", "signature_key_unknown", "validation"),
    ("RSA Enc.Key is not private key!", "certificate_refused", "validation"),
    ("RSA Key is not private key!", "certificate_refused", "validation"),
    ("Requested export PGP key not found.", "pgp_key_missing", "validation"),
    ("Technical error. Failed to parse bank response.", "bank_unavailable", "bank"),
    ("Technical error. No proper response body from bank.", "bank_unavailable", "bank"),
    ("Unauthorized. Could not decode account mode from token", "session_refused", "auth"),
    ("Unauthorized. Ensure phone and email are verified.", "not_verified", "auth"),
    ("Account is disabled by the service's operator.", "account_disabled", "role"),
    ("Uploads to this bank are paused, nothing was sent.", "bank_paused", "bank"),
    ("User does not exist!", "user_unknown", "validation"),
    ("configcerts not yet implemented", "not_implemented", "not_implemented"),
    ("unlinkaccount not yet implemented", "not_implemented", "not_implemented"),
    ("pgpDelete is not yet supported", "not_implemented", "not_implemented"),
    ("Invalid API key", "api_key_refused", "role"),
    ("Re-authenticate to delete accounts", "reauthenticate", "auth"),
    ("Bank Simulator access is not enabled for this tenant", "not_entitled", "entitlement"),
    ("CodeMismatchException: Invalid verification code provided, please try again.", "code_refused", "code"),
    ("ExpiredCodeException: Invalid code provided, please request a code again.", "code_expired", "code"),
    ("LimitExceededException: Attempt limit exceeded, please try after some time.", "attempts_exceeded", "limit"),
    ("Invalid parameter(s): Code", "code_refused", "code"),
    ("Invalid parameter(s): EmailCode", "code_refused", "code"),
    ("User authentication failed.", "login_refused", "auth"),
    ("User already exists", "user_exists", "validation"),
    ("Admin account must be registered first", "admin_first", "validation"),
    ("Admin mode session required", "mode_refused", "role"),
    ("Only the API key owner may call this operation", "owner_only", "role"),
    ("Unauthorized", "session_refused", "auth"),
];

/// The texts of §1.7 after which a bank may be temporarily unavailable, or may have carried out the request (§6.9).
const BANK_SILENCE: &[&str] = &[
    "Bank data error",
    "Empty bank response or error on SOAP level",
    "Technical error. Failed to parse bank response.",
    "Technical error. No proper response body from bank.",
];

fn refused(status: u16, text: &str) -> InResponse {
    answer(status, &json!({"RequestId": "r-1", "ResponseCode": "01", "ResponseText": text}).to_string())
}

#[test]
fn every_text_means_something() {
    for &(text, code, class) in TEXTS_OF_THE_SHEET {
        // §9.2: the deployed service may send refusals with status 200 too.
        for status in [200, 400] {
            let error = ListKeys::decode_response(refused(status, text)).unwrap_err();
            assert_eq!((error.code(), error.detail("class")), (&*format!("ws_channel.{code}"), Some(class)), "{text}");
            let peer = error.peer().unwrap();
            assert_eq!((peer.code.as_deref(), peer.request_id.as_deref()), (Some("01"), Some("r-1")));
            assert_eq!(error.outcome(), Some(CallOutcome::Refused));
            // Of all refusals only a bank's silence may be temporary, and only a listing may simply be repeated.
            let silent = BANK_SILENCE.contains(&text);
            assert_eq!(error.retryable(), silent, "{text}");
            let error = UploadFile::decode_response(refused(status, text)).unwrap_err();
            let outcome = if silent { CallOutcome::Unknown } else { CallOutcome::Refused };
            assert_eq!((error.outcome(), error.retryable()), (Some(outcome), false), "{text}");
        }
    }
    // The client recognises the server's texts.
    for text in TEXTS {
        let error = ListKeys::decode_response(refused(text.status, text.text)).unwrap_err();
        assert_eq!(error.code(), text.row.code, "{}", text.text);
    }
}

/// K05: refusals of the service, and answers from other senders.
#[test]
fn refusals_and_strangers() {
    let said = ListFiles::decode_response(refused(200, "Something new")).unwrap_err();
    assert_eq!((said.code(), said.category()), ("ws_channel.refused", Category::PeerRefused));
    let said = ListFiles::decode_response(refused(400, "Something new")).unwrap_err();
    assert_eq!((said.code(), said.http_status()), ("ws_channel.refused", Some(400)));
    for (status, body, code) in [
        (403, r#"{"message":"Forbidden"}"#, "peer.http_status"),
        (502, "<html>Bad gateway</html>", "peer.unavailable"),
        (302, "", "peer.redirected"),
        (404, "nginx", "peer.http_status"),
        (429, "slow down", "peer.rate_limited"),
        (401, r#"{"message":"Unauthorized"}"#, "ws_channel.session_refused"),
    ] {
        let error = ListFiles::decode_response(answer(status, body)).unwrap_err();
        assert_eq!((error.code(), error.peer()), (code, None), "{status} {body}");
    }
    // Codes other than 00 and 01 are the bank's own (§1.5).
    let bank = answer(400, r#"{"ResponseCode":"26","ResponseText":"Technical maintenance"}"#);
    let error = UploadFile::decode_response(bank).unwrap_err();
    assert_eq!((error.code(), error.detail("class")), ("ws_channel.bank_refused", Some("bank")));
    // Exactly two ASCII digits: anything else is not a bank's code.
    for code in ["X20", "2", "026", "٢٦", ""] {
        let odd = answer(400, &json!({"ResponseCode": code, "ResponseText": "Technical maintenance"}).to_string());
        assert_eq!(UploadFile::decode_response(odd).unwrap_err().code(), "ws_channel.refused", "{code}");
    }
    // A server error leaves the outcome unknown: calls with effects must not be repeated, others may be (§8.6).
    for (status, body, safe) in [
        (502, r#"{"ResponseCode":"01","ResponseText":"Bank data error"}"#, true),
        (503, "<html>Service unavailable</html>", true),
        (504, r#"{"message":"Endpoint request timed out"}"#, true),
        (500, r#"{"ResponseCode":"01","ResponseText":"Internal server processing side error"}"#, false),
    ] {
        let error = UploadFile::decode_response(answer(status, body)).unwrap_err();
        assert_eq!((error.outcome(), error.retryable()), (Some(CallOutcome::Unknown), false), "{status} {body}");
        let error = ListFiles::decode_response(answer(status, body)).unwrap_err();
        assert_eq!((error.outcome(), error.retryable()), (Some(CallOutcome::Unknown), safe), "{status} {body}");
    }
    // After a 429 nothing was done; even so, a code is not submitted again.
    let limited = || refused(429, "Too many requests");
    let error = UploadFile::decode_response(limited()).unwrap_err();
    assert_eq!((error.outcome(), error.retryable()), (Some(CallOutcome::Refused), true));
    let error = LoginMfa::decode_response(limited()).unwrap_err();
    assert_eq!((error.outcome(), error.retryable()), (Some(CallOutcome::Refused), false));
    let late = InResponse { retry_after_s: Some(7), ..refused(429, "Too many requests") };
    let error = ListFiles::decode_response(late).unwrap_err();
    assert_eq!((error.code(), error.retry_after_s()), ("peer.rate_limited", Some(7)));
}

/// §10: text from a peer is shown shortened and redacted; a request id that is a UUID is shown.
#[test]
fn what_a_peer_says_is_bounded_and_redacted() {
    const KEY: &str = "4vN6hGHrav31smM0Ha1k15MDlZKOEGn43UToWTt2";
    let uuid = "2646b71b-9b51-4d11-bf5e-cca5617bcfde";
    let said = |id: &str, code: &str, text: &str| {
        let body = json!({"RequestId": id, "ResponseCode": code, "ResponseText": text}).to_string();
        ListFiles::decode_response(answer(400, &body)).unwrap_err()
    };
    let error = said(uuid, "01", &format!("ApiKey:{KEY} of user@example.test {}", "x ".repeat(5000)));
    let peer = error.peer().unwrap();
    assert_eq!(peer.request_id.as_deref(), Some(uuid));
    let text = peer.text.as_deref().unwrap();
    assert!(text.chars().count() == 500 && text.starts_with("ApiKey:[redacted] of [redacted] x"), "{text}");
    let error = said(&"1 ".repeat(5000), KEY, &format!("{}{KEY}", "y ".repeat(245)));
    let peer = error.peer().unwrap();
    assert_eq!((peer.code.as_deref(), peer.request_id.as_ref().map(String::len)), (Some("[redacted]"), Some(64)));
    assert!(!error.to_json().to_string().contains("4vN6"), "no half of a key is left at the cut: {error}");
}

/// K06: broken success answers.
#[test]
fn broken_successes() {
    for body in [
        r#"{"ResponseCode":"00"}"#,
        r#"{"ResponseText":"OK"}"#,
        r#"{"ResponseCode":"00","ResponseText":null,"PgpKeys":[]}"#,
        "null",
        "[]",
        "",
        "OK",
        r#"{"ResponseCode":"00","ResponseText":"OK"}"#,
        r#"{"ResponseCode":"00","ResponseText":"OK","PgpKeys":{}}"#,
    ] {
        let error = ListKeys::decode_response(answer(200, body)).unwrap_err();
        assert_eq!((error.code(), error.outcome()), ("peer.protocol", Some(CallOutcome::Accepted)), "{body}");
    }
}

/// A page of a gateway or a login with a success status is named, and its text kept.
#[test]
fn a_web_page_is_no_answer() {
    for page in ["<!DOCTYPE html><html>Please log in, support ID 4711", "\u{feff}<HTML>support ID 4711</HTML>"] {
        for error in [
            ListKeys::decode_response(answer(200, page)).unwrap_err(),
            UploadFile::decode_response(answer(201, page)).unwrap_err(),
        ] {
            assert_eq!((error.code(), error.outcome()), ("peer.protocol", Some(CallOutcome::Unknown)));
            assert!(error.message().contains("a web page"), "{error}");
            assert!(error.detail("answer").is_some_and(|text| text.contains("support ID 4711")), "{error}");
        }
    }
    let other = ListKeys::decode_response(answer(200, "OK")).unwrap_err();
    assert!(!other.message().contains("a web page") && other.detail("answer").is_none(), "{other}");
}

fn request(path: &[(&'static str, &str)], body: serde_json::Value) -> InRequest<'static> {
    InRequest {
        path: path.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
        body: body.to_string().into(),
        ..InRequest::default()
    }
}

fn text_of_refusal<O: Exchange>(message: InRequest<'_>) -> String {
    match O::decode_request(message) {
        Ok(_) => "accepted".to_owned(),
        Err(fault) => ServiceRefusal::from_input(&fault).text.into_owned(),
    }
}

const USER: [(&str, &str); 2] = [("Email", "user@example.test"), ("Mode", "admin")];

/// No account can be registered under an address that looks like another one, and no file can have such a name.
#[test]
fn look_alikes_are_refused_on_the_wire_and_on_the_boundary() {
    let body = || json!({"ApiKey": "0", "ChResp": "c", "Company": "C", "Encrypted": "e", "Name": "N", "Phone": "+358401234567"});
    let register = |email| text_of_refusal::<Register>(request(&[("Email", email), ("Mode", "admin")], body()));
    let init = |email| text_of_refusal::<InitRegister>(request(&[("Email", email), ("Mode", "admin")], json!({})));
    for fine in ["victim@x.test", "First.Last+tag@sub-1.x.test", "o'neil_1@xn--mnchen-3ya.test"] {
        assert_eq!((register(fine), init(fine)), ("accepted".into(), "accepted".into()), "{fine}");
    }
    for alike in [
        "victim@x.test\u{200b}",
        "vict\u{200d}im@x.test",
        "v\u{456}ctim@x.test",
        "victim@\u{445}.test",
        "victim@x.test\u{202e}",
        "victim@x\u{3002}test",
        "\u{ff56}ictim@x.test",
        "victim\u{ad}@x.test",
        "victim@x.test.",
        "victim@.x.test",
        "victim@x..test",
        "<victim@x.test>",
        "victim,@x.test",
        "\"victim\"@x.test",
        "victim@x_y.test",
    ] {
        assert_eq!(register(alike), "Invalid parameter(s): Email", "{alike}");
        assert_eq!(init(alike), "Invalid parameter(s): Email", "{alike}");
        if let Ok(email) = Email::new(alike) {
            let asked = InitRegisterRequest::new(email, Mode::Admin);
            let error = InitRegister::encode_request(asked, &SessionCredentials::default()).unwrap_err();
            assert_eq!(error.detail("field"), Some("email"), "{alike}");
        }
    }
    for name in ["payments.xml", "maksut-\u{e4}\u{e4}.xml", "\u{652f}\u{4ed8}.xml", "...", "a b.xml"] {
        assert!(FileName::new(name).is_ok(), "{name}");
    }
    for name in [
        ".",
        "..",
        "",
        "lmx.\u{202e}gpj.exe",
        "a\u{200b}.xml",
        "a\u{2066}b",
        "\u{feff}a",
        "a\u{2028}b",
        "a/b",
        "a\\b",
        "a\nb",
        "\u{3164}",
    ] {
        assert!(FileName::new(name).is_err(), "{name:?}");
    }
}

/// §1.4, §1.7, R06, R07, R12, L15, L16, C07, C11, X8: the server's texts for a request that it cannot read.
#[test]
fn a_server_names_what_is_wrong() {
    let with_phone = |phone| [USER[0], USER[1], ("Phone", phone)];
    for bad in [json!("12345"), json!("12a456"), json!(123_456), json!("１２３４５６")] {
        let phone = request(&with_phone("+358401234567"), json!({"Code": bad}));
        assert_eq!(text_of_refusal::<VerifyPhone>(phone), "Invalid parameter(s): Code");
        let email = request(&USER, json!({"Code": bad, "AccessToken": "t"}));
        assert_eq!(text_of_refusal::<VerifyEmail>(email), "Invalid parameter(s): EmailCode");
    }
    assert_eq!(
        text_of_refusal::<VerifyEmail>(request(&USER, json!({"Code": null}))),
        "Missing parameter(s): AccessToken, Code"
    );
    assert_eq!(
        text_of_refusal::<VerifyEmail>(request(&USER, json!({"Code": "123456", "AccessToken": 1}))),
        "Invalid parameter(s): AccessToken"
    );
    assert_eq!(
        text_of_refusal::<VerifyPhone>(request(&with_phone("358401234567"), json!({"Code": "123456"}))),
        "Invalid parameter(s): Phone"
    );

    let register = |change: &str, value: serde_json::Value| {
        let mut body = json!({"ApiKey": "0", "ChResp": "anything at all", "Company": "C", "Encrypted": "e", "Name": "N", "Phone": "+358401234567"});
        body[change] = value;
        request(&USER, body)
    };
    assert_eq!(text_of_refusal::<Register>(register("Extra", json!(1))), "accepted");
    assert_eq!(text_of_refusal::<Register>(register("ApiKey", json!(0))), "Invalid parameter(s): ApiKey");
    assert_eq!(text_of_refusal::<Register>(register("Phone", json!("0401234567"))), "Invalid parameter(s): Phone");
    assert_eq!(text_of_refusal::<Register>(register("Company", json!(""))), "Missing parameter(s): Company");
    assert_eq!(text_of_refusal::<Register>(register("Name", json!("a\u{7}"))), "Invalid parameter(s): Name");

    let mfa = |mode, change: &str, value: serde_json::Value| {
        let mut body = json!({"Code": "123456", "Session": "s", "ChResp": "left over", "Encrypted": "left over"});
        body[change] = value;
        request(&[USER[0], ("Mode", mode)], body)
    };
    assert_eq!(text_of_refusal::<LoginMfa>(mfa("admin", "SetupTOTP", json!("true"))), "accepted");
    assert_eq!(text_of_refusal::<LoginMfa>(mfa("admin", "SetupTOTP", json!(1))), "Invalid parameter(s): SetupTOTP");
    assert_eq!(text_of_refusal::<LoginMfa>(mfa("data", "Extra", json!(1))), "Invalid parameter(s): Mode");
    assert_eq!(
        text_of_refusal::<LoginMfa>(mfa("admin", "ChallengeName", json!("RETINA"))),
        "Invalid parameter(s): ChallengeName"
    );

    assert_eq!(
        text_of_refusal::<ConfigCerts>(request(&[], json!({"Export": "allowed"}))),
        "Invalid parameter(s): Export"
    );
    assert_eq!(text_of_refusal::<ConfigCerts>(request(&[], json!([]))), "Invalid parameter(s)");
    let import = |bank, keys: serde_json::Value| {
        let mut body = json!({"Certificate": "c", "PrivateKey": "k", "Company": "C", "WsUserId": "w"});
        body.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
        request(&[("Bank", bank)], body)
    };
    assert_eq!(text_of_refusal::<ImportCert>(import("DanskeBank", json!({"EncPrivateKey": "x"}))), "accepted");
    assert_eq!(
        text_of_refusal::<ImportCert>(import("danskebank", json!({"EncPrivateKey": "x", "EncPrivatekey": "y"}))),
        "Invalid parameter(s): EncPrivatekey"
    );
    assert_eq!(text_of_refusal::<ImportCert>(import("nobank", json!({}))), "Invalid parameter bank");

    let list = |query: &[(&str, &str)]| InRequest {
        path: vec![("Bank", "seb".into())],
        query: query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        ..InRequest::default()
    };
    assert_eq!(text_of_refusal::<ListFiles>(list(&[("Status", ""), ("Other", "1"), ("Other", "2")])), "accepted");
    for file_type in ["ALL", ".", ".."] {
        assert_eq!(text_of_refusal::<ListFiles>(list(&[("FileType", file_type)])), "Invalid parameter(s): FileType");
    }
    assert_eq!(text_of_refusal::<ListFiles>(list(&[("Status", "new")])), "Invalid parameter(s): Status");
    assert_eq!(
        text_of_refusal::<ListFiles>(list(&[("Status", "NEW"), ("Status", "NEW")])),
        "Invalid parameter(s): Status"
    );
}
