//! Reports of sessions.

pub(super) mod fail_session;
pub(super) mod succeed_session;
pub(super) mod update_session;
