//! The client of NextGenPSD2 banks.
#![allow(clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

mod answers;
mod each_attempt;
mod local;
mod party;
mod request_id;
mod sending;
mod signers;
