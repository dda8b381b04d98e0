//! A bank over SEPA Web Services, with the library's client: its file service and its certificate service
//! (docs/protocols/ws-channel.md §6.9).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use bankchannel::{
    CallOptions,
    sepa_web_services::{
        BankAnchor, BankFileDescriptor, BankFileStatus, CustomerSigningPair, DeleteBankFileRequest, DocumentTime,
        DownloadBankFileRequest, FileDirection, FileStatusFilter, GetUserInfoRequest, ListBankFilesRequest,
        RenewalRules, SepaWebServices, SepaWebServicesBank, SharedBankCustomer, UploadBankFileRequest, errors,
        operations::files::upload_file::UploadBankFile,
    },
};
use bankchannel_crypto::{rsa::RsaPrivateKey, x509::CertificateRequest};
use bankchannel_foundation::{Error, Secret, model::Content};
use bankchannel_renewal::{CertificateSet, PairTrial};
use bankchannel_sepa_web_services::codes;
use bankchannel_storage::ws_channel::{BankCodeLimits, BankFile, FileFilter, NewUpload, UploadAtBank};
use bankchannel_ws_channel::model::Bank;

use super::{
    AccountBankConnection, BankChannel, BankError, BankFileDownload, CertificateCustomer, CertificateEnrolment,
    CertificateOfBank, CertificateOrder, CertificateProof, OutgoingFile, PendingBankAnswer, SigningMaterial,
    TrustedBankAuthority, UploadWaits, observed::BankCallNotes, sepa_fault::bank_error, within,
};
use crate::banks_config::ReachedBankConfig;

/// Users whose file types are remembered at most.
const USERS: usize = 10_000;
/// How long a user's known rights are relied on.
const KNOWN_FOR: Duration = Duration::from_secs(60 * 60);
/// A file is refused for its type only by rights asked for so lately: an agreement may have been widened since.
const REFUSED_BY: Duration = Duration::from_secs(60);
/// How long an upload waits to know what its user may do.
const ASK_TIMEOUT: Duration = Duration::from_secs(20);
/// Types of files that a list without a type looks for, at a bank that lists one at a time: each is a request.
const TYPES: usize = 40;

/// A user's rights, as the bank has told.
#[derive(Debug)]
struct KnownBankUser {
    asked: Instant,
    /// File type, whether it is sent to the bank, target id.
    types: Vec<(String, bool, Option<String>)>,
}

impl KnownBankUser {
    /// Whether files of this type may be sent; at a bank that names no types, all.
    fn may_send(&self, file_type: &str) -> bool {
        let mut sent = self.types.iter().filter(|(_, is_sent, _)| *is_sent).peekable();
        sent.peek().is_none() || sent.any(|(known, ..)| known == file_type)
    }

    fn target(&self, file_type: Option<&str>) -> Option<String> {
        let of_type = self.types.iter().filter(|(known, ..)| file_type == Some(known)).find_map(|one| one.2.clone());
        of_type.or_else(|| self.types.iter().find_map(|one| one.2.clone()))
    }
}

/// A bank over SEPA Web Services.
pub(super) struct SepaBank {
    bank: SepaWebServicesBank,
    at_once: usize,
    codes: BankCodeLimits,
    time_limit: Duration,
    answer_timeout: Duration,
    rules: RenewalRules,
    /// By account and user id.
    users: Mutex<HashMap<(String, String), Arc<KnownBankUser>>>,
}

impl SepaBank {
    pub(super) fn new(name: Bank, bank: SepaWebServicesBank, config: &ReachedBankConfig) -> Self {
        Self {
            rules: config.renewal_rules(&bank),
            bank,
            at_once: config.certificates_at_once(),
            codes: config.code_limits(name),
            time_limit: config.time_limit(),
            answer_timeout: config.answer_timeout(),
            users: Mutex::default(),
        }
    }

    fn needs_target(&self) -> bool {
        self.bank.needs_target()
    }

    /// The options of a request with an id that is known before it is sent: the bank is asked by it.
    fn asking(&self) -> CallOptions {
        let request_id = self.bank.next_request_id();
        BankCallNotes::asked_with(&request_id);
        CallOptions { request_id: Some(request_id), ..CallOptions::default() }
    }

    fn client(
        &self,
        ws_user_id: &str,
        target_id: Option<String>,
        pair: Option<SigningMaterial>,
    ) -> Result<SepaWebServices, BankError> {
        let pair = pair.map(|pair| {
            let decrypting = pair.decrypting.into_iter().map(|one| (one.certificate, one.private_key)).collect();
            CustomerSigningPair::new(pair.certificate, pair.private_key)?.decrypting(decrypting)
        });
        let pair = pair.transpose().map_err(bank_error)?;
        let customer = SharedBankCustomer { customer_id: ws_user_id.to_owned(), target_id, pair };
        self.bank.customer(customer).map_err(bank_error)
    }

    /// A client for a request about files of a type.
    async fn of_connection(
        &self,
        at: &AccountBankConnection<'_>,
        file_type: Option<&str>,
    ) -> Result<SepaWebServices, BankError> {
        let target_id = self.target(at, file_type).await?;
        self.client(&at.set.ws_user_id, target_id, Some(self.pair(at).await?))
    }

    /// The pair of a connection, with the keys that decrypt if the bank encrypts.
    async fn pair(&self, at: &AccountBankConnection<'_>) -> Result<SigningMaterial, BankError> {
        if self.rules.decrypts { at.decrypting_pair().await } else { at.signing_pair() }
    }

    /// The target id of requests about files of a type, if the bank needs one.
    async fn target(
        &self,
        at: &AccountBankConnection<'_>,
        file_type: Option<&str>,
    ) -> Result<Option<String>, BankError> {
        Ok(if self.needs_target() {
            let told = match (self.user(at).await, &at.set.target_id) {
                (Ok(user), _) => user.target(file_type),
                // The one that it has told before.
                (Err(_), Some(_)) => None,
                (Err(error), None) => return Err(error),
            };
            Some(told.or_else(|| at.set.target_id.clone()).ok_or(BankError::TargetId)?)
        } else {
            at.set.target_id.clone()
        })
    }

    fn remembered(&self, at: &AccountBankConnection<'_>) -> Option<Arc<KnownBankUser>> {
        let users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        let known = users.get(&(at.scope.email.clone(), at.set.ws_user_id.clone()))?;
        (known.asked.elapsed() < KNOWN_FOR).then(|| Arc::clone(known))
    }

    /// The user's rights: as the bank has told of late, or as it tells now.
    async fn user(&self, at: &AccountBankConnection<'_>) -> Result<Arc<KnownBankUser>, BankError> {
        match self.remembered(at) {
            Some(user) => Ok(user),
            None => self.ask_user(at).await,
        }
    }

    async fn ask_user(&self, at: &AccountBankConnection<'_>) -> Result<Arc<KnownBankUser>, BankError> {
        let client = self.client(&at.set.ws_user_id, None, Some(self.pair(at).await?))?;
        let told = client
            .get_user_info_with(GetUserInfoRequest::new(), &self.asking())
            .await
            .map_err(|error| refused(at, error))?;
        BankCallNotes::answered(&told.answer);
        let types = told.user_file_types.into_iter().filter_map(|one| {
            let is_sent = one.direction == Some(FileDirection::Upload);
            Some((one.file_type?, is_sent, one.target_id))
        });
        let user = Arc::new(KnownBankUser { asked: Instant::now(), types: types.collect() });
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        if users.len() >= USERS {
            users.clear();
        }
        users.insert((at.scope.email.clone(), at.set.ws_user_id.clone()), Arc::clone(&user));
        Ok(user)
    }

    async fn listed(
        &self,
        at: &AccountBankConnection<'_>,
        filter: &FileFilter,
        file_type: Option<String>,
    ) -> Result<Vec<BankFileDescriptor>, BankError> {
        let client = self.of_connection(at, file_type.as_deref()).await?;
        let mut request = ListBankFilesRequest::new();
        request.status = Some(match filter.status.as_deref() {
            Some("NEW") => FileStatusFilter::New,
            Some(_) => FileStatusFilter::Downloaded,
            None => FileStatusFilter::All,
        });
        request.file_type = file_type;
        let listed = client.list_files_with(request, &self.asking()).await.map_err(|error| refused(at, error))?;
        BankCallNotes::answered(&listed.answer);
        Ok(listed.file_descriptors)
    }
}

impl BankChannel for SepaBank {
    fn list<'a>(
        &'a self,
        at: &'a AccountBankConnection<'a>,
        filter: &'a FileFilter,
    ) -> PendingBankAnswer<'a, Vec<BankFile>> {
        Box::pin(async move {
            let mut types = vec![filter.file_type.clone()];
            if filter.file_type.is_none() && self.bank.lists_one_type() {
                let user = self.user(at).await?;
                let fetched = user.types.iter().filter(|(_, is_sent, _)| !is_sent);
                types = fetched.map(|(file_type, ..)| Some(file_type.clone())).collect();
                if types.len() > TYPES {
                    // Nothing is left out in silence.
                    return Err(BankError::Parameter("FileType"));
                }
            }
            let mut all = Vec::new();
            for file_type in types {
                all.extend(self.listed(at, filter, file_type).await?.into_iter().map(bank_file));
            }
            all.sort_by(|a: &BankFile, b: &BankFile| (a.created, &a.reference).cmp(&(b.created, &b.reference)));
            Ok(all)
        })
    }

    fn download<'a>(
        &'a self,
        at: &'a AccountBankConnection<'a>,
        file_type: &'a str,
        reference: &'a str,
    ) -> PendingBankAnswer<'a, BankFileDownload> {
        Box::pin(async move {
            let client = self.of_connection(at, Some(file_type)).await?;
            let mut request = DownloadBankFileRequest::new(reference.to_owned());
            request.file_type = Some(file_type.to_owned());
            let found = client.download_file_with(request, &self.asking()).await.map_err(|error| refused(at, error))?;
            BankCallNotes::answered(&found.answer);
            Ok(BankFileDownload { content: found.content, mark: false })
        })
    }

    fn upload_ids(&self, at: &AccountBankConnection<'_>) -> Option<UploadAtBank> {
        let customer_id = at.set.ws_user_id.clone();
        let request_timestamp = self.bank.next_timestamp(&customer_id).to_string();
        Some(UploadAtBank { customer_id, request_id: self.bank.next_request_id(), request_timestamp })
    }

    fn time_limit(&self) -> Duration {
        self.time_limit
    }

    fn upload_waits(&self) -> UploadWaits {
        UploadWaits { caller: self.time_limit, answer: self.answer_timeout }
    }

    fn upload<'a>(
        &'a self,
        at: &'a AccountBankConnection<'a>,
        file: &'a OutgoingFile<'a>,
    ) -> PendingBankAnswer<'a, ()> {
        Box::pin(async move {
            let (customer_id, request_id, time) = match &file.upload.at_bank {
                Some(UploadAtBank { customer_id, request_id, request_timestamp }) => {
                    let time = DocumentTime::read(request_timestamp);
                    let time = time.map_err(|why| BankError::NotSent(format!("the stored time {why}")))?;
                    (customer_id.clone(), request_id.clone(), time)
                }
                None => {
                    let customer_id = at.set.ws_user_id.clone();
                    let time = self.bank.next_timestamp(&customer_id);
                    (customer_id, self.bank.next_request_id(), time)
                }
            };
            let pair = self.pair(at).await?;
            let target_id = self.target(at, Some(&file.upload.file_type)).await?;
            let client = self.client(&customer_id, target_id, Some(pair))?;
            let content = match file.content {
                Content::Bytes(bytes) => Content::Bytes(bytes.clone()),
                Content::File { path, size } => Content::File { path: path.clone(), size: *size },
                _ => return Err(BankError::NotSent("an upload's content can be read once only".into())),
            };
            let mut request = UploadBankFileRequest::new(content, file.upload.file_type.clone());
            request.user_filename = Some(file.upload.file_name.chars().take(80).collect());
            let options = CallOptions {
                timeout: Some(self.answer_timeout),
                request_id: Some(request_id),
                ..CallOptions::default()
            };
            let taken = client.exchange_at::<UploadBankFile>(request, Some(time), &options).await;
            BankCallNotes::answered(&taken.map_err(|error| refused(at, error))?.answer);
            Ok(())
        })
    }

    fn delete<'a>(
        &'a self,
        at: &'a AccountBankConnection<'a>,
        file_type: &'a str,
        reference: &'a str,
    ) -> PendingBankAnswer<'a, ()> {
        Box::pin(async move {
            let client = self.of_connection(at, Some(file_type)).await?;
            let mut request = DeleteBankFileRequest::new(reference.to_owned());
            request.file_type = Some(file_type.to_owned());
            client.delete_file_with(request, &self.asking()).await.map(drop).map_err(|error| refused(at, error))
        })
    }

    fn renewal_rules(&self) -> RenewalRules {
        self.rules
    }

    fn renewals_at_once(&self) -> usize {
        self.at_once
    }

    fn certificate_request(
        &self,
        customer: &CertificateCustomer,
        key: &RsaPrivateKey,
    ) -> Result<CertificateRequest, BankError> {
        let profile = self.bank.profile();
        profile.certificate_request(&customer.ws_user_id, Some(&customer.company), key).map_err(bank_error)
    }

    fn issue<'a>(&'a self, order: &'a CertificateOrder<'a>) -> PendingBankAnswer<'a, CertificateOfBank> {
        Box::pin(async move {
            let (code, pair) = match &order.proof {
                CertificateProof::Code(code) => {
                    let code = self.bank.checked_code(&Secret::new(code.expose().to_owned())).map_err(bank_error)?;
                    (Some(code), None)
                }
                CertificateProof::Pair(pair) => (None, Some(pair.clone())),
            };
            let client = self.client(&order.customer.ws_user_id, None, pair)?;
            let issued = client.certificate_for(order.requests, code, &self.asking()).await;
            let issued = issued.map_err(bank_error)?;
            let signing = issued.signing.ok_or(BankError::Unparsable)?;
            let certificates = CertificateSet { signing, encryption: issued.encryption };
            Ok(CertificateOfBank { certificates, target_id: None, ledgers: Vec::new(), files: Vec::new() })
        })
    }

    fn try_pair<'a>(
        &'a self,
        customer: &'a CertificateCustomer,
        pair: &'a SigningMaterial,
    ) -> PendingBankAnswer<'a, PairTrial> {
        Box::pin(async move {
            let client = self.client(&customer.ws_user_id, customer.target_id.clone(), Some(pair.clone()))?;
            let tried = if self.needs_target() && customer.target_id.is_none() {
                client.get_user_info_with(GetUserInfoRequest::new(), &self.asking()).await.map(drop)
            } else {
                client.list_files_with(self.bank.trial(), &self.asking()).await.map(drop)
            };
            let Err(error) = tried else { return Ok(PairTrial::Taken) };
            let is_about_the_pair = error.row() == &errors::SIGNATURE_REFUSED;
            match bank_error(error) {
                BankError::Refused { code, text } if is_about_the_pair => {
                    Ok(PairTrial::Refused(format!("{code} {text}")))
                }
                other => Err(other),
            }
        })
    }

    fn target_id<'a>(&'a self, at: &'a AccountBankConnection<'a>) -> PendingBankAnswer<'a, Option<String>> {
        Box::pin(async move {
            if !self.needs_target() || at.set.target_id.is_some() {
                return Ok(None);
            }
            Ok(self.ask_user(at).await?.target(None))
        })
    }

    fn authorities(&self) -> PendingBankAnswer<'_, Vec<TrustedBankAuthority>> {
        Box::pin(async move {
            let anchors = self.bank.anchors(&CallOptions::default()).await.map_err(bank_error)?;
            let told = |(anchor, warning): (BankAnchor, _)| TrustedBankAuthority {
                ends_ms: anchor.not_after.as_ms(),
                warning,
            };
            Ok(anchors.into_iter().map(told).collect())
        })
    }

    fn code_limits(&self) -> Option<BankCodeLimits> {
        Some(self.codes)
    }

    fn counts_wrong_code(&self, refusal: &str) -> bool {
        codes::may_count_attempt(self.bank.profile().family, refusal)
    }

    fn ends_renewals(&self, refusal: &str) -> bool {
        codes::ends_renewals(self.bank.profile().family, refusal)
    }

    fn check_enrolment(&self, request: &CertificateEnrolment) -> Result<(), BankError> {
        let code = Secret::new(request.code.expose().to_owned());
        self.bank.checked_code(&code).map_err(|_| BankError::Parameter("Code"))?;
        self.bank
            .customer(SharedBankCustomer {
                customer_id: request.ws_user_id.as_str().to_owned(),
                target_id: None,
                pair: None,
            })
            .map_err(|_| BankError::Parameter("WsUserId"))?;
        let profile = self.bank.profile();
        let named = profile.certificate_name(request.ws_user_id.as_str(), Some(request.company.as_str()));
        named.map(drop).map_err(|error| match error.row() {
            known if known == &errors::NOT_OFFERED => BankError::NotOffered,
            _ => BankError::Parameter("Company"),
        })
    }

    fn check_upload<'a>(
        &'a self,
        at: &'a AccountBankConnection<'a>,
        upload: &'a NewUpload,
    ) -> PendingBankAnswer<'a, ()> {
        Box::pin(async move {
            if !self.needs_target() {
                return Ok(());
            }
            let user = match self.remembered(at) {
                Some(user) if user.may_send(&upload.file_type) || user.asked.elapsed() < REFUSED_BY => user,
                _ => match within(ASK_TIMEOUT.min(self.time_limit), Box::pin(self.ask_user(at))).await {
                    Ok(user) => user,
                    // The bank itself judges the file.
                    Err(_) => return Ok(()),
                },
            };
            if user.may_send(&upload.file_type) { Ok(()) } else { Err(BankError::Parameter("FileType")) }
        })
    }
}

/// An error of a call over a connection: the bank may have refused its certificate.
fn refused(at: &AccountBankConnection<'_>, error: Error) -> BankError {
    let error = bank_error(error);
    at.is_refused(&error);
    error
}

fn bank_file(file: BankFileDescriptor) -> BankFile {
    let status = match file.status {
        BankFileStatus::New => "NEW".to_owned(),
        BankFileStatus::Downloaded => "DLD".to_owned(),
        BankFileStatus::WaitingForProcessing => "WFP".to_owned(),
        BankFileStatus::WaitingForConfirmation => "WFC".to_owned(),
        BankFileStatus::Forwarded => "FWD".to_owned(),
        BankFileStatus::Deleted => "DEL".to_owned(),
        BankFileStatus::KeyedIn => "KIN".to_owned(),
        BankFileStatus::Other(word) => word,
        _ => String::new(),
    };
    BankFile {
        reference: file.file_reference,
        file_type: file.file_type,
        status,
        created: file.file_timestamp.as_ms(),
        service_id: file.service_id,
        target_id: file.target_id,
        size: 0,
    }
}
