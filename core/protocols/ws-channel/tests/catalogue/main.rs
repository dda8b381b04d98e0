//! The expectations of docs/protocols/ws-channel.md, section by section. Properties that hold for the operations of
//! every protocol are tested in `tests/runners/tests/catalogue`.
#![allow(clippy::unwrap_used, missing_docs)]

mod declarations;
mod local;
#[path = "../../../../../tests/runners/tests/catalogue/messages.rs"]
mod messages;
mod refusals;
mod wire_samples;
