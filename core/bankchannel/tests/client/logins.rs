//! Login answers that must not be trusted, and the key on which this depends (docs/protocols/ws-channel.md §11.8
//! K17–K24).

use std::sync::Arc;

use bankchannel::{
    CallOptions, CallOutcome,
    ws_channel::{ApiKey, Mode, WsChannel, WsChannelSettings},
};
use serde_json::{Value, json};

use crate::{
    sessions::CHALLENGE,
    support::{Act, Answers, PASSWORD, Server, ok, people::API_KEY, refused, session, settings},
};

/// Gives this answer to every login.
async fn answering(login: impl Fn() -> Act + Send + Sync + 'static) -> Server {
    Server::start(move |seen, _| match seen.method.as_str() {
        "GET" => Act::Answer(ok(200, json!({"Challenge": CHALLENGE}))),
        _ => login(),
    })
    .await
}

fn with_password(server: &Server) -> WsChannelSettings {
    WsChannelSettings {
        password: Some(PASSWORD.into()),
        seal_key: Some("s".repeat(32).into()),
        mode: Some(Mode::Admin),
        ..settings(server)
    }
}

async fn log_in(server: &Server) -> bankchannel::Result<Value> {
    let client = WsChannel::new(with_password(server)).unwrap();
    client.set_session(bankchannel::ws_channel::Session { id_token: None, ends: None, ..session("t", Mode::Admin) });
    let options = CallOptions { asker: Some(Arc::new(Answers::new(&[]))), ..CallOptions::default() };
    client.call_json("ws_channel.log_in", json!({}), options).await.map(|done| done.response)
}

#[tokio::test]
async fn k17_an_unknown_challenge_ends_the_login() {
    let server = answering(|| {
        Act::Answer(ok(200, json!({"Session": "s", "ChallengeName": "NEW_FACTOR", "ResponseText": "Give SMS code"})))
    })
    .await;
    assert_eq!(log_in(&server).await.unwrap_err().code(), "peer.protocol");
}

#[tokio::test]
async fn k18_an_email_prompt_without_its_token_is_a_failure() {
    let server =
        answering(|| Act::Answer(ok(200, json!({"Session": "s", "ResponseText": "Login OK. Verify email address."}))))
            .await;
    let error = log_in(&server).await.unwrap_err();
    assert_eq!((error.code(), error.detail("reason")), ("ws_channel.login_failed", Some("missing_access_token")));
}

#[tokio::test]
async fn k19_another_api_key_than_ours_is_not_believed() {
    let foreign = "ForeignKeyForeignKeyForeignKeyForeignKey";
    let server = answering(move || {
        Act::Answer(ok(200, json!({"IdToken": "t", "ApiKey": foreign, "ExpiresIn": 60, "ResponseText": "Login OK"})))
    })
    .await;
    for configured in [Some(API_KEY), Some("0"), None] {
        let api_key = configured.map(|key| ApiKey::new(key).unwrap());
        let client = WsChannel::new(WsChannelSettings { api_key, ..with_password(&server) }).unwrap();
        let result = client.call_json("ws_channel.log_in", json!({"mode": "data"}), CallOptions::default()).await;
        if configured == Some(API_KEY) {
            let error = result.unwrap_err();
            assert_eq!((error.code(), error.detail("field")), ("ws_channel.api_key_differs", Some("api_key")));
            assert!(!error.to_json().to_string().contains(foreign) && !client.session().is_logged_in());
        } else {
            result.unwrap();
            assert_eq!(client.session().api_key.unwrap().expose(), foreign);
        }
    }
}

#[tokio::test]
async fn k21_a_prompt_is_no_login_whatever_tokens_there_are() {
    let server = answering(|| {
        Act::Answer(ok(200, json!({"Session": "s", "ChallengeName": "SMS_MFA", "ResponseText": "Give SMS code"})))
    })
    .await;
    let client = WsChannel::new(with_password(&server)).unwrap();
    client.set_session(session("former", Mode::Data));
    let done = client.call_json("ws_channel.begin_log_in", json!({}), CallOptions::default()).await.unwrap().response;
    assert_eq!((&done["state"], &done["kind"]), (&json!("needs_code"), &json!("sms_code")));
    assert_eq!(client.session().id_token.unwrap().expose(), "former", "absent values keep the old ones");
}

#[tokio::test]
async fn k22_the_phone_comes_before_the_second_factor() {
    let text = "User authentication failed. Verify phone number with received SMS.";
    let server = answering(move || Act::Answer(ok(200, json!({"Session": "s", "ResponseText": text})))).await;
    let client = WsChannel::new(with_password(&server)).unwrap();
    let done = client.call_json("ws_channel.begin_log_in", json!({}), CallOptions::default()).await.unwrap().response;
    assert_eq!(
        (&done["state"], &done["kind"], &done["phone_missing"]),
        (&json!("needs_code"), &json!("phone_code"), &json!(true))
    );
}

#[tokio::test]
async fn k23_reasons_of_failed_logins() {
    let cases = [
        ("Too many attempts", "too_many_attempts"),
        ("LimitExceededException: Attempt limit exceeded, please try after some time.", "too_many_attempts"),
        ("ExpiredCodeException: Invalid code provided, please request a code again.", "expired_code"),
        ("Please request a new one", "resend_required"),
        ("Email already verified", "already_verified"),
        ("User is not confirmed", "unconfirmed"),
        ("Phone not verified", "not_verified"),
        ("CodeMismatchException: Invalid verification code provided, please try again.", "invalid_code"),
        ("Something else", "unknown"),
    ];
    for (text, reason) in cases {
        let server = answering(move || Act::Answer(ok(200, json!({"ResponseText": text})))).await;
        let error = log_in(&server).await.unwrap_err();
        assert_eq!((error.code(), error.detail("reason")), ("ws_channel.login_failed", Some(reason)), "{text}");
        let server = answering(move || Act::Answer(refused(400, text))).await;
        let error = log_in(&server).await.unwrap_err();
        assert_eq!(error.detail("reason").unwrap_or("unknown"), reason, "{text}");
    }
}

/// Made with `openssl genrsa 1024 | openssl rsa -pubout`; the private half was not kept.
const SHORT_KEY: &str = "\
-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCzfYyR0HHwrILYfrEktfRBgGrK
WNkT0qEB/LCmPbR0+AlOl4AaBE6/rUSzE32tXk18EJx8ClBXonhlFBG2E6a9Qsn5
XJLtrt9Bddrc7OE4Liub33DkQFrhkvYv36PfnOtLZAID0FZ+dnFD3BymIFg5bkYA
u+dZiSjr3BKeRzfXUwIDAQAB
-----END PUBLIC KEY-----
";

#[tokio::test]
async fn k24_a_short_key_is_refused_and_nothing_is_sent() {
    let server = Server::in_turn([Act::Stall]).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key.pem");
    std::fs::write(&file, SHORT_KEY).unwrap();
    let as_text = WsChannelSettings { public_key_pem: Some(SHORT_KEY.into()), ..with_password(&server) };
    let as_file = WsChannelSettings {
        public_key_pem: None,
        public_key_file: Some(file.display().to_string()),
        ..with_password(&server)
    };
    for (settings, field) in [(as_text, "public_key_pem"), (as_file, "public_key_file")] {
        let error = WsChannel::new(settings)
            .unwrap()
            .call_json("ws_channel.log_in", json!({}), CallOptions::default())
            .await
            .unwrap_err();
        assert_eq!(
            (error.code(), error.detail("field"), error.outcome()),
            ("configuration.invalid", Some(field), Some(CallOutcome::NotSent))
        );
        assert!(error.message().contains("2048"), "{error}");
    }
    assert_eq!(server.connections(), 0);
}
