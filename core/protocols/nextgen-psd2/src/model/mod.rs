//! What several operations share.

mod access;
mod account;
pub(crate) mod kept;
pub(crate) mod links;
pub(crate) mod names;
mod options;
pub(crate) mod own;
mod personal;
mod psu;
mod request;
mod status;

pub use access::*;
pub use account::*;
pub(crate) use links::linked;
pub use links::{LinkMap, LinkTarget, Linked};
pub use options::*;
pub use own::{Holder, Own};
pub use personal::*;
pub use psu::*;
pub use request::*;
pub use status::*;
