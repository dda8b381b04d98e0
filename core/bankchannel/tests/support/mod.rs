//! What the client's tests have in common.
#![allow(dead_code, unused_imports, unreachable_pub, clippy::unwrap_used)] // each test program uses its part

pub mod answers;
pub mod people;
pub mod server;

pub use answers::{Answer, ok, refused};
pub use people::{Answers, EMAIL, PASSWORD, PHONE, client, key, private_key, session, settings};
pub use server::{Act, Seen, Server};
