//! V33 to V36: whether the third party may send this request, and whether the rest of the request is valid.

use super::{EndpointRequirements, Policy, VerificationMode, check::CheckFinding};
use crate::{
    certificates::Psd2Statement,
    http::Request,
    signing::{customer_id, redirect_uri},
};

/// V33.
pub(super) fn role(psd2: Option<&Psd2Statement>, endpoint: Option<EndpointRequirements>) -> CheckFinding {
    let Some(endpoint) = endpoint else {
        return CheckFinding::warn("the role was not checked: this library does not know the operation of this path");
    };
    let Some(psd2) = psd2 else { return CheckFinding::skip("the certificate states no roles") };
    if endpoint.roles.iter().any(|role| psd2.roles.contains(role)) {
        return CheckFinding::Holds;
    }
    let needed: Vec<&str> = endpoint.roles.iter().map(|role| role.name()).collect();
    CheckFinding::fails(format!(
        "the certificate does not give the role {}, which this operation needs",
        needed.join(" or ")
    ))
}

/// V34.
pub(super) fn accepts_json(request: &Request) -> CheckFinding {
    let mut fields = request.headers.named("accept").peekable();
    if fields.peek().is_none() {
        return CheckFinding::Holds;
    }
    // The most specific matching range decides (RFC 9110 §12.5.1).
    let range = |member: &str| {
        let mut parts = member.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
        let refused = parts.any(|part| {
            let weight = part.strip_prefix("q=").or_else(|| part.strip_prefix("Q="));
            weight.and_then(|weight| weight.parse::<f32>().ok()).is_some_and(|weight| weight <= 0.0)
        });
        let ranges = ["*/*", "application/*", "application/json"];
        ranges.iter().position(|known| *known == kind).map(|closeness| (closeness, !refused))
    };
    let texts = fields.filter_map(|field| std::str::from_utf8(field.trimmed()).ok());
    let best = texts.flat_map(|text| text.split(',')).filter_map(range).max();
    if best.is_some_and(|(_, admits)| admits) {
        CheckFinding::Holds
    } else {
        CheckFinding::fails("Accept must admit application/json")
    }
}

/// V35.
pub(super) fn content(request: &Request, policy: &Policy, endpoint: Option<EndpointRequirements>) -> CheckFinding {
    let Some(endpoint) = endpoint else {
        return CheckFinding::warn(
            "content type and body were not checked: this library does not know the operation of this path",
        );
    };
    if !endpoint.body {
        // Some clients send a body such as `{}` with each POST, and not all banks' pages are clear about it.
        let is_usual = request.method == "POST" && policy.mode == VerificationMode::Normal;
        return match request.body.is_empty() {
            true => CheckFinding::Holds,
            false if is_usual || policy.mode == VerificationMode::Lenient => {
                CheckFinding::warn("this operation has no body; the one sent is ignored")
            }
            false => CheckFinding::FailsAs(400, "FORMAT_ERROR", "this operation has no body".into()),
        };
    }
    let kind = request.headers.text("content-type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        CheckFinding::Holds
    } else {
        CheckFinding::fails("Content-Type must be application/json")
    }
}

/// V36.
pub(super) fn values(request: &Request, endpoint: Option<EndpointRequirements>) -> CheckFinding {
    let one_of = [
        ("psu-context", &["PRIVATE", "CORPORATE"][..]),
        ("psu-http-method", &["GET", "POST", "PUT", "PATCH", "DELETE"][..]),
        ("tpp-redirect-preferred", &["true", "false"][..]),
    ];
    for (name, allowed) in one_of {
        let mut values = request.headers.named(name).map(|header| header.trimmed());
        if values.any(|value| !allowed.iter().any(|text| text.as_bytes() == value)) {
            return CheckFinding::fails(format!("{name} must be {}", allowed.join(" or ")));
        }
    }
    for address in request.headers.named("psu-ip-address") {
        let address = std::str::from_utf8(address.trimmed()).ok();
        if address.and_then(|text| text.parse::<std::net::IpAddr>().ok()).is_none() {
            return CheckFinding::fails("psu-ip-address must be an IPv4 or IPv6 address");
        }
    }
    for name in ["psu-id", "psu-corporate-id"] {
        if let Some(Err(why)) = request.headers.get(name).map(customer_id) {
            return CheckFinding::fails(format!("{name}: {why}"));
        }
    }
    match request.headers.text("tpp-redirect-uri") {
        Some(uri) => match redirect_uri(uri) {
            Ok(()) => CheckFinding::Holds,
            Err(why) => CheckFinding::fails(format!("tpp-redirect-uri: {why}")),
        },
        None if request.headers.count("tpp-redirect-uri") > 0 => CheckFinding::fails("tpp-redirect-uri is not text"),
        None if endpoint.is_some_and(|endpoint| endpoint.redirect) => CheckFinding::fails(
            "TPP-Redirect-URI is missing: the bank would not know where to send its customer back to",
        ),
        None => CheckFinding::Holds,
    }
}
