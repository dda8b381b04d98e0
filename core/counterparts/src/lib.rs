//! Embedded servers: the other end of every protocol of bankchannel.
//!
//! ```text
//!   http            listening, routing by declaration, bounded bodies, streamed answers
//!   ws_channel      the WS Channel service: somebody can run it
//!   nextgen_psd2    a bank that third parties ask: the sandbox of NextGenPSD2
//! ```
//!
//! A handler has the same relative path as the operation it serves: `operations/files/list_files.rs` of the
//! protocol is served by `ws_channel/files/list_files.rs` here.

mod folder;
pub mod http;
pub mod nextgen_psd2;
mod private;
mod temporary;
pub mod ws_channel;

pub use temporary::remove_all as remove_temporary_folders;
