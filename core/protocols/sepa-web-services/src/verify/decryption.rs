//! An encrypted document inside of an envelope, or by itself (§2.9, §10.4).

use std::fmt;
use std::sync::Arc;

use bankchannel_crypto::cbc::CbcCipher;
use bankchannel_crypto::legacy_cipher::{SessionKey, SessionKeyOpener};
use bankchannel_crypto::x509::Certificate;
use bankchannel_xml::decode_message;
use bankchannel_xml_encryption::{DecryptionFailure, EncryptedData};

use super::MessageExamination;

/// A private key that opens documents: in memory, or in a device.
pub trait DocumentKeyOpener: Send + Sync {
    /// The key of a document, for this cipher. A wrapped key that does not fit gives a random one, and no error.
    fn open(&self, wrapped: &[u8], cipher: CbcCipher) -> SessionKey;
}

impl DocumentKeyOpener for SessionKeyOpener {
    fn open(&self, wrapped: &[u8], cipher: CbcCipher) -> SessionKey {
        Self::open(self, wrapped, cipher)
    }
}

/// Who decrypts documents.
#[derive(Clone)]
pub struct DocumentRecipient {
    /// The certificate of the key, if it is known: another recipient in a message is then told.
    pub certificate: Option<Certificate>,
    /// The key.
    pub opener: Arc<dyn DocumentKeyOpener>,
}

impl fmt::Debug for DocumentRecipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DocumentRecipient").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

/// How far the start tag of a root is looked for, bytes: behind a declaration at most.
const ROOT_WITHIN: usize = 1024;
/// The same text for a wrong key, wrong padding, and what is no document (§10.4).
const NOT_DECRYPTED: &str =
    "the document cannot be decrypted: it was encrypted for another key, was cut off, or was changed";

impl MessageExamination<'_> {
    /// The document of an encrypted one; `None` if it is not encrypted.
    ///
    /// # Errors
    /// Why it is not decrypted, in words.
    pub(super) fn decrypted(&self, document: &[u8]) -> Option<Result<Vec<u8>, String>> {
        let head = &document[..document.len().min(ROOT_WITHIN)];
        if !head.windows(NAME.len()).any(|window| window == NAME) {
            return None;
        }
        let text = decode_message(document, None).ok()?;
        let tree = self.read_tree(&text).ok()?;
        EncryptedData::is(tree.root()).then(|| {
            let data = EncryptedData::read(tree.root()).map_err(|fault| fault.to_string())?;
            self.open(&data)
        })
    }

    fn open(&self, data: &EncryptedData<'_>) -> Result<Vec<u8>, String> {
        let recipients = &self.rules.recipients;
        // A recipient's key is for messages that the bank has signed; a person may look into any.
        if !self.explains && !self.checks.all_hold() {
            return Err(
                "the document is encrypted, and is not decrypted: the message around it is not believed".to_owned()
            );
        }
        let (Some(first), named) = (recipients.first(), data.recipient()) else {
            return Err("the document is encrypted: give the private key that decrypts it".to_owned());
        };
        let same = |one: &&DocumentRecipient| named.is_some() && one.certificate.as_ref() == named;
        let recipient = recipients.iter().find(same).unwrap_or(first);
        if let (Some(named), Some(own)) = (named, &recipient.certificate)
            && named.spki_der() != own.spki_der()
        {
            return Err(format!(
                "the document is encrypted for another key: that of the certificate with the serial number {}, and not {}",
                named.serial_hex(),
                own.serial_hex()
            ));
        }
        let key = recipient.opener.open(data.wrapped_key(), data.cipher());
        let mut document = data.decrypt(&key).map_err(|DecryptionFailure| NOT_DECRYPTED.to_owned())?;
        // Some programs put blanks before the declaration, where none may stand.
        let blanks = document.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        document.drain(..blanks);
        // That it is no document must not be told from a key that does not fit.
        let read = decode_message(&document, None).map(|text| self.read_tree(&text).is_ok());
        if read.unwrap_or_default() { Ok(document) } else { Err(NOT_DECRYPTED.to_owned()) }
    }
}

/// The name of the root of an encrypted document.
const NAME: &[u8] = b"EncryptedData";
