//! The operations as typed methods, and by name with JSON; both are generated from the protocol's list and the list of
//! flows.

use bankchannel_ws_channel::operations;

use super::{WsChannel, flows};
use crate::client;

client::client_methods!(WsChannel, "ws_channel.list_files");

macro_rules! of_the_list {
    ($($list:tt)+) => { client::exchanges_and_local_operations! { WsChannel; $($list)+ } };
}
bankchannel_ws_channel::for_each_operation!(of_the_list);

macro_rules! of_the_flows {
    ($($list:tt)+) => { client::flows! { WsChannel; $($list)+ } };
}
flows::for_each_flow!(of_the_flows);
