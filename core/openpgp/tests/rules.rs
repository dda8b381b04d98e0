//! Limits, refusals and round trips that need no other program.
#![allow(clippy::unwrap_used)]

mod support;

use std::io::Read;
use std::time::{Duration, SystemTime};

use bankchannel_openpgp::limits::{MAX_KEY_BYTES, MAX_SIGNATURE_BYTES};
use bankchannel_openpgp::{
    DetachedSigner, GeneratedAlgorithm, HashAlgorithm, KeyGeneration, OpenPgpError, OpenPgpPrivateKey,
    OpenPgpPublicKey, PublicKeyLimits, SignatureResult, VerifyPolicy, inspect, parse_signatures, sign_detached,
    verify_detached,
};
use proptest::prelude::*;
use support::{days, now, our_key};

fn sign(key: &OpenPgpPrivateKey, document: &[u8]) -> String {
    sign_detached(&[&key.signer(now()).unwrap()], document, HashAlgorithm::Sha256, now()).unwrap()
}

#[test]
fn a_public_key_with_private_material_is_refused_in_every_disguise() {
    let key = our_key(GeneratedAlgorithm::Ed25519, None);
    let secret = key.to_armored().unwrap();
    let public = key.public().to_armored().unwrap();
    let disguised = secret.replace("PRIVATE KEY BLOCK", "PUBLIC KEY BLOCK");
    let both = format!("{public}{}", *secret);
    let second_block = format!("{public}{disguised}");
    for text in [secret.as_str(), &disguised, &both, &second_block] {
        let error = OpenPgpPublicKey::from_armored(text.as_bytes(), PublicKeyLimits::default()).unwrap_err();
        assert!(matches!(error, OpenPgpError::PrivateKeyMaterial), "{error}");
    }
    OpenPgpPublicKey::from_armored(public.as_bytes(), PublicKeyLimits::default()).unwrap();
    assert!(matches!(OpenPgpPrivateKey::from_armored(public.as_bytes()), Err(OpenPgpError::NoPrivateKey)));
}

#[test]
fn foreign_keys_are_bounded() {
    let one = our_key(GeneratedAlgorithm::Ed25519, None).public().to_armored().unwrap();
    let two = our_key(GeneratedAlgorithm::Ed25519, None).public().to_armored().unwrap();
    let read = |text: &str| OpenPgpPublicKey::from_armored(text.as_bytes(), PublicKeyLimits::default());
    assert!(matches!(read(&format!("{one}\n{two}")), Err(OpenPgpError::SeveralKeys)));
    assert!(matches!(read("hello"), Err(OpenPgpError::NotArmored { .. })));
    assert!(matches!(read(""), Err(OpenPgpError::NotArmored { .. })));
    assert!(matches!(read(&one[..one.len() - 20]), Err(OpenPgpError::InvalidFormat(_))));
    let signature = sign(&our_key(GeneratedAlgorithm::Ed25519, None), b"x");
    assert!(matches!(read(&signature), Err(OpenPgpError::NotArmored { .. })));
    let relabelled = signature.replace("SIGNATURE", "PUBLIC KEY BLOCK");
    assert!(matches!(read(&relabelled), Err(OpenPgpError::NoKey)));
    let large = format!("{one}{}", " ".repeat(MAX_KEY_BYTES));
    assert!(matches!(read(&large), Err(OpenPgpError::TooLarge { .. })));
    let few = PublicKeyLimits { packets: 3, ..PublicKeyLimits::default() };
    assert!(matches!(OpenPgpPublicKey::from_armored(one.as_bytes(), few), Err(OpenPgpError::TooMany { .. })));
    let none = PublicKeyLimits { user_ids: 0, ..PublicKeyLimits::default() };
    assert!(matches!(OpenPgpPublicKey::from_armored(one.as_bytes(), none), Err(OpenPgpError::TooMany { .. })));
}

#[test]
fn signature_texts_are_bounded() {
    let key = our_key(GeneratedAlgorithm::Ed25519, None);
    let signature = sign(&key, b"x");
    let ten = signature.repeat(10);
    assert_eq!(parse_signatures(ten.as_bytes()).unwrap().signatures().len(), 10);
    assert!(matches!(parse_signatures(signature.repeat(11).as_bytes()), Err(OpenPgpError::TooMany { .. })));
    let large = vec![b' '; MAX_SIGNATURE_BYTES + 1];
    assert!(matches!(parse_signatures(&large), Err(OpenPgpError::TooLarge { .. })));
    assert!(matches!(parse_signatures(b"MEUCIQ=="), Err(OpenPgpError::NotArmored { .. })));
    assert!(matches!(parse_signatures(format!("{signature}junk").as_bytes()), Err(OpenPgpError::InvalidFormat(_))));
    let unfinished = signature.replace("-----END PGP SIGNATURE-----", "");
    assert!(matches!(parse_signatures(unfinished.as_bytes()), Err(OpenPgpError::InvalidFormat(_))));
    let empty = "-----BEGIN PGP SIGNATURE-----\n\n-----END PGP SIGNATURE-----\n";
    let error = parse_signatures(empty.as_bytes()).unwrap_err();
    assert!(matches!(error, OpenPgpError::NoSignaturePackets | OpenPgpError::InvalidFormat(_)), "{error}");
    let public = key.public().to_armored().unwrap().replace("PUBLIC KEY BLOCK", "SIGNATURE");
    assert!(matches!(parse_signatures(public.as_bytes()), Err(OpenPgpError::InvalidFormat(_))));
    // Windows line endings and a byte order mark are accepted.
    let windows = format!("\u{feff}{}", signature.replace('\n', "\r\n"));
    let set = parse_signatures(windows.as_bytes()).unwrap();
    assert!(set.names_any(&[&key.public()]));
    assert!(set.signatures()[0].issuers().contains(&key.fingerprint()));
}

#[test]
fn several_keys_sign_once_and_the_same_again() {
    let (one, two) = (our_key(GeneratedAlgorithm::Ed25519, None), our_key(GeneratedAlgorithm::Rsa2048, None));
    let (first, second) = (one.signer(now()).unwrap(), two.signer(now()).unwrap());
    let time = now();
    let text = sign_detached(&[&first, &second], &b"document"[..], HashAlgorithm::Sha256, time).unwrap();
    assert_eq!(text.matches("-----BEGIN PGP SIGNATURE-----").count(), 2);
    let mut pieces = DetachedSigner::new(&[&first, &second], HashAlgorithm::Sha256, time).unwrap();
    pieces.update(b"docu");
    pieces.update(b"");
    pieces.update(b"ment");
    assert_eq!(pieces.finish().unwrap(), text, "same key, time and document: same bytes");
    let verdict = verify_detached(
        text.as_bytes(),
        &[&one.public(), &two.public()],
        &b"document"[..],
        now(),
        &VerifyPolicy::default(),
    );
    assert_eq!(verdict.unwrap().good_fingerprints().len(), 2);
    assert!(matches!(DetachedSigner::new(&[], HashAlgorithm::Sha256, time), Err(OpenPgpError::NoSigner)));
    let early = DetachedSigner::new(&[&first], HashAlgorithm::Sha256, time - days(1));
    assert!(matches!(early, Err(OpenPgpError::SignatureBeforeKey)));
}

#[test]
fn unknown_issuers_and_broken_readers() {
    let (one, two) = (our_key(GeneratedAlgorithm::Ed25519, None), our_key(GeneratedAlgorithm::Ed25519, None));
    let signature = sign(&one, b"x");
    let policy = VerifyPolicy::default();
    let verdict = verify_detached(signature.as_bytes(), &[&two.public()], &b"x"[..], now(), &policy).unwrap();
    assert!(matches!(verdict.results[0], SignatureResult::UnknownIssuer { .. }));
    assert!(!verdict.is_good() && !verdict.has_known_issuer());

    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the disk is gone"))
        }
    }
    let signer = one.signer(now()).unwrap();
    let error = sign_detached(&[&signer], Broken, HashAlgorithm::Sha256, now()).unwrap_err();
    assert!(error.to_string().contains("the disk is gone"));
}

#[test]
fn generated_keys_say_what_was_asked() {
    let created = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
    let wanted = |name: &str, email: &str, expires| KeyGeneration {
        name: name.into(),
        email: email.into(),
        algorithm: GeneratedAlgorithm::Ed25519,
        created,
        expires,
        passphrase: None,
    };
    let key = OpenPgpPrivateKey::generate(wanted("Älva Öst", "a@example.test", Some(created + days(10)))).unwrap();
    let info = inspect(key.to_armored().unwrap().as_bytes(), created + days(1)).unwrap();
    assert_eq!(info.user_ids, ["Älva Öst <a@example.test>"]);
    assert_eq!((info.algorithm.as_str(), info.created), ("ed25519", created));
    assert_eq!(info.expires, Some(created + days(10)));
    assert!(info.can_sign && info.can_encrypt && info.secret && !info.locked);
    assert!(matches!(key.signer(created + days(11)), Err(OpenPgpError::KeyExpired)));
    assert!(key.signer(created + days(9)).is_ok());
    for (name, email) in [("", ""), ("a<b", ""), ("a\nb", ""), ("a", "no-at-sign"), ("a", "x y@z")] {
        let error = OpenPgpPrivateKey::generate(wanted(name, email, None)).unwrap_err();
        assert!(matches!(error, OpenPgpError::InvalidParameter { .. }), "{name} {email}");
    }
    assert!(OpenPgpPrivateKey::generate(wanted("a", "", Some(created))).is_err());
}

#[test]
fn nothing_secret_is_shown() {
    let key = our_key(GeneratedAlgorithm::Ed25519, Some("planted-passphrase"));
    let generate = KeyGeneration {
        name: "n".into(),
        email: String::new(),
        algorithm: GeneratedAlgorithm::Ed25519,
        created: now(),
        expires: None,
        passphrase: Some("planted-passphrase".to_owned().into()),
    };
    let mut unlocked = key.clone();
    unlocked.unlock("planted-passphrase").unwrap();
    let signer = unlocked.signer(now()).unwrap();
    let shown = format!("{key:?} {unlocked:?} {signer:?} {generate:?}");
    assert!(!shown.contains("planted"), "{shown}");
    assert!(shown.len() < 600, "only fingerprints and parameters: {shown}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn damaged_texts_never_panic(position in 0usize..2000, byte in any::<u8>(), cut in 0usize..2000) {
        thread_local! {
            static TEXTS: (String, String) = {
                let key = our_key(GeneratedAlgorithm::Ed25519, None);
                (key.public().to_armored().unwrap(), sign(&key, b"x"))
            };
        }
        TEXTS.with(|(key, signature)| {
            for text in [key, signature] {
                let mut bytes = text.clone().into_bytes();
                let length = bytes.len();
                bytes[position % length] = byte;
                bytes.truncate(length - cut % length / 4);
                let _ = OpenPgpPublicKey::from_armored(&bytes, PublicKeyLimits::default());
                if let Ok(set) = parse_signatures(&bytes) {
                    let mut verifier = set.verifier();
                    verifier.update(b"y");
                    let key = OpenPgpPublicKey::from_armored(key.as_bytes(), PublicKeyLimits::default()).unwrap();
                    assert!(!verifier.finish(&[&key], now(), &VerifyPolicy::default()).is_good());
                }
            }
        });
    }

    #[test]
    fn any_bytes_are_refused_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        use std::fmt::Write;
        let mut base64 = String::new();
        for chunk in bytes.chunks(3) {
            let group = chunk.iter().fold(0u32, |group, &byte| group << 8 | u32::from(byte)) << (8 * (3 - chunk.len()));
            for index in 0..4 {
                let digit = (group >> (18 - 6 * index) & 63) as usize;
                let table = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
                let padding = index > chunk.len();
                write!(base64, "{}", if padding { '=' } else { char::from(table[digit]) }).unwrap();
            }
        }
        for label in ["PGP PUBLIC KEY BLOCK", "PGP PRIVATE KEY BLOCK", "PGP SIGNATURE"] {
            let text = format!("-----BEGIN {label}-----\n\n{base64}\n-----END {label}-----\n");
            let _ = OpenPgpPublicKey::from_armored(text.as_bytes(), PublicKeyLimits::default());
            let _ = OpenPgpPrivateKey::from_armored(text.as_bytes());
            let _ = parse_signatures(text.as_bytes());
        }
    }
}
