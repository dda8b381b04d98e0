//! All keys are made here.
#![allow(clippy::unwrap_used)]

use std::sync::LazyLock;

use super::*;

static KEY: LazyLock<RsaPrivateKey> = LazyLock::new(|| RsaPrivateKey::generate(2048).unwrap());

#[test]
fn what_is_signed_verifies_and_nothing_else() {
    let key = SigningKey::from_pem(&KEY.to_pkcs8_pem(), None).unwrap();
    let verifying = VerifyingKey::from_spki_der(key.spki_der()).unwrap();
    assert_eq!((key.modulus_len(), verifying.modulus_len(), verifying.bits()), (256, 256, 2048));
    assert!(verifying.exponent_is_at_least_65537_and_odd());
    for (hash, other) in [(Hash::Sha256, Hash::Sha512), (Hash::Sha512, Hash::Sha256)] {
        let signature = key.sign_pkcs1(hash, b"text").unwrap();
        assert_eq!(signature, key.sign_pkcs1(hash, b"text").unwrap());
        assert!(verifying.verify_pkcs1(hash, b"text", &signature));
        assert!(!verifying.verify_pkcs1(other, b"text", &signature));
        assert!(!verifying.verify_pkcs1_sha384(b"text", &signature));
        assert!(!verifying.verify_pkcs1(hash, b"Text", &signature));
        assert!(!verifying.verify_pkcs1(hash, b"text", &signature[1..]));
        for index in [0, 100, 255] {
            let mut changed = signature.clone();
            changed[index] ^= 1;
            assert!(!verifying.verify_pkcs1(hash, b"text", &changed));
        }
    }
}

#[test]
fn hashes_have_their_names_and_lengths() {
    assert_eq!((Hash::Sha256.name(), Hash::Sha256.digest(b"").len()), ("SHA-256", 32));
    assert_eq!((Hash::Sha512.name(), Hash::Sha512.digest(b"").len()), ("SHA-512", 64));
    assert_eq!(digest::hex(&Hash::Sha256.digest(b""))[..8], *"e3b0c442");
}

#[test]
fn nothing_private_is_shown() {
    let key = SigningKey::from_private_key(&KEY).unwrap();
    assert_eq!(format!("{key:?}"), "SigningKey { .. }");
}

#[test]
fn exponents() {
    for (bytes, sound) in [
        (&[1, 0, 1][..], true),
        (&[0, 1, 0, 1], true),
        (&[3], false),
        (&[0xff, 0xff], false),
        (&[1, 0, 0], false),
        (&[1, 0, 0, 1], true),
        (&[], false),
    ] {
        assert_eq!(is_sound(bytes), sound, "{bytes:?}");
    }
}

/// Cases that the library that reads DER would accept, or refuse with another error.
#[test]
fn numbers_are_minimal_and_other_algorithms_are_told() {
    let whole = KEY.public().spki_der();
    let read = |at: usize, value: u8| {
        let mut spki = whole.to_vec();
        spki[at] = value;
        VerifyingKey::from_spki_der(&spki).map(|key| key.bits())
    };
    // The high byte of the modulus, after its required zero.
    assert_eq!((read(33, whole[33]), read(33, 0x2d)), (Ok(2048), Err(CryptoError::InvalidKey)));
    // The identifier becomes 2.999…; the bits are not whole bytes.
    assert_eq!((read(8, 0x88), read(23, 1)), (Err(CryptoError::NotRsa), Err(CryptoError::InvalidKey)));
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_answered(spki: Vec<u8>) {
        assert!(VerifyingKey::from_spki_der(&spki).is_err());
    }

    #[test]
    fn a_damaged_key_is_answered(index in 0usize..294, value: u8) {
        let mut spki = KEY.public().spki_der().to_vec();
        spki[index] = value;
        if let Ok(key) = VerifyingKey::from_spki_der(&spki) {
            let _ = key.verify_pkcs1(Hash::Sha256, b"", &[1; 256]);
            let _ = crate::legacy_rsa::recover(&spki, &[1; 256]);
        }
    }
}
