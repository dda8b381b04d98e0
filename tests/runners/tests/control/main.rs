//! The control interface of every server, as tests and demonstrations of all languages use it: paths, methods, statuses
//! and the members of each answer, over HTTP and from the program that runs the server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod interface;
mod orders;
mod secrets;
