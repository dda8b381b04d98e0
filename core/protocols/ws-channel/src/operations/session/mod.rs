//! Logging in and out.

pub mod encrypt_password;
pub mod init_login;
pub mod login;
pub mod login_mfa;
pub mod logout;
pub mod select_mfa;
pub mod totp_code;
pub mod verify_totp;
