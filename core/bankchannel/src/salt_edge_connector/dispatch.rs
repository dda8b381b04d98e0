//! The operations as typed methods, and by name with JSON; both are generated from the protocol's list.

use bankchannel_salt_edge::connector::operations;

use super::{SaltEdgeConnector, flows, method_docs};
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
