//! Types that several operations share.

mod access;
mod account;
mod authentication;
pub(crate) mod cached;
pub(crate) mod holder;
pub(crate) mod links;
mod options;
mod personal;
mod psu;
mod request;
mod status;
mod unread;

pub use access::*;
pub use account::*;
pub use authentication::*;
pub use holder::{CertificateHolder, ClientHolder};
pub(crate) use links::linked;
pub use links::{LinkMap, LinkTarget, LinkedAnswer};
pub use options::*;
pub use personal::*;
pub use psu::*;
pub use request::*;
pub use status::*;
pub use unread::*;
