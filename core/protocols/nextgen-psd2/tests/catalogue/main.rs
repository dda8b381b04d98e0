//! Every exchange of the catalogue, by the same rules: its declaration, its way to the wire and back, and what it makes of
//! foreign bytes. The expectations are those of the NextGenPSD2 sheet; ids such as `T-124` are those of its checklist.
#![allow(clippy::unwrap_used, missing_docs)]

mod answers;
mod declarations;
mod foreign;
mod harness;
mod refusals;
mod requests;
mod round_trips;
mod sample;
mod vectors;
