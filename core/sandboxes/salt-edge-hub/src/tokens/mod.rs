//! Operations on the hub's tokens.

pub(super) mod list_tokens_at_hub;
pub(super) mod revoke_token_at_hub;
