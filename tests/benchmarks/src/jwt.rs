//! JWTs of Salt Edge: verified, received as typed requests and signed, compared with the RSA operation alone over the
//! same bytes.

use std::{hint::black_box, time::Duration};

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeyPair,
    signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256},
};
use bankchannel::{
    message::Headers,
    model::{Object, Value},
    salt_edge_connector::{
        envelope::{EnvelopeVerifier, sign},
        receive::RequestReceiver,
    },
};
use bankchannel_crypto::{
    rsa::RsaPrivateKey,
    signature::{SigningKey, VerifyingKey},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::table::{Bound, Table, paired, us};

const RUNS: usize = 501;
const SIGNATURES: u32 = 3;
const VERIFICATIONS: u32 = 64;
const NOW_S: i64 = 1_795_000_000;

/// The whole JWT of the first measurement, bytes.
const JWT: usize = 1200;
/// The same for a request for a token.
const TOKEN_REQUEST: usize = 2100;

pub(crate) fn measure(table: &mut Table) {
    let private = RsaPrivateKey::generate(2048).expect("a key");
    let key = SigningKey::from_private_key(&private).expect("a key");
    let pair = KeyPair::from_pkcs8(&der(&private.to_pkcs8_pem())).expect("a key");
    let public = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.spki_der()).expect("a key");
    let verifier =
        EnvelopeVerifier::new(vec![VerifyingKey::from_spki_der(key.spki_der()).expect("a key")]).expect("fits");

    let jwt =
        of_size(JWT, &key, |padding| data(&format!(r#"{{"session_secret":"s","extra":{{"text":"{padding}"}}}}"#)));
    let (text, signature) = jwt.rsplit_once('.').expect("three parts");
    let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    let bare = || public.verify_sig(black_box(text.as_bytes()), &signature).expect("verifies");
    let ours = || drop(black_box(verifier.open(black_box(&jwt), NOW_S).expect("passes")));
    against(table, "verify a JWT of 1.2 kB to its claims", ours, bare, VERIFICATIONS, 1.15);

    let jwt = of_size(TOKEN_REQUEST, &key, |padding| data(&token_request(padding)));
    let (text, signature) = jwt.rsplit_once('.').expect("three parts");
    let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    let receiver = RequestReceiver {
        verifier: verifier.clone(),
        provider_code: Some("demobank".to_owned()),
        path_prefix: None,
        redirect_schemes: Vec::new(),
    };
    let mut headers = Headers::default();
    headers.push("Client-Id", "771");
    headers.push("Accept", "application/json");
    headers.push("Content-Type", "application/json");
    headers.push("Authorization", format!("Bearer {jwt}"));
    let bare = || public.verify_sig(black_box(text.as_bytes()), &signature).expect("verifies");
    let ours = || {
        let received = receiver.receive("POST", "/api/priora/v1/tokens/create", black_box(&headers), NOW_S);
        drop(black_box(received.expect("passes")));
    };
    against(table, "tokens/create of 2.1 kB to its typed request", ours, bare, VERIFICATIONS, 1.5);

    let report = data(
        r#"{"session_secret":"b7k-QxC3vdA-M48pexiS","user_id":"u","token":"t","token_expires_at":"2027-01-01T00:00:00.000Z"}"#,
    );
    let signed = sign(report.clone(), NOW_S, &key).expect("signs");
    let (text, _) = signed.rsplit_once('.').expect("three parts");
    let bare = || {
        let mut out = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut out).expect("signs");
        black_box(out);
    };
    let ours = || drop(black_box(sign(report.clone(), NOW_S, &key).expect("signs")));
    against(table, "sign a callback", ours, bare, SIGNATURES, 1.05);
}

fn against(table: &mut Table, name: &str, ours: impl Fn(), bare: impl Fn(), times: u32, max: f64) {
    let (ratio, ours, bare): (f64, Duration, Duration) =
        paired(RUNS, || (0..times).for_each(|_| ours()), || (0..times).for_each(|_| bare()));
    table.ratio(name, &us(ours / times), &format!("RSA-2048 alone {}", us(bare / times)), ratio, Bound::AtMost(max));
}

/// A JWT of about this size: `data` is padded.
fn of_size(size: usize, key: &SigningKey, data: impl Fn(&str) -> Object<'static>) -> String {
    let made = |padding: usize| sign(data(&"x".repeat(padding)), NOW_S + 60, key).expect("signs");
    let empty = made(0).len();
    made((size - empty) * 3 / 4)
}

fn data(text: &str) -> Object<'static> {
    match Value::from(serde_json::from_str::<serde_json::Value>(text).expect("JSON")) {
        Value::Object(members) => members,
        _ => panic!("an object"),
    }
}

fn token_request(padding: &str) -> String {
    format!(
        r#"{{"app_name":"Example Name","provider_code":"demobank","original_request":{{"client_jwt":"Bearer {padding}","client_payload":{{"data":{{"credentials":{{"authorization_type":"oauth"}},"provider_code":"demobank","redirect_url":"https://user.will.be/redirected/here","scopes":["accounts","transactions","kyc","payments","funds_availability","trusted_beneficiaries"],"consent_period_days":90}},"exp":1574093210}}}},"session_secret":"b7k-QxC3vdA-M48pexiS"}}"#
    )
}

fn der(pem: &str) -> Vec<u8> {
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    base64::engine::general_purpose::STANDARD.decode(base64).expect("base64")
}
