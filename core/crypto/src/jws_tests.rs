//! All keys are made here; signatures of others are verified by the protocols that use this.
#![allow(clippy::unwrap_used)]

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::rsa::RsaPrivateKey;

static KEY: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::from_private_key(&RsaPrivateKey::generate(2048).unwrap()).unwrap());
static PUBLIC: LazyLock<VerifyingKey> = LazyLock::new(|| VerifyingKey::from_spki_der(KEY.spki_der()).unwrap());

const HEADER: &[u8] = br#"{"alg":"RS256"}"#;

fn verifies(text: &str) -> bool {
    CompactJws::split(text).is_ok_and(|found| found.verify(&PUBLIC, Hash::Sha256))
}

#[test]
fn what_is_signed_verifies_and_is_the_same_each_time() {
    for payload in [&b"{}"[..], b"", b"\xff\x00", &[b'x'; 10_000]] {
        let text = sign(HEADER, payload, &KEY, Hash::Sha256).unwrap();
        assert_eq!(text, sign(HEADER, payload, &KEY, Hash::Sha256).unwrap());
        let found = CompactJws::split(&text).unwrap();
        assert_eq!((found.header.as_slice(), found.payload.as_slice()), (HEADER, payload));
        assert!(found.verify(&PUBLIC, Hash::Sha256) && !found.verify(&PUBLIC, Hash::Sha512));
    }
    let text = sign(HEADER, b"{}", &KEY, Hash::Sha256).unwrap();
    assert!(text.starts_with("eyJhbGciOiJSUzI1NiJ9.e30."), "{text}");
    let other = SigningKey::from_private_key(&RsaPrivateKey::generate(2048).unwrap()).unwrap();
    assert!(!verifies(&sign(HEADER, b"{}", &other, Hash::Sha256).unwrap()));
}

#[test]
fn what_is_not_three_parts_of_base64url_is_refused() {
    for (text, parts) in [("", 1), ("e30", 1), ("e30.e30", 2), ("e30.e30.e30.e30", 4), ("a.b.c.d.e", 5)] {
        assert_eq!(CompactJws::split(text).unwrap_err(), JwsError::Parts(parts), "{text}");
    }
    for (text, part) in [
        ("e30=.e30.e30", "header"),
        ("e3+.e30.e30", "header"),
        ("e30.e/0.e30", "payload"),
        ("e30. e30.e30", "payload"),
        // Bits are left over after the last byte, or a single character.
        ("e30.e30.e31", "signature"),
        ("e30.e30.e", "signature"),
        ("e30.e30.ä", "signature"),
    ] {
        assert_eq!(CompactJws::split(text).unwrap_err(), JwsError::Encoding(part), "{text}");
    }
    // A missing signature has no bytes, which never verifies.
    assert!(!verifies("eyJhbGciOiJub25lIn0.e30."));
}

#[test]
fn nothing_of_it_is_shown() {
    let found = CompactJws::split("eyJhbGciOiJub25lIn0.e30.").unwrap();
    assert_eq!(format!("{found:?}"), "CompactJws { .. }");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_answered(text in "[A-Za-z0-9_.=+/ -]{0,60}") {
        prop_assert!(!verifies(&text));
    }

    #[test]
    fn any_changed_character_is_found(at: prop::sample::Index, to in "[A-Za-z0-9_-]") {
        let text = sign(HEADER, br#"{"data":{},"exp":1732436130}"#, &KEY, Hash::Sha256).unwrap();
        let at = at.index(text.len());
        let changed = format!("{}{to}{}", &text[..at], &text[at + 1..]);
        prop_assert_eq!(verifies(&changed), changed == text);
    }
}
