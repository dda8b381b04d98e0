//! Greetings.

pub mod greet;
pub mod spell;
