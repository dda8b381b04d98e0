//! Tokens of SoftHSM: each test has its own token and its own process.
#![allow(clippy::unwrap_used)]

use bankchannel_crypto::cbc::CbcCipher;
use bankchannel_crypto::legacy_cipher::SessionKey;
use bankchannel_crypto::rsa::RsaPublicKey;
use bankchannel_crypto::signature::{Hash, SigningKey, VerifyingKey};
use bankchannel_crypto::x509::{CertificateIssuer, NewCertificate, SubjectAttribute};
use bankchannel_foundation::Secret;
use bankchannel_pkcs11::{Pkcs11Settings, SigningToken, TokenError};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, CertificateType, ObjectClass};
use cryptoki::session::UserType;
use cryptoki::types::AuthPin;
use jiff::Timestamp;

mod support;
use support::{PIN, in_own_process};

/// The test key of docs/protocols/nextgen-psd2.md (§2.10), and its vector A: the signed text, and the request with the
/// signature.
const KEY: &str = include_str!("../../protocols/nextgen-psd2/src/signing/vectors/test-key.pem");
const SIGNING_STRING: &[u8] = include_bytes!("../../protocols/nextgen-psd2/src/signing/vectors/a.signing-string");
const REQUEST: &str = include_str!("../../protocols/nextgen-psd2/src/signing/vectors/a.http");

fn vector_a() -> Vec<u8> {
    let start = REQUEST.split_once("signature=\"").unwrap().1;
    STANDARD.decode(start.split_once('"').unwrap().0.as_bytes()).unwrap()
}

#[test]
fn vector_a_byte_for_byte() {
    in_own_process("vector_a_byte_for_byte", "", |hsm| {
        hsm.import("qseal", "0a1b", KEY);
        let key = SigningKey::from_pem(KEY, None).unwrap();
        for name in ["qseal", "0a1b", "0A:1B"] {
            let token = SigningToken::open(&hsm.settings(name)).unwrap();
            assert_eq!(token.sign(Hash::Sha256, SIGNING_STRING).unwrap(), vector_a(), "{name}");
            assert_eq!(token.public_key_spki(), key.spki_der());
            assert_eq!(token.certificate_pem(), None);
            let long = token.sign(Hash::Sha512, SIGNING_STRING).unwrap();
            assert_eq!(long, key.sign_pkcs1(Hash::Sha512, SIGNING_STRING).unwrap());
        }
        let slot = hsm.slot().id().to_string();
        let by_number = SigningToken::open(&Pkcs11Settings { token: slot, ..hsm.settings("qseal") }).unwrap();
        assert_eq!(by_number.sign(Hash::Sha256, SIGNING_STRING).unwrap(), vector_a());
    });
}

#[test]
fn a_key_unwraps_and_what_does_not_fit_is_no_error() {
    in_own_process("a_key_unwraps_and_what_does_not_fit_is_no_error", "", |hsm| {
        hsm.import("crypt", "0c", KEY);
        let token = SigningToken::open(&hsm.settings("crypt")).unwrap();
        let public = RsaPublicKey::from_spki_der(token.public_key_spki()).unwrap();
        let key = SessionKey::random(CbcCipher::AES_256);
        let wrapped = key.wrap(&public).unwrap();
        assert_eq!(token.unwrap(&wrapped).unwrap().unwrap().as_slice(), key.expose());
        for wrong in [&wrapped[1..], &[0; 256], &[]] {
            assert_eq!(token.unwrap(wrong).unwrap(), None, "{} bytes", wrong.len());
        }
        let mut changed = wrapped.clone();
        changed[100] ^= 1;
        assert_ne!(token.unwrap(&changed).unwrap().as_deref().map(Vec::as_slice), Some(key.expose()));
        // It works on.
        assert_eq!(token.unwrap(&wrapped).unwrap().unwrap().as_slice(), key.expose());
    });
}

#[test]
fn a_token_that_does_not_hash_is_given_the_hash() {
    in_own_process("a_token_that_does_not_hash_is_given_the_hash", "slots.mechanisms = CKM_RSA_PKCS", |hsm| {
        hsm.import("qseal", "01", KEY);
        let token = SigningToken::open(&hsm.settings("qseal")).unwrap();
        assert_eq!(token.sign(Hash::Sha256, SIGNING_STRING).unwrap(), vector_a());
        let key = SigningKey::from_pem(KEY, None).unwrap();
        let long = token.sign(Hash::Sha512, SIGNING_STRING).unwrap();
        assert_eq!(long, key.sign_pkcs1(Hash::Sha512, SIGNING_STRING).unwrap());
    });
}

#[test]
fn a_token_without_a_fitting_mechanism_says_so() {
    in_own_process("a_token_without_a_fitting_mechanism_says_so", "slots.mechanisms = CKM_SHA256_RSA_PKCS", |hsm| {
        hsm.import("qseal", "01", KEY);
        let token = SigningToken::open(&hsm.settings("qseal")).unwrap();
        assert_eq!(token.sign(Hash::Sha256, SIGNING_STRING).unwrap(), vector_a());
        let refused = token.sign(Hash::Sha512, SIGNING_STRING).unwrap_err();
        assert_eq!(refused, TokenError::NoMechanism("CKM_SHA512_RSA_PKCS"));
        assert_eq!(token.sign(Hash::Sha256, SIGNING_STRING).unwrap(), vector_a(), "it goes on");
    });
}

#[test]
fn the_certificate_of_the_key_is_found() {
    in_own_process("the_certificate_of_the_key_is_found", "", |hsm| {
        hsm.import("qseal", "01", KEY);
        let key = bankchannel_crypto::rsa::RsaPrivateKey::from_pem(KEY).unwrap();
        let (from, to) = ("2026-01-01T00:00:00Z".parse().unwrap(), "2027-01-01T00:00:00Z".parse().unwrap());
        let issuer = CertificateIssuer::create("authority", from, to).unwrap();
        let until = |end: Timestamp| {
            let new = NewCertificate::new(&[(SubjectAttribute::CommonName, "qseal")], from, end);
            issuer.issue(&new, key.public()).unwrap().to_pem()
        };
        let leaf = until(to);
        let session = hsm.module().open_rw_session(hsm.slot()).unwrap();
        session.login(UserType::User, Some(&AuthPin::from(PIN.to_owned()))).unwrap();
        let [older, oldest] = ["2026-06-01T00:00:00Z", "2026-02-01T00:00:00Z"].map(|end| until(end.parse().unwrap()));
        // The authority's certificate has the key's id; but the key decides, and among several the end of validity.
        let all = [
            (issuer.certificate().to_pem(), "authority"),
            (older, "older"),
            (leaf.clone(), "leaf"),
            (oldest, "oldest"),
        ];
        for (pem, label) in all {
            let der = bankchannel_crypto::x509::Certificate::from_pem(&pem).unwrap().der().to_vec();
            let object = [
                Attribute::Class(ObjectClass::CERTIFICATE),
                Attribute::CertificateType(CertificateType::X_509),
                Attribute::Token(true),
                Attribute::Private(false),
                Attribute::Id(vec![1]),
                Attribute::Label(label.into()),
                Attribute::Subject(vec![0x30, 0]),
                Attribute::Value(der),
            ];
            session.create_object(&object).unwrap();
        }
        drop(session);
        let token = SigningToken::open(&hsm.settings("qseal")).unwrap();
        assert_eq!(token.certificate_pem(), Some(leaf));
    });
}

#[test]
fn mistakes_are_told_apart() {
    in_own_process("mistakes_are_told_apart", "", |hsm| {
        hsm.import("qseal", "01", KEY);
        hsm.import("twin", "02", KEY);
        hsm.import("twin", "03", KEY);
        hsm.generate_ec("ec", 4);
        let open = |settings: Pkcs11Settings| SigningToken::open(&settings).unwrap_err();
        let good = || hsm.settings("qseal");
        for module in ["/no/such/module.so", file!(), "/lib/x86_64-linux-gnu/libm.so.6"] {
            let refused = open(Pkcs11Settings { module: module.to_owned(), ..good() });
            assert!(matches!(&refused, TokenError::Module { module: named, .. } if named == module), "{refused}");
        }
        for token in ["another", "999999999999", ""] {
            let refused = open(Pkcs11Settings { token: token.to_owned(), ..good() });
            assert!(refused.to_string().contains("\"tpp\" (slot "), "{refused}");
        }
        assert_eq!(open(Pkcs11Settings { pin: None, ..good() }), TokenError::NoPin);
        for key in ["another", "ff", ""] {
            let refused = open(hsm.settings(key)).to_string();
            assert!(refused.contains("\"qseal\" (id 01)"), "{refused}");
        }
        let twins = open(hsm.settings("twin"));
        assert!(matches!(&twins, TokenError::SeveralKeys { ids, .. } if ids == "02, 03" || ids == "03, 02"), "{twins}");
        assert!(SigningToken::open(&hsm.settings("02")).is_ok());
        assert_eq!(open(hsm.settings("ec")), TokenError::NotRsa("ec".to_owned()));
        let token = SigningToken::open(&good()).unwrap();
        assert!(!format!("{token:?} {:?}", good()).contains(PIN));
    });
}

#[test]
fn tokens_of_one_label_are_told_by_their_slots() {
    in_own_process("tokens_of_one_label_are_told_by_their_slots", "", |hsm| {
        hsm.import("qseal", "01", KEY);
        hsm.another_token("tpp");
        let refused = SigningToken::open(&hsm.settings("qseal")).unwrap_err();
        assert!(matches!(&refused, TokenError::SeveralTokens { slots, .. } if slots.contains(", ")), "{refused}");
    });
}

#[test]
fn a_wrong_pin_is_tried_once() {
    in_own_process("a_wrong_pin_is_tried_once", "", |hsm| {
        hsm.import("qseal", "01", KEY);
        let wrong = Pkcs11Settings { pin: Some(Secret::new("0000")), ..hsm.settings("qseal") };
        assert_eq!(SigningToken::open(&wrong).unwrap_err(), TokenError::WrongPin);
        assert!(hsm.module().get_token_info(hsm.slot()).unwrap().user_pin_count_low(), "the token has counted it");
        for _ in 0..5 {
            assert_eq!(SigningToken::open(&wrong).unwrap_err(), TokenError::PinRefusedBefore);
        }
        // Threads with the same wrong PIN try it only once together.
        let same = Pkcs11Settings { pin: Some(Secret::new("2222")), ..wrong.clone() };
        let begin = std::sync::Barrier::new(8);
        let errors: Vec<TokenError> = std::thread::scope(|scope| {
            let each = || {
                begin.wait();
                SigningToken::open(&same).unwrap_err()
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(each)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(errors.iter().filter(|error| **error == TokenError::WrongPin).count(), 1, "{errors:?}");
        assert_eq!(errors.iter().filter(|error| **error == TokenError::PinRefusedBefore).count(), 7, "{errors:?}");
        let other = Pkcs11Settings { pin: Some(Secret::new("1111")), ..wrong };
        assert_eq!(SigningToken::open(&other).unwrap_err(), TokenError::WrongPin);
        let token = SigningToken::open(&hsm.settings("qseal")).unwrap();
        assert_eq!(token.sign(Hash::Sha256, SIGNING_STRING).unwrap(), vector_a());
    });
}

#[test]
fn it_logs_in_again_where_the_login_was_lost() {
    in_own_process("it_logs_in_again_where_the_login_was_lost", "", |hsm| {
        hsm.import("qseal", "01", KEY);
        let token = SigningToken::open(&hsm.settings("qseal")).unwrap();
        for _ in 0..3 {
            // The login belongs to the process: another session ends it for all.
            hsm.module().open_ro_session(hsm.slot()).unwrap().logout().unwrap();
            assert_eq!(token.sign(Hash::Sha256, SIGNING_STRING).unwrap(), vector_a());
        }
        // Another user of the module in this process finalizes it.
        hsm.module().finalize().unwrap();
        assert_eq!(token.sign(Hash::Sha256, SIGNING_STRING).unwrap(), vector_a());
        // The PIN is changed by others: tried once, and reported.
        hsm.change_pin("8765");
        hsm.module().finalize().unwrap();
        assert_eq!(token.sign(Hash::Sha256, SIGNING_STRING).unwrap_err(), TokenError::WrongPin);
        assert_eq!(token.sign(Hash::Sha256, SIGNING_STRING).unwrap_err(), TokenError::PinRefusedBefore);
    });
}

#[test]
fn threads_share_a_token() {
    in_own_process("threads_share_a_token", "", |hsm| {
        hsm.import("qseal", "01", KEY);
        let token = SigningToken::open(&hsm.settings("qseal")).unwrap();
        let again = SigningToken::open(&hsm.settings("qseal")).unwrap();
        std::thread::scope(|scope| {
            for index in 0..8 {
                let token = if index % 2 == 0 { token.clone() } else { again.clone() };
                scope.spawn(move || {
                    for _ in 0..20 {
                        assert_eq!(token.sign(Hash::Sha256, SIGNING_STRING).unwrap(), vector_a());
                    }
                });
            }
        });
    });
}

#[test]
fn a_key_that_wants_the_pin_each_time() {
    in_own_process("a_key_that_wants_the_pin_each_time", "", |hsm| {
        let session = hsm.module().open_rw_session(hsm.slot()).unwrap();
        session.login(UserType::User, Some(&AuthPin::from(PIN.to_owned()))).unwrap();
        let public = [
            Attribute::Token(true),
            Attribute::ModulusBits(2048.into()),
            Attribute::PublicExponent(vec![1, 0, 1]),
            Attribute::Id(vec![9]),
        ];
        let private = [
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sign(true),
            Attribute::AlwaysAuthenticate(true),
            Attribute::Label("careful".into()),
            Attribute::Id(vec![9]),
        ];
        session.generate_key_pair(&Mechanism::RsaPkcsKeyPairGen, &public, &private).unwrap();
        drop(session);
        let token = SigningToken::open(&hsm.settings("careful")).unwrap();
        let key = VerifyingKey::from_spki_der(token.public_key_spki()).unwrap();
        for hash in [Hash::Sha256, Hash::Sha512, Hash::Sha256] {
            assert!(key.verify_pkcs1(hash, b"text", &token.sign(hash, b"text").unwrap()));
        }
    });
}

/// SoftHSM's own variable does not mark the process of a test: a user may have set it for their own tokens.
#[test]
fn the_tokens_of_whoever_runs_the_tests_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (file, tokens) = (folder.path().join("softhsm2.conf"), folder.path().join("tokens"));
    std::fs::create_dir(&tokens).unwrap();
    std::fs::write(&file, format!("directories.tokendir = {}\n", tokens.display())).unwrap();
    let done = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "vector_a_byte_for_byte", "--nocapture"])
        .env("SOFTHSM2_CONF", &file)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(std::fs::read_dir(&tokens).unwrap().count(), 0);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2, "no key was put beside them");
}
