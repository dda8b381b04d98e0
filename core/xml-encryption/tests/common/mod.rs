//! Keys and certificates of the tests, and documents encrypted by this library.
#![allow(dead_code, unreachable_pub)]

use std::sync::LazyLock;

use bankchannel_crypto::cbc::CbcCipher;
use bankchannel_crypto::legacy_cipher::{SessionKeyOpener, TRIPLE_DES};
use bankchannel_crypto::rsa::RsaPrivateKey;
use bankchannel_crypto::x509::{Certificate, CertificateIssuer, CertificatePurpose, NewCertificate, SubjectAttribute};
use bankchannel_foundation::message::SegmentEncoding as _;
use bankchannel_xml::XmlTree;
use bankchannel_xml_encryption::{DecryptionFailure, EncryptedData, EncryptedDraft};

/// Who can decrypt.
pub struct Recipient {
    pub key: RsaPrivateKey,
    pub certificate: Certificate,
}

pub static RECIPIENT: LazyLock<Recipient> = LazyLock::new(|| recipient("Recipient"));
pub static OTHER: LazyLock<Recipient> = LazyLock::new(|| recipient("Another"));

pub const CIPHERS: [CbcCipher; 4] = [CbcCipher::AES_128, CbcCipher::AES_192, CbcCipher::AES_256, TRIPLE_DES];

fn recipient(name: &str) -> Recipient {
    let key = RsaPrivateKey::generate(2048).unwrap();
    let [from, to] = ["2026-01-01T00:00:00Z", "2036-01-01T00:00:00Z"].map(|time| time.parse().unwrap());
    let new = NewCertificate {
        purpose: CertificatePurpose::Encipherment,
        ..NewCertificate::new(&[(SubjectAttribute::CommonName, name)], from, to)
    };
    let issuer = CertificateIssuer::self_signed(&new, &key.to_pkcs8_pem()).unwrap();
    Recipient { certificate: issuer.certificate().clone(), key }
}

/// A document encrypted in pieces of this length.
pub fn encrypted(cipher: CbcCipher, document: &[u8], piece: usize) -> String {
    let draft = EncryptedDraft::new(cipher, &RECIPIENT.certificate, "name:DanskeBankCryptCERT").unwrap();
    let pass = || {
        let (mut out, mut encoder) = (Vec::new(), draft.encoder().unwrap());
        for piece in document.chunks(piece) {
            encoder.push(piece, &mut |text| out.extend_from_slice(text)).unwrap();
        }
        encoder.end(&mut |text| out.extend_from_slice(text)).unwrap();
        assert_eq!(out.len() as u64, draft.encoded_length(document.len() as u64));
        String::from_utf8(out).unwrap()
    };
    let first = pass();
    assert_eq!(first, pass(), "each pass gives the same text");
    first
}

/// The document, with this key.
pub fn decrypted(text: &str, recipient: &Recipient) -> Result<Vec<u8>, DecryptionFailure> {
    let tree = XmlTree::read(text).unwrap();
    let data = EncryptedData::read(tree.root()).unwrap();
    let opener = SessionKeyOpener::new(&recipient.key).unwrap();
    let text = data.decrypt(&opener.open(data.wrapped_key(), data.cipher()), &|| false)?;
    text.document(|_| true)
}
