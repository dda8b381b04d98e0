//! `ListAccounts`: GET `/integrator/accounts` (§2.24).

use bankchannel_foundation::prelude::*;

use crate::{WsChannelCodec, WsChannelTerms, declare, model::AccountDescriptor};

/// The request has no fields.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ListAccountsRequest;

/// The accounts.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ListAccountsResponse {
    /// Every account under the key.
    pub accounts: Vec<AccountDescriptor>,
    /// The service's text.
    pub response_text: String,
}

/// List the accounts under the API key.
///
/// For the owner of the key: its own account and every customer registered with the key, sorted by e-mail address.
#[derive(Debug, Operation)]
#[operation(ListAccountsRequest => ListAccountsResponse)]
#[declaration(..declare::exchange("ws_channel.list_accounts", "integrator"))]
#[errors(..declare::OWNER_ERRORS)]
#[route(..declare::session("ListAccounts", Method::Get, "/integrator/accounts"))]
#[exchange(WsChannelCodec, WsChannelTerms::OWNER)]
pub struct ListAccounts;
