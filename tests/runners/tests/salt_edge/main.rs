//! Tests of a connector's engine between the bank's code and an embedded hub: the hub signs every request and receives
//! every callback.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)] // tests report the cases that they skip

mod bank;
mod callbacks;
mod check;
mod clocks;
mod customers;
mod database_away;
mod defects;
mod faults;
mod flows;
mod full_disk;
mod kill;
mod ordered_check;
mod processes;
mod proxy;
mod races;
mod requests;
mod secrets;
mod service_check;
mod service_secrets;
mod world;
