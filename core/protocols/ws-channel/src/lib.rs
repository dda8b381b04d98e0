//! The ISECure WS Channel protocol: typed requests and responses to HTTP messages and back. No I/O.
//!
//! ```text
//!   account   InitRegister → Register ─┬─ VerifyPhone ── VerifyEmail        (admin first, then data)
//!   session   InitLogin → Login ───────┴─ [SelectMFA] ── LoginMFA ── … ── Logout
//!                              data mode: no MFA          │
//!   certs     EnrollCert / ImportCert, share, export ◄────┤ admin mode
//!   pgp       UploadKey (authorize, export) ◄─────────────┘
//!   files     UploadFile (signed) ── ListFiles ── DownloadFile              (data mode)
//! ```
//!
//! Each operation is one file in [`operations`]: request, response, declaration. The codec reads and writes all of them
//! from their declarations. [`errors`] has this protocol's rows of the error table and the service's exact texts;
//! [`login`] is the state machine of a login.
//!
//! Section numbers in the documentation (`§2.8`) are those of docs/protocols/ws-channel.md.

mod answer_errors;
pub mod challenge;
mod codec;
mod declare;
pub mod errors;
pub mod login;
pub mod model;
pub mod operations;
pub mod pgp;
mod published_keys;
mod refusal;
pub mod service_texts;
mod terms;

pub use codec::{KEY_HEADER, MAX_DEPTH, MAX_PLAIN_BODY, SessionCredentials, TOKEN_HEADER, WsChannelCodec};
pub use operations::{CATALOGUE, TERMS, terms};
pub use published_keys::{PRODUCTION_PUBLIC_KEY_PEM, TEST_PUBLIC_KEY_PEM};
pub use refusal::ServiceRefusal;
pub use terms::{CallerAccess, RateClass, WsChannelTerms};

/// The protocol's name in the catalogue.
pub const PROTOCOL: &str = "ws-channel";

/// The test environment's base URL (§1.1).
pub const TEST_BASE_URL: &str = "https://ws-api.test.isecure.fi/v2";

/// The production environment's base URL (§1.1).
pub const PRODUCTION_BASE_URL: &str = "https://ws-api.isecure.fi/v2";
