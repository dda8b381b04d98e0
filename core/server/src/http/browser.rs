//! Pages of counterparts, and checks on the browsers that request them.
//!
//! They are served only for IP addresses and `localhost`: a foreign host name that resolves to this machine belongs to
//! another site that tries to read these pages (DNS rebinding).

use std::net::IpAddr;

use hyper::{
    HeaderMap, Response, StatusCode,
    header::{self, HeaderName, HeaderValue},
};
use serde_json::json;

use super::{
    answer::{self, AnswerBody},
    page::HtmlPage,
};

/// Whether a request names this machine by an IP address or `localhost`, which no other site can claim. The port may
/// belong to a forwarder that leads here.
pub fn is_own(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.parse::<u16>().is_ok() => name,
        _ => host,
    };
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost") || address.parse::<IpAddr>().is_ok()
}

/// Whether the browser reports that a page of another origin than this host sent the request.
pub fn is_foreign(headers: &HeaderMap, host: &str) -> bool {
    let origin = headers.get(header::ORIGIN).map(|value| value.to_str().unwrap_or_default());
    let from = origin.map(|origin| origin.split_once("://").map_or("", |(_, host)| host));
    let site =
        headers.get("sec-fetch-site").map(|site| site.as_bytes() == b"same-origin" || site.as_bytes() == b"none");
    from.is_some_and(|from| !from.eq_ignore_ascii_case(host)) || site == Some(false)
}

/// The response with a page.
pub fn page(page: &HtmlPage) -> Response<AnswerBody> {
    let status = StatusCode::from_u16(page.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = answer::json(status, page.body.clone());
    for (name, value) in &page.headers {
        let Ok(value) = HeaderValue::from_str(value) else {
            return refuse(StatusCode::INTERNAL_SERVER_ERROR, "the page has a header that cannot be written");
        };
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
    response
}

/// The response with an error.
pub fn refuse(status: StatusCode, why: &str) -> Response<AnswerBody> {
    answer::json(status, json!({ "error": { "message": why } }).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_here() {
        for own in ["127.0.0.1:8443", "localhost:1", "[::1]:8443", "192.0.2.7:8443", "127.0.0.1", "[::1]"] {
            assert!(is_own(own), "{own}");
        }
        for foreign in
            ["", "127.0.0.1:x", "rebound.example.test:8443", "localhost.example.test", ":8443", "[::1]x:8443"]
        {
            assert!(!is_own(foreign), "{foreign}");
        }
    }

    #[test]
    fn forms_of_other_pages() {
        let headers = |name: &'static str, value: &'static str| {
            HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static(value))])
        };
        let host = "127.0.0.1:1";
        assert!(!is_foreign(&HeaderMap::new(), host) && !is_foreign(&headers("origin", "https://127.0.0.1:1"), host));
        assert!(!is_foreign(&headers("sec-fetch-site", "same-origin"), host));
        for (name, value) in [
            ("origin", "https://evil.example"),
            ("origin", "https://127.0.0.1:2"),
            ("origin", "https://127.0.0.1"),
            ("origin", "http://localhost:1"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
        ] {
            assert!(is_foreign(&headers(name, value), host), "{value}");
        }
    }
}
