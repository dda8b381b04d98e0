//! The names of the signed headers and their order (§2.2).

use super::profile::{SigningDialect, SigningProfile};
use crate::http::Request;

/// Headers that must be signed if they are sent.
pub const CONDITIONAL: [&str; 3] = ["psu-id", "psu-corporate-id", "tpp-redirect-uri"];

/// The headers that must be signed in this request, in lower case and in the usual order (V26). In the dialect `Era` a
/// request without a body may omit `Digest`; it is then not in the list.
#[must_use]
pub fn required_names(request: &Request, dialect: SigningDialect) -> Vec<&'static str> {
    let is_era = dialect == SigningDialect::Era;
    let is_sent = |name: &str| request.headers.count(name) > 0;
    let has_digest = !is_era || !request.body.is_empty() || is_sent("digest");
    let fixed = [("date", is_era), ("digest", has_digest), ("x-request-id", true)];
    let fixed = fixed.into_iter().filter(|(_, signed)| *signed).map(|(name, _)| name);
    fixed.chain(CONDITIONAL.into_iter().filter(|name| is_sent(name))).collect()
}

/// The headers that a client signs in this request: the required ones and the profile's additional ones, in the
/// profile's order.
#[must_use]
pub fn names_to_sign(request: &Request, profile: &SigningProfile) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let required = required_names(request, profile.dialect).into_iter().map(str::to_owned);
    let extra = profile.extra_signed_headers.iter().map(|name| name.to_ascii_lowercase());
    for name in required.chain(extra) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if let Some(order) = &profile.header_order {
        let place =
            |name: &String| order.iter().position(|first| first.eq_ignore_ascii_case(name)).unwrap_or(order.len());
        // The sort is stable: headers that the order does not name keep their order.
        names.sort_by_key(place);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str, profile: &SigningProfile) -> String {
        names_to_sign(&Request::parse(text.as_bytes()).unwrap(), profile).join(" ")
    }

    fn list(names: &str) -> Vec<String> {
        names.split(' ').map(str::to_owned).collect()
    }

    const EMPTY: &str = "POST / HTTP/1.1\ntpp-redirect-URI: x\nPSU-ID: x\nAccept: x\n\n";

    #[test]
    fn dialects() {
        let era = SigningProfile::default();
        let bg = SigningProfile { dialect: SigningDialect::Bg, ..SigningProfile::default() };
        assert_eq!(names(EMPTY, &era), "date x-request-id psu-id tpp-redirect-uri");
        assert_eq!(names(EMPTY, &bg), "digest x-request-id psu-id tpp-redirect-uri");
        assert_eq!(names("POST / HTTP/1.1\n\nbody", &era), "date digest x-request-id");
        assert_eq!(
            names("POST / HTTP/1.1\nDigest: x\nPSU-Corporate-ID: x\n\n", &era),
            "date digest x-request-id psu-corporate-id"
        );
    }

    #[test]
    fn further_headers_and_order() {
        let mut profile =
            SigningProfile { extra_signed_headers: list("(Request-Target) Date accept"), ..SigningProfile::default() };
        assert_eq!(names(EMPTY, &profile), "date x-request-id psu-id tpp-redirect-uri (request-target) accept");
        profile.header_order = Some(list("(request-target) not-there X-Request-ID"));
        assert_eq!(names(EMPTY, &profile), "(request-target) x-request-id date psu-id tpp-redirect-uri accept");
    }
}
