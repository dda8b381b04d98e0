//! Every operation of every protocol, by the same rules: its declaration, its path to the wire and back, and its
//! handling of foreign bytes. All are read from the lists, so that a new one needs no line here; protocol-specific
//! parts are in `particular/`.
#![allow(clippy::unwrap_used, missing_docs)]

mod declarations;
mod exchange;
mod foreign;
mod messages;
mod operator_commands;
mod outcomes;
mod particular;
mod round_trips;
mod sample;
mod server_orders;
