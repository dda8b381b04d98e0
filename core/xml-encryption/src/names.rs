//! Namespaces and methods.

use bankchannel_crypto::cbc::CbcCipher;
use bankchannel_crypto::legacy_cipher::TRIPLE_DES;

/// The namespace of XML encryption.
pub const ENCRYPTION_NAMESPACE: &str = "http://www.w3.org/2001/04/xmlenc#";
/// The namespace of XML signatures, whose KeyInfo is used.
pub(crate) const SIGNATURE_NAMESPACE: &str = "http://www.w3.org/2000/09/xmldsig#";
/// The kind of encrypted part: an element, here the root of a document.
pub(crate) const ELEMENT: &str = "http://www.w3.org/2001/04/xmlenc#Element";
/// RSA with PKCS#1 v1.5, for the session's key.
pub(crate) const RSA_1_5: &str = "http://www.w3.org/2001/04/xmlenc#rsa-1_5";

/// The ciphers and their names.
const CIPHERS: [(CbcCipher, &str); 4] = [
    (CbcCipher::AES_128, "http://www.w3.org/2001/04/xmlenc#aes128-cbc"),
    (CbcCipher::AES_192, "http://www.w3.org/2001/04/xmlenc#aes192-cbc"),
    (CbcCipher::AES_256, "http://www.w3.org/2001/04/xmlenc#aes256-cbc"),
    (TRIPLE_DES, "http://www.w3.org/2001/04/xmlenc#tripledes-cbc"),
];

/// The name of a cipher in EncryptionMethod.
#[must_use]
pub fn cipher_uri(cipher: CbcCipher) -> &'static str {
    CIPHERS.iter().find(|(known, _)| *known == cipher).map_or("", |(_, uri)| uri)
}

/// The cipher of this name.
pub(crate) fn cipher_named(uri: &str) -> Option<CbcCipher> {
    CIPHERS.iter().find(|(_, known)| *known == uri).map(|(cipher, _)| *cipher)
}
