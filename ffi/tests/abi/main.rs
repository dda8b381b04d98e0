//! What is promised to programs in C: the pinned ABI, what the library asks of the system, the installed package.

#![allow(clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

mod package;
mod pinned;
#[cfg(target_os = "linux")]
mod system;
