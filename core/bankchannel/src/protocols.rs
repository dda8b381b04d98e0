//! The list of protocols, the only place that names them all; what generators and command lines read.

pub use crate::protocol::{CallableOperation, CommandPlacement, Protocol};
#[cfg(feature = "clients")]
pub use crate::protocol::{ClientKind, KeptSession, SessionKeeping, SessionNeed};

/// Passes the list of protocols to a macro, each as its feature and its module of this crate.
#[doc(hidden)]
#[macro_export]
macro_rules! for_each_protocol {
    ($callback:path) => {
        $callback! {
            "ws-channel" ws_channel;
            "nextgen-psd2" nextgen_psd2;
            "iso20022" iso20022;
            "sepa-web-services" sepa_web_services;
            "salt-edge" salt_edge_connector;
            "salt-edge" salt_edge_hub;
            "testing" toy;
        }
    };
}

macro_rules! descriptors {
    ($($feature:literal $module:ident;)+) => {
        /// Every protocol of this build, in the catalogue's order. Settings without a protocol belong to the first one.
        pub static PROTOCOLS: &[&Protocol] = &[$(#[cfg(feature = $feature)] &crate::$module::DESCRIPTOR),+];
    };
}
for_each_protocol!(descriptors);

/// Finds the protocol with this name.
#[must_use]
pub fn protocol(name: &str) -> Option<&'static Protocol> {
    PROTOCOLS.iter().copied().find(|protocol| protocol.name == name)
}

/// Finds the operation with this name and its protocol.
pub(crate) fn find(name: &str) -> Option<(&'static Protocol, &'static CallableOperation)> {
    // Plain loops: chained iterators took a fifteenth of the instructions of a whole local operation.
    let name_bytes = name.as_bytes();
    for &protocol in PROTOCOLS {
        let module = protocol.module.as_bytes();
        if name_bytes.get(module.len()) != Some(&b'.') || name_bytes[..module.len()] != *module {
            continue;
        }
        for group in protocol.operations {
            for callable in *group {
                if callable.entry.declaration.name == name {
                    return Some((protocol, callable));
                }
            }
        }
    }
    None
}
