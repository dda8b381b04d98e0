//! The expectations of docs/protocols/nextgen-psd2.md; ids such as `T-124` are those of its checklist. Properties that
//! hold for the operations of every protocol are tested in `tests/runners/tests/catalogue`.
#![allow(clippy::unwrap_used, missing_docs)]

mod answers;
mod declarations;
#[path = "../../../../../tests/runners/tests/catalogue/messages.rs"]
mod messages;
mod refusals;
mod requests;
mod unfit_parts;
mod vectors;
