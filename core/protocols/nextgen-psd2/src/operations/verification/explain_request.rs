//! Explains a bank's checks of a request (§3.3).

use bankchannel_foundation::{model::InlineBytes, prelude::*};

use super::{
    report::{CheckResult, Refused},
    verify_request::{VerifyRequest, VerifyRequestRequest},
};
// The parts of the answer.
pub use crate::explain::{
    diff::{ByteShown, ByteShownBuilder, FirstDifference, FirstDifferenceBuilder, LineCompared, LineComparedBuilder},
    digest::{DigestCompared, DigestComparedBuilder},
    hypotheses::{Cause, CauseBuilder},
    key_id::{KeyIdCompared, KeyIdComparedBuilder, PartCompared, PartComparedBuilder},
    recovered::{RecoveredHash, RecoveredHashBuilder},
};
use crate::{
    declare,
    explain::{self, ExplainInput, RefusalExplanation},
    http::{MAX_HEAD, Request},
    model::{GIVEN_REQUEST, cached},
    verify::{RequestCheck, VerifiedRequest},
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

/// The explanation. It shows the request's own values: show it only to the sender of the request.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ExplainRequestResponse {
    /// `ok`, or the check that failed first, such as `V30`.
    pub verdict: String,
    /// The whole explanation as text for a person, at most 64 KiB.
    pub text: String,
    /// What the sender can do about the verdict. Absent if the request is valid, or if the check's own text is enough.
    pub advice: Option<String>,
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
    /// The signed text, if a cause proves it.
    pub signed_text: Option<InlineBytes>,
    /// Whether the sender's claimed string has the signed hash. Absent if either is missing.
    pub client_text_was_signed: Option<bool>,
    /// The first difference between the expected and the actual string.
    pub diff: Option<FirstDifference>,
    /// The hash recovered from the signature.
    pub recovered: Option<RecoveredHash>,
    /// The tested causes, the proven ones first.
    pub hypotheses: Vec<Cause>,
    /// The digest compared with the body. Absent if the request was refused before it was read.
    pub digest: Option<DigestCompared>,
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
        .with_form(&CommandForm { fields: FIELDS, ..CommandForm::new("") }),
    Command::named("verify").with_examples(VERIFY_EXAMPLES).with_form(&CommandForm {
        fields: FIELDS.split_at(FIELDS.len() - 1).0,
        ..CommandForm::new("Verify a signed request as a bank does: exit 0 when it is valid, 1 when it is refused")
    }),
];

impl Local for ExplainRequest {
    fn run(mut asked: ExplainRequestRequest, with: LocalContext<'_>) -> Result<ExplainRequestResponse, Error> {
        let request = std::mem::take(&mut asked.verify.request).read(&with)?;
        let (_, explained) = examine(&request, &asked, &with)?;
        Ok(explained.into())
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

impl ExplainRequestResponse {
    /// The explanation of a request that was refused before it was read: the check that failed.
    #[must_use]
    pub fn unread(check: &RequestCheck) -> Self {
        Self {
            verdict: check.rule.id.to_owned(),
            text: format!("{} failed: {}.", check.rule.id, check.text.trim_end_matches('.')),
            advice: None,
            refused: Some(check.into()),
            checks: vec![check.into()],
            expected_signing_string: None,
            actual_signing_string: None,
            signed_text: None,
            client_text_was_signed: None,
            diff: None,
            recovered: None,
            hypotheses: Vec::new(),
            digest: None,
            key_id: None,
        }
    }
}

impl From<RefusalExplanation> for ExplainRequestResponse {
    fn from(explained: RefusalExplanation) -> Self {
        let bytes = |text: Option<&[u8]>| text.map(|text| text.to_vec().into());
        Self {
            verdict: explained.verdict_id().to_owned(),
            text: explained.text(),
            advice: explained.advice().map(str::to_owned),
            refused: explained.verdict.as_ref().map(Refused::from),
            checks: explained.checks.iter().map(CheckResult::from).collect(),
            expected_signing_string: bytes(
                explained.expected_signing_string.as_ref().map(|text| text.bytes.as_slice()),
            ),
            actual_signing_string: bytes(explained.compared()),
            signed_text: bytes(explained.signed_text.as_deref()),
            client_text_was_signed: explained.client_text_was_signed,
            diff: explained.diff,
            recovered: explained.recovered.as_ref().map(RecoveredHash::from),
            hypotheses: explained.hypotheses,
            digest: Some(explained.digest),
            key_id: explained.key_id,
        }
    }
}
