//! Registration, verification and password reset.

pub(crate) mod init_password_reset;
pub(crate) mod init_register;
pub(crate) mod password_reset;
pub(crate) mod register;
pub(crate) mod verify_email;
pub(crate) mod verify_phone;
