//! Code that both clients of Salt Edge's protocol share: their keys, and the signing and sending of requests.

mod keys;
mod sender;

pub(crate) use keys::SaltEdgeKey;
pub(crate) use sender::SaltEdgeSender;
