//! Guesses at the values: the digest (H-08), white space and percent-encoding (H-09), headers that occur twice (H-10).

use std::rc::Rc;

use bankchannel_crypto::signature::Hash;
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::super::body_variants;
use super::{CandidateLine, CandidateSearch, GuessBasis, MAX_HASHED_BODIES};
use crate::http::Header;

/// The maximum size of a body whose variants are hashed for the digest's line.
const MAX_VARIED_BODY: usize = 64 * 1024;

pub(super) fn try_all(basis: &GuessBasis<'_>, search: &mut CandidateSearch<'_>) {
    digest(basis, search);
    blanks(basis, search);
    percent_encoding(basis, search);
    repeated(basis, search);
}

/// Tries another value in one line.
fn try_value(
    basis: &GuessBasis<'_>,
    search: &mut CandidateSearch<'_>,
    id: &'static str,
    at: usize,
    value: &[u8],
    text: impl FnOnce() -> String,
) -> bool {
    let mut fields = basis.fields.to_vec();
    match fields.get_mut(at) {
        Some(field) if field.value != value => field.value = value.to_vec(),
        _ => return false,
    }
    search.try_fields(id, text, &fields)
}

/// H-08.
fn digest(basis: &GuessBasis<'_>, search: &mut CandidateSearch<'_>) {
    let Some(at) = basis.fields.iter().position(|field| field.name == "digest") else { return };
    let sent = basis.fields.get(at).map(|field| String::from_utf8_lossy(&field.value).into_owned()).unwrap_or_default();
    let (token, hash) = sent.split_once('=').unwrap_or(("", sent.as_str()));
    let capitalised: String = token
        .char_indices()
        .map(|(at, c)| if at == 0 { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
        .collect();
    for other in [token.to_ascii_lowercase(), token.to_ascii_uppercase(), capitalised, token.replace('-', "")] {
        let text = || format!("the signed text used the digest token '{other}=', the header sent says '{token}='");
        if try_value(basis, search, "H-08", at, format!("{other}={hash}").as_bytes(), text) {
            return;
        }
    }
    let text = || format!("the signed text has the digest without '{token}='");
    if try_value(basis, search, "H-08", at, hash.as_bytes(), text) {
        return;
    }
    for BodyVariantDigest { what, name, encoded } in body_digests(&basis.request.body, search).iter() {
        let text = || format!("the signed text has the {name} digest of {what}, the Digest header says otherwise");
        // The token as sent is kept for its own algorithm.
        let token = if token.eq_ignore_ascii_case(name) { token } else { name };
        if try_value(basis, search, "H-08", at, format!("{token}={encoded}").as_bytes(), text) {
            return;
        }
    }
}

/// A digest of the body or of a possible variant.
pub(super) struct BodyVariantDigest {
    what: &'static str,
    /// The algorithm.
    name: &'static str,
    encoded: String,
}

/// The digests of the body and its variants, hashed on the first call; hashing stops at the end of its budget.
fn body_digests(body: &[u8], search: &mut CandidateSearch<'_>) -> Rc<[BodyVariantDigest]> {
    if let Some(digests) = &search.digests {
        return Rc::clone(digests);
    }
    let least = search.budget.saturating_sub(MAX_HASHED_BODIES);
    let mut digests = Vec::new();
    let mut hash = |what: &'static str, bytes: &[u8]| {
        search.budget = search.budget.saturating_sub(2 * bytes.len());
        for (name, hash) in [("SHA-256", Hash::Sha256), ("SHA-512", Hash::Sha512)] {
            digests.push(BodyVariantDigest { what, name, encoded: STANDARD.encode(hash.digest(bytes)) });
        }
        search.budget <= least
    };
    let is_spent = hash("the body", body) | hash("the empty body", b"");
    if body.len() <= MAX_VARIED_BODY && !is_spent {
        body_variants::find(body, |variant| hash(variant.name, &variant.bytes));
    }
    let digests: Rc<[BodyVariantDigest]> = digests.into();
    search.digests = Some(Rc::clone(&digests));
    digests
}

/// Extracts a header's value in another way.
type ValueExtractor = fn(&GuessBasis<'_>, &CandidateLine) -> Vec<u8>;

/// H-09: the raw value with its white space, of one header or of all.
fn blanks(basis: &GuessBasis<'_>, search: &mut CandidateSearch<'_>) {
    const WAYS: [ValueExtractor; 2] = [after_space, raw];
    for taken in WAYS {
        let whole = |field: &CandidateLine| CandidateLine::new(&field.name, taken(basis, field));
        let fields: Vec<CandidateLine> = basis.fields.iter().map(whole).collect();
        search.try_fields("H-09", || "the values were signed with the blanks around them".to_owned(), &fields);
        for (at, field) in basis.fields.iter().enumerate() {
            let text = || format!("the value of `{}` was signed with the blanks around it", field.name);
            try_value(basis, search, "H-09", at, &taken(basis, field), text);
        }
    }
}

/// All bytes after the colon.
fn raw(basis: &GuessBasis<'_>, field: &CandidateLine) -> Vec<u8> {
    let header = basis.request.headers.named(&field.name).next();
    header.map_or_else(|| field.value.clone(), |header| header.value.to_vec())
}

/// The same without the leading space, which the signed line adds itself.
fn after_space(basis: &GuessBasis<'_>, field: &CandidateLine) -> Vec<u8> {
    let raw = raw(basis, field);
    raw.strip_prefix(b" ").map(<[u8]>::to_vec).unwrap_or(raw)
}

/// H-09: a URI decoded, or encoded again.
fn percent_encoding(basis: &GuessBasis<'_>, search: &mut CandidateSearch<'_>) {
    let Some(at) = basis.fields.iter().position(|field| field.name == "tpp-redirect-uri") else { return };
    let Some(sent) = basis.fields.get(at).map(|field| field.value.clone()) else { return };
    for (how, value) in [
        ("percent-decoded", decode(&sent)),
        ("percent-encoded as a query value", encode(&sent, b"-_.~", true)),
        ("percent-encoded as a query value, in lower case", encode(&sent, b"-_.~", false)),
        ("percent-encoded as a URI", encode(&sent, b"-_.~!*'();:@&=+$,/?#[]", true)),
    ] {
        let text = || format!("the value of `tpp-redirect-uri` was signed {how}");
        try_value(basis, search, "H-09", at, &value, text);
    }
}

pub(super) fn decode(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut at = 0;
    while let Some(&byte) = value.get(at) {
        let digits =
            value.get(at + 1..at + 3).filter(|_| byte == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        let decoded =
            digits.filter(|digits| !digits.starts_with('+')).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(decoded.unwrap_or(byte));
        at += if decoded.is_some() { 3 } else { 1 };
    }
    out
}

pub(super) fn encode(value: &[u8], kept: &[u8], upper: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    for &byte in value {
        if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
            out.push(byte);
        } else {
            let written = if upper { format!("%{byte:02X}") } else { format!("%{byte:02x}") };
            out.extend_from_slice(written.as_bytes());
        }
    }
    out
}

/// H-10.
fn repeated(basis: &GuessBasis<'_>, search: &mut CandidateSearch<'_>) {
    for (at, field) in basis.fields.iter().enumerate() {
        let values: Vec<&[u8]> = basis.request.headers.named(&field.name).map(Header::trimmed).collect();
        let (Some(first), Some(last)) = (values.first(), values.last()) else { continue };
        if values.len() < 2 {
            continue;
        }
        for (how, value) in [
            ("joined with `,` only", values.join(&b","[..])),
            ("joined with a space", values.join(&b" "[..])),
            ("as the first one alone", first.to_vec()),
            ("as the last one alone", last.to_vec()),
        ] {
            let text = || format!("the values of `{}` were signed {how}", field.name);
            try_value(basis, search, "H-10", at, &value, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::{super::recovered::HashGoal, MAX_HASHED, PLAIN};
    use super::*;

    #[test]
    fn a_bodys_variants_are_hashed_once_and_within_their_budget() {
        let goal = HashGoal { hash: "sha256", value: &[] };
        let search = || CandidateSearch {
            goal,
            ending: PLAIN,
            budget: MAX_HASHED,
            done: BTreeSet::new(),
            found: None,
            digests: None,
        };
        let mut small = search();
        let digests = body_digests(b"{\"a\": 1}", &mut small);
        let left = small.budget;
        assert!(digests.len() > 20 && left < MAX_HASHED);
        assert!(Rc::ptr_eq(&digests, &body_digests(b"{\"a\": 1}", &mut small)) && small.budget == left);
        // Each of these lines becomes a hundred times longer in the new layout.
        let body = format!("{}{}0{}", "[".repeat(100), "0,".repeat(5000), "]".repeat(100));
        let mut large = search();
        let digests = body_digests(body.as_bytes(), &mut large);
        assert!(digests.len() > 20 && large.budget >= MAX_HASHED / 3, "{} {}", digests.len(), large.budget);
    }
}
