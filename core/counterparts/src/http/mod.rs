//! Network code shared by all counterparts: listening, routing by declaration, bounded bodies, responses.

pub(crate) mod answer;
pub(crate) mod browser;
pub(crate) mod control;
pub(crate) mod framing;
pub(crate) mod health;
mod idle;
pub(crate) mod intake;
mod linger;
pub(crate) mod listen;
pub(crate) mod orders;
pub(crate) mod page;
pub(crate) mod query;
pub(crate) mod rate;
pub(crate) mod router;
pub(crate) mod server;
pub(crate) mod shell;
pub(crate) mod spill;
pub(crate) mod taken;

pub use listen::{ListenError, Listener, TlsFiles};
