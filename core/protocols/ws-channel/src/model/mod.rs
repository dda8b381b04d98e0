//! Types that several operations share.

mod account;
mod bank;
mod certificates;
mod files;
mod integrator;
mod pgp;
mod secrets;
mod session;

pub use account::*;
pub use bank::*;
pub use certificates::*;
pub use files::*;
pub use integrator::*;
pub use pgp::*;
pub use secrets::*;
pub use session::*;
