//! Certificates, PGP keys and files of the WS Channel service, over HTTP. Test names begin with the ids of
//! docs/protocols/ws-channel.md §11. Keys, certificates and signatures are created by the tests; the payment is
//! `EXAMPLE_PAIN001` of the ISO 20022 crate, which documents its origin.
#![allow(clippy::unwrap_used, missing_docs)]

mod certs_export;
mod certs_lifecycle;
mod certs_sharing;
mod files_banks;
mod files_hostile;
mod files_large;
mod files_listing;
mod files_simulator;
mod files_upload;
mod held_bank;
mod pgp_keys;
mod roles;
mod served;
mod uploads_settled;
