//! Salt Edge: JWTs, whole requests of the hub, the data in a JWT, answers of both sides, questions to the bank and their answers.

use std::sync::OnceLock;

use bankchannel_crypto::{
    rsa,
    signature::{SigningKey, VerifyingKey},
};
use bankchannel_foundation::{
    message::{Headers, InRequest, InResponse},
    model::{Value, read_boundary},
    operation::Exchange,
    question::TypedQuestion,
};
use bankchannel_salt_edge::{
    client_jwt::{ClientJwtMode, JwtComparison, compare},
    connector::{operations as of_connector, questions},
    envelope::{EnvelopeVerifier, sign},
    hub::operations as of_hub,
    receive::RequestReceiver,
};
use bytes::Bytes;

/// A time at which the messages of the corpus are valid.
const NOW_S: i64 = 1_732_436_063;
/// The endpoints that a connector serves.
const ENDPOINTS: [(&str, &str); 11] = [
    ("POST", "tokens/create"),
    ("POST", "tokens/revoke"),
    ("POST", "tokens/reconnect"),
    ("POST", "tokens/confirm"),
    ("POST", "tokens/cancel"),
    ("GET", "accounts"),
    ("PUT", "accounts"),
    ("POST", "accounts/confirm"),
    ("GET", "transactions"),
    ("GET", "kyc"),
    ("POST", "errors"),
];

/// A JWT as sent by Salt Edge.
pub(super) fn jwt(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        drop(hub().open(text, NOW_S));
    }
}

/// The parameters of a request, signed here, at every endpoint; and as a third party's own request, compared with itself.
pub(super) fn request(bytes: &[u8]) {
    let Ok(Value::Object(data)) = bankchannel_foundation::json::parse(bytes, 32) else { return };
    let (key, verifier) = own();
    let Ok(jwt) = sign(data.clone(), NOW_S + 60, key) else { return };
    let provider_code = Some("demobank".to_owned());
    let receiver =
        RequestReceiver { verifier: verifier.clone(), provider_code, path_prefix: None, redirect_schemes: Vec::new() };
    let mut headers = Headers::default();
    headers.push("Client-Id", "1");
    headers.push("Access-Token", "token");
    headers.push("Authorization", format!("Bearer {jwt}"));
    for (method, path) in ENDPOINTS {
        drop(receiver.receive(method, &format!("/api/priora/v1/{path}"), &headers, NOW_S));
    }
    let mut payload = bankchannel_foundation::model::Object::new();
    payload.push("data", Value::Object(data).into_owned());
    let payload = Value::Object(payload);
    let how = JwtComparison { mode: ClientJwtMode::Enforce, strict_expiry: true, admitted: Some(&[]), now_s: NOW_S };
    drop(compare(verifier, &jwt, &payload, how));
    // The hub's reading of a connector's requests.
    macro_rules! read {
        ($($kind:ident $subject:ident::$file:ident::$name:ident;)+) => {
            $(read!(@ $kind of_connector::$subject::$file::$name);)+
        };
        (@ exchange $operation:path) => {
            let body = Bytes::copy_from_slice(bytes);
            drop(<$operation as Exchange>::decode_request(InRequest { body, headers: Some(&headers), ..InRequest::default() }));
        };
        (@ local $operation:path) => {};
    }
    bankchannel_salt_edge::for_each_connector_operation!(read);
}

/// An answer of either side: a success, and refusals.
pub(super) fn answer(bytes: &[u8]) {
    let message = |status| InResponse::new(status, Bytes::copy_from_slice(bytes));
    macro_rules! read {
        ($($kind:ident $subject:ident::$file:ident::$name:ident;)+) => {
            $(read!(@ $kind of_connector::$subject::$file::$name);)+
        };
        (@ exchange $operation:path) => {
            for status in [200, 400, 503] {
                if let Ok(response) = <$operation as Exchange>::decode_response(message(status)) {
                    drop(<$operation as Exchange>::encode_response(response));
                }
            }
        };
        (@ local $operation:path) => {};
    }
    bankchannel_salt_edge::for_each_connector_operation!(read);
    macro_rules! read_hub {
        ($($kind:ident $subject:ident::$file:ident::$name:ident;)+) => {
            $(
                for status in [200, 401] {
                    if let Ok(response) = of_hub::$subject::$file::$name::decode_response(message(status)) {
                        drop(of_hub::$subject::$file::$name::encode_response(response));
                    }
                }
            )+
        };
    }
    bankchannel_salt_edge::for_each_hub_operation!(read_hub);
}

/// Questions read by a bank behind a URL, and its answers.
pub(super) fn bank_answer(bytes: &[u8]) {
    let Ok(value) = bankchannel_foundation::json::parse(bytes, 32) else { return };
    macro_rules! read {
        ($($file:ident::$name:ident;)+) => {
            $(
                drop(read_boundary::<<questions::$file::$name as TypedQuestion>::Answer>(value.clone()));
                drop(read_boundary::<<questions::$file::$name as TypedQuestion>::Request>(value.clone()));
            )+
        };
    }
    bankchannel_salt_edge::for_each_bank_question!(read);
}

/// The verifier of the corpus's messages.
fn hub() -> &'static EnvelopeVerifier {
    static VERIFIER: OnceLock<EnvelopeVerifier> = OnceLock::new();
    VERIFIER.get_or_init(|| {
        let keys = VerifyingKey::all_from_pem(include_str!("../../../fuzz/salt-edge.pem"));
        EnvelopeVerifier::new(keys.unwrap_or_default()).expect("the key of the corpus can be used")
    })
}

/// A key made for this run, and a verifier of its signatures.
fn own() -> &'static (SigningKey, EnvelopeVerifier) {
    static OWN: OnceLock<(SigningKey, EnvelopeVerifier)> = OnceLock::new();
    OWN.get_or_init(|| {
        let key = rsa::RsaPrivateKey::generate(2048).and_then(|key| SigningKey::from_private_key(&key));
        let key = key.expect("a key can be made");
        let public = VerifyingKey::from_spki_der(key.spki_der()).expect("its public half can be read");
        let verifier = EnvelopeVerifier::new(vec![public]).expect("it can be used");
        (key, verifier)
    })
}
