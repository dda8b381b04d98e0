//! The shell of every server: services that people run, and sandboxes that play the other side.
//!
//! ```text
//!   counterpart    the description of a kind of server; the traits of one that starts and runs
//!   http           listening, routing by declaration, bounded bodies, streamed answers, control interface, health
//!   hosted         operations that a server carries out itself: how they are declared and run
//!   orders         orders to a running server: common ones, a server's own, and how both are carried out
//!   operator       commands of a service's operator
//!   certificates   certificates and keys in the data folder, made where they are of no use
//!   folder         the data folder          temporary   a folder that goes with its server
//!   private        files and folders that only their owner may read
//!   metrics        what monitoring fetches, on a listener of its own
//!   log            how a service logs, and the subjects of its lines
//!   configuration  configuration files and environment variables; what a reload applies of them
//!   live           a value that may be replaced while others work with it
//! ```

pub mod certificates;
pub mod configuration;
pub mod counterpart;
pub mod folder;
pub mod hosted;
pub mod http;
mod json_log_line;
pub mod live;
pub mod log;
pub mod metrics;
pub mod migration;
pub mod operator;
pub mod orders;
pub use bankchannel_private_files as private;
pub mod temporary;
