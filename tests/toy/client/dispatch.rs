//! The operations as typed methods, and by name.

use bankchannel_toy::operations;

use super::{Toy, flows};
use crate::client;

client::client_methods!(Toy, "toy.greet");

macro_rules! of_the_list {
    ($($list:tt)+) => { client::exchanges_and_local_operations! { Toy; $($list)+ } };
}
bankchannel_toy::for_each_operation!(of_the_list);

client::flows! { Toy; greet_whoever::GreetWhoever; }
