//! Registration, verification and password reset.

pub mod init_password_reset;
pub mod init_register;
pub mod password_reset;
pub mod register;
pub mod verify_email;
pub mod verify_phone;
