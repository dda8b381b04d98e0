//! The sending part of a client: the bank's addresses, the connections to it, the two signers, the trust.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bankchannel_crypto::{signature::Hash, x509::Certificate};
use bankchannel_foundation::{Error, Result, clock::Clock, model::Timestamp, shown};
use bankchannel_renewal::{CertificateLife, RenewalDue, RenewalRules};
use bankchannel_sepa_web_services::{
    codec::FileServiceConnection,
    errors, profile,
    verify::{DocumentRecipient, VerificationRules},
};
use bankchannel_transport::{Transport, background};
use data_encoding::HEXUPPER;

use super::{
    bank_address::{BankAddress, opened},
    bank_knowledge::{BankKnowledgeFolder, SIGNERS_MAX, SeenSigner},
    clock::{self, DocumentTime, ReservedTimes},
    encryption::{self, KnownEncryption},
    identity::IdentityFolder,
    kept_files::KEEP_TIMEOUT,
    revocation::KnownRevocations,
    settings::{ReadyCustomer, SigningPair},
    trust::ClientTrust,
};
use crate::{
    CallOptions, LogLevel, LogLine,
    client::signing::{ClientSignatory, SIGNATURE, question},
};

/// The sending part of a client.
pub(super) struct FileServiceSender {
    /// To the file service; why not, if there is no address.
    file_transport: Result<Transport>,
    /// To the certificate service, in the same way.
    certificate_transport: Result<Transport>,
    /// The real bank that the addresses belong to; `None` for others.
    asks_bank: Option<BankAddress>,
    pub(super) connection: FileServiceConnection,
    pub(super) exchange_timeout: Option<Duration>,
    pub(super) clock: Arc<dyn Clock>,
    /// How answers are verified; instant and anchors are set for each.
    pub(super) rules: VerificationRules,
    pub(super) trust: Arc<ClientTrust>,
    /// The pairs that were given; why there are none.
    given: Result<Arc<RequestSigners>>,
    /// The folder with the customer's pairs, in place of those given.
    identity: Option<IdentityFolder>,
    /// The customer's folder, also beside a pair that was given: where times are reserved.
    keeps_in: Option<IdentityFolder>,
    /// Where the bank's own certificates and lists are kept.
    bank_knowledge: Option<BankKnowledgeFolder>,
    /// The times that this process has reserved there.
    times: Arc<Mutex<Option<ReservedTimes>>>,
    /// The pair of the folder that was used last.
    from_identity: Mutex<Option<Arc<RequestSigners>>>,
    /// The certificates with which the bank has signed so far.
    signers: Arc<Mutex<Vec<SeenSigner>>>,
}

/// Who signs the requests of a client.
pub(super) struct RequestSigners {
    /// Documents: the customer.
    pub(super) content: MessageSigner,
    /// Envelopes: the sender.
    pub(super) envelope: MessageSigner,
    /// The pair in the folder, if it comes from there.
    pub(super) pair: Option<FolderPair>,
    /// Who decrypts answers, at banks that encrypt: the present key, then those of before.
    pub(super) recipients: Vec<DocumentRecipient>,
}

/// A certificate and who signs for it.
pub(super) struct MessageSigner {
    pub(super) certificate: Certificate,
    signatory: ClientSignatory,
    /// The name of the signed text in questions: a document or a message.
    what: &'static str,
}

/// A pair in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FolderPair {
    pub(super) name: String,
    /// The others whose keys decrypt, at banks that encrypt.
    pub(super) kept: Vec<String>,
    /// Whether it was not used with success yet: the bank's answer on it is noted.
    pub(super) is_on_trial: bool,
}

impl RequestSigners {
    fn new(mut content: SigningPair, envelope: SigningPair, pair: Option<FolderPair>) -> Self {
        let recipients = std::mem::take(&mut content.recipients);
        let (content, envelope) =
            (MessageSigner::new(content, "a document"), MessageSigner::new(envelope, "a message"));
        Self { content, envelope, pair, recipients }
    }
}

impl MessageSigner {
    fn new(pair: SigningPair, what: &'static str) -> Self {
        Self { certificate: pair.certificate, signatory: ClientSignatory::new(pair.signer), what }
    }

    /// Signs bytes of a message, RSA (PKCS#1 v1.5) with SHA-256.
    ///
    /// # Errors
    /// `sepa_web_services.token_failed`, those of the question, `input.invalid_field` for an answer that does not fit
    /// the certificate.
    pub(super) async fn sign(&self, bytes: &[u8], operation: &str, options: &CallOptions) -> Result<Vec<u8>> {
        let turn = self.signatory.turn(options).await?;
        let ask = |algorithm| {
            let text = format!("The signature of {}, {operation} ({algorithm})", self.what);
            let fingerprint = HEXUPPER.encode(&self.certificate.sha256());
            question(text, algorithm, Hash::Sha256.digest(bytes), fingerprint)
        };
        let signed = self.signatory.sign(turn, Hash::Sha256, bytes, options, &errors::TOKEN_FAILED, ask).await?;
        let fits = self.certificate.key().is_ok_and(|key| key.verify_pkcs1(Hash::Sha256, bytes, &signed));
        if fits {
            return Ok(signed);
        }
        Err(Error::invalid_field(SIGNATURE, "the answer is not a signature by the key of the certificate"))
    }
}

impl FileServiceSender {
    /// Makes a sender from the settings.
    ///
    /// # Errors
    /// `configuration.invalid`, each naming its field.
    pub(super) fn new(ready: &ReadyCustomer, clock: Arc<dyn Clock>) -> Result<Self> {
        let identity = ready.identity()?;
        let bank_knowledge = identity.as_ref().map(IdentityFolder::bank_knowledge);
        Self::knowing(ready, clock, identity, bank_knowledge)
    }

    /// The same, with the bank's own certificates and lists in this folder.
    ///
    /// # Errors
    /// Those of [`new`](Self::new).
    pub(super) fn knowing(
        ready: &ReadyCustomer,
        clock: Arc<dyn Clock>,
        identity: Option<IdentityFolder>,
        bank_knowledge: Option<BankKnowledgeFolder>,
    ) -> Result<Self> {
        let file_transport = ready.transport().and_then(|settings| opened("file_url", settings));
        let certificate_transport =
            ready.certificate_transport().and_then(|settings| opened("certificate_url", settings));
        let certificate_transport = match &file_transport {
            Ok(file) => certificate_transport.map(|own| own.recording_with(file)),
            Err(_) => certificate_transport,
        };
        let connection = ready.connection()?;
        let given = ready.pairs().map(|(content, envelope)| Arc::new(RequestSigners::new(content, envelope, None)));
        let known = bank_knowledge.as_ref();
        let learnt = known.map(BankKnowledgeFolder::authorities).unwrap_or_default();
        let kept = known.and_then(BankKnowledgeFolder::bank_encryption);
        let encryption = KnownEncryption::new(ready.bank_encryption.clone(), kept);
        let revocations = KnownRevocations::new(ready.revocation.as_ref(), known.cloned(), ready.rules.allows_sha1)?;
        let trust = ClientTrust::new(&ready.anchors, learnt, encryption, revocations);
        if !trust.can_trust() {
            let why =
                "is missing: the bank's profile has no authority that its answers lead to; give the bank's certificate";
            return Err(Error::invalid_setting("trusted", why));
        }
        let signers = known.map(BankKnowledgeFolder::signers).unwrap_or_default();
        Ok(Self {
            file_transport,
            certificate_transport,
            asks_bank: ready.asks_bank.clone(),
            connection,
            exchange_timeout: ready.exchange_timeout(),
            clock,
            rules: ready.rules.clone(),
            trust: Arc::new(trust),
            given,
            keeps_in: identity.clone(),
            bank_knowledge,
            times: Arc::default(),
            identity,
            from_identity: Mutex::default(),
            signers: Arc::new(Mutex::new(signers)),
        })
    }

    /// The folder with the bank's own certificates and lists.
    pub(super) fn knowledge_folder(&self) -> Option<&Path> {
        self.bank_knowledge.as_ref().map(BankKnowledgeFolder::place)
    }

    /// The address of the file service.
    pub(super) fn url(&self) -> Option<&str> {
        self.file_transport.as_ref().ok().map(Transport::base_url)
    }

    /// # Errors
    /// `configuration.invalid` without an address.
    pub(super) fn file_transport(&self) -> Result<&Transport> {
        self.file_transport.as_ref().map_err(Error::clone)
    }

    /// # Errors
    /// `configuration.invalid` without an address.
    pub(super) fn certificate_transport(&self) -> Result<&Transport> {
        self.certificate_transport.as_ref().map_err(Error::clone)
    }

    /// Who signs a request now. A file is signed with a pair that has worked, as long as one holds: a list finds out whether
    /// the bank takes a new one.
    ///
    /// # Errors
    /// `configuration.invalid` without a certificate; those of the folder.
    pub(super) async fn signers_for(&self, is_upload: bool, options: &CallOptions) -> Result<Arc<RequestSigners>> {
        let Some(identity) = self.identity.clone() else {
            self.check_given()?;
            return self.given.clone();
        };
        let (rules, now_s) = (self.rules_of_renewal(), self.clock.now_s());
        let last = self.from_identity.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let signers = on_disk(options, move || signers_in(&identity, last, rules, is_upload, now_s)).await?;
        self.allowed(&signers)?;
        *self.from_identity.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&signers));
        Ok(signers)
    }

    /// Whether these signers may sign here.
    ///
    /// # Errors
    /// `configuration.invalid` if a sandbox has made the certificate of one of them and a real bank is asked.
    fn allowed(&self, signers: &RequestSigners) -> Result<()> {
        let Some(asked) = &self.asks_bank else { return Ok(()) };
        let mut certificates = [&signers.content.certificate, &signers.envelope.certificate].into_iter();
        certificates.find(|one| profile::is_of_sandbox(one)).map_or(Ok(()), |found| Err(asked.refusal(found)))
    }

    /// Checks the pair that was given, if there is one.
    ///
    /// # Errors
    /// `configuration.invalid` for that of a sandbox at a real bank.
    pub(super) fn check_given(&self) -> Result<()> {
        self.given.as_ref().map_or(Ok(()), |signers| self.allowed(signers))
    }

    /// A sender of the same customer with this pair: kept certificates and reserved times are shared.
    pub(super) fn signing_with(&self, pair: SigningPair) -> Self {
        let (keeps_in, times) = (self.keeps_in.clone(), Arc::clone(&self.times));
        Self { keeps_in, times, ..self.of_customer(self.connection.clone(), Some(pair)) }
    }

    /// A sender of another customer of the same bank: connections and knowledge of the bank are shared.
    pub(super) fn of_customer(&self, connection: FileServiceConnection, pair: Option<SigningPair>) -> Self {
        let given = pair.map(|pair| Arc::new(RequestSigners::new(pair.clone(), pair, None)));
        let missing = "is missing: this customer has no certificate yet";
        Self {
            file_transport: self.file_transport.clone(),
            certificate_transport: self.certificate_transport.clone(),
            asks_bank: self.asks_bank.clone(),
            connection,
            exchange_timeout: self.exchange_timeout,
            clock: Arc::clone(&self.clock),
            rules: self.rules.clone(),
            trust: Arc::clone(&self.trust),
            given: given.ok_or_else(|| Error::invalid_setting("certificate", missing)),
            identity: None,
            keeps_in: None,
            bank_knowledge: self.bank_knowledge.clone(),
            times: Arc::default(),
            from_identity: Mutex::default(),
            signers: Arc::clone(&self.signers),
        }
    }

    /// Whether requests about files can be made: a new certificate is tried with one.
    ///
    /// # Errors
    /// `configuration.invalid` without the target id that the bank wants.
    pub(super) fn check_target(&self) -> Result<()> {
        let connection = &self.connection;
        if connection.profile.needs_target() && connection.target_id.is_none() {
            let why = "is missing: this bank wants it in every request about files, and a new certificate is tried with one; \
                       it stands in the agreement";
            return Err(Error::invalid_setting("target_id", why));
        }
        Ok(())
    }

    /// The folder with the customer's pairs.
    ///
    /// # Errors
    /// `configuration.invalid` without one.
    pub(super) fn identity(&self) -> Result<&IdentityFolder> {
        self.identity
            .as_ref()
            .ok_or_else(|| Error::invalid_setting("identity_dir", "is missing: keys and certificates are kept in it"))
    }

    /// How this bank's certificates are renewed.
    pub(super) fn rules_of_renewal(&self) -> RenewalRules {
        let profile = &self.connection.profile;
        let usual = RenewalRules::default();
        RenewalRules {
            renew_before_days: profile.renew_before_days.unwrap_or(usual.renew_before_days),
            supersedes_at_once: profile.supersedes_at_once.unwrap_or(usual.supersedes_at_once),
            decrypts: profile.document_encryption.is_some(),
        }
    }

    /// Notes whether the bank has taken a request that was signed with a pair of the folder. If that cannot be noted, or
    /// another call holds the folder, the next request notes it: the outcome of this one is the bank's answer.
    pub(super) async fn note_trial(&self, pair: String, refused: Option<String>, options: &CallOptions) {
        let Some(identity) = self.identity.clone() else { return };
        let now_s = self.clock.now_s();
        let noted = on_disk(options, move || note_trial(&identity, &pair, refused.as_deref(), now_s)).await;
        if let Err(error) = noted {
            let text = "whether the bank takes the new certificate could not be noted: the next call tries again";
            options.log_line(LogLevel::Warning, LogLine::new(text).with("error", error.to_string()));
        }
    }

    /// Takes note of the certificates that signed an answer. One that is new after others, as in a roll-over, is
    /// reported.
    pub(super) async fn note_signers(&self, signers: &[Certificate], options: &CallOptions) {
        let mut added = Vec::new();
        let is_first = {
            let mut known = self.signers.lock().unwrap_or_else(PoisonError::into_inner);
            let is_first = known.is_empty();
            for signer in signers {
                let seen = SeenSigner::new(signer, self.clock.now_s());
                if known.iter().any(|one| one.sha256 == seen.sha256) {
                    continue;
                }
                if known.len() >= SIGNERS_MAX {
                    known.remove(0);
                }
                known.push(seen.clone());
                added.push(seen);
            }
            is_first
        };
        if added.is_empty() {
            return;
        }
        for seen in added.iter().filter(|_| !is_first) {
            let text =
                "the bank signs with a certificate that is new here: its authority and its name are as they must be";
            let line = LogLine::new(text)
                .with("signer", seen.subject.clone())
                .with("signer_serial", seen.serial.clone())
                .with("signer_sha256", seen.sha256.clone());
            options.log_line(LogLevel::Info, line);
        }
        self.keep(options, "the bank's signers", move |folder| folder.keep_signers(added)).await;
    }

    /// Notes that the job which renews runs.
    pub(super) async fn note_job(&self, options: &CallOptions) {
        let (now_s, Some(folder)) = (self.clock.now_s(), self.keeps_in.clone()) else { return };
        if let Err(error) = on_disk(options, move || folder.note_job(now_s)).await {
            let text = "that renew has run could not be noted in identity_dir";
            options.log_line(LogLevel::Warning, LogLine::new(text).with("error", error.to_string()));
        }
    }

    /// The certificates with which the bank has signed so far, the newest last.
    pub(super) fn seen_signers(&self) -> Vec<SeenSigner> {
        self.signers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The time of the next document: later than any before, in this process and, with a folder, in any other.
    pub(super) async fn next_timestamp(&self, options: &CallOptions) -> DocumentTime {
        let now_ms = self.clock.now_ms();
        let take = || self.times.lock().unwrap_or_else(PoisonError::into_inner).as_mut()?.take(now_ms);
        if let Some(ms) = take() {
            return DocumentTime::drawn(ms);
        }
        if let Some(folder) = self.keeps_in.clone() {
            match on_disk(options, move || folder.reserve_times(now_ms)).await {
                Ok(Some(mut reserved)) => {
                    let first = reserved.take(now_ms);
                    *self.times.lock().unwrap_or_else(PoisonError::into_inner) = Some(reserved);
                    if let Some(ms) = first {
                        return DocumentTime::drawn(ms);
                    }
                }
                Ok(None) => {}
                Err(error) => {
                    let text = "no times could be reserved in identity_dir: three drawn digits keep processes apart";
                    options.log_line(LogLevel::Warning, LogLine::new(text).with("error", error.to_string()));
                }
            }
        }
        clock::next_timestamp(&self.connection.customer_id, now_ms)
    }

    /// Remembers the authorities that the bank has named, here and in the folder. Returns whether one is new.
    pub(super) async fn learn(&self, authorities: Vec<Certificate>, options: &CallOptions) -> bool {
        let is_new = self.trust.learn(authorities);
        if is_new {
            let all = self.trust.learnt();
            self.keep(options, "the bank's authorities", move |folder| folder.keep_authorities(all)).await;
        }
        is_new
    }

    /// Keeps learnt facts in the folder. If that fails, the next process learns them again.
    pub(super) async fn keep(
        &self,
        options: &CallOptions,
        what: &str,
        work: impl FnOnce(&BankKnowledgeFolder) -> Result<()> + Send + 'static,
    ) {
        let Some(folder) = self.bank_knowledge.clone() else { return };
        let place = shown::path(folder.place()).to_string();
        let kept = tokio::time::timeout(KEEP_TIMEOUT, on_disk(options, move || work(&folder))).await;
        let why = match kept {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("it is not done after {} s", KEEP_TIMEOUT.as_secs()),
        };
        let line = LogLine::new(format!("{what} could not be kept"));
        options.log_line(LogLevel::Warning, line.with("folder", place).with("error", why));
    }
}

/// Runs what reads or writes the folder on a thread that may block.
async fn on_disk<T: Send + 'static>(
    options: &CallOptions,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    options.race(background::blocking(work)).await?.map_err(|why| why.error("reading the identity was aborted"))?
}

/// The pair of the folder that signs now: `last` if it is that one.
fn signers_in(
    identity: &IdentityFolder,
    last: Option<Arc<RequestSigners>>,
    rules: RenewalRules,
    is_upload: bool,
    now_s: i64,
) -> Result<Arc<RequestSigners>> {
    let life = identity.life()?;
    let proven = life.active.as_ref().filter(|pair| is_upload && pair.holds_at(now_s));
    let Some(pair) = proven.or_else(|| life.usable(now_s)) else {
        let why = match (life.awaited(now_s), life.due(rules, now_s)) {
            (Some(pair), _) => format!(
                "the one that is there begins at {}; if that is past, this machine's clock is behind",
                Timestamp::from_ms(pair.not_before_s * 1000).as_str()
            ),
            (None, RenewalDue::Person(why)) => why,
            (None, _) => "no certificate is there yet: enrol asks for one".to_owned(),
        };
        return Err(Error::invalid_setting("identity_dir", format!("has no certificate that holds: {why}")));
    };
    let is_on_trial = life.switching.as_ref().is_some_and(|new| new.pair.name == pair.name);
    let old = life.active.as_ref().filter(|active| is_on_trial && active.holds_at(now_s));
    let kept = |of: &str| if rules.decrypts { encryption::other_pairs(&life, of) } else { Vec::new() };
    let pair = FolderPair { kept: kept(&pair.name), name: pair.name.clone(), is_on_trial };
    if let Some(last) = last.filter(|last| last.pair.as_ref() == Some(&pair)) {
        return Ok(last);
    }
    let signing = |mut signs: SigningPair, pair: FolderPair| -> Result<Arc<RequestSigners>> {
        if rules.decrypts && signs.recipients.is_empty() {
            return Err(Error::invalid_setting("identity_dir", IdentityFolder::without_encryption(&pair.name)));
        }
        signs.recipients.extend(encryption::recipients_in(identity, &pair.kept));
        Ok(Arc::new(RequestSigners::new(signs.clone(), signs, Some(pair))))
    };
    match (identity.pair(&pair.name), old) {
        // The new key was made under another passphrase: the next renewal sets it aside.
        (Err(error), Some(old)) if error.detail("field") == Some("passphrase") => {
            let pair = FolderPair { kept: kept(&old.name), name: old.name.clone(), is_on_trial: false };
            identity.pair(&old.name).and_then(|signs| signing(signs, pair))
        }
        (signs, _) => signs.and_then(|signs| signing(signs, pair)),
    }
}

fn note_trial(identity: &IdentityFolder, pair: &str, refused: Option<&str>, now_s: i64) -> Result<()> {
    let is_new = |life: &CertificateLife| life.switching.as_ref().is_some_and(|new| new.pair.name == pair);
    if !is_new(&identity.life()?) {
        return Ok(());
    }
    let mut held = match identity.hold() {
        Err(error) if error.row() == &errors::IDENTITY_BUSY => return Ok(()),
        held => held?,
    };
    let mut life = held.life().clone();
    let has_changed = match refused {
        None => life.worked(pair, now_s),
        Some(why) => life.did_not_work(pair, why, now_s),
    };
    if has_changed { held.commit(life) } else { Ok(()) }
}
