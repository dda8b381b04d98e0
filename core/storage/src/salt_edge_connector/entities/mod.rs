//! Input and output types of the verbs.

pub(super) mod callback;
pub(super) mod sample;
pub(super) mod session;
pub(super) mod settle;
pub(super) mod task;
pub(super) mod token;
pub(super) mod upkeep;
