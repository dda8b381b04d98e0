//! RFC 2047 decoding of a Signature header (§2.6).

use bankchannel_foundation::prelude::*;

use crate::{declare, operations::signing::MAX_HEADER_LINE, signing};

/// The header as it was sent.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct DecodeHeaderRequest {
    /// The value of the Signature header.
    pub value: String,
    /// Whether to accept forms that only some banks accept: Q encoding, bytes outside ASCII that are not encoded.
    pub lenient: Option<bool>,
}

/// The header as text.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct DecodeHeaderResponse {
    /// The value. A value that is not encoded is returned unchanged.
    pub text: String,
    /// The deviations that a strict bank would refuse.
    pub warnings: Vec<String>,
}

/// Decode a Signature header that was encoded.
///
/// Reads UTF-8, ISO-8859-1 and US-ASCII, one level deep. The result may not contain control characters.
#[derive(Debug, Operation)]
#[operation(DecodeHeaderRequest => DecodeHeaderResponse)]
#[declaration(commands: COMMANDS, ..declare::local("nextgen_psd2.decode_header"))]
pub struct DecodeHeader;

const EXAMPLES: &str = "Examples:
  bankchannel psd2 decode-header '=?utf-8?B?a2V5SWQ9?='
  bankchannel psd2 decode-header --lenient - < value.txt

A value that is not encoded is printed unchanged.";

const COMMANDS: &[Command] = &[Command::named("decode-header").with_examples(EXAMPLES).with_form(&CommandForm {
    fields: &[
        CommandField::value("lenient", "lenient"),
        CommandField::argument(
            "value",
            "VALUE",
            CommandInput::Line(MAX_HEADER_LINE),
            "The value of the header; - for stdin",
        ),
    ],
    output: CommandOutput::Text("text"),
    ..CommandForm::new("Decode a Signature header that was encoded by RFC 2047")
})];

impl Local for DecodeHeader {
    fn run(request: DecodeHeaderRequest, _: LocalContext<'_>) -> Result<DecodeHeaderResponse, Error> {
        let decoded = signing::decode_rfc2047(request.value.as_bytes(), request.lenient.unwrap_or(false))
            .map_err(|fault| Error::invalid_field("value", fault))?;
        Ok(DecodeHeaderResponse { text: decoded.text, warnings: decoded.warnings })
    }
}
