//! Banks over SEPA Web Services behind the service: a sandbox bank in four dialects (docs/protocols/sepa-web-services.md).
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)] // tests report the cases that they skip

#[path = "../../../../../tests/support/log.rs"]
mod log;
#[allow(dead_code)]
#[path = "../../../../../tests/support/postgres.rs"]
mod postgres;
#[path = "../../../../../tests/support/random_kills.rs"]
mod random_kills;
#[path = "../../../../../tests/support/relay.rs"]
mod relay;
#[allow(dead_code)]
#[path = "../banking/served.rs"]
mod served;

mod code_guard;
mod configured_banks;
mod files;
mod instances;
mod killed;
mod killed_process;
mod reload;
mod renewals;
mod restarts;
mod sandbox;
mod store_faults;
mod superseded;
mod uploads;
mod world;
