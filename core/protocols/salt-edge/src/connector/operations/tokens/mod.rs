//! Tokens as the hub knows them.

pub mod list_tokens_at_hub;
pub mod revoke_token_at_hub;
