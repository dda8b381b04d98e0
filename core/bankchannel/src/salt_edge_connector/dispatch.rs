//! The operations as typed methods, and by name with JSON; both are generated from the protocol's list.

use bankchannel_salt_edge::connector::operations;

use super::{SaltEdgeConnector, flows};
use crate::client;

client::client_methods!(SaltEdgeConnector, "salt_edge_connector.receive_request");

macro_rules! of_the_list {
    ($($list:tt)+) => { client::exchanges_and_local_operations! { SaltEdgeConnector; $($list)+ } };
}
bankchannel_salt_edge::for_each_connector_operation!(of_the_list);

macro_rules! flows_of_the_list {
    ($($list:tt)+) => { client::flows! { SaltEdgeConnector; $($list)+ } };
}
flows::for_each_flow!(flows_of_the_list);

client::pages::paged! {
    SaltEdgeConnector;
    iter_tokens over list_tokens (flows::list_tokens::ListTokensRequest, flows::list_tokens::ListTokens)
        -> flows::list_tokens::AccessListed, tokens, after from next;
    iter_callbacks over list_callbacks (flows::list_callbacks::ListCallbacksRequest, flows::list_callbacks::ListCallbacks)
        -> flows::list_callbacks::CallbackListed, callbacks, after from next;
    iter_tokens_at_hub over list_tokens_at_hub
        (operations::tokens::list_tokens_at_hub::ListTokensAtHubRequest, operations::tokens::list_tokens_at_hub::ListTokensAtHub)
        -> bankchannel_foundation::model::JsonObject, tokens, from_id from next_id;
}
