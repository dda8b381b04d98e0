//! Reports on the progress and the end of sessions.

pub mod fail_session;
pub mod succeed_session;
pub mod update_session;
