//! Types shared by several subjects.

pub use crate::engine::Digest;
use crate::engine::text_enum;

text_enum! {
    /// The two kinds of user of an account (docs/protocols/ws-channel.md §1.3).
    pub enum StoredMode {
        /// Manages certificates, keys and accounts.
        Admin = "admin",
        /// Transfers files.
        Data = "data",
    }
}
