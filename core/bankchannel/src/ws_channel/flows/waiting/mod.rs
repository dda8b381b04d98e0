//! Waiting for the bank's answers to an upload.

mod fetching;
mod registry;
mod taken;
mod wait;

pub(in crate::ws_channel) use registry::AnswerRegistry;
pub(super) use wait::{AnswerWait, WaitEnd, WaitSettings};
