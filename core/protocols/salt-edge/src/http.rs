//! Requests and answers as types of the crate `http`, which axum, hyper and others use.

use bankchannel_foundation::message::HeaderField;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, request::Parts};

use crate::{connector::operations::requests::receive_request::ReceiveRequestRequest, model::HttpAnswer};

/// The header fields of a request. In a value that is not UTF-8, replacement characters are inserted; the value is
/// refused later if it is needed.
#[must_use]
pub fn header_fields(headers: &HeaderMap) -> Vec<HeaderField> {
    let field = |(name, value): (&HeaderName, &HeaderValue)| HeaderField {
        name: name.as_str().to_owned(),
        value: String::from_utf8_lossy(value.as_bytes()).into_owned(),
    };
    headers.iter().map(field).collect()
}

/// The path with its query, as in the request line.
#[must_use]
pub fn target(parts: &Parts) -> String {
    parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned()
}

impl ReceiveRequestRequest {
    /// Converts a request of a Rust web framework. Salt Edge's public key is PEM text.
    #[must_use]
    pub fn from_http(parts: &Parts, hub_public_key: String) -> Self {
        Self {
            method: parts.method.as_str().to_owned(),
            target: target(parts),
            headers: header_fields(&parts.headers),
            hub_public_key,
            provider_code: None,
            issuer: None,
            leeway_s: None,
            path_prefix: None,
            redirect_schemes: None,
            at: None,
        }
    }
}

impl From<HttpAnswer> for Response<String> {
    /// Converts the answer for a Rust web framework.
    fn from(answer: HttpAnswer) -> Self {
        let mut response = Self::new(answer.body);
        let status = u16::try_from(answer.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
        *response.status_mut() = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        for HeaderField { name, value } in answer.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&value)) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_of_a_framework_is_read_and_its_answer_given_back() {
        let request = http::Request::get("http://bank.example/api/priora/v1/accounts?x=1")
            .header("client-id", "771")
            .header("x-odd", HeaderValue::from_bytes(b"\xff").expect("a value"))
            .body(())
            .expect("a request");
        let (parts, ()) = request.into_parts();
        let asked = ReceiveRequestRequest::from_http(&parts, "key".to_owned());
        assert_eq!((asked.method.as_str(), asked.target.as_str()), ("GET", "/api/priora/v1/accounts?x=1"));
        assert_eq!((asked.headers[0].name.as_str(), asked.headers[0].value.as_str()), ("client-id", "771"));
        assert_eq!(asked.headers[1].value, "\u{fffd}");

        let retry = HeaderField { name: "Retry-After".into(), value: "10".into() };
        let odd = HeaderField { name: "no name".into(), value: "x".into() };
        let answer = HttpAnswer { status: 503, headers: vec![retry, odd], body: "{}".into() };
        let response = Response::<String>::from(answer);
        assert_eq!((response.status(), response.body().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "{}"));
        assert_eq!(response.headers()["retry-after"], "10");
        assert_eq!(response.headers().len(), 1);
        let nonsense = HttpAnswer { status: 7, headers: Vec::new(), body: String::new() };
        assert_eq!(Response::<String>::from(nonsense).status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
