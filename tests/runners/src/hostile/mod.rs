//! Inputs built against each parser of foreign bytes: deep, long, many, and those that force quadratic work.

mod archives;
mod der;
mod json;
mod jwt;
mod pgp;
mod psd2;
mod records;
mod sepa;
mod swift;
mod xml;

use crate::fuzz::inputs_of;

/// The purpose of an input, and the input.
pub type Hostile = (&'static str, Vec<u8>);

/// The approximate size of an input, in bytes, if its parser accepts that much.
const LARGE: usize = 64 * 1024;

/// The inputs against a fuzz target. Every target has some.
#[must_use]
pub fn inputs(target: &str) -> Vec<Hostile> {
    let target = inputs_of(target);
    match target {
        "json"
        | "content_splitter"
        | "settings"
        | "ws_channel_request"
        | "ws_channel_response"
        | "salt_edge_request"
        | "salt_edge_answer"
        | "salt_edge_bank_answer"
        | "psd2_refusal"
        | "psd2_response" => json::inputs(target),
        "payment" | "status_report" | "statement" => xml::inputs(target),
        "swift_statement" => swift::inputs(),
        "finnish_records" => records::inputs(),
        "archive" => archives::inputs(),
        "pgp_public_key" | "pgp_signatures" | "pgp_inspect" | "pgp_verify" | "pgp_message" => pgp::inputs(target),
        "certificate"
        | "certificate_request"
        | "revocation_list"
        | "rsa_public_key"
        | "rsa_private_key"
        | "pkcs12"
        | "encrypted_key"
        | "psd2_certificate_header" => der::inputs(target),
        "salt_edge_jwt" => jwt::inputs(),
        "sepa_message" => sepa::messages(),
        "canonical_xml" => sepa::canonical(),
        "sepa_profile" => sepa::profiles(),
        "sepa_content" => sepa::contents(),
        "sepa_certificates" => sepa::certificates(),
        "sepa_pki_answer" => sepa::pki_answers(),
        "encrypted_document" => sepa::encrypted_documents(),
        "challenge" | "text" | "totp_secret" => texts(),
        _ => psd2::inputs(target),
    }
}

/// Texts without an inner structure.
fn texts() -> Vec<Hostile> {
    vec![
        ("one letter", repeated("a", LARGE)),
        ("percent signs", repeated("%41%", LARGE)),
        ("separators", repeated("a.", LARGE)),
        ("what is redacted", repeated("Bearer eyJhbGciOiJIUzI1NiJ9.e30.abc password=x token: ", LARGE)),
        ("words that begin as secrets do", repeated("eyJ", LARGE)),
        ("digits", repeated("9", LARGE)),
        ("a time with many digits", [b"2026-01-01T00:00:00.", &repeated("1", LARGE)[..], b"Z"].concat()),
        ("an address with many parts", [b"https://", &repeated("a.", LARGE)[..], b"test/"].concat()),
        ("letters of three bytes", repeated("\u{202e}", LARGE)),
        ("not UTF-8", vec![0xff; LARGE]),
    ]
}

/// `piece` repeated, to about `size` bytes.
fn repeated(piece: &str, size: usize) -> Vec<u8> {
    piece.repeat(size / piece.len()).into_bytes()
}

/// `piece(n)` for n from 0, to about `size` bytes.
fn counted(size: usize, piece: impl Fn(usize) -> String) -> String {
    let mut text = String::with_capacity(size + 256);
    for n in 0.. {
        if text.len() >= size {
            break;
        }
        text += &piece(n);
    }
    text
}
