//! SEPA Web Services, the banks' own SOAP channel: messages verified and explained, profiles of banks. These operations
//! only compute.

pub use bankchannel_sepa_web_services::{PROTOCOL, errors, for_each_operation, operations, profile, request, verify};

use crate::{CommandPlacement, Protocol, local};

/// The types of requests and results that several operations share.
pub mod model {
    pub use bankchannel_sepa_web_services::{profile::*, verify::*};
}

#[doc(no_inline)]
#[allow(ambiguous_glob_reexports)]
pub use types::*;

/// The protocol's description.
pub(crate) static DESCRIPTOR: Protocol = Protocol {
    name: PROTOCOL,
    module: "sepa_web_services",
    class: "SepaWebServices",
    what: "messages of the banks' own SOAP channel, verified and explained; profiles of banks",
    operations: &[OPERATIONS],
    errors: errors::ROWS,
    interfaces: &[],
    commands: CommandPlacement::BySubject,
    #[cfg(feature = "clients")]
    sessions: None,
    #[cfg(feature = "clients")]
    client: None,
};

macro_rules! of_the_list {
    ($($list:tt)+) => { local::module_of_local_operations! { $($list)+ } };
}
bankchannel_sepa_web_services::for_each_operation!(of_the_list);

/// Compiles the programs of the reference.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/reference/sepa-web-services.md")]
struct SepaWebServicesReference;
