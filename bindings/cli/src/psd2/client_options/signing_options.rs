//! Signing options (docs/protocols/nextgen-psd2.md §2.9): each option is an observed difference between banks.

use bankchannel::nextgen_psd2::SigningOptions;
use bankchannel_foundation::{
    model::Boundary as _,
    operation::{CommandField, CommandInput},
};
use clap::Command;

use crate::options::fields::FieldOptions;

/// The options, which are fields of [`SigningOptions`].
pub(crate) const ROWS: FieldOptions = FieldOptions::new(
    SigningOptions::SHAPE,
    &[
        CommandField::value("dialect", "dialect"),
        CommandField::value("algorithm", "algorithm"),
        CommandField::value("digest", "digest"),
        CommandField::value("serial", "serial").help("The serial number in keyId [default: hex_upper]"),
        CommandField::value("issuer", "issuer").help("The issuer's name in keyId [default: rfc2253]"),
        CommandField::value("encoding", "rfc2047").help("RFC 2047 encoding of the Signature header [default: auto]"),
        CommandField::value("certificate_form", "certificate-form")
            .help("The form of TPP-Signature-Certificate [default: der_base64]"),
        CommandField::value("extra_signed_headers", "also-sign"),
        CommandField::value("header_order", "header-order"),
        CommandField::value("digest_lower_case", "digest-lower-case"),
        CommandField {
            input: CommandInput::Opposite,
            help: "No Digest header for a request without body; era only",
            ..CommandField::value("digest_empty_body", "no-empty-digest")
        },
        CommandField::value("spaced", "spaced"),
    ],
);

pub(crate) fn arguments(command: Command) -> Command {
    command.args(ROWS.arguments().map(|argument| argument.help_heading("Signature format of the bank")))
}
