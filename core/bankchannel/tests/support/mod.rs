//! Shared code of the client's tests.
#![allow(dead_code, unused_imports, unreachable_pub, clippy::unwrap_used)] // each test program uses a part of it

pub mod answers;
pub mod each_attempt;
pub mod people;
pub mod server;

pub use answers::{Answer, ok, refused};
pub use people::{Answers, EMAIL, PASSWORD, PHONE, client, key, private_key, session, settings};
pub use server::{Act, Seen, Server};
