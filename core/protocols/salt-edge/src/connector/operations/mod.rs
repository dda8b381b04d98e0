//! The connector's operations: the 6 endpoints of the hub that it calls, and its local operations; one file each.

pub mod clients;
pub mod jwt;
pub mod requests;
pub mod sessions;
pub mod tokens;

use crate::SaltEdgeTerms as Terms;

/// Passes the list of a connector's operations to a macro.
#[macro_export]
macro_rules! for_each_connector_operation {
    ($callback:path) => {
        $callback! {
            exchange sessions::succeed_session::SucceedSession;
            exchange sessions::update_session::UpdateSession;
            exchange sessions::fail_session::FailSession;
            exchange tokens::list_tokens_at_hub::ListTokensAtHub;
            exchange tokens::revoke_token_at_hub::RevokeTokenAtHub;
            exchange clients::get_client_info::GetClientInfo;
            local requests::receive_request::ReceiveRequest;
            local requests::answer_accounts::AnswerAccounts;
            local requests::answer_transactions::AnswerTransactions;
            local requests::answer_customer::AnswerCustomer;
            local requests::answer_done::AnswerDone;
            local requests::answer_error::AnswerError;
            local requests::verify_client_jwt::VerifyClientJwt;
            local jwt::verify_jwt::VerifyJwt;
            local jwt::sign_jwt::SignJwt;
        }
    };
}

for_each_connector_operation!(bankchannel_foundation::operation_lists);
