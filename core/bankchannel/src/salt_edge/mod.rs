//! What both clients of Salt Edge's protocol share: their keys, and how a request is signed and sent.

mod keys;
mod sender;

pub use keys::KeySettings;
pub(crate) use keys::{Key, own};
pub(crate) use sender::Sender;
