//! Operations composed of others: each drives several exchanges in one call, and may ask questions meanwhile.
//!
//! To add a flow, add its file, its `pub mod` line and its name in the list below. The catalogue, the client's methods
//! and the generic call are built from this list.

pub(super) mod begin_log_in;
pub(super) mod continue_log_in;
pub(super) mod download_new_files;
pub(super) mod enrol_totp;
pub(super) mod export_session;
pub(super) mod import_session;
pub(super) mod log_in;
pub(super) mod register_account;
pub(super) mod reset_password;
pub(super) mod session_state;
pub(super) mod sign_and_upload;
pub(super) mod upload_and_wait;

mod driver;
mod fetch;
mod password_rule;
mod paused;
mod signing;
mod steps;

use bankchannel_foundation::{
    operation::{Ask, OperationKind},
    prelude::*,
};
use bankchannel_ws_channel::PROTOCOL;
pub use download_new_files::DownloadedFile;
pub use fetch::file_name;
pub use paused::{LogInProgress, NeedsChoice, NeedsCode};
pub use signing::FileToSign;

pub(super) use crate::client::Flow;

/// Passes the list of flows to a macro.
macro_rules! for_each_flow {
    ($callback:ident) => {
        $callback! {
            register_account::RegisterAccount;
            log_in::LogIn;
            begin_log_in::BeginLogIn;
            continue_log_in::ContinueLogIn;
            enrol_totp::EnrolTotp;
            reset_password::ResetPassword;
            session_state::SessionState;
            export_session::ExportSession;
            import_session::ImportSession;
            sign_and_upload::SignAndUpload;
            upload_and_wait::UploadAndWait;
            download_new_files::DownloadNewFiles;
        }
    };
}
pub(super) use for_each_flow;

/// The declaration of a flow.
const fn flow(name: &'static str, subject: &'static str) -> Declaration {
    Declaration { asks: &[Ask::Person], ..Declaration::new(OperationKind::Flow, PROTOCOL, subject, name) }
}

/// Marks a flow that may ask for signatures by the keys of `signing_certificate`.
const fn asking_for_signatures(declaration: Declaration) -> Declaration {
    Declaration { asks: &[Ask::Person, Ask::Signature { of: Some("signing_certificate") }], ..declaration }
}
