//! PKCS#12 files written by `openssl`. All data is made here.
#![allow(clippy::unwrap_used)]

use std::time::Instant;

use bankchannel_crypto::pkcs12::{MAX_BYTES, Pkcs12Keystore};
use bankchannel_crypto::signature::{Hash, SigningKey};
use bankchannel_crypto::x509::Certificate;
use bankchannel_crypto::{CryptoError, tls_identity};

mod support;
use support::Openssl;

/// The formats of a file, older ones last.
const FORMS: [&str; 8] = [
    "",
    "-macalg sha512 -iter 5000 -maciter",
    "-keypbe AES-128-CBC -certpbe AES-192-CBC",
    "-nomac",
    "-keypbe NONE -certpbe NONE",
    "-certpbe NONE",
    "-legacy",
    "-legacy -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -nomac",
];

/// A folder with an issuer (`ca.*`), a key with its certificate (`leaf.*`), and another key (`other.key`).
fn prepared() -> Option<Openssl> {
    let openssl = Openssl::new()?;
    let new = "req -x509 -newkey rsa:2048 -noenc -days 3";
    openssl.run(&format!("{new} -subj /CN=authority -keyout ca.key -out ca.pem"));
    openssl.run(&format!("{new} -subj /CN=leaf -CA ca.pem -CAkey ca.key -keyout leaf.key -out leaf.pem"));
    openssl.run("genrsa -out other.key 2048");
    Some(openssl)
}

fn read(openssl: &Openssl, passphrase: &str) -> Result<Pkcs12Keystore, CryptoError> {
    Pkcs12Keystore::read(&std::fs::read(openssl.path("file.p12")).unwrap(), passphrase)
}

#[test]
fn every_form_gives_key_certificate_and_chain() {
    let Some(openssl) = prepared() else { return };
    let der = |name: &str| Certificate::from_pem(&openssl.read(name)).unwrap().der().to_vec();
    let key = SigningKey::from_pem(&openssl.read("leaf.key"), None).unwrap();
    for form in FORMS {
        // In one of them, the authority comes first: the key determines its certificate.
        for order in ["-in leaf.pem -inkey leaf.key -certfile ca.pem", "-in leaf.pem -inkey leaf.key -name Siegel-1"] {
            openssl.run(&format!("pkcs12 -export {order} {form} -passout pass:sesame -out file.p12"));
            let store = read(&openssl, "sesame").unwrap();
            assert_eq!(store.certificate_der(), Some(&der("leaf.pem")[..]), "{form}");
            let others: Vec<&[u8]> = store.other_certificates().collect();
            let wanted = if order.contains("ca.pem") { vec![der("ca.pem")] } else { Vec::new() };
            assert_eq!(others, wanted, "{form}");
            assert_eq!(store.certificate_pem().unwrap(), openssl.read("leaf.pem"));
            assert_eq!(*store.private_key_pem(), openssl.read("leaf.key"));
            let signature = store.signing_key().unwrap().sign_pkcs1(Hash::Sha256, b"text").unwrap();
            assert_eq!(signature, key.sign_pkcs1(Hash::Sha256, b"text").unwrap());
            assert!(!format!("{store:?}").contains("PRIVATE"));
        }
    }
}

#[test]
fn passphrases() {
    let Some(openssl) = prepared() else { return };
    for form in FORMS {
        openssl.run(&format!("pkcs12 -export -in leaf.pem -inkey leaf.key {form} -passout pass:sesame -out file.p12"));
        let has_mac = !form.contains("-nomac");
        for wrong in ["Sesame", "", "sesame ", "\u{1f511}"] {
            let refused = read(&openssl, wrong);
            match refused {
                Err(CryptoError::WrongPassphrase) => {}
                // Without a MAC, a wrong passphrase may by chance leave valid padding; OpenSSL cannot tell either.
                Err(CryptoError::InvalidKeystore) if !has_mac => {}
                other => panic!("{form} {wrong:?}: {other:?}"),
            }
        }
    }
    for passphrase in [
        "",
        "käärme",
        "a very long passphrase, longer than a block of SHA-512, so that it is hashed first: as HMAC has it, twice",
    ] {
        let option = if passphrase.is_empty() { "pass:" } else { "file:passphrase" };
        openssl.write("passphrase", passphrase);
        for form in ["", "-legacy"] {
            openssl.run(&format!("pkcs12 -export -in leaf.pem -inkey leaf.key {form} -passout {option} -out file.p12"));
            assert!(read(&openssl, passphrase).is_ok(), "{form} {passphrase}");
        }
    }
}

#[test]
fn a_file_has_one_rsa_key() {
    let Some(openssl) = prepared() else { return };
    openssl.run("pkcs12 -export -nokeys -in leaf.pem -passout pass:x -out file.p12");
    assert_eq!(read(&openssl, "x").unwrap_err(), CryptoError::NoKeyInKeystore);
    openssl.run("pkcs12 -export -nocerts -inkey leaf.key -passout pass:x -out file.p12");
    let store = read(&openssl, "x").unwrap();
    assert_eq!((store.certificate_der(), store.certificate_pem()), (None, None));
    assert_eq!(*store.private_key_pem(), openssl.read("leaf.key"));
    // A certificate of another key is not the key's own.
    openssl.run("pkcs12 -export -nocerts -inkey other.key -certfile ca.pem -passout pass:x -out file.p12");
    assert_eq!(read(&openssl, "x").unwrap().certificate_der(), None);
    openssl.run("ecparam -name prime256v1 -genkey -noout -out ec.key");
    openssl.run("req -x509 -new -key ec.key -days 3 -subj /CN=ec -out ec.pem");
    openssl.run("pkcs12 -export -in ec.pem -inkey ec.key -passout pass:x -out file.p12");
    assert_eq!(read(&openssl, "x").unwrap_err(), CryptoError::NotRsa);
    openssl.run("genrsa -out small.key 1024");
    openssl.run("pkcs12 -export -nocerts -inkey small.key -passout pass:x -out file.p12");
    assert_eq!(read(&openssl, "x").unwrap_err(), CryptoError::KeyTooSmall);
}

/// For TLS a key need not be RSA; the issuers are in order, and unrelated certificates are left out.
#[test]
fn an_identity_for_tls_has_any_key_and_its_issuers() {
    let Some(openssl) = Openssl::new() else { return };
    let new = "req -x509 -noenc -days 3";
    openssl.run(&format!("{new} -newkey rsa:2048 -subj /CN=root -keyout root.key -out root.pem"));
    let below = "-newkey rsa:2048 -subj /CN=middle -CA root.pem -CAkey root.key";
    openssl.run(&format!("{new} {below} -keyout middle.key -out middle.pem"));
    openssl.run(&format!("{new} -newkey rsa:2048 -subj /CN=stranger -keyout stranger.key -out stranger.pem"));
    openssl.write("others.pem", ["root.pem", "stranger.pem", "middle.pem"].map(|name| openssl.read(name)).concat());
    for key in [
        "rsa:2048",
        "ec -pkeyopt ec_paramgen_curve:P-256",
        "ec -pkeyopt ec_paramgen_curve:P-384",
        "ec -pkeyopt ec_paramgen_curve:P-521",
        "ed25519",
    ] {
        let leaf = format!("-newkey {key} -subj /CN=leaf -CA middle.pem -CAkey middle.key");
        openssl.run(&format!("{new} {leaf} -keyout leaf.key -out leaf.pem"));
        openssl.run("pkcs12 -export -in leaf.pem -inkey leaf.key -certfile others.pem -passout pass:x -out file.p12");
        let file = std::fs::read(openssl.path("file.p12")).unwrap();
        let wanted = ["leaf.pem", "middle.pem", "root.pem", "leaf.key"].map(|name| openssl.read(name)).concat();
        assert_eq!(*tls_identity(&file, "x").unwrap(), wanted, "{key}");
        assert_eq!(tls_identity(&file, "y").unwrap_err(), CryptoError::WrongPassphrase);
    }
    openssl.run("pkcs12 -export -nocerts -inkey leaf.key -certfile others.pem -passout pass:x -out file.p12");
    let strangers = std::fs::read(openssl.path("file.p12")).unwrap();
    assert_eq!(tls_identity(&strangers, "x").unwrap_err(), CryptoError::NoCertificateOfKey);
}

#[test]
fn two_keys_are_refused() {
    let Some(openssl) = prepared() else { return };
    // openssl writes one key; the bags of two unencrypted files are combined into one here.
    let bags = |key: &str| {
        openssl.run(&format!("pkcs12 -export -nocerts -nomac -keypbe NONE -inkey {key} -passout pass:x -out file.p12"));
        let der = std::fs::read(openssl.path("file.p12")).unwrap();
        // SafeContents is the SEQUENCE in the innermost OCTET STRING before the bag's type, keyBag.
        let bag_type = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x01";
        let at = der.windows(bag_type.len()).position(|window| window == bag_type).unwrap();
        der[at - 4..].to_vec()
    };
    let together = |bags: &[Vec<u8>]| {
        let data = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
        let content = |bytes: &[u8]| tlv(0x30, &[&data[..], &tlv(0xa0, &tlv(0x04, bytes))].concat());
        let safe = tlv(0x30, &content(&tlv(0x30, &bags.concat())));
        tlv(0x30, &[&[2, 1, 3], &content(&safe)[..]].concat())
    };
    let (leaf, other) = (bags("leaf.key"), bags("other.key"));
    assert_eq!(Pkcs12Keystore::read(&together(&[leaf.clone(), other]), "").unwrap_err(), CryptoError::SeveralKeys);
    assert!(Pkcs12Keystore::read(&together(&[leaf.clone(), leaf]), "").is_ok(), "the same key twice is one");
}

/// One DER value.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap();
    let head =
        if length < 0x80 { vec![tag, content.len() as u8] } else { vec![tag, 0x82, (length >> 8) as u8, length as u8] };
    [head, content.to_vec()].concat()
}

#[test]
fn damage_is_told() {
    let Some(openssl) = prepared() else { return };
    openssl.run("pkcs12 -export -in leaf.pem -inkey leaf.key -passout pass:x -out file.p12");
    let der = std::fs::read(openssl.path("file.p12")).unwrap();
    for broken in
        [&b""[..], b"hello", openssl.read("leaf.pem").as_bytes(), &der[..der.len() / 2], &[&der[..], b"x"].concat()]
    {
        assert_eq!(Pkcs12Keystore::read(broken, "x").unwrap_err(), CryptoError::InvalidKeystore);
    }
    let oversized = [&der[..], &vec![0; MAX_BYTES]].concat();
    assert!(matches!(Pkcs12Keystore::read(&oversized, "x"), Err(CryptoError::KeystoreTooLarge { .. })));
    // No flipped byte yields a key: the MAC covers the content.
    for at in (0..der.len()).step_by(7) {
        let mut flipped = der.clone();
        flipped[at] ^= 0x10;
        if let Ok(store) = Pkcs12Keystore::read(&flipped, "x") {
            assert_eq!(*store.private_key_pem(), openssl.read("leaf.key"), "byte {at}");
        }
    }
}

#[test]
fn endless_rounds_are_refused_at_once() {
    let Some(openssl) = prepared() else { return };
    let export = "pkcs12 -export -in leaf.pem -inkey leaf.key -passout pass:x -out file.p12";
    openssl.run(&format!("{export} -iter 300000"));
    let begun = Instant::now();
    assert!(read(&openssl, "x").is_ok(), "what careful programs write is read");
    let computed = begun.elapsed();
    // Nothing is computed for a file that is refused: in one of three tries, as a loaded machine stops programs.
    let is_refused_at_once = |der: &[u8]| {
        let is_quick = (0..3).any(|_| {
            let begun = Instant::now();
            let refused = Pkcs12Keystore::read(der, "x").unwrap_err();
            assert!(matches!(refused, CryptoError::TooManyRounds { .. }), "{refused:?}");
            begun.elapsed() < computed / 4
        });
        assert!(is_quick, "a file with 300000 rounds took {computed:?}, which is read");
    };
    // 305419896 rounds: the number's bytes are searched in the file.
    const ROUNDS: &[u8] = b"\x02\x04\x12\x34\x56\x78";
    for form in ["-keypbe NONE -certpbe NONE", "-nomac", "-nomac -legacy"] {
        let smaller = 1_000_003;
        let options =
            if form.contains("-nomac") { format!("-iter {smaller}") } else { format!("-maciter -iter {smaller}") };
        openssl.run(&format!(
            "pkcs12 -export -in leaf.pem -inkey leaf.key {form} {options} -passout pass:x -out file.p12"
        ));
        let der = std::fs::read(openssl.path("file.p12")).unwrap();
        let few = b"\x02\x03\x0f\x42\x43";
        assert!(der.windows(few.len()).any(|window| window == few), "{form}: the rounds stand in the file");
        // The number grows by a byte: the same salt is shortened by a byte.
        let grown = with_more_rounds(&der, few, ROUNDS);
        assert_ne!(grown, der, "{form}");
        is_refused_at_once(&grown);
        if form.contains("-nomac") {
            // Two parts with a million each are too much together.
            is_refused_at_once(&der);
        }
    }
    // One part with more than the library accepts, and parts that are too much only together.
    openssl.run(&format!("{export} -keypbe NONE -certpbe NONE -maciter -iter 1500000"));
    assert_eq!(read(&openssl, "x").unwrap_err(), CryptoError::TooManyRounds { limit: 1_000_000 });
    openssl.run(&format!("{export} -maciter -iter 700000"));
    assert_eq!(read(&openssl, "x").unwrap_err(), CryptoError::TooManyRounds { limit: 2_000_000 });
}

/// `der` with another number of rounds; the salt before it is shortened by the number's extra byte.
fn with_more_rounds(der: &[u8], few: &[u8], many: &[u8]) -> Vec<u8> {
    let mut out = der.to_vec();
    let mut from = 0;
    while let Some(at) = out[from..].windows(few.len()).position(|window| window == few).map(|at| at + from) {
        let salt = (1..=16).find(|length| out[at - length - 2..at - length] == [0x04, *length as u8]).unwrap();
        out[at - salt - 1] -= 1;
        out.remove(at - 1);
        out.splice(at - 1..at - 1 + few.len(), many.iter().copied());
        from = at;
    }
    out
}
