//! The verbs, one file per subject. Each is one transaction; inside is plain SQL that both databases accept.

mod account_orders;
mod accounts;
pub(crate) mod audit;
mod audit_check;
pub(crate) mod bank_codes;
mod bank_pauses;
mod certificates;
mod challenges;
mod codes;
mod erasure;
pub(crate) mod files;
mod installation;
mod ledger;
mod leftovers;
mod links;
pub(crate) mod lives;
mod lockouts;
pub(crate) mod maintenance;
mod notices;
mod pending;
pub(crate) mod pgp_keys;
mod registration;
pub(crate) mod rights;
mod sample;
mod sessions;
mod tenants;
pub(crate) mod uploads;
