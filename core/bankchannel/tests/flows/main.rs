//! The flows, against a small service that keeps the state they need.
#![allow(clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

mod accounts;
mod answers;
mod bank;
mod checks;
mod downloads;
mod downloads_reported;
mod logins;
mod own_signer;
mod repeats;
mod uploads;
mod values;
mod waits;
