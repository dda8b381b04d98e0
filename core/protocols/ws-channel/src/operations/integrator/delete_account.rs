//! `DeleteAccount`: DELETE `/account/{Email}` (§2.25).

use bankchannel_foundation::prelude::*;

use crate::{
    WsChannelCodec, WsChannelTerms, declare, errors,
    model::{Deleted, Email, WrittenEmail},
};

/// The account to delete.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct DeleteAccountRequest {
    /// The customer's account. It is never taken from the profile.
    pub email: WrittenEmail,
    /// The same e-mail address, letter for letter as in `email`.
    pub confirm: String,
}

/// The account is deleted.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct DeleteAccountResponse {
    /// The items that this call removed.
    pub deleted: Deleted,
    /// The account.
    pub email: Email,
    /// The service's text.
    pub response_text: String,
}

/// Delete a customer's account for good.
///
/// Erases both users, the certificates active and retired, the PGP keys and the links; nothing can be restored. For
/// the owner of the API key, with a login at most ten minutes old. An owner's account is refused. Accounts that use
/// its certificates lose them. After an interruption repeat it by hand: `deleted` lists the items that still existed.
/// It is never repeated automatically, except after a 429, after which nothing was done.
#[derive(Debug, Operation)]
#[operation(DeleteAccountRequest => DeleteAccountResponse)]
#[declaration(..declare::exchange("ws_channel.delete_account", "integrator"))]
#[errors(..declare::OWNER_ERRORS, errors::{REAUTHENTICATE, PARAMETER_REFUSED})]
#[route(..declare::session("DeleteAccount", Method::Delete, "/account/{Email}"))]
#[exchange(WsChannelCodec, WsChannelTerms::OWNER)]
pub struct DeleteAccount;
