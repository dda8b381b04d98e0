//! Every operation of the protocol, one file each, in one folder per subject.
//!
//! To add an operation, add its file, its `pub mod` line in the subject's `mod.rs`, and its name in the list below. The
//! catalogue, the client's methods, the generic call and the server's router are built from this list.

pub mod account;
pub mod certs;
pub mod files;
pub mod integrator;
pub mod pgp;
pub mod session;

use crate::WsChannelTerms as Terms;

/// Passes the list of operations to a macro: `exchange subject::file::Type;` and `local subject::file::Type;`.
#[macro_export]
macro_rules! for_each_operation {
    ($callback:path) => {
        $callback! {
            exchange account::init_register::InitRegister;
            exchange account::register::Register;
            exchange account::verify_phone::VerifyPhone;
            exchange account::verify_email::VerifyEmail;
            exchange account::init_password_reset::InitPasswordReset;
            exchange account::password_reset::PasswordReset;
            exchange session::init_login::InitLogin;
            exchange session::login::Login;
            exchange session::login_mfa::LoginMfa;
            exchange session::select_mfa::SelectMfa;
            exchange session::verify_totp::VerifyTotp;
            exchange session::logout::Logout;
            exchange certs::list_certs::ListCerts;
            exchange certs::config_certs::ConfigCerts;
            exchange certs::share_certs::ShareCerts;
            exchange certs::unshare_certs::UnshareCerts;
            exchange certs::export_cert::ExportCert;
            exchange certs::enroll_cert::EnrollCert;
            exchange certs::import_cert::ImportCert;
            exchange certs::retire_cert::RetireCert;
            exchange files::list_files::ListFiles;
            exchange files::upload_file::UploadFile;
            exchange files::download_file::DownloadFile;
            exchange files::delete_file::DeleteFile;
            exchange files::list_uploads::ListUploads;
            exchange integrator::list_accounts::ListAccounts;
            exchange integrator::delete_account::DeleteAccount;
            exchange pgp::list_keys::ListKeys;
            exchange pgp::upload_key::UploadKey;
            exchange pgp::delete_key::DeleteKey;
            local session::encrypt_password::EncryptPassword;
            local session::totp_code::TotpCode;
            local pgp::generate_key::GenerateKey;
            local pgp::inspect_key::InspectKey;
            local pgp::sign_file::SignFile;
            local pgp::verify_file::VerifyFile;
            local pgp::encrypt_for_export::EncryptForExport;
            local pgp::decrypt_exported_key::DecryptExportedKey;
            local files::check_payment_file::CheckPaymentFile;
        }
    };
}

for_each_operation!(bankchannel_foundation::operation_lists);
