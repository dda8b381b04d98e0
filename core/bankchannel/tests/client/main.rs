//! The client against a scripted server: retries, refusals, sessions, network failures.
#![allow(clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

mod answers;
mod content;
mod each_attempt;
mod early;
mod faults;
mod layers;
mod logins;
mod recordings;
mod repeats;
mod request_id;
mod sessions;
mod tls;
