//! Sessions: how far they are, and how they end.

pub mod fail_session;
pub mod succeed_session;
pub mod update_session;
