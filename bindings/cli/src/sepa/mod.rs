//! `bankchannel sepa`: the banks' own SOAP channel. Files are sent and fetched by commands from the catalogue; these are
//! written by hand: messages verified and explained, profiles of banks, the authorities that are trusted,
//! how it stands with a certificate.

mod anchors;
mod profiles;
mod status;
mod verification;

use crate::operations::Handwritten;

/// Their group.
const GROUP: &str = "sepa";

/// The commands.
pub(crate) const COMMANDS: &[Handwritten] = &[
    Handwritten { group: GROUP, name: "verify", command: verification::verify_command, run: verification::verify },
    Handwritten { group: GROUP, name: "explain", command: verification::explain_command, run: verification::explain },
    Handwritten { group: GROUP, name: "profiles", command: profiles::command, run: profiles::run },
    Handwritten { group: GROUP, name: "status", command: status::command, run: status::run },
    Handwritten { group: GROUP, name: "anchors", command: anchors::command, run: anchors::run },
];
