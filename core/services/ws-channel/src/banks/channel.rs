//! The interface between the service and a bank (docs/protocols/ws-channel.md §6.9): one trait for all implementations.

use std::{future::Future, ops::RangeInclusive, pin::Pin, time::Duration};

use bankchannel_crypto::{
    rsa::RsaPrivateKey,
    signature::SigningKey,
    x509::{Certificate, CertificateRequest},
};
use bankchannel_foundation::model::Content;
use bankchannel_renewal::{CertificateRequests, CertificateSet, PairTrial, RenewalRules};
use bankchannel_sepa_web_services::codes;
use bankchannel_storage::ws_channel::{
    BankCodeLimits, BankFile, CertMaterial, CertSet, FileFilter, FileScope, NewBankFile, NewLedger, NewUpload,
    StoreReader, UploadAtBank, WsChannelStore,
};
use bankchannel_ws_channel::model::{BankPin, Name, WsUserId};

use super::{bank_error::BankError, refusals::RefusedCertificates};
use crate::{
    HandlerFault,
    certs::material::{self, SealedFor},
    keys::ServiceKeys,
};

/// Time limit of a bank, unless its configuration says otherwise.
pub(crate) const BANK_TIMEOUT: Duration = Duration::from_secs(60);
/// The time limits that a bank may have.
pub(crate) const TIME_LIMITS: RangeInclusive<Duration> = Duration::from_secs(5)..=Duration::from_secs(600);
/// How long the answer to an upload is taken, unless the bank's configuration says otherwise: as long as the library waits.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(300);
/// The longest time for a certificate: what works on a set holds it for [`HOLD_MS`](bankchannel_storage::ws_channel::HOLD_MS).
const CERTIFICATE_TIMEOUT_MAX: Duration = Duration::from_secs(720);

/// A bank's pending response.
pub type PendingBankAnswer<'a, T> = Pin<Box<dyn Future<Output = Result<T, BankError>> + Send + 'a>>;

/// A bank as seen by the service. Each method is one call of the bank's Web Services (docs/protocols/ws-channel.md
/// §6.9).
/// An implementation must not repeat an upload. The service stops waiting after [`time_limit`](Self::time_limit) (certificates:
/// twice that) and then treats the outcome as unknown: a request for a certificate is sent again, the same one; an upload stays so until the bank's answer
/// comes, for which the service listens on ([`upload_waits`](Self::upload_waits)), a report of the bank, or a person settles it.
pub trait BankChannel: Send + Sync {
    /// `DownloadFileList`: the files at the bank, oldest first.
    fn list<'a>(
        &'a self,
        at: &'a AccountBankConnection<'a>,
        filter: &'a FileFilter,
    ) -> PendingBankAnswer<'a, Vec<BankFile>>;

    /// `DownloadFile`. [`BankError::Parameter`] `FileReference` when there is no such file of that type.
    fn download<'a>(
        &'a self,
        at: &'a AccountBankConnection<'a>,
        file_type: &'a str,
        reference: &'a str,
    ) -> PendingBankAnswer<'a, BankFileDownload>;

    /// The ids by which the bank is asked about an upload, drawn before anything of it is sent: the service stores them
    /// with the upload, and [`upload`](Self::upload) sends them. `None` for a bank that is not asked.
    fn upload_ids(&self, _at: &AccountBankConnection<'_>) -> Option<UploadAtBank> {
        None
    }

    /// The time limit of this bank's file operations; of an upload, how long its caller waits for the bank's answer.
    fn time_limit(&self) -> Duration {
        BANK_TIMEOUT
    }

    /// How long an upload's answer is waited for.
    fn upload_waits(&self) -> UploadWaits {
        UploadWaits { caller: self.time_limit(), ..UploadWaits::default() }
    }

    /// `UploadFile`.
    fn upload<'a>(&'a self, at: &'a AccountBankConnection<'a>, file: &'a OutgoingFile<'a>)
    -> PendingBankAnswer<'a, ()>;

    /// `DeleteFile`. [`BankError::Parameter`] `FileReference` when there is no such file of that type.
    fn delete<'a>(
        &'a self,
        at: &'a AccountBankConnection<'a>,
        file_type: &'a str,
        reference: &'a str,
    ) -> PendingBankAnswer<'a, ()>;

    /// How this bank's certificates are renewed.
    fn renewal_rules(&self) -> RenewalRules;

    /// The product that a tenant must be entitled to; `None` at a bank that is everybody's.
    fn entitlement(&self) -> Option<&'static str> {
        None
    }

    /// The book that an import opens, if the bank's books are in the service's store.
    fn ledger_of_import(&self) -> Option<NewLedger> {
        None
    }

    /// The number of certificates that may be asked for, or tried, at once.
    fn renewals_at_once(&self) -> usize {
        4
    }

    /// Whether, after a request for a certificate was refused with this code, a person has to act before another one.
    fn ends_renewals(&self, refusal: &str) -> bool {
        codes::ends_renewals(None, refusal)
    }

    /// Whether customers have a second key, which decrypts the bank's answers.
    fn decrypts(&self) -> bool {
        self.renewal_rules().decrypts
    }

    /// The request for a certificate of this customer's key. Nothing is sent.
    ///
    /// # Errors
    /// [`BankError::Parameter`] for a name that no certificate can have; [`BankError::NotOffered`].
    fn certificate_request(
        &self,
        customer: &CertificateCustomer,
        key: &RsaPrivateKey,
    ) -> Result<CertificateRequest, BankError>;

    /// Asks for a certificate.
    fn issue<'a>(&'a self, order: &'a CertificateOrder<'a>) -> PendingBankAnswer<'a, CertificateOfBank>;

    /// Sends a request that changes nothing, signed with a new pair, to see whether the bank takes it.
    fn try_pair<'a>(
        &'a self,
        customer: &'a CertificateCustomer,
        pair: &'a SigningMaterial,
    ) -> PendingBankAnswer<'a, PairTrial>;

    /// The target id of a customer, at a bank whose requests need one that the bank has to tell.
    fn target_id<'a>(&'a self, _at: &'a AccountBankConnection<'a>) -> PendingBankAnswer<'a, Option<String>> {
        Box::pin(async { Ok(None) })
    }

    /// The trusted authorities of the bank.
    fn authorities(&self) -> PendingBankAnswer<'_, Vec<TrustedBankAuthority>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// How many codes for first certificates may be sent for one user id before somebody acts; `None` at a bank that
    /// locks no user id for wrong ones.
    fn code_limits(&self) -> Option<BankCodeLimits> {
        None
    }

    /// Whether the bank may have counted a wrong code, where it has refused a first certificate with this code.
    fn counts_wrong_code(&self, _refusal: &str) -> bool {
        true
    }

    /// Checks requirements of this bank for an enrolment beyond §2.17; called before anything is reserved.
    ///
    /// # Errors
    /// [`BankError::Parameter`].
    fn check_enrolment(&self, _request: &CertificateEnrolment) -> Result<(), BankError> {
        Ok(())
    }

    /// Checks requirements of this bank for an upload; called after the signatures were verified, before it is
    /// journalled. It may ask the bank, but sends nothing of the file.
    ///
    /// # Errors
    /// [`BankError::Parameter`].
    fn check_upload<'a>(
        &'a self,
        _at: &'a AccountBankConnection<'a>,
        _upload: &'a NewUpload,
    ) -> PendingBankAnswer<'a, ()> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// Whether the service's journal is this bank's inbox: an upload is complete once it is journalled with its bytes,
    /// and [`upload`](Self::upload) only signals new work.
    fn works_from_journal(&self) -> bool {
        false
    }

    /// Whether this bank's files are kept in the service's own store.
    fn keeps_files_here(&self) -> bool {
        false
    }
}

/// An account's connection to a bank, with the certificates that it uses.
pub struct AccountBankConnection<'a> {
    /// Owner of the connection: with shared certificates, their owner.
    pub scope: &'a FileScope,
    /// The certificates; their private keys are sealed.
    pub set: &'a CertSet,
    /// Now, in milliseconds since 1970.
    pub now_ms: i64,
    /// The id of the request that it is for, if it is for one.
    pub request_id: Option<&'a str>,
    pub(crate) store: &'a StoreReader,
    pub(crate) writer: Option<WsChannelStore>,
    pub(crate) keys: &'a ServiceKeys,
    pub(super) refused: &'a RefusedCertificates,
}

impl AccountBankConnection<'_> {
    /// The private key of the signing certificate.
    ///
    /// # Errors
    /// [`BankError::Failed`] when it is absent or cannot be unsealed.
    pub fn signing_key(&self) -> Result<RsaPrivateKey, BankError> {
        let found = self.set.signing.as_ref().ok_or_else(no_certificate)?;
        let place = SealedFor { email: &self.set.email, bank: &self.set.bank, purpose: material::SIGNING };
        material::open(self.keys, place, found).map_err(unopened)
    }

    /// Notes a refusal of the bank: where it is of the certificate, a person is told.
    pub(super) fn is_refused(&self, error: &BankError) {
        if let (BankError::Refused { code, text }, Some(found)) = (error, &self.set.signing) {
            self.refused.note(self.scope, &found.serial, (code, text));
        }
    }

    /// The signing certificate with its key.
    ///
    /// # Errors
    /// As [`signing_key`](Self::signing_key).
    pub fn signing_pair(&self) -> Result<SigningMaterial, BankError> {
        let found = self.set.signing.as_ref().ok_or_else(no_certificate)?;
        SigningMaterial::unsealed(self.keys, (&self.set.email, &self.set.bank), found)
    }

    /// The same with the keys that decrypt answers: that of the pair in use and all that are kept, as the bank may know a newer
    /// one already, or an older one still.
    ///
    /// # Errors
    /// As [`signing_key`](Self::signing_key).
    pub async fn decrypting_pair(&self) -> Result<SigningMaterial, BankError> {
        let (email, bank) = (&*self.set.email, &*self.set.bank);
        let found = self.store.decrypting(email, bank).await.map_err(|why| BankError::NotSent(why.to_string()))?;
        self.signing_pair()?.with_decrypting(self.keys, (email, bank), (self.set.encryption.as_ref(), &found))
    }
}

fn no_certificate() -> BankError {
    BankError::NotSent("the set has no certificate".into())
}

/// A key that the vault does not open.
fn unopened(why: HandlerFault) -> BankError {
    match why {
        HandlerFault::Internal(why) => BankError::NotSent(why),
        _ => BankError::NotSent("a private key cannot be used".into()),
    }
}

bankchannel_foundation::redacted_debug!(AccountBankConnection<'_>, |it| bank: it.scope.bank);

/// An authority whose word counts for a bank's signatures.
#[derive(Debug, Clone)]
pub struct TrustedBankAuthority {
    /// When it ends, in milliseconds since 1970.
    pub ends_ms: i64,
    /// What there is to be told of it, if it ends within ninety days.
    pub warning: Option<String>,
}

/// How long an upload's answer is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadWaits {
    /// The caller is told after this time that the outcome is unknown.
    pub caller: Duration,
    /// The bank's answer still counts until this time after the sending began.
    pub answer: Duration,
}

impl Default for UploadWaits {
    fn default() -> Self {
        Self { caller: BANK_TIMEOUT, answer: ANSWER_TIMEOUT }
    }
}

/// A file downloaded from a bank.
#[derive(Debug)]
pub struct BankFileDownload {
    /// The file.
    pub content: Content,
    /// Whether the service's own store must mark it as downloaded.
    pub mark: bool,
}

/// A file for a bank, with verified signatures.
#[derive(Debug)]
pub struct OutgoingFile<'a> {
    /// Its entry in the journal.
    pub upload: &'a NewUpload,
    /// The bytes.
    pub content: &'a Content,
}

/// A request for certificates.
#[derive(Debug)]
pub struct CertificateEnrolment {
    /// The account and the bank.
    pub scope: FileScope,
    /// The Web Services user id of the contract.
    pub ws_user_id: WsUserId,
    /// The company name of the contract.
    pub company: Name,
    /// The PIN from the bank.
    pub code: BankPin,
    /// The company name of the account.
    pub account_company: String,
    /// Now, in milliseconds since 1970.
    pub now_ms: i64,
}

/// A customer of a bank, as its certificates name it.
#[derive(Debug, Clone)]
pub struct CertificateCustomer {
    /// The account and the bank.
    pub scope: FileScope,
    /// The Web Services user id of the contract.
    pub ws_user_id: String,
    /// The company name of the contract.
    pub company: String,
    /// The target id, if it is known.
    pub target_id: Option<String>,
}

/// A certificate with its private key.
#[derive(Clone)]
pub struct SigningMaterial {
    /// The certificate.
    pub certificate: Certificate,
    /// Its private key.
    pub private_key: SigningKey,
    /// The keys that decrypt answers with their certificates, at banks that encrypt: the newest first.
    pub decrypting: Vec<DecryptingMaterial>,
}

/// A certificate with the private key that decrypts documents for it.
#[derive(Clone)]
pub struct DecryptingMaterial {
    /// The certificate; `None` while it is asked for.
    pub certificate: Option<Certificate>,
    /// Its private key.
    pub private_key: RsaPrivateKey,
}

bankchannel_foundation::redacted_debug!(DecryptingMaterial);

bankchannel_foundation::redacted_debug!(SigningMaterial);

impl SigningMaterial {
    /// Unseals a stored pair of this account at this bank.
    ///
    /// # Errors
    /// [`BankError::NotSent`].
    pub(crate) fn unsealed(
        keys: &ServiceKeys,
        (email, bank): (&str, &str),
        found: &CertMaterial,
    ) -> Result<Self, BankError> {
        let place = SealedFor { email, bank, purpose: material::SIGNING };
        let private_key = material::open_pem(keys, place, found).map_err(unopened)?;
        let unread = |why: &dyn std::fmt::Display| BankError::NotSent(why.to_string());
        Ok(Self {
            certificate: Certificate::from_pem(&found.pem).map_err(|why| unread(&why))?,
            private_key: SigningKey::from_pem(private_key.expose(), None).map_err(|why| unread(&why))?,
            decrypting: Vec::new(),
        })
    }

    /// The same with the keys that decrypt: the pair's `own` one is needed, another one that cannot be opened is left out.
    ///
    /// # Errors
    /// [`BankError::NotSent`].
    pub(crate) fn with_decrypting(
        mut self,
        keys: &ServiceKeys,
        (email, bank): (&str, &str),
        (own, found): (Option<&CertMaterial>, &[CertMaterial]),
    ) -> Result<Self, BankError> {
        let place = SealedFor { email, bank, purpose: material::ENCRYPTION };
        let opened = |one: &CertMaterial| -> Result<DecryptingMaterial, BankError> {
            let certificate = (!one.pem.is_empty()).then(|| Certificate::from_pem(&one.pem)).transpose();
            let certificate = certificate.map_err(|why| BankError::NotSent(why.to_string()))?;
            Ok(DecryptingMaterial { certificate, private_key: material::open(keys, place, one).map_err(unopened)? })
        };
        let own = own.ok_or_else(|| BankError::NotSent("the set has no certificate that decrypts".into()))?;
        self.decrypting.push(opened(own)?);
        for one in found.iter().filter(|one| one.label != own.label || one.pem != own.pem) {
            match opened(one) {
                Ok(one) => self.decrypting.push(one),
                Err(why) => {
                    tracing::warn!(%why, bank, serial = one.serial, "a kept key that decrypts cannot be opened")
                }
            }
        }
        Ok(self)
    }
}

/// What shows that a certificate may be issued.
#[derive(Debug)]
pub enum CertificateProof<'a> {
    /// The PIN from the bank: for a first certificate.
    Code(&'a BankPin),
    /// The present pair: for the next one.
    Pair(SigningMaterial),
}

/// A request for a certificate.
#[derive(Debug)]
pub struct CertificateOrder<'a> {
    /// For whom.
    pub customer: &'a CertificateCustomer,
    /// The requests: the same ones as long as it is not known what became of them.
    pub requests: &'a CertificateRequests,
    /// What shows that it may be issued.
    pub proof: CertificateProof<'a>,
    /// Now, in milliseconds since 1970.
    pub now_ms: i64,
}

/// A certificate issued by a bank.
#[derive(Debug)]
pub struct CertificateOfBank {
    /// The certificates.
    pub certificates: CertificateSet,
    /// The target id, if the bank sent one.
    pub target_id: Option<String>,
    /// Initial balances, if the bank's books are in the service's store.
    pub ledgers: Vec<NewLedger>,
    /// Files that appear with the enrolment, if the bank's files are in the service's store.
    pub files: Vec<NewBankFile>,
}

/// The time limit of a certificate at a bank with this time limit.
pub(crate) fn certificate_time_limit(limit: Duration) -> Duration {
    (2 * limit).min(CERTIFICATE_TIMEOUT_MAX)
}

/// Waits for a bank within a time limit.
pub(crate) async fn within<T>(
    limit: Duration,
    asked: impl Future<Output = Result<T, BankError>>,
) -> Result<T, BankError> {
    tokio::time::timeout(limit, asked).await.unwrap_or(Err(BankError::TimedOut))
}
