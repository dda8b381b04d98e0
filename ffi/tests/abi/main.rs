//! The guarantees for C programs: the pinned ABI, the library's system requirements, the installed package.

#![allow(clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

mod package;
mod pinned;
#[cfg(target_os = "linux")]
mod system;
