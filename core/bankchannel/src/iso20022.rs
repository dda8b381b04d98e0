//! Payment files, status reports and statements: operations that only compute, and the types below them.
//!
//! The content of a typed request is in memory. For files of any size use [`cash::CashReader`] with any
//! [`Read`](std::io::Read).

/// The types of requests and results, without those of a single operation.
pub use bankchannel_iso20022::types as model;

pub use bankchannel_iso20022::{
    MODULE, cash, check, data, errors, for_each_operation, iban, make, matching, meaning, operations, payment, rules,
    status, tables,
};

use crate::{CommandPlacement, Protocol, local};

pub use operations::reading::ReadCashRequest;
#[doc(no_inline)]
#[allow(ambiguous_glob_reexports)]
pub use types::*;

/// The protocol description of ISO 20022.
pub(crate) static DESCRIPTOR: Protocol = Protocol {
    name: MODULE,
    module: MODULE,
    class: "Iso20022",
    what: "payment files, status reports and statements, made, read and explained",
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
bankchannel_iso20022::for_each_operation!(of_the_list);

/// Compiles the programs of the reference.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/reference/iso20022.md")]
struct Iso20022Reference;
