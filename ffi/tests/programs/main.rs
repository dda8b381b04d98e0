//! C programs that use the library: the examples, the README's, failures on demand, and memory.

#![allow(clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

#[cfg(unix)]
mod command;
mod examples;
mod faults;
#[cfg(target_os = "linux")]
mod hangup;
mod memory;
mod readme;
#[cfg(target_os = "linux")]
mod salt_edge;
