//! The document of a request, ApplicationRequest, in the order of its schema (§2.1).

use bankchannel_foundation::{
    Error,
    model::{Boundary, Date, Decimal},
};

use super::text::{check, element, environment_word};
use crate::{DOCUMENT_NAMESPACE, profile::BankEnvironment};

/// An operation of the file service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
pub enum FileCommand {
    /// Sends a file.
    #[boundary("upload_file")]
    UploadFile,
    /// Lists files.
    #[boundary("list_files")]
    DownloadFileList,
    /// Fetches a file.
    #[boundary("download_file")]
    DownloadFile,
    /// Deletes a file that was sent.
    #[boundary("delete_file")]
    DeleteFile,
    /// Lists a user's rights.
    #[boundary("get_user_info")]
    GetUserInfo,
}

impl FileCommand {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::UploadFile, Self::DownloadFileList, Self::DownloadFile, Self::DeleteFile, Self::GetUserInfo];

    /// The name in the document, case and all.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UploadFile => "UploadFile",
            Self::DownloadFileList => "DownloadFileList",
            Self::DownloadFile => "DownloadFile",
            Self::DeleteFile => "DeleteFile",
            Self::GetUserInfo => "GetUserInfo",
        }
    }

    /// The element in the Body of a request.
    #[must_use]
    pub const fn wrapper(self) -> &'static str {
        match self {
            Self::UploadFile => "uploadFilein",
            Self::DownloadFileList => "downloadFileListin",
            Self::DownloadFile => "downloadFilein",
            Self::DeleteFile => "deleteFilein",
            Self::GetUserInfo => "getUserInfoin",
        }
    }
}

/// The content of the document of a request.
#[derive(Debug, Clone)]
pub struct ApplicationRequest {
    /// The customer that signs it, at most 16 characters.
    pub customer_id: String,
    /// The operation.
    pub command: FileCommand,
    /// When it was made: UTC with `Z` and a fraction; no two of a customer are equal.
    pub timestamp: String,
    /// The first day of a list, included.
    pub start_date: Option<Date>,
    /// The last day of a list, included.
    pub end_date: Option<Date>,
    /// The status of a list's files, in the bank's word.
    pub status: Option<String>,
    /// The service or account, at most 256 characters.
    pub service_id: Option<String>,
    /// The environment.
    pub environment: BankEnvironment,
    /// References of files, at most 32 characters each.
    pub file_references: Vec<String>,
    /// The file's name in the customer's system, at most 80 characters.
    pub user_filename: Option<String>,
    /// The part of the agreement, at most 80 characters.
    pub target_id: Option<String>,
    /// Copied into the answer, at most 32 characters.
    pub execution_serial: Option<String>,
    /// Whether the content is to be compressed, if the caller has said so; the document carries `compression_method`.
    pub wants_compression: Option<bool>,
    /// The method by which the content is compressed, in the bank's word; `None` for none.
    pub compression_method: Option<String>,
    /// The sum of the file's amounts, for the bank to compare.
    pub amount_total: Option<Decimal>,
    /// The number of the file's transactions, for the bank to compare.
    pub transaction_count: Option<u64>,
    /// The program that makes it, at most 80 characters.
    pub software_id: String,
    /// The bank's type of the file, at most 40 characters.
    pub file_type: Option<String>,
    /// Whether it carries content.
    pub has_content: bool,
}

/// The text of a document around its content and its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentText {
    /// What comes before the content; all but the signature and the end tag, if there is none.
    pub before_content: String,
    /// What comes between the content and the signature.
    pub behind_content: &'static str,
}

impl DocumentText {
    /// The end tag of the root, behind the signature.
    pub const END: &'static str = "</ApplicationRequest>";
}

impl ApplicationRequest {
    /// A request of this customer with nothing but what every one has.
    #[must_use]
    pub fn new(command: FileCommand, customer_id: &str, timestamp: &str, software_id: &str) -> Self {
        Self {
            customer_id: customer_id.to_owned(),
            command,
            timestamp: timestamp.to_owned(),
            start_date: None,
            end_date: None,
            status: None,
            service_id: None,
            environment: BankEnvironment::Production,
            file_references: Vec::new(),
            user_filename: None,
            target_id: None,
            execution_serial: None,
            wants_compression: None,
            compression_method: None,
            amount_total: None,
            transaction_count: None,
            software_id: software_id.to_owned(),
            file_type: None,
            has_content: false,
        }
    }

    /// Writes the document, in canonical form: the default namespace on the root, no other, no blanks.
    ///
    /// # Errors
    /// `input.invalid_field`, naming the field that is empty, too long or holds a control character.
    pub fn write(&self) -> Result<DocumentText, Error> {
        let mut out = DocumentWriter(format!("<ApplicationRequest xmlns=\"{DOCUMENT_NAMESPACE}\">"));
        out.put("customer_id", "CustomerId", Some(&self.customer_id), 16)?;
        out.put("command", "Command", Some(self.command.name()), 32)?;
        out.put("timestamp", "Timestamp", Some(&self.timestamp), 40)?;
        let day = |date: &Option<Date>| date.as_ref().map(ToString::to_string);
        out.put("start_date", "StartDate", day(&self.start_date).as_deref(), 10)?;
        out.put("end_date", "EndDate", day(&self.end_date).as_deref(), 10)?;
        out.put("status", "Status", self.status.as_deref(), 10)?;
        out.put("service_id", "ServiceId", self.service_id.as_deref(), 256)?;
        out.put("environment", "Environment", Some(environment_word(self.environment)), 10)?;
        if !self.file_references.is_empty() {
            out.0.push_str("<FileReferences>");
            for reference in &self.file_references {
                out.put("file_reference", "FileReference", Some(reference), 32)?;
            }
            out.0.push_str("</FileReferences>");
        }
        out.put("user_filename", "UserFilename", self.user_filename.as_deref(), 80)?;
        out.put("target_id", "TargetId", self.target_id.as_deref(), 80)?;
        out.put("execution_serial", "ExecutionSerial", self.execution_serial.as_deref(), 32)?;
        if let Some(method) = &self.compression_method {
            out.put("compression", "Compression", Some("true"), 5)?;
            out.put("compression_method", "CompressionMethod", Some(method), 35)?;
        }
        let total = self.amount_total.as_ref().map(Decimal::as_str);
        out.put("amount_total", "AmountTotal", total, 40)?;
        let count = self.transaction_count.map(|count| count.to_string());
        out.put("transaction_count", "TransactionCount", count.as_deref(), 20)?;
        out.put("software_id", "SoftwareId", Some(&self.software_id), 80)?;
        out.put("file_type", "FileType", self.file_type.as_deref(), 40)?;
        if self.has_content {
            out.0.push_str("<Content>");
        }
        let behind_content = if self.has_content { "</Content>" } else { "" };
        Ok(DocumentText { before_content: out.0, behind_content })
    }
}

/// The text of a document as it is written.
struct DocumentWriter(String);

impl DocumentWriter {
    /// Writes an element, if it has a value.
    fn put(&mut self, field: &str, name: &str, value: Option<&str>, max: usize) -> Result<(), Error> {
        let Some(value) = value else { return Ok(()) };
        check(field, value, max).map(|()| element(&mut self.0, "", name, value))
    }
}
