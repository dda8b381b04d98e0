//! Every operation of every protocol, by the same rules: its declaration, its way to the wire and back, and what it makes of
//! foreign bytes. All are read from the lists, so that one more needs no line here; what one protocol has of its own is in
//! `particular/`.
#![allow(clippy::unwrap_used, missing_docs)]

mod declarations;
mod exchange;
mod foreign;
mod messages;
mod particular;
mod round_trips;
mod sample;
