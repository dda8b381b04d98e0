//! Explains a bank's checks of a request (§3.3).

use bankchannel_foundation::{model::InlineBytes, prelude::*};
use data_encoding::HEXLOWER;

use super::{
    report::{CheckResult, Refused, checks, refused},
    verify_request::{VerifyRequest, VerifyRequestRequest},
};
use crate::{
    declare,
    explain::{
        self, ComparedKeyIdPart, DigestReport, ExplainInput, FailureHypothesis, KeyIdReport, RefusalExplanation,
        SignatureContent, SigningStringDiff,
    },
    http::{MAX_HEAD, Request},
    model::{GIVEN_REQUEST, cached},
    verify::VerifiedRequest,
};

/// A request, and further facts about it.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ExplainRequestRequest {
    /// The request and the options of the check.
    #[boundary(flatten)]
    pub verify: VerifyRequestRequest,
    /// The signing string that the sender claims to have signed. The first difference is then shown from it.
    pub signing_string: Option<InlineBytes>,
    /// Other certificates of the sender as PEM text, one after the other, to test whether one of their keys made the
    /// signature.
    pub known: Option<String>,
    /// The path before the API's own, such as `/api`: some senders sign without it.
    pub base_path: Option<String>,
}

/// A byte of a signing string.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct ByteShown {
    /// The byte as two hex digits.
    pub hex: String,
    /// The byte as text; a line feed is `\n`, a space `␠`.
    pub text: String,
}

/// One line of a signing string, compared.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct LineCompared {
    /// The header's name.
    pub name: String,
    /// `same`, `changed`, `missing` (not signed) or `extra` (signed, but not listed).
    pub status: String,
}

/// The first difference between the signed string and the expected string.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct FirstDifference {
    /// The position of the byte, from 0.
    pub offset: u32,
    /// The line, from 1.
    pub line: u32,
    /// The column in bytes, from 1.
    pub column: u32,
    /// The header of that line.
    pub header: String,
    /// The expected byte. Absent if the expected string has ended.
    pub expected: Option<ByteShown>,
    /// The actual byte. Absent if the other string has ended.
    pub actual: Option<ByteShown>,
    /// The expected bytes around the difference.
    pub expected_context: String,
    /// The actual bytes around the difference.
    pub actual_context: String,
    /// Whether the string ends with a line break, which it must not.
    pub trailing_newline: bool,
    /// Whether lines end in carriage return and line feed.
    pub crlf: bool,
    /// Whether the string begins with a byte order mark.
    pub bom: bool,
    /// All lines.
    pub lines: Vec<LineCompared>,
}

/// The hash recovered from the signature.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct RecoveredHash {
    /// `pkcs1-v1_5`: the key fits, and the signed text has this hash. `pss-or-wrong-key`: another key or another
    /// padding. `length mismatch`: not a signature by this key.
    pub padding: String,
    /// The hash's name, with `pkcs1-v1_5`: `sha1`, `sha256`, `sha384` or `sha512`; `none` if a hash or a text was
    /// signed directly, without the DigestInfo that names the hash.
    pub hash: Option<String>,
    /// The hash of the signed text, lower-case hex. With `none`: all signed bytes.
    pub value: Option<String>,
}

/// A probable cause and its test.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct Cause {
    /// The id of the hypothesis, such as `H-08`.
    pub id: String,
    /// Whether the cause is proven: the text that it supposes has the signed hash.
    pub matched: bool,
    /// The finding, or the attempt.
    pub text: String,
}

/// The digest compared with the body.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct DigestCompared {
    /// The header as received.
    pub received: Option<String>,
    /// The header for this body with SHA-256.
    pub sha256: String,
    /// The header for this body with SHA-512.
    pub sha512: String,
    /// The body's length in bytes.
    pub body_length: u32,
    /// Whether the received header matches the body.
    pub matches: bool,
    /// The content whose digest the received header is, if it could be found.
    pub variant: Option<String>,
}

/// A part of the key id compared with the certificate.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct PartCompared {
    /// The part: `SN`, `CN`, or an object identifier.
    pub attribute: String,
    /// The value in the key id.
    pub key_id: Option<String>,
    /// The value in the certificate.
    pub certificate: Option<String>,
    /// Whether both mean the same, in any spelling.
    pub same: bool,
}

/// The key id compared with the certificate.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct KeyIdCompared {
    /// The serial number.
    pub serial: PartCompared,
    /// The issuer's parts.
    pub issuer: Vec<PartCompared>,
}

/// The explanation. It shows the request's own values: show it only to the sender of the request.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ExplainRequestResponse {
    /// `ok`, or the check that failed first, such as `V30`.
    pub verdict: String,
    /// The whole explanation as text for a person, at most 64 KiB.
    pub text: String,
    /// The bank's answer, if it refuses.
    pub refused: Option<Refused>,
    /// All checks in their order.
    pub checks: Vec<CheckResult>,
    /// The expected signing string.
    pub expected_signing_string: Option<InlineBytes>,
    /// The string compared with `expected_signing_string`. It is the sender's claimed string, unless that is
    /// the expected string and the signature proves another. Otherwise it is the string of a cause that the signature
    /// proves.
    pub actual_signing_string: Option<InlineBytes>,
    /// Whether the sender's claimed string has the signed hash. Absent if either is missing.
    pub client_text_was_signed: Option<bool>,
    /// The first difference between the expected and the actual string.
    pub diff: Option<FirstDifference>,
    /// The hash recovered from the signature.
    pub recovered: Option<RecoveredHash>,
    /// The tested causes, the proven ones first.
    pub hypotheses: Vec<Cause>,
    /// The digest compared with the body.
    pub digest: DigestCompared,
    /// The key id compared with the certificate.
    pub key_id: Option<KeyIdCompared>,
}

/// Explain why a bank refuses a request.
///
/// Shows for each rule whether it holds, shows the first byte at which the signed string differs from the expected
/// one, and names the probable cause. An RSA signature reveals the hash of the signed text, so each cause is proven
/// or excluded without the private key.
#[derive(Debug, Operation)]
#[operation(ExplainRequestRequest => ExplainRequestResponse)]
#[declaration(commands: COMMANDS, takes_time: true, ..declare::local("nextgen_psd2.explain_request"))]
#[errors(..VerifyRequest::DECLARATION.errors)]
pub struct ExplainRequest;

const VERIFY_EXAMPLES: &str = "Examples:
  bankchannel psd2 verify --ca certs/ca.pem signed.http
  bankchannel psd2 verify --ca bank-test-cas.pem --at 'Tue, 03 Mar 2026 10:15:30 GMT' --dialect bg --json - < signed.http

Exit code 0 when the request is valid, 1 when a bank would refuse it. --json prints the same object as `explain`.
Not checked: reuse of the request id, and the fields of the body.";

const EXPLAIN_EXAMPLES: &str = "Examples:
  bankchannel psd2 explain --ca certs/ca.pem signed.http
  bankchannel psd2 explain --ca certs/ca.pem --signing-string what-i-signed.txt signed.http
  bankchannel psd2 explain --ca certs/ca.pem --json - < signed.http | jq '.hypotheses[] | select(.matched)'

The exit code is 0 for every verdict; use `verify` in scripts. An RSA signature contains the hash of the signed bytes:
`explain` can prove or rule out each probable cause without the private key. The output shows values of the request.";

/// The fields of the command that explains; the last one is not one of the command that verifies.
const FIELDS: &[CommandField] = &[
    CommandField::files(
        "trusted",
        "ca",
        FileForm::Certificates,
        "Certificates of trusted issuers: one or several as PEM, or one as DER; may be given several times",
    ),
    CommandField::value("at", "at")
        .help("The time of the check, such as 2026-03-03T10:15:30Z or a Date header's value [default: now]"),
    CommandField::value("mode", "mode").help("The strictness of the checks [default: normal]"),
    CommandField::value("dialect", "dialect"),
    CommandField::file(
        "tls_certificate",
        "tls-certificate",
        FileForm::Certificate,
        "The client certificate of the TLS connection, PEM: it must be a QWAC of the same organisation",
    ),
    CommandField::files(
        "known",
        "known",
        FileForm::Certificates,
        "Other certificates of the sender, PEM, to find out whether the key of one of them made the signature",
    ),
    CommandField::value("base_path", "base-path"),
    CommandField::content(GIVEN_REQUEST, "The signed request, for example copied from a log; - for stdin"),
    CommandField::file(
        "signing_string",
        "signing-string",
        FileForm::Bytes(MAX_HEAD as u64),
        "The bytes that the sender claims to have signed; - for stdin",
    ),
];

const COMMANDS: &[Command] = &[
    Command::named("explain")
        .with_examples(EXPLAIN_EXAMPLES)
        .with_form(&CommandForm { fields: FIELDS, ..CommandForm::new("Explain why a bank refuses a request") }),
    Command::named("verify").with_examples(VERIFY_EXAMPLES).with_form(&CommandForm {
        fields: FIELDS.split_at(FIELDS.len() - 1).0,
        ..CommandForm::new("Verify a signed request as a bank does: exit 0 when it is valid, 1 when it is refused")
    }),
];

impl Local for ExplainRequest {
    fn run(mut asked: ExplainRequestRequest, with: LocalContext<'_>) -> Result<ExplainRequestResponse, Error> {
        let request = std::mem::take(&mut asked.verify.request).read(&with)?;
        let (verified, explained) = examine(&request, &asked, &with)?;
        let actual = explained.compared().map(|text| text.to_vec().into());
        Ok(ExplainRequestResponse {
            verdict: explained.verdict_id().to_owned(),
            text: explained.text(),
            refused: refused(&verified),
            checks: checks(&verified),
            expected_signing_string: explained.expected_signing_string.as_ref().map(|text| text.bytes.clone().into()),
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

/// Verifies and explains a request that is already parsed; the request in `asked` is ignored.
///
/// # Errors
/// The operation's errors.
pub fn examine(
    request: &Request,
    asked: &ExplainRequestRequest,
    with: &LocalContext<'_>,
) -> Result<(VerifiedRequest, RefusalExplanation), Error> {
    let mut known = cached::certificates("known", asked.known.as_deref())?;
    let base_path = asked.base_path.as_deref().unwrap_or_default();
    if !base_path.is_empty() && !base_path.starts_with('/') {
        return Err(Error::invalid_field("base_path", "must begin with `/`, such as `/api`"));
    }
    let trusted = asked.verify.trusted(with)?;
    let (policy, verified) = asked.verify.check(request, &trusted);
    // The issuer's serial number in the key id is a known mistake.
    known.extend(trusted.verifier.anchors().iter().cloned());
    let input = ExplainInput {
        client_signing_string: asked.signing_string.as_deref(),
        known: &known,
        tls_client: policy.tls_client.as_ref(),
        base_path,
    };
    let explanation = explain::explain(request, &verified, input);
    Ok((verified, explanation))
}

/// Sizes here are limited by the maximum size of a request.
fn number(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

impl From<&SigningStringDiff> for FirstDifference {
    fn from(diff: &SigningStringDiff) -> Self {
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

impl From<&SignatureContent> for RecoveredHash {
    fn from(recovered: &SignatureContent) -> Self {
        let only = |padding: &str| Self { padding: padding.to_owned(), hash: None, value: None };
        match recovered {
            SignatureContent::Pkcs1 { hash, value } => Self {
                padding: "pkcs1-v1_5".to_owned(),
                hash: Some((*hash).to_owned()),
                value: Some(HEXLOWER.encode(value)),
            },
            SignatureContent::PssOrWrongKey => only("pss-or-wrong-key"),
            SignatureContent::LengthMismatch => only("length mismatch"),
        }
    }
}

impl From<FailureHypothesis> for Cause {
    fn from(tried: FailureHypothesis) -> Self {
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

impl From<ComparedKeyIdPart> for PartCompared {
    fn from(part: ComparedKeyIdPart) -> Self {
        Self { attribute: part.attribute, key_id: part.key_id, certificate: part.certificate, same: part.same }
    }
}

impl From<KeyIdReport> for KeyIdCompared {
    fn from(report: KeyIdReport) -> Self {
        Self { serial: report.serial.into(), issuer: report.issuer.into_iter().map(PartCompared::from).collect() }
    }
}
