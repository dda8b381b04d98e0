//! The `openssl` command reads the output of this crate, and vice versa. All data is made here.
#![allow(clippy::unwrap_used)]

use std::process::Command;

use bankchannel_crypto::legacy_rsa::{self, RecoveredSignature};
use bankchannel_crypto::rsa::{RsaPrivateKey, RsaPublicKey};
use bankchannel_crypto::signature::{Hash, SigningKey, VerifyingKey};
use bankchannel_crypto::x509::{Certificate, CertificateIssuer, NewCertificate, SubjectAttribute};
use bankchannel_crypto::{CryptoError, digest};
use jiff::Timestamp;

mod support;
use support::Openssl;

#[test]
fn oaep_both_ways() {
    let Some(openssl) = Openssl::new() else { return };
    let options = "-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha1 -pkeyopt rsa_mgf1_md:sha1";
    let key = RsaPrivateKey::generate(2048).unwrap();
    openssl.write("key.pem", &*key.to_pkcs8_pem());
    openssl.write("public.pem", key.public().to_spki_pem());
    // The plaintext sample of docs/protocols/ws-channel.md §3.1.
    let plaintext = b"Toddler_..123456789012345||1475175151231";
    openssl.write("ours.bin", key.public().encrypt_oaep_sha1(plaintext).unwrap());
    let output = openssl.run(&format!("pkeyutl -decrypt -inkey key.pem -in ours.bin {options}"));
    assert_eq!(output.stdout, plaintext);
    openssl.write("plain.bin", plaintext);
    let output = openssl.run(&format!("pkeyutl -encrypt -pubin -inkey public.pem -in plain.bin {options}"));
    assert_eq!(key.decrypt_oaep_sha1(&output.stdout).unwrap()[..], plaintext[..]);
    let other = openssl.run(
        "pkeyutl -encrypt -pubin -inkey public.pem -in plain.bin -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256",
    );
    assert!(key.decrypt_oaep_sha1(&other.stdout).is_err(), "OAEP with another hash");
}

#[test]
fn keys_of_every_form() {
    let Some(openssl) = Openssl::new() else { return };
    openssl.run("genrsa -out pkcs8.pem 2048");
    openssl.run("rsa -in pkcs8.pem -traditional -out pkcs1.pem");
    openssl.run("rsa -in pkcs8.pem -pubout -out spki.pem");
    openssl.run("rsa -in pkcs8.pem -RSAPublicKey_out -out pkcs1-public.pem");
    assert!(openssl.read("pkcs1.pem").contains("BEGIN RSA PRIVATE KEY"));
    assert!(openssl.read("pkcs1-public.pem").contains("BEGIN RSA PUBLIC KEY"));
    let key = RsaPrivateKey::from_pem(&openssl.read("pkcs8.pem")).unwrap();
    let old = RsaPrivateKey::from_pem(&openssl.read("pkcs1.pem")).unwrap();
    assert_eq!(*key.to_pkcs8_pem(), *old.to_pkcs8_pem());
    assert_eq!(*key.to_pkcs8_pem(), openssl.read("pkcs8.pem"));
    for name in ["spki.pem", "pkcs1-public.pem"] {
        let public = RsaPublicKey::from_pem(&openssl.read(name)).unwrap();
        assert_eq!(&public, key.public());
        assert_eq!(public.to_spki_pem(), openssl.read("spki.pem"));
    }
    openssl.run("rsa -in pkcs8.pem -pubout -outform DER -out spki.der");
    let der = std::fs::read(openssl.path("spki.der")).unwrap();
    assert_eq!(digest::sha256(&der), key.public().spki_sha256());

    openssl.run("rsa -in pkcs8.pem -aes256 -passout pass:x -out encrypted.pem");
    openssl.run("rsa -in pkcs8.pem -traditional -aes256 -passout pass:x -out encrypted1.pem");
    for name in ["encrypted.pem", "encrypted1.pem"] {
        assert_eq!(RsaPrivateKey::from_pem(&openssl.read(name)).unwrap_err(), CryptoError::EncryptedPem, "{name}");
        assert_eq!(RsaPublicKey::from_pem(&openssl.read(name)).unwrap_err(), CryptoError::EncryptedPem, "{name}");
    }
    openssl.run("genrsa -out small.pem 1024");
    openssl.run("rsa -in small.pem -traditional -out small1.pem");
    openssl.run("rsa -in small.pem -pubout -out small-public.pem");
    for name in ["small.pem", "small1.pem"] {
        assert_eq!(RsaPrivateKey::from_pem(&openssl.read(name)).unwrap_err(), CryptoError::KeyTooSmall, "{name}");
    }
    assert_eq!(RsaPublicKey::from_pem(&openssl.read("small-public.pem")).unwrap_err(), CryptoError::KeyTooSmall);
    openssl.run("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.pem");
    openssl.run("pkey -in ec.pem -pubout -out ec-public.pem");
    assert_eq!(RsaPrivateKey::from_pem(&openssl.read("ec.pem")).unwrap_err(), CryptoError::NotRsa);
    assert_eq!(RsaPublicKey::from_pem(&openssl.read("ec-public.pem")).unwrap_err(), CryptoError::NotRsa);
}

#[test]
fn encrypted_keys_sign() {
    let Some(openssl) = Openssl::new() else { return };
    openssl.run("genrsa -out key.pem 2048");
    let plain = SigningKey::from_pem(&openssl.read("key.pem"), Some("not needed")).unwrap();
    for options in [
        "-v2 aes-256-cbc",
        "-v2 aes-192-cbc",
        "-v2 aes-128-cbc -v2prf hmacWithSHA1",
        "-v2 aes-256-cbc -v2prf hmacWithSHA512 -iter 10000",
        "-v2 des3",
        "-scrypt",
    ] {
        openssl.run(&format!("pkcs8 -topk8 -in key.pem {options} -passout pass:sesame -out encrypted.pem"));
        let text = openssl.read("encrypted.pem");
        let key = SigningKey::from_pem(&text, Some("sesame")).unwrap();
        assert_eq!(key.spki_der(), plain.spki_der(), "{options}");
        assert!(SigningKey::from_pem(&text, Some("Sesame")).is_err(), "{options}");
        assert_eq!(SigningKey::from_pem(&text, None).unwrap_err(), CryptoError::EncryptedPem);
    }
    openssl.run("pkcs8 -topk8 -in key.pem -v1 PBE-SHA1-3DES -passout pass:sesame -out encrypted.pem");
    openssl.run("rsa -in key.pem -traditional -aes256 -passout pass:sesame -out encrypted1.pem");
    openssl.run("pkcs8 -topk8 -in key.pem -v2 camellia-256-cbc -passout pass:sesame -out encrypted2.pem");
    for name in ["encrypted.pem", "encrypted1.pem", "encrypted2.pem"] {
        let refused = SigningKey::from_pem(&openssl.read(name), Some("sesame")).unwrap_err();
        assert_eq!(refused, CryptoError::UnsupportedEncryption, "{name}");
    }
}

#[test]
fn signatures_both_ways() {
    let Some(openssl) = Openssl::new() else { return };
    openssl.run("genrsa -out key.pem 3072");
    openssl.run("rsa -in key.pem -pubout -out public.pem");
    openssl.write("text", "some text");
    let key = SigningKey::from_pem(&openssl.read("key.pem"), None).unwrap();
    let verifying = VerifyingKey::from_spki_der(key.spki_der()).unwrap();
    for (hash, option) in [(Hash::Sha256, "-sha256"), (Hash::Sha512, "-sha512")] {
        let ours = key.sign_pkcs1(hash, b"some text").unwrap();
        openssl.write("ours", &ours);
        openssl.run(&format!("dgst {option} -verify public.pem -signature ours text"));
        assert_eq!(openssl.run(&format!("dgst {option} -sign key.pem text")).stdout, ours);
        assert!(verifying.verify_pkcs1(hash, b"some text", &ours));
        let pss = |salt: &str| {
            let options = format!("-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:{salt}");
            openssl.run(&format!("dgst {option} -sign key.pem {options} text")).stdout
        };
        for salt in ["digest", "max"] {
            let signature = pss(salt);
            assert!(legacy_rsa::verify_pss(key.spki_der(), hash, b"some text", &signature), "{option} {salt}");
            assert!(!verifying.verify_pkcs1(hash, b"some text", &signature));
        }
    }
    let signature = openssl.run("dgst -sha1 -sign key.pem text").stdout;
    let recovered = legacy_rsa::recover(key.spki_der(), &signature);
    let value = data_encoding::HEXLOWER.decode(&openssl.text("dgst -sha1 -r text").as_bytes()[..40]).unwrap();
    assert_eq!(recovered, RecoveredSignature::Pkcs1 { hash: "sha1", value });
}

#[test]
fn certificates_of_openssl_say_what_openssl_says() {
    let Some(openssl) = Openssl::new() else { return };
    openssl.run("genrsa -out key.pem 2048");
    for (subject, serial) in [
        ("/C=FI/O=Synthetic,Oy/CN=1000038023", "0x11A05D"),
        ("/CN=low", "0x0A"),
        ("/CN=high", "0xFEDCBA9876543210"),
        ("/C=FI/O=No+common=name/OU=#x", "1"),
        ("/C=FI/O=Serial/serialNumber=123", "255"),
    ] {
        openssl.run(&format!("req -x509 -new -key key.pem -subj {subject} -set_serial {serial} -days 3 -out cert.pem"));
        let pem = openssl.read("cert.pem");
        let certificate = Certificate::from_pem(&pem).unwrap();
        let field = |option: &str| {
            let line = openssl.text(&format!("x509 -in cert.pem -noout {option}"));
            line.split_once('=').unwrap().1.to_owned()
        };
        assert_eq!(certificate.serial_hex(), field("-serial"));
        assert_eq!(certificate.expires_text(), field("-enddate"));
        let whole = field("-subject -nameopt RFC2253");
        match subject.split_once("CN=") {
            Some((_, common)) => assert_eq!(certificate.subject().display(), common),
            // openssl names serialNumber, which RFC 4514 writes as its number.
            None if subject.contains("serialNumber") => {
                assert_eq!(certificate.subject().display(), "2.5.4.5=#1303313233,O=Serial,C=FI");
            }
            None => assert_eq!(certificate.subject().display(), whole),
        }
        assert_eq!(certificate.issuer(), certificate.subject());
        let key = RsaPrivateKey::from_pem(&openssl.read("key.pem")).unwrap();
        assert!(certificate.matches_private_key(&key));
        assert!(!certificate.matches_private_key(&RsaPrivateKey::generate(2048).unwrap()));
        assert_eq!(certificate.to_pem(), pem);
        let prefaced = openssl.text("x509 -in cert.pem -text");
        assert_eq!(Certificate::from_pem(&prefaced).unwrap(), certificate);
    }
    let wrong = Certificate::from_pem(&openssl.read("key.pem")).unwrap_err();
    assert_eq!(wrong, CryptoError::PrivateKeyGiven.into());
    let no_pem = CryptoError::NoPem { expected: "certificate (CERTIFICATE)" };
    assert_eq!(Certificate::from_pem("hello"), Err(no_pem.into()));
}

#[test]
fn openssl_accepts_what_the_issuer_issues() {
    let Some(openssl) = Openssl::new() else { return };
    let now = Timestamp::now();
    let hours = |count: i64| jiff::SignedDuration::from_hours(count);
    let issuer = CertificateIssuer::create("Simulator Test CA", now - hours(1), now + hours(24 * 365)).unwrap();
    let key = RsaPrivateKey::generate(2048).unwrap();
    let order = |name: &'static str, serial: &'static [u8], from: Timestamp, to: Timestamp| {
        let subject = [(SubjectAttribute::CommonName, name), (SubjectAttribute::Organization, "Synthetic Öy")];
        NewCertificate { serial: Some(serial), ..NewCertificate::new(&subject, from, to) }
    };
    let issue = |issuer: &CertificateIssuer, serial: &'static [u8]| {
        let new = order("SIM-0123456789ab", serial, now - hours(1), now + hours(48));
        issuer.issue(&new, key.public()).unwrap().to_pem()
    };
    let ca = issuer.certificate().to_pem();
    let restored = CertificateIssuer::from_pem(&ca, &issuer.private_key_pem()).unwrap();
    assert_eq!(restored.certificate(), issuer.certificate());
    openssl.write("ca.pem", issuer.certificate().to_pem());
    for (issuer, serial, shown) in [(&issuer, &[0x11, 0xa0, 0x5d][..], "11A05D"), (&restored, &[0xff, 0x01], "FF01")] {
        let pem = issue(issuer, serial);
        openssl.write("leaf.pem", &pem);
        openssl.run("verify -x509_strict -CAfile ca.pem leaf.pem");
        let certificate = Certificate::from_pem(&pem).unwrap();
        let names = (certificate.subject().display(), certificate.issuer().display());
        assert_eq!((&*names.0, &*names.1), ("SIM-0123456789ab", "Simulator Test CA"));
        assert_eq!(certificate.serial_hex(), shown);
        assert_eq!(openssl.text("x509 -in leaf.pem -noout -serial"), format!("serial={shown}"));
        assert_eq!(certificate.not_after().as_second(), (now + hours(48)).as_second());
        assert!(certificate.matches_private_key(&key));
    }
    let stranger = CertificateIssuer::create("Simulator Test CA", now - hours(1), now + hours(24)).unwrap();
    openssl.write("leaf.pem", issue(&stranger, &[1]));
    let arguments = ["verify", "-CAfile", "ca.pem", "leaf.pem"];
    let output = Command::new("openssl").args(arguments).current_dir(openssl.path("")).output().unwrap();
    assert!(!output.status.success(), "a namesake's certificate must not verify");

    let mixed = CertificateIssuer::from_pem(&ca, &stranger.private_key_pem()).unwrap_err();
    assert!(mixed.0.contains("not that of"), "{mixed}");
    assert!(!format!("{issuer:?}").contains("PRIVATE"));
    for (name, serial) in [("a\nb", &[1][..]), ("a", &[]), ("a", &[0]), ("a", &[1; 21])] {
        let result = issuer.issue(&order(name, serial, now, now + hours(1)), key.public());
        assert!(matches!(result, Err(CryptoError::InvalidRequest(_))), "{name:?} {serial:?}");
    }
    let nobody = NewCertificate::new(&[(SubjectAttribute::CommonName, "")], now, now + hours(1));
    assert!(matches!(issuer.issue(&nobody, key.public()), Err(CryptoError::InvalidRequest(_))));
    assert!(issuer.issue(&order("a", &[1], now, now), key.public()).is_err());
}
