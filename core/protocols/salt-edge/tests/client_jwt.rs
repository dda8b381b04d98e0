//! The third party's own request, compared with the hub's reading of it.
#![allow(clippy::unwrap_used)]

use bankchannel_crypto::{
    rsa::RsaPrivateKey,
    signature::{Hash, SigningKey, VerifyingKey},
};
use bankchannel_salt_edge::{
    client_jwt::{ClientJwtMode, JwtComparison, compare},
    envelope::{self, EnvelopeVerifier},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

const CLOCK: i64 = 1_732_436_063;

/// Values that the third party has not signed are refused in enforced fields: scopes and the customer's answers.
#[test]
fn what_was_not_signed_is_refused_where_it_counts() {
    let key = SigningKey::from_private_key(&RsaPrivateKey::generate(2048).unwrap()).unwrap();
    let compared = |signed: &str, shown: Value, admitted: Option<&[String]>| {
        let unsigned = envelope::UnsignedEnvelope::new(signed, CLOCK + 60);
        let signature = key.sign_pkcs1(Hash::Sha256, unsigned.bytes()).unwrap();
        let verifier =
            EnvelopeVerifier::of_third_party(vec![VerifyingKey::from_spki_der(key.spki_der()).unwrap()], false)
                .unwrap();
        let how = JwtComparison { mode: ClientJwtMode::Enforce, strict_expiry: false, admitted, now_s: CLOCK };
        let payload = json!({"data": shown}).into();
        compare(&verifier, &unsigned.complete(&signature), &payload, how)
    };
    let accounts = [String::from("accounts")];
    let unsigned = compared("{}", json!({"scopes": ["payments"]}), Some(&accounts));
    assert!(unsigned.refused.is_some(), "{unsigned:?}");
    let login = json!({"credentials": {"authorization_type": "embedded", "login": "victim"}});
    for signed in [r#"{"credentials":"x"}"#, r#"{"credentials":{"login":"other"}}"#] {
        assert!(compared(signed, login.clone(), None).refused.is_some(), "{signed}");
    }
    // What the JWT does not say, it does not cover; the method alone has two names.
    for shown in [login, json!({"redirect_url": "https://a.example/"}), json!({"consent_period_days": 90})] {
        for signed in ["{}", r#"{"credentials":{"type":"oauth"}}"#] {
            assert!(compared(signed, shown.clone(), None).refused.is_some(), "{signed} {shown}");
        }
    }
    let method = json!({"credentials": {"authorization_type": "oauth"}, "provider_code": "demobank"});
    let method = compared(r#"{"credentials":{"type":"oauth"}}"#, method, None);
    assert_eq!((method.refused, method.warnings.len()), (None, 2));
    let same = compared(
        r#"{"credentials":{"login":"victim","type":"x"},"scopes":["b","a"]}"#,
        json!({"credentials": {"login": "victim"}, "scopes": ["a", "b"]}),
        None,
    );
    assert_eq!(same.refused, None);
    // Neither the order of members nor a number as text makes a difference.
    let same = compared(r#"{"credentials":{"a":"1","b":2}}"#, json!({"credentials": {"b": "2", "a": "1"}}), None);
    assert_eq!((same.refused, same.warnings), (None, Vec::new()));
}

/// A JWT that is older than the limit covers nothing, also with an `exp` in the future.
#[test]
fn an_old_jwt_is_refused_where_it_counts() {
    let key = SigningKey::from_private_key(&RsaPrivateKey::generate(2048).unwrap()).unwrap();
    let verifier =
        EnvelopeVerifier::of_third_party(vec![VerifyingKey::from_spki_der(key.spki_der()).unwrap()], false).unwrap();
    let refused = |exp: i64, iat: Option<i64>| {
        let iat = iat.map(|iat| format!(r#","iat":{iat}"#)).unwrap_or_default();
        let payload = format!(r#"{{"data":{{"scopes":["a"]}},"exp":{exp}{iat}}}"#);
        let jwt = jws(&key, &payload);
        let how = JwtComparison { mode: ClientJwtMode::Enforce, strict_expiry: false, admitted: None, now_s: CLOCK };
        compare(&verifier, &jwt, &json!({"data": {"scopes": ["a"]}}).into(), how).refused.map(|(class, _)| class.name)
    };
    let year = 365 * 24 * 60 * 60;
    assert_eq!(refused(CLOCK + 60, None), None);
    assert_eq!(refused(CLOCK - 60, None), None, "it expired on the way");
    assert_eq!(refused(CLOCK - year, None), Some("JWTExpiredSignature"));
    assert_eq!(refused(CLOCK + 60, Some(CLOCK - year)), Some("JWTExpiredSignature"));
    assert_eq!(refused(CLOCK + 60, Some(CLOCK - 60)), None);
}

fn jws(key: &SigningKey, payload: &str) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#), URL_SAFE_NO_PAD.encode(payload));
    let signature = key.sign_pkcs1(Hash::Sha256, signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}
