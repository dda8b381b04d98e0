//! `bankchannel sepa`: the banks' own SOAP channel: messages verified and explained, profiles of banks.

mod profiles;
mod verification;

use crate::handwritten::Handwritten;

/// Their group.
const GROUP: &str = "sepa";

/// The commands.
pub(crate) const COMMANDS: &[Handwritten] = &[
    Handwritten { group: GROUP, name: "verify", command: verification::verify_command, run: verification::verify },
    Handwritten { group: GROUP, name: "explain", command: verification::explain_command, run: verification::explain },
    Handwritten { group: GROUP, name: "profiles", command: profiles::command, run: profiles::run },
];

pub(crate) const EXAMPLES: &str = "Examples:
  bankchannel sepa verify --bank nordea answer.xml
  bankchannel sepa explain --bank op --at 2026-03-03T10:15:30Z answer.xml
  bankchannel sepa verify --signatures-only --json - < envelope.xml
  bankchannel sepa profiles op

A message is a SOAP envelope, or the document inside of one (ApplicationRequest, ApplicationResponse).";
