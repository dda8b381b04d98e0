//! Requests A and B of §2.10, from the typed request to the last byte.

use std::collections::BTreeSet;

use bankchannel_crypto::signature::SigningKey;
use bankchannel_foundation::{message::OutRequest, operation::Exchange};
use bankchannel_nextgen_psd2::{
    BankConventions,
    certificates::Certificate,
    http::Request,
    operations::{consents::update_consents::UpdateConsents, users::verify_user::VerifyUser},
    signing::{SigningProfile, sign},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

use crate::messages::{read, split};

const KEY: &str = include_str!("../../src/signing/vectors/test-key.pem");
const REQUEST_A: &[u8] = include_bytes!("../../src/signing/vectors/a.http");
const REQUEST_B: &[u8] = include_bytes!("../../src/signing/vectors/b.http");
const NOW_S: i64 = 1_772_532_930;

/// The request as received by the bank, below its base path.
fn whole(sent: &OutRequest) -> Request {
    let head = format!("{} /api{} HTTP/1.1\r\n\r\n", sent.method, sent.target);
    let mut request = Request::parse(head.as_bytes()).unwrap();
    request.headers.push("Host", "sandbox.example");
    request.headers.extend(sent.headers.iter().cloned());
    request.body = split(&sent.body).0;
    request
}

fn signed(sent: &OutRequest, vector: &Request) -> Request {
    let value = vector.headers.get("tpp-signature-certificate").unwrap();
    let certificate = Certificate::from_der(&STANDARD.decode(value).unwrap()).unwrap();
    let key = SigningKey::from_pem(KEY, None).unwrap();
    let id = vector.headers.text("x-request-id").unwrap();
    sign(whole(sent), &certificate, &key, &SigningProfile::default(), NOW_S, id).unwrap().0
}

/// T-001 to T-005, the client's part: the body has 94 bytes, and the whole request equals the specification's.
#[test]
fn vector_a() {
    let request = read(json!({
        "psu_id": "psu-7f3a91",
        "psu_personal_identifier": "nJ9X7+BPj1pltpnbHHdyONWHa0TO8kBlTHSd0J4XkO8=",
    }));
    let sent = VerifyUser::encode_request(request, &BankConventions::default()).unwrap();
    assert_eq!(sent.body.known_length(), Some(94));
    let vector = Request::parse(REQUEST_A).unwrap();
    assert_eq!(signed(&sent, &vector).to_bytes(), vector.to_bytes());
}

/// T-006 and T-008, the client's part: the same headers with the same values, in any order, and no body.
#[test]
fn vector_b() {
    let request = read(json!({
        "psu_id": "psu-7f3a91",
        "psu_corporate_id": "corp-42",
        "redirect_uri": "https://tpp.example/cb?state=9d1f&lang=nb",
    }));
    let sent = UpdateConsents::encode_request(request, &BankConventions::default()).unwrap();
    let vector = Request::parse(REQUEST_B).unwrap();
    let signed = signed(&sent, &vector);
    let fields = |request: &Request| -> BTreeSet<(String, Vec<u8>)> {
        // The HTTP library writes the length when it sends.
        let sent = request.headers.iter().filter(|header| header.name != "Content-Length");
        sent.map(|header| (header.name.clone(), header.trimmed().to_vec())).collect()
    };
    assert_eq!(fields(&signed), fields(&vector));
    assert_eq!((&signed.method, &signed.target), (&vector.method, &vector.target));
    assert!(signed.body.is_empty() && vector.body.is_empty());
}
