//! For any answers of a service: a login ends, is complete only with a token, and can be moved at any point.
#![allow(clippy::unwrap_used)]

use bankchannel_foundation::{
    message::InResponse,
    model::{read_boundary, write_boundary},
    operation::Exchange,
};
use proptest::{option, prelude::*, sample::select};
use serde_json::{Map, Value, json};

use super::*;
use crate::{
    model::{Challenge, Email, EncryptedPassword, Mode, OneTimeCode, Phone},
    operations::session::{login::Login, login_mfa::LoginMfa, select_mfa::SelectMfa},
};

/// An answer that may mix all columns of §2.8.
fn answer() -> impl Strategy<Value = Map<String, Value>> {
    let text = select(vec![
        "Login OK",
        "Give SMS code",
        "Give authenticator code",
        "Select MFA type",
        "User authentication failed. Verify phone number with received SMS.",
        "Login OK. Verify email address.",
        "something else",
    ]);
    let name = option::of(select(vec!["SMS_MFA", "SOFTWARE_TOKEN_MFA", "SELECT_MFA_TYPE", "RETINA"]));
    let flags = proptest::collection::vec(prop::bool::weighted(0.4), 6);
    (text, name, flags, prop::bool::weighted(0.05)).prop_map(|(text, name, flags, token)| {
        let optional = [
            ("Session", json!("s")),
            ("AccessToken", json!("a")),
            ("MfaOptions", json!(["SMS_MFA", "SOFTWARE_TOKEN_MFA"])),
            ("SecretCode", json!("JBSWY3DPEHPK3PXP")),
            ("ApiKey", json!("4vN6hGHrav31smM0Ha1k15MDlZKOEGn43UToWTt2")),
            ("ExpiresIn", json!("3600")),
        ];
        let mut map = Map::new();
        map.insert("ResponseCode".into(), json!("00"));
        map.insert("ResponseText".into(), json!(text));
        map.extend(name.map(|name| ("ChallengeName".to_owned(), json!(name))));
        map.extend(token.then(|| ("IdToken".to_owned(), json!("token"))));
        let kept = optional.into_iter().zip(flags).filter(|(_, kept)| *kept);
        map.extend(kept.map(|((name, value), _)| (name.to_owned(), value)));
        map
    })
}

fn decoded<O: Exchange>(answer: &Map<String, Value>) -> O::Response {
    let body = Value::Object(answer.clone()).to_string();
    O::decode_response(InResponse::new(200, body)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_login_ends(answers in proptest::collection::vec(answer(), 20)) {
        let mut it = LoginMachine::new(Setup {
            email: Email::new("user@example.test").unwrap(),
            mode: Mode::Admin,
            phone: Some(Phone::new("+358401234567").unwrap()),
            api_key: None,
            factor: None,
            setup_totp: false,
        });
        let mut tokens = false;
        let mut answers = answers.iter();
        loop {
            let written = write_boundary(it);
            it = read_boundary(written.clone()).unwrap();
            prop_assert_eq!(write_boundary(it.clone()), written);
            let answered = match it.step() {
                LoginStep::FetchChallenge(_) => it.give_challenge(Challenge::new("n|1494962070679|u").unwrap()).map(|()| None),
                LoginStep::AskCode(_) => it.give_code(OneTimeCode::new("123456").unwrap()).map(|()| None),
                LoginStep::VerifyPhone(_) | LoginStep::VerifyEmail(_) => it.verified("OK".into()).map(Some),
                LoginStep::Done(_) => {
                    prop_assert!(tokens, "complete without a token");
                    break;
                }
                LoginStep::Failed(_) | LoginStep::Stalled(_) => break,
                sent => {
                    // At most eight prompts, each with its answer and a login request before and after it.
                    let answer = answers.next().expect("a login ends before twenty answers");
                    tokens |= answer.contains_key("IdToken");
                    match sent {
                        LoginStep::SendLogin(_) => {
                            it.login_request(EncryptedPassword::new("AAAA").unwrap()).unwrap();
                            it.login_answer(decoded::<Login>(answer)).map(Some)
                        }
                        LoginStep::SendMfa(_) => it.mfa_answer(decoded::<LoginMfa>(answer)).map(Some),
                        _ => it.selection_answer(decoded::<SelectMfa>(answer)).map(Some),
                    }
                }
            };
            if let Err(error) = answered {
                prop_assert_eq!(error.code(), "peer.protocol");
                break;
            }
        }
    }
}
