//! The 11 endpoints that a connector serves, one file each.

pub mod accounts;
pub mod customers;
pub mod errors;
pub mod tokens;
pub mod transactions;

use crate::SaltEdgeTerms as Terms;

/// Passes the list of the hub's operations to a macro.
#[macro_export]
macro_rules! for_each_hub_operation {
    ($callback:path) => {
        $callback! {
            exchange tokens::create_token::CreateToken;
            exchange tokens::revoke_token::RevokeToken;
            exchange tokens::reconnect_token::ReconnectToken;
            exchange tokens::confirm_token::ConfirmToken;
            exchange tokens::cancel_token::CancelToken;
            exchange accounts::fetch_accounts::FetchAccounts;
            exchange accounts::refresh_accounts::RefreshAccounts;
            exchange accounts::confirm_accounts::ConfirmAccounts;
            exchange transactions::fetch_transactions::FetchTransactions;
            exchange customers::fetch_customer::FetchCustomer;
            exchange errors::notify_error::NotifyError;
        }
    };
}

for_each_hub_operation!(bankchannel_foundation::operation_lists);
