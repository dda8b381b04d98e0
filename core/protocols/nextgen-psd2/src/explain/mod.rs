//! Explains why a signature does not verify: which byte of the signing string differs, and the client's most likely
//! mistake (§3.3).
//!
//! An RSA signature with PKCS #1 v1.5 padding reveals the hash that was signed. So a wrong text can be distinguished
//! from a wrong key, and each guess at the text ([`Cause`]) is built, hashed and compared, without the private
//! key.
//!
//! ```text
//!   request, Verified ─► Recovered ─► candidates (H-01–H-11, H-20–H-22) ─► the signed text ─► Diff
//!                  └──► DigestCompared, KeyIdCompared, header (H-14–H-18), other keys (H-13, H-19)
//! ```
//!
//! The output contains data of the request, but no secret: no key, no signature, no body.

mod advice;
mod body_variants;
mod candidates;
mod compressed;
pub(crate) mod diff;
pub(crate) mod digest;
mod findings;
mod for_others;
mod header;
pub(crate) mod hypotheses;
mod json_text;
pub(crate) mod key_id;
pub(crate) mod recovered;
#[cfg(test)]
mod tests;
mod text;
mod visible;

pub use self::diff::diff;
pub use self::recovered::SignatureContent;

use self::candidates::CandidateLine;
use self::diff::FirstDifference;
use self::digest::DigestCompared;
use self::findings::{ExaminedFacts, ExplanationFindings};
use self::hypotheses::Cause;
use self::key_id::{KeyIdCompared, OtherCertificates};
use crate::certificates::Certificate;
use crate::http::{MAX_HEAD, MalformedKind, MalformedRequest, Request, check_of};
use crate::model::CheckStatus;
use crate::signing::{KeyId, SignatureHeader, SigningLine, SigningText, signing_string};
use crate::verify::VerifiedRequest;
use crate::verify::{BODY_TOO_LARGE, CheckRule, RequestCheck, V02, V23, V28, V30, rule};

/// The maximum number of known certificates whose keys are tried.
const MAX_KNOWN: usize = 64;

/// Further facts about the request.
#[derive(Clone, Copy, Default)]
pub struct ExplainInput<'a> {
    /// The text that the client claims to have signed.
    pub client_signing_string: Option<&'a [u8]>,
    /// Other certificates, of issuers and other clients. Only the first 64 are used.
    pub known: &'a [Certificate],
    /// The client certificate of the TLS connection.
    pub tls_client: Option<&'a Certificate>,
    /// The path before the API's own paths, such as `/api`; empty if there is none or it is unknown.
    pub base_path: &'a str,
}

/// The complete explanation. It contains the request's values: show it only to the sender of the request and do not log
/// it; for other people use [`for_others`](Self::for_others).
#[derive(Clone)]
pub struct RefusalExplanation {
    /// The first check that failed; `None` if the request is valid.
    pub verdict: Option<RequestCheck>,
    /// Every check, in order.
    pub checks: Vec<RequestCheck>,
    /// The text that should have been signed, as far as the request specifies it.
    pub expected_signing_string: Option<SigningText>,
    /// The text that the client claims to have signed.
    pub client_signing_string: Option<SigningText>,
    /// The signed text, proven by the hash from the signature; `None` if no guess has that hash.
    pub signed_text: Option<Vec<u8>>,
    /// Whether the client's text has the hash from the signature; `None` if either is missing.
    pub client_text_was_signed: Option<bool>,
    /// The first difference between the expected text and the client's. Without a client's text, or if it equals the
    /// expected one, the difference from the signed text.
    pub diff: Option<FirstDifference>,
    /// The content of the signature.
    pub recovered: Option<SignatureContent>,
    /// The tested hypotheses, the proven ones first. Empty if the request is valid.
    pub hypotheses: Vec<Cause>,
    /// The digest compared with the body.
    pub digest: DigestCompared,
    /// The key id compared with the certificate.
    pub key_id: Option<KeyIdCompared>,
}

bankchannel_foundation::redacted_debug!(RefusalExplanation, |it| verdict: it.verdict_id());

impl RefusalExplanation {
    /// `ok`, or the id of the first check that failed.
    #[must_use]
    pub fn verdict_id(&self) -> &'static str {
        self.verdict.as_ref().map_or("ok", |check| check.rule.id)
    }
}

/// Explains the verification of a request.
#[must_use]
pub fn explain(request: &Request, verified: &VerifiedRequest, input: ExplainInput<'_>) -> RefusalExplanation {
    let status = |rule: &CheckRule| verified.checks.iter().find(|check| check.rule == rule).map(|check| check.status);
    // Whether a check holds, if it was made.
    let holds = |rule: &CheckRule| match status(rule)? {
        CheckStatus::Ok | CheckStatus::Warning => Some(true),
        CheckStatus::Failed => Some(false),
        CheckStatus::Skipped => None,
    };
    let verdict = verified.refusal().cloned();
    let mut found = ExplanationFindings::default();

    let mut header = verified.header.clone();
    if verdict.is_some() && header.is_none() {
        let reread = header::reread(request);
        found.tried(&hypotheses::OF_THE_HEADER);
        found.matched.extend(reread.hypotheses);
        header = reread.header;
    } else if verdict.is_some()
        && let Some((hypothesis, unwrapped)) = verified.signature_text.as_deref().and_then(header::by_parameter)
    {
        found.tried(&[hypotheses::PER_PARAMETER]);
        found.matched.push(hypothesis);
        header = unwrapped.or(header);
    }
    let (expected, fields) = expected(request, verified, header.as_ref());
    if verdict.is_some() && status(&V30) != Some(CheckStatus::Ok) {
        let facts =
            ExaminedFacts { request, certificate: verified.certificate.as_ref(), header: header.as_ref(), input };
        found.signature(&facts, verified.signature.as_deref(), expected.as_ref(), &fields);
    } else if let (Some(certificate), Some(signature)) = (&verified.certificate, &verified.signature) {
        found.recovered = Some(SignatureContent::from_signature(certificate.spki_der(), signature));
    }

    let key_id = verified.key_id.clone().or_else(|| KeyId::parse(&header.as_ref()?.key_id).ok());
    let named = key_id.as_ref().zip(verified.certificate.as_ref());
    // The key id may be right even in a header that the bank could not parse.
    if let Some((key_id, certificate)) = named
        && verdict.is_some()
        && holds(&V23) != Some(true)
        && key_id.matches(certificate, false).is_err()
    {
        let known = input.known.get(..MAX_KNOWN).unwrap_or(input.known);
        found.tried(&hypotheses::OF_THE_KEY_ID);
        found.matched.extend(key_id::hypotheses(
            key_id,
            certificate,
            OtherCertificates { known, tls_client: input.tls_client },
        ));
    }

    let client = input.client_signing_string.map(|text| lines_of(text.get(..MAX_HEAD).unwrap_or(text)));
    let client_text_was_signed = client
        .as_ref()
        .zip(found.recovered.as_ref().and_then(SignatureContent::goal))
        .map(|(client, goal)| goal.is_of(&client.bytes));
    let other = compared(expected.as_ref(), client.as_ref(), found.signed_text.as_deref());
    RefusalExplanation {
        diff: expected.as_ref().zip(other).and_then(|(expected, other)| diff(expected, other)),
        verdict,
        checks: verified.checks.clone(),
        expected_signing_string: expected,
        client_signing_string: client,
        signed_text: found.signed_text,
        client_text_was_signed,
        recovered: found.recovered,
        hypotheses: hypotheses::ranked(found.matched, &found.tried),
        digest: DigestCompared::from_request(request).with_check(holds(&V28)),
        key_id: named.map(|(key_id, certificate)| KeyIdCompared::compare(key_id, certificate).with_check(holds(&V23))),
    }
}

impl RefusalExplanation {
    /// The text that the expected text is compared with; if there is no expected text, any available text.
    pub(crate) fn compared(&self) -> Option<&[u8]> {
        let (expected, client) = (self.expected_signing_string.as_ref(), self.client_signing_string.as_ref());
        compared(expected, client, self.signed_text.as_deref())
    }
}

/// The text that the expected text is compared with: the client's claimed text, unless that equals the expected one and
/// the signature is proven to cover another.
fn compared<'a>(
    expected: Option<&SigningText>,
    client: Option<&'a SigningText>,
    signed: Option<&'a [u8]>,
) -> Option<&'a [u8]> {
    let claimed = client.filter(|client| signed.is_none() || expected.is_none_or(|own| own.bytes != client.bytes));
    claimed.map(|client| client.bytes.as_slice()).or(signed)
}

/// The signing string, and its lines as fields. If it could not be built because a listed header is missing, that of
/// the existing headers.
fn expected(
    request: &Request,
    verified: &VerifiedRequest,
    header: Option<&SignatureHeader>,
) -> (Option<SigningText>, Vec<CandidateLine>) {
    let built = verified.signing_string.clone().or_else(|| {
        let listed = header?.headers.clone().unwrap_or_else(|| vec!["date".to_owned()]);
        let mut names: Vec<String> = Vec::new();
        for name in listed.iter().map(|name| name.to_ascii_lowercase()) {
            let there = name == "(request-target)" || request.headers.get(&name).is_some();
            if there && !names.contains(&name) {
                names.push(name);
            }
        }
        signing_string(&names, request).ok()
    });
    let fields = built.as_ref().map(candidates::fields).unwrap_or_default();
    (built, fields)
}

/// Splits a text into lines with names, as a signing string.
fn lines_of(text: &[u8]) -> SigningText {
    let mut lines = Vec::new();
    let mut start = 0;
    for line in diff::split(text) {
        let end = start + line.len();
        lines.push(SigningLine { name: diff::name_of(line), start, end });
        let ending = text.get(end..).unwrap_or_default();
        start = end + if ending.starts_with(b"\r\n") { 2 } else { 1 };
    }
    SigningText { bytes: text.to_vec(), lines }
}

/// Sizes here are limited by the maximum size of a request.
fn number(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

/// The check that fails for text that cannot be read as a request: V01, V02 or V03.
#[must_use]
pub fn unreadable(fault: &MalformedRequest) -> RequestCheck {
    let rule = check_of(fault).and_then(rule).unwrap_or(&V02);
    let http = if fault.kind == MalformedKind::BodyTooLarge { BODY_TOO_LARGE } else { rule.http };
    RequestCheck { rule, status: CheckStatus::Failed, text: fault.to_string().into(), http, code: rule.code }
}
