//! A bank's checks of a signed request, in the order of §3.2.
//!
//! ```text
//!   V01–V03 message   V05–V10 headers present   V11–V12 Signature parses   V13–V22 certificate
//!   V23–V27 signed headers   V28 digest   V29–V30 signature   V31 date   V33–V36 request
//! ```
//!
//! V04 (route), V32 (replay), V37 and V38 (body, business) are left to the bank itself. The bank answers with the first
//! failure; later checks are still made if possible, so that all faults are visible at once.

mod cache;
mod certificate;
mod check;
mod connection;
mod message;
mod policy;
mod request;
mod signature;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use bankchannel_crypto::signature::Hash;

pub use self::{
    check::*,
    policy::{EndpointRequirements, ListedCertificate, MAX_SKEW_S, Policy, VerificationMode},
};

pub(crate) use self::certificate::RESERVED;
use self::{
    cache::{CertificateCache, KnownCertificate},
    check::CheckFinding,
};
use crate::{
    certificates::Certificate,
    http::Request,
    model::CheckStatus,
    signing::{DecodedWords, DuplicateParameters, KeyId, SignatureHeader, SigningText, decode_rfc2047},
};

/// Verifies requests against trusted issuers. It caches parsed certificates, so reuse it; any number of threads may
/// share it.
#[derive(Debug, Default)]
pub struct RequestVerifier {
    anchors: Vec<Certificate>,
    cache: CertificateCache,
}

/// The result of a verification.
#[derive(Clone, Default)]
pub struct VerifiedRequest {
    /// The checks, in their order.
    pub checks: Vec<RequestCheck>,
    /// The certificate, if it could be parsed.
    pub certificate: Option<Certificate>,
    /// The Signature header without its RFC 2047 encoding, if it could be decoded.
    pub signature_text: Option<String>,
    /// Its parameters, if they could be parsed.
    pub header: Option<SignatureHeader>,
    /// The names of the signed headers, in lower case and in their order.
    pub names: Vec<String>,
    /// The key id, if it could be parsed.
    pub key_id: Option<KeyId>,
    /// The hash of the signature, if its algorithm is allowed.
    pub hash: Option<Hash>,
    /// The text that must have been signed, if every listed header is present.
    pub signing_string: Option<SigningText>,
    /// The signature's bytes, if it is valid base64.
    pub signature: Option<Vec<u8>>,
}

bankchannel_foundation::redacted_debug!(VerifiedRequest, |it| refusal: it.refusal().map(|check| check.rule.id));

impl VerifiedRequest {
    /// The first check that failed, with which a bank answers.
    #[must_use]
    pub fn refusal(&self) -> Option<&RequestCheck> {
        self.checks.iter().find(|check| check.status == CheckStatus::Failed)
    }

    /// Whether no check failed and the signature was verified: a signature that was never checked is not valid.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let is_signed = |check: &RequestCheck| check.rule == &check::V30 && check.status == CheckStatus::Ok;
        self.refusal().is_none() && self.checks.iter().any(is_signed)
    }
}

impl RequestVerifier {
    /// Trusts these issuers. Without any, V17 fails for every request.
    #[must_use]
    pub fn new(anchors: Vec<Certificate>) -> Self {
        Self { anchors, cache: CertificateCache::default() }
    }

    /// The trusted issuers.
    #[must_use]
    pub fn anchors(&self) -> &[Certificate] {
        &self.anchors
    }

    /// Checks a request.
    #[must_use]
    pub fn verify(&self, request: &Request, policy: &Policy) -> VerifiedRequest {
        let checks = ChecksMade { made: Vec::with_capacity(RULES.len()), stop_at_failure: policy.stop_at_failure };
        let mut run = VerificationRun { checks, out: VerifiedRequest::default() };
        let _ = self.run(request, policy, &mut run);
        VerifiedRequest { checks: run.checks.made, ..run.out }
    }

    fn run(&self, request: &Request, policy: &Policy, run: &mut VerificationRun) -> Option<()> {
        let checks = &mut run.checks;
        checks.check(&check::V01, || message::sizes(request))?;
        checks.check(&check::V02, || message::clean(request))?;
        checks.check(&check::V03, || message::single(request))?;
        checks.check(&check::V05, || message::has_request_id(request))?;
        checks.check(&check::V06, || message::request_id(request, policy))?;
        checks.check(&check::V07, || message::has_signature(request))?;
        checks.check(&check::V08, || message::has_certificate(request))?;
        checks.check(&check::V09, || message::has_date(request, policy))?;
        checks.check(&check::V10, || message::has_digest(request, policy))?;
        read_signature_header(request, policy, run)?;
        let known = self.read_certificate(request, policy, run)?;
        self.check_certificate(known.as_deref(), policy, &mut run.checks)?;
        check_signature(request, policy, known.as_deref(), run)?;
        let checks = &mut run.checks;
        checks.check(&check::V31, || signature::date(request, policy))?;
        let endpoint = policy.endpoint;
        match &known {
            Some(known) => checks.check(&check::V33, || request::role(known.psd2_statement.as_ref(), endpoint))?,
            None => checks.skip(&check::V33, "the certificate could not be read"),
        }
        checks.check(&check::V34, || request::accepts_json(request))?;
        checks.check(&check::V35, || request::content(request, policy, endpoint))?;
        checks.check(&check::V36, || request::values(request, endpoint))
    }

    /// V13.
    fn read_certificate(
        &self,
        request: &Request,
        policy: &Policy,
        run: &mut VerificationRun,
    ) -> Option<Option<Arc<KnownCertificate>>> {
        let Some(value) = request.headers.get("tpp-signature-certificate").filter(|value| !value.is_empty()) else {
            run.checks.skip(&check::V13, "there is no certificate");
            return Some(None);
        };
        match self.cache.read(value, policy.mode == VerificationMode::Lenient, &self.anchors) {
            Ok(known) => {
                run.out.certificate = Some(known.certificate.clone());
                run.checks.check(&check::V13, || CheckFinding::of_warnings(&known.warnings))?;
                Some(Some(known))
            }
            Err(fault) => {
                run.checks.check(&check::V13, || CheckFinding::fails(fault.to_string()))?;
                Some(None)
            }
        }
    }

    /// V14 to V22.
    fn check_certificate(
        &self,
        known: Option<&KnownCertificate>,
        policy: &Policy,
        checks: &mut ChecksMade,
    ) -> Option<()> {
        let Some(known) = known else {
            for rule in [
                &check::V14,
                &check::V15,
                &check::V16,
                &check::V17,
                &check::V18,
                &check::V19,
                &check::V20,
                &check::V21,
                &check::V22,
            ] {
                checks.skip(rule, "the certificate could not be read");
            }
            return Some(());
        };
        let certificate = &known.certificate;
        let issuers = known.issuers.iter().filter_map(|&at| self.anchors.get(at));
        checks.check(&check::V14, || known.key.clone())?;
        checks.check(&check::V15, || certificate::begun(certificate, policy))?;
        checks.check(&check::V16, || certificate::not_expired(certificate, policy))?;
        checks.check(&check::V17, || certificate::trusted(certificate, issuers, known.unissued, policy))?;
        checks.check(&check::V18, || certificate::not_revoked(certificate, policy))?;
        checks.check(&check::V19, || certificate::not_blocked(certificate, policy))?;
        checks.check(&check::V20, || known.for_its_use(policy.mode))?;
        checks.check(&check::V21, || known.psd2(policy.mode))?;
        checks.check(&check::V22, || self.check_connection(certificate, policy))
    }

    /// V22.
    fn check_connection(&self, sealing: &Certificate, policy: &Policy) -> CheckFinding {
        let Some(tls) = &policy.tls_client else { return CheckFinding::skip("no TLS client certificate is known") };
        let known = self.cache.of_connection(tls, &self.anchors);
        let issuers = known.issuers.iter().filter_map(|&at| self.anchors.get(at));
        connection::fits(&known, issuers, sealing, policy)
    }
}

/// V11 and V12.
fn read_signature_header(request: &Request, policy: &Policy, run: &mut VerificationRun) -> Option<()> {
    let Some(value) = request.headers.get("signature").filter(|value| !value.is_empty()) else {
        run.checks.skip(&check::V11, "there is no Signature");
        run.checks.skip(&check::V12, "there is no Signature");
        return Some(());
    };
    let text = match decode_rfc2047(value, policy.mode == VerificationMode::Lenient) {
        Ok(DecodedWords { text, warnings }) => {
            run.checks.check(&check::V11, || CheckFinding::of_warnings(&warnings))?;
            text
        }
        Err(fault) => {
            run.checks.check(&check::V11, || CheckFinding::fails(fault.to_string()))?;
            run.checks.skip(&check::V12, "the Signature header could not be decoded");
            return Some(());
        }
    };
    let parsed = SignatureHeader::parse(&text, DuplicateParameters::Reject);
    run.out.signature_text = Some(text);
    match parsed {
        Ok(header) => {
            run.checks.check(&check::V12, || parameters(&header, policy))?;
            run.out.names = header.signed_names();
            run.out.header = Some(header);
            Some(())
        }
        Err(fault) => run.checks.check(&check::V12, || CheckFinding::fails(fault.to_string())),
    }
}

/// The parameters that may be missing in a Signature header (V12): `headers` by the draft (§2.4 G8), `algorithm` in the
/// lenient mode.
fn parameters(header: &SignatureHeader, policy: &Policy) -> CheckFinding {
    if header.algorithm.is_none() && policy.mode != VerificationMode::Lenient {
        return CheckFinding::fails("the parameter algorithm is missing: write algorithm=\"rsa-sha256\"");
    }
    match &header.headers {
        Some(names) if names.is_empty() => {
            CheckFinding::fails("the parameter headers is empty: list the signed headers in their order")
        }
        Some(_) => CheckFinding::Holds,
        None => {
            CheckFinding::warn("the parameter headers is missing, which by the draft means that only date is signed")
        }
    }
}

/// V23 to V30.
fn check_signature(
    request: &Request,
    policy: &Policy,
    known: Option<&KnownCertificate>,
    run: &mut VerificationRun,
) -> Option<()> {
    let VerificationRun { checks, out } = run;
    let Some(header) = &out.header else {
        for rule in [&check::V23, &check::V24, &check::V25, &check::V26, &check::V27] {
            checks.skip(rule, "the Signature header could not be read");
        }
        checks.check(&check::V28, || signature::digest(request, policy))?;
        checks.skip(&check::V29, "the Signature header could not be read");
        checks.skip(&check::V30, "the Signature header could not be read");
        return Some(());
    };
    match known {
        Some(known) => {
            let (key_id, found) = known.key_id(&header.key_id);
            out.key_id = key_id;
            checks.check(&check::V23, || found)?;
        }
        None => checks.skip(&check::V23, "the certificate could not be read"),
    }
    let (hash, found) = signature::algorithm(header, policy);
    out.hash = hash;
    checks.check(&check::V24, || found)?;
    let (built, found) = signature::listed(&out.names, request);
    out.signing_string = built;
    checks.check(&check::V25, || found)?;
    checks.check(&check::V26, || signature::required(&out.names, request, policy))?;
    checks.check(&check::V27, || signature::no_others(&out.names, policy))?;
    checks.check(&check::V28, || signature::digest(request, policy))?;
    let Some(certificate) = known.map(|known| &known.certificate) else {
        checks.skip(&check::V29, "the certificate could not be read");
        checks.skip(&check::V30, "the certificate could not be read");
        return Some(());
    };
    let (bytes, found) = signature::bytes(header, certificate);
    checks.check(&check::V29, || found)?;
    let fits = match (hash, &out.signing_string, &bytes) {
        (Some(hash), Some(text), Some(bytes)) => signature::fits(certificate, hash, &text.bytes, bytes),
        (None, ..) => CheckFinding::skip("the algorithm is not allowed"),
        (_, None, _) => CheckFinding::skip("the signing string cannot be built"),
        (_, _, None) => CheckFinding::skip("the signature is not base64"),
    };
    out.signature = bytes;
    checks.check(&check::V30, || fits)
}

/// The findings so far.
struct VerificationRun {
    checks: ChecksMade,
    /// The result, without the checks.
    out: VerifiedRequest,
}

/// The checks made so far.
struct ChecksMade {
    made: Vec<RequestCheck>,
    stop_at_failure: bool,
}

impl ChecksMade {
    /// Makes a check; `None` if it failed and the verification stops there.
    fn check(&mut self, rule: &'static CheckRule, make: impl FnOnce() -> CheckFinding) -> Option<()> {
        let check = make().into_check(rule);
        let stop = check.status == CheckStatus::Failed && self.stop_at_failure;
        self.made.push(check);
        (!stop).then_some(())
    }

    fn skip(&mut self, rule: &'static CheckRule, why: &'static str) {
        self.made.push(CheckFinding::skip(why).into_check(rule));
    }
}
