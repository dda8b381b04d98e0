//! Types shared by several subjects.

use crate::engine::text_enum;

/// SHA-256 (or another 32-byte hash) of a code or token; the clear text is never stored.
pub type Digest = [u8; 32];

text_enum! {
    /// The two kinds of user of an account (docs/protocols/ws-channel.md §1.3).
    pub enum Mode {
        /// Manages certificates, keys and accounts.
        Admin = "admin",
        /// Transfers files.
        Data = "data",
    }
}
