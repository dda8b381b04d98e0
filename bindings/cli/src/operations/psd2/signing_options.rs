//! Signing options (docs/protocols/nextgen-psd2.md §2.9): each option is an observed difference between banks.

use bankchannel::nextgen_psd2::SigningOptions;
use bankchannel_foundation::model::Boundary as _;
use clap::Command;

use crate::options::fields::{FieldOption, FieldOptions};

/// The options, which are fields of [`SigningOptions`].
pub(crate) const ROWS: FieldOptions = FieldOptions::new(
    SigningOptions::SHAPE,
    &[
        FieldOption::value("dialect", "dialect"),
        FieldOption::value("algorithm", "algorithm"),
        FieldOption::value("digest", "digest"),
        FieldOption::value("serial", "serial").help("The serial number in keyId [default: hex_upper]"),
        FieldOption::value("issuer", "issuer").help("The issuer's name in keyId [default: rfc2253]"),
        FieldOption::value("encoding", "rfc2047").help("RFC 2047 encoding of the Signature header [default: auto]"),
        FieldOption::value("certificate_form", "certificate-form")
            .help("The form of TPP-Signature-Certificate [default: der_base64]"),
        FieldOption::value("extra_signed_headers", "also-sign"),
        FieldOption::value("header_order", "header-order"),
        FieldOption::value("digest_lower_case", "digest-lower-case"),
        FieldOption::opposite(
            "digest_empty_body",
            "no-empty-digest",
            "No Digest header for a request without body; era only",
        ),
        FieldOption::value("spaced", "spaced"),
    ],
);

pub(crate) fn arguments(command: Command) -> Command {
    command.args(ROWS.arguments().map(|argument| argument.help_heading("Signature format of the bank")))
}
