//! The sandbox bank over real HTTP. The ids are those of the checklist of docs/protocols/nextgen-psd2.md (§9).
#![allow(clippy::unwrap_used)]

mod accounts;
mod admission;
mod consents;
mod control;
mod offers;
mod raw;
mod support;
mod tls;
mod users;
mod web;
