//! Vector A, with all changes that the specification names.

mod causes;
mod forms;
mod mutations;
mod output;
mod signatures;

use super::*;
use crate::operations::verification::explain_request::ExplainRequestResponse;
use crate::signing::SigningDialect;
use crate::signing::vectors::{AUTHORITIES, KEY_ID_A, NOW_S, SIGNING_STRING_A, TEST_KEY, request_a};
use crate::verify::{Policy, RequestVerifier};
use bankchannel_crypto::signature::{Hash, SigningKey};
use bankchannel_foundation::model::write_boundary;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use data_encoding::HEXLOWER;
use serde_json::Value;

/// The text that the client signs in each case.
fn mutated(id: &str) -> Vec<u8> {
    let text = std::str::from_utf8(SIGNING_STRING_A).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let digest_of = |body: &[u8]| {
        let (start, end) = text.split_once("de4rLSCVlwP1bW5GqppBjlcH03QfwavsIRQtrYooEY4=").unwrap();
        format!("{start}{}{end}", STANDARD.encode(Hash::Sha256.digest(body)))
    };
    let changed = match id {
        "M1" => text.to_owned(),
        "M2" => format!("{text}\n"),
        "M3" => lines.join("\r\n"),
        "M4" => text.replace("date:", "Date:").replace("digest:", "Digest:").replace("x-request-id:", "X-Request-ID:"),
        "M5" => text.replace("date: ", "date:").replace("digest: ", "digest:").replace("-id: ", "-id:"),
        "M6" => [lines[1], lines[2], lines[0]].join("\n"),
        "M7" => lines[1..].join("\n"),
        "M8" => format!("(request-target): post /api/v1/user/verification\n{text}"),
        "M9" => format!("(request-target): post /v1/user/verification\n{text}"),
        "M10" => text.replace("SHA-256=", "sha-256="),
        "M11" => digest_of(b""),
        "M12" => digest_of(&[&request_a().body[..], b"\n"].concat()),
        "M13" => HEXLOWER.encode(&Hash::Sha256.digest(SIGNING_STRING_A)),
        "M14" => return Hash::Sha256.digest(SIGNING_STRING_A),
        other => unreachable!("{other}"),
    };
    changed.into_bytes()
}

fn authority(number: usize) -> Certificate {
    Certificate::from_der(&STANDARD.decode(AUTHORITIES[number].trim().as_bytes()).unwrap()).unwrap()
}

fn leaf() -> Certificate {
    let request = request_a();
    Certificate::from_der(&STANDARD.decode(request.headers.get("tpp-signature-certificate").unwrap()).unwrap()).unwrap()
}

fn sign(text: &[u8]) -> Vec<u8> {
    SigningKey::from_pem(TEST_KEY, None).unwrap().sign_pkcs1(Hash::Sha256, text).unwrap()
}

/// Request A with another text in one of its headers.
fn with(header: &str, from: &str, to: &str) -> Request {
    let mut request = request_a();
    let value = request.headers.text(header).unwrap();
    assert!(value.contains(from), "{header} has no {from}");
    let value = value.replace(from, to);
    request.headers.set(header, value);
    request
}

fn with_signature(signature: &str) -> Request {
    let header = SignatureHeader::parse(
        request_a().headers.text("signature").unwrap(),
        crate::signing::DuplicateParameters::Reject,
    );
    with("signature", &header.unwrap().signature, signature)
}

fn signed(text: &[u8]) -> Request {
    with_signature(&STANDARD.encode(sign(text)))
}

fn explained(request: &Request, input: ExplainInput<'_>) -> RefusalExplanation {
    let verifier = RequestVerifier::new(vec![authority(0), authority(1)]);
    let verified = verifier.verify(request, &Policy::at(NOW_S, SigningDialect::Era));
    explain(request, &verified, input)
}

fn matched(explanation: &RefusalExplanation) -> Vec<&str> {
    explanation.hypotheses.iter().filter(|found| found.matched).map(|found| found.id.as_str()).collect()
}

/// The explanation as every caller gets it.
fn shown(explanation: &RefusalExplanation) -> Value {
    write_boundary(ExplainRequestResponse::from(explanation.clone()))
}

const API: ExplainInput<'static> =
    ExplainInput { client_signing_string: None, known: &[], tls_client: None, base_path: "/api" };
