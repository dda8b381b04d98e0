//! The parts shared by all foreign languages, so that none repeats them.
//!
//! ```text
//!   Client ── begin(name, request, parameters) ──► Call ── resume(reply) ──► Event
//!                                                  Response │ Failed │ Ask │ WantPiece │ Piece
//!   local(name, request)     operations that only compute, on the caller's own thread
//!   Cancel                   stops a call, from any thread
//!   Server                   an embedded counterpart
//! ```
//!
//! A call is resumable: it ends in a response or an error, or it asks the caller for something and continues with the
//! reply. So prompts, signers and streams work the same in every language, and our threads never enter a language's
//! code. One runtime serves all calls; after a `fork` the child gets its own, and its own connections.

mod call;
mod channels;
mod client;
mod convert;
mod leftovers;
pub mod operations;
mod panics;
mod per_process;
mod platform;
mod progress;
mod request_id;
mod runtime;
mod saved_secret;
mod server;

pub use bankchannel::{
    CallOutcome, CancellationToken as Cancel, Category, Content, Error, LogLevel, LogRecord, Progress,
    ProgressDirection, Question, Result, Secret, VERSION, unknown_operation,
};
pub use bankchannel_counterparts::remove_temporary_folders;
pub use bankchannel_foundation::{
    error::row,
    model::{Object, Value},
    question::QuestionEntry,
};
pub use call::{BridgeCall, CallEvent, CallParameters, CallReply, ContentTransfer};
pub use client::BridgeClient;
pub use convert::{
    MAX_DEPTH, MAX_JSON, exchange_json, exchanges_json, json_text, local, parse_json, progress_json, question_json,
    too_large, with_exchanges,
};
pub use leftovers::give_back;
pub use panics::inside;
pub use progress::ExchangeStage;
pub use request_id::with_request_id;
pub use runtime::{apart, runtime, serving_runtime};
pub use saved_secret::save_secret;
pub use server::{BridgeServer, ControlOrder};

/// The version of the boundary's contract. It increases with additions that a program can detect; existing parts never
/// change their meaning.
pub const ABI_VERSION: u32 = 1;

/// The catalogue as JSON text.
#[must_use]
pub fn catalogue_json() -> String {
    bankchannel::catalogue_json().to_string()
}
