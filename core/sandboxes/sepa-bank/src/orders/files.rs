//! Orders about files.

use std::collections::BTreeMap;

use bankchannel_foundation::{
    Error, Result,
    model::{Boundary, LongText, Timestamp},
    operation::HostedForm,
};
use bankchannel_server::{orders::PlainOrder, server_orders};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::known_family;
use crate::{
    service::SandboxSepaBank,
    state::{FileKind, SandboxChange, SandboxFile},
};

server_orders! {
    /// Orders about files.
    pub static FILE_ORDERS: SandboxSepaBank, "sepa-bank";

    /// Add files that customers can fetch.
    ///
    /// Also on a bank that was started without `control`.
    Seed("sepa_bank.seed", HostedForm { needs_control: false, ..HostedForm::at_top("seed") }):
        SeededBankFiles => AddedFiles, blocking SandboxSepaBank::add_files;

    /// List the files that there are.
    ///
    /// Those that customers have sent, and those they can fetch.
    ListFiles("sepa_bank.files", HostedForm { writes_nulls: true, ..HostedForm::at("files") }):
        PlainOrder => ListedSandboxFiles, blocking SandboxSepaBank::list_files;

    /// Add files that customers can fetch.
    ///
    /// As `seed`.
    AddFiles("sepa_bank.add_files", HostedForm { given: &["files"], ..HostedForm::at("files") }):
        SeededBankFiles => AddedFiles, blocking SandboxSepaBank::add_files;

    /// List the documents that the bank has received lately.
    ///
    /// The last hundred, oldest first: the requests inside of the envelopes, decrypted where they were encrypted, whether they
    /// were believed or not. Customers' codes are left out.
    ListDocuments("sepa_bank.documents", HostedForm { writes_nulls: true, ..HostedForm::at("documents") }):
        PlainOrder => ReceivedDocuments, blocking SandboxSepaBank::list_documents;

    /// Count the messages with a file that each customer has sent.
    ///
    /// Refused ones count, too.
    CountUploads("sepa_bank.uploads", HostedForm::at("uploads")):
        PlainOrder => CountedUploads, blocking SandboxSepaBank::count_uploads;
}

/// The documents that were received.
#[derive(Boundary)]
#[non_exhaustive]
pub struct ReceivedDocuments {
    /// The documents, oldest first.
    pub documents: Vec<ReceivedDocument>,
}

/// A document that was received.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ReceivedDocument {
    /// The family of the bank that has received it.
    pub family: String,
    /// The operation, `-` if it is not known.
    pub operation: String,
    /// The RequestId in the envelope.
    pub request_id: String,
    /// The beginning of the document, at most 16 KiB: the encrypted one where the bank could not decrypt it.
    pub document: String,
    /// How many bytes of it are left out; absent if none.
    pub left_out: Option<u64>,
}

/// The maximum length of a file type, in characters.
const FILE_TYPE_MAX: usize = 40;

/// Files to add.
#[derive(Boundary)]
#[non_exhaustive]
pub struct SeededBankFiles {
    /// The files; at least one.
    pub files: Vec<SeededBankFile>,
}

/// A file to add.
#[derive(Boundary)]
#[non_exhaustive]
pub struct SeededBankFile {
    /// The bank's family.
    pub family: String,
    /// The customer who can fetch it.
    pub customer_id: String,
    /// The file type, 1 to 40 characters.
    pub file_type: String,
    /// The content as text; or `content_base64`.
    pub content: Option<LongText>,
    /// The content as base64; or `content`.
    pub content_base64: Option<LongText>,
    /// The target id. Default: the customer's.
    pub target_id: Option<String>,
    /// The service id.
    pub service_id: Option<String>,
    /// The file name that the customer sees.
    pub user_filename: Option<String>,
    /// Seconds from now until it appears; less than 0: it has been there for so long. Default: 0.
    pub appears_in_s: Option<i64>,
    /// Whether the customer may delete it. Default: false.
    pub deletable: Option<bool>,
}

/// Files that were added.
#[derive(Boundary)]
#[non_exhaustive]
pub struct AddedFiles {
    /// Their references, in the order of the request.
    pub files: Vec<String>,
}

/// The files that there are.
#[derive(Boundary)]
#[non_exhaustive]
pub struct ListedSandboxFiles {
    /// The files, oldest first.
    pub files: Vec<ListedFile>,
}

/// A file of the bank.
#[derive(Boundary)]
#[non_exhaustive]
pub struct ListedFile {
    /// The reference.
    pub reference: String,
    /// The bank's family.
    pub family: String,
    /// The customer.
    pub customer_id: String,
    /// Who has made it.
    pub kind: FileKind,
    /// The file type.
    pub file_type: String,
    /// The file name that the customer sees.
    pub user_filename: Option<String>,
    /// The reference of the upload that it answers.
    pub parent: Option<String>,
    /// When it appears.
    pub at: Timestamp,
    /// Whether it was fetched.
    pub downloaded: bool,
    /// Whether it was deleted.
    pub deleted: bool,
    /// The size in bytes.
    pub bytes: u64,
    /// Of an upload, the SHA-256 of its content, in hex.
    pub sha256: String,
}

/// The messages with a file that customers have sent.
#[derive(Boundary)]
#[non_exhaustive]
pub struct CountedUploads {
    /// Their number, by family and customer id: `op/1000022211`.
    pub uploads: BTreeMap<String, u64>,
}

impl SandboxSepaBank {
    fn add_files(&self, new: SeededBankFiles) -> Result<AddedFiles> {
        if new.files.is_empty() {
            return Err(Error::invalid_field("files", "is an empty list: it orders nothing"));
        }
        let added = new.files.into_iter().map(|file| self.add_file(file)).collect::<Result<_>>()?;
        Ok(AddedFiles { files: added })
    }

    fn add_file(&self, new: SeededBankFile) -> Result<String> {
        known_family(&new.family)?;
        if !(1..=FILE_TYPE_MAX).contains(&new.file_type.chars().count()) {
            let why = format!("must have 1 to {FILE_TYPE_MAX} characters, as the schema of the bank's messages has it");
            return Err(Error::invalid_field("file_type", why));
        }
        let bytes = match (new.content, new.content_base64) {
            (Some(text), None) => text.0.into_bytes(),
            (None, Some(text)) => {
                STANDARD.decode(text.0).map_err(|_| Error::invalid_field("content_base64", "is not standard base64"))?
            }
            _ => return Err(Error::invalid_field("content", "must be given, or content_base64")),
        };
        let after_ms = new.appears_in_s.unwrap_or_default().saturating_mul(1000);
        self.state.change(|state| {
            let customer = state.customer(&new.family, &new.customer_id);
            let customer =
                customer.ok_or_else(|| Error::invalid_field("customer_id", "is no customer of this family"))?;
            let reference = format!("{:011}", 31_000_000_000 + state.references);
            self.state.store(&reference, &bytes)?;
            let file = SandboxFile {
                reference: reference.clone(),
                target_id: new.target_id.or_else(|| customer.target_id.clone()),
                family: new.family,
                customer_id: new.customer_id,
                kind: FileKind::Download,
                file_type: new.file_type,
                user_filename: new.user_filename,
                service_id: new.service_id,
                parent: None,
                at_ms: self.scenario_ms().saturating_add(after_ms),
                downloaded_ms: None,
                deleted: false,
                deletable: new.deletable == Some(true),
                sha256: String::new(),
                bytes: bytes.len() as u64,
            };
            Ok::<_, Error>((reference, vec![SandboxChange::File(file)]))
        })
    }

    fn list_files(&self, _: PlainOrder) -> Result<ListedSandboxFiles> {
        let listed = |file: &SandboxFile| ListedFile {
            reference: file.reference.clone(),
            family: file.family.clone(),
            customer_id: file.customer_id.clone(),
            kind: file.kind,
            file_type: file.file_type.clone(),
            user_filename: file.user_filename.clone(),
            parent: file.parent.clone(),
            at: Timestamp::from_ms(file.at_ms),
            downloaded: file.downloaded_ms.is_some(),
            deleted: file.deleted,
            bytes: file.bytes,
            sha256: file.sha256.clone(),
        };
        Ok(self.state.read(|state| ListedSandboxFiles { files: state.files.iter().map(listed).collect() }))
    }

    fn list_documents(&self, _: PlainOrder) -> Result<ReceivedDocuments> {
        Ok(ReceivedDocuments { documents: self.received.all() })
    }

    fn count_uploads(&self, _: PlainOrder) -> Result<CountedUploads> {
        Ok(self.state.read(|state| CountedUploads { uploads: state.uploads.clone() }))
    }
}
