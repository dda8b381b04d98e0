//! Network code shared by all counterparts: listening, routing by declaration, bounded bodies, responses.

pub mod answer;
pub mod browser;
pub mod control;
pub mod forwarded;
pub mod framing;
pub mod health;
mod idle;
pub mod intake;
mod linger;
pub mod listen;
pub mod observed;
pub mod page;
pub mod query;
pub mod rate;
pub mod router;
pub mod server;
pub mod shell;
pub mod spill;
pub mod taken;
pub mod tls;

pub use listen::{ListenError, Listener};
pub use tls::TlsFiles;
