//! What several operations share.

mod options;
mod request;

pub use options::*;
pub use request::*;
