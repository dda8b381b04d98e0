//! `bankchannel sepa`: the banks' own SOAP channel. Files are sent and fetched by commands from the catalogue; these are
//! written by hand: messages verified and explained, profiles of banks, the authorities that are trusted,
//! how it stands with a certificate.

mod anchors;
mod profiles;
mod status;
mod verification;

use crate::handwritten::Handwritten;

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

pub(crate) const EXAMPLES: &str = "Examples:
  bankchannel sepa upload-file --settings op.json --content salaries.xml --file-type pain.001.001.09
  bankchannel sepa list-files --settings op.json --status NEW
  bankchannel sepa download-file --settings op.json --file-reference 31000000001 -o report.xml
  bankchannel sepa verify --bank nordea answer.xml
  bankchannel sepa explain --bank op --at 2026-03-03T10:15:30Z answer.xml
  bankchannel sepa verify --signatures-only --json - < envelope.xml
  bankchannel sepa profiles op
  bankchannel sepa enrol --settings op.json --code 9026173400582314
  bankchannel sepa renew --settings op.json
  bankchannel sepa status --settings op.json --check
  bankchannel sepa change-passphrase --settings op.json --new-passphrase @new.txt
  bankchannel sepa anchors add --settings op.json new-root.pem

A message is a SOAP envelope, or the document inside of one (ApplicationRequest, ApplicationResponse).";
