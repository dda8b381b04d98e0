//! Embedded servers: the server side of every protocol of bankchannel.
//!
//! ```text
//!    COUNTERPARTS    all counterparts, each as one value
//!   http            listening, routing by declaration, bounded bodies, streamed answers
//!    ws_channel      the WS Channel service, for production
//!    nextgen_psd2    a sandbox bank of NextGenPSD2 for third parties
//!   salt_edge_hub   a hub that plays Salt Edge, for banks' connectors
//!    salt_edge_connector  a bank's connector to Salt Edge, for production
//! ```
//!
//! A handler has the same relative path as the operation it serves: `operations/files/list_files.rs` of the
//! protocol is served by `ws_channel/files/list_files.rs` here.

mod counterpart;
mod folder;
pub mod http;
pub mod nextgen_psd2;
mod openapi;
mod private;
mod salt_edge_connector;
mod salt_edge_hub;
mod salt_edge_openapi;
mod temporary;
mod toml_file;
#[cfg(feature = "testing")]
#[path = "../../../tests/toy/counterpart.rs"]
mod toy;
mod wrong_type;
pub mod ws_channel;

use bankchannel_foundation::{Error, Result};
pub use counterpart::{CheckFn, Counterpart, EmbeddedServer, Finding, Starting};
pub use openapi::openapi;
pub use salt_edge_hub::check as salt_edge_check;
pub use temporary::remove_all as remove_temporary_folders;

/// All counterparts: the only place that lists them.
pub static COUNTERPARTS: &[&Counterpart] = &[
    &ws_channel::DESCRIPTOR,
    &nextgen_psd2::DESCRIPTOR,
    &salt_edge_hub::DESCRIPTOR,
    &salt_edge_connector::DESCRIPTOR,
    #[cfg(feature = "testing")]
    &toy::DESCRIPTOR,
];

/// The counterpart of the given kind.
///
/// # Errors
/// `input.invalid_field` for an unknown kind.
pub fn counterpart(kind: &str) -> Result<&'static Counterpart> {
    let found = COUNTERPARTS.iter().copied().find(|counterpart| counterpart.kind == kind);
    found.ok_or_else(|| {
        let kinds: Vec<String> = COUNTERPARTS.iter().map(|counterpart| format!("`{}`", counterpart.kind)).collect();
        Error::invalid_field("kind", format!("must be {}", kinds.join(" or ")))
    })
}

/// Compiles the programs of the pages.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// Compiles the programs of the pages.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/embedded-servers.md")]
struct EmbeddedServers;
