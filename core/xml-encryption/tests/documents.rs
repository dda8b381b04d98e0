//! Whole documents: the vectors, our own both ways, and refused ones (docs/protocols/sepa-web-services.md §2.9, §2.10).
#![allow(clippy::unwrap_used)]

mod common;

use bankchannel_crypto::cbc::CbcCipher;
use bankchannel_crypto::legacy_cipher::{SessionKey, TRIPLE_DES};
use bankchannel_xml::XmlTree;
use bankchannel_xml_encryption::{DecryptionFailure, EncryptedData, cipher_uri};
use common::{CIPHERS, OTHER, RECIPIENT, decrypted, encrypted};
use proptest::prelude::*;

/// Encrypted data with a wrapped key that is not looked at, as programs write it that name no recipient.
fn data(cipher: CbcCipher, value: &str) -> String {
    let uri = cipher_uri(cipher);
    format!(
        "<EncryptedData xmlns=\"http://www.w3.org/2001/04/xmlenc#\"><EncryptionMethod Algorithm=\"{uri}\"/>\
         <k:KeyInfo xmlns:k=\"http://www.w3.org/2000/09/xmldsig#\"><k:KeyName/><EncryptedKey>\
         <EncryptionMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#rsa-1_5\"/><k:KeyInfo><k:KeyName/></k:KeyInfo>\
         <CipherData><CipherValue>AAAA</CipherValue></CipherData></EncryptedKey></k:KeyInfo>\
         <CipherData><CipherValue>{value}</CipherValue></CipherData></EncryptedData>"
    )
}

/// With the key `00 01 02 …`.
fn with_counting_key(cipher: CbcCipher, value: &str) -> Result<Vec<u8>, DecryptionFailure> {
    let text = data(cipher, value);
    let tree = XmlTree::read(&text).unwrap();
    let key: Vec<u8> = (0..32).take(cipher.key_len()).collect();
    let key = SessionKey::from_unwrapped(Some(&key), cipher, b"", b"");
    EncryptedData::read(tree.root()).unwrap().decrypt(&key, &|| false)?.document(|_| true)
}

#[test]
fn ev1_to_ev4() {
    let ev1 = "oKGio6SlpqeoqaqrrK2ur111GfduKaf0oIgyD6nQm5w=";
    assert_eq!(with_counting_key(CbcCipher::AES_256, ev1).unwrap(), b"<a>Raha</a>");
    let ev2 = "oKGio6SlpqeVpOFu4TRT7/n5snyVQxha";
    assert_eq!(with_counting_key(TRIPLE_DES, ev2).unwrap(), b"<a>Raha</a>");
    let ev3 = "oKGio6SlpqeoqaqrrK2ur9UEEhsBoV4DUHnN0kUUoFLlh1dMUvAaS1OR1bGDEEZG";
    assert_eq!(with_counting_key(CbcCipher::AES_256, ev3).unwrap(), b"<a>123456789</a>");
    let ev4 = "oKGio6SlpqeoqaqrrK2ur9UEEhsBoV4DUHnN0kUUoFL+jiUJZKXu2Z0OH0xsSH/y";
    assert_eq!(with_counting_key(CbcCipher::AES_256, ev4), Err(DecryptionFailure));
    // Lines and blanks are no part of it.
    let lines = format!("\n  {}\r\n\t{}\n", &ev1[..7], &ev1[7..]);
    assert_eq!(with_counting_key(CbcCipher::AES_256, &lines).unwrap(), b"<a>Raha</a>");
}

/// A decrypted text is read whether or not its padding fits.
#[test]
fn bad_padding_is_read_as_far_as_a_good_one() {
    let text = data(CbcCipher::AES_256, "oKGio6SlpqeoqaqrrK2ur9UEEhsBoV4DUHnN0kUUoFL+jiUJZKXu2Z0OH0xsSH/y");
    let tree = XmlTree::read(&text).unwrap();
    let key: Vec<u8> = (0..32).collect();
    let key = SessionKey::from_unwrapped(Some(&key), CbcCipher::AES_256, b"", b"");
    let decrypted = EncryptedData::read(tree.root()).unwrap().decrypt(&key, &|| false).unwrap();
    let mut seen = 0;
    let document = decrypted.document(|bytes| {
        seen = bytes.len();
        true
    });
    assert_eq!((document, seen), (Err(DecryptionFailure), 32));
    let stopped = EncryptedData::read(tree.root()).unwrap().decrypt(&key, &|| true);
    assert!(stopped.is_err());
}

/// Nothing tells a wrong key from a text that is cut off, is no base64, or is empty.
#[test]
fn whatever_is_wrong_with_the_text_is_one_failure() {
    let text = encrypted(CbcCipher::AES_256, b"<a>Raha</a>", 100);
    assert_eq!(decrypted(&text, &RECIPIENT).unwrap(), b"<a>Raha</a>");
    let end = text.rfind("</xenc:CipherValue>").unwrap();
    for changed in [
        // Not whole: a letter, a group of letters, a block.
        [&text[..end - 1], &text[end..]].concat(),
        [&text[..end - 4], &text[end..]].concat(),
        [&text[..end - 44], &text[end..]].concat(),
        [&text[..end], "QUJD", &text[end..]].concat(),
        [&text[..end - 2], "*=", &text[end..]].concat(),
    ] {
        assert_eq!(decrypted(&changed, &RECIPIENT), Err(DecryptionFailure));
    }
    assert_eq!(with_counting_key(CbcCipher::AES_256, ""), Err(DecryptionFailure));
    assert_eq!(with_counting_key(TRIPLE_DES, "oKGio6Slpqc="), Err(DecryptionFailure), "a vector and no block");
    // Another's key gives a failure, or by chance bytes that are no document.
    for _ in 0..20 {
        assert!(decrypted(&text, &OTHER).map_or(true, |bytes| bytes != b"<a>Raha</a>"));
    }
}

#[test]
fn the_recipient_is_read_and_proves_nothing() {
    let text = encrypted(TRIPLE_DES, b"<a/>", 100);
    let tree = XmlTree::read(&text).unwrap();
    let data = EncryptedData::read(tree.root()).unwrap();
    assert_eq!((data.cipher(), data.recipient_name()), (TRIPLE_DES, Some("name:DanskeBankCryptCERT")));
    assert_eq!(data.recipient(), Some(&RECIPIENT.certificate));
}

#[test]
fn another_structure_is_refused_by_its_place() {
    let good = data(CbcCipher::AES_256, "AAAA");
    let key = &good[good.find("<EncryptedKey>").unwrap()..good.rfind("</k:KeyInfo><CipherData>").unwrap()];
    for (from, to, message) in [
        ("EncryptedData xmlns", "Other xmlns", "no EncryptedData"),
        ("<EncryptedData ", "<EncryptedData Type=\"urn:x\" ", "not an element"),
        ("2001/04/xmlenc#aes256-cbc", "2009/xmlenc11#aes256-gcm", "the cipher is"),
        ("#rsa-1_5", "#rsa-oaep-mgf1p", "and not by rsa-1_5"),
        ("<k:KeyName/><EncryptedKey>", "<k:KeyName/><Other>", "no EncryptedKey"),
        (key, &format!("{key}{key}"), "more than one EncryptedKey"),
        (
            "<CipherValue>AAAA</CipherValue></CipherData></EncryptedData>",
            "<CipherReference URI=\"http://x\"/></CipherData></EncryptedData>",
            "one CipherValue",
        ),
        ("</CipherData></EncryptedData>", "<x/></CipherData></EncryptedData>", "one CipherValue"),
        ("</EncryptedData>", "<EncryptionProperties/></EncryptedData>", "may not hold"),
        ("<k:KeyInfo><k:KeyName/></k:KeyInfo>", "<k:KeyInfo/><k:KeyInfo/>", "KeyInfo is there twice"),
    ] {
        let mut changed = good.replace(from, to);
        changed =
            changed.replace("</EncryptedData>", if to.starts_with("Other") { "</Other>" } else { "</EncryptedData>" });
        if to.ends_with("<Other>") {
            changed = changed.replace("</EncryptedKey>", "</Other>");
        }
        assert_ne!(changed, good, "{from}");
        let tree = XmlTree::read(&changed).unwrap();
        let fault = EncryptedData::read(tree.root()).unwrap_err();
        assert!(fault.message.contains(message) && fault.place.starts_with('/'), "{from}: {fault}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn what_is_encrypted_is_decrypted(document in proptest::collection::vec(any::<u8>(), 0..100_000), piece in 1..70_000_usize) {
        for cipher in CIPHERS {
            let piece = if document.len() > 1000 { piece.max(97) } else { piece };
            let text = encrypted(cipher, &document, piece);
            prop_assert_eq!(&decrypted(&text, &RECIPIENT).unwrap(), &document);
        }
    }
}
