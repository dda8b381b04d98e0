//! A private key in an HSM, on a smart card or in another token, over PKCS#11 (OASIS, 2.40 and 3.x): it signs
//! or decrypts, and never leaves the token.
//!
//! ```text
//!   Pkcs11Settings ─► Module   the maker's library, loaded at run time, once per process
//!                        └─► Login    a session with the PIN, the key in it
//!                               └─► Token   signs, decrypts; logs in again after the session was lost or the process was forked
//! ```
//!
//! The C interface is the `cryptoki` crate's; this crate has no unsafe code.

mod error;
mod key;
mod login;
mod module;
mod pins;
mod settings;
mod token;
mod wait;

pub use error::TokenError;
pub use settings::Pkcs11Settings;
pub use token::SigningToken;

/// The result of this crate's operations.
pub type Result<T, E = TokenError> = std::result::Result<T, E>;
