//! Whole logins, in one call and in steps.

use std::sync::Arc;

use bankchannel::{
    CallOptions,
    ws_channel::{Mode, WsChannel, WsChannelSettings},
};
use serde_json::{Value, json};

use crate::{
    accounts::{CHALLENGE, password_in},
    support::{Act, Answers, PASSWORD, PHONE, Seen, Server, ok, people::API_KEY, refused, settings},
};

const SECRET: &str = "JBSWY3DPEHPK3PXP";

/// A service that requires verification of phone and e-mail and a second factor, each once. Its input decides the next
/// step.
fn service(seen: &Seen, before: &[Seen]) -> Act {
    let done = |path: &str| {
        before.iter().any(|seen| seen.method == "POST" && seen.path == path && seen.json()["Code"] == "222222")
    };
    let answer = |value: Value| Act::Answer(ok(200, value));
    match (seen.method.as_str(), seen.path.as_str()) {
        ("GET", "/v2/session/user%40example.test/admin") => answer(json!({"Challenge": CHALLENGE})),
        ("POST", "/v2/session/user%40example.test/admin") => {
            if !done("/v2/account/user%40example.test/admin/%2B358401234567") {
                answer(json!({"ResponseText": "User authentication failed. Verify phone number with received SMS."}))
            } else if !done("/v2/account/user%40example.test/admin") {
                answer(json!({"ResponseText": "Login OK. Verify email address.", "AccessToken": "mail-token"}))
            } else {
                answer(json!({
                    "ResponseText": "Select MFA type", "ChallengeName": "SELECT_MFA_TYPE", "Session": "choice",
                    "MfaOptions": ["SMS_MFA", "SOFTWARE_TOKEN_MFA"], "SmsDestination": "+*****4567",
                }))
            }
        }
        ("POST", _) => answer(json!({})),
        ("PUT", "/v2/session/user%40example.test/admin/selectmfa") => {
            answer(json!({"ResponseText": "Give SMS code", "ChallengeName": "SMS_MFA", "Session": "sms"}))
        }
        ("PUT", "/v2/session/user%40example.test/admin/mfacode") => answer(json!({})),
        ("PUT", "/v2/session/user%40example.test/admin/verifytotp") => answer(json!({"ResponseText": "TOTP enabled"})),
        other => panic!("unexpected {other:?}"),
    }
}

/// The server reads bodies: its answers depend on the codes in them.
async fn start() -> Arc<Server> {
    let slot: Arc<std::sync::OnceLock<Arc<Server>>> = Arc::default();
    let held = Arc::clone(&slot);
    let server = Arc::new(
        Server::start(move |seen, number| {
            let all = held.get().map(|server| server.seen()).unwrap_or_default();
            service(seen, &all[..number.min(all.len())])
        })
        .await,
    );
    assert!(slot.set(Arc::clone(&server)).is_ok());
    server
}

fn admin(server: &Server) -> WsChannel {
    let settings = WsChannelSettings {
        password: Some(PASSWORD.into()),
        phone: Some(bankchannel::ws_channel::Phone::new(PHONE).unwrap()),
        mode: Some(Mode::Admin),
        seal_key: Some("0123456789abcdef0123456789abcdef".into()),
        ..settings(server)
    };
    WsChannel::new(settings).unwrap()
}

#[tokio::test]
async fn a_new_account_logs_in_through_every_prompt() {
    let server = start().await;
    // The service does not check the second factor's code; the assertion on the last request, a PUT, does.
    let client = admin(&server);
    let answers = Arc::new(Answers::new(&[
        ("phone_code", &["222222"]),
        ("email_code", &["222222"]),
        ("mfa_method", &["sms"]),
        ("sms_code", &["222222"]),
    ]));
    let options = CallOptions { asker: Some(answers.clone()), ..CallOptions::default() };
    let error = client.call_json("ws_channel.log_in", json!({}), options).await.unwrap_err();
    // This service ends the last step with neither token nor prompt: that is a failed login.
    assert_eq!(error.code(), "ws_channel.login_failed");
    assert_eq!(answers.kinds(), ["phone_code", "email_code", "mfa_method", "sms_code"]);
    let choice = &answers.asked()[2];
    assert_eq!(
        (choice.choices.as_slice(), choice.text.contains("+*****4567")),
        (["sms".to_owned(), "totp".to_owned()].as_slice(), true)
    );
    let seen = server.seen();
    assert!(
        seen.iter()
            .filter(|seen| seen.method == "POST" && seen.path.starts_with("/v2/session/"))
            .all(|seen| password_in(seen) == PASSWORD)
    );
    let last = seen.last().unwrap().json();
    assert_eq!(
        (&last["Session"], &last["ChallengeName"], &last["Code"]),
        (&json!("sms"), &json!("SMS_MFA"), &json!("222222"))
    );
}

fn with_factor(
    login: Value,
    mfa: impl Fn(&Value) -> Act + Send + Sync + 'static,
) -> impl Fn(&Seen, usize) -> Act + Send + Sync {
    move |seen, _| match (seen.method.as_str(), seen.path.rsplit('/').next()) {
        ("GET", _) => Act::Answer(ok(200, json!({"Challenge": CHALLENGE}))),
        ("PUT", Some("mfacode")) => mfa(&Value::Null),
        ("PUT", Some("verifytotp")) => Act::Answer(ok(200, json!({"ResponseText": "TOTP enabled"}))),
        _ => Act::Answer(ok(200, login.clone())),
    }
}

fn wants_sms() -> Value {
    json!({"ResponseText": "Give SMS code", "ChallengeName": "SMS_MFA", "Session": "sms"})
}

fn tokens() -> Value {
    json!({"IdToken": "admin-token", "ApiKey": API_KEY, "ExpiresIn": "3600", "ResponseText": "Login OK"})
}

#[tokio::test]
async fn a_wrong_code_is_asked_for_again() {
    let tries = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::start(with_factor(wants_sms(), move |_| {
        if tries.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0 {
            Act::Answer(refused(400, "CodeMismatchException: Invalid verification code provided, please try again."))
        } else {
            Act::Answer(ok(200, tokens()))
        }
    }))
    .await;
    let client = admin(&server);
    let answers = Arc::new(Answers::new(&[("sms_code", &["111111", "222222"])]));
    let options = CallOptions { asker: Some(answers.clone()), ..CallOptions::default() };
    let done = client.call_json("ws_channel.log_in", json!({}), options).await.unwrap().response;
    assert_eq!(done["expires_in"], 3600);
    assert!(answers.asked()[1].text.contains("wrong"));
    let session = client.session();
    assert_eq!(
        (session.mode, session.email.unwrap().as_str(), session.id_token.unwrap().expose()),
        (Some(Mode::Admin), "user@example.test", "admin-token")
    );
}

#[tokio::test]
async fn codes_that_stay_wrong_end_the_login() {
    let server = Server::start(with_factor(wants_sms(), |_| {
        Act::Answer(refused(400, "CodeMismatchException: Invalid verification code provided, please try again."))
    }))
    .await;
    let options =
        CallOptions { asker: Some(Arc::new(Answers::new(&[("sms_code", &["111111"])]))), ..CallOptions::default() };
    let error = admin(&server).call_json("ws_channel.log_in", json!({}), options).await.unwrap_err();
    assert_eq!((error.code(), error.detail("reason")), ("ws_channel.code_refused", Some("invalid_code")));
    assert_eq!(server.seen().iter().filter(|seen| seen.method == "PUT").count(), 3);
}

#[tokio::test]
async fn who_says_sms_gets_one_though_there_is_an_authenticator() {
    let server = Server::start(|seen, _| match (seen.method.as_str(), seen.path.rsplit('/').next()) {
        ("GET", _) => Act::Answer(ok(200, json!({"Challenge": CHALLENGE}))),
        ("PUT", Some("selectmfa")) => Act::Answer(ok(200, wants_sms())),
        ("PUT", Some("mfacode")) => Act::Answer(ok(200, tokens())),
        _ => Act::Answer(ok(
            200,
            json!({"ResponseText": "Give TOTP code", "ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": "totp"}),
        )),
    })
    .await;
    let answers = Arc::new(Answers::new(&[("sms_code", &["222222"])]));
    let options = CallOptions { asker: Some(answers.clone()), ..CallOptions::default() };
    admin(&server).call_json("ws_channel.log_in", json!({"mfa_method": "sms"}), options).await.unwrap();
    assert_eq!(answers.kinds(), ["sms_code"]);
    let selected = server.seen()[2].json();
    assert_eq!((&selected["Session"], &selected["MfaType"]), (&json!("totp"), &json!("SMS_MFA")));
}

#[tokio::test]
async fn nobody_to_ask_is_said_so() {
    let server = Server::start(with_factor(wants_sms(), |_| Act::Stall)).await;
    let error = admin(&server).call_json("ws_channel.log_in", json!({}), CallOptions::default()).await.unwrap_err();
    assert_eq!((error.code(), error.detail("field")), ("input.missing_field", Some("sms_code")));
}

#[tokio::test]
async fn a_login_goes_on_in_another_process() {
    let server = Server::start(with_factor(wants_sms(), |_| Act::Answer(ok(200, tokens())))).await;
    let first = admin(&server);
    let paused = first.call_json("ws_channel.begin_log_in", json!({}), CallOptions::default()).await.unwrap().response;
    assert_eq!(
        (&paused["state"], &paused["kind"], &paused["wrong"]),
        (&json!("needs_code"), &json!("sms_code"), &json!(0))
    );
    let sealed = paused["sealed"].as_str().unwrap();
    assert!(!sealed.contains("sms"));
    // A second client, as in another process.
    let second = admin(&server);
    let go_on = json!({"sealed": sealed, "code": "222222"});
    let done = second.call_json("ws_channel.continue_log_in", go_on, CallOptions::default()).await.unwrap().response;
    assert_eq!(done["state"], "authenticated");
    assert!(second.session().is_logged_in() && !first.session().is_logged_in());
    assert_eq!(server.seen().last().unwrap().json()["Session"], "sms");
    // With another key, or for another service, it is unusable.
    let wrong = json!({"sealed": sealed, "code": "222222", "seal_key": "another key of the right length..."});
    let error = second.call_json("ws_channel.continue_log_in", wrong, CallOptions::default()).await.unwrap_err();
    assert_eq!((error.detail("field"), error.detail("reason")), (Some("sealed"), Some("wrong_key")));
    let elsewhere = admin(&Server::in_turn([Act::Stall]).await);
    let error = elsewhere
        .call_json("ws_channel.continue_log_in", json!({"sealed": sealed, "code": "222222"}), CallOptions::default())
        .await
        .unwrap_err();
    assert_eq!(error.detail("reason"), Some("other_service"));
}

#[tokio::test]
async fn a_continuation_that_lacks_the_password_uses_no_code_up() {
    let wants = json!({"ResponseText": "User authentication failed. Verify phone number with received SMS."});
    let server = Server::start(with_factor(wants, |_| Act::Stall)).await;
    let paused = admin(&server).call_json("ws_channel.begin_log_in", json!({}), CallOptions::default()).await.unwrap();
    let forgetful = WsChannel::new(WsChannelSettings { password: None, ..admin(&server).settings().clone() }).unwrap();
    let before = server.seen().len();
    let go_on = json!({"sealed": paused.response["sealed"], "code": "222222"});
    let error = forgetful.call_json("ws_channel.continue_log_in", go_on, CallOptions::default()).await.unwrap_err();
    assert_eq!((error.code(), error.detail("field")), ("input.missing_field", Some("password")));
    assert_eq!((error.outcome(), server.seen().len()), (Some(bankchannel::CallOutcome::NotSent), before));
}

#[tokio::test]
async fn an_authenticator_is_enrolled() {
    let mut answer = tokens();
    for (key, value) in [
        ("SecretCode", SECRET),
        ("OtpauthUri", "otpauth://totp/ISECure:user?secret=JBSWY3DPEHPK3PXP&issuer=ISECure"),
        ("AccessToken", "enrol-token"),
    ] {
        answer[key] = json!(value);
    }
    let server = Server::start(with_factor(wants_sms(), move |_| Act::Answer(ok(200, answer.clone())))).await;
    let answers = Arc::new(Answers::new(&[("sms_code", &["222222"]), ("totp_code", &["333333"])]));
    let options = CallOptions { asker: Some(answers.clone()), ..CallOptions::default() };
    let done = admin(&server).call_json("ws_channel.enrol_totp", json!({}), options.clone()).await.unwrap().response;
    assert_eq!((&done["secret_code"], &done["response_text"]), (&json!(SECRET), &json!("TOTP enabled")));
    // The key is separate from the text: texts are shown, logged and put into errors.
    let asked = &answers.asked()[1];
    assert_eq!(asked.secret.as_ref().unwrap().expose(), SECRET);
    assert!(!format!("{asked:?}").contains(SECRET));
    let nobody = admin(&server)
        .call_json("ws_channel.enrol_totp", json!({"code": "222222"}), CallOptions::default())
        .await
        .unwrap_err();
    assert_eq!(nobody.detail("field"), Some("totp_code"));
    assert!(!nobody.to_json().to_string().contains(SECRET));
    let seen = server.seen();
    assert_eq!(
        (&seen[2].json()["SetupTOTP"], &seen[3].json()["AccessToken"], &seen[3].json()["Code"]),
        (&json!(true), &json!("enrol-token"), &json!("333333"))
    );
    admin(&server)
        .call_json("ws_channel.enrol_totp", json!({"compute_code": true, "code": "222222"}), CallOptions::default())
        .await
        .unwrap();
    let computed = server.seen().last().unwrap().json()["Code"].as_str().unwrap().to_owned();
    assert!(computed.len() == 6 && computed.bytes().all(|byte| byte.is_ascii_digit()));
}
