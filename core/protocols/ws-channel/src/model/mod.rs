//! What several operations share.

mod account;
mod bank;
mod certificates;
mod files;
mod pgp;
mod secrets;

pub use account::*;
pub use bank::*;
pub use certificates::*;
pub use files::*;
pub use pgp::*;
pub use secrets::*;
