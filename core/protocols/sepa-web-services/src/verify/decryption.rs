//! An encrypted document inside of an envelope, or by itself (§2.9, §10.4).

use std::fmt;
use std::sync::Arc;

use bankchannel_crypto::cbc::CbcCipher;
use bankchannel_crypto::legacy_cipher::{SessionKey, SessionKeyOpener};
use bankchannel_crypto::x509::Certificate;
use bankchannel_xml::decode_message;
use bankchannel_xml_encryption::EncryptedData;
use bytes::Bytes;

use super::{MessageExamination, MessageKind};

/// A private key that opens documents: in memory, or in a device.
pub trait DocumentKeyOpener: Send + Sync {
    /// The key of a document, for this cipher. A wrapped key that does not fit gives another one, and no error.
    ///
    /// # Errors
    /// In words, why the key cannot be used at all, whatever the document is: a device that does not answer.
    fn open(&self, wrapped: &[u8], cipher: CbcCipher) -> Result<SessionKey, String>;
}

impl DocumentKeyOpener for SessionKeyOpener {
    fn open(&self, wrapped: &[u8], cipher: CbcCipher) -> Result<SessionKey, String> {
        Ok(Self::open(self, wrapped, cipher))
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
/// The name of the root of an encrypted document.
const NAME: &[u8] = b"EncryptedData";
/// The same text for a wrong key, wrong padding, another text, and a document that is not believed (§10.4).
const NOT_DECRYPTED: &str =
    "the document cannot be decrypted: it was encrypted for another key, was cut off, or was changed";

impl MessageExamination<'_> {
    /// The document of an encrypted one; `None` if it is not encrypted.
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

    /// Examines a document that was decrypted, or notes why it was not. Returns it, or the encrypted one.
    pub(super) fn decrypted_document(
        &mut self,
        document: Result<Vec<u8>, String>,
        expected: Option<MessageKind>,
        encrypted: Option<Vec<u8>>,
    ) -> Bytes {
        let bytes = match document {
            Ok(document) => document,
            Err(why) => {
                // Also where only signatures are asked for: those of the document were not looked at.
                if self.rules.signatures_only {
                    self.found.unsurveyed.push(("V17", why));
                } else {
                    self.checks.failed("V17", why);
                }
                return encrypted.unwrap_or_default().into();
            }
        };
        drop(encrypted);
        self.was_encrypted = true;
        let made = self.checks.made();
        let found = (self.found.code.clone(), self.found.text.clone(), self.found.signatures.len());
        self.checks.passed("V17", "the document was encrypted for a key that is given here");
        let read = decode_message(&bytes, None).map_err(|fault| fault.without_advice());
        let read = read.and_then(|text| self.read_tree(&text).map(|tree| self.document_of(&tree, expected)));
        if let Err(why) = read {
            self.checks.failed("V10", why);
        }
        if !self.rules.decrypts_any && !self.checks.all_hold() {
            // The fault of a text whose signer is not known is not told.
            self.checks.take_back(made);
            let signatures;
            (self.found.code, self.found.text, signatures) = found;
            self.found.signatures.truncate(signatures);
            self.checks.failed("V17", NOT_DECRYPTED);
        }
        bytes.into()
    }

    fn open(&self, data: &EncryptedData<'_>) -> Result<Vec<u8>, String> {
        let rules = self.rules;
        // A recipient's key is for messages that somebody has signed; a person may look into any.
        if !(rules.decrypts_any || self.is_envelope_believed && self.checks.all_hold()) {
            return Err(
                "the document is encrypted, and is not decrypted: the message around it is not believed".to_owned()
            );
        }
        if rules.recipients.is_empty() {
            return Err("the document is encrypted: give the private key that decrypts it".to_owned());
        }
        let named = data.recipient();
        let is_named = |one: &&DocumentRecipient| match (named, &one.certificate) {
            (Some(named), Some(own)) => named.spki_der() == own.spki_der(),
            _ => true,
        };
        let fitting: Vec<&DocumentRecipient> = rules.recipients.iter().filter(is_named).collect();
        if let (Some(named), []) = (named, &fitting[..]) {
            let own = rules.recipients.iter().filter_map(|one| one.certificate.as_ref().map(Certificate::serial_hex));
            return Err(format!(
                "the document is encrypted for another key: that of the certificate with the serial number {}, and not {}",
                named.serial_hex(),
                own.collect::<Vec<_>>().join(", ")
            ));
        }
        // Each is tried, whichever fits: the time tells nothing of the key.
        let (mut opened, mut unusable) = (None, None);
        for recipient in fitting {
            match self.open_with(data, recipient) {
                Ok(Some(document)) => {
                    opened.get_or_insert(document);
                }
                Ok(None) => {}
                // A key that cannot be used counts where no other one fits.
                Err(why) => {
                    unusable.get_or_insert(why);
                }
            }
        }
        opened.ok_or_else(|| unusable.unwrap_or_else(|| NOT_DECRYPTED.to_owned()))
    }

    /// The document with one key; `None` if it is none.
    fn open_with(&self, data: &EncryptedData<'_>, recipient: &DocumentRecipient) -> Result<Option<Vec<u8>>, String> {
        let is_stopped = || self.rules.stop.is_set();
        let key = recipient.opener.open(data.wrapped_key(), data.cipher())?;
        let text = data.decrypt(&key, &is_stopped);
        let document = text.and_then(|text| text.document(|bytes| self.is_document(bytes)));
        if is_stopped() {
            return Err("the examination was stopped before the document was decrypted".to_owned());
        }
        // Some programs put blanks before the declaration, where none may stand.
        Ok(document.ok().map(|mut document| {
            let blanks = leading_blanks(&document);
            document.drain(..blanks);
            document
        }))
    }

    fn is_document(&self, bytes: &[u8]) -> bool {
        let read = decode_message(&bytes[leading_blanks(bytes)..], None);
        read.is_ok_and(|text| self.read_tree(&text).is_ok())
    }
}

fn leading_blanks(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}
