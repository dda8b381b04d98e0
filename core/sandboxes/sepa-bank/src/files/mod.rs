//! Files: one handler per operation, at the operation's relative path.

pub(crate) mod bank_answers;
pub(crate) mod delete_file;
pub(crate) mod download_file;
pub(crate) mod list_files;
pub(crate) mod upload_file;

use bankchannel_foundation::model::Timestamp;
use bankchannel_sepa_web_services::model::{BankFileDescriptor, BankFileStatus};

use super::{
    examination::BankRequest,
    state::{FileKind, SandboxFile, StateData},
};

/// How long a file is kept once it has appeared, milliseconds: 90 days.
const KEPT_MS: i64 = 90 * 86_400_000;

/// A file as lists describe it.
fn described(file: &SandboxFile) -> BankFileDescriptor {
    let status = match () {
        () if file.deleted => BankFileStatus::Deleted,
        () if file.kind == FileKind::Upload => BankFileStatus::WaitingForProcessing,
        () if file.downloaded_ms.is_some() => BankFileStatus::Downloaded,
        () => BankFileStatus::New,
    };
    let target = file.target_id.clone().unwrap_or_else(|| "MLP".to_owned());
    let mut described =
        BankFileDescriptor::new(file.reference.clone(), file.file_type.clone(), Timestamp::from_ms(file.at_ms), status);
    described.target_id = Some(target);
    described.service_id.clone_from(&file.service_id);
    described.user_filename.clone_from(&file.user_filename);
    described.parent_file_reference.clone_from(&file.parent);
    described.last_download_timestamp = file.downloaded_ms.map(Timestamp::from_ms);
    described.deletable = Some(file.deletable && !file.deleted);
    described
}

/// The files of the customer that a request may see.
fn own_files<'s>(
    state: &'s StateData,
    family: &'s str,
    request: &'s BankRequest,
    now_ms: i64,
) -> impl Iterator<Item = &'s SandboxFile> {
    let customer = request.text("CustomerId").unwrap_or_default();
    state.files.iter().filter(move |file| {
        file.family == family
            && file.customer_id == customer
            && file.at_ms <= now_ms
            && now_ms - file.at_ms < KEPT_MS
            && !file.deleted
    })
}
