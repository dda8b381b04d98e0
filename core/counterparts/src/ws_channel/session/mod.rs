//! Logging in and out.

pub(crate) mod init_login;
pub(crate) mod login;
pub(crate) mod login_mfa;
pub(crate) mod logout;
pub(crate) mod select_mfa;
pub(crate) mod verify_totp;
