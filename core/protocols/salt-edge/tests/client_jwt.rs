//! The third party's own request, compared with the hub's reading of it.
#![allow(clippy::unwrap_used)]

use bankchannel_crypto::{
    rsa::PrivateKey,
    signature::{Hash, SigningKey, VerifyingKey},
};
use bankchannel_salt_edge::{
    Verifier,
    client_jwt::{ClientJwtMode, Comparison, compare},
    envelope,
};
use serde_json::{Value, json};

const CLOCK: i64 = 1_732_436_063;

/// Values that the third party has not signed are refused in enforced fields: scopes and the customer's answers.
#[test]
fn what_was_not_signed_is_refused_where_it_counts() {
    let key = SigningKey::from_private_key(&PrivateKey::generate(2048).unwrap()).unwrap();
    let compared = |signed: &str, shown: Value, admitted: Option<&[String]>| {
        let unsigned = envelope::Unsigned::of(signed, CLOCK + 60);
        let signature = key.sign_pkcs1(Hash::Sha256, unsigned.bytes()).unwrap();
        let verifier =
            Verifier::of_third_party(vec![VerifyingKey::from_spki_der(key.spki_der()).unwrap()], false).unwrap();
        let how = Comparison { mode: ClientJwtMode::Enforce, strict_expiry: false, admitted, now_s: CLOCK };
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
    let one_sided = compared(r#"{"credentials":{"type":"oauth"}}"#, login, None);
    assert_eq!((one_sided.refused, one_sided.warnings.len()), (None, 1));
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
