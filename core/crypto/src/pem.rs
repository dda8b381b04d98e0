//! PEM blocks of foreign text, and what they are when they are not what was wanted.

use pem::{EncodeConfig, LineEnding, Pem};
use zeroize::Zeroizing;

use crate::{Error, Result};

/// Largest PEM text that is read, bytes: a long certificate chain stays below.
pub(crate) const MAX_PEM_BYTES: usize = 256 * 1024;

/// One block: its label and its bytes.
pub(crate) struct Block {
    pub(crate) label: String,
    pub(crate) bytes: Zeroizing<Vec<u8>>,
    /// Encrypted in the old OpenSSL way (`Proc-Type: 4,ENCRYPTED`).
    encrypted: bool,
}

impl Block {
    pub(crate) fn is_encrypted(&self) -> bool {
        self.encrypted || self.label == "ENCRYPTED PRIVATE KEY"
    }

    pub(crate) fn is_private(&self) -> bool {
        self.label.ends_with("PRIVATE KEY")
    }

    pub(crate) fn is_public_key(&self) -> bool {
        matches!(self.label.as_str(), "PUBLIC KEY" | "RSA PUBLIC KEY")
    }

    pub(crate) fn is_certificate(&self) -> bool {
        matches!(self.label.as_str(), "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE")
    }

    /// The error for a block that is not what was wanted.
    pub(crate) fn unexpected(&self, expected: &'static str) -> Error {
        if self.is_encrypted() {
            Error::EncryptedPem
        } else if self.is_private() {
            Error::PrivateKeyGiven
        } else if self.is_public_key() {
            Error::PublicKeyGiven
        } else if self.is_certificate() {
            Error::CertificateGiven
        } else {
            Error::UnexpectedPem { found: self.label.chars().take(40).collect(), expected }
        }
    }
}

/// All blocks of `text`; other text around them is skipped.
pub(crate) fn blocks(text: &str, expected: &'static str) -> Result<Vec<Block>> {
    if text.len() > MAX_PEM_BYTES {
        return Err(Error::PemTooLarge { limit: MAX_PEM_BYTES, actual: text.len() });
    }
    let found = pem::parse_many(text).map_err(|_| Error::MalformedPem)?;
    if found.is_empty() {
        let looks_cut = text.contains("-----BEGIN ");
        return Err(if looks_cut { Error::MalformedPem } else { Error::NoPem { expected } });
    }
    Ok(found.into_iter().map(block).collect())
}

/// Encodes one block with LF line ends. The copy of the bytes that this makes is wiped.
pub fn encode(label: &str, bytes: &[u8]) -> String {
    let pem = Pem::new(label, bytes);
    let text = pem::encode_config(&pem, EncodeConfig::new().set_line_ending(LineEnding::LF));
    drop(Zeroizing::new(pem.into_contents()));
    text
}

fn block(pem: Pem) -> Block {
    let encrypted = pem.headers().get("Proc-Type").is_some_and(|value| value.contains("ENCRYPTED"));
    Block { label: pem.tag().to_owned(), encrypted, bytes: Zeroizing::new(pem.into_contents()) }
}
