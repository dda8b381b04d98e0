//! Accounts and sessions of the WS Channel service over real HTTP. The ids in the names are those of the conformance
//! checklist (docs/protocols/ws-channel.md §11) and of its threats (§10).
#![allow(clippy::unwrap_used)]

mod accounts;
mod control;
mod encryption;
mod login;
mod mfa;
mod operator;
mod registration;
mod reset;
mod start;
mod support;
mod wire;
