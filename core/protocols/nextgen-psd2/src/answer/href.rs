//! Targets of links: as written by the bank, as opened by a browser, and whether they are safe for a customer (§1.4).

use url::{Host, Url};

/// The characters of a URI besides letters, digits and percent-encoded bytes (RFC 3986 §2.2, §2.3).
const URI: &[u8] = b"-._~:/?#[]@!$&'()*+,;=";

/// Percent-encodes exactly the bytes that a URI cannot hold; the bank's own escapes stay. `None` if there is a control
/// character, which no link has by accident.
#[must_use]
pub fn encode_href(href: &str) -> Option<String> {
    let bytes = href.as_bytes();
    let mut out = String::with_capacity(bytes.len());
    for (at, &byte) in bytes.iter().enumerate() {
        let is_escape =
            byte == b'%' && bytes.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        if byte.is_ascii_control() {
            return None;
        } else if byte.is_ascii_alphanumeric() || URI.contains(&byte) || is_escape {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    Some(out)
}

/// The whole target of a link: `/v1/…` is appended to the base URL with its path; any other target is resolved as in
/// RFC 3986. The bank's text is not encoded again: identifiers of resources are opaque.
#[must_use]
pub fn resolve_href(base_url: &str, href: &str) -> Option<String> {
    let base_url = base_url.trim_end_matches('/');
    if href.starts_with("/v1/") {
        return Some(format!("{base_url}{href}"));
    }
    let base = Url::parse(&format!("{base_url}/")).ok()?;
    if href.starts_with('/') && !href.starts_with("//") {
        return Some(format!("{}{href}", base.origin().ascii_serialization()));
    }
    match Url::parse(href) {
        Ok(_) => Some(href.to_owned()),
        Err(_) => base.join(href).ok().map(String::from),
    }
}

/// The target in a form that is safe for a customer's browser, or the reason why it is unsafe. `http` is accepted for
/// loopback addresses only: a sandbox.
///
/// # Errors
/// The reason, for a person.
pub fn safe_redirect(base_url: &str, href: &str, allowed_hosts: &[String]) -> Result<String, &'static str> {
    let whole = resolve_href(base_url, href).ok_or("it cannot be resolved")?;
    let encoded = encode_href(&whole).ok_or("it has control characters")?;
    let target = Url::parse(&encoded).map_err(|_| "it is not a URL")?;
    let base = Url::parse(base_url).map_err(|_| "the base URL is not a URL")?;
    let is_loopback = match target.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => return Err("it names no host"),
    };
    if target.scheme() != "https" && !(target.scheme() == "http" && is_loopback) {
        return Err("its scheme is not https");
    }
    // Checked in the text, not in one parser's reading: a browser on a page reads `https:host/x` as an address of the
    // same site.
    let written = encoded.split_once("://").map_or("", |(_, rest)| rest);
    let authority = written.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.is_empty() {
        return Err("its host does not come after `://`");
    }
    if authority.contains('@') {
        return Err("it holds a user or password");
    }
    let host = target.host_str().unwrap_or_default();
    let is_banks =
        base.host_str() == Some(host) || allowed_hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(host));
    if is_banks { Ok(encoded) } else { Err("its host is neither the bank's nor an allowed one") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://bank.example/api";

    /// T-124: the documented example.
    #[test]
    fn what_no_uri_can_hold_is_encoded_and_nothing_else() {
        let bad = "https://openbanking.swedbank.no/tap?route_secesb_id=1&flow=psd2&locale=no-NB, no; q=1.0";
        let good = "https://openbanking.swedbank.no/tap?route_secesb_id=1&flow=psd2&locale=no-NB,%20no;%20q=1.0";
        assert_eq!(encode_href(bad).as_deref(), Some(good));
        assert_eq!(encode_href(good).as_deref(), Some(good));
        assert_eq!(encode_href("/a%zz?ø").as_deref(), Some("/a%25zz?%C3%B8"));
        assert_eq!(encode_href("/a\r\nb"), None);
    }

    #[test]
    fn targets_resolve_against_the_whole_base_url() {
        for (href, whole) in [
            ("/v1/accounts/enc!!AbC_-=", "https://bank.example/api/v1/accounts/enc!!AbC_-="),
            ("/tap?x=1", "https://bank.example/tap?x=1"),
            ("https://other.example/a b", "https://other.example/a b"),
            ("v1/consents", "https://bank.example/api/v1/consents"),
            ("//other.example/x", "https://other.example/x"),
        ] {
            assert_eq!(resolve_href(BASE, href).as_deref(), Some(whole), "{href}");
            assert_eq!(resolve_href("https://bank.example/api/", href).as_deref(), Some(whole), "{href}");
        }
    }

    /// T-129: a customer is only sent to the bank.
    #[test]
    fn a_customer_is_sent_to_the_bank_only() {
        let allowed = ["sca.example".to_owned()];
        assert!(safe_redirect(BASE, "https://bank.example/tap?locale=no-NB, no", &[]).is_ok());
        assert!(safe_redirect(BASE, "https://SCA.example/tap", &allowed).is_ok());
        assert!(safe_redirect("http://127.0.0.1:8080/api", "http://127.0.0.1:9/tap", &[]).is_ok());
        for href in [
            "https://evil.example/tap",
            "https://bank.example.evil.example/",
            "http://bank.example/tap",
            "https://user@bank.example/tap",
            "https://bank.example@evil.example/",
            "https://@bank.example/",
            "https://:@bank.example/",
            "https:bank.example/../../logout",
            "https:/bank.example/x",
            "https:///bank.example/x",
            "HTTPS:\\\\bank.example/x",
            "javascript:alert(1)",
            "data:text/html,x",
            "//evil.example/x",
            "https://bank.example/\r\nx",
        ] {
            assert!(safe_redirect(BASE, href, &allowed).is_err(), "{href}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_answered(href: String) {
            let _ = safe_redirect(BASE, &href, &[]);
            if let Some(encoded) = encode_href(&href) {
                proptest::prop_assert!(encoded.is_ascii());
                proptest::prop_assert_eq!(encode_href(&encoded), Some(encoded.clone()));
            }
        }
    }
}
