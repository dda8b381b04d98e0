//! Flows.

pub mod greet_whoever;
