//! A customer's connection to a bank: who asks, as whom, and by which rules of the bank.

use bankchannel_foundation::{
    Error,
    model::{Date, Decimal, Object, Value},
};

use super::take_text;
use crate::{
    errors,
    profile::{BankEnvironment, ChannelProfile, TargetIdRule},
    request::{ApplicationRequest, FileCommand, RequestHeader},
};

/// A customer's connection to a bank.
#[derive(Debug, Clone)]
pub struct FileServiceConnection {
    /// The bank.
    pub profile: ChannelProfile,
    /// Which of its environments.
    pub environment: BankEnvironment,
    /// The customer, whose certificate signs documents.
    pub customer_id: String,
    /// The sender, whose certificate signs envelopes.
    pub sender_id: String,
    /// The part of the agreement, for requests that name none.
    pub target_id: Option<String>,
    /// The bank, as the header of requests names it.
    pub receiver_id: String,
    /// The language of the bank's texts: `EN`, `FI`, `SV`.
    pub language: String,
    /// The program: at most 80 characters.
    pub software_id: String,
}

/// Longest name of a program in the header, characters.
const USER_AGENT_MOST: usize = 35;

impl FileServiceConnection {
    /// The header of a request with this id, made at this time.
    #[must_use]
    pub fn header(&self, request_id: &str, timestamp: &str) -> RequestHeader {
        RequestHeader {
            sender_id: self.sender_id.clone(),
            request_id: request_id.to_owned(),
            timestamp: timestamp.to_owned(),
            language: self.language.clone(),
            user_agent: self.software_id.chars().take(USER_AGENT_MOST).collect(),
            receiver_id: self.receiver_id.clone(),
        }
    }

    /// The document of a request with these fields. It has no time yet.
    pub(super) fn document(
        &self,
        command: FileCommand,
        mut fields: Object<'static>,
    ) -> Result<ApplicationRequest, Error> {
        self.check_offered(command)?;
        let missing = |field: &str, why: &str| Error::missing_field(field, format!("{field} is missing: {why}"));
        let (mut text, profile) = (|name: &str| take_text(&mut fields, name), &self.profile);
        let is_list = command == FileCommand::DownloadFileList;
        let status = match text("Status").as_deref() {
            Some("DLD") => Some(profile.status_downloaded.clone().unwrap_or_else(|| "DLD".to_owned())),
            Some(status) => Some(status.to_owned()),
            None if profile.requires_status == Some(true) && (is_list || command == FileCommand::DownloadFile) => {
                Some("ALL".to_owned())
            }
            None => None,
        };
        let file_type = text("FileType");
        let needs_type = is_list || command == FileCommand::DownloadFile;
        if needs_type && file_type.is_none() && profile.requires_file_type == Some(true) {
            return Err(missing("file_type", "this bank lists and gives files of one type at a time"));
        }
        let own_target = text("TargetId").or_else(|| self.target_id.clone());
        let target_id = match profile.target_id {
            Some(TargetIdRule::Unused) => None,
            _ if command == FileCommand::GetUserInfo => None,
            Some(TargetIdRule::Required) if own_target.is_none() => {
                return Err(missing("target_id", "this bank keeps files by the parts of an agreement"));
            }
            _ => own_target,
        };
        let day = |day: Option<String>| day.map(|day| day.parse::<Date>()).transpose();
        let mut document = ApplicationRequest::new(command, &self.customer_id, "", &self.software_id);
        document.environment = self.environment;
        (document.start_date, document.end_date) = (day(text("StartDate"))?, day(text("EndDate"))?);
        if let (Some(first), Some(last)) = (&document.start_date, &document.end_date)
            && first > last
        {
            return Err(Error::invalid_field("start_date", "is after end_date"));
        }
        document.status = status;
        document.service_id = text("ServiceId");
        document.user_filename = text("UserFilename");
        document.target_id = target_id;
        document.execution_serial = text("ExecutionSerial");
        document.amount_total = text("AmountTotal").as_deref().map(Decimal::new).transpose()?;
        document.file_type = file_type;
        document.file_references.extend(text("FileReferences"));
        document.transaction_count = match fields.get("TransactionCount") {
            Some(Value::Number(number)) => number.as_u64(),
            _ => None,
        };
        document.wants_compression = match fields.get("Compression") {
            Some(Value::Bool(wanted)) => Some(*wanted),
            _ => None,
        };
        Ok(document)
    }

    /// Whether the bank offers an operation.
    fn check_offered(&self, command: FileCommand) -> Result<(), Error> {
        match &self.profile.operations {
            Some(offered) if !offered.contains(&command) => {
                let bank = self.profile.bank_name().unwrap_or("this bank");
                Err(Error::because(&errors::NOT_OFFERED, format!("{bank} does not offer {}", command.name())))
            }
            _ => Ok(()),
        }
    }
}
