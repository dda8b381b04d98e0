//! This protocol's rows of the error table.

mod rows;

pub use rows::*;
