//! Documents to a bank that encrypts: its certificate for encryption, given, kept or asked for; and the customer's keys that
//! decrypt what comes back.

use std::sync::{Arc, Mutex, PoisonError};

use bankchannel_crypto::{cbc::CbcCipher, legacy_cipher::SessionKey, x509::Certificate};
use bankchannel_foundation::{CallOutcome, Error, Result};
use bankchannel_sepa_web_services::{
    request::{CertificateCommand, ENCRYPTION_RECIPIENT, EncryptedDraft},
    verify::{DocumentKeyOpener, DocumentRecipient},
};

use super::{certificates, identity::IdentityFolder, sender::FileServiceSender};
use crate::{CallOptions, LogLevel, LogLine};

/// The bank's code for a document that it cannot decrypt.
const NOT_DECRYPTED: &str = "22";
/// After so many seconds the bank is asked for its certificate again: it may have a new one.
const ASK_AGAIN_S: i64 = 86_400;

/// The bank's certificate for encryption, and when the bank has told it, Unix seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BankEncryption {
    pub(super) certificate: Certificate,
    pub(super) told_s: i64,
}

/// What is known of the certificate.
#[derive(Default)]
pub(super) struct KnownEncryption {
    /// The one that the settings give: the bank is not asked.
    given: Option<Certificate>,
    told: Mutex<Option<BankEncryption>>,
    /// Held by the call that asks.
    asking: tokio::sync::Mutex<()>,
}

impl KnownEncryption {
    pub(super) fn new(given: Option<Certificate>, kept: Option<BankEncryption>) -> Self {
        Self { given, told: Mutex::new(kept), asking: tokio::sync::Mutex::default() }
    }

    fn told(&self) -> Option<BankEncryption> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Forgets what was told, because the bank could not open a document. Returns whether there was something to forget.
    fn forget(&self) -> bool {
        self.given.is_none() && self.told.lock().unwrap_or_else(PoisonError::into_inner).take().is_some()
    }

    /// The one that was told within a day.
    fn fresh(&self, now_s: i64) -> Option<Certificate> {
        let told = self.told().filter(|told| (0..ASK_AGAIN_S).contains(&(now_s - told.told_s)))?;
        Some(told.certificate).filter(|certificate| certificate.why_unfit_to_encrypt(now_s).is_none())
    }
}

impl FileServiceSender {
    /// The encryption of the next document, if it is to be encrypted.
    ///
    /// # Errors
    /// `sepa_web_services.not_offered`; those of asking the bank for its certificate.
    pub(super) async fn encryption(&self, encrypts: bool, options: &CallOptions) -> Result<Option<EncryptedDraft>> {
        if !encrypts {
            return Ok(None);
        }
        let cipher = self.connection.profile.document_encryption.unwrap_or_default();
        let certificate = self.bank_encryption(options).await?;
        let draft = EncryptedDraft::new(cipher.into(), &certificate, ENCRYPTION_RECIPIENT);
        draft
            .map(Some)
            .map_err(|fault| Error::invalid_setting("bank_encryption_certificate", format!("cannot be used: {fault}")))
    }

    /// Whether the bank has refused a document because it could not decrypt it, and is asked for its certificate again with the
    /// next one.
    pub(super) fn asks_again(&self, error: &Error) -> bool {
        let encrypts = self.connection.profile.document_encryption.is_some();
        let code = error.peer().and_then(|peer| peer.code.as_deref());
        let is_believed = error.outcome() == Some(CallOutcome::Refused);
        encrypts && is_believed && code == Some(NOT_DECRYPTED) && self.trust.encryption.forget()
    }

    /// The bank's certificate for encryption. Of calls at once one asks for it. If the bank cannot be asked, the one that it has
    /// told before is used as long as it holds.
    async fn bank_encryption(&self, options: &CallOptions) -> Result<Certificate> {
        let (known, now_s) = (&self.trust.encryption, self.clock.now_s());
        if let Some(given) = &known.given {
            return match given.why_unfit_to_encrypt(now_s) {
                None => Ok(given.clone()),
                Some(why) => Err(Error::invalid_setting("bank_encryption_certificate", why)),
            };
        }
        if let Some(fresh) = known.fresh(now_s) {
            return Ok(fresh);
        }
        let _turn = options.race(known.asking.lock()).await?;
        if let Some(fresh) = known.fresh(now_s) {
            return Ok(fresh);
        }
        self.connection.profile.check_offered(CertificateCommand::GetBankCertificates)?;
        options.log_line(LogLevel::Info, LogLine::new("the bank is asked for its certificate for encryption"));
        match certificates::asked_bank_encryption(self, &certificates::of_own_message(options)).await {
            Ok(certificate) => {
                let told = BankEncryption { certificate: certificate.clone(), told_s: now_s };
                let before = known.told.lock().unwrap_or_else(PoisonError::into_inner).replace(told.clone());
                if before.is_some_and(|before| before.certificate != certificate) {
                    let text = "the bank has a new certificate for encryption: its root has issued it";
                    let line = LogLine::new(text).with("serial", certificate.serial_hex());
                    options.log_line(LogLevel::Info, line);
                }
                self.keep(options, "the bank's certificate for encryption", move |folder| {
                    folder.keep_bank_encryption(&told)
                })
                .await;
                Ok(certificate)
            }
            Err(error) => match known.told() {
                // What was told before and still holds is no reason to stop: the bank says so if it is not right any more.
                Some(told) if told.certificate.why_unfit_to_encrypt(now_s).is_none() => {
                    let text =
                        "the bank could not be asked for its certificate for encryption: the one of before is used";
                    options.log_line(LogLevel::Warning, LogLine::new(text).with("error", error.to_string()));
                    Ok(told.certificate)
                }
                _ => Err(error
                    .with_sentence("The bank was asked for its certificate for encryption; nothing else was sent.")
                    .with_outcome(CallOutcome::NotSent)),
            },
        }
    }
}

/// A key of the folder that decrypts: opened when a document is encrypted for it, as a replaced one seldom is.
struct FolderDecryptionKey {
    identity: IdentityFolder,
    name: String,
}

impl DocumentKeyOpener for FolderDecryptionKey {
    fn open(&self, wrapped: &[u8], cipher: CbcCipher) -> std::result::Result<SessionKey, String> {
        let opener = self.identity.decryption_key(&self.name).map_err(|error| error.message().to_owned())?;
        Ok(opener.open(wrapped, cipher))
    }
}

/// Who decrypts, of a pair in the folder; `None` if it has no such key.
pub(super) fn recipient_in(identity: &IdentityFolder, name: &str) -> Result<Option<DocumentRecipient>> {
    let Some(certificate) = identity.encryption_certificate(name)? else { return Ok(None) };
    let opener = FolderDecryptionKey { identity: identity.clone(), name: name.to_owned() };
    Ok(Some(DocumentRecipient { certificate: Some(certificate), opener: Arc::new(opener) }))
}
