//! Signatures by secrets outside this crate: held by gpg's agent, and by aws-lc directly.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::{Duration, SystemTime};

use aws_lc_rs::{
    digest::{Digest, SHA256},
    signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use bankchannel_openpgp::{
    DetachedDigester, ExternalSigner, GeneratedAlgorithm, HashAlgorithm, OpenPgpError, OpenPgpPrivateKey,
    OpenPgpPublicKey, PendingSignature, PublicKeyLimits, RawAlgorithm, SignatureResult, VerifyPolicy, digest_detached,
    sign_detached, verify_detached,
};
use proptest::prelude::*;
use sequoia_openpgp::{
    Cert, Packet,
    armor::{Kind, Writer},
    packet::{
        Key, UserID,
        key::{Key4, PrimaryRole, SecretKeyMaterial, SecretParts},
        signature::SignatureBuilder,
    },
    serialize::Marshal as _,
    types::{KeyFlags, SignatureType},
};
use support::{Gpg, days, now, our_key};

const DOCUMENT: &[u8] = b"<Document>\r\n synthetic payment \xe4\n</Document>";

fn pending(signer: &ExternalSigner, hash: HashAlgorithm, time: SystemTime) -> PendingSignature {
    let mut all = digest_detached(&[signer], DOCUMENT, hash, time).unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

fn made_by(signature: &str, key: &OpenPgpPublicKey) -> String {
    let verdict = verify_detached(signature.as_bytes(), &[key], DOCUMENT, now(), &VerifyPolicy::default()).unwrap();
    match &verdict.results[..] {
        [SignatureResult::Good { signing_key, .. }] => signing_key.clone(),
        other => panic!("expected one good signature, got {other:?}"),
    }
}

fn refusal(pending: &PendingSignature, raw: &[u8]) -> String {
    match pending.clone().complete(raw) {
        Err(OpenPgpError::SignedElsewhere(why)) => why,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[test]
fn gpgs_agent_holds_the_secret_and_gpg_accepts_the_signature() {
    let gpg = Gpg::new();
    for (algorithm, bytes) in [("rsa2048", 256), ("rsa3072", 384), ("ed25519", 64)] {
        let key = gpg.generate(&format!("{algorithm} <a@example.test>"), algorithm, "sign", "never", &[]);
        let certificate = gpg.export(&key);
        let secret =
            OpenPgpPrivateKey::from_armored(&gpg.run(&["--armor", "--export-secret-keys", &key], b"")).unwrap();
        for (hash, name, rsa) in [
            (HashAlgorithm::Sha256, "sha256", RawAlgorithm::RsaPkcs1Sha256),
            (HashAlgorithm::Sha384, "sha384", RawAlgorithm::RsaPkcs1Sha384),
            (HashAlgorithm::Sha512, "sha512", RawAlgorithm::RsaPkcs1Sha512),
        ] {
            let time = now();
            let signer = certificate.external_signer(time).unwrap();
            assert_eq!((signer.fingerprint(), signer.primary_fingerprint()), (key.clone(), key.as_str()));
            let pending = pending(&signer, hash, time);
            assert_eq!(pending.algorithm(), if bytes == 64 { RawAlgorithm::Ed25519 } else { rsa });
            assert_eq!(pending.key_fingerprint(), key);
            let raw = gpg.agent_signs(&key, name, pending.digest(), bytes);
            let signature = pending.complete(&raw).unwrap();

            let output = gpg.verify(&signature, DOCUMENT);
            let log = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && log.contains(&format!("VALIDSIG {key}")), "{algorithm} {name}: {log}");
            assert!(!gpg.verify(&signature, b"something else").status.success());
            assert_eq!(made_by(&signature, &certificate), key);
            // Both algorithms are deterministic: the signature is the same, byte for byte, wherever the secret is.
            let here = secret.signer(time).unwrap();
            assert_eq!(signature, sign_detached(&[&here], DOCUMENT, hash, time).unwrap(), "{algorithm} {name}");
        }
    }
}

/// A version 4 key of the new algorithm (27), which gpg 2.2 does not support; its secret in aws-lc's form.
fn new_ed25519() -> (OpenPgpPublicKey, Ed25519KeyPair) {
    let mut primary: Key4<SecretParts, PrimaryRole> = Key4::generate_ed25519().unwrap();
    let created = now() - Duration::from_secs(3600);
    primary.set_creation_time(created).unwrap();
    let SecretKeyMaterial::Unencrypted(secret) = primary.secret() else { panic!("the new key is locked") };
    let pair = secret.map(|secret| match secret {
        sequoia_openpgp::crypto::mpi::SecretKeyMaterial::Ed25519 { x } => {
            Ed25519KeyPair::from_seed_unchecked(x).unwrap()
        }
        other => panic!("not the new algorithm: {other:?}"),
    });
    let mut signer = Key::from(primary.clone()).role_into_unspecified().into_keypair().unwrap();
    let bare = Cert::try_from(vec![Packet::from(Key::from(primary.clone()))]).unwrap();
    let user = UserID::from("New <new@example.test>");
    let template = SignatureBuilder::new(SignatureType::PositiveCertification)
        .set_signature_creation_time(created)
        .unwrap()
        .set_key_flags(KeyFlags::empty().set_certification().set_signing())
        .unwrap();
    let binding = user.bind(&mut signer, &bare, template).unwrap();
    let cert =
        Cert::try_from(vec![Packet::from(Key::from(primary).take_secret().0), user.into(), binding.into()]).unwrap();
    let mut writer = Writer::new(Vec::new(), Kind::PublicKey).unwrap();
    cert.serialize(&mut writer).unwrap();
    let public = OpenPgpPublicKey::from_armored(&writer.finalize().unwrap(), PublicKeyLimits::default()).unwrap();
    (public, pair)
}

#[test]
fn the_new_ed25519_is_signed_by_aws_lc() {
    let (certificate, pair) = new_ed25519();
    assert_eq!(certificate.algorithm(), "ed25519");
    for hash in [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512] {
        let pending = pending(&certificate.external_signer(now()).unwrap(), hash, now());
        assert_eq!(pending.algorithm(), RawAlgorithm::Ed25519);
        let raw = pair.sign(pending.digest());
        assert_eq!(made_by(&pending.clone().complete(raw.as_ref()).unwrap(), &certificate), certificate.fingerprint());
        assert!(refusal(&pending, pair.sign(b"another digest").as_ref()).contains("not ed25519 over the digest"));
    }
}

#[test]
fn a_signature_that_does_not_fit_is_refused() {
    let gpg = Gpg::new();
    let other = Ed25519KeyPair::generate().unwrap();
    for (algorithm, bytes) in [("rsa2048", 256), ("ed25519", 64)] {
        let key = gpg.generate(&format!("{algorithm} <a@example.test>"), algorithm, "sign", "never", &[]);
        let pending = pending(&gpg.export(&key).external_signer(now()).unwrap(), HashAlgorithm::Sha256, now());
        let raw = gpg.agent_signs(&key, "sha256", pending.digest(), bytes);
        pending.clone().complete(&raw).unwrap();

        let mut long = raw.clone();
        long.push(0);
        for wrong in [&b""[..], &raw[1..], &long] {
            let why = refusal(&pending, wrong);
            assert!(
                why.contains(&format!("it has {} bytes", wrong.len())) && why.contains(&bytes.to_string()),
                "{why}"
            );
        }
        let mut flipped = raw.clone();
        flipped[bytes / 3] ^= 1;
        let digest = vec![7; 32];
        let others = [
            flipped,
            vec![0; bytes],
            vec![0xff; bytes],
            gpg.agent_signs(&key, "sha256", &digest, bytes),
            other.sign(pending.digest()).as_ref().repeat(bytes / 64),
        ];
        for wrong in others {
            let why = refusal(&pending, &wrong);
            assert!(why.contains(&key) && why.contains(pending.algorithm().as_str()), "{why}");
        }
        assert!(!format!("{pending:?}").contains("digest"), "{pending:?}");
    }
    // An RSA signature of the right length and digest, by another key.
    let key = gpg.generate("rsa <b@example.test>", "rsa2048", "sign", "never", &[]);
    let pending = pending(&gpg.export(&key).external_signer(now()).unwrap(), HashAlgorithm::Sha256, now());
    let stranger = RsaKeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
    let mut raw = vec![0; 256];
    let digest = Digest::import_less_safe(pending.digest(), &SHA256).unwrap();
    stranger.sign_digest(&RSA_PKCS1_SHA256, &digest, &mut raw).unwrap();
    assert!(refusal(&pending, &raw).contains(&key));
}

#[test]
fn the_newest_key_that_may_sign_is_chosen() {
    let gpg = Gpg::new();
    let past = ["--faked-system-time", "20250101T000000"];
    let key = gpg.generate("sub <sub@example.test>", "ed25519", "cert,sign", "never", &past);
    assert_eq!(gpg.export(&key).external_signer(now()).unwrap().fingerprint(), key);
    gpg.run(&["--quick-add-key", &key, "rsa3072", "sign", "never"], b"");
    gpg.run(&["--quick-add-key", &key, "cv25519", "encr", "never"], b"");
    let certificate = gpg.export(&key);
    let signer = certificate.external_signer(now()).unwrap();
    let secret = OpenPgpPrivateKey::from_armored(&gpg.run(&["--armor", "--export-secret-keys", &key], b"")).unwrap();
    assert_eq!(signer.fingerprint(), secret.signer(now()).unwrap().fingerprint(), "the same with the secret at hand");
    assert_ne!(signer.fingerprint(), key);
    assert_eq!(signer.primary_fingerprint(), key);
    let pending = pending(&signer, HashAlgorithm::Sha512, now());
    let raw = gpg.agent_signs(&signer.fingerprint(), "sha512", pending.digest(), 384);
    let signature = pending.complete(&raw).unwrap();
    assert!(gpg.verify(&signature, DOCUMENT).status.success());
    assert_eq!(made_by(&signature, &certificate), signer.fingerprint());
}

#[test]
fn a_newer_key_that_does_not_sign_here_hides_no_other() {
    let gpg = Gpg::new();
    let past = ["--faked-system-time", "20250101T000000"];
    let key = gpg.generate("hsm <hsm@example.test>", "rsa2048", "cert,sign", "never", &past);
    gpg.run(&["--quick-add-key", &key, "nistp256/ecdsa", "sign", "never"], b"");
    let certificate = gpg.export(&key);
    assert_eq!(certificate.signing_key_ids(now()).len(), 2);
    assert_eq!(certificate.external_signer(now()).unwrap().fingerprint(), key);
}

#[test]
fn keys_that_may_not_sign_are_refused_as_with_the_secret_at_hand() {
    let gpg = Gpg::new();
    let refused = |key: &str| gpg.export(key).external_signer(now()).unwrap_err();
    let past = ["--faked-system-time", "20250101T000000"];
    assert!(matches!(refused(&gpg.generate("o", "ed25519", "sign", "2d", &past)), OpenPgpError::KeyExpired));
    assert!(matches!(refused(&gpg.generate("c", "ed25519", "cert", "never", &[])), OpenPgpError::NoSigningKey));
    let small = refused(&gpg.generate("s", "rsa1024", "sign", "never", &[]));
    assert!(matches!(small, OpenPgpError::UnsupportedAlgorithm { algorithm, .. } if algorithm == "rsa1024"));
    let nist = gpg.generate("n", "nistp256", "sign", "never", &[]);
    assert!(matches!(refused(&nist), OpenPgpError::UnsupportedAlgorithm { algorithm, .. } if algorithm == "nistp256"));
    let key = gpg.generate("r", "rsa2048", "sign", "never", &[]);
    let revocation = std::fs::read_to_string(gpg.home().join(format!("openpgp-revocs.d/{key}.rev"))).unwrap();
    gpg.run(&["--import"], revocation.replace(":-----BEGIN", "-----BEGIN").as_bytes());
    assert!(matches!(refused(&key), OpenPgpError::KeyRevoked));
}

#[test]
fn several_keys_wait_in_their_order_and_are_bounded() {
    let (one, two) =
        (our_key(GeneratedAlgorithm::Ed25519, None).public(), our_key(GeneratedAlgorithm::Rsa2048, None).public());
    let time = now();
    let (first, second) = (one.external_signer(time).unwrap(), two.external_signer(time).unwrap());
    let whole = digest_detached(&[&first, &second], DOCUMENT, HashAlgorithm::Sha256, time).unwrap();
    let prints: Vec<String> = whole.iter().map(PendingSignature::key_fingerprint).collect();
    assert_eq!(prints, [one.fingerprint(), two.fingerprint()]);
    assert_ne!(whole[0].digest(), whole[1].digest(), "each names its own issuer");
    let mut pieces = DetachedDigester::new(&[&second], HashAlgorithm::Sha256, time).unwrap();
    pieces.update(&DOCUMENT[..7]);
    pieces.update(b"");
    pieces.update(&DOCUMENT[7..]);
    assert_eq!(pieces.finish().unwrap()[0].digest(), whole[1].digest());

    let many = [&first; 11];
    assert!(matches!(DetachedDigester::new(&many, HashAlgorithm::Sha256, time), Err(OpenPgpError::TooMany { .. })));
    assert!(matches!(DetachedDigester::new(&[], HashAlgorithm::Sha256, time), Err(OpenPgpError::NoSigner)));
    let early = DetachedDigester::new(&[&first], HashAlgorithm::Sha256, time - days(1));
    assert!(matches!(early, Err(OpenPgpError::SignatureBeforeKey)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_foreign_bytes_become_a_signature(bytes in proptest::collection::vec(any::<u8>(), 0..300), rsa in any::<bool>()) {
        thread_local! {
            static WAITING: [PendingSignature; 2] = [GeneratedAlgorithm::Ed25519, GeneratedAlgorithm::Rsa2048].map(|algorithm| {
                let signer = our_key(algorithm, None).public().external_signer(now()).unwrap();
                pending(&signer, HashAlgorithm::Sha256, now())
            });
        }
        WAITING.with(|waiting| {
            let wanted = if rsa { 256 } else { 64 };
            let pending = &waiting[usize::from(rsa)];
            refusal(pending, &bytes);
            // With the right length: so the length check alone is not enough.
            refusal(pending, &bytes.iter().copied().chain(std::iter::repeat(1)).take(wanted).collect::<Vec<u8>>());
        });
    }
}
