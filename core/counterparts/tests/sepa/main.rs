//! A company's client of SEPA Web Services and the sandbox bank.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod acceptance;
mod certificates;
mod faults;
mod files;
mod flows;
mod raw;
mod refusals;
mod world;
