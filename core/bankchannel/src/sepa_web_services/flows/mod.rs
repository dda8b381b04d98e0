//! Operations composed of others: new files fetched with a ledger, a file sent and its answers awaited, an upload without
//! an answer settled.
//!
//! To add a flow, add its file, its `pub mod` line and its name in the list below. The catalogue, the client's methods
//! and the generic call are built from this list.

pub(super) mod download_new_files;
pub(super) mod settle_upload;
pub(super) mod upload_and_wait;

mod channel;

use bankchannel_foundation::{Declaration, OperationDocs, OperationKind, error::ErrorRow};
use bankchannel_sepa_web_services::PROTOCOL;

pub(super) use crate::client::Flow;

/// Passes the list of flows to a macro.
macro_rules! for_each_flow {
    ($callback:ident) => {
        $callback! {
            download_new_files::DownloadNewBankFiles;
            upload_and_wait::UploadBankFileAndWait;
            settle_upload::SettleBankUpload;
        }
    };
}
pub(super) use for_each_flow;

/// Builds the declaration of a flow.
const fn flow(name: &'static str, docs: OperationDocs, errors: &'static [&'static ErrorRow]) -> Declaration {
    Declaration { group: Some("sepa"), ..Declaration::new(OperationKind::Flow, PROTOCOL, "files", name, docs, errors) }
}
