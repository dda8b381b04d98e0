//! The expectations of docs/protocols/ws-channel.md, section by section. What holds for the operations of any protocol is tried in
//! `tests/runners/tests/catalogue`.
#![allow(clippy::unwrap_used, missing_docs)]

mod declarations;
mod local;
#[path = "../../../../../tests/runners/tests/catalogue/messages.rs"]
mod messages;
mod refusals;
mod wire_samples;
