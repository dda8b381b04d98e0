//! A document that is encrypted while it is written.

use bankchannel_crypto::CryptoError;
use bankchannel_crypto::cbc::{CbcCipher, CbcEncryption, MAX_BLOCK};
use bankchannel_crypto::legacy_cipher::SessionKey;
use bankchannel_crypto::random;
use bankchannel_crypto::rsa::RsaPublicKey;
use bankchannel_crypto::x509::Certificate;
use bankchannel_foundation::Error;
use bankchannel_foundation::message::{Base64Pieces, SegmentEncoder, SegmentEncoding, base64_length};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::names::{ELEMENT, ENCRYPTION_NAMESPACE, RSA_1_5, SIGNATURE_NAMESPACE, cipher_uri};

/// Bytes that are encrypted at a time: whole blocks, a multiple of three, small enough for the processor's cache.
const STEP: usize = 24 * 1024;

/// An encrypted document in the making: its key and its vector are chosen, so that each pass gives the same text.
pub struct EncryptedDraft {
    cipher: CbcCipher,
    key: SessionKey,
    iv: Vec<u8>,
    begin: String,
}

impl EncryptedDraft {
    /// Begins a document for the holder of a certificate; `name` is the recipient's in the bank's words.
    ///
    /// # Errors
    /// The certificate's key is no RSA key of 2048 bits or more.
    pub fn new(cipher: CbcCipher, recipient: &Certificate, name: &str) -> Result<Self, CryptoError> {
        let mut iv = vec![0; cipher.block_len()];
        random::fill(&mut iv);
        Self::with(cipher, SessionKey::random(cipher), iv, recipient, name)
    }

    /// A short document, encrypted.
    ///
    /// # Errors
    /// It cannot be encrypted.
    pub fn encrypted(&self, document: &[u8]) -> Result<String, Error> {
        let mut encoder = self.encoder()?;
        let mut out =
            Vec::with_capacity(usize::try_from(self.encoded_length(document.len() as u64)).unwrap_or_default());
        encoder.push(document, &mut |text| out.extend_from_slice(text))?;
        encoder.end(&mut |text| out.extend_from_slice(text))?;
        String::from_utf8(out).map_err(Error::internal)
    }

    fn with(
        cipher: CbcCipher,
        key: SessionKey,
        iv: Vec<u8>,
        recipient: &Certificate,
        name: &str,
    ) -> Result<Self, CryptoError> {
        let wrapped = key.wrap(&RsaPublicKey::from_spki_der(recipient.spki_der())?)?;
        let begin = format!(
            "<xenc:EncryptedData xmlns:xenc=\"{ENCRYPTION_NAMESPACE}\" Type=\"{ELEMENT}\">\
             <xenc:EncryptionMethod Algorithm=\"{}\"></xenc:EncryptionMethod>\
             <ds:KeyInfo xmlns:ds=\"{SIGNATURE_NAMESPACE}\"><xenc:EncryptedKey Recipient=\"{}\">\
             <xenc:EncryptionMethod Algorithm=\"{RSA_1_5}\"></xenc:EncryptionMethod>\
             <ds:KeyInfo><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>\
             <xenc:CipherData><xenc:CipherValue>{}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo>\
             <xenc:CipherData><xenc:CipherValue>",
            cipher_uri(cipher),
            name.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;"),
            recipient.base64(),
            STANDARD.encode(wrapped),
        );
        Ok(Self { cipher, key, iv, begin })
    }
}

/// What stands behind the encrypted text.
const END: &str = "</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>";

impl SegmentEncoding for EncryptedDraft {
    fn encoded_length(&self, bytes: u64) -> u64 {
        let block = self.cipher.block_len() as u64;
        let padded = (bytes / block + 1) * block;
        (self.begin.len() + END.len()) as u64 + base64_length(block + padded)
    }

    fn takes_time(&self) -> bool {
        true
    }

    fn encoder(&self) -> Result<Box<dyn SegmentEncoder>, Error> {
        let encryption = CbcEncryption::new(self.cipher, self.key.expose(), &self.iv).map_err(failed)?;
        let (block, rest) = (self.cipher.block_len(), Vec::with_capacity(STEP + MAX_BLOCK));
        let begin = Some((self.begin.clone(), self.iv.clone()));
        Ok(Box::new(DocumentEncryption { encryption, block, begin, rest, base64: Base64Pieces::default() }))
    }
}

fn failed(error: CryptoError) -> Error {
    Error::internal(format!("a document cannot be encrypted: {error}"))
}

/// A pass over a document.
struct DocumentEncryption {
    encryption: CbcEncryption,
    block: usize,
    /// What stands before the encrypted text, and its vector, until they are written.
    begin: Option<(String, Vec<u8>)>,
    /// Bytes of the document that are not encrypted yet.
    rest: Vec<u8>,
    base64: Base64Pieces,
}

impl SegmentEncoder for DocumentEncryption {
    fn push(&mut self, piece: &[u8], take: &mut dyn FnMut(&[u8])) -> Result<(), Error> {
        for step in piece.chunks(STEP) {
            self.rest.extend_from_slice(step);
            let whole = self.rest.len() / self.block * self.block;
            if whole >= STEP {
                self.encrypt(whole, take)?;
            }
        }
        Ok(())
    }

    fn end(&mut self, take: &mut dyn FnMut(&[u8])) -> Result<(), Error> {
        // The last byte of the last block is the count of its padding: at most a block.
        let padding = self.block - self.rest.len() % self.block;
        self.rest.resize(self.rest.len() + padding, u8::try_from(padding).unwrap_or_default());
        self.encrypt(self.rest.len(), take)?;
        self.base64.end(take);
        take(END.as_bytes());
        Ok(())
    }
}

impl DocumentEncryption {
    fn encrypt(&mut self, whole: usize, take: &mut dyn FnMut(&[u8])) -> Result<(), Error> {
        if let Some((begin, iv)) = self.begin.take() {
            take(begin.as_bytes());
            self.base64.push(&iv, take);
        }
        self.encryption.update(&mut self.rest[..whole]).map_err(failed)?;
        self.base64.push(&self.rest[..whole], take);
        self.rest.drain(..whole);
        Ok(())
    }
}

impl std::fmt::Debug for EncryptedDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EncryptedDraft").field("cipher", &self.cipher).finish_non_exhaustive()
    }
}
