//! xmlsec1 opens our documents, and its own open here.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod common;

use std::fs;
use std::process::Command;

use bankchannel_crypto::{cbc::CbcCipher, random};
use bankchannel_xml_encryption::cipher_uri;
use common::{CIPHERS, RECIPIENT, decrypted, encrypted};

/// How many documents each way; all of them in tests/long.
fn rounds() -> usize {
    std::env::var("BANKCHANNEL_XMLSEC_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(20)
}

/// Runs xmlsec1 in a folder; `None` where it is neither installed nor required.
fn xmlsec1(folder: &std::path::Path, arguments: &[&str]) -> Option<Vec<u8>> {
    match Command::new("xmlsec1").current_dir(folder).args(arguments).output() {
        Ok(output) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            Some(output.stdout)
        }
        Err(error) => {
            assert!(std::env::var_os("BANKCHANNEL_TESTS_REQUIRE_TOOLS").is_none(), "xmlsec1: {error}");
            eprintln!("not run: xmlsec1 is not installed");
            None
        }
    }
}

/// A document of random length and letters.
fn document() -> String {
    // Not empty: xmlsec1 writes such an element as one tag.
    let length = 1 + usize::from(u16::from_le_bytes(random::bytes())) % 3000;
    format!(
        "<ApplicationRequest xmlns=\"http://bxd.fi/xmldata/\"><Content>{}</Content></ApplicationRequest>",
        random::alphanumeric(length)
    )
}

#[test]
fn xmlsec1_opens_what_is_encrypted_here() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("key.pem"), RECIPIENT.key.to_pkcs8_pem().as_bytes()).unwrap();
    for round in 0..rounds() {
        let document = document();
        fs::write(folder.path().join("in.xml"), encrypted(CIPHERS[round % CIPHERS.len()], document.as_bytes(), 1000))
            .unwrap();
        let Some(opened) = xmlsec1(folder.path(), &["--decrypt", "--privkey-pem", "key.pem", "in.xml"]) else { return };
        let opened = String::from_utf8(opened).unwrap();
        assert!(opened.contains(&document[..document.len() - 1]), "{opened}");
    }
}

fn template(cipher: CbcCipher) -> String {
    format!(
        "<EncryptedData xmlns=\"http://www.w3.org/2001/04/xmlenc#\" Type=\"http://www.w3.org/2001/04/xmlenc#Element\">\
         <EncryptionMethod Algorithm=\"{}\"/><KeyInfo xmlns=\"http://www.w3.org/2000/09/xmldsig#\">\
         <EncryptedKey xmlns=\"http://www.w3.org/2001/04/xmlenc#\"><EncryptionMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#rsa-1_5\"/>\
         <KeyInfo xmlns=\"http://www.w3.org/2000/09/xmldsig#\"><X509Data/></KeyInfo>\
         <CipherData><CipherValue/></CipherData></EncryptedKey></KeyInfo><CipherData><CipherValue/></CipherData></EncryptedData>",
        cipher_uri(cipher)
    )
}

#[test]
fn what_xmlsec1_encrypts_opens_here() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("certificate.pem"), RECIPIENT.certificate.to_pem()).unwrap();
    for round in 0..rounds() {
        let document = document();
        let cipher = CIPHERS[round % CIPHERS.len()];
        fs::write(folder.path().join("template.xml"), template(cipher)).unwrap();
        fs::write(folder.path().join("in.xml"), &document).unwrap();
        let session = match cipher {
            CbcCipher::AES_128 => "aes-128",
            CbcCipher::AES_192 => "aes-192",
            CbcCipher::AES_256 => "aes-256",
            _ => "des-192",
        };
        let arguments = [
            "--encrypt",
            "--pubkey-cert-pem",
            "certificate.pem",
            "--session-key",
            session,
            "--xml-data",
            "in.xml",
            "template.xml",
        ];
        let Some(text) = xmlsec1(folder.path(), &arguments) else { return };
        let opened = decrypted(&String::from_utf8(text).unwrap(), &RECIPIENT).unwrap();
        assert_eq!(String::from_utf8(opened).unwrap(), document);
    }
}
