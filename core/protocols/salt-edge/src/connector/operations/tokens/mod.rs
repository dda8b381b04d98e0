//! Tokens at the hub.

pub mod list_tokens_at_hub;
pub mod revoke_token_at_hub;
