//! An encrypted document: its parts, and its text with the session's key.

use std::collections::HashSet;

use bankchannel_crypto::cbc::{CbcCipher, CbcDecryption};
use bankchannel_crypto::legacy_cipher::SessionKey;
use bankchannel_crypto::x509::{Certificate, MAX_DER_BYTES};
use bankchannel_foundation::message::{Base64Decoder, decode_base64};
use bankchannel_xml::TreeElement;
use bankchannel_xml::text::{on_one_line, shorten};

use crate::fault::{DecryptionFailure, EncryptionFault};
use crate::names::{ELEMENT, ENCRYPTION_NAMESPACE, RSA_1_5, SIGNATURE_NAMESPACE, cipher_named};

/// Longest wrapped key: of an RSA key of 8192 bits, bytes.
const MAX_WRAPPED: usize = 1024;
/// Characters that are decoded and decrypted at a time.
const STEP: usize = 64 * 1024;

/// An encrypted document, before it is decrypted.
#[derive(Debug)]
pub struct EncryptedData<'r> {
    cipher: CbcCipher,
    recipient_name: Option<String>,
    recipient: Option<Certificate>,
    wrapped_key: Vec<u8>,
    text: &'r str,
}

impl<'r> EncryptedData<'r> {
    /// Whether an element is encrypted data.
    #[must_use]
    pub fn is(element: TreeElement<'_>) -> bool {
        element.is(ENCRYPTION_NAMESPACE, "EncryptedData")
    }

    /// Reads encrypted data: an element, with its key inside, for one recipient.
    ///
    /// # Errors
    /// The part that is missing, doubled, in the wrong place or of another method.
    pub fn read(data: TreeElement<'r>) -> Result<Self, EncryptionFault> {
        if !Self::is(data) {
            return Err(EncryptionFault::new(data, "this is no EncryptedData"));
        }
        if let Some(other) = data.attribute("", "Type").filter(|kind| kind != ELEMENT) {
            let message = format!("what is encrypted is not an element: its Type is {}", shown(&other));
            return Err(EncryptionFault::new(data, message));
        }
        let [method, key_info, cipher_data] = parts(data)?;
        let uri = algorithm(method)?;
        let Some(cipher) = cipher_named(&uri) else {
            let message = format!(
                "the cipher is {}, which is none of aes128-cbc, aes192-cbc, aes256-cbc and tripledes-cbc",
                shown(&uri)
            );
            return Err(EncryptionFault::new(method, message));
        };
        let mut keys = key_info.children().filter(|one| one.is(ENCRYPTION_NAMESPACE, "EncryptedKey"));
        let Some(key) = keys.next() else {
            return Err(EncryptionFault::new(key_info, "there is no EncryptedKey"));
        };
        if let Some(second) = keys.next() {
            return Err(EncryptionFault::new(second, "there is more than one EncryptedKey: the recipient is one"));
        }
        let recipient_name = key.attribute("", "Recipient").map(|name| name.into_owned());
        let (recipient, wrapped_key) = encrypted_key(key)?;
        Ok(Self { cipher, recipient_name, recipient, wrapped_key, text: cipher_value(cipher_data)? })
    }

    /// The cipher of its text.
    #[must_use]
    pub fn cipher(&self) -> CbcCipher {
        self.cipher
    }

    /// The recipient's name, as it is written. Nothing proves it.
    #[must_use]
    pub fn recipient_name(&self) -> Option<&str> {
        self.recipient_name.as_deref()
    }

    /// The certificate of the recipient, if it is given. Nothing proves it.
    #[must_use]
    pub fn recipient(&self) -> Option<&Certificate> {
        self.recipient.as_ref()
    }

    /// The session's key, wrapped for the recipient by RSA with PKCS#1 v1.5.
    #[must_use]
    pub fn wrapped_key(&self) -> &[u8] {
        &self.wrapped_key
    }

    /// Decrypts the document, unless it is stopped: all of it, whatever its padding is.
    ///
    /// # Errors
    /// [`DecryptionFailure`] for a text that everybody can see is none: no base64, or not of whole blocks.
    pub fn decrypt(&self, key: &SessionKey, is_stopped: &dyn Fn() -> bool) -> Result<DecryptedText, DecryptionFailure> {
        let block = self.cipher.block_len();
        let (mut steps, mut decoder) = (self.text.as_bytes().chunks(STEP), Base64Decoder::default());
        // The vector stands before the text: with the first piece that holds it.
        let mut first = Vec::with_capacity(STEP);
        while first.len() < block {
            let step = steps.next().filter(|_| !is_stopped()).ok_or(DecryptionFailure)?;
            decoder.push(step, &mut first).map_err(|_| DecryptionFailure)?;
        }
        let (iv, begin) = first.split_at(block);
        let mut decryption = CbcDecryption::new(self.cipher, key.expose(), iv).map_err(|_| DecryptionFailure)?;
        let mut out = Vec::with_capacity(self.text.len() / 4 * 3 + STEP);
        out.extend_from_slice(begin);
        let mut done = 0;
        loop {
            let whole = (out.len() - done) / block * block;
            decryption.update(&mut out[done..done + whole]).map_err(|_| DecryptionFailure)?;
            done += whole;
            if is_stopped() {
                return Err(DecryptionFailure);
            }
            let Some(step) = steps.next() else { break };
            decoder.push(step, &mut out).map_err(|_| DecryptionFailure)?;
        }
        decoder.finish().map_err(|_| DecryptionFailure)?;
        // The last byte is the count of the padding; the others of it are anything (XML-Enc §5.2).
        let Some(padding) = out.last().map(|last| usize::from(*last)).filter(|_| done == out.len()) else {
            return Err(DecryptionFailure);
        };
        let fits = (1..=block).contains(&padding);
        if fits {
            out.truncate(out.len() - padding);
        }
        Ok(DecryptedText { bytes: out, fits })
    }
}

/// A decrypted text. Whether its padding fits must not show: it is read as a document in each case, and then it is one or
/// none.
pub struct DecryptedText {
    bytes: Vec<u8>,
    fits: bool,
}

impl DecryptedText {
    /// The document, if it is one: `is_document` reads it, whether or not its padding fits.
    ///
    /// # Errors
    /// [`DecryptionFailure`], for whatever reason.
    pub fn document(self, is_document: impl FnOnce(&[u8]) -> bool) -> Result<Vec<u8>, DecryptionFailure> {
        let is_read = is_document(&self.bytes);
        if is_read && self.fits { Ok(self.bytes) } else { Err(DecryptionFailure) }
    }
}

/// EncryptedKey: the recipient's certificate, if there is one, and the wrapped key.
fn encrypted_key(key: TreeElement<'_>) -> Result<(Option<Certificate>, Vec<u8>), EncryptionFault> {
    let of = |namespace: &str, name: &str| key.child(namespace, name);
    let mut seen = HashSet::new();
    if let Some(second) = key.children().find(|one| !seen.insert((one.namespace(), one.local()))) {
        return Err(EncryptionFault::new(second, format!("{} is there twice", second.local())));
    }
    let Some(method) = of(ENCRYPTION_NAMESPACE, "EncryptionMethod") else {
        return Err(EncryptionFault::new(key, "EncryptionMethod is missing"));
    };
    let uri = algorithm(method)?;
    if uri != RSA_1_5 {
        return Err(EncryptionFault::new(method, format!("the key is wrapped by {}, and not by rsa-1_5", shown(&uri))));
    }
    let certificates = of(SIGNATURE_NAMESPACE, "KeyInfo")
        .map(|info| info.and_inside().filter(|one| one.is(SIGNATURE_NAMESPACE, "X509Certificate")).collect::<Vec<_>>());
    let recipient = match certificates.as_deref() {
        // Of several, and of one that cannot be read, there is no telling: it proves nothing anyway.
        Some([one]) => certificate(*one),
        _ => None,
    };
    let Some(data) = of(ENCRYPTION_NAMESPACE, "CipherData") else {
        return Err(EncryptionFault::new(key, "CipherData is missing"));
    };
    Ok((recipient, base64(data, cipher_value(data)?, MAX_WRAPPED)?))
}

fn certificate(element: TreeElement<'_>) -> Option<Certificate> {
    Certificate::from_der(&base64(element, element.text()?, MAX_DER_BYTES).ok()?).ok()
}

/// The three children of EncryptedData, each once and in order.
fn parts(data: TreeElement<'_>) -> Result<[TreeElement<'_>; 3], EncryptionFault> {
    const ORDER: [(&str, &str); 3] = [
        (ENCRYPTION_NAMESPACE, "EncryptionMethod"),
        (SIGNATURE_NAMESPACE, "KeyInfo"),
        (ENCRYPTION_NAMESPACE, "CipherData"),
    ];
    let mut children = data.children();
    let mut found = [data; 3];
    for (place, (namespace, name)) in found.iter_mut().zip(ORDER) {
        *place = children.next().filter(|child| child.is(namespace, name)).ok_or_else(|| {
            EncryptionFault::new(data, "EncryptedData must hold EncryptionMethod, KeyInfo, CipherData in this order")
        })?;
    }
    match children.next() {
        None => Ok(found),
        Some(more) => Err(EncryptionFault::new(more, "EncryptedData may not hold this element")),
    }
}

/// The text of CipherData. A reference to another place is never followed.
fn cipher_value(data: TreeElement<'_>) -> Result<&str, EncryptionFault> {
    let mut children = data.children();
    let value = children.next().filter(|one| one.is(ENCRYPTION_NAMESPACE, "CipherValue"));
    match (value.and_then(TreeElement::text), children.next()) {
        (Some(text), None) => Ok(text),
        _ => Err(EncryptionFault::new(data, "CipherData must hold one CipherValue, and that nothing but text")),
    }
}

fn algorithm(method: TreeElement<'_>) -> Result<String, EncryptionFault> {
    let uri = method.attribute("", "Algorithm").map(|uri| uri.into_owned());
    uri.ok_or_else(|| EncryptionFault::new(method, "the attribute Algorithm is missing"))
}

/// The bytes of base64, lines and blanks allowed, of at most that many bytes.
fn base64(at: TreeElement<'_>, text: &str, max: usize) -> Result<Vec<u8>, EncryptionFault> {
    // Lines may be short, but not empty without end.
    let too_long = || EncryptionFault::new(at, "the value is too long");
    if text.len() > 4 * max + 1024 {
        return Err(too_long());
    }
    let bytes = decode_base64(text).map_err(|_| EncryptionFault::new(at, "the value is not base64"))?;
    if bytes.len() > max { Err(too_long()) } else { Ok(bytes) }
}

/// A method's name as far as it can be one.
fn shown(uri: &str) -> String {
    const LONGEST: usize = 100;
    if uri.is_empty() { "empty".to_owned() } else { on_one_line(&shorten(uri, LONGEST)) }
}
