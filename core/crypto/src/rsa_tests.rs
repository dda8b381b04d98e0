//! The two published keys are those of docs/protocols/ws-channel.md §3.1; all others are made here.
#![allow(clippy::unwrap_used)]

use std::sync::LazyLock;

use super::*;

const TEST_KEY: &str = "-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAkuSaoSZztGAIGDTY7Rff
psBHJJT1k207UodOJbYFhHAq0lWJnvMPLl5Q1DUUZdTGtTdL8Dsaj/Bo2+gSykMM
R5QiKewvQsLfvqjwOO8JDItnhJl0lUqcPpdQV4M/Ai3YNRjNcVy4a+pichqtSAWl
9S1HV01MNeouk8PEr/zoUasmgfO3mz6N6XTUtF/tIi8K2kBOsLAtqltihFSd/zT8
ifYZE9cZTJ09lUs7kMz1wxFIsiegaE1jUYV+VSLu3PJ97oKhQpqop8EnkBAoBl6r
mdmFryBQIdakPIdd4rO5Yg+to10n4u7Wij9ePIwWMfbqY4QoW5nXqMgFJQkIt4TG
eQIDAQAB
-----END PUBLIC KEY-----
";
const PRODUCTION_KEY: &str = "-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA7wx4l7P3eLsaEyK7ZRME
g5urEHwaEoY9LjkYcpMw9gmPIi3RoGjQX7HzPad2D7ES2yIGdmyxjN8R2LyFa8ke
EE+VY3ISYzP2cOjd/zDkX01yjDXQLRxntXbtqIypGQAzmZbCyIB226ZKEE+ldh6M
YyM41YWYikfocYssFEjY7fpPGeUg4FOmHmyWIZeMkXYovskoi1jZ1Ay1qn95XlpA
/Ptru2efro4T1xksv4WBBrj8bMNwdDpf4oyzH2PKYkn3/KlNTBCHlAmzP0jd4pIa
N0tAf2m8TcNq7kuBzyfs8AcCUj870p8SEiko0PMx6K+zVsTVWsxfUX+/+kmapmp/
AwIDAQAB
-----END PUBLIC KEY-----
";

static KEY: LazyLock<RsaPrivateKey> = LazyLock::new(|| RsaPrivateKey::generate(2048).unwrap());

#[test]
fn published_keys_have_the_published_hashes() {
    for (text, hash) in [
        (TEST_KEY, "c6483907aafa24bd5693bdeff607b306b70b63e27e8206255159ba9eb797acf5"),
        (PRODUCTION_KEY, "3bf4f4688c810fe8225cdf19bc7e7753b68c10faf7c3235e81a55016e376ffb2"),
    ] {
        let key = RsaPublicKey::from_pem(text).unwrap();
        assert_eq!(digest::hex(&key.spki_sha256()), hash);
        assert_eq!((key.modulus_len(), key.oaep_sha1_capacity()), (256, 214));
        assert_eq!(key.to_spki_pem(), text);
    }
}

#[test]
fn oaep_takes_everything_up_to_its_capacity() {
    let public = KEY.public();
    for length in [0, 1, 40, 213, 214] {
        let plaintext = vec![0xa5; length];
        let ciphertext = public.encrypt_oaep_sha1(&plaintext).unwrap();
        assert_eq!(ciphertext.len(), 256);
        assert_eq!(*KEY.decrypt_oaep_sha1(&ciphertext).unwrap(), plaintext);
    }
    let error = public.encrypt_oaep_sha1(&[0; 215]).unwrap_err();
    assert_eq!(error, CryptoError::MessageTooLong { limit: 214, actual: 215 });
}

#[test]
fn every_decryption_failure_is_the_same() {
    let mut ciphertext = KEY.public().encrypt_oaep_sha1(b"secret").unwrap();
    assert_eq!(KEY.decrypt_oaep_sha1(&ciphertext[1..]), Err(DecryptError));
    assert_eq!(KEY.decrypt_oaep_sha1(&[]), Err(DecryptError));
    assert_eq!(KEY.decrypt_oaep_sha1(&[0xff; 256]), Err(DecryptError));
    assert_eq!(KEY.decrypt_oaep_sha1(&[0; 256]), Err(DecryptError));
    ciphertext[100] ^= 1;
    assert_eq!(KEY.decrypt_oaep_sha1(&ciphertext), Err(DecryptError));
}

#[test]
fn private_keys_survive_their_pem() {
    let text = KEY.to_pkcs8_pem();
    let back = RsaPrivateKey::from_pem(&format!("some text before\n{}", *text)).unwrap();
    assert_eq!(back.public(), KEY.public());
    assert_eq!(*back.to_pkcs8_pem(), *text);
    assert_eq!(RsaPrivateKey::generate(1024).unwrap_err(), CryptoError::UnsupportedKeySize { bits: 1024 });
    let shown = format!("{:?}", *KEY);
    assert!(shown.len() < 200 && shown.contains("spki_sha256"), "{shown}");
}

#[test]
fn what_is_not_a_public_key_says_what_it_is() {
    let error = |text: &str| RsaPublicKey::from_pem(text).unwrap_err();
    let relabel = |label: &str| TEST_KEY.replace("PUBLIC KEY", label);
    assert!(matches!(error(""), CryptoError::NoPem { .. }));
    assert!(matches!(error("c2VjcmV0"), CryptoError::NoPem { .. }));
    assert_eq!(error(&KEY.to_pkcs8_pem()), CryptoError::PrivateKeyGiven);
    assert_eq!(error(&relabel("CERTIFICATE")), CryptoError::CertificateGiven);
    assert_eq!(error(&relabel("ENCRYPTED PRIVATE KEY")), CryptoError::EncryptedPem);
    assert!(matches!(error(&relabel("DH PARAMETERS")), CryptoError::UnexpectedPem { .. }));
    assert_eq!(error(&TEST_KEY.repeat(2)), CryptoError::SeveralKeys);
    assert_eq!(error(&format!("{TEST_KEY}{}", *KEY.to_pkcs8_pem())), CryptoError::PrivateKeyGiven);
    assert_eq!(error(&TEST_KEY.replace("-----END PUBLIC KEY-----", "")), CryptoError::MalformedPem);
    assert_eq!(error(&TEST_KEY.replace("MIIBIjAN", "MIIBIjA!")), CryptoError::MalformedPem);
    assert_eq!(error(&TEST_KEY.replace("MIIBIjAN", "MIIBIjAM")), CryptoError::InvalidKey);
    assert!(matches!(error(&" ".repeat(300_000)), CryptoError::PemTooLarge { .. }));
    assert_eq!(RsaPrivateKey::from_pem(TEST_KEY).unwrap_err(), CryptoError::PublicKeyGiven);
    assert_eq!(RsaPrivateKey::from_pem(&relabel("CERTIFICATE")).unwrap_err(), CryptoError::CertificateGiven);
    assert_eq!(RsaPrivateKey::from_pem(&relabel("ENCRYPTED PRIVATE KEY")).unwrap_err(), CryptoError::EncryptedPem);
    assert_eq!(RsaPrivateKey::from_pem(&relabel("EC PRIVATE KEY")).unwrap_err(), CryptoError::NotRsa);
    assert_eq!(RsaPrivateKey::from_pem(&relabel("RSA PRIVATE KEY")).unwrap_err(), CryptoError::InvalidKey);
}

#[test]
fn bit_lengths() {
    assert_eq!(bit_length(&[]), 0);
    assert_eq!(bit_length(&[0, 0]), 0);
    assert_eq!(bit_length(&[0, 1]), 1);
    assert_eq!(bit_length(&[0x80, 0]), 16);
}

proptest::proptest! {
    #[test]
    fn any_text_is_refused_without_panic(body in "[A-Za-z0-9+/=\n -]{0,200}", label in "(RSA )?(PUBLIC|PRIVATE) KEY") {
        let text = format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
        assert!(RsaPublicKey::from_pem(&text).is_err());
        assert!(RsaPrivateKey::from_pem(&text).is_err());
    }
}

#[test]
fn a_key_from_its_numbers() {
    let key = RsaPrivateKey::generate(2048).unwrap();
    let (_, numbers) = crate::signature::numbers(key.public().spki_der()).unwrap();
    let again = RsaPublicKey::from_numbers(numbers.modulus, numbers.exponent).unwrap();
    assert_eq!(&again, key.public());
    let bare = &numbers.modulus[1..];
    assert_eq!(&RsaPublicKey::from_numbers(bare, &[1, 0, 1]).unwrap(), key.public(), "without the leading zero");
    assert_eq!(RsaPublicKey::from_numbers(&bare[..128], &[1, 0, 1]).unwrap_err(), CryptoError::KeyTooSmall);
    assert_eq!(RsaPublicKey::from_numbers(&[], &[]).unwrap_err(), CryptoError::KeyTooSmall);
    assert_eq!(RsaPublicKey::from_numbers(bare, &[]).unwrap_err(), CryptoError::InvalidKey);
}
