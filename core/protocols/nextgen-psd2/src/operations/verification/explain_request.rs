//! Explains what a bank thinks of a request (§3.3).

use bankchannel_foundation::{Boundary, Declaration, Error, Local, LocalContext, Operation};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use data_encoding::HEXLOWER;

use super::{
    report::{CheckResult, Refused, checks, refused},
    verify_request::{ERRORS, VerifyRequestRequest},
};
use crate::{
    declare,
    explain::{self, Compared, Diff, DigestReport, ExplainInput, Explanation, Hypothesis, KeyIdReport, Recovered},
    http::Request,
    model::kept,
    verify::Verified,
};

/// A request, and what is known of it.
#[derive(Debug, Clone, Boundary)]
pub struct ExplainRequestRequest {
    /// The request, and how to check it.
    #[boundary(flatten)]
    pub verify: VerifyRequestRequest,
    /// What the sender says it signed, in base64: then the first difference is shown from it.
    pub signing_string: Option<String>,
    /// Other certificates of the sender as PEM text, one after the other: whether the key of one of them made the signature.
    pub known: Option<String>,
    /// The path before the API's own, such as `/api`: some sign without it.
    pub base_path: Option<String>,
}

/// A byte of a signing string.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
pub struct ByteShown {
    /// As two hex digits.
    pub hex: String,
    /// As text; a line feed is `\n`, a space `␠`.
    pub text: String,
}

/// One line of a signing string, compared.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
pub struct LineCompared {
    /// The header's name.
    pub name: String,
    /// `same`, `changed`, `missing` (not signed) or `extra` (signed, but not listed).
    pub status: String,
}

/// Where what was signed begins to differ from what should have been.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
pub struct FirstDifference {
    /// The byte, counted from 0.
    pub offset: u32,
    /// Its line, counted from 1.
    pub line: u32,
    /// Its column in bytes, counted from 1.
    pub column: u32,
    /// The header of that line.
    pub header: String,
    /// The byte that should be there; left out where the expected string has ended.
    pub expected: Option<ByteShown>,
    /// The byte that is there; left out where the other string has ended.
    pub actual: Option<ByteShown>,
    /// The expected bytes around.
    pub expected_context: String,
    /// The other bytes around.
    pub actual_context: String,
    /// Whether a line end stands at the end, where none belongs.
    pub trailing_newline: bool,
    /// Whether lines end in carriage return and line feed.
    pub crlf: bool,
    /// Whether it begins with a byte order mark.
    pub bom: bool,
    /// Every line.
    pub lines: Vec<LineCompared>,
}

/// What the signature itself says.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
pub struct RecoveredHash {
    /// `pkcs1-v1_5`: the key fits, and a text was signed that has this hash. `pss-or-wrong-key`: another key or another padding.
    /// `length mismatch`: not a signature by this key.
    pub padding: String,
    /// The hash's name, with `pkcs1-v1_5`: `sha1`, `sha256`, `sha384` or `sha512`; `none` where a hash or a text was signed as it is,
    /// without the DigestInfo that names the hash.
    pub hash: Option<String>,
    /// The hash of what was signed, lower-case hex; with `none` everything that was signed.
    pub value: Option<String>,
}

/// A probable cause, tried.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
pub struct Cause {
    /// The id of the hypothesis, such as `H-08`.
    pub id: String,
    /// Whether it is so: the text that it supposes has the hash that was signed.
    pub matched: bool,
    /// What was found, or what was tried.
    pub text: String,
}

/// The digest beside the body.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
pub struct DigestCompared {
    /// The header as it was sent.
    pub received: Option<String>,
    /// The header for this body with SHA-256.
    pub sha256: String,
    /// The header for this body with SHA-512.
    pub sha512: String,
    /// The body's length in bytes.
    pub body_length: u32,
    /// Whether the header that was sent is the body's.
    pub matches: bool,
    /// What the header that was sent is the digest of, where that could be found.
    pub variant: Option<String>,
}

/// A part of the key id beside that of the certificate.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
pub struct PartCompared {
    /// Which: `SN`, `CN`, or an object identifier.
    pub attribute: String,
    /// As in the key id.
    pub key_id: Option<String>,
    /// As in the certificate.
    pub certificate: Option<String>,
    /// Whether they say the same, whatever the spelling.
    pub same: bool,
}

/// The key id beside the certificate.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
pub struct KeyIdCompared {
    /// The serial number.
    pub serial: PartCompared,
    /// The issuer's parts.
    pub issuer: Vec<PartCompared>,
}

/// The explanation. It shows the request's own values: to whoever sent it, and to nobody else.
#[derive(Debug, Clone, Boundary)]
pub struct ExplainRequestResponse {
    /// `ok`, or the check that failed first, such as `V30`.
    pub verdict: String,
    /// The whole explanation as text for a person, at most 64 KiB.
    pub text: String,
    /// What a bank would answer, when it refuses.
    pub refused: Option<Refused>,
    /// Every check in its order.
    pub checks: Vec<CheckResult>,
    /// What should have been signed, in base64.
    pub expected_signing_string: Option<String>,
    /// What `expected_signing_string` is compared with, in base64: what the sender says it signed, unless that is the expected string
    /// and the signature proves another; else what one of the causes supposes and the signature proves.
    pub actual_signing_string: Option<String>,
    /// Whether what the sender says it signed has the hash that was signed; left out where either is not there.
    pub client_text_was_signed: Option<bool>,
    /// Where the expected and the actual string begin to differ.
    pub diff: Option<FirstDifference>,
    /// What the signature itself says.
    pub recovered: Option<RecoveredHash>,
    /// The causes that were tried, those that are so first.
    pub hypotheses: Vec<Cause>,
    /// The digest beside the body.
    pub digest: DigestCompared,
    /// The key id beside the certificate.
    pub key_id: Option<KeyIdCompared>,
}

/// Explains a request.
#[derive(Debug)]
pub struct ExplainRequest;

impl Operation for ExplainRequest {
    type Request = ExplainRequestRequest;
    type Response = ExplainRequestResponse;
    const DECLARATION: Declaration = declare::local(
        "nextgen_psd2.explain_request",
        "Explain why a bank refuses a request",
        "Says of each rule whether it holds, shows the first byte at which what was signed differs from what should have been, and \
         names the probable cause. An RSA signature gives up the hash of what was signed, so each cause is proven or ruled out \
         without the private key.",
        ERRORS,
    );
}

impl Local for ExplainRequest {
    fn run(mut asked: ExplainRequestRequest, mut with: LocalContext<'_>) -> Result<ExplainRequestResponse, Error> {
        let request = std::mem::take(&mut asked.verify.request).read(&mut with)?;
        let (verified, explained) = examine(&request, &asked, &with)?;
        let actual = explained.compared().map(|text| STANDARD.encode(text));
        Ok(ExplainRequestResponse {
            verdict: explained.verdict_id().to_owned(),
            text: explained.text(),
            refused: refused(&verified),
            checks: checks(&verified),
            expected_signing_string: explained
                .expected_signing_string
                .as_ref()
                .map(|text| STANDARD.encode(&text.bytes)),
            actual_signing_string: actual,
            client_text_was_signed: explained.client_text_was_signed,
            diff: explained.diff.as_ref().map(FirstDifference::from),
            recovered: explained.recovered.as_ref().map(RecoveredHash::from),
            hypotheses: explained.hypotheses.into_iter().map(Cause::from).collect(),
            digest: explained.digest.into(),
            key_id: explained.key_id.map(KeyIdCompared::from),
        })
    }
}

/// Verifies and explains a request that was read already: what `asked` itself says of the request is not looked at.
///
/// # Errors
/// Those of the operation.
pub fn examine(
    request: &Request,
    asked: &ExplainRequestRequest,
    with: &LocalContext<'_>,
) -> Result<(Verified, Explanation), Error> {
    let mut known = kept::certificates("known", asked.known.as_deref())?;
    let signed = match &asked.signing_string {
        Some(text) => Some(
            STANDARD
                .decode(text.as_bytes())
                .ok()
                .ok_or_else(|| Error::invalid_field("signing_string", "must be standard base64 with padding"))?,
        ),
        None => None,
    };
    let base_path = asked.base_path.as_deref().unwrap_or_default();
    if !base_path.is_empty() && !base_path.starts_with('/') {
        return Err(Error::invalid_field("base_path", "must begin with `/`, such as `/api`"));
    }
    let trusted = asked.verify.trusted(with)?;
    let (policy, verified) = asked.verify.check(request, &trusted);
    // An issuer's serial number in the key id is a known mistake.
    known.extend(trusted.verifier.anchors().iter().cloned());
    let input = ExplainInput {
        client_signing_string: signed.as_deref(),
        known: &known,
        tls_client: policy.tls_client.as_ref(),
        base_path,
    };
    let explanation = explain::explain(request, &verified, input);
    Ok((verified, explanation))
}

/// Sizes here are bounded by the limits of a request.
fn number(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

impl From<&Diff> for FirstDifference {
    fn from(diff: &Diff) -> Self {
        let shown = |byte: Option<u8>| {
            byte.map(|byte| ByteShown { hex: HEXLOWER.encode(&[byte]), text: explain::visible_byte(byte) })
        };
        let lines = diff
            .lines
            .iter()
            .map(|line| LineCompared { name: line.name.clone(), status: line.status.name().to_owned() });
        Self {
            offset: number(diff.offset),
            line: number(diff.line),
            column: number(diff.column),
            header: diff.header.clone(),
            expected: shown(diff.expected),
            actual: shown(diff.actual),
            expected_context: diff.expected_context.clone(),
            actual_context: diff.actual_context.clone(),
            trailing_newline: diff.trailing_newline,
            crlf: diff.crlf,
            bom: diff.bom,
            lines: lines.collect(),
        }
    }
}

impl From<&Recovered> for RecoveredHash {
    fn from(recovered: &Recovered) -> Self {
        let only = |padding: &str| Self { padding: padding.to_owned(), hash: None, value: None };
        match recovered {
            Recovered::Pkcs1 { hash, value } => Self {
                padding: "pkcs1-v1_5".to_owned(),
                hash: Some((*hash).to_owned()),
                value: Some(HEXLOWER.encode(value)),
            },
            Recovered::PssOrWrongKey => only("pss-or-wrong-key"),
            Recovered::LengthMismatch => only("length mismatch"),
        }
    }
}

impl From<Hypothesis> for Cause {
    fn from(tried: Hypothesis) -> Self {
        Self { id: tried.id.to_owned(), matched: tried.matched, text: tried.text }
    }
}

impl From<DigestReport> for DigestCompared {
    fn from(report: DigestReport) -> Self {
        Self {
            received: report.received,
            sha256: report.sha256,
            sha512: report.sha512,
            body_length: number(report.body_length),
            matches: report.matches,
            variant: report.variant,
        }
    }
}

impl From<Compared> for PartCompared {
    fn from(part: Compared) -> Self {
        Self { attribute: part.attribute, key_id: part.key_id, certificate: part.certificate, same: part.same }
    }
}

impl From<KeyIdReport> for KeyIdCompared {
    fn from(report: KeyIdReport) -> Self {
        Self { serial: report.serial.into(), issuer: report.issuer.into_iter().map(PartCompared::from).collect() }
    }
}
