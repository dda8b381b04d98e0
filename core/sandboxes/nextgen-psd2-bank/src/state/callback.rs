//! The redirect after the customer's decision: to the URI of the signed request and nowhere else (S-11).

/// Adds parameters to the query of a URI. The rest of the URI stays unchanged, byte for byte.
pub(super) fn with_parameters(uri: &str, parameters: &[(&str, &str)]) -> String {
    let (head, fragment) = match uri.split_once('#') {
        Some((head, fragment)) => (head, Some(fragment)),
        None => (uri, None),
    };
    let mut out = head.to_owned();
    for (name, value) in parameters {
        if !out.contains('?') {
            out.push('?');
        } else if !out.ends_with(['?', '&']) {
            out.push('&');
        }
        encode(name, &mut out);
        out.push('=');
        encode(value, &mut out);
    }
    if let Some(fragment) = fragment {
        out.push('#');
        out.push_str(fragment);
    }
    out
}

/// Percent-encodes all characters except the unreserved ones of RFC 3986 §2.3.
fn encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::with_parameters;

    /// T-139: nothing in the registered query is dropped or re-encoded.
    #[test]
    fn parameters_come_after_what_is_there() {
        let added = [("psu-id", "psu 1&x=y"), ("tpp-session-id", "ø/~")];
        let tail = "psu-id=psu%201%26x%3Dy&tpp-session-id=%C3%B8%2F~";
        for (uri, begins) in [
            ("https://tpp.example/cb", "https://tpp.example/cb?"),
            ("https://tpp.example", "https://tpp.example?"),
            ("https://tpp.example/cb?", "https://tpp.example/cb?"),
            ("https://tpp.example/cb?state=9d1f", "https://tpp.example/cb?state=9d1f&"),
            ("https://tpp.example/cb?state=a%2Bb+c&", "https://tpp.example/cb?state=a%2Bb+c&"),
            ("https://tpp.example/cb?a&a=1&=&u=https://x/?y", "https://tpp.example/cb?a&a=1&=&u=https://x/?y&"),
        ] {
            assert_eq!(with_parameters(uri, &added), format!("{begins}{tail}"), "{uri}");
            assert_eq!(with_parameters(&format!("{uri}#part?x"), &added), format!("{begins}{tail}#part?x"));
            assert_eq!(with_parameters(uri, &[]), uri);
        }
    }
}
