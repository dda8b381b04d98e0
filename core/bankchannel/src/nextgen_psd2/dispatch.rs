//! The operations as typed methods, and by name with JSON; both are generated from the protocol's list.

use bankchannel_nextgen_psd2::operations;

use super::NextGenPsd2;
use crate::client;

client::client_methods!(NextGenPsd2, "nextgen_psd2.sign_request");

macro_rules! of_the_list {
    ($($list:tt)+) => { client::exchanges_and_local_operations! { NextGenPsd2; $($list)+ } };
}
bankchannel_nextgen_psd2::for_each_operation!(of_the_list);
