//! Verifies a request as a bank does (§3).

use std::sync::Arc;

use bankchannel_foundation::prelude::*;

use super::report::{CheckResult, Refused, verdict};
use crate::{
    certificates::Certificate,
    declare, errors,
    http::Request,
    model::cached,
    verify::{EndpointRequirements, Policy, RequestVerifier, VerificationMode, VerifiedRequest},
};

/// The strictness of the checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Boundary)]
#[non_exhaustive]
pub enum Strictness {
    /// Deviations that other banks tolerate are refused.
    #[boundary("strict")]
    Strict,
    /// The assumed strictness of the banks: the default.
    #[default]
    #[boundary("normal")]
    Normal,
    /// Known deviations are accepted with a warning.
    #[boundary("lenient")]
    Lenient,
}

impl From<Strictness> for VerificationMode {
    fn from(mode: Strictness) -> Self {
        match mode {
            Strictness::Strict => Self::Strict,
            Strictness::Normal => Self::Normal,
            Strictness::Lenient => Self::Lenient,
        }
    }
}

/// A request, and the options of the check.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
#[boundary(flattened)]
pub struct VerifyRequestRequest {
    /// The request.
    #[boundary(flatten)]
    pub request: crate::model::GivenRequest,
    /// The certificates of trusted issuers as PEM text, one after the other. Without any, no issuer is trusted and
    /// `V17` fails.
    #[boundary(profile)]
    pub trusted: Option<String>,
    /// The time of the check. Default: now.
    pub at: Option<bankchannel_foundation::model::Timestamp>,
    /// The strictness.
    pub mode: Option<crate::operations::verification::verify_request::Strictness>,
    /// The bank's dialect. Default: `era`.
    pub dialect: Option<crate::model::Dialect>,
    /// The client certificate of the TLS connection as PEM text: it must be a QWAC of the same organisation, from a
    /// trusted issuer.
    pub tls_certificate: Option<String>,
}

/// The result of the check.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct VerifyRequestResponse {
    /// Whether the request passes all checks made here. A bank may still refuse its body, or a request id that was used
    /// before.
    pub valid: bool,
    /// `ok`, or the check that failed first, such as `V30`.
    pub verdict: String,
    /// The bank's answer, if it refuses.
    pub refused: Option<Refused>,
    /// All checks in their order, including those after the first failure.
    pub checks: Vec<CheckResult>,
    /// The organisation that signed, such as `PSDNO-FSA-987654321`, from the certificate. It counts only with `valid`.
    pub organization_identifier: Option<String>,
}

/// Verify a signed request as a bank does.
///
/// Runs the checks of a bank in their order: headers, certificate and its issuer, signed headers, digest, signature,
/// date, role. A refused request is no error: the response says so. Not checked: whether the request id was seen
/// before, and the fields of the body. Role and content type are checked only for the operations that this library
/// knows by their path; otherwise a warning says so.
#[derive(Debug, Operation)]
#[operation(VerifyRequestRequest => VerifyRequestResponse)]
#[declaration(takes_time: true, ..declare::local("nextgen_psd2.verify_request"))]
#[errors(errors::CERTIFICATE_UNUSABLE)]
pub struct VerifyRequest;

impl Local for VerifyRequest {
    fn run(mut asked: VerifyRequestRequest, with: LocalContext<'_>) -> Result<VerifyRequestResponse, Error> {
        let trusted = asked.trusted(&with)?;
        let request = std::mem::take(&mut asked.request).read(&with)?;
        let verified = asked.check(&request, &trusted).1;
        let organization = verified.certificate.as_ref().and_then(Certificate::organization_identifier);
        Ok(VerifyRequestResponse {
            valid: verified.is_valid(),
            verdict: verdict(&verified),
            refused: verified.refusal().map(Refused::from),
            checks: verified.checks.iter().map(CheckResult::from).collect(),
            organization_identifier: organization.map(str::to_owned),
        })
    }
}

/// The parsed input of the checks.
pub(super) struct TrustedInput {
    pub(super) verifier: Arc<RequestVerifier>,
    tls_client: Option<Certificate>,
    now_s: i64,
}

impl VerifyRequestRequest {
    /// Parses the input of the checks.
    ///
    /// # Errors
    /// Those of [`VerifyRequest`], for unreadable input.
    pub(super) fn trusted(&self, with: &LocalContext<'_>) -> Result<TrustedInput, Error> {
        let now_s = self.at.as_ref().map_or_else(|| with.clock.now_s(), |at| at.as_ms().div_euclid(1000));
        let verifier = cached::verifier(self.trusted.as_deref(), with)?;
        let tls_client = self.tls_certificate.as_deref();
        let tls_client = tls_client.map(|pem| cached::certificate("tls_certificate", pem, with)).transpose()?;
        Ok(TrustedInput { verifier, tls_client: tls_client.map(|certificate| Certificate::clone(&certificate)), now_s })
    }

    /// Makes a bank's checks on a request that is already parsed.
    pub(super) fn check(&self, request: &Request, with: &TrustedInput) -> (Policy, VerifiedRequest) {
        let dialect = self.dialect.unwrap_or_default().into();
        let policy = Policy {
            mode: self.mode.unwrap_or_default().into(),
            tls_client: with.tls_client.clone(),
            endpoint: EndpointRequirements::for_request(&request.method, &request.target, dialect),
            ..Policy::at(with.now_s, dialect)
        };
        let verified = with.verifier.verify(request, &policy);
        (policy, verified)
    }
}
