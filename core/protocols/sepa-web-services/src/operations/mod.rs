//! Every operation of the protocol, one file each, in one folder per subject.
//!
//! To add an operation, add its file, its `pub mod` line in the subject's `mod.rs`, and its name in the list below.

pub mod certificates;
pub mod files;
pub mod profiles;
pub mod users;
pub mod verification;

use bankchannel_foundation::{operation::OperationKind, prelude::*};

use crate::{PROTOCOL, codec::SepaWebServicesTerms as Terms, errors};

/// The command group of all its operations.
const GROUP: &str = "sepa";

/// Passes the list of operations to a macro: `exchange subject::file::Type;` and `local subject::file::Type;`.
#[macro_export]
macro_rules! for_each_operation {
    ($callback:path) => {
        $callback! {
            exchange files::upload_file::UploadBankFile;
            exchange files::list_files::ListBankFiles;
            exchange files::download_file::DownloadBankFile;
            exchange files::delete_file::DeleteBankFile;
            exchange users::get_user_info::GetUserInfo;
            exchange certificates::request_certificate::RequestBankCertificate;
            exchange certificates::renew_certificate::RenewBankCertificate;
            exchange certificates::get_bank_certificates::GetBankCertificates;
            exchange certificates::list_own_certificates::ListOwnCertificates;
            exchange certificates::revoke_certificate::RevokeCertificate;
            local verification::verify_message::VerifyMessage;
            local verification::explain_message::ExplainMessage;
            local profiles::list_profiles::ListProfiles;
            local certificates::make_certificate_request::MakeCertificateRequest;
        }
    };
}

for_each_operation!(bankchannel_foundation::operation_lists);

/// The errors of an exchange without content.
pub(crate) const EXCHANGE_ERRORS: &[&ErrorRow] = &[
    &errors::NOT_OFFERED,
    &errors::TOKEN_FAILED,
    &errors::FAULT,
    &errors::ANSWER_SIGNATURE,
    &errors::ANSWER_NOT_TRUSTED,
    &errors::ANSWER_NOT_DECRYPTED,
    &errors::BANK_CERTIFICATE_MISSING,
    &errors::REVOCATION_UNKNOWN,
    &errors::ANSWER_STALE,
    &errors::SIGNATURE_REFUSED,
    &errors::AGREEMENT_REFUSED,
    &errors::REFUSED,
    &errors::BANK_FAILED,
];

/// The statuses of faults.
const FAILURES: &[u16] = &[404, 405, 413, 415, 500, 503];

/// The declaration of an exchange with a service of the bank.
pub(crate) const fn exchange(name: &'static str, subject: &'static str) -> Declaration {
    Declaration { group: Some(GROUP), ..Declaration::new(OperationKind::Exchange, PROTOCOL, subject, name) }
}

/// The route of an exchange that changes nothing: all have the address of their service, and the command in the message
/// tells them apart.
pub(crate) const fn reading(wire_name: &'static str) -> Route {
    Route {
        wire_name,
        method: Method::Post,
        path: "/",
        parameters: Parameters::Body,
        success: 200,
        failures: FAILURES,
        repeat: Repeat::Safe,
        audited: false,
        timeout_s: 120,
        request_content: None,
        response_content: None,
    }
}

/// The declaration of a local operation.
pub(crate) const fn local(name: &'static str, subject: &'static str) -> Declaration {
    Declaration { group: Some(GROUP), ..Declaration::new(OperationKind::Local, PROTOCOL, subject, name) }
}
