//! A connector's engine between a bank's code and an embedded hub: every request is one that the hub has signed, every callback goes
//! to the hub.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)] // tests report what they could not run

mod bank;
mod callbacks;
mod check;
mod flows;
mod kill;
mod processes;
mod proxy;
mod requests;
mod secrets;
mod world;
