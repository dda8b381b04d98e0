//! One function per verb.

mod callbacks;
mod ending;
mod sample;
mod sessions;
mod settling;
mod tasks;
mod tokens;
mod upkeep;
