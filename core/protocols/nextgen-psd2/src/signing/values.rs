//! The client's checks of the values to sign (§2.8).

use super::{date::parse_imf_fixdate, sign::SignFault};
use crate::http::{Request, is_uuid, is_visible};

/// The maximum length of PSU-ID and PSU-Corporate-ID, in bytes.
const MAX_PSU_ID: usize = 256;

/// Checks all fields with one name, given in lower case.
pub(super) fn check(name: &str, request: &Request) -> Result<(), SignFault> {
    for header in request.headers.named(name) {
        // Surrounding spaces are not sent.
        let value = header.trimmed();
        if !is_visible(value) {
            let offset = value.iter().take_while(|byte| is_visible(std::slice::from_ref(byte))).count();
            return Err(SignFault::in_header(name, format!("byte {offset} is not visible ASCII or a space")));
        }
        let text = std::str::from_utf8(value).map_err(|_| SignFault::in_header(name, "it is not text"))?;
        value_of(name, text).map_err(|why| SignFault::in_header(name, why))?;
    }
    Ok(())
}

fn value_of(name: &str, text: &str) -> Result<(), &'static str> {
    match name {
        "date" if parse_imf_fixdate(text).is_none() => {
            Err("it does not have the form `Tue, 03 Mar 2026 10:15:30 GMT`, two digits for the day and GMT")
        }
        "x-request-id" => request_id(text),
        "psu-id" | "psu-corporate-id" => customer_id(text.as_bytes()),
        "tpp-redirect-uri" => redirect_uri(text),
        _ => Ok(()),
    }
}

/// Checks that a text can be an `X-Request-ID` (§2.8).
///
/// # Errors
/// The reason why it is invalid.
pub fn request_id(text: &str) -> Result<(), &'static str> {
    if is_uuid(text.as_bytes()) && !text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Ok(())
    } else {
        Err("it is not a UUID in lower case")
    }
}

/// Checks that an identifier of a customer or of its agreement can be a header's value (§2.4 G11, §2.8): 1 to 256 bytes
/// of visible ASCII, with spaces only inside, since surrounding spaces are not part of a value. Signers, verifiers and
/// customer stores share this rule.
///
/// # Errors
/// The reason why it is invalid.
pub fn customer_id(value: &[u8]) -> Result<(), &'static str> {
    if value.is_empty() || value.len() > MAX_PSU_ID {
        Err("it must have 1 to 256 bytes")
    } else if !is_visible(value) {
        Err("it must be visible ASCII, spaces allowed inside")
    } else if value.starts_with(b" ") || value.ends_with(b" ") {
        Err("it has a space at its beginning or end")
    } else {
        Ok(())
    }
}

/// Checks that a bank may send its customer there (§2.8, S-11): an absolute `https` URI as in RFC 3986, without user
/// and fragment; `http` is accepted only for this machine itself, for a sandbox.
///
/// # Errors
/// The reason why it is invalid.
pub fn redirect_uri(text: &str) -> Result<(), &'static str> {
    let (scheme, rest) = text.split_once("://").ok_or("it is not an absolute URI")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, _) = rest.split_at(end);
    if authority.contains('@') {
        return Err("it has a user before the host");
    }
    if authority.is_empty() || authority.starts_with(':') {
        return Err("it has no host");
    }
    let is_own = scheme.eq_ignore_ascii_case("http") && is_loopback(authority);
    if !is_own && !scheme.eq_ignore_ascii_case("https") {
        return Err("it is not an https URI");
    }
    if text.contains('#') {
        return Err("it has a fragment");
    }
    let escaped =
        |at: usize| text.as_bytes().get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit));
    let is_fine = |(at, byte): (usize, u8)| match byte {
        b'%' => escaped(at),
        _ => byte.is_ascii_alphanumeric() || b"-._~:/?[]@!$&'()*+,;=".contains(&byte),
    };
    if text.bytes().enumerate().all(is_fine) { Ok(()) } else { Err("it has a character that a URI writes as %XX") }
}

/// Whether host and port belong to this machine itself.
fn is_loopback(authority: &str) -> bool {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    matches!(host, "127.0.0.1" | "localhost" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Request;
    use proptest::prelude::*;

    fn fault(name: &str, value: &[u8]) -> Option<String> {
        let mut request = Request::parse(b"GET / HTTP/1.1\n\n").unwrap();
        request.headers.push(name, value.to_vec());
        check(name, &request).err().map(|fault| fault.why)
    }

    #[test]
    fn what_may_be_signed() {
        for (name, value) in [
            ("date", "Tue, 03 Mar 2026 10:15:30 GMT"),
            ("x-request-id", "4eba4445-1a4b-47b8-bdd5-4e56ef026b19"),
            ("psu-id", "psu-7f3a91"),
            ("psu-id", " psu-7f3a91 "),
            ("psu-id", "psu 7f  3a91"),
            ("psu-corporate-id", "~"),
            ("psu-corporate-id", "corp 42"),
            ("tpp-redirect-uri", "https://tpp.example/cb?state=9d1f&lang=nb"),
            ("tpp-redirect-uri", "HTTPS://[::1]:8443"),
            ("tpp-redirect-uri", "http://127.0.0.1:8080/cb"),
            ("tpp-redirect-uri", "http://localhost/cb"),
            ("tpp-redirect-uri", "https://tpp.example/%C3%B8"),
            ("accept", ""),
        ] {
            assert_eq!(fault(name, value.as_bytes()), None, "{name}: {value}");
        }
    }

    #[test]
    fn what_may_not() {
        let long = "x".repeat(MAX_PSU_ID + 1);
        for (name, value) in [
            ("date", "Tue, 3 Mar 2026 10:15:30 GMT"),
            ("x-request-id", "4EBA4445-1a4b-47b8-bdd5-4e56ef026b19"),
            ("x-request-id", "4eba4445-1a4b-47b8-bdd5-4e56ef026b1"),
            ("x-request-id", "4eba44451-a4b-47b8-bdd5-4e56ef026b19"),
            ("psu-id", ""),
            ("psu-corporate-id", &long),
            ("tpp-redirect-uri", ""),
            ("tpp-redirect-uri", "/cb"),
            ("tpp-redirect-uri", "http://tpp.example/"),
            ("tpp-redirect-uri", "http://localhost:80@evil.example/cb"),
            ("tpp-redirect-uri", "http://localhost.evil.example/cb"),
            ("tpp-redirect-uri", "http://127.0.0.1:x/cb"),
            ("tpp-redirect-uri", "javascript://tpp.example/"),
            ("tpp-redirect-uri", "https:///cb"),
            ("tpp-redirect-uri", "https://:443/cb"),
            ("tpp-redirect-uri", "https://user@tpp.example/"),
            ("tpp-redirect-uri", "https://tpp.example/#x"),
            ("tpp-redirect-uri", "https://tpp.example/a b"),
            ("tpp-redirect-uri", "https://tpp.example/%4"),
            ("tpp-redirect-uri", "https://tpp.example/\"<>"),
            ("accept", "ø"),
            ("accept", "a\tb"),
            ("accept", "a\r\nX-Evil: 1"),
        ] {
            assert!(fault(name, value.as_bytes()).is_some(), "{name}: {value}");
        }
        assert_eq!(fault("accept", b"ab\0").as_deref(), Some("byte 2 is not visible ASCII or a space"));
    }

    /// The shared rule, for values that no header parser has trimmed.
    #[test]
    fn identifiers_of_customers() {
        for fine in ["a", "psu 7f3a91", "a  b", "~!", &"x".repeat(MAX_PSU_ID)] {
            assert_eq!(customer_id(fine.as_bytes()), Ok(()), "{fine}");
        }
        for wrong in ["", " ", " a", "a ", "a\tb", "a\u{a0}b", "å", &"x".repeat(MAX_PSU_ID + 1)] {
            assert!(customer_id(wrong.as_bytes()).is_err(), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(value: Vec<u8>, near in "https://[a-z@:%#/ ]{0,20}") {
            for name in crate::http::SINGLE {
                let _ = (fault(name, &value), fault(name, near.as_bytes()));
            }
        }
    }
}
