//! Every operation of the catalogue, by the same rules: its declaration, its way to the wire and back, and what it makes of
//! foreign bytes. The expectations are those of the WS Channel sheet, section by section.
#![allow(clippy::unwrap_used, missing_docs)]

mod declarations;
mod foreign;
mod harness;
mod local;
mod refusals;
mod round_trips;
mod sample;
mod wire_samples;
