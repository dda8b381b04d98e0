//! The test vectors of docs/protocols/nextgen-psd2.md §2.10, for the tests of all modules.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;

use crate::{certificates::Certificate, http::Request};

/// The specification's throwaway key, published on purpose.
pub(crate) const TEST_KEY: &str = include_str!("test-key.pem");
/// The issuers' certificates of the leaves of A and of B, base64 DER.
pub(crate) const AUTHORITIES: [&str; 2] = [include_str!("authority-1.b64"), include_str!("authority-2.b64")];
/// The time of all requests.
pub(crate) const NOW_S: i64 = 1_772_532_930;

pub(crate) const SIGNING_STRING_A: &[u8] = include_bytes!("a.signing-string");
pub(crate) const SIGNING_STRING_B: &[u8] = include_bytes!("b.signing-string");

/// Request A in wire format.
pub(crate) const REQUEST_A: &[u8] = include_bytes!("a.http");
/// Request B.
pub(crate) const REQUEST_B: &[u8] = include_bytes!("b.http");

pub(crate) const KEY_ID_A: &str = "SN=B3A91F27C5D4E10,CA=CN=Sandbox QSEAL CA 1,2.5.4.97=#0c0f4e54524e4f2d303030303030303030,\
                                   O=Sandbox Trust AS,L=Trondheim,C=NO";
pub(crate) const KEY_ID_B: &str = "SN=D2B04C6E19F7A835,CA=CN=Nordlys QSEAL CA,2.5.4.97=#0c0f4e54524e4f2d303030303030303031,\
                                   O=Tromsø Trust AS,L=Tromsø,C=NO";

/// The differences of request C from A, which is A with SHA-512 everywhere.
pub(crate) const DIGEST_C: &str =
    "SHA-512=FmRYYTBWcxIxQQmOHdH6vXMMkEQs7g0DNItJU/GPsDgiYZtJ3b+rU/QRGolOErK3JlE9xc6S6tsAZqYhi9DERA==";
pub(crate) const SIGNATURE_C: &str = "cyVcx8Z89RsLn4oh7yZ/EgG9Enk6mHVEPi1dzmcdeMJv5fg1Tg6ySM/w98FciPDC6yIpbMyL28KB1pOAC0K94iO9Rs3l4KkpbkQscJc8BHJ1nSnK6tpyMi7I4j01Y4QFegrVHrq3/qR0xK8DjsQEkdYmTy26Ed2s6bwsff/KW7xc6lF4/9gOo2N99ZniXP+zAGpzFUvskeCriRJaEhPtuRh7GMIIUwvu11GXwm3ExZbY9YdOoIYfVw9qIYMtTvq8ehGyvQTBXZf1uXW8VSFTCtqVG2l5rH9scq7jZ4xnZMFhApxjw+MnCc8KFPNoL6FizaageFl7loXBPDKGB83qpQ==";

/// The key of vectors D: 1024 bits, below the accepted minimum.
pub(crate) const CAVAGE_KEY: &str = include_str!("cavage-public-key.pem");
/// Vectors D: the listed names, if any, and the signature.
pub(crate) const CAVAGE: [(Option<&str>, &str); 3] = [
    (
        None,
        "SjWJWbWN7i0wzBvtPl8rbASWz5xQW6mcJmn+ibttBqtifLN7Sazz6m79cNfwwb8DMJ5cou1s7uEGKKCs+FLEEaDV5lp7q25WqS+lavg7T8hc0GppauB6hbgEKTwblDHYGEtbGmtdHgVCk9SuS13F0hZ8FD0k/5OxEPXe5WozsbM=",
    ),
    (
        Some("(request-target) host date"),
        "qdx+H7PHHDZgy4y/Ahn9Tny9V3GP6YgBPyUXMmoxWtLbHpUnXS2mg2+SbrQDMCJypxBLSPQR2aAjn7ndmw2iicw3HMbe8VfEdKFYRqzic+efkb3nndiv/x1xSHDJWeSWkx3ButlYSuBskLu6kd9Fswtemr3lgdDEmn04swr2Os0=",
    ),
    (
        Some("(request-target) host date content-type digest content-length"),
        "vSdrb+dS3EceC9bcwHSo4MlyKS59iFIrhgYkz8+oVLEEzmYZZvRs8rgOp+63LEM3v+MFHB32NfpB2bEKBIvB1q52LaEUHFv120V01IL+TAD48XaERZFukWgHoBTLMhYS2Gb51gWxpeIq8knRmPnYePbF5MOkR0Zkly4zKH7s1dE=",
    ),
];

pub(crate) fn request_a() -> Request {
    Request::parse(REQUEST_A).unwrap()
}

pub(crate) fn request_b() -> Request {
    Request::parse(REQUEST_B).unwrap()
}

/// The request of draft-cavage-http-signatures-10, appendix C.
pub(crate) fn request_d() -> Request {
    let mut request = Request::parse(b"POST /foo?param=value&pet=dog HTTP/1.1\n\n").unwrap();
    for (name, value) in [
        ("Host", "example.com"),
        ("Date", "Sun, 05 Jan 2014 21:31:40 GMT"),
        ("Content-Type", "application/json"),
        ("Digest", "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="),
        ("Content-Length", "18"),
    ] {
        request.headers.push(name, value);
    }
    request.body = Bytes::from_static(br#"{"hello": "world"}"#);
    request
}

/// The certificate in a request.
pub(crate) fn leaf(request: &Request) -> Certificate {
    let value = request.headers.get("tpp-signature-certificate").unwrap();
    Certificate::from_der(&STANDARD.decode(value).unwrap()).unwrap()
}
