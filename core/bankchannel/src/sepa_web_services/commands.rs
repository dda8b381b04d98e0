//! The help of the command line's groups.

use bankchannel_foundation::operation::CommandGroup;

/// The groups.
pub(super) static GROUPS: &[CommandGroup] = &[
    CommandGroup {
        last: &["verify", "explain", "profiles", "status", "anchors"],
        ..CommandGroup::new(
            "sepa",
            "The banks' own SOAP channel (SEPA Web Services): send and fetch files, verify and explain messages",
            "Examples:
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

A message is a SOAP envelope, or the document inside of one (ApplicationRequest, ApplicationResponse).",
        )
    },
    CommandGroup {
        doc: "Those of the bank's profile come with the \
             library. A new root of a bank is added by a person, who compares its SHA-256 with what the bank publishes; it is kept \
             in anchors_dir, or in the folder anchors of identity_dir. Nothing that comes from a bank is ever added by itself.",
        ..CommandGroup::new(
            "sepa anchors",
            "Show, add and remove the authorities that a bank's signers must lead to",
            "Examples:\n  bankchannel sepa anchors list --settings op.json\n  bankchannel sepa anchors add --settings op.json new-root.pem\n  \
             bankchannel sepa anchors remove --settings op.json 5c1f…",
        )
    },
];
