//! The scenario runners: one interpreter for every face.
//!
//! ```text
//!   tests/scenarios/wire/*.json ──► wire    raw HTTP in, raw HTTP out
//!   tests/scenarios/api/*.json  ──► api ──► face: rust, cli, and a driver process per language
//!                                            (c, php, python, python-async, node)
//! ```
//!
//! A scenario is data: its source, steps, expected results. `tests/scenarios/README.md` describes its language. Each
//! face writes a report, `target/scenario-reports/FACE.json`, with the ids it ran.

pub mod api;
pub mod at_rest;
pub mod browser;
pub mod connection;
pub mod cost;
pub mod encrypt;
pub mod expect;
pub mod faces;
pub mod fuzz;
pub mod hostile;
pub mod peers;
pub mod psd2_sign;
pub mod report;
pub mod scenario;
pub mod steps;
pub mod template;
pub mod wire;
pub mod world;
