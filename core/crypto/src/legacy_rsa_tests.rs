//! Keys are made here, except for the 1024-bit one, which is published in draft-cavage-http-signatures-10, appendix C.
#![allow(clippy::unwrap_used)]

use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{RSA_PKCS1_SHA384, RSA_PSS_SHA256, RSA_PSS_SHA512};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::*;
use crate::rsa::RsaPrivateKey;
use crate::signature::SigningKey;

static KEY: LazyLock<RsaPrivateKey> = LazyLock::new(|| RsaPrivateKey::generate(2048).unwrap());

#[test]
fn the_signed_hash_comes_back() {
    let key = SigningKey::from_private_key(&KEY).unwrap();
    for (hash, name) in [(Hash::Sha256, "sha256"), (Hash::Sha512, "sha512")] {
        let signature = key.sign_pkcs1(hash, b"text").unwrap();
        let expected = RecoveredSignature::Pkcs1 { hash: name, value: hash.digest(b"text") };
        assert_eq!(recover(key.spki_der(), &signature), expected);
        assert!(!verify_pss(key.spki_der(), hash, b"text", &signature));
        assert!(verify_pkcs1_any_size(key.spki_der(), hash, b"text", &signature));
    }
    let pair = KeyPair::from_pkcs8(KEY.pkcs8_der()).unwrap();
    let mut signature = [0; 256];
    pair.sign(&RSA_PKCS1_SHA384, &SystemRandom::new(), b"text", &mut signature).unwrap();
    assert!(
        matches!(recover(key.spki_der(), &signature), RecoveredSignature::Pkcs1 { hash: "sha384", value } if value.len() == 48)
    );
}

/// As `CKM_RSA_PKCS` and `openssl pkeyutl -sign` sign without a digest.
#[test]
fn what_was_signed_without_a_digest_info_comes_back_too() {
    let key = rsa::RsaPrivateKey::from_pkcs8_der(KEY.pkcs8_der()).unwrap();
    let spki = KEY.public();
    let text = [b'a'; 245];
    for signed in [&Hash::Sha256.digest(b"text")[..], b"text", b"", &text] {
        let signature = key.sign(Pkcs1v15Sign::new_unprefixed(), signed).unwrap();
        let expected = RecoveredSignature::Pkcs1 { hash: "none", value: signed.to_vec() };
        assert_eq!(recover(spki.spki_der(), &signature), expected);
    }
    // A DigestInfo with an extra byte is invalid.
    let (_, _, prefix) = DIGEST_INFOS[1];
    let long = [prefix, &[7; 33]].concat();
    let signature = key.sign(Pkcs1v15Sign::new_unprefixed(), &long).unwrap();
    assert_eq!(recover(spki.spki_der(), &signature), RecoveredSignature::Pkcs1 { hash: "none", value: long });
}

#[test]
fn other_paddings_keys_and_lengths() {
    let other = RsaPrivateKey::generate(2048).unwrap();
    let key = SigningKey::from_private_key(&KEY).unwrap();
    let signature = key.sign_pkcs1(Hash::Sha256, b"text").unwrap();
    assert_eq!(recover(other.public().spki_der(), &signature), RecoveredSignature::Other);
    assert_eq!(recover(key.spki_der(), &signature[..255]), RecoveredSignature::WrongLength);
    assert_eq!(recover(key.spki_der(), &[0xff; 256]), RecoveredSignature::Other);
    assert_eq!(recover(key.spki_der(), &[0; 256]), RecoveredSignature::Other);
    assert_eq!(recover(b"no key", &signature), RecoveredSignature::Other);
    let pair = KeyPair::from_pkcs8(KEY.pkcs8_der()).unwrap();
    let mut signature = [0; 256];
    pair.sign(&RSA_PSS_SHA256, &SystemRandom::new(), b"text", &mut signature).unwrap();
    assert_eq!(recover(key.spki_der(), &signature), RecoveredSignature::Other);
    assert!(verify_pss(key.spki_der(), Hash::Sha256, b"text", &signature));
    assert!(!verify_pss(key.spki_der(), Hash::Sha512, b"text", &signature));
    assert!(!verify_pss(other.public().spki_der(), Hash::Sha256, b"text", &signature));
    pair.sign(&RSA_PSS_SHA512, &SystemRandom::new(), b"text", &mut signature).unwrap();
    assert!(verify_pss(key.spki_der(), Hash::Sha512, b"text", &signature));
}

#[test]
fn a_published_example_with_1024_bits() {
    let spki = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDCFENGw33yGihy92pDjZQhl0C36rPJj+CvfSC8+q28hxA161QFNUd13wuCTUcq0Qd2qsBe\
        /2hFyc2DCJJg0h1L78+6Z4UMR7EOcpfdUE9Hf3m/hs+FUR45uBJeDK1HSFHD8bHKD6kv8FPGfJTotc+2xjJwoYi+1hqp1fIekaxsyQIDAQAB";
    let signature = "SjWJWbWN7i0wzBvtPl8rbASWz5xQW6mcJmn+ibttBqtifLN7Sazz6m79cNfwwb8DMJ5cou1s7uEGKKCs+FLEEaDV5lp7q25WqS+lavg7T8hc0GppauB6hbgEKTwblDHYGEtbGmtdHgVCk9SuS13F0hZ8FD0k/5OxEPXe5WozsbM=";
    let (spki, signature) = (STANDARD.decode(spki.as_bytes()).unwrap(), STANDARD.decode(signature.as_bytes()).unwrap());
    let message = b"date: Sun, 05 Jan 2014 21:31:40 GMT";
    assert!(verify_pkcs1_any_size(&spki, Hash::Sha256, message, &signature));
    assert!(!verify_pkcs1_any_size(&spki, Hash::Sha256, b"date:", &signature));
    let expected = RecoveredSignature::Pkcs1 { hash: "sha256", value: Hash::Sha256.digest(message) };
    assert_eq!(recover(&spki, &signature), expected);
    let key = crate::signature::VerifyingKey::from_spki_der(&spki).unwrap();
    assert_eq!(key.bits(), 1024);
    assert!(!key.verify_pkcs1(Hash::Sha256, message, &signature), "too small to be believed");
}

proptest::proptest! {
    #[test]
    fn any_block_is_answered(block: Vec<u8>, length in 0usize..64) {
        let _ = unpad(&block, length);
    }
}
