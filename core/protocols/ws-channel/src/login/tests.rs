//! The tables of §3.4, §3.6 and §8.1, and whole logins.
#![allow(clippy::unwrap_used)]

use bankchannel_foundation::{
    Error,
    message::InResponse,
    model::{read_boundary, write_boundary},
    operation::Exchange,
};
use serde_json::{Value, json};

use super::*;
use crate::{
    model::{ApiKey, Challenge, Email, EncryptedPassword, Mode, OneTimeCode, Phone},
    operations::session::{login::Login, login_mfa::LoginMfa, select_mfa::SelectMfa},
};

const KEY: &str = "4vN6hGHrav31smM0Ha1k15MDlZKOEGn43UToWTt2";
const OTHER_KEY: &str = "AAAA6hGHrav31smM0Ha1k15MDlZKOEGn43UToWTt";
const PHONE_TEXT: &str = "User authentication failed. Verify phone number with received SMS.";
const EMAIL_TEXT: &str = "Login OK. Verify email address.";

fn answered<O: Exchange>(text: &str, keys: Value) -> Result<O::Response, Error> {
    let mut body = json!({"ResponseCode": "00", "ResponseText": text});
    body.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
    O::decode_response(InResponse::new(200, body.to_string()))
}

fn refused(text: &str) -> Error {
    let body = json!({"RequestId": "r", "ResponseCode": "01", "ResponseText": text}).to_string();
    let answer = InResponse::new(400, body);
    LoginMfa::decode_response(answer).unwrap_err()
}

fn tokens() -> Value {
    json!({"IdToken": "token", "ApiKey": KEY, "ExpiresIn": "3600"})
}

fn sms(session: &str) -> Value {
    json!({"Session": session, "ChallengeName": "SMS_MFA"})
}

fn key(text: &str) -> ApiKey {
    ApiKey::new(text).unwrap()
}

/// The state in one word; `error` for an answer that breaks the protocol.
fn word(text: &str, keys: Value, configured: Option<&str>) -> String {
    let configured = configured.map(key);
    let state = answered::<Login>(text, keys).and_then(|answer| LoginState::from_answer(answer, configured.as_ref()));
    match state {
        Ok(state) => {
            let state = write_boundary(state);
            let detail = ["method", "reason"].iter().find_map(|name| state[name].as_str());
            format!("{} {}", state["state"].as_str().unwrap(), detail.unwrap_or_default()).trim().to_owned()
        }
        Err(error) => format!("error {}", error.code()),
    }
}

/// §2.8's five columns, then contradictory answers: K17, K18, K19, K21, K22, L01, L02, L11, R09, R13.
#[test]
fn keys_decide_first_and_texts_second() {
    let choice =
        json!({"Session": "s", "ChallengeName": "SELECT_MFA_TYPE", "MfaOptions": ["SMS_MFA", "SOFTWARE_TOKEN_MFA"]});
    for (text, keys, expected) in [
        ("Login OK", tokens(), "authenticated"),
        ("Login OK", json!({"IdToken": "t", "ApiKey": KEY, "ExpiresIn": 3600}), "authenticated"),
        ("Login OK", json!({"IdToken": "t", "ApiKey": KEY}), "authenticated"),
        ("Login OK", json!({"IdToken": "t"}), "error peer.protocol"),
        ("Login OK", json!({"IdToken": "", "ApiKey": KEY}), "failed unknown"),
        ("Login OK", json!({"IdToken": "t", "ApiKey": KEY, "ExpiresIn": "0"}), "error peer.protocol"),
        ("Login OK", json!({"IdToken": "t", "ApiKey": KEY, "ExpiresIn": "x"}), "error peer.protocol"),
        ("Login OK", json!({"IdToken": "t", "ApiKey": KEY, "ExpiresIn": 86401}), "error peer.protocol"),
        ("Give SMS code", sms("s"), "needs_mfa sms"),
        ("anything", sms("s"), "needs_mfa sms"),
        ("Give SMS code", json!({"Session": "s"}), "needs_mfa sms"),
        ("Give authenticator code", json!({"Session": "s"}), "needs_mfa totp"),
        ("Give SMS code", json!({"Session": "s", "ChallengeName": "SOFTWARE_TOKEN_MFA"}), "needs_mfa totp"),
        ("GIVE sms CODE", json!({}), "error peer.protocol"),
        ("Give SMS code", json!({"ChallengeName": "SMS_MFA"}), "error peer.protocol"),
        ("Select MFA type", choice, "needs_mfa_selection"),
        ("Select MFA type", json!({"Session": "s", "ChallengeName": "SELECT_MFA_TYPE"}), "error peer.protocol"),
        (
            "Select MFA type",
            json!({"Session": "s", "ChallengeName": "SELECT_MFA_TYPE", "MfaOptions": ["RETINA"]}),
            "error peer.protocol",
        ),
        (
            "Select MFA type",
            json!({"ChallengeName": "SELECT_MFA_TYPE", "MfaOptions": ["SMS_MFA"]}),
            "error peer.protocol",
        ),
        ("Give SMS code", json!({"Session": "s", "ChallengeName": "RETINA"}), "error peer.protocol"),
        (PHONE_TEXT, json!({}), "needs_phone_verification"),
        (PHONE_TEXT, sms("s"), "needs_phone_verification"),
        (EMAIL_TEXT, json!({"AccessToken": "a"}), "needs_email_verification"),
        ("anything", json!({"AccessToken": "a"}), "needs_email_verification"),
        (EMAIL_TEXT, json!({}), "failed missing_access_token"),
        (EMAIL_TEXT, sms("s"), "failed missing_access_token"),
        (EMAIL_TEXT, json!({"AccessToken": ""}), "failed missing_access_token"),
        ("Login OK", json!({}), "failed unknown"),
    ] {
        assert_eq!(word(text, keys.clone(), Some("0")), expected, "{text} {keys}");
    }
    assert_eq!(word("Login OK", tokens(), Some(KEY)), "authenticated");
    assert_eq!(word("Login OK", tokens(), None), "authenticated");
    assert_eq!(word("Login OK", tokens(), Some(OTHER_KEY)), "error ws_channel.api_key_differs");
    assert_eq!(word("Login OK", json!({"IdToken": "t"}), Some(KEY)), "authenticated");
}

/// K23: the reasons of §8.1, first match wins.
#[test]
fn the_text_gives_the_reason() {
    for (text, reason) in [
        ("Too many tries, expired", "too_many_attempts"),
        ("LimitExceededException: Attempt limit exceeded, please try after some time.", "too_many_attempts"),
        ("ExpiredCodeException: Invalid code provided, please request a code again.", "expired_code"),
        ("Please request a new code", "resend_required"),
        ("Email already verified", "already_verified"),
        ("User is not confirmed", "unconfirmed"),
        ("Phone not verified", "not_verified"),
        ("CodeMismatchException: Invalid verification code provided, please try again.", "invalid_code"),
        ("User authentication failed.", "unknown"),
    ] {
        let failed = Failed::from_error(&refused(text)).unwrap();
        assert_eq!(failed.reason.as_str(), reason, "{text}");
        assert_eq!(failed.response_code.as_deref(), Some("01"));
    }
}

fn machine(mode: Mode) -> LoginMachine {
    LoginMachine::new(Setup {
        email: Email::new("user@example.test").unwrap(),
        mode,
        phone: Some(Phone::new("+358401234567").unwrap()),
        api_key: None,
        factor: None,
        setup_totp: false,
    })
}

/// Serialises and loads the machine, as another process would.
fn moved(machine: LoginMachine) -> LoginMachine {
    let text = write_boundary(machine).to_string();
    read_boundary(serde_json::from_str::<Value>(&text).unwrap()).unwrap()
}

fn to_challenge(machine: &mut LoginMachine) {
    assert!(matches!(machine.step(), LoginStep::FetchChallenge(_)), "{:?}", machine.step());
    machine.give_challenge(Challenge::new("n|1494962070679|u").unwrap()).unwrap();
    let LoginStep::SendLogin(challenge) = machine.step() else { panic!("{:?}", machine.step()) };
    let request = machine.login_request(EncryptedPassword::new("AAAA").unwrap()).unwrap();
    assert_eq!(request.ch_resp.expose(), challenge.expose());
}

fn login(machine: &mut LoginMachine, text: &str, keys: Value) {
    to_challenge(machine);
    machine.login_answer(answered::<Login>(text, keys).unwrap()).unwrap();
}

fn code(machine: &mut LoginMachine, kind: CodeKind) {
    let LoginStep::AskCode(wanted) = machine.step() else { panic!("{:?}", machine.step()) };
    assert_eq!(wanted.kind, kind);
    machine.give_code(OneTimeCode::new("123456").unwrap()).unwrap();
}

/// L28: phone, then e-mail, then MFA, each prompt once; each step in a separate process.
#[test]
fn a_first_login_from_beginning_to_end() {
    let mut it = machine(Mode::Admin);
    login(&mut it, PHONE_TEXT, json!({}));
    it = moved(it);
    code(&mut it, CodeKind::Phone);
    it = moved(it);
    let LoginStep::VerifyPhone(request) = it.step() else { panic!() };
    assert_eq!(request.phone.as_str(), "+358401234567");
    let state = it.verified("Phone confirmation successful.".into()).unwrap();
    assert!(matches!(state, LoginState::VerificationAccepted(VerificationAccepted { verified: Verified::Phone, .. })));
    login(&mut it, EMAIL_TEXT, json!({"AccessToken": "a"}));
    code(&mut it, CodeKind::Email);
    it = moved(it);
    let LoginStep::VerifyEmail(request) = it.step() else { panic!() };
    assert_eq!(request.access_token.expose(), "a");
    it.verified("Email verification successful.".into()).unwrap();
    login(&mut it, "Give SMS code", sms("s1"));
    code(&mut it, CodeKind::MfaSms);
    it = moved(it);
    let LoginStep::SendMfa(request) = it.step() else { panic!() };
    assert_eq!(request.session.expose(), "s1");
    it.mfa_answer(answered::<LoginMfa>("Login OK", tokens()).unwrap()).unwrap();
    let LoginStep::Done(done) = moved(it).step() else { panic!() };
    assert_eq!((done.id_token.expose(), done.expires_in.unwrap().seconds()), ("token", 3600));
}

/// The authenticator is chosen if it is offered; the choice allows a second MFA step.
#[test]
fn the_choice_of_a_factor() {
    let choice = |options: Value| json!({"Session": "s1", "ChallengeName": "SELECT_MFA_TYPE", "MfaOptions": options, "SmsDestination": "+*****4567"});
    let mut it = machine(Mode::Admin);
    login(&mut it, "Select MFA type", choice(json!(["SMS_MFA", "SOFTWARE_TOKEN_MFA"])));
    it = moved(it);
    assert_eq!(it.choice(), Some((&[MfaMethod::Sms, MfaMethod::Totp][..], Some("+*****4567"))));
    let LoginStep::SelectMfa(request) = it.step() else { panic!() };
    assert_eq!((request.mfa_type.as_str(), request.session.expose()), ("SOFTWARE_TOKEN_MFA", "s1"));
    let picked = json!({"Session": "s2", "ChallengeName": "SOFTWARE_TOKEN_MFA"});
    it.selection_answer(answered::<SelectMfa>("Give authenticator code", picked).unwrap()).unwrap();
    // Back to SMS instead (§3.4); this service omits the new handle.
    it.choose(MfaMethod::Sms).unwrap();
    let LoginStep::SelectMfa(request) = it.step() else { panic!() };
    assert_eq!((request.mfa_type.as_str(), request.session.expose()), ("SMS_MFA", "s2"));
    it.selection_answer(answered::<SelectMfa>("Give SMS code", json!({})).unwrap()).unwrap();
    code(&mut it, CodeKind::MfaSms);
    let LoginStep::SendMfa(request) = it.step() else { panic!() };
    assert_eq!(request.session.expose(), "s2");

    let mut only_sms = machine(Mode::Admin);
    login(&mut only_sms, "Select MFA type", choice(json!(["RETINA", "SMS_MFA"])));
    let LoginStep::SelectMfa(request) = only_sms.step() else { panic!() };
    assert_eq!(request.mfa_type.as_str(), "SMS_MFA");
    assert!(only_sms.choose(MfaMethod::Totp).is_err());
}

/// A service that asks for the same step twice is stopped, whatever the step.
#[test]
fn a_repeated_prompt_stalls() {
    for (text, keys, kind, step) in [
        (PHONE_TEXT, json!({}), CodeKind::Phone, "phone_verification"),
        (EMAIL_TEXT, json!({"AccessToken": "a"}), CodeKind::Email, "email_verification"),
    ] {
        let mut it = machine(Mode::Data);
        login(&mut it, text, keys.clone());
        code(&mut it, kind);
        it.verified("OK".into()).unwrap();
        login(&mut it, text, keys);
        let LoginStep::Stalled(stalled) = moved(it).step() else { panic!("{text}") };
        assert_eq!((stalled.step.as_str(), stalled.transitions), (step, 1));
    }
    let mut it = machine(Mode::Admin);
    login(&mut it, "Give SMS code", sms("s1"));
    code(&mut it, CodeKind::MfaSms);
    // K21: another MFA step, whatever tokens the client already has; this is the second MFA step.
    let state = it.mfa_answer(answered::<LoginMfa>("Give SMS code", sms("s2")).unwrap()).unwrap();
    assert!(matches!(state, LoginState::Stalled(Stalled { step: Prompt::Mfa, transitions: 1 })));
}

/// Choices in a circle end after eight prompts.
#[test]
fn circles_are_bounded() {
    let mut it = machine(Mode::Admin);
    let totp = json!({"Session": "s", "ChallengeName": "SOFTWARE_TOKEN_MFA"});
    login(&mut it, "Give authenticator code", totp.clone());
    let mut rounds = 0;
    while it.choose(MfaMethod::Sms).is_ok() && matches!(it.step(), LoginStep::SelectMfa(_)) {
        it.selection_answer(answered::<SelectMfa>("Give authenticator code", totp.clone()).unwrap()).unwrap();
        rounds += 1;
        assert!(rounds < 10);
    }
    let LoginStep::Stalled(stalled) = it.step() else { panic!("{:?}", it.step()) };
    assert_eq!(stalled.transitions, MAX_TRANSITIONS);
}

/// A wrong code is asked for again, up to three times; any other refusal ends the login.
#[test]
fn refusals() {
    let wrong = refused("CodeMismatchException: Invalid verification code provided, please try again.");
    let mut it = machine(Mode::Admin);
    login(&mut it, "Give SMS code", sms("s"));
    for tries in 0..MAX_CODE_TRIES {
        assert!(matches!(it.step(), LoginStep::AskCode(CodeWanted { wrong, .. }) if wrong == tries), "{:?}", it.step());
        it.give_code(OneTimeCode::new("000000").unwrap()).unwrap();
        it.refused(&wrong);
    }
    let LoginStep::Failed(failed) = it.step() else { panic!() };
    assert_eq!(failed.reason, FailureReason::InvalidCode);

    let mut it = machine(Mode::Data);
    to_challenge(&mut it);
    it.refused(&refused("User authentication failed."));
    assert!(matches!(it.step(), LoginStep::Failed(Failed { reason: FailureReason::Unknown, .. })));

    // The connection broke: the challenge may be used up, so the login starts again.
    let mut it = machine(Mode::Data);
    to_challenge(&mut it);
    it.refused(&Error::new(&bankchannel_foundation::error::row::CONNECTION_LOST));
    assert!(matches!(it.step(), LoginStep::FetchChallenge(_)));
}

/// §8.6: a code with an unknown outcome is asked for again, never resent; after a 429 the login continues from the same
/// step.
#[test]
fn what_is_no_refusal_does_not_end_the_login() {
    use bankchannel_foundation::{CallOutcome, error::row};

    let limited = {
        let body = json!({"RequestId": "r", "ResponseCode": "01", "ResponseText": "Too many requests"}).to_string();
        let answer = InResponse::new(429, body);
        LoginMfa::decode_response(answer).unwrap_err()
    };
    let lost = Error::new(&row::CONNECTION_LOST).with_outcome(CallOutcome::Unknown);
    let not_sent = Error::new(&row::CONNECT_FAILED).with_outcome(CallOutcome::NotSent);
    for (text, keys, kind) in [
        ("Give SMS code", sms("s"), CodeKind::MfaSms),
        (PHONE_TEXT, json!({}), CodeKind::Phone),
        (EMAIL_TEXT, json!({"AccessToken": "a"}), CodeKind::Email),
    ] {
        let mut it = machine(Mode::Admin);
        login(&mut it, text, keys);
        for error in [&lost, &limited] {
            code(&mut it, kind);
            it.refused(error);
            assert!(
                matches!(it.step(), LoginStep::AskCode(CodeWanted { kind: asked, wrong: 0, .. }) if asked == kind),
                "{error}: {:?}",
                it.step()
            );
        }
        code(&mut it, kind);
        it.refused(&not_sent);
        assert!(!matches!(it.step(), LoginStep::AskCode(_)), "what never left is still to be sent");
    }
    let mut it = machine(Mode::Data);
    to_challenge(&mut it);
    it.refused(&limited);
    assert!(matches!(it.step(), LoginStep::SendLogin(_)));
}

#[test]
fn out_of_step_calls_change_nothing() {
    let mut it = machine(Mode::Data);
    let before = write_boundary(it.clone());
    assert!(it.give_code(OneTimeCode::new("123456").unwrap()).is_err());
    assert!(it.verified(String::new()).is_err());
    assert!(it.choose(MfaMethod::Sms).is_err());
    assert!(it.login_request(EncryptedPassword::new("AAAA").unwrap()).is_err());
    assert!(it.login_answer(answered::<Login>("Login OK", tokens()).unwrap()).is_err());
    assert!(it.mfa_answer(answered::<LoginMfa>("Login OK", tokens()).unwrap()).is_err());
    assert!(it.selection_answer(answered::<SelectMfa>("OK", json!({})).unwrap()).is_err());
    assert!(it.give_phone(Phone::new("+358401234567").unwrap()).is_err());
    assert_eq!(write_boundary(it), before);
}

/// The phone may be missing from the profile; secrets are never shown.
#[test]
fn a_missing_phone_is_asked_for_and_nothing_secret_shows() {
    let mut it = machine(Mode::Data);
    it = {
        let mut setup = it.setup().clone();
        setup.phone = None;
        LoginMachine::new(setup)
    };
    login(&mut it, PHONE_TEXT, json!({}));
    assert!(matches!(it.step(), LoginStep::AskCode(CodeWanted { phone_missing: true, .. })));
    it.give_phone(Phone::new("+358401234567").unwrap()).unwrap();
    it.give_code(OneTimeCode::new("918273").unwrap()).unwrap();
    assert!(matches!(it.step(), LoginStep::VerifyPhone(_)));
    assert!(!format!("{it:?} {:?}", it.step()).contains("918273"));
}
