//! One bank for many customers, as a service has it: connections and trust are shared.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use bankchannel_crypto::{
    digest, legacy_cipher::SessionKeyOpener, rsa::RsaPrivateKey, signature::SigningKey, x509::Certificate,
};
use bankchannel_foundation::{Error, Result, Secret, clock::Clock};
use bankchannel_renewal::RenewalRules;
use bankchannel_sepa_web_services::{
    model::FileStatusFilter,
    operations::files::list_files::ListBankFilesRequest,
    profile::{BankEnvironment, BankFileKind, ChannelProfile},
    verify::DocumentRecipient,
};

use super::{
    BankAnchor, SepaWebServices, SepaWebServicesInner, SepaWebServicesSettings,
    bank_knowledge::BankKnowledgeFolder,
    clock::{self, DocumentTime},
    sender::FileServiceSender,
    settings::{ReadyCustomer, SigningPair},
    trust,
};
use crate::{CallOptions, client::signer::KeySigner, file_channel::waiting::AnswerRegistry};

/// A certificate with its private key.
#[derive(Clone)]
pub struct CustomerSigningPair(SigningPair);

bankchannel_foundation::redacted_debug!(CustomerSigningPair);

impl CustomerSigningPair {
    /// A pair for signing.
    ///
    /// # Errors
    /// `configuration.invalid`, naming `private_key`, for the key of another certificate.
    pub fn new(certificate: Certificate, private_key: SigningKey) -> Result<Self> {
        if private_key.spki_der() != certificate.spki_der() {
            return Err(Error::invalid_setting("private_key", "does not belong to the certificate"));
        }
        Ok(Self(SigningPair { certificate, signer: Some(KeySigner::Key(private_key)), recipients: Vec::new() }))
    }

    /// The same with the keys that decrypt answers, at banks that encrypt: the present one first, then those of before, and those
    /// that are asked for, which have no certificate yet.
    ///
    /// # Errors
    /// `configuration.invalid`, naming `encryption_private_key`, for the key of another certificate.
    pub fn decrypting(mut self, pairs: Vec<(Option<Certificate>, RsaPrivateKey)>) -> Result<Self> {
        let invalid = |why: &str| Error::invalid_setting("encryption_private_key", why);
        for (certificate, key) in pairs {
            if certificate.as_ref().is_some_and(|certificate| !certificate.matches_private_key(&key)) {
                return Err(invalid("does not belong to encryption_certificate"));
            }
            let opener = SessionKeyOpener::new(&key).map_err(|fault| invalid(&fault.to_string()))?;
            let recipient = DocumentRecipient { certificate, opener: Arc::new(opener) };
            self.0.recipients.push(recipient);
        }
        Ok(self)
    }

    /// The same from PEM: the key as PKCS#8 or PKCS#1, not encrypted.
    ///
    /// # Errors
    /// `configuration.invalid`, naming `certificate` or `private_key`.
    pub fn from_pem(certificate: &str, private_key: &Secret) -> Result<Self> {
        let certificate = Certificate::from_pem(certificate)
            .map_err(|fault| Error::invalid_setting("certificate", fault.to_string()))?;
        let key = SigningKey::from_pem(private_key.expose(), None)
            .map_err(|fault| Error::invalid_setting("private_key", fault.to_string()))?;
        Self::new(certificate, key)
    }
}

/// A customer of a bank.
#[derive(Debug, Clone)]
pub struct SharedBankCustomer {
    /// The customer's id at the bank, at most 16 characters.
    pub customer_id: String,
    /// The part of the agreement that files belong to, at most 80 characters.
    pub target_id: Option<String>,
    /// What signs. Without it, only a first certificate can be asked for.
    pub pair: Option<CustomerSigningPair>,
}

/// One bank for many customers. Their clients share its connections, trust and the certificates learnt of the bank.
///
/// Cloning is cheap; a clone is the same bank.
#[derive(Clone)]
pub struct SepaWebServicesBank(Arc<SharedBank>);

struct SharedBank {
    ready: Arc<ReadyCustomer>,
    sender: FileServiceSender,
    clock: Arc<dyn Clock>,
}

impl SepaWebServicesBank {
    /// Opens a bank. The settings name no customer; nothing is sent.
    ///
    /// # Errors
    /// `configuration.invalid` for settings that cannot be used, each naming its field.
    pub fn new(settings: SepaWebServicesSettings, clock: Arc<dyn Clock>) -> Result<Self> {
        Self::knowing(settings, clock, None)
    }

    /// The same with a folder for the bank's own authorities, signers, certificate for encryption and
    /// revocation lists, which are asked for again after a restart otherwise. `all` is the folder of all banks: each bank, of this
    /// `name`, has its own in it for each environment and address, which [`knowledge_folder`](Self::knowledge_folder) tells.
    /// If that is not there, nothing is kept.
    ///
    /// # Errors
    /// Those of [`new`](Self::new); `configuration.invalid` for a certificate for encryption that cannot be used.
    pub fn knowing(
        mut settings: SepaWebServicesSettings,
        clock: Arc<dyn Clock>,
        all: Option<(PathBuf, &str)>,
    ) -> Result<Self> {
        if settings.customer_id.is_some() {
            return Err(Error::invalid_setting("customer_id", "is that of each customer: leave it out for a bank"));
        }
        // Replaced by that of each customer.
        settings.customer_id = Some("000000".to_owned());
        if settings.receiver_id.is_none() && settings.target_id.is_none() {
            settings.target_id = Some(String::from("0"));
        }
        let ready = Arc::new(ReadyCustomer::from_settings(settings)?);
        ready.transport()?;
        if let Some(why) = ready.bank_encryption.as_ref().and_then(|one| one.why_unfit_to_encrypt(clock.now_s())) {
            return Err(Error::invalid_setting("bank_encryption_certificate", why));
        }
        let folder = all.map(|(all, name)| {
            let environment = ready.connection().map(|connection| connection.environment).unwrap_or_default();
            let environment = if environment == BankEnvironment::Test { "test" } else { "production" };
            let urls = [ready.transport(), ready.certificate_transport()];
            let urls = urls.map(|settings| settings.map_or("", |settings| settings.base_url.as_str()));
            let at = digest::sha256(format!("{environment}\n{}", urls.join("\n")).as_bytes());
            BankKnowledgeFolder::new(all.join(format!("{name}-{}", &digest::hex(&at)[..16])))
        });
        let sender = FileServiceSender::knowing(&ready, Arc::clone(&clock), None, folder)?;
        // The first call of a customer would be late for it.
        sender.file_transport()?;
        if ready.certificate_transport().is_ok() {
            sender.certificate_transport()?;
        }
        Ok(Self(Arc::new(SharedBank { ready, sender, clock })))
    }

    /// A client of one of its customers.
    ///
    /// # Errors
    /// `configuration.invalid` for an id that the bank's requests cannot have, or a pair that cannot be used, such as that of a
    /// sandbox at a real bank.
    pub fn customer(&self, customer: SharedBankCustomer) -> Result<SepaWebServices> {
        let pair = customer.pair.map(|CustomerSigningPair(pair)| pair);
        let connection = self.0.ready.connection_of(customer.customer_id, customer.target_id)?;
        let sender = self.0.sender.of_customer(connection, pair);
        sender.check_given()?;
        Ok(SepaWebServices(Arc::new(SepaWebServicesInner {
            ready: Arc::clone(&self.0.ready),
            sender: Some(sender),
            clock: Arc::clone(&self.0.clock),
            answers: AnswerRegistry::default(),
        })))
    }

    /// A time for a request of this customer that no other one has: give it to
    /// [`exchange_at`](SepaWebServices::exchange_at).
    #[must_use]
    pub fn next_timestamp(&self, customer_id: &str) -> DocumentTime {
        clock::next_timestamp(customer_id, self.0.clock.now_ms())
    }

    /// An id for a request that no other one has: give it as [`CallOptions::request_id`].
    #[must_use]
    pub fn next_request_id(&self) -> String {
        let most = self.profile().request_id_most();
        clock::request_id().chars().take(most).collect()
    }

    /// The folder for the bank's own certificates and lists, if it was opened with one.
    #[must_use]
    pub fn knowledge_folder(&self) -> Option<&Path> {
        self.0.sender.knowledge_folder()
    }

    /// Its profile.
    #[must_use]
    pub fn profile(&self) -> &ChannelProfile {
        &self.0.sender.connection.profile
    }

    /// How its certificates are renewed.
    #[must_use]
    pub fn renewal_rules(&self) -> RenewalRules {
        self.0.sender.rules_of_renewal()
    }

    /// A bank's code in the form in which it is sent.
    ///
    /// # Errors
    /// `input.invalid_field`, naming `code`, for one that cannot be right.
    pub fn checked_code(&self, code: &Secret) -> Result<Secret> {
        self.profile().checked_code(code)
    }

    /// Whether its requests about files need a target id.
    #[must_use]
    pub fn needs_target(&self) -> bool {
        self.profile().needs_target()
    }

    /// Whether it lists the files of one type at a time.
    #[must_use]
    pub fn lists_one_type(&self) -> bool {
        self.profile().requires_file_type == Some(true)
    }

    /// A list that changes nothing, with which a new certificate is tried.
    #[must_use]
    pub fn trial(&self) -> ListBankFilesRequest {
        trial(self.profile())
    }

    /// The trusted authorities; each that ends within ninety days with how that is said.
    ///
    /// # Errors
    /// Those of reading the anchors' files.
    pub async fn anchors(&self, options: &CallOptions) -> Result<Vec<(BankAnchor, Option<String>)>> {
        let anchors = self.0.sender.trust.anchors(options).await?;
        let now_s = self.0.clock.now_s();
        let told = |one| {
            let anchor = BankAnchor::from_trusted(one, now_s);
            let warning = anchor.days_left.map(|_| trust::warning(one, now_s));
            (anchor, warning)
        };
        Ok(anchors.iter().map(told).collect())
    }
}

bankchannel_foundation::redacted_debug!(SepaWebServicesBank, |it| url: it.0.sender.url());

/// A list that changes nothing, with which a new certificate is tried.
pub(super) fn trial(profile: &ChannelProfile) -> ListBankFilesRequest {
    let mut request = ListBankFilesRequest::new();
    request.status = Some(FileStatusFilter::All);
    request.file_type = profile.file_types_of(BankFileKind::StatusReport).into_iter().next();
    request
}
