//! The command as scripts and people use it: the program is run, against a service of its own.
#![allow(clippy::unwrap_used)]

mod call;
mod codes;
mod demo;
mod download;
mod operator;
mod pgp;
mod settings;
mod story;
mod support;
mod usage;
