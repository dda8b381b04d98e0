//! The `Digest` header (RFC 3230, RFC 5843): `SHA-256=` and the base64 of the body's hash (§2.3).

use std::fmt;

use bankchannel_crypto::signature::Hash;
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::shown::ShownBeginning;
use crate::http::is_token;

/// A hash algorithm for a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DigestAlgorithm {
    /// `SHA-256`.
    #[default]
    Sha256,
    /// `SHA-512`.
    Sha512,
}

impl DigestAlgorithm {
    const ALL: [Self; 2] = [Self::Sha256, Self::Sha512];

    /// The name in the header, in upper case.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Sha512 => "SHA-512",
        }
    }

    /// The algorithm with this name, in any letter case; `None` for every other name.
    #[must_use]
    pub fn from_token(token: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| token.eq_ignore_ascii_case(algorithm.token()))
    }

    /// The hash of a body.
    #[must_use]
    pub fn digest(self, body: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Hash::Sha256.digest(body),
            Self::Sha512 => Hash::Sha512.digest(body),
        }
    }

    /// The length of a hash, in bytes.
    fn length(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

/// The value of `Digest` for a body, hashed exactly as it is sent. Some services require the name in lower case.
#[must_use]
pub fn digest_header(algorithm: DigestAlgorithm, body: &[u8], lower_case_token: bool) -> String {
    let value = STANDARD.encode(algorithm.digest(body));
    match lower_case_token {
        true => format!("{}={value}", algorithm.token().to_ascii_lowercase()),
        false => format!("{}={value}", algorithm.token()),
    }
}

/// A digest in the header with a supported algorithm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestMember {
    /// The algorithm.
    pub algorithm: DigestAlgorithm,
    /// The name as written.
    pub token: String,
    /// The hash, with the algorithm's length.
    pub value: Vec<u8>,
}

/// Parses the value of `Digest`, a list `A=…,B=…`. Members with other algorithms are ignored: their values need not be
/// base64.
///
/// # Errors
/// [`DigestFault::Syntax`], [`DigestFault::NoSupportedAlgorithm`].
pub fn digest_members(value: &str) -> Result<Vec<DigestMember>, DigestFault> {
    if bare(value).is_some() {
        return Err(syntax("it is base64 alone; the algorithm is missing before it, as in `SHA-256=…`"));
    }
    let mut members = Vec::new();
    for member in value.split(',') {
        let member = member.trim_matches([' ', '\t']);
        let (token, text) = member.split_once('=').ok_or_else(|| syntax("a digest is `ALGORITHM=base64`"))?;
        if !is_token(token) {
            return Err(syntax("the text before `=` is not the name of an algorithm"));
        }
        let Some(algorithm) = DigestAlgorithm::from_token(token) else { continue };
        let value = STANDARD
            .decode(text.as_bytes())
            .ok()
            .ok_or_else(|| syntax("the hash is not canonical base64 with `+`, `/` and padding"))?;
        if value.len() != algorithm.length() {
            let (name, wanted, has) = (algorithm.token(), algorithm.length(), value.len());
            return Err(DigestFault::Syntax(format!("a {name} hash has {wanted} bytes, this one has {has}")));
        }
        members.push(DigestMember { algorithm, token: token.to_owned(), value });
    }
    if members.is_empty() { Err(DigestFault::NoSupportedAlgorithm) } else { Ok(members) }
}

/// Checks the value of `Digest` against the body (V28): each member with a supported algorithm must match, and there
/// must be at least one. `lenient` also accepts the base64 alone, without an algorithm. Returns warnings.
///
/// # Errors
/// [`DigestFault`].
pub fn check_digest(value: &str, body: &[u8], lenient: bool) -> Result<Vec<String>, DigestFault> {
    let mut warnings = Vec::new();
    let members = match bare(value).filter(|_| lenient) {
        Some(member) => {
            warnings.push(format!("Digest is base64 alone; it was read as {}", member.algorithm.token()));
            vec![member]
        }
        None => digest_members(value)?,
    };
    // A list may name an algorithm many times, but the body is hashed only once for each.
    for algorithm in DigestAlgorithm::ALL {
        let mut values = members.iter().filter(|member| member.algorithm == algorithm).peekable();
        if values.peek().is_none() {
            continue;
        }
        let expected = algorithm.digest(body);
        if let Some(wrong) = values.find(|member| member.value != expected) {
            let (expected, received) = (STANDARD.encode(&expected), STANDARD.encode(&wrong.value));
            return Err(DigestFault::Mismatch { algorithm, expected, received });
        }
    }
    Ok(warnings)
}

/// A hash without its algorithm's name, which follows from the length.
fn bare(value: &str) -> Option<DigestMember> {
    // Only texts of these lengths can be a hash; others are not decoded.
    let decoded = matches!(value.len(), 44 | 88).then(|| STANDARD.decode(value.as_bytes()).ok()).flatten()?;
    let algorithm = DigestAlgorithm::ALL.into_iter().find(|algorithm| algorithm.length() == decoded.len())?;
    Some(DigestMember { algorithm, token: String::new(), value: decoded })
}

/// The reason why a `Digest` is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DigestFault {
    /// It does not have the format of §2.3.
    Syntax(String),
    /// It names neither SHA-256 nor SHA-512.
    NoSupportedAlgorithm,
    /// It is not the hash of the body.
    Mismatch {
        /// The algorithm.
        algorithm: DigestAlgorithm,
        /// The hash of the body, in base64.
        expected: String,
        /// The hash in the header, in base64.
        received: String,
    },
}

fn syntax(why: &str) -> DigestFault {
    DigestFault::Syntax(why.to_owned())
}

impl fmt::Display for DigestFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(why) => write!(f, "Digest cannot be read: {why}"),
            Self::NoSupportedAlgorithm => write!(f, "Digest names no supported algorithm: SHA-256 and SHA-512 are"),
            Self::Mismatch { algorithm, expected, received } => {
                let (expected, received) = (ShownBeginning(expected), ShownBeginning(received));
                write!(f, "Digest is not the {} of the body: the body gives {expected}", algorithm.token())?;
                write!(f, ", the header says {received}")
            }
        }
    }
}

impl std::error::Error for DigestFault {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EMPTY_256: &str = "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    const EMPTY_512: &str =
        "SHA-512=z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==";
    const HELLO: &[u8] = br#"{"hello": "world"}"#;
    const HELLO_256: &str = "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=";

    /// T-012, and Cavage-10 appendix C.
    #[test]
    fn constants() {
        assert_eq!(digest_header(DigestAlgorithm::Sha256, b"", false), EMPTY_256);
        assert_eq!(digest_header(DigestAlgorithm::Sha512, b"", false), EMPTY_512);
        assert_eq!(digest_header(DigestAlgorithm::Sha256, HELLO, false), HELLO_256);
    }

    /// T-087.
    #[test]
    fn the_name_may_have_any_case() {
        let lower = digest_header(DigestAlgorithm::Sha256, HELLO, true);
        assert_eq!(lower, HELLO_256.replace("SHA", "sha"));
        assert_eq!(check_digest(&lower, HELLO, false), Ok(vec![]));
        assert_eq!(check_digest(&HELLO_256.replace("SHA", "sHa"), HELLO, false), Ok(vec![]));
    }

    /// T-088.
    #[test]
    fn lists() {
        let md5 = "MD5=HUXZLQLMuI/KZ5KDcJPcOA==";
        assert_eq!(check_digest(md5, HELLO, true), Err(DigestFault::NoSupportedAlgorithm));
        assert_eq!(check_digest(&format!("UNIXsum=30637 ,\t{HELLO_256}"), HELLO, false), Ok(vec![]));
        assert_eq!(check_digest(&format!("{EMPTY_256},{EMPTY_512},{EMPTY_256}"), b"", false), Ok(vec![]));
        // All must match, not just one.
        let mixed = format!("{HELLO_256},{EMPTY_512}");
        assert!(matches!(
            check_digest(&mixed, HELLO, false),
            Err(DigestFault::Mismatch { algorithm: DigestAlgorithm::Sha512, .. })
        ));
    }

    /// T-085, T-086: the fault contains both hashes.
    #[test]
    fn another_body() {
        let fault = check_digest(HELLO_256, &[HELLO, b"\n"].concat(), true).unwrap_err();
        let DigestFault::Mismatch { algorithm, expected, received } = &fault else { panic!("{fault}") };
        assert_eq!(*algorithm, DigestAlgorithm::Sha256);
        assert_eq!(received, "X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=");
        assert!(fault.to_string().contains(expected.as_str()) && expected != received);
    }

    #[test]
    fn what_is_not_a_digest() {
        let padded_away = EMPTY_256.trim_end_matches('=');
        let url = EMPTY_256.replace('+', "-").replace('/', "_");
        for text in ["", "SHA-256", "=x", "SHA 256=x", "SHA-256=", "SHA-256=AAAA", &url, padded_away, "SHA-256=a b="] {
            assert!(matches!(check_digest(text, b"", true), Err(DigestFault::Syntax(_))), "{text}");
        }
        for (open, close) in [(" ", ","), ("", ",,"), (",", "")] {
            let text = format!("{open}{EMPTY_256}{close}");
            assert!(check_digest(&text, b"", false).is_err(), "{text}");
        }
    }

    #[test]
    fn base64_alone_is_for_lenient() {
        let (_, bare) = EMPTY_512.split_once('=').unwrap();
        assert!(matches!(check_digest(bare, b"", false), Err(DigestFault::Syntax(_))));
        assert_eq!(check_digest(bare, b"", true).unwrap().len(), 1);
        assert!(matches!(check_digest(bare, b"x", true), Err(DigestFault::Mismatch { .. })));
    }

    proptest! {
        #[test]
        fn a_digest_fits_its_body_only(body: Vec<u8>, other: Vec<u8>, lower: bool, long: bool) {
            let algorithm = if long { DigestAlgorithm::Sha512 } else { DigestAlgorithm::Sha256 };
            let value = digest_header(algorithm, &body, lower);
            prop_assert_eq!(check_digest(&value, &body, false), Ok(vec![]));
            prop_assert_eq!(check_digest(&value, &other, true).is_ok(), body == other);
        }

        #[test]
        fn any_text_is_answered(text: String, near in "(SHA-(256|512)=[A-Za-z0-9+/]{0,88}={0,2},?){0,3}") {
            let _ = (check_digest(&text, b"", true), check_digest(&near, b"", true));
        }
    }
}
