//! Signing a request to a bank and verifying it like a bank, compared with the RSA operation alone.

use std::{hint::black_box, time::Duration};

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    rsa::KeyPair,
    signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256},
};
use bankchannel::{
    message::Request,
    nextgen_psd2::{
        MakeCertificatesRequest, MakeCertificatesResponse, NextGenPsd2, NextGenPsd2Settings,
        certificates::{CertForm, Certificate, certificate_header, read_certificate_header},
        signing::{SigningDialect, SigningProfile, sign},
        verify::{EndpointRequirements, Policy, RequestVerifier},
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

use crate::table::{Bound, Table, paired, us};

/// The number of measured pairs, and of operations in one half of a pair: about two milliseconds each.
const RUNS: usize = 501;
const SIGNATURES: u32 = 3;
const VERIFICATIONS: u32 = 64;

const TARGET: &str = "/api/v1/user/verification";
const REQUEST_ID: &str = "4eba4445-1a4b-47b8-bdd5-4e56ef026b19";
const BODY_BYTES: usize = 1024;

pub(crate) fn measure(table: &mut Table, wanted: impl Fn(&str) -> bool) {
    let made = certificates();
    let key = key(made.qseal_key.expose());
    let now_s = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock").as_secs();
    let now_s = i64::try_from(now_s).expect("a time");
    let (signed, text) = signed(&made, now_s);
    if wanted("signing") {
        signing(table, &made, &key, &text, now_s);
        by_name(table, &made, &key, &text);
    }
    if wanted("verifying") {
        verifying(table, &made, &signed, &text, now_s);
    }
}

fn certificates() -> MakeCertificatesResponse {
    let maker = NextGenPsd2::new(NextGenPsd2Settings::default()).expect("a client");
    let request: MakeCertificatesRequest = maker.complete(json!({})).expect("a request");
    maker.make_certificates(request).expect("certificates")
}

fn key(pem: &str) -> KeyPair {
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    KeyPair::from_pkcs8(&STANDARD.decode(base64).expect("base64")).expect("a key")
}

fn body() -> String {
    let around = json!({"PSU-ID": "psu-7f3a91", "padding": ""}).to_string().len();
    json!({"PSU-ID": "psu-7f3a91", "padding": "x".repeat(BODY_BYTES - around)}).to_string()
}

fn request() -> Request {
    let head = format!("POST {TARGET} HTTP/1.1\nHost: bank.example\nContent-Type: application/json\n\n");
    Request::parse((head + &body()).as_bytes()).expect("a request")
}

/// A signed request, and the signed text.
fn signed(made: &MakeCertificatesResponse, now_s: i64) -> (Request, Vec<u8>) {
    let certificate = Certificate::from_pem(&made.qseal_certificate).expect("a certificate");
    let key = bankchannel_crypto::signature::SigningKey::from_pem(made.qseal_key.expose(), None).expect("a key");
    let (request, signed) =
        sign(request(), &certificate, &key, &SigningProfile::default(), now_s, REQUEST_ID).expect("signs");
    (request, signed.signing_string.bytes)
}

/// The signature alone, of the same bytes.
fn bare_signature(key: &KeyPair, text: &[u8]) {
    let mut out = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut out).expect("signs");
    black_box(out);
}

fn signing(table: &mut Table, made: &MakeCertificatesResponse, bare: &KeyPair, text: &[u8], now_s: i64) {
    let certificate = Certificate::from_pem(&made.qseal_certificate).expect("a certificate");
    let key = bankchannel_crypto::signature::SigningKey::from_pem(made.qseal_key.expose(), None).expect("a key");
    let request = request();
    for (name, self_verify, max) in [("not verified afterwards", false, 1.05), ("verified afterwards", true, 1.15)] {
        let profile = SigningProfile { self_verify, ..SigningProfile::default() };
        let ours = || {
            black_box(sign(request.clone(), &certificate, &key, &profile, now_s, REQUEST_ID).expect("signs"));
        };
        let name = format!("sign a request of 1 kB, {name}");
        against_rsa(table, &name, ours, || bare_signature(bare, text), SIGNATURES, max);
    }
}

/// The call of a language: by name, with the client's settings.
fn by_name(table: &mut Table, made: &MakeCertificatesResponse, bare: &KeyPair, text: &[u8]) {
    let settings = json!({"certificate": made.qseal_certificate, "private_key": made.qseal_key.expose()});
    let client = NextGenPsd2::from_json(settings).expect("a client");
    let content = bankchannel::Content::Bytes(body().into());
    for (name, self_verify, max) in [("not verified afterwards", false, 1.05), ("verified afterwards", true, 1.15)] {
        let request = json!({
            "method": "POST", "target": TARGET, "signing": {"self_verify": self_verify},
            "headers": [{"name": "Content-Type", "value": "application/json"}],
        });
        let ours = || {
            let done = client.call_local("nextgen_psd2.sign_request", request.clone(), Some(content.clone()));
            black_box(done.unwrap_or_else(|error| panic!("{error}")));
        };
        let name = format!("the same by name, {name}");
        against_rsa(table, &name, ours, || bare_signature(bare, text), SIGNATURES, max);
    }
}

fn verifying(table: &mut Table, made: &MakeCertificatesResponse, signed: &Request, text: &[u8], now_s: i64) {
    let certificate = Certificate::from_pem(&made.qseal_certificate).expect("a certificate");
    let der = certificate.spki_der();
    let public = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der).expect("a key");
    let signature =
        signed.headers.text("signature").and_then(|value| value.rsplit_once("signature=\"")).expect("one").1;
    let signature = STANDARD.decode(signature.trim_end_matches('"')).expect("base64");
    let bare = || public.verify_sig(black_box(text), &signature).expect("verifies");

    let header = certificate_header(&certificate, CertForm::DerBase64);
    let read = || {
        black_box(read_certificate_header(black_box(header.as_bytes()), false).expect("a certificate"));
    };
    against_rsa(table, "read a certificate", read, bare, VERIFICATIONS, 1.5);

    let anchors = Certificate::all_from_pem(&made.authority_certificate).expect("an authority");
    let verifier = RequestVerifier::new(anchors);
    let policy = Policy {
        endpoint: EndpointRequirements::for_request(&signed.method, &signed.target, SigningDialect::Era),
        ..Policy::at(now_s, SigningDialect::Era)
    };
    let verify = || {
        let verified = verifier.verify(black_box(signed), &policy);
        assert!(verified.is_valid(), "{:?}", verified.refusal());
        black_box(verified);
    };
    against_rsa(table, "verify a request of 1 kB, its certificate known", verify, bare, VERIFICATIONS, 1.3);
    // The unavoidable work. On a processor without SHA-256 instructions, the digest alone takes a quarter of RSA's
    // time.
    let both = || {
        black_box(digest(&SHA256, black_box(&signed.body)));
        bare();
    };
    against(table, ("the same", "RSA-2048 and the body's digest"), verify, both, VERIFICATIONS, 1.3);
}

fn against_rsa(table: &mut Table, name: &str, ours: impl Fn(), bare: impl Fn(), times: u32, max: f64) {
    against(table, (name, "RSA-2048 alone"), ours, bare, times, max);
}

fn against(table: &mut Table, (name, other): (&str, &str), ours: impl Fn(), theirs: impl Fn(), times: u32, max: f64) {
    let (ratio, ours, theirs): (f64, Duration, Duration) =
        paired(RUNS, || (0..times).for_each(|_| ours()), || (0..times).for_each(|_| theirs()));
    table.ratio(name, &us(ours / times), &format!("{other} {}", us(theirs / times)), ratio, Bound::AtMost(max));
}
