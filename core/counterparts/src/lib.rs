//! Embedded servers: the server side of every protocol of bankchannel.
//!
//! ```text
//!   COUNTERPARTS       all counterparts, each as one value
//!   EmbeddedServer     one that runs
//!
//!   core/services      what people run: the WS Channel service, a bank's connector to Salt Edge
//!   core/sandboxes     what plays the other side in tests: a bank of NextGenPSD2, the hub of Salt Edge
//!   core/server        what all of them are built on
//! ```
//!
//! A handler has the same relative path as the operation it serves: `operations/files/list_files.rs` of the protocol is
//! served by `files/list_files.rs` of the service.

mod embedded_server;
mod remote_control;
#[cfg(feature = "testing")]
#[path = "../../../tests/toy/counterpart.rs"]
mod toy;

use bankchannel::{Error, Result};
pub use bankchannel_server::{
    configuration::{ConfigurationForm, ConfigurationSetting, ReloadReport, read_process_environment},
    counterpart::{CLIENTS, CheckFn, Counterpart, LogsFn, ServerFinding},
    log,
    operator::CallableCommand,
    temporary::remove_all as remove_temporary_folders,
};
pub use embedded_server::EmbeddedServer;
pub use remote_control::RemoteControl;

/// The orders of embedded servers, as types for [`EmbeddedServer::order`](crate::EmbeddedServer::order).
pub mod orders {
    pub use bankchannel_nextgen_psd2_bank::orders as nextgen_psd2_bank;
    pub use bankchannel_salt_edge_connector_service::orders as salt_edge_connector;
    pub use bankchannel_salt_edge_hub::orders as salt_edge_hub;
    pub use bankchannel_sepa_bank::orders as sepa_bank;
    pub use bankchannel_server::orders::{SEED, ServerOrder};
    pub use bankchannel_ws_channel_service::orders as ws_channel;

    /// The orders that every server has, their requests and answers.
    pub mod server {
        pub use bankchannel_server::{
            http::control::{OrderedFault, TranscriptRecord},
            orders::{
                OrderDone, PlainOrder,
                common::{
                    ClockOrder, ClockTime, FailNextRequests, ListMessages, ListRequests, Outbox, ResetServer,
                    SetServerClock, Transcript,
                },
            },
        };
    }
}

/// All counterparts: the only place that lists them.
pub static COUNTERPARTS: &[&Counterpart] = &[
    &bankchannel_ws_channel_service::DESCRIPTOR,
    &bankchannel_nextgen_psd2_bank::DESCRIPTOR,
    &bankchannel_salt_edge_hub::DESCRIPTOR,
    &bankchannel_sepa_bank::DESCRIPTOR,
    &bankchannel_salt_edge_connector_service::DESCRIPTOR,
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

/// The OpenAPI 3.1 description of a counterpart's HTTP operations: paths, parameters, headers, bodies, all statuses and
/// allowed callers. `kind` is that of one of [`COUNTERPARTS`].
///
/// # Errors
/// `input.invalid_field` for an unknown kind, or one whose protocol OpenAPI does not describe.
pub fn openapi(kind: &str) -> Result<serde_json::Value> {
    let describe = counterpart(kind)?.openapi;
    let absent = || Error::invalid_field("kind", format!("`{kind}` has no OpenAPI description: it speaks SOAP"));
    describe.map(|describe| describe()).ok_or_else(absent)
}

/// Compiles the programs of the pages.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// Compiles the programs of the pages.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/embedded-servers.md")]
struct EmbeddedServers;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    /// The described servers, and how many operations each has.
    const DESCRIBED: [(&str, usize); 4] =
        [("ws-channel", 30), ("nextgen-psd2-bank", 12), ("salt-edge-hub", 6), ("salt-edge-connector", 11)];

    #[test]
    fn every_operation_and_every_status_is_described() {
        for (kind, count) in DESCRIBED {
            let document = openapi(kind).unwrap();
            let mut ids = BTreeSet::new();
            for (path, methods) in document["paths"].as_object().unwrap() {
                for operation in methods.as_object().unwrap().values() {
                    assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{kind}: {operation}");
                    let parameters = operation["parameters"].as_array().into_iter().flatten();
                    let in_path = parameters.filter(|of| of["in"] == "path").map(|of| of["name"].as_str().unwrap());
                    let named = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
                    assert_eq!(in_path.collect::<BTreeSet<_>>(), named.collect(), "{kind}: {path}");
                    let name = operation["x-bankchannel-operation"].as_str().unwrap();
                    let route = bankchannel::find(name).unwrap().declaration.route.as_ref().unwrap();
                    for status in route.failures.iter().chain([&route.success]) {
                        assert!(operation["responses"][status.to_string()].is_object(), "{name}: {status}");
                    }
                }
            }
            assert_eq!(ids.len(), count, "{kind}");
            is_sound(&document, &document);
        }
    }

    /// Every reference has its target, and what a schema requires it has.
    fn is_sound(part: &Value, document: &Value) {
        if let Some(reference) = part["$ref"].as_str() {
            assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
        }
        if let (Some(required), Some(properties)) = (part["required"].as_array(), part["properties"].as_object()) {
            assert!(required.iter().all(|name| properties.contains_key(name.as_str().unwrap())), "{part}");
        }
        match part {
            Value::Object(members) => members.values().for_each(|member| is_sound(member, document)),
            Value::Array(items) => items.iter().for_each(|item| is_sound(item, document)),
            _ => {}
        }
    }
}
