//! Files of this protocol, as needed by the flows that all file channels share.

use std::time::Duration;

use bankchannel_foundation::{
    Error, Result,
    error::{ErrorRow, row},
    model::{Content, Date, Timestamp},
};
use bankchannel_iso20022::rules::ProfileOptions;
use bankchannel_sepa_web_services::{
    PROTOCOL,
    codes::meaning_of,
    errors,
    model::{BankFileDescriptor, BankFileStatus, FileStatusFilter},
    operations::files::{
        download_file::{DownloadBankFile, DownloadBankFileRequest},
        list_files::{ListBankFiles, ListBankFilesRequest},
    },
    profile::BankFileKind,
};

use crate::{
    ContentDestination, call,
    file_channel::{ChannelFile, FileChannel, ListedFiles, ledger::LedgerFile, waiting::AnswerRegistry},
    sepa_web_services::SepaWebServices,
};

/// The maximum length of a file type, in characters (§2.1).
const FILE_TYPE_MAX: usize = 40;

/// The steps of one flow.
pub(super) type FileFlowSteps<'a> = crate::file_channel::steps::ChannelFlowSteps<'a, SepaWebServices>;

/// Where the files of a call are.
#[derive(Debug, Clone, Default)]
pub(crate) struct BankFilePlace {
    /// The part of the agreement; that of the settings without a value.
    pub(crate) target_id: Option<String>,
    /// Only files of this type.
    pub(crate) file_type: Option<String>,
    /// Only files made on this day or later.
    pub(crate) start_date: Option<Date>,
    /// Which files count as wanted.
    pub(crate) status: FileStatusFilter,
}

impl ChannelFile for BankFileDescriptor {
    const REFERENCE_UNSAFE: &'static ErrorRow = &errors::REFERENCE_UNSAFE;

    fn file_type(&self) -> &str {
        &self.file_type
    }

    fn file_reference(&self) -> &str {
        &self.file_reference
    }

    fn file_timestamp(&self) -> &str {
        self.file_timestamp.as_str()
    }

    fn of_ledger(begun: &LedgerFile) -> Option<Self> {
        Some(Self::new(
            begun.file_reference.clone(),
            begun.file_type.clone(),
            Timestamp::new(&begun.file_timestamp).ok()?,
            BankFileStatus::Downloaded,
        ))
    }
}

impl FileChannel for SepaWebServices {
    type File = BankFileDescriptor;
    type Place = BankFilePlace;

    const CHANNEL: &'static str = PROTOCOL;
    const UPLOAD_REPEATED: &'static ErrorRow = &errors::UPLOAD_REPEATED;
    const ANSWER_NOT_FOUND: &'static ErrorRow = &errors::ANSWER_NOT_FOUND;
    const PAYMENT_REJECTED: &'static ErrorRow = &errors::PAYMENT_REJECTED;
    const FILE_GONE: &'static ErrorRow = &errors::FILE_NOT_FOUND;
    // By its reference, whatever a list shows.
    const GIVES_UNLISTED: bool = true;

    fn flow_limit(&self) -> Option<Duration> {
        None
    }

    fn exchange_limit(&self, own_s: u32) -> Duration {
        call::limit(self.0.ready.exchange_timeout(), own_s)
    }

    fn bank_name(&self, _: &BankFilePlace) -> String {
        let name = self.0.sender.as_ref().and_then(|sender| sender.connection.profile.bank_name());
        name.unwrap_or("bank").to_owned()
    }

    fn place_name(&self, place: &BankFilePlace) -> String {
        let sender = self.0.sender.as_ref().map(|sender| &sender.connection);
        let environment = sender.map(|to| to.environment).unwrap_or_default();
        let target = place.target_id.as_deref().or_else(|| sender?.target_id.as_deref()).unwrap_or_default();
        format!("{}/{environment:?}/{target}", self.bank_name(place))
    }

    fn user(&self) -> Option<String> {
        self.0.sender.as_ref().map(|sender| sender.connection.customer_id.clone())
    }

    fn place_of_type(place: &BankFilePlace, file_type: &str) -> Result<BankFilePlace> {
        if !(1..=FILE_TYPE_MAX).contains(&file_type.chars().count()) {
            let why = format!("names a type that is empty or has more than {FILE_TYPE_MAX} characters");
            return Err(Error::invalid_field("wait_for", why));
        }
        Ok(BankFilePlace { file_type: Some(file_type.to_owned()), ..place.clone() })
    }

    fn answers(&self) -> &AnswerRegistry<BankFileDescriptor> {
        &self.0.answers
    }

    async fn list(
        steps: &FileFlowSteps<'_>,
        place: &BankFilePlace,
        which: ListedFiles,
    ) -> Result<Vec<BankFileDescriptor>> {
        let types = match &place.file_type {
            None => steps.client.types_to_list(),
            Some(_) => Vec::new(),
        };
        if types.is_empty() {
            return list_one(steps, place, place.file_type.clone(), which).await;
        }
        let (mut files, mut refused, mut is_any) = (Vec::new(), None, false);
        for file_type in types {
            match list_one(steps, place, Some(file_type), which).await {
                Ok(found) => {
                    is_any = true;
                    files.extend(found);
                }
                // The agreement need not have all types of the bank.
                Err(error) if is_other_type(&error) => refused = Some(error),
                Err(error) => return Err(error),
            }
        }
        match refused {
            Some(error) if !is_any => Err(error),
            _ => Ok(files),
        }
    }

    async fn download(
        steps: &FileFlowSteps<'_>,
        place: &BankFilePlace,
        file: &BankFileDescriptor,
        destination: ContentDestination,
    ) -> Result<Content> {
        let mut request = DownloadBankFileRequest::new(file.file_reference.clone());
        request.file_type = Some(file.file_type.clone()).filter(|file_type| !file_type.is_empty());
        request.target_id = place.target_id.clone();
        let options = steps.exchange_options::<DownloadBankFile>(destination);
        Ok(steps.client.exchange::<DownloadBankFile>(request, &options).await?.content)
    }

    fn is_worth_another(error: &Error) -> bool {
        error.row() == &row::PEER_PROTOCOL || error.row() == &errors::BANK_FAILED
    }

    /// The bank has just taken a file with the same agreement and certificate.
    fn passes(error: &Error) -> bool {
        [&errors::BANK_FAILED, &errors::FAULT, &errors::REVOCATION_UNKNOWN].contains(&error.row())
    }

    /// Neither the agreement nor the certificate is another for the next file.
    fn ends_all(error: &Error) -> bool {
        [&errors::AGREEMENT_REFUSED, &errors::SIGNATURE_REFUSED, &errors::TOKEN_FAILED].contains(&error.row())
    }
}

/// Code 20: the type of the file is not valid, code 25: it is not allowed.
fn is_other_type(error: &Error) -> bool {
    let code = error.peer().and_then(|peer| peer.code.as_deref()).and_then(meaning_of);
    error.row() == &errors::REFUSED && code.is_some_and(|code| matches!(code.number, 20 | 25))
}

/// One list, of all types or of one.
async fn list_one(
    steps: &FileFlowSteps<'_>,
    place: &BankFilePlace,
    file_type: Option<String>,
    which: ListedFiles,
) -> Result<Vec<BankFileDescriptor>> {
    let mut request = ListBankFilesRequest::new();
    request.target_id = place.target_id.clone();
    request.file_type = file_type;
    request.start_date = place.start_date;
    request.status = Some(match which {
        ListedFiles::Wanted => place.status,
        ListedFiles::All => FileStatusFilter::All,
    });
    let options = steps.exchange_options::<ListBankFiles>(ContentDestination::Memory);
    Ok(steps.client.exchange::<ListBankFiles>(request, &options).await?.file_descriptors)
}

impl SepaWebServices {
    /// The types of files to fetch at a bank that lists one type at a time, by its profile; none at other banks.
    fn types_to_list(&self) -> Vec<String> {
        let Some(sender) = &self.0.sender else { return Vec::new() };
        let profile = &sender.connection.profile;
        if profile.requires_file_type == Some(true) { profile.file_types_to_fetch() } else { Vec::new() }
    }

    /// The client's bank's types of files of one kind, by its profile.
    pub(in crate::sepa_web_services) fn file_types(&self, kind: BankFileKind) -> Vec<String> {
        self.0.sender.as_ref().map(|sender| sender.connection.profile.file_types_of(kind)).unwrap_or_default()
    }

    /// How the client's bank deviates from the common rules of payments.
    pub(in crate::sepa_web_services) fn payment_rules(&self) -> ProfileOptions {
        self.0.sender.as_ref().and_then(|sender| sender.connection.profile.payments.clone()).unwrap_or_default()
    }
}
