//! The client against a server that does what the test says: retries, refusals, sessions, faults of the network.
#![allow(clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

mod answers;
mod content;
mod early;
mod faults;
mod logins;
mod repeats;
mod sessions;
mod tls;
