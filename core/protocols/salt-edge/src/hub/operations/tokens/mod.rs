//! Tokens, and the sessions that create them.

pub mod cancel_token;
pub mod confirm_token;
pub mod create_token;
pub mod reconnect_token;
pub mod revoke_token;
