//! Documents to a bank that encrypts: its certificate for encryption, given, kept or asked for; and the customer's keys that
//! decrypt what comes back.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bankchannel_crypto::{cbc::CbcCipher, legacy_cipher::SessionKey, random, rsa::RsaPublicKey, x509::Certificate};
use bankchannel_foundation::{CallOutcome, Error, Result, error::Peer};
use bankchannel_pkcs11::SigningToken;
use bankchannel_renewal::CertificateLife;
use bankchannel_sepa_web_services::{
    errors,
    request::{CertificateCommand, ENCRYPTION_RECIPIENT, EncryptedDraft},
    verify::{DocumentKeyOpener, DocumentRecipient},
};

use super::{
    certificates, identity::IdentityFolder, revocation::KnownRevocations, sender::FileServiceSender,
    trust::TrustedAnchor,
};
use crate::{CallOptions, LogLevel, LogLine};

/// The bank's code for a document that it cannot decrypt.
const NOT_DECRYPTED: &str = "22";
/// After so many seconds the bank is asked for its certificate again: it may have a new one.
const ASK_AGAIN_S: i64 = 86_400;
/// How long the bank is asked where there is a certificate that holds, and how long it is not asked after that was in vain.
const ASK_TIMEOUT: Duration = Duration::from_secs(10);
const REST_S: i64 = 300;
/// The time of a certificate that is to be asked for again.
const NEVER_S: i64 = 0;

/// The bank's certificate for encryption, and when the bank has told it, Unix seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BankEncryption {
    pub(super) certificate: Certificate,
    pub(super) told_s: i64,
}

/// The knowledge of the certificate.
#[derive(Default)]
pub(super) struct KnownEncryption {
    /// The one that the settings give: the bank is not asked.
    given: Option<Certificate>,
    state: Mutex<ToldEncryption>,
    /// Held by the call that asks.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct ToldEncryption {
    told: Option<BankEncryption>,
    /// When the bank was asked last in vain, or is asked, Unix seconds.
    failed_s: Option<i64>,
    /// When it was asked because it could not decrypt a document, Unix seconds.
    doubted_s: Option<i64>,
    /// The error of the question that failed last, and how many have.
    failure: Option<Error>,
    failures: u64,
    /// How often another certificate came in the place of one, or one was forgotten.
    changes: u64,
}

impl KnownEncryption {
    pub(super) fn new(given: Option<Certificate>, kept: Option<BankEncryption>) -> Self {
        let state = ToldEncryption { told: kept, ..ToldEncryption::default() };
        Self { given, state: Mutex::new(state), asking: tokio::sync::Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, ToldEncryption> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often it has changed: to be taken before a document is encrypted, for [`FileServiceSender::asks_again`].
    pub(super) fn changes(&self) -> u64 {
        self.state().changes
    }

    /// The certificate that was told and holds, not revoked, and whether it is younger than so many seconds.
    fn holding(
        &self,
        (now_s, age_s): (i64, i64),
        anchors: &[TrustedAnchor],
        revocations: &KnownRevocations,
    ) -> Option<(Certificate, bool)> {
        let told = self.state().told.clone()?;
        // One that was kept may be older than the present trust.
        if !anchors.iter().any(|anchor| told.certificate.is_issued_by(&anchor.certificate)) {
            return None;
        }
        let is_fresh = (0..age_s).contains(&(now_s - told.told_s));
        let holds = told.certificate.why_unfit_to_encrypt(now_s).is_none()
            && revocations.why_revoked(&told.certificate).is_none();
        holds.then_some((told.certificate, is_fresh))
    }

    /// Takes the bank's answer. Returns whether it has another certificate than before.
    fn learn(&self, told: BankEncryption) -> bool {
        let mut state = self.state();
        (state.failed_s, state.failure) = (None, None);
        let before = state.told.replace(told.clone());
        let is_other = before.is_some_and(|before| before.certificate != told.certificate);
        state.changes += u64::from(is_other);
        is_other
    }
}

/// Whether, and as what, a document is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DraftEncryption {
    /// It is not.
    None,
    /// To the file service.
    OfFile,
    /// A request for certificates.
    OfCertificateRequest,
}

impl FileServiceSender {
    /// The encryption of the next document, if it is to be encrypted.
    ///
    /// # Errors
    /// `sepa_web_services.not_offered`; those of asking the bank for its certificate.
    pub(super) async fn encryption(
        &self,
        encrypted: DraftEncryption,
        options: &CallOptions,
    ) -> Result<Option<EncryptedDraft>> {
        let age_s = match encrypted {
            DraftEncryption::None => return Ok(None),
            DraftEncryption::OfFile => ASK_AGAIN_S,
            // The certificate service does not say that it could not decrypt a request.
            DraftEncryption::OfCertificateRequest => REST_S,
        };
        let cipher = self.connection.profile.document_encryption.unwrap_or_default();
        let certificate = self.bank_encryption(age_s, options).await?;
        let draft = EncryptedDraft::new(cipher.into(), &certificate, ENCRYPTION_RECIPIENT);
        draft
            .map(Some)
            .map_err(|fault| Error::invalid_setting("bank_encryption_certificate", format!("cannot be used: {fault}")))
    }

    /// Whether the bank has refused a document because it could not decrypt it, and is asked for its certificate again with the
    /// next one. `before`: how often it had changed before the document was encrypted. What another call has learnt since
    /// is kept.
    pub(super) async fn asks_again(&self, error: &Error, before: u64, options: &CallOptions) -> bool {
        let known = &self.trust.encryption;
        let encrypts = self.connection.profile.document_encryption.is_some() && known.given.is_none();
        let code = error.peer().and_then(|peer| peer.code.as_deref());
        if !encrypts || error.outcome() != Some(CallOutcome::Refused) || code != Some(NOT_DECRYPTED) {
            return false;
        }
        let now_s = self.clock.now_s();
        let stale = {
            let mut state = known.state();
            if state.changes != before {
                return true;
            }
            // The bank was asked for this reason a short time ago: another cause.
            if state.doubted_s.is_some_and(|at_s| (0..REST_S).contains(&(now_s - at_s))) {
                return false;
            }
            (state.doubted_s, state.failed_s, state.changes) = (Some(now_s), None, before + 1);
            state.told.as_mut().map(|told| {
                // It stays for the case that the bank cannot be asked.
                told.told_s = NEVER_S;
                told.clone()
            })
        };
        if let Some(stale) = stale {
            let what = "that the bank is to be asked for its certificate";
            self.keep(options, what, move |folder| folder.keep_bank_encryption(&stale)).await;
        }
        true
    }

    /// The bank's certificate for encryption. Of calls at once one asks for it. If the bank cannot be asked, the one that it has
    /// told before is used as long as it holds.
    async fn bank_encryption(&self, age_s: i64, options: &CallOptions) -> Result<Certificate> {
        let (known, revocations, now_s) = (&self.trust.encryption, &self.trust.revocations, self.clock.now_s());
        // A document for a revoked certificate can be read by the thief of its key.
        revocations.settled(options).await?;
        if let Some(given) = &known.given {
            let unfit = given.why_unfit_to_encrypt(now_s).map(str::to_owned);
            return match unfit.or_else(|| revocations.why_revoked(given)) {
                None => Ok(given.clone()),
                Some(why) => Err(Error::invalid_setting("bank_encryption_certificate", why)),
            };
        }
        let anchors = self.trust.anchors(options).await?;
        let holding = || known.holding((now_s, age_s), &anchors, revocations);
        let (before, failures) = (holding(), known.state().failures);
        let turn = match &before {
            Some((fresh, true)) => return Ok(fresh.clone()),
            // One that holds is used while another call asks, and for a while after the bank was asked in vain.
            Some((told, false)) => match known.asking.try_lock() {
                Ok(turn) if !known.state().failed_s.is_some_and(|at_s| (0..REST_S).contains(&(now_s - at_s))) => turn,
                _ => return Ok(told.clone()),
            },
            None => options.race(known.asking.lock()).await?,
        };
        let before = match holding() {
            Some((fresh, true)) => return Ok(fresh),
            other => other.map(|(told, _)| told),
        };
        {
            let mut state = known.state();
            if let Some(failure) = state.failure.clone().filter(|_| before.is_none() && state.failures != failures) {
                // It was asked meanwhile, for all that have waited.
                return Err(failure);
            }
            // Until it has answered: also if the call ends before.
            state.failed_s = Some(now_s);
        }
        self.connection.profile.check_offered(CertificateCommand::GetBankCertificates)?;
        options.log_line(LogLevel::Info, LogLine::new("the bank is asked for its certificate for encryption"));
        let mut own = certificates::of_own_message(options);
        if before.is_some() {
            // The call itself needs time, too.
            own.timeout = Some(own.timeout.map_or(ASK_TIMEOUT, |limit| (limit / 2).min(ASK_TIMEOUT)));
        }
        match certificates::asked_bank_encryption(self, &own).await {
            Ok(certificate) => {
                let told = BankEncryption { certificate: certificate.clone(), told_s: now_s };
                if known.learn(told.clone()) {
                    let text = "the bank has a new certificate for encryption: its root has issued it";
                    let line = LogLine::new(text).with("serial", certificate.serial_hex());
                    options.log_line(LogLevel::Info, line);
                }
                // Those who wait have it now, whatever the disk does.
                drop(turn);
                self.keep(options, "the bank's certificate for encryption", move |folder| {
                    folder.keep_bank_encryption(&told)
                })
                .await;
                Ok(certificate)
            }
            Err(error) => match before.filter(|told| revocations.why_revoked(told).is_none()) {
                // One of before that still holds is no reason to stop: the bank says so if it is not right any more.
                Some(told) => {
                    let text =
                        "the bank could not be asked for its certificate for encryption: the one of before is used";
                    options.log_line(LogLevel::Warning, LogLine::new(text).with("error", error.to_string()));
                    Ok(told)
                }
                None => {
                    let error = not_told(error);
                    let mut state = known.state();
                    (state.failure, state.failures) = (Some(error.clone()), state.failures + 1);
                    Err(error)
                }
            },
        }
    }
}

/// The error of the question, as that of the request which was not sent for it. The bank's words are of the question alone.
fn not_told(error: Error) -> Error {
    let error = match (error.outcome(), error.peer().cloned()) {
        (Some(CallOutcome::Refused), _) => {
            Error::because(&errors::BANK_CERTIFICATE_MISSING, error.message().to_owned())
        }
        (_, Some(peer)) => error.with_peer(Peer { code: None, text: None, ..peer }),
        (_, None) => error,
    };
    error
        .with_sentence("The bank was asked for its certificate for encryption; nothing else was sent.")
        .with_outcome(CallOutcome::NotSent)
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

/// A key in a token that decrypts.
pub(super) struct TokenDecryptionKey {
    token: SigningToken,
    /// From what keys follow that take the place of those that do not fit: of this process, as the token's key is not seen.
    secret: [u8; 32],
}

impl TokenDecryptionKey {
    pub(super) fn new(token: SigningToken) -> Self {
        Self { token, secret: random::bytes() }
    }

    /// Whether the token decrypts a text for its certificate.
    ///
    /// # Errors
    /// Why it does not, in words.
    pub(super) fn probe(&self, certificate: &Certificate) -> std::result::Result<(), String> {
        let key = SessionKey::random(CbcCipher::AES_256);
        let public = RsaPublicKey::from_spki_der(certificate.spki_der()).map_err(|fault| fault.to_string())?;
        let wrapped = key.wrap(&public).map_err(|fault| fault.to_string())?;
        let unwrapped = self.token.unwrap(&wrapped).map_err(|fault| fault.to_string())?;
        match unwrapped.is_some_and(|unwrapped| unwrapped.as_slice() == key.expose()) {
            true => Ok(()),
            false => Err("does not decrypt with CKM_RSA_PKCS what is encrypted for its own certificate".to_owned()),
        }
    }
}

impl DocumentKeyOpener for TokenDecryptionKey {
    fn open(&self, wrapped: &[u8], cipher: CbcCipher) -> std::result::Result<SessionKey, String> {
        let unwrapped = self.token.unwrap(wrapped).map_err(|fault| fault.to_string())?;
        Ok(SessionKey::from_unwrapped(unwrapped.as_ref().map(|key| &***key), cipher, wrapped, &self.secret))
    }
}

/// The names of all pairs of a folder but this one, the newest first: an answer may have been encrypted for a key of before,
/// or for one that is new.
pub(super) fn other_pairs(life: &CertificateLife, of: &str) -> Vec<String> {
    let named = life.active.iter().chain(life.switching.iter().map(|new| &new.pair));
    let named = named.chain(life.retired.iter().rev().map(|one| &one.pair)).map(|pair| &pair.name);
    // One that is asked for may be certified already, though its answer was lost.
    let asked = life.attempt.iter().map(|attempt| &attempt.pair);
    named.chain(asked).filter(|name| *name != of).cloned().collect()
}

/// Who decrypts with the keys of these pairs. A certificate that cannot be read does not stop the others.
pub(super) fn recipients_in(identity: &IdentityFolder, names: &[String]) -> Vec<DocumentRecipient> {
    let recipient = |name: &String| {
        if !identity.has_decryption_key(name) {
            return None;
        }
        let certificate = identity.encryption_certificate(name).ok().flatten();
        let opener = FolderDecryptionKey { identity: identity.clone(), name: name.clone() };
        Some(DocumentRecipient { certificate, opener: Arc::new(opener) })
    };
    names.iter().filter_map(recipient).collect()
}
