//! The Digest header against the body (§3.3 `digest`).

use bankchannel_crypto::signature::Hash;
use bankchannel_foundation::model::Boundary;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use data_encoding::{HEXLOWER, HEXUPPER};

use super::{body_variants, compressed, number, visible};
use crate::http::Request;
use crate::signing::check_digest;

/// The maximum length of the header shown, in characters.
const MAX_SHOWN: usize = 256;

/// The digest compared with the body.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct DigestCompared {
    /// The header as received.
    pub received: Option<String>,
    /// The header for this body with SHA-256.
    pub sha256: String,
    /// The header for this body with SHA-512.
    pub sha512: String,
    /// The body's length in bytes.
    pub body_length: u32,
    /// Whether the received header matches the body.
    pub matches: bool,
    /// The content whose digest the received header is, if it could be found.
    pub variant: Option<String>,
}

impl DigestCompared {
    /// Compares the header with the body.
    #[must_use]
    pub fn from_request(request: &Request) -> Self {
        let body = request.body.as_ref();
        let header = |name: &str, hash: Hash| format!("{name}={}", STANDARD.encode(hash.digest(body)));
        let received = request.headers.get("digest");
        let text = received.and_then(|value| std::str::from_utf8(value).ok());
        let matches = text.is_some_and(|text| check_digest(text, body, false).is_ok());
        let variant = text.filter(|_| !matches).and_then(|text| variant(text, request));
        Self {
            received: received.map(|value| visible::clip(&visible::text(value), MAX_SHOWN)),
            sha256: header("SHA-256", Hash::Sha256),
            sha512: header("SHA-512", Hash::Sha512),
            body_length: number(body.len()),
            matches,
            variant,
        }
    }

    /// The result of the digest's check (V28) takes precedence over this comparison, which has no lenient mode.
    pub(super) fn with_check(self, holds: Option<bool>) -> Self {
        match holds {
            None => self,
            Some(true) => Self { matches: true, variant: None, ..self },
            Some(false) => Self { matches: false, ..self },
        }
    }
}

/// The content whose digest a mismatching header is.
fn variant(received: &str, request: &Request) -> Option<String> {
    let body = request.body.as_ref();
    let value = value_of(received, body)?;
    if let Some(how) = form(value, body) {
        return Some(format!("the body itself, but {how}"));
    }
    let mut how = "";
    let mut is_it = |bytes: &[u8]| match form(value, bytes) {
        Some(form) => {
            how = form;
            true
        }
        None => false,
    };
    let name = body_variants::find(body, |variant| is_it(&variant.bytes));
    let name = name.or_else(|| compressed::find(request, is_it))?;
    Some(if how == UNLIKE { name.to_owned() } else { format!("{name}, and {how}") })
}

/// The value of the first supported algorithm whose hash does not match, else that of the first supported algorithm,
/// else a header without an algorithm.
fn value_of<'a>(received: &'a str, body: &[u8]) -> Option<&'a str> {
    let known = |token: &str| {
        let token = token.trim().replace('-', "");
        [("sha256", Hash::Sha256), ("sha512", Hash::Sha512)]
            .into_iter()
            .find_map(|(name, hash)| token.eq_ignore_ascii_case(name).then_some(hash))
    };
    let members = || {
        let members = received.split(',').filter_map(|member| member.split_once('='));
        members.filter_map(|(token, value)| Some((known(token)?, value.trim())))
    };
    let wrong = members().find(|(hash, value)| *value != STANDARD.encode(hash.digest(body)));
    let bare = || (!received.contains(',')).then_some(received);
    wrong.or_else(|| members().next()).map(|(_, value)| value).or_else(bare).map(str::trim)
}

const UNLIKE: &str = "the header is not written as it should be";

/// The format in which a value is the hash of these bytes; `None` if it is not their hash.
fn form(value: &str, bytes: &[u8]) -> Option<&'static str> {
    [Hash::Sha256, Hash::Sha512].into_iter().find_map(|hash| {
        let digest = hash.digest(bytes);
        let (lower, upper) = (HEXLOWER.encode(&digest), HEXUPPER.encode(&digest));
        let forms = [
            (STANDARD.encode(&digest), UNLIKE),
            (STANDARD_NO_PAD.encode(&digest), "in base64 without padding"),
            (URL_SAFE.encode(&digest), "in base64url"),
            (URL_SAFE_NO_PAD.encode(&digest), "in base64url without padding"),
            (STANDARD.encode(lower.as_bytes()), "as base64 of the hexadecimal text"),
            (STANDARD.encode(upper.as_bytes()), "as base64 of the hexadecimal text in upper case"),
            (lower, "in hexadecimal"),
            (upper, "in hexadecimal, upper case"),
        ];
        forms.iter().find(|(text, _)| text == value).map(|(_, how)| *how)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(digest: &str, body: &str) -> DigestCompared {
        let text = format!("POST / HTTP/1.1\ndigest: {digest}\n\n{body}");
        DigestCompared::from_request(&Request::parse(text.as_bytes()).unwrap())
    }

    #[test]
    fn what_was_hashed_is_found() {
        const BODY: &str = "{\"hello\": \"world\"}";
        let hello = "X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=";
        let right = report(&format!("SHA-256={hello}"), BODY);
        assert_eq!((right.matches, right.variant, right.body_length), (true, None, 18));
        assert_eq!(right.sha256, format!("SHA-256={hello}"));
        let with_feed = report(&format!("SHA-256={hello}"), &format!("{BODY}\n"));
        assert_eq!(with_feed.variant.as_deref(), Some("the body without its final line end"));
        let hex = HEXLOWER.encode(&Hash::Sha256.digest(BODY.as_bytes()));
        assert_eq!(
            report(&format!("SHA-256={hex}"), BODY).variant.as_deref(),
            Some("the body itself, but in hexadecimal")
        );
        let twice = STANDARD.encode(hex.as_bytes());
        let found = report(&format!("md5=x, sha-256={twice}"), BODY).variant;
        assert_eq!(found.as_deref(), Some("the body itself, but as base64 of the hexadecimal text"));
        assert_eq!(report("SHA-256=AAAA", BODY).variant, None);
        // Of several values the wrong one is examined.
        let nothing = STANDARD.encode(Hash::Sha512.digest(b""));
        let found = report(&format!("SHA-256={hello},SHA-512={nothing}"), BODY);
        assert_eq!((found.matches, found.variant.as_deref()), (false, Some("the empty body")));
        let unnamed = report(&format!("SHA256={hello}"), BODY).variant;
        assert_eq!(unnamed.as_deref(), Some("the body itself, but the header is not written as it should be"));
    }

    proptest::proptest! {
        #[test]
        fn any_header_is_answered(value in "[ -~]*") {
            let _ = variant(&value, &Request::parse(b"POST / HTTP/1.1\n\n{}").unwrap());
        }
    }
}
