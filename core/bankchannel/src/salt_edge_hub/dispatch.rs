//! The operations as typed methods, and by name with JSON; both are generated from the protocol's list.

use bankchannel_salt_edge::hub::operations;

use super::SaltEdgeHub;
use crate::client;

client::client_methods!(SaltEdgeHub, "salt_edge_hub.fetch_accounts");

macro_rules! of_the_list {
    ($($list:tt)+) => { client::exchanges_and_local_operations! { SaltEdgeHub; $($list)+ } };
}
bankchannel_salt_edge::for_each_hub_operation!(of_the_list);
