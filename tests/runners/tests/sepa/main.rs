//! A company's client of SEPA Web Services and the sandbox bank.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod acceptance;
mod certificates;
mod danske;
mod each_attempt;
mod faults;
mod files;
mod flows;
mod identities;
#[cfg(target_os = "linux")]
mod killed;
mod lives;
mod passphrases;
mod payee_checks;
mod pki_requests;
#[cfg(target_os = "linux")]
#[path = "../../../support/random_kills.rs"]
mod random_kills;
mod raw;
mod refusals;
mod refusing_bank;
mod revocation;
mod rollover;
mod test_clients;
mod unknown_uploads;
mod world;
