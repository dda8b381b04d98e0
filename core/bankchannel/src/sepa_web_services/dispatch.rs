//! The operations as typed methods, and by name with JSON; both are generated from the protocol's list and the list
//! of flows.

use bankchannel_sepa_web_services::operations;

use super::{SepaWebServices, flows};
use crate::client;

client::client_methods!(SepaWebServices, "sepa_web_services.list_files");

macro_rules! of_the_list {
    ($($list:tt)+) => { client::exchanges_and_local_operations! { SepaWebServices; $($list)+ } };
}
bankchannel_sepa_web_services::for_each_operation!(of_the_list);

macro_rules! of_the_flows {
    ($($list:tt)+) => { client::flows! { SepaWebServices; $($list)+ } };
}
flows::for_each_flow!(of_the_flows);
