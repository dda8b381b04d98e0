//! GnuPG 2.2 accepts the output of this crate, and vice versa. All keys and documents are made here.
#![allow(clippy::unwrap_used)]

mod support;

use bankchannel_openpgp::{
    BadReason, GeneratedAlgorithm, HashAlgorithm, OpenPgpError, OpenPgpPrivateKey, OpenPgpPublicKey, SignatureOutcome,
    SignatureResult, VerifyPolicy, decrypt, encrypt, inspect, parse_signatures, sign_detached, verify_detached,
};
use support::{Gpg, days, now, our_key};

const DOCUMENT: &[u8] = b"<Document>\r\n synthetic payment \xe4\n</Document>";

fn check(signature: &[u8], key: &OpenPgpPublicKey, document: &[u8]) -> SignatureOutcome {
    verify_detached(signature, &[key], document, now(), &VerifyPolicy::default()).unwrap()
}

fn reason(verdict: &SignatureOutcome) -> BadReason {
    match &verdict.results[..] {
        [SignatureResult::Bad { reason, .. }] => *reason,
        other => panic!("expected one bad signature, got {other:?}"),
    }
}

#[test]
fn gpg_accepts_our_keys_and_signatures() {
    let gpg = Gpg::new();
    for (algorithm, hash) in [
        (GeneratedAlgorithm::Ed25519, HashAlgorithm::Sha256),
        (GeneratedAlgorithm::Ed25519, HashAlgorithm::Sha512),
        (GeneratedAlgorithm::Rsa2048, HashAlgorithm::Sha256),
        (GeneratedAlgorithm::Rsa3072, HashAlgorithm::Sha256),
        (GeneratedAlgorithm::Rsa3072, HashAlgorithm::Sha384),
        (GeneratedAlgorithm::Rsa4096, HashAlgorithm::Sha512),
    ] {
        let key = our_key(algorithm, None);
        gpg.run(&["--import"], key.public().to_armored().unwrap().as_bytes());
        let signer = key.signer(now()).unwrap();
        let signature = sign_detached(&[&signer], DOCUMENT, hash, now()).unwrap();
        assert!(!signature.contains("Version:") && !signature.contains("Comment:"), "{signature}");

        let output = gpg.verify(&signature, DOCUMENT);
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && log.contains(&format!("VALIDSIG {}", key.fingerprint())), "{log}");
        let output = gpg.verify(&signature, b"something else");
        assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("BADSIG"));
        assert_eq!(check(signature.as_bytes(), &key.public(), DOCUMENT).good_fingerprints(), [key.fingerprint()]);
    }
}

#[test]
fn gpg_uses_our_private_keys() {
    for algorithm in [GeneratedAlgorithm::Ed25519, GeneratedAlgorithm::Rsa3072] {
        for passphrase in [None, Some("correct horse")] {
            let gpg = Gpg::new();
            let mut key = our_key(algorithm, passphrase);
            assert_eq!(key.is_locked(), passphrase.is_some());
            let given = ["--passphrase", passphrase.unwrap_or("")];
            gpg.run(&[&given[..], &["--import"]].concat(), key.to_armored().unwrap().as_bytes());
            let signature = gpg.sign(&key.fingerprint(), DOCUMENT, &given);
            assert!(check(&signature, &key.public(), DOCUMENT).is_good());

            // The other direction: keys exported by gpg are read, unlocked and used for signing.
            let exported = gpg.run(&[&given[..], &["--armor", "--export-secret-keys"]].concat(), b"");
            let mut back = OpenPgpPrivateKey::from_armored(&exported).unwrap();
            if let Some(passphrase) = passphrase {
                assert!(matches!(back.signer(now()), Err(OpenPgpError::Locked)));
                assert!(matches!(back.unlock("wrong"), Err(OpenPgpError::WrongPassphrase)));
                back.unlock(passphrase).unwrap();
                key.unlock(passphrase).unwrap();
            }
            assert!(!back.is_locked());
            for key in [&back, &key] {
                let signer = key.signer(now()).unwrap();
                let signature = sign_detached(&[&signer], DOCUMENT, HashAlgorithm::Sha256, now()).unwrap();
                assert!(gpg.verify(&signature, DOCUMENT).status.success());
            }
        }
    }
}

#[test]
fn signatures_of_gpg_are_verified() {
    let gpg = Gpg::new();
    // gpg makes no ECDSA signature with a hash shorter than the curve.
    for (algorithm, digests) in [
        ("rsa2048", &["SHA224", "SHA256", "SHA384", "SHA512"][..]),
        ("rsa3072", &["SHA224", "SHA256", "SHA384", "SHA512"]),
        ("ed25519", &["SHA256", "SHA384", "SHA512"]),
        ("nistp256", &["SHA256", "SHA384", "SHA512"]),
        ("nistp384", &["SHA384", "SHA512"]),
        ("nistp521", &["SHA512"]),
    ] {
        let key = gpg.generate(&format!("{algorithm} <a@example.test>"), algorithm, "sign", "never", &[]);
        let public = gpg.export(&key);
        assert_eq!((public.algorithm(), public.fingerprint()), (algorithm.to_owned(), key.clone()));
        assert!(public.can_sign(now()) && !public.can_encrypt(now()));
        for &digest in digests {
            let signature = gpg.sign(&key, DOCUMENT, &["--digest-algo", digest]);
            assert_eq!(
                check(&signature, &public, DOCUMENT).good_fingerprints(),
                [key.as_str()],
                "{algorithm} {digest}"
            );
            assert_eq!(reason(&check(&signature, &public, b"changed")), BadReason::Mismatch);
        }
    }
}

#[test]
fn weak_hash_text_mode_and_small_keys_are_refused() {
    let gpg = Gpg::new();
    let key = gpg.generate("w <w@example.test>", "rsa2048", "sign", "never", &[]);
    let public = gpg.export(&key);
    let sha1 = gpg.sign(&key, DOCUMENT, &["--digest-algo", "SHA1"]);
    assert_eq!(reason(&check(&sha1, &public, DOCUMENT)), BadReason::WeakHash);
    let text = gpg.sign(&key, DOCUMENT, &["--textmode"]);
    assert!(matches!(parse_signatures(&text), Err(OpenPgpError::NotBinaryDocument)));
    // Next to a good one, the text-mode signature is bad for its own reason.
    let both = [text, gpg.sign(&key, DOCUMENT, &[])].concat();
    let verdict = check(&both, &public, DOCUMENT);
    assert!(matches!(verdict.results[0], SignatureResult::Bad { reason: BadReason::NotBinary, .. }));
    assert!(verdict.is_good());

    let small = gpg.generate("s <s@example.test>", "rsa1024", "sign", "never", &[]);
    let public = gpg.export(&small);
    assert!(!public.can_sign(now()));
    let signature = gpg.sign(&small, DOCUMENT, &[]);
    let refused = reason(&check(&signature, &public, DOCUMENT));
    assert!(matches!(refused, BadReason::KeyAlgorithm(algorithm) if algorithm.to_string() == "rsa1024"), "{refused}");
}

#[test]
fn signing_subkeys_count_and_encryption_subkeys_do_not() {
    let gpg = Gpg::new();
    let key = gpg.generate("sub <sub@example.test>", "ed25519", "cert", "never", &[]);
    assert!(!gpg.export(&key).can_sign(now()));
    gpg.run(&["--quick-add-key", &key, "rsa3072", "sign", "never"], b"");
    let public = gpg.export(&key);
    assert_eq!(public.signing_key_ids(now()).len(), 1);
    assert_ne!(public.signing_key_ids(now())[0], public.key_id());
    let signature = gpg.sign(&key, DOCUMENT, &[]);
    let verdict = check(&signature, &public, DOCUMENT);
    let [SignatureResult::Good { fingerprint, signing_key, .. }] = &verdict.results[..] else { panic!("{verdict:?}") };
    assert_eq!(fingerprint, &key);
    assert!(signing_key.ends_with(&public.signing_key_ids(now())[0]));
    // A private key whose primary secret is elsewhere still signs with its subkey.
    let exported = gpg.run(&["--armor", "--export-secret-subkeys", &key], b"");
    let signer = OpenPgpPrivateKey::from_armored(&exported).unwrap().signer(now()).unwrap();
    let signature = sign_detached(&[&signer], DOCUMENT, HashAlgorithm::Sha256, now()).unwrap();
    assert!(gpg.verify(&signature, DOCUMENT).status.success());
}

#[test]
fn expired_and_revoked_keys_authorise_nothing() {
    let gpg = Gpg::new();
    let past = ["--faked-system-time", "20250101T000000"];
    let key = gpg.generate("old <old@example.test>", "ed25519", "sign", "2d", &past);
    let signature = gpg.sign(&key, DOCUMENT, &past);
    let public = gpg.export(&key);
    assert_eq!(reason(&check(&signature, &public, DOCUMENT)), BadReason::KeyExpired);
    assert!(!public.can_sign(now()));
    let created = public.created();
    let then = verify_detached(&signature, &[&public], DOCUMENT, created + days(1), &VerifyPolicy::default()).unwrap();
    assert!(then.is_good(), "good while the key was: {then:?}");

    let key = gpg.generate("rev <rev@example.test>", "rsa2048", "sign", "never", &[]);
    let signature = gpg.sign(&key, DOCUMENT, &[]);
    assert!(check(&signature, &gpg.export(&key), DOCUMENT).is_good());
    let certificate = gpg.home().join(format!("openpgp-revocs.d/{key}.rev"));
    let revocation = std::fs::read_to_string(certificate).unwrap().replace(":-----BEGIN", "-----BEGIN");
    gpg.run(&["--import"], revocation.as_bytes());
    let public = gpg.export(&key);
    assert!(public.revoked(now()) && !public.can_sign(now()));
    assert_eq!(reason(&check(&signature, &public, DOCUMENT)), BadReason::KeyRevoked);
}

#[test]
fn an_extended_key_keeps_its_signatures() {
    let gpg = Gpg::new();
    let made = ["--faked-system-time", "20250101T000000"];
    let extended = ["--faked-system-time", "20250102T120000"];
    let key = gpg.generate("ext <ext@example.test>", "ed25519", "sign", "2d", &made);
    let signature = gpg.sign(&key, DOCUMENT, &made);
    gpg.run(&[&extended[..], &["--quick-set-expire", &key, "20y"]].concat(), b"");
    let minimal = gpg.run(&["--armor", "--export-options", "export-minimal", "--export", &key], b"");
    let minimal = OpenPgpPublicKey::from_armored(&minimal, Default::default()).unwrap();
    assert!(check(&signature, &minimal, DOCUMENT).is_good());
}

#[test]
fn signatures_from_the_future_are_refused_after_a_day() {
    let gpg = Gpg::new();
    let key = gpg.generate("f <f@example.test>", "ed25519", "sign", "never", &[]);
    let public = gpg.export(&key);
    let signature = gpg.sign(&key, DOCUMENT, &[]);
    let at = |time| verify_detached(&signature, &[&public], DOCUMENT, time, &VerifyPolicy::default()).unwrap();
    assert_eq!(reason(&at(now() - days(2))), BadReason::FromTheFuture);
    assert!(at(now()).is_good());
    assert!(at(now() + days(400)).is_good());
}

#[test]
fn several_packets_in_one_block_and_several_blocks() {
    let gpg = Gpg::new();
    let first = gpg.generate("1 <1@example.test>", "ed25519", "sign", "never", &[]);
    let second = gpg.generate("2 <2@example.test>", "rsa2048", "sign", "never", &[]);
    let one_block = gpg.sign(&first, DOCUMENT, &["--local-user", &second]);
    let (one, two) = (gpg.export(&first), gpg.export(&second));
    let verdict = verify_detached(&one_block, &[&one, &two], DOCUMENT, now(), &VerifyPolicy::default()).unwrap();
    assert_eq!(verdict.good_fingerprints().len(), 2, "{verdict:?}");

    let blocks = [gpg.sign(&first, DOCUMENT, &[]), b"\r\n\n".to_vec(), gpg.sign(&second, DOCUMENT, &[])].concat();
    let verdict = check(&blocks, &two, DOCUMENT);
    assert!(matches!(&verdict.results[0], SignatureResult::UnknownIssuer { issuers } if issuers.contains(&first)));
    assert_eq!(verdict.good_fingerprints(), [second.as_str()]);
    assert!(verdict.has_known_issuer());
}

#[test]
fn gpg_decrypts_our_messages_and_we_its() {
    let gpg = Gpg::new();
    let secret = b"-----BEGIN PRIVATE KEY-----\nsynthetic\n-----END PRIVATE KEY-----\n";
    for algorithm in [GeneratedAlgorithm::Ed25519, GeneratedAlgorithm::Rsa3072] {
        let key = our_key(algorithm, None);
        gpg.run(&["--import"], key.to_armored().unwrap().as_bytes());
        let message = encrypt(&key.public(), secret, now()).unwrap();
        let output = gpg.try_run(&["--decrypt"], message.as_bytes());
        let log = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.stdout, secret, "{log}");
        // Symmetric algorithm 9 is AES-256; no signature status may appear.
        assert!(log.contains("DECRYPTION_INFO 2 9") && !log.contains("SIG "), "{log}");
        assert_eq!(decrypt(&key, message.as_bytes(), now()).unwrap()[..], secret[..]);

        let fingerprint = key.fingerprint();
        let arguments = ["--armor", "--compress-algo", "none", "--recipient", &fingerprint, "--encrypt"];
        let theirs = gpg.run(&arguments, secret);
        assert_eq!(decrypt(&key, &theirs, now()).unwrap()[..], secret[..]);
        // gpg's default.
        let arguments = ["--armor", "--compress-algo", "zip", "--recipient", &fingerprint, "--encrypt"];
        let packed = gpg.run(&arguments, &secret.repeat(20));
        assert!(matches!(decrypt(&key, &packed, now()), Err(OpenPgpError::Compressed)));
        let other = our_key(GeneratedAlgorithm::Ed25519, None);
        assert!(matches!(decrypt(&other, &packed, now()), Err(OpenPgpError::DecryptionFailed)));
        assert!(matches!(decrypt(&other, &theirs, now()), Err(OpenPgpError::DecryptionFailed)));
    }
    let signing_only = gpg.generate("n <n@example.test>", "ed25519", "sign", "never", &[]);
    assert!(matches!(encrypt(&gpg.export(&signing_only), secret, now()), Err(OpenPgpError::NoEncryptionKey)));
}

#[test]
fn inspection_of_gpg_keys() {
    let gpg = Gpg::new();
    let key = gpg.generate("I <i@example.test>", "rsa3072", "sign", "30d", &[]);
    let public = inspect(&gpg.run(&["--armor", "--export", &key], b""), now()).unwrap();
    assert_eq!(public.fingerprint, key);
    assert_eq!(public.short_id, key[32..]);
    assert_eq!(public.user_ids, ["I <i@example.test>"]);
    assert!(public.can_sign && !public.can_encrypt && !public.revoked && !public.secret);
    assert_eq!(public.expires.unwrap(), public.created + days(30));
    let secret = inspect(&gpg.run(&["--armor", "--export-secret-keys", &key], b""), now()).unwrap();
    assert!(secret.secret && !secret.locked);
    assert_eq!(secret.fingerprint, public.fingerprint);
}
