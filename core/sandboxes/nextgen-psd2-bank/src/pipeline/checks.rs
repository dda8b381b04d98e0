//! The bank's own checks, in addition to those of the verifier: V04 (route), V22 (TLS certificate present), V32
//! (replay), V37 (body) and V38.

use std::sync::Arc;

use bankchannel_nextgen_psd2::{
    certificates::{Certificate, CertificateFault},
    http::Request,
    model::CheckStatus,
    verify::{CheckRule, EndpointRequirements, Policy, RequestCheck, V04, V22, V30, V32, VerifiedRequest, rule},
};

use super::{
    super::{
        refusal::{SandboxRefusal, V38},
        service::SandboxBank,
    },
    mounts::DialectMount,
};
use bankchannel_server::http::router::RouteMatch;

/// How long a request id is remembered, in seconds (§3.1).
pub(super) const REPLAY_WINDOW_S: i64 = 86_400;

/// The policy for checking a request.
pub(super) fn policy(
    bank: &SandboxBank,
    mount: &DialectMount,
    tls_client: Option<Certificate>,
    endpoint: Option<EndpointRequirements>,
    now_s: i64,
) -> Policy {
    let lists = bank.lists();
    Policy {
        mode: bank.config.mode,
        revoked: Arc::clone(&lists.revoked),
        blocked: Arc::clone(&lists.blocked),
        tls_client,
        endpoint,
        stop_at_failure: true,
        ..Policy::at(now_s, mount.dialect)
    }
}

/// Runs the checks up to V36, including V32 in its place, and returns the third party. The request id is consumed only
/// if the signature is valid and the date is current (S-09, T-103). `client` is the certificate of the connection, or
/// why it could not be parsed.
pub(super) fn admit(
    bank: &SandboxBank,
    request: &Request,
    policy: &Policy,
    verified: &VerifiedRequest,
    client: Option<&Result<Certificate, CertificateFault>>,
    found: &RouteMatch,
) -> Result<String, SandboxRefusal> {
    let first = verified.refusal();
    let failed_before = |rule: &CheckRule| first.filter(|check| check.rule < rule);
    if let Some(check) = failed_before(&V04) {
        return Err(SandboxRefusal::of_check(check));
    }
    on_its_way(found)?;
    if let Some(check) = failed_before(&V22) {
        return Err(SandboxRefusal::of_check(check));
    }
    if let Some(Err(fault)) = client {
        return Err(SandboxRefusal::by(
            V22.id,
            401,
            "CERTIFICATE_INVALID",
            format!("the TLS client certificate (QWAC) is refused: it cannot be read: {fault}"),
        ));
    }
    if !bank.config.plain && policy.tls_client.is_none() {
        return Err(SandboxRefusal::by(
            V22.id,
            401,
            "CERTIFICATE_MISSING",
            "the TLS connection has no client certificate: present the QWAC of the same organisation when connecting",
        ));
    }
    if let Some(check) = failed_before(&V32) {
        return Err(SandboxRefusal::of_check(check));
    }
    let third_party = verified.certificate.as_ref().and_then(Certificate::organization_identifier);
    let is_signed = verified.checks.iter().any(|check| *check.rule == V30 && check.status == CheckStatus::Ok);
    let (true, Some(third_party)) = (is_signed, third_party) else {
        tracing::error!("a request came past the checks without a verified signature");
        return Err(SandboxRefusal::internal());
    };
    let id = request.headers.text("x-request-id").unwrap_or_default();
    if !bank.state.remember_request(third_party, id, policy.now_s, REPLAY_WINDOW_S) {
        return Err(SandboxRefusal::by(
            V32.id,
            400,
            "FORMAT_ERROR",
            "X-Request-ID was used before: this is a replay, or the attempt has no new id",
        ));
    }
    match first {
        Some(check) => Err(SandboxRefusal::of_check(check)),
        None => Ok(third_party.to_owned()),
    }
}

/// V04.
pub(super) fn on_its_way(found: &RouteMatch) -> Result<(), SandboxRefusal> {
    match found {
        RouteMatch::Operation { .. } => Ok(()),
        RouteMatch::OtherMethods(methods) => {
            let methods = methods.join(", ");
            let text = format!("this path has the methods {methods} only");
            Err(SandboxRefusal {
                allow: Some(methods.into()),
                ..SandboxRefusal::by(V04.id, 405, "SERVICE_INVALID", text)
            })
        }
        RouteMatch::Nothing | RouteMatch::Malformed | RouteMatch::InBody => {
            Err(SandboxRefusal::by(V04.id, 404, "RESOURCE_UNKNOWN", "this bank has no such path"))
        }
    }
}

/// Whether a request failed before its signature was verified.
pub(super) fn is_unauthenticated(refusal: &SandboxRefusal) -> bool {
    rule(refusal.check).is_some_and(|rule| *rule <= V30)
}

/// The rule of a refusal: the protocol's, or the bank's own.
pub(super) fn rule_of(refusal: &SandboxRefusal) -> Option<&'static CheckRule> {
    rule(refusal.check).or((refusal.check == V38.id).then_some(&V38))
}

/// Inserts a refusal by the bank into the list of checks, in its place.
pub(super) fn note_refusal(verified: &mut VerifiedRequest, refusal: &SandboxRefusal) {
    if let Some(own) = rule_of(refusal) {
        put(&mut verified.checks, refusal.as_check(own));
    }
}

/// Records that the route exists.
pub(super) fn note_route(verified: &mut VerifiedRequest) {
    let check =
        RequestCheck { rule: &V04, status: CheckStatus::Ok, text: V04.what.into(), http: V04.http, code: V04.code };
    put(&mut verified.checks, check);
}

fn put(checks: &mut Vec<RequestCheck>, check: RequestCheck) {
    let at = checks.iter().position(|held| held.rule >= check.rule).unwrap_or(checks.len());
    match checks.get_mut(at) {
        Some(held) if held.rule == check.rule => *held = check,
        _ => checks.insert(at, check),
    }
}
